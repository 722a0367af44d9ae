/*
 * The connection to the XMPP server is made, kept and given up here.
 */
#include "xmpp/stream.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/dial.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "xmpp/namespaces.h"
#include "xmpp/outbox.h"
#include "xmpp/parser.h"
#include "xmpp/phrase.h"
#include "xmpp/pulse.h"
#include "xmpp/render.h"
#include "xmpp/retry.h"

#define PING_SOON SECOND

enum { INPUT_BYTES = 64 * 1024 };

enum state {
	STREAM_IDLE, /* the timer says when the next attempt is */
	STREAM_CONNECTING,
	STREAM_OPENING, /* header sent, then the handshake */
	STREAM_UP,
	STREAM_ENDING, /* our end of stream is sent, the server's awaited */
	STREAM_STOPPED,
};

struct stream {
	struct loop *loop;
	xmpp_ctx_t *context;
	char *address, *domain, *host, *secret;
	uint16_t port;
	struct stream_events events;
	char subject[300];

	enum state state;
	bool stopping, blocked, reading, overflowed;
	int fd;
	struct event *readable, *writable;
	struct loop_timer *timer; /* of the state */
	struct parser *parser;
	struct outbox out;
	uint64_t written; /* bytes of this connection */
	struct buf scratch;

	struct dial dial;
	struct retry retry;
	bool hurry; /* the next attempt is at once */

	struct pulse pulse;
	char input[INPUT_BYTES];
	size_t input_at, input_end; /* what came and is not read yet */
};

bool stream_is_up(const struct stream *stream)
{
	return stream->state == STREAM_UP;
}

size_t stream_room(const struct stream *stream)
{
	size_t waiting = outbox_waiting(&stream->out);
	return stream->state == STREAM_UP && waiting < LIMIT_STREAM_OUT_LOW ? LIMIT_STREAM_OUT_LOW - waiting
									    : 0;
}

/* ---- closing ---- */

static void disconnect(struct stream *stream)
{
	if (stream->readable != NULL)
		event_free(stream->readable);
	if (stream->writable != NULL)
		event_free(stream->writable);
	stream->readable = stream->writable = NULL;
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
	if (stream->parser != NULL)
		parser_stop(stream->parser);
	outbox_clear(&stream->out);
	stream->written = 0;
	stream->input_at = stream->input_end = 0;
	stream->blocked = stream->reading = stream->overflowed = false;
	loop_timer_stop(stream->timer);
}

static usec_t next_attempt(struct stream *stream, bool connecting)
{
	if (stream->hurry || (connecting && dial_has_more(&stream->dial)))
		return 0;
	return retry_delay(&stream->retry);
}

void stream_close(struct stream *stream, const char *reason, ...)
{
	enum state before = stream->state;
	bool was_up = before == STREAM_UP || before == STREAM_ENDING;
	char text[sizeof(stream->retry.last_reason)];
	va_list args;

	if (before == STREAM_IDLE || before == STREAM_STOPPED)
		return;
	va_start(args, reason);
	vsnprintf(text, sizeof(text), reason, args);
	va_end(args);

	disconnect(stream);
	if (was_up) {
		metrics_add(METRIC_XMPP_CONNECTED, -1);
		retry_down(&stream->retry);
	}
	retry_log(&stream->retry, stream->subject, text, stream->stopping);
	stream->state = stream->stopping ? STREAM_STOPPED : STREAM_IDLE;
	loop_timer_set(
		stream->timer, stream->stopping ? 0 : next_attempt(stream, before == STREAM_CONNECTING));
	stream->hurry = false;
	if (before == STREAM_UP && !stream->stopping)
		stream->events.down(stream->events.ctx);
}

/* ---- output ---- */

static void write_bytes(struct stream *stream, const void *bytes, size_t length)
{
	/* Closing has to wait for the end of the turn: whoever writes is in the middle of something. */
	if (!outbox_add(&stream->out, bytes, length))
		stream->overflowed = true;
}

void stream_write(struct stream *stream, const void *bytes, size_t length)
{
	if (stream->state == STREAM_UP)
		write_bytes(stream, bytes, length);
}

char *stream_reserve(struct stream *stream, size_t length)
{
	if (stream->state != STREAM_UP)
		return NULL;
	char *place = outbox_reserve(&stream->out, length);
	if (place == NULL)
		stream->overflowed = true;
	return place;
}

bool stream_send(struct stream *stream, xmpp_stanza_t *stanza)
{
	if (stream->state != STREAM_UP)
		return true;
	buf_clear(&stream->scratch);
	if (!render_stanza(&stream->scratch, stanza))
		return false;
	stream_write(stream, stream->scratch.data, stream->scratch.length);
	return true;
}

static void read_some(struct stream *stream);

static bool has_input(const struct stream *stream)
{
	return stream->input_at < stream->input_end;
}

static void set_reading(struct stream *stream, bool reading)
{
	if (stream->readable == NULL || reading == stream->reading)
		return;
	stream->reading = reading;
	if (reading)
		event_add(stream->readable, NULL);
	else
		event_del(stream->readable);
}

/* What the server said last is often why it no longer listens. */
static void write_failed(struct stream *stream, int reason)
{
	do {
		read_some(stream);
	} while (has_input(stream));
	if (stream->fd >= 0)
		stream_close(stream, "writing to the server: %s", strerror(reason));
}

static void write_some(struct stream *stream)
{
	ssize_t written = outbox_write(&stream->out, stream->fd);

	if (written < 0) {
		write_failed(stream, (int)-written);
		return;
	}
	stream->written += (uint64_t)written;
	/* While nothing is read, that the server takes something is its sign of life. */
	if (written > 0 && !stream->reading)
		pulse_life(&stream->pulse, clock_monotonic());
	if (outbox_waiting(&stream->out) > 0) {
		stream->blocked = true;
		event_add(stream->writable, NULL);
	} else if (stream->state == STREAM_ENDING) {
		shutdown(stream->fd, SHUT_WR);
	}
}

void stream_flush(struct stream *stream)
{
	if (stream->fd < 0) {
		parser_free(stream->parser);
		stream->parser = NULL;
		return;
	}
	if (stream->overflowed) {
		stream_close(
			stream, "the server does not read: %zu bytes wait", outbox_waiting(&stream->out));
		return;
	}
	if (!stream->blocked && stream->state != STREAM_CONNECTING && outbox_waiting(&stream->out) > 0)
		write_some(stream);
	if (stream->fd < 0 || stream->state == STREAM_CONNECTING)
		return;
	bool listening = outbox_waiting(&stream->out) <= LIMIT_STREAM_OUT_HIGH;
	set_reading(stream, listening && !has_input(stream));
	if (listening && has_input(stream))
		event_active(stream->readable, EV_READ, 0);
}

/* ---- life ---- */

static void plan_check(struct stream *stream)
{
	usec_t now = clock_monotonic();
	usec_t at = pulse_next(&stream->pulse);
	loop_timer_set(stream->timer, at > now ? at - now : 0);
}

static void send_ping(struct stream *stream)
{
	phrase_ping(&stream->scratch, stream->pulse.pings, stream->address, stream->domain);
	stream_write(stream, stream->scratch.data, stream->scratch.length);
}

static void check_life(struct stream *stream)
{
	switch (pulse_check(
		&stream->pulse, clock_monotonic(), stream->written + outbox_waiting(&stream->out))) {
	case PULSE_DEAD:
		stream_close(stream, "the server did not answer a ping");
		return;
	case PULSE_PING:
		send_ping(stream);
		break;
	case PULSE_WAIT:
		break;
	}
	plan_check(stream);
}

uint32_t stream_mark(struct stream *stream)
{
	uint32_t before = stream->pulse.marked;
	uint32_t mark = pulse_mark(&stream->pulse);
	if (stream->state == STREAM_UP && mark != before)
		plan_check(stream);
	return mark;
}

static bool take_pong(struct stream *stream, xmpp_stanza_t *stanza)
{
	uint32_t number;

	if (!phrase_is_pong(stanza, stream->domain, &number) || !pulse_pong(&stream->pulse, number))
		return false;
	plan_check(stream);
	stream->events.acknowledged(stream->events.ctx, number);
	return true;
}

/* ---- input ---- */

static void on_stream_error(struct stream *stream, xmpp_stanza_t *error)
{
	buf_clear(&stream->scratch);
	retry_read_error(&stream->retry, error, &stream->scratch);
	stream_close(stream, "%s", buf_text(&stream->scratch));
}

static void go_up(struct stream *stream)
{
	stream->state = STREAM_UP;
	retry_up(&stream->retry);
	pulse_start(&stream->pulse, stream->retry.up_since);
	dial_worked(&stream->dial);
	metrics_add(METRIC_XMPP_CONNECTS, 1);
	metrics_add(METRIC_XMPP_CONNECTED, 1);
	log_info(stream->subject, "connected to %s port %u", stream->host, stream->port);
	plan_check(stream);
	stream->events.up(stream->events.ctx);
}

static void on_opened(void *ctx, const char *id)
{
	struct stream *stream = ctx;

	phrase_handshake(&stream->scratch, id, stream->secret);
	write_bytes(stream, stream->scratch.data, stream->scratch.length);
}

static void on_stanza(void *ctx, xmpp_stanza_t *stanza, bool too_large)
{
	struct stream *stream = ctx;
	const char *name = xmpp_stanza_get_name(stanza);
	const char *namespace_ = xmpp_stanza_get_ns(stanza);

	if (namespace_ == NULL)
		return;
	if (strcmp(namespace_, NS_STREAMS) == 0 && strcmp(name, "error") == 0) {
		on_stream_error(stream, stanza);
		return;
	}
	if (strcmp(namespace_, NS_COMPONENT) != 0 && strcmp(namespace_, NS_CLIENT) != 0)
		return;
	if (stream->state == STREAM_OPENING && strcmp(name, "handshake") == 0)
		go_up(stream);
	else if (stream->state == STREAM_UP && (too_large || !take_pong(stream, stanza)))
		stream->events.stanza(stream->events.ctx, stanza, too_large);
	/* One read holds hundreds of requests, whose answers may be a thousand times as large. */
	if (outbox_waiting(&stream->out) > LIMIT_STREAM_OUT_HIGH)
		parser_pause(stream->parser);
}

static void on_announcement(void *ctx, const struct announcement *announcement)
{
	struct stream *stream = ctx;

	if (stream->state == STREAM_UP)
		stream->events.announcement(stream->events.ctx, announcement);
	if (outbox_waiting(&stream->out) > LIMIT_STREAM_OUT_HIGH)
		parser_pause(stream->parser);
}

static void on_expected(void *ctx, const struct announcement *list, size_t count)
{
	struct stream *stream = ctx;

	if (stream->state == STREAM_UP)
		stream->events.expected(stream->events.ctx, list, count);
}

static void on_ended(void *ctx)
{
	stream_close(ctx, "the server ended the stream");
}

static void feed(struct stream *stream)
{
	struct error error;
	size_t length = stream->input_end - stream->input_at;

	if (!parser_feed(stream->parser, stream->input + stream->input_at, length, &error))
		stream_close(stream, "cannot read the stream: %s", error.text);
	else if (stream->fd >= 0)
		stream->input_at = stream->input_end - parser_left(stream->parser);
}

/* What came before is read first. */
static void read_some(struct stream *stream)
{
	ssize_t length;

	if (has_input(stream)) {
		feed(stream);
		return;
	}
	do {
		length = read(stream->fd, stream->input, sizeof(stream->input));
	} while (length < 0 && errno == EINTR);
	if (length < 0 && errno == EAGAIN)
		return;
	if (length <= 0) {
		if (length == 0)
			stream_close(stream, "the server closed the connection");
		else
			stream_close(stream, "reading from the server: %s", strerror(errno));
		return;
	}
	pulse_life(&stream->pulse, clock_monotonic());
	stream->input_at = 0;
	stream->input_end = (size_t)length;
	feed(stream);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_some(arg);
}

/* ---- connecting ---- */

static void open_stream(struct stream *stream)
{
	const struct parser_events events = {
		.ctx = stream,
		.opened = on_opened,
		.stanza = on_stanza,
		.announcement = stream->events.announcement != NULL ? on_announcement : NULL,
		.expected = on_expected,
		.ended = on_ended,
	};

	stream->state = STREAM_OPENING;
	parser_free(stream->parser);
	stream->parser = parser_new(stream->context, &events);
	phrase_opening(&stream->scratch, stream->address);
	write_bytes(stream, stream->scratch.data, stream->scratch.length);
	set_reading(stream, true);
	loop_timer_set(stream->timer, LIMIT_HANDSHAKE_SECONDS * SECOND);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct stream *stream = arg;

	/* A slow server's pong waits behind what the sockets hold: that it took some of that is its sign of life. */
	if (stream->blocked)
		pulse_life(&stream->pulse, clock_monotonic());
	stream->blocked = false; /* the end of the turn writes */
	if (stream->state != STREAM_CONNECTING)
		return;
	int reason = dial_result(fd);
	if (reason != 0)
		stream_close(
			stream, "connecting to %s port %u: %s", stream->host, stream->port, strerror(reason));
	else
		open_stream(stream);
}

static void connect_next(struct stream *stream)
{
	struct error error;

	stream->state = STREAM_CONNECTING;
	stream->fd = dial_next(&stream->dial, stream->host, stream->port, stream->subject, &error);
	if (stream->fd < 0) {
		stream_close(stream, "%s", error.text);
		return;
	}
	dial_limit_unsent(stream->fd, LIMIT_STREAM_UNSENT);
	struct event_base *base = loop_base(stream->loop);
	stream->readable = event_new(base, stream->fd, EV_READ | EV_PERSIST, on_readable, stream);
	stream->writable = event_new(base, stream->fd, EV_WRITE, on_writable, stream);
	if (stream->readable == NULL || stream->writable == NULL)
		abort();
	event_add(stream->writable, NULL);
	loop_timer_set(stream->timer, LIMIT_CONNECT_SECONDS * SECOND);
}

static void on_timer(void *arg)
{
	struct stream *stream = arg;

	switch (stream->state) {
	case STREAM_IDLE:
		connect_next(stream);
		break;
	case STREAM_CONNECTING:
		stream_close(stream, "connecting to %s port %u: no answer", stream->host, stream->port);
		break;
	case STREAM_OPENING:
		stream_close(stream, "the server did not answer the handshake");
		break;
	case STREAM_UP:
		check_life(stream);
		break;
	case STREAM_ENDING:
		stream_close(stream, "the server did not end the stream");
		break;
	case STREAM_STOPPED:
		stream->events.ended(stream->events.ctx);
		break;
	}
}

/* ---- from outside ---- */

static void take_options(struct stream *stream, const struct stream_options *options)
{
	mem_replace(&stream->address, options->address);
	mem_replace(&stream->domain, options->domain);
	mem_replace(&stream->host, options->host);
	mem_replace(&stream->secret, options->secret);
	stream->port = options->port;
	stream->pulse.ping = options->ping != 0 ? options->ping : LIMIT_PING_SECONDS * SECOND;
	stream->pulse.pong = options->pong != 0 ? options->pong : LIMIT_PONG_SECONDS * SECOND;
	stream->pulse.soon = stream->pulse.ping < PING_SOON ? stream->pulse.ping : PING_SOON;
}

struct stream *stream_new(struct loop *loop, xmpp_ctx_t *context, const struct stream_options *options,
	const struct stream_events *events)
{
	struct stream *stream = mem_new(sizeof(*stream));

	stream->loop = loop;
	stream->context = context;
	stream->events = *events;
	stream->fd = -1;
	stream->timer = loop_timer_new(loop, on_timer, stream);
	outbox_init(&stream->out, LIMIT_STREAM_OUT_MAX);
	buf_init(&stream->scratch, LIMIT_STANZA_OUT_BYTES);
	take_options(stream, options);
	snprintf(stream->subject, sizeof(stream->subject), "xmpp %s", stream->address);
	return stream;
}

void stream_start(struct stream *stream)
{
	if (stream->state == STREAM_IDLE)
		loop_timer_set(stream->timer, 0);
}

void stream_stop(struct stream *stream, usec_t patience)
{
	static const char end[] = "</stream:stream>";

	if (stream->stopping)
		return;
	stream->stopping = true;
	if (stream->state == STREAM_UP) {
		write_bytes(stream, end, sizeof(end) - 1);
		stream->state = STREAM_ENDING;
		loop_timer_set(stream->timer, patience);
		return;
	}
	stream_close(stream, "stopped");
	stream->state = STREAM_STOPPED;
	loop_timer_set(stream->timer, 0);
}

void stream_free(struct stream *stream)
{
	if (stream == NULL)
		return;
	if (stream->state == STREAM_UP || stream->state == STREAM_ENDING)
		metrics_add(METRIC_XMPP_CONNECTED, -1);
	disconnect(stream);
	loop_timer_free(stream->timer);
	parser_free(stream->parser);
	outbox_done(&stream->out);
	buf_done(&stream->scratch);
	secret_wipe(stream->secret, strlen(stream->secret));
	free(stream->address);
	free(stream->domain);
	free(stream->host);
	free(stream->secret);
	free(stream);
}

void stream_configure(struct stream *stream, const struct stream_options *options)
{
	if (strcmp(stream->host, options->host) == 0 && strcmp(stream->secret, options->secret) == 0 &&
		stream->port == options->port)
		return;
	take_options(stream, options);
	stream->dial = (struct dial){0};
	retry_anew(&stream->retry);
	stream->hurry = true;
	stream_close(stream, "the configuration has changed");
	if (stream->state == STREAM_IDLE)
		loop_timer_set(stream->timer, 0);
	stream->hurry = false;
}
