/*
 * Call events go out over HTTP here.
 */
#include "bench/pbx.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"

enum { NO_POST = -1 };

struct waiting {
	struct waiting *next;
	size_t post;
	const char *request; /* method and the end of the path */
	char body[];
};

struct line {
	struct pbx *pbx;
	struct line *next; /* idle */
	struct bufferevent *connection;
	ssize_t post; /* whose answer is awaited */
	int status;
	size_t body; /* bytes of the answer's body still to come */
	bool in_body;
};

struct pbx {
	struct pbx_events events;
	char *token;
	struct line *lines;
	size_t line_count, open;
	struct line *idle, **idle_end; /* the one that was idle longest first */
	struct waiting *waiting, **waiting_end;
	size_t waiting_count, most_waiting;
};

static void put_idle(struct line *line)
{
	struct pbx *pbx = line->pbx;
	line->post = NO_POST;
	line->next = NULL;
	*pbx->idle_end = line;
	pbx->idle_end = &line->next;
}

static void send_post(struct line *line, const struct waiting *waiting)
{
	struct pbx *pbx = line->pbx;
	line->post = (ssize_t)waiting->post;
	line->in_body = false;
	pbx->events.sent(pbx->events.ctx, waiting->post, clock_monotonic());
	evbuffer_add_printf(bufferevent_get_output(line->connection),
		"%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		waiting->request, pbx->token, strlen(waiting->body), waiting->body);
}

static void send_next(struct pbx *pbx)
{
	while (pbx->idle && pbx->waiting) {
		struct waiting *waiting = pbx->waiting;
		struct line *line = pbx->idle;
		pbx->waiting = waiting->next;
		if (!pbx->waiting)
			pbx->waiting_end = &pbx->waiting;
		pbx->idle = line->next;
		if (!pbx->idle)
			pbx->idle_end = &pbx->idle;
		pbx->waiting_count--;
		send_post(line, waiting);
		free(waiting);
	}
}

static void add_post(struct pbx *pbx, size_t post, const char *request, const char *body)
{
	size_t length = strlen(body) + 1;
	struct waiting *waiting = mem_new(sizeof(*waiting) + length);
	waiting->post = post;
	waiting->request = request;
	memcpy(waiting->body, body, length);
	*pbx->waiting_end = waiting;
	pbx->waiting_end = &waiting->next;
	pbx->waiting_count++;
	send_next(pbx);
	if (pbx->waiting_count > pbx->most_waiting)
		pbx->most_waiting = pbx->waiting_count;
}

void pbx_post(struct pbx *pbx, size_t post, const char *body)
{
	add_post(pbx, post, "POST /v1/pbx/hq/events", body);
}

void pbx_put(struct pbx *pbx, size_t post, const char *body)
{
	add_post(pbx, post, "PUT /v1/pbx/hq/calls", body);
}

static void fail(struct pbx *pbx, const char *reason)
{
	pbx->events.failed(pbx->events.ctx, reason);
}

/* Reads status and length when the header is complete; false while it is not. */
static bool read_header(struct line *line, struct evbuffer *input)
{
	struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
	char header[4096];
	if (end.pos < 0)
		return false;
	size_t length = (size_t)end.pos + 4;
	if (length >= sizeof(header)) {
		fail(line->pbx, "an HTTP answer with a very long header");
		return false;
	}
	evbuffer_remove(input, header, length);
	header[length] = '\0';
	const char *size = strcasestr(header, "\r\nContent-Length:");
	if (sscanf(header, "HTTP/1.1 %d", &line->status) != 1 || !size) {
		fail(line->pbx, "an HTTP answer without a status or a length");
		return false;
	}
	line->body = strtoul(size + strlen("\r\nContent-Length:"), NULL, 10);
	line->in_body = true;
	return true;
}

static void on_read(struct bufferevent *connection, void *arg)
{
	struct line *line = arg;
	struct pbx *pbx = line->pbx;
	struct evbuffer *input = bufferevent_get_input(connection);
	usec_t at = clock_monotonic();
	if (line->post == NO_POST) {
		fail(pbx, "an HTTP answer without a request");
		return;
	}
	if ((!line->in_body && !read_header(line, input)) || evbuffer_get_length(input) < line->body)
		return;
	evbuffer_drain(input, line->body);
	size_t post = (size_t)line->post;
	put_idle(line);
	pbx->events.answered(pbx->events.ctx, post, line->status, at);
	send_next(pbx);
}

static void on_event(struct bufferevent *connection, short what, void *arg)
{
	struct line *line = arg;
	struct pbx *pbx = line->pbx;
	int yes = 1;
	if (!(what & BEV_EVENT_CONNECTED)) {
		fail(pbx, "an HTTP connection was lost");
		return;
	}
	setsockopt(bufferevent_getfd(connection), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	put_idle(line);
	if (++pbx->open == pbx->line_count)
		pbx->events.ready(pbx->events.ctx);
}

static void line_open(struct line *line, struct event_base *base, uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	line->connection = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(line->connection, on_read, NULL, on_event, line);
	bufferevent_enable(line->connection, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect(line->connection, (struct sockaddr *)&address, sizeof(address)) != 0)
		fail(line->pbx, "no connection to the HTTP server");
}

struct pbx *pbx_new(struct event_base *base, uint16_t port, const char *token, size_t connections,
	const struct pbx_events *events)
{
	struct pbx *pbx = mem_new(sizeof(*pbx));
	pbx->events = *events;
	pbx->token = mem_string(token);
	pbx->idle_end = &pbx->idle;
	pbx->waiting_end = &pbx->waiting;
	pbx->line_count = connections;
	pbx->lines = mem_new(connections * sizeof(*pbx->lines));
	for (size_t i = 0; i < connections; i++) {
		pbx->lines[i].pbx = pbx;
		line_open(&pbx->lines[i], base, port);
	}
	return pbx;
}

void pbx_free(struct pbx *pbx)
{
	for (size_t i = 0; i < pbx->line_count; i++)
		bufferevent_free(pbx->lines[i].connection);
	while (pbx->waiting) {
		struct waiting *waiting = pbx->waiting;
		pbx->waiting = waiting->next;
		free(waiting);
	}
	free(pbx->lines);
	free(pbx->token);
	free(pbx);
}

size_t pbx_most_waiting(const struct pbx *pbx)
{
	return pbx->most_waiting;
}
