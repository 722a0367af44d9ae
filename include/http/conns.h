/*
 * Connections of the HTTP server: their number, their age, and the bytes they make us hold.
 *
 * evhttp knows only inactivity, so a client that sends a byte a second would keep its connection for
 * ever. Here every bufferevent that evhttp gets is also ours: a connection that needs longer than
 * LIMIT_HTTP_REQUEST_SECONDS from the first byte of a request to the last (or from connecting to the
 * first byte) is shut down, and so is one that is idle, or takes its answer, for longer than
 * LIMIT_HTTP_IDLE_SECONDS. At `most` connections the listener pauses and idle ones are let go. When
 * all unanswered requests together reach LIMIT_HTTP_RECEIVING bytes, the largest goes.
 *
 * Answers are written at the end of the turn that gave them (docs/decisions/0012).
 *
 * An answer that is a stream may last; but each piece of it has to be taken within LIMIT_HTTP_IDLE_SECONDS.
 */
#ifndef OFFHOOK_HTTP_CONNS_H
#define OFFHOOK_HTTP_CONNS_H

#include <event2/http.h>

#include "base/limits.h"
#include "base/loop.h"
#include "base/map.h"

struct ssl_ctx_st;

enum conn_phase {
	CONN_NEW,       /* connected, nothing sent yet */
	CONN_READING,   /* a request has begun to come */
	CONN_ASKED,     /* a whole request is with us */
	CONN_WRITING,   /* the answer is on its way */
	CONN_IDLE,      /* kept alive */
	CONN_STREAMING, /* the answer is a stream, with nothing on its way */
	CONN_PUSHING,   /* a piece of the stream is on its way */
};

/* What evhttp is allowed to take of one request: more than we accept, so that somewhat too large ones reach
 * a route and get a proper answer; beyond it, evhttp answers by itself and closes. */
enum {
	CONN_BODY_MOST = 2 * LIMIT_HTTP_BODY,
	CONN_HEADERS_MOST = 4 * LIMIT_HTTP_HEADERS,
	CONN_RECEIVED_MOST = CONN_BODY_MOST + CONN_HEADERS_MOST,
};

struct conns;

struct conn {
	char key[24]; /* the bufferevent, as text, for the map */
	struct conns *conns;
	struct bufferevent *bufferevent;
	enum conn_phase phase;
	usec_t since;              /* monotonic; when the phase began */
	size_t received;           /* bytes held for the request that is not yet answered */
	void (*gone)(void *owner); /* called once, if the connection ends while it is asked or streams */
	void *owner;
	struct event *readable; /* NULL with TLS, and before the first request */
	unsigned unread;        /* how often there was something to read while evhttp did not */
	bool cut;               /* shut down by us; evhttp has yet to see it */
	bool closed;            /* freed by evhttp */
	struct conn *next;      /* among those to be reaped */
	bool is_answered;       /* in this turn */
	struct conn *next_answered;
};

/* Takes over the listening of `server`, which is to be bound already and lives at least as long. */
struct conns *conns_new(
	struct loop *loop, struct evhttp *server, struct evhttp_bound_socket *socket, size_t most);
/* After evhttp_free of the server. */
void conns_free(struct conns *conns);
void conns_set_most(struct conns *conns, size_t most);
size_t conns_most(const struct conns *conns);
void conns_stop(struct conns *conns); /* no new ones */
/* New connections speak TLS, or (NULL) do not. Keeps a reference of its own. */
void conns_set_tls(struct conns *conns, struct ssl_ctx_st *tls);

/* The whole of a request has come: its connection, now CONN_ASKED. */
struct conn *conns_asked(
	struct conns *conns, struct evhttp_request *request, void (*gone)(void *owner), void *owner);
/* Its answer is about to be given to evhttp. */
void conn_answering(struct conn *conn, struct evhttp_request *request);
/* The answer is a stream from now on, until conn_answering (for its last words) or `gone`. */
void conn_streaming(struct conn *conn, void (*gone)(void *owner), void *owner);
/* A piece of the stream is given to evhttp, or was taken. */
void conn_pushing(struct conn *conn, bool pushing);
/* Ends it without further words; `gone` is called later. */
void conn_cut(struct conn *conn);
/* Writes what their sockets take at once of the answers still waiting: the last words before evhttp_free. */
void conns_flush(struct conns *conns);

/* What happens once a second, as seen at `now` (monotonic). For tests, which cannot wait. */
void conns_sweep(struct conns *conns, usec_t now);

#endif
