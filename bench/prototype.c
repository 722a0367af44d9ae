/*
 * The least that does the job, as a floor for latency: posts in, a row committed, presence out.
 *
 * It knows the people p0, p1, … with the extensions 1000, 1001, … by their numbers, believes whatever it reads,
 * looks at nothing but what it needs, and escapes nothing. As Offhook it sends presence at once, commits what
 * waits in one transaction, and answers a post then.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "bench/login.h"

enum { MOST_PEOPLE = 10000, MOST_WATCHERS = 500, ROWS = 4096, INPUT_BYTES = 16 * 1024 };
enum { OUTPUT_BYTES = 64 * 1024 * 1024 };

struct person {
	char *watchers[MOST_WATCHERS];
	size_t count;
};

struct input {
	char bytes[INPUT_BYTES + 1];
	size_t length;
};

struct post {
	struct prototype *prototype;
	struct event *readable;
	struct input input;
};

struct prototype {
	struct event_base *base;
	const char *component;
	struct person people[MOST_PEOPLE];
	int xmpp;
	struct event *xmpp_readable, *xmpp_writable;
	struct input input;
	struct buf out; /* to the XMPP server */
	PGconn *database;
	struct event *database_readable;
	struct buf rows;                           /* of the next transaction, as an array */
	struct post *waiting[ROWS], *asking[ROWS]; /* for the next transaction, for this one */
	size_t waiting_count, asking_count;
};

/* ---- XMPP ---- */

static void add_presence(struct prototype *prototype, size_t person, const char *to, bool on_call)
{
	buf_addf(&prototype->out,
		"<presence from='p%zu@%s/offhook' to='%s'>%s<status>%s</status><rich-status xmlns="
		"'urn:offhook:1' id='%s' icon='%s' color='%s' automatic='true'><name>%s</name></rich-status>"
		"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:offhook:1' "
		"ver='0123456789abcdefghijklmnopq='/></presence>",
		person, prototype->component, to, on_call ? "<show>dnd</show>" : "",
		on_call ? "📞 On Call" : "✅ Available", on_call ? "on-call" : "available", on_call ? "📞" : "✅",
		on_call ? "#AD1457" : "#2E7D32", on_call ? "On Call" : "Available");
}

/* A turn's stanzas go out together. */
static void flush(struct prototype *prototype)
{
	struct buf *out = &prototype->out;
	if (out->length == 0)
		return;
	ssize_t written = send(prototype->xmpp, out->data, out->length, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (written > 0) {
		memmove(out->data, out->data + written, out->length - (size_t)written);
		out->length -= (size_t)written;
	}
	if (out->length > 0)
		event_add(prototype->xmpp_writable, NULL);
}

static void on_xmpp_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg; /* the end of the turn writes */
}

static bool attribute(const char *tag, const char *name, char *value)
{
	const char *at = strstr(tag, name);
	return at && sscanf(at + strlen(name) + 1, "%511[^'\"]", value) == 1;
}

static void take_tag(struct prototype *prototype, const char *tag)
{
	char type[512], from[512], to[512];
	size_t number;
	if (strncmp(tag, "<presence", 9) != 0 || !attribute(tag, " type=", type) ||
		strcmp(type, "subscribe") != 0 || !attribute(tag, " from=", from) ||
		!attribute(tag, " to=", to) || sscanf(to, "p%zu@", &number) != 1 || number >= MOST_PEOPLE)
		return;
	struct person *person = &prototype->people[number];
	from[strcspn(from, "/")] = '\0';
	if (person->count < MOST_WATCHERS)
		person->watchers[person->count++] = mem_string(from);
	buf_addf(&prototype->out, "<presence type='subscribed' from='p%zu@%s' to='%s'/>", number,
		prototype->component, from);
	add_presence(prototype, number, from, false);
}

static void on_xmpp(evutil_socket_t fd, short what, void *arg)
{
	struct prototype *prototype = arg;
	struct input *input = &prototype->input;
	char *at = input->bytes, *end;
	(void)what;
	ssize_t count = recv(fd, input->bytes + input->length, INPUT_BYTES - input->length, MSG_DONTWAIT);
	if (count <= 0) {
		event_base_loopbreak(prototype->base);
		return;
	}
	input->length += (size_t)count;
	input->bytes[input->length] = '\0';
	while ((at = strchr(at, '<')) && (end = strchr(at, '>'))) {
		*end = '\0';
		take_tag(prototype, at);
		at = end + 1;
	}
	input->length = at ? strlen(at) : 0;
	if (at)
		memmove(input->bytes, at, input->length);
}

/* ---- PostgreSQL ---- */

static void commit(struct prototype *prototype)
{
	if (prototype->waiting_count == 0 || prototype->asking_count > 0)
		return;
	buf_add_char(&prototype->rows, '}');
	const char *values[] = {buf_text(&prototype->rows)};
	if (!PQsendQueryParams(prototype->database,
		    "INSERT INTO prototype_events SELECT unnest($1::text[]), now()", 1, NULL, values, NULL,
		    NULL, 0))
		event_base_loopbreak(prototype->base);
	memcpy(prototype->asking, prototype->waiting, prototype->waiting_count * sizeof(struct post *));
	prototype->asking_count = prototype->waiting_count;
	prototype->waiting_count = 0;
	buf_clear(&prototype->rows);
}

static void on_database(evutil_socket_t fd, short what, void *arg)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				     "Content-Length: 14\r\n\r\n{\"accepted\":1}";
	struct prototype *prototype = arg;
	PGresult *result;
	(void)fd;
	(void)what;
	if (!PQconsumeInput(prototype->database)) {
		event_base_loopbreak(prototype->base);
		return;
	}
	while (prototype->asking_count > 0 && !PQisBusy(prototype->database)) {
		if ((result = PQgetResult(prototype->database))) {
			if (PQresultStatus(result) != PGRES_COMMAND_OK)
				event_base_loopbreak(prototype->base);
			PQclear(result);
			continue;
		}
		for (size_t i = 0; i < prototype->asking_count; i++)
			(void)!write(
				event_get_fd(prototype->asking[i]->readable), answer, sizeof(answer) - 1);
		prototype->asking_count = 0;
	}
}

/* ---- HTTP ---- */

static void take_event(struct prototype *prototype, struct post *post, const char *body)
{
	const char *extension = strstr(body, "\"extension\":\"");
	size_t number = extension ? strtoul(extension + 13, NULL, 10) : 0;
	bool on_call = strstr(body, "\"answered\"") != NULL;
	if (number < 1000 || number - 1000 >= MOST_PEOPLE || prototype->waiting_count == ROWS)
		return;
	const struct person *person = &prototype->people[number - 1000];
	for (size_t i = 0; i < person->count; i++)
		add_presence(prototype, number - 1000, person->watchers[i], on_call);
	buf_addf(&prototype->rows, "%c%zu-%d", prototype->waiting_count == 0 ? '{' : ',', number, on_call);
	prototype->waiting[prototype->waiting_count++] = post;
}

static void on_post(evutil_socket_t fd, short what, void *arg)
{
	struct post *post = arg;
	struct input *input = &post->input;
	(void)what;
	ssize_t count = recv(fd, input->bytes + input->length, INPUT_BYTES - input->length, MSG_DONTWAIT);
	if (count <= 0) { /* the program ends with its benchmark */
		event_del(post->readable);
		return;
	}
	input->length += (size_t)count;
	input->bytes[input->length] = '\0';
	const char *body = strstr(input->bytes, "\r\n\r\n");
	const char *length = strstr(input->bytes, "Content-Length:");
	if (!body || !length || strlen(body + 4) < strtoul(length + 15, NULL, 10))
		return;
	take_event(post->prototype, post, body + 4);
	input->length = 0;
}

static void on_accept(
	struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length, void *arg)
{
	struct post *post = mem_new(sizeof(*post));
	int yes = 1;
	(void)address;
	(void)length;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	post->prototype = arg;
	post->readable =
		event_new(evconnlistener_get_base(listener), fd, EV_READ | EV_PERSIST, on_post, post);
	event_add(post->readable, NULL);
}

/* ---- the program ---- */

static void open_database(struct prototype *prototype, const char *url)
{
	prototype->database = PQconnectdb(url);
	PGresult *result = PQexec(prototype->database,
		"CREATE TABLE IF NOT EXISTS prototype_events (event text NOT NULL, at timestamptz NOT NULL)");
	if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		fprintf(stderr, "bench_prototype: %s", PQerrorMessage(prototype->database));
		exit(1);
	}
	PQclear(result);
	prototype->database_readable = event_new(
		prototype->base, PQsocket(prototype->database), EV_READ | EV_PERSIST, on_database, prototype);
	event_add(prototype->database_readable, NULL);
}

static void open_xmpp(struct prototype *prototype, uint16_t port, const char *secret)
{
	int yes = 1;
	prototype->xmpp = login(port, prototype->component, secret);
	setsockopt(prototype->xmpp, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	prototype->xmpp_readable =
		event_new(prototype->base, prototype->xmpp, EV_READ | EV_PERSIST, on_xmpp, prototype);
	prototype->xmpp_writable =
		event_new(prototype->base, prototype->xmpp, EV_WRITE, on_xmpp_writable, prototype);
	event_add(prototype->xmpp_readable, NULL);
}

int main(int argc, char **argv)
{
	if (argc != 6 || atoi(argv[1]) <= 0 || atoi(argv[4]) <= 0) {
		fputs("Usage: bench_prototype XMPP-PORT COMPONENT SECRET HTTP-PORT DATABASE\n", stderr);
		return 2;
	}
	struct prototype *prototype = mem_new(sizeof(*prototype));
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(argv[4])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	prototype->base = event_base_new();
	prototype->component = argv[2];
	buf_init(&prototype->out, OUTPUT_BYTES);
	buf_init(&prototype->rows, OUTPUT_BYTES);
	open_database(prototype, argv[5]);
	open_xmpp(prototype, (uint16_t)atoi(argv[1]), argv[3]);
	if (!evconnlistener_new_bind(prototype->base, on_accept, prototype,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 128, (struct sockaddr *)&address,
		    sizeof(address))) {
		perror("bench_prototype");
		return 1;
	}
	while (event_base_loop(prototype->base, EVLOOP_ONCE) == 0 && !event_base_got_break(prototype->base)) {
		commit(prototype);
		flush(prototype);
		PQflush(prototype->database);
	}
	fputs("bench_prototype: a connection was lost\n", stderr);
	return 1;
}
