/*
 * An XMPP server with one component that remembers what everybody was told last, and reads as slowly as it is
 * asked to: XEP-0114 with any secret.
 *
 * Pings and all other requests get an empty result. Each line on standard input is a command:
 *   report            answers one line of JSON; `answered` is when the probe was (microseconds of the
 *                     monotonic clock), 0 if it was not
 *   pace BYTES        reads so many a second from now on; 0: all there are
 *   probe FROM TO     sends a probe as soon as a component is there
 *   dump FILE         writes a line for each pair: who, to whom, the status told last; and answers `{}`
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <expat.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/memory.h"

enum { INPUT_BYTES = 64 * 1024, OUTPUT_BYTES = 1024 * 1024, TICKS = 100 };

/* What somebody was told last of somebody. */
struct pair {
	char status[80];
	char key[]; /* from, tab, to */
};

struct observer {
	struct event_base *base;
	struct map pairs;
	long long connections, presences, bytes;
	size_t pace; /* bytes a second, 0: no bound */
	char prober[512], probed[512];
	usec_t answered;

	/* the component */
	int fd;
	struct event *readable, *tick;
	XML_Parser parser;
	struct buf out;
	int depth;
	struct pair *pair; /* of the presence that is being read */
	char input[INPUT_BYTES];
};

/* ---- the component's stream ---- */

static void close_link(struct observer *observer)
{
	if (observer->fd < 0)
		return;
	event_del(observer->readable);
	event_free(observer->readable);
	close(observer->fd);
	XML_ParserFree(observer->parser);
	buf_clear(&observer->out);
	observer->fd = -1;
}

static bool write_answers(struct observer *observer)
{
	size_t done = 0;
	while (done < observer->out.length) {
		ssize_t count = send(
			observer->fd, observer->out.data + done, observer->out.length - done, MSG_NOSIGNAL);
		if (count < 0)
			return false;
		done += (size_t)count;
	}
	buf_clear(&observer->out);
	return true;
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return "";
}

static struct pair *find_pair(struct observer *observer, const char *from, const char *to)
{
	char key[4096];
	int length = snprintf(key, sizeof(key), "%.*s\t%s", (int)strcspn(from, "/"), from, to);
	if (length >= (int)sizeof(key))
		return NULL;
	struct pair *pair = map_get(&observer->pairs, key);
	if (!pair) {
		pair = mem_new(sizeof(*pair) + (size_t)length + 1);
		memcpy(pair->key, key, (size_t)length + 1);
		map_put(&observer->pairs, pair->key, pair);
	}
	return pair;
}

static void set_status(struct pair *pair, const char *status)
{
	if (pair)
		snprintf(pair->status, sizeof(pair->status), "%s", status);
}

static void presence_begins(struct observer *observer, const char **attributes)
{
	const char *type = attribute(attributes, "type"), *to = attribute(attributes, "to");
	observer->presences++;
	observer->pair = NULL;
	if (type[0] != '\0' && strcmp(type, "unavailable") != 0)
		return;
	if (!observer->answered && strcmp(to, observer->prober) == 0)
		observer->answered = clock_monotonic();
	observer->pair = find_pair(observer, attribute(attributes, "from"), to);
	set_status(observer->pair, "offline");
}

static void request_begins(struct observer *observer, const char **attributes)
{
	const char *type = attribute(attributes, "type");
	if (strcmp(type, "get") == 0 || strcmp(type, "set") == 0)
		buf_addf(&observer->out, "<iq type='result' id='%s' from='%s' to='%s'/>",
			attribute(attributes, "id"), attribute(attributes, "to"),
			attribute(attributes, "from"));
}

static void send_probe(struct observer *observer)
{
	if (observer->prober[0] != '\0')
		buf_addf(&observer->out, "<presence type='probe' from='%s' to='%s'/>", observer->prober,
			observer->probed);
}

static void on_start(void *arg, const char *name, const char **attributes)
{
	struct observer *observer = arg;
	int depth = observer->depth++;
	if (depth == 0) {
		buf_addf(&observer->out,
			"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
			"xmlns:stream='http://etherx.jabber.org/streams' from='%s' id='observer'>",
			attribute(attributes, "to"));
	} else if (depth == 1 && strcmp(name, "presence") == 0) {
		presence_begins(observer, attributes);
	} else if (depth == 1 && strcmp(name, "iq") == 0) {
		request_begins(observer, attributes);
	} else if (depth == 1 && strcmp(name, "handshake") == 0) {
		buf_add_text(&observer->out, "<handshake/>");
		send_probe(observer);
	} else if (depth == 2 && strcmp(name, "rich-status") == 0) {
		set_status(observer->pair, attribute(attributes, "id"));
	}
}

static void on_end(void *arg, const char *name)
{
	struct observer *observer = arg;
	(void)name;
	if (--observer->depth == 1)
		observer->pair = NULL;
	else if (observer->depth == 0)
		buf_add_text(&observer->out, "</stream:stream>");
}

static void read_upto(struct observer *observer, size_t most)
{
	while (most > 0 && observer->fd >= 0) {
		size_t some = most < INPUT_BYTES ? most : INPUT_BYTES;
		ssize_t count = recv(observer->fd, observer->input, some, MSG_DONTWAIT);
		if (count < 0)
			return;
		observer->bytes += count;
		most -= (size_t)count;
		if (count == 0 || !XML_Parse(observer->parser, observer->input, (int)count, 0) ||
			!write_answers(observer))
			close_link(observer);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_upto(arg, INPUT_BYTES);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct observer *observer = arg;
	(void)fd;
	(void)what;
	read_upto(observer, observer->pace / TICKS);
}

static void on_accept(
	struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length, void *arg)
{
	struct observer *observer = arg;
	(void)listener;
	(void)address;
	(void)length;
	close_link(observer);
	observer->fd = fd;
	observer->connections++;
	observer->depth = 0;
	observer->parser = XML_ParserCreate(NULL);
	XML_SetUserData(observer->parser, observer);
	XML_SetElementHandler(observer->parser, on_start, on_end);
	observer->readable = event_new(observer->base, fd, EV_READ | EV_PERSIST, on_readable, observer);
	if (observer->pace == 0)
		event_add(observer->readable, NULL);
}

/* ---- commands ---- */

static void set_pace(struct observer *observer, size_t pace)
{
	const struct timeval interval = {.tv_usec = 1000000 / TICKS};
	observer->pace = pace;
	if (pace > 0)
		event_add(observer->tick, &interval);
	else
		event_del(observer->tick);
	if (observer->fd >= 0 && pace > 0)
		event_del(observer->readable);
	else if (observer->fd >= 0)
		event_add(observer->readable, NULL);
}

static void report(const struct observer *observer)
{
	printf("{\"connections\": %lld, \"presences\": %lld, \"bytes\": %lld, \"pairs\": %zu, "
	       "\"answered\": %lld}\n",
		observer->connections, observer->presences, observer->bytes, observer->pairs.count,
		(long long)observer->answered);
}

static void dump(const struct observer *observer, const char *path)
{
	FILE *file = fopen(path, "w");
	struct pair *pair;
	if (!file) {
		perror(path);
		return;
	}
	for (size_t at = 0; (pair = map_next(&observer->pairs, &at)) != NULL;)
		fprintf(file, "%s\t%s\n", pair->key, pair->status);
	fclose(file);
	puts("{}");
}

static void take_command(struct observer *observer, const char *line)
{
	char path[512];
	size_t pace;
	if (sscanf(line, "pace %zu", &pace) == 1) {
		set_pace(observer, pace);
	} else if (sscanf(line, "dump %511s", path) == 1) {
		dump(observer, path);
	} else if (sscanf(line, "probe %511s %511s", observer->prober, observer->probed) == 2) {
		observer->answered = 0;
		send_probe(observer);
		if (observer->fd >= 0 && !write_answers(observer))
			close_link(observer);
	} else {
		report(observer);
	}
	fflush(stdout);
}

/* Whoever asks waits for the answer before the next command. */
static void on_command(evutil_socket_t fd, short what, void *arg)
{
	struct observer *observer = arg;
	char lines[2048];
	(void)what;
	ssize_t length = read(fd, lines, sizeof(lines) - 1);
	if (length <= 0) {
		event_base_loopbreak(observer->base);
		return;
	}
	lines[length] = '\0';
	char *rest = lines;
	for (char *line = strsep(&rest, "\n"); rest; line = strsep(&rest, "\n"))
		take_command(observer, line);
}

static void observer_done(struct observer *observer)
{
	struct pair *pair;
	close_link(observer);
	for (size_t at = 0; (pair = map_next(&observer->pairs, &at)) != NULL;) {
		map_remove(&observer->pairs, pair->key);
		free(pair);
	}
	map_done(&observer->pairs);
	buf_done(&observer->out);
	event_free(observer->tick);
}

int main(int argc, char **argv)
{
	static struct observer observer = {.fd = -1};
	if (argc != 2 || atoi(argv[1]) <= 0) {
		fputs("Usage: bench_observer PORT\n", stderr);
		return 2;
	}
	observer.base = event_base_new();
	map_init(&observer.pairs);
	buf_init(&observer.out, OUTPUT_BYTES);
	observer.tick = event_new(observer.base, -1, EV_PERSIST, on_tick, &observer);
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(argv[1])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct evconnlistener *listener = evconnlistener_new_bind(observer.base, on_accept, &observer,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_LEAVE_SOCKETS_BLOCKING, 16,
		(struct sockaddr *)&address, sizeof(address));
	if (!listener) {
		perror("bench_observer");
		return 1;
	}
	struct event *command =
		event_new(observer.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_command, &observer);
	event_add(command, NULL);
	event_base_dispatch(observer.base);
	event_free(command);
	evconnlistener_free(listener);
	observer_done(&observer);
	event_base_free(observer.base);
	return 0;
}
