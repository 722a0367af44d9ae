/* An XMPP server for one component, inside the same loop: it does the handshake of XEP-0114, answers pings
 * unless it is mute, keeps what it was sent, and says what the test says. */
#ifndef OFFHOOK_TESTS_FAKE_SERVER_H
#define OFFHOOK_TESTS_FAKE_SERVER_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/loop.h"
#include "base/secret.h"

#define FAKE_HEADER                                                                                          \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "                               \
	"xmlns:stream='http://etherx.jabber.org/streams' from='presence.example.org' id='id1'>"

struct fake_server {
	struct loop *loop;
	const char *secret;
	uint16_t port;
	int listener, fd;
	struct event *accepting, *readable;
	struct buf in; /* all that the present connection sent */
	size_t looked; /* how far it was answered */
	unsigned connections, handshakes, pings;
	bool mute;   /* leaves pings unanswered */
	bool silent; /* answers nothing at all */
	bool ended;  /* the component ended its stream */
};

static inline void fake_say(struct fake_server *server, const char *text)
{
	size_t length = strlen(text);
	while (length > 0) {
		ssize_t written = send(server->fd, text, length, MSG_NOSIGNAL);
		ck_assert(written > 0);
		text += written;
		length -= (size_t)written;
	}
}

static inline void fake_drop(struct fake_server *server)
{
	if (server->fd < 0)
		return;
	event_free(server->readable);
	close(server->fd);
	server->fd = -1;
}

static inline void fake_handshake(struct fake_server *server)
{
	char both[64], digest[41], expected[80];
	int length = snprintf(both, sizeof(both), "id1%s", server->secret);

	secret_sha1_hex(both, (size_t)length, digest);
	snprintf(expected, sizeof(expected), "<handshake>%s</handshake>", digest);
	if (strstr(server->in.data, expected) != NULL) {
		server->handshakes++;
		fake_say(server, "<handshake/>");
	} else {
		fake_say(server, "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
				 "</stream:error></stream:stream>");
		fake_drop(server);
	}
}

/* Answers in the order of what came. */
static inline void fake_answer(struct fake_server *server)
{
	const char *at, *from = server->in.data + server->looked;

	if ((at = strstr(from, "to='presence.example.org'>")) != NULL) {
		fake_say(server, FAKE_HEADER);
		server->looked = (size_t)(at + 5 - server->in.data);
	}
	if ((at = strstr(from, "</handshake>")) != NULL) {
		server->looked = (size_t)(at + 5 - server->in.data);
		fake_handshake(server);
		if (server->fd < 0)
			return;
	}
	while ((at = strstr(server->in.data + server->looked, "offhook-ping-")) != NULL) {
		unsigned number = (unsigned)strtoul(at + 13, NULL, 10);
		char pong[160];
		snprintf(pong, sizeof(pong),
			"<iq type='result' id='offhook-ping-%u' from='example.org' "
			"to='presence.example.org'/>",
			number);
		server->looked = (size_t)(at + 13 - server->in.data);
		server->pings++;
		if (!server->mute)
			fake_say(server, pong);
	}
	if (strstr(server->in.data + server->looked, "</stream:stream>") != NULL) {
		server->ended = true;
		fake_say(server, "</stream:stream>");
		fake_drop(server);
	}
	/* The longest text looked for has 26 bytes. */
	if (server->in.length > server->looked + 26)
		server->looked = server->in.length - 26;
}

static inline void fake_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct fake_server *server = arg;
	char bytes[65536];
	ssize_t length = read(fd, bytes, sizeof(bytes));

	if (length <= 0) {
		fake_drop(server);
		return;
	}
	buf_add(&server->in, bytes, (size_t)length);
	ck_assert(!server->in.overflow);
	if (!server->silent)
		fake_answer(server);
}

static inline void fake_accept(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct fake_server *server = arg;

	fake_drop(server);
	server->fd = accept(fd, NULL, NULL);
	ck_assert(server->fd >= 0);
	server->connections++;
	server->looked = 0;
	buf_clear(&server->in);
	server->readable =
		event_new(loop_base(server->loop), server->fd, EV_READ | EV_PERSIST, fake_readable, server);
	event_add(server->readable, NULL);
}

static inline void fake_listen(struct fake_server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(server->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int yes = 1;

	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	ck_assert_int_eq(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(server->listener, 8), 0);
	ck_assert_int_eq(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
	server->port = ntohs(address.sin_port);
	server->accepting = event_new(
		loop_base(server->loop), server->listener, EV_READ | EV_PERSIST, fake_accept, server);
	event_add(server->accepting, NULL);
}

static inline void fake_close(struct fake_server *server)
{
	event_free(server->accepting);
	close(server->listener);
	fake_drop(server);
}

static inline void fake_begin(struct fake_server *server, struct loop *loop)
{
	*server = (struct fake_server){.loop = loop, .secret = "s3cret", .fd = -1};
	buf_init(&server->in, 64 * 1024 * 1024);
	fake_listen(server);
}

static inline void fake_end(struct fake_server *server)
{
	fake_close(server);
	buf_done(&server->in);
}

static inline void fake_forget(struct fake_server *server)
{
	buf_clear(&server->in);
	server->looked = 0;
}

/* How often `text` came, from `*at` on, which moves to where to go on counting. By hand: with the address
 * sanitizer every strstr looks at the whole text first. */
static inline unsigned fake_count_from(const struct fake_server *server, const char *text, size_t *at)
{
	size_t length = strlen(text);
	unsigned count = 0;

	while (*at + length <= server->in.length) {
		const char *place = server->in.data + *at;
		bool found = *place == *text && memcmp(place, text, length) == 0;
		count += found;
		*at += found ? length : 1;
	}
	return count;
}

static inline unsigned fake_count(const struct fake_server *server, const char *text)
{
	size_t at = 0;
	return fake_count_from(server, text, &at);
}

/* ---- waiting ---- */

struct waiting {
	struct loop *loop;
	bool (*condition)(void *arg);
	void *arg;
	bool met;
};

static inline void waiting_step(void *arg)
{
	struct waiting *waiting = arg;
	if (waiting->condition != NULL && waiting->condition(waiting->arg)) {
		waiting->met = true;
		loop_stop(waiting->loop);
	}
}

static inline void waiting_over(void *arg)
{
	struct waiting *waiting = arg;
	loop_stop(waiting->loop);
}

/* Turns the loop until the condition holds, at most `most`; NULL: as long as that. */
static inline bool turn_until(struct loop *loop, bool (*condition)(void *arg), void *arg, usec_t most)
{
	struct waiting waiting = {.loop = loop, .condition = condition, .arg = arg};
	struct loop_timer *timer = loop_timer_new(loop, waiting_over, &waiting);

	loop_timer_set(timer, most);
	loop_add_step(loop, waiting_step, &waiting);
	loop_again(loop);
	loop_run(loop);
	loop_remove_step(loop, waiting_step, &waiting);
	loop_timer_free(timer);
	return waiting.met;
}

#endif
