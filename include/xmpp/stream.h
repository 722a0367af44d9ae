/*
 * The stream to the XMPP server: XEP-0114 over one TCP connection, which is made again whenever it is lost.
 *
 * Output is collected and written once a turn (stream_flush). While more than LIMIT_STREAM_OUT_HIGH bytes
 * wait nothing is read, not even the next stanza of what has come, so that answers cannot pile up. The server is pinged (XEP-0199) every LIMIT_PING_SECONDS; when it gives no sign of life
 * for LIMIT_PONG_SECONDS after a ping, the connection is given up. A pong also proves that the server
 * has taken everything that was sent before the ping: see stream_mark.
 *
 * When it is made again, and what is logged of it: xmpp/retry.h.
 */
#ifndef OFFHOOK_XMPP_STREAM_H
#define OFFHOOK_XMPP_STREAM_H

#include <strophe.h>

#include "base/error.h"
#include "base/loop.h"
#include "xmpp/announcement.h"

struct stream_options {
	const char *address; /* the component's own: presence.example.org */
	const char *domain;  /* of the tenant: who is pinged */
	const char *host;    /* name or IP address of the server */
	uint16_t port;
	const char *secret;
	usec_t ping, pong; /* 0: as in limits.h */
};

/* Called from the loop. They may call anything but stream_free, which only `ended` may. */
struct stream_events {
	void *ctx;
	void (*up)(void *ctx);   /* the handshake was accepted */
	void (*down)(void *ctx); /* after `up`: the connection is gone, what waited is lost */
	/* Borrowed. Of one that was too large only the outermost element is there. */
	void (*stanza)(void *ctx, xmpp_stanza_t *stanza, bool too_large);
	void (*announcement)(void *ctx, const struct announcement *announcement);   /* see parser.h */
	void (*expected)(void *ctx, const struct announcement *list, size_t count); /* see parser.h */
	void (*acknowledged)(void *ctx, uint32_t mark);
	void (*ended)(void *ctx); /* after stream_stop */
};

struct stream;

/* Loop and context are borrowed, strings copied. */
struct stream *stream_new(struct loop *loop, xmpp_ctx_t *context, const struct stream_options *options,
	const struct stream_events *events);
void stream_start(struct stream *stream);
/* Writes what waits, ends the stream, calls `ended`; at most `patience`. */
void stream_stop(struct stream *stream, usec_t patience);
void stream_free(struct stream *stream); /* closes at once, calls nobody; NULL is allowed */
/* A new server or secret; reconnects when they differ. */
void stream_configure(struct stream *stream, const struct stream_options *options);
/* The one way a connection ends: logs the reason, tells `down`, plans the next attempt. */
void stream_close(struct stream *stream, const char *reason, ...) printf_like(2, 3);

bool stream_is_up(const struct stream *stream);
/* How many bytes fit below LIMIT_STREAM_OUT_LOW; 0 when it is not up. */
size_t stream_room(const struct stream *stream);
/* Adds bytes of a stanza, which its maker cleaned (buf_add_xml). Lost when the stream is not up. */
void stream_write(struct stream *stream, const void *bytes, size_t length);
/* The same for a stanza that its maker writes there now, before anything else; NULL: it would be lost. */
char *stream_reserve(struct stream *stream, size_t length);
/* False, and nothing sent, when it is larger than LIMIT_STANZA_OUT_BYTES. */
bool stream_send(struct stream *stream, xmpp_stanza_t *stanza) must_check;
/* The end of the turn: one write; frees what is dead. */
void stream_flush(struct stream *stream);
/* A mark on what was written so far: `acknowledged` with this or a later mark says that the server has
 * taken it. Makes a ping go out soon. */
uint32_t stream_mark(struct stream *stream);

#endif
