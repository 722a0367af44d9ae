/*
 * An XMPP server that takes whatever a component sends and counts it: XEP-0114 with any secret.
 *
 * Pings and all other requests get an empty result. Each line on standard input is answered by one line
 * of JSON: what came so far, and when (microseconds of the monotonic clock); its end ends the program.
 * It must cost less than the component it serves, so it looks for '<' and '>' only: the writers it
 * serves never leave those unescaped.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"

enum { INPUT_BYTES = 256 * 1024, OUTPUT_BYTES = 1024 * 1024 };

struct totals {
	long long connections, presences, stanzas, bytes;
	usec_t first, last; /* presence */
};

struct link {
	int fd;
	struct event *readable;
	struct totals *totals;
	struct buf out; /* answers to what one read brought */
	int depth;
	size_t kept; /* of an unfinished tag, at the beginning of `input` */
	char input[INPUT_BYTES];
};

static void link_free(struct link *link)
{
	event_free(link->readable);
	close(link->fd);
	buf_done(&link->out);
	free(link);
}

/* The raw value of an attribute within a tag, as escaped as it came; empty when absent. */
static void attribute(const char *tag, size_t length, const char *name, char *value, size_t room)
{
	size_t name_length = strlen(name);
	value[0] = '\0';
	for (const char *at = tag; (size_t)(tag + length - at) > name_length + 3; at++) {
		if (*at != ' ' || memcmp(at + 1, name, name_length) != 0 || at[name_length + 1] != '=')
			continue;
		const char *begin = at + name_length + 3;
		const char *end = memchr(begin, begin[-1], (size_t)(tag + length - begin));
		if (end && (size_t)(end - begin) < room) {
			memcpy(value, begin, (size_t)(end - begin));
			value[end - begin] = '\0';
		}
		return;
	}
}

static void open_stream(struct link *link, const char *tag, size_t length)
{
	char to[1024];
	attribute(tag, length, "to", to, sizeof(to));
	buf_addf(&link->out,
		"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
		"xmlns:stream='http://etherx.jabber.org/streams' from='%s' id='sink'>",
		to);
}

static void answer_request(struct link *link, const char *tag, size_t length)
{
	char type[16], id[1024], from[1024], to[1024];
	attribute(tag, length, "type", type, sizeof(type));
	if (strcmp(type, "get") != 0 && strcmp(type, "set") != 0)
		return;
	attribute(tag, length, "id", id, sizeof(id));
	attribute(tag, length, "from", from, sizeof(from));
	attribute(tag, length, "to", to, sizeof(to));
	buf_addf(&link->out, "<iq type='result' id='%s' from='%s' to='%s'/>", id, to, from);
}

static bool begins(const char *tag, size_t length, const char *name)
{
	size_t name_length = strlen(name);
	return length > name_length && memcmp(tag, name, name_length) == 0;
}

static void stanza_begins(struct link *link, const char *tag, size_t length)
{
	struct totals *totals = link->totals;
	totals->stanzas++;
	if (begins(tag, length, "<presence"))
		totals->presences++;
	else if (begins(tag, length, "<iq"))
		answer_request(link, tag, length);
	else if (begins(tag, length, "<handshake"))
		buf_add_text(&link->out, "<handshake/>");
}

/* One tag, '<' and '>' included. */
static void take_tag(struct link *link, const char *tag, size_t length)
{
	if (tag[1] == '?')
		return;
	if (tag[1] == '/') {
		if (--link->depth == 0)
			buf_add_text(&link->out, "</stream:stream>");
		return;
	}
	if (link->depth == 0)
		open_stream(link, tag, length);
	else if (link->depth == 1)
		stanza_begins(link, tag, length);
	if (tag[length - 2] != '/')
		link->depth++;
}

static void take_input(struct link *link, size_t length)
{
	const char *at = link->input, *end = link->input + length;
	const char *open, *close;
	while ((open = memchr(at, '<', (size_t)(end - at)))) {
		close = memchr(open, '>', (size_t)(end - open));
		if (!close)
			break;
		take_tag(link, open, (size_t)(close - open) + 1);
		at = close + 1;
	}
	link->kept = open ? (size_t)(end - open) : 0;
	if (open)
		memmove(link->input, open, link->kept);
}

static bool write_answers(struct link *link)
{
	size_t done = 0;
	while (done < link->out.length) {
		ssize_t count = send(link->fd, link->out.data + done, link->out.length - done, MSG_NOSIGNAL);
		if (count < 0)
			return false;
		done += (size_t)count;
	}
	buf_clear(&link->out);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;
	struct totals *totals = link->totals;
	(void)what;
	ssize_t count = recv(fd, link->input + link->kept, INPUT_BYTES - link->kept, MSG_DONTWAIT);
	if (count <= 0) {
		link_free(link);
		return;
	}
	long long before = totals->presences;
	totals->bytes += count;
	take_input(link, link->kept + (size_t)count);
	if (totals->presences > before) {
		totals->last = clock_monotonic();
		if (!totals->first)
			totals->first = totals->last;
	}
	if (link->kept == INPUT_BYTES || !write_answers(link))
		link_free(link);
}

static void on_accept(
	struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length, void *arg)
{
	struct link *link = mem_new(sizeof(*link));
	(void)address;
	(void)length;
	link->fd = fd;
	link->totals = arg;
	link->totals->connections++;
	buf_init(&link->out, OUTPUT_BYTES);
	link->readable =
		event_new(evconnlistener_get_base(listener), fd, EV_READ | EV_PERSIST, on_readable, link);
	event_add(link->readable, NULL);
}

struct questions {
	struct event_base *base;
	const struct totals *totals;
};

static void on_question(evutil_socket_t fd, short what, void *arg)
{
	const struct questions *questions = arg;
	const struct totals *totals = questions->totals;
	char line[256];
	(void)what;
	if (read(fd, line, sizeof(line)) <= 0) {
		event_base_loopbreak(questions->base);
		return;
	}
	printf("{\"connections\": %lld, \"presences\": %lld, \"stanzas\": %lld, \"bytes\": %lld, "
	       "\"first\": %lld, \"last\": %lld}\n",
		totals->connections, totals->presences, totals->stanzas, totals->bytes,
		(long long)totals->first, (long long)totals->last);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc != 2 || atoi(argv[1]) <= 0) {
		fputs("Usage: bench_sink PORT\n", stderr);
		return 2;
	}
	struct totals totals = {0};
	struct event_base *base = event_base_new();
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(argv[1])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct evconnlistener *listener = evconnlistener_new_bind(base, on_accept, &totals,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_LEAVE_SOCKETS_BLOCKING, 16,
		(struct sockaddr *)&address, sizeof(address));
	if (!listener) {
		perror("bench_sink");
		return 1;
	}
	struct questions questions = {base, &totals};
	struct event *question = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, on_question, &questions);
	event_add(question, NULL);
	event_base_dispatch(base);
	event_free(question);
	evconnlistener_free(listener);
	event_base_free(base);
	return 0;
}
