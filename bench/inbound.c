/*
 * An XMPP server at which everybody comes online at once: it writes a login storm into the stream of the
 * component that connected last, as fast as that reads, and counts what comes back.
 *
 * XEP-0114 with any secret. Each line on standard input is a command, answered by one line of JSON when it is
 * done: "report"; "probes", "goodbyes" or "logins" writes that storm (with probes; with the same stanzas as
 * type 'unavailable', which need no answer; two presences of everybody and nothing else) and is done when the
 * request that ends it is answered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "bench/storm.h"

enum { INPUT_BYTES = 256 * 1024, ANSWER_BYTES = 16 * 1024 * 1024, WRITE_BYTES = 256 * 1024 };
#define STORM_BYTES ((size_t)1024 * 1024 * 1024)

struct server {
	int listener, link;
	size_t kept; /* of an unfinished tag, at the beginning of `input` */
	struct buf answers;
	struct buf storm;
	size_t written, answered; /* bytes that are out */
	const struct storm *shape;
	size_t stanzas; /* of the storm */
	long long presences, probes, bytes;
	usec_t begun;
	char input[INPUT_BYTES];
};

static bool has_value(const char *tag, size_t length, const char *attribute)
{
	return memmem(tag, length, attribute, strlen(attribute)) != NULL;
}

/* The raw value of an attribute within a tag, as escaped as it came; empty when absent. */
static void copy_value(const char *tag, size_t length, const char *name, char *value, size_t room)
{
	const char *at = memmem(tag, length, name, strlen(name));
	value[0] = '\0';
	if (!at)
		return;
	at += strlen(name);
	const char *end = memchr(at + 1, at[0], (size_t)(tag + length - at - 1));
	if (end && (size_t)(end - at) <= room) {
		memcpy(value, at + 1, (size_t)(end - at - 1));
		value[end - at - 1] = '\0';
	}
}

static void report(const struct server *server)
{
	printf("{\"presences\": %lld, \"probes\": %lld, \"bytes\": %lld, \"connected\": %s}\n",
		server->presences, server->probes, server->bytes, server->link >= 0 ? "true" : "false");
	fflush(stdout);
}

static void end_storm(struct server *server)
{
	usec_t took = clock_monotonic() - server->begun;
	printf("{\"stanzas\": %zu, \"bytes\": %zu, \"answers\": %lld, \"seconds\": %lld.%06lld}\n",
		server->stanzas, server->storm.length, server->presences, (long long)(took / SECOND),
		(long long)(took % SECOND));
	fflush(stdout);
	buf_done(&server->storm);
	buf_init(&server->storm, STORM_BYTES);
	server->written = 0;
}

/* Devices are of the kind of the storm; everything else has an empty result. */
static void answer_request(struct server *server, const char *tag, size_t length)
{
	char id[256], from[1024], to[1024];
	copy_value(tag, length, " id=", id, sizeof(id));
	copy_value(tag, length, " from=", from, sizeof(from));
	copy_value(tag, length, " to=", to, sizeof(to));
	buf_addf(&server->answers, "<iq type='result' id='%s' from='%s' to='%s'>", id, to, from);
	if (strchr(to, '/'))
		buf_add_text(&server->answers,
			"<query xmlns='http://jabber.org/protocol/disco#info' node='" STORM_CAPS_NODE
			"#" STORM_CAPS_VER "'><identity category='client' name='Exodus 0.9.1' type='pc'/>"
			"<feature var='http://jabber.org/protocol/caps'/>"
			"<feature var='http://jabber.org/protocol/disco#info'/>"
			"<feature var='http://jabber.org/protocol/disco#items'/>"
			"<feature var='http://jabber.org/protocol/muc'/></query>");
	buf_add_text(&server->answers, "</iq>");
}

static bool begins(const char *tag, size_t length, const char *name)
{
	size_t name_length = strlen(name);
	return length > name_length && memcmp(tag, name, name_length) == 0;
}

static void take_tag(struct server *server, const char *tag, size_t length)
{
	char to[1024];
	if (begins(tag, length, "<presence")) {
		server->presences++;
		server->probes += has_value(tag, length, " type='probe'");
	} else if (begins(tag, length, "<iq") && has_value(tag, length, " type='get'")) {
		answer_request(server, tag, length);
	} else if (begins(tag, length, "<iq") && has_value(tag, length, " id='" STORM_END "'")) {
		end_storm(server);
	} else if (begins(tag, length, "<stream:stream")) {
		copy_value(tag, length, " to=", to, sizeof(to));
		buf_addf(&server->answers,
			"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
			"xmlns:stream='http://etherx.jabber.org/streams' from='%s' id='storm'>",
			to);
	} else if (begins(tag, length, "<handshake")) {
		buf_add_text(&server->answers, "<handshake/>");
	}
}

static void hang_up(struct server *server)
{
	if (server->storm.length > 0) {
		fputs("bench_inbound: the component went away during the storm\n", stderr);
		exit(1);
	}
	if (server->link >= 0)
		close(server->link);
	server->link = -1;
	server->kept = 0;
	buf_clear(&server->answers);
	server->answered = 0;
}

static void read_link(struct server *server)
{
	ssize_t count = recv(server->link, server->input + server->kept, INPUT_BYTES - server->kept, 0);
	if (count < 0 && errno == EAGAIN)
		return;
	if (count <= 0) {
		hang_up(server);
		return;
	}
	server->bytes += count;
	const char *at = server->input, *end = server->input + server->kept + count, *open, *close_;
	while ((open = memchr(at, '<', (size_t)(end - at)))) {
		close_ = memchr(open, '>', (size_t)(end - open));
		if (!close_)
			break;
		take_tag(server, open, (size_t)(close_ - open) + 1);
		at = close_ + 1;
	}
	server->kept = open ? (size_t)(end - open) : 0;
	if (open)
		memmove(server->input, open, server->kept);
}

static size_t write_some(int link, const struct buf *buf, size_t done)
{
	size_t left = buf->length - done;
	ssize_t count = send(link, buf->data + done, left < WRITE_BYTES ? left : WRITE_BYTES, MSG_NOSIGNAL);
	return count > 0 ? (size_t)count : 0;
}

static bool has_storm(const struct server *server)
{
	return server->written < server->storm.length;
}

/* An answer must not come in the middle of a stanza of the storm. */
static void write_link(struct server *server)
{
	if (has_storm(server)) {
		server->written += write_some(server->link, &server->storm, server->written);
		return;
	}
	server->answered += write_some(server->link, &server->answers, server->answered);
	if (server->answered == server->answers.length) {
		buf_clear(&server->answers);
		server->answered = 0;
	}
}

static void begin_storm(struct server *server, const char *type, size_t contacts, size_t presences)
{
	struct storm storm = *server->shape;
	storm.type = type;
	storm.contacts = contacts;
	storm.presences = presences;
	storm_write(&storm, &server->storm);
	server->stanzas = storm_stanzas(&storm);
	server->presences = server->probes = server->bytes = 0;
	server->begun = clock_monotonic();
}

/* False: the input has ended. */
static bool read_command(struct server *server)
{
	const struct storm *shape = server->shape;
	char line[64];
	ssize_t count = read(STDIN_FILENO, line, sizeof(line) - 1);
	if (count <= 0)
		return false;
	line[count] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "probes") == 0)
		begin_storm(server, "probe", shape->contacts, shape->presences);
	else if (strcmp(line, "goodbyes") == 0)
		begin_storm(server, "unavailable", shape->contacts, shape->presences);
	else if (strcmp(line, "logins") == 0)
		begin_storm(server, "probe", 0, 2);
	else
		report(server);
	return true;
}

static void accept_link(struct server *server)
{
	hang_up(server);
	server->link = accept(server->listener, NULL, NULL);
	if (server->link >= 0)
		fcntl(server->link, F_SETFL, O_NONBLOCK);
}

static void serve(struct server *server)
{
	for (;;) {
		bool writes = has_storm(server) || server->answered < server->answers.length;
		struct pollfd fds[] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = server->listener, .events = POLLIN},
			{.fd = server->link, .events = (short)(POLLIN | (writes ? POLLOUT : 0))},
		};
		if (poll(fds, 3, -1) < 0)
			return;
		if (fds[2].revents & (POLLIN | POLLHUP | POLLERR))
			read_link(server);
		if (server->link >= 0 && fds[2].revents & POLLOUT)
			write_link(server);
		if (fds[1].revents)
			accept_link(server);
		if (fds[0].revents && !read_command(server))
			return;
	}
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 4) == 0)
		return fd;
	perror("bench_inbound");
	exit(1);
}

int main(int argc, char **argv)
{
	if (argc != 7) {
		fputs("Usage: bench_inbound PORT DOMAIN COMPONENT PEOPLE CONTACTS PRESENCES\n", stderr);
		return 2;
	}
	const struct storm shape = {.domain = argv[2],
		.component = argv[3],
		.people = strtoul(argv[4], NULL, 10),
		.contacts = strtoul(argv[5], NULL, 10),
		.presences = strtoul(argv[6], NULL, 10)};
	struct server *server = mem_new(sizeof(*server));
	server->listener = listen_on((uint16_t)atoi(argv[1]));
	server->link = -1;
	server->shape = &shape;
	buf_init(&server->answers, ANSWER_BYTES);
	buf_init(&server->storm, STORM_BYTES);
	serve(server);
	hang_up(server);
	close(server->listener);
	buf_done(&server->answers);
	buf_done(&server->storm);
	free(server);
	return 0;
}
