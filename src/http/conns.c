/*
 * Connections are counted, timed and let go here.
 */
#include "http/conns.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"

struct conns {
	struct loop *loop;
	struct evconnlistener *listener;
	SSL_CTX *tls; /* NULL: without */
	struct loop_timer *timer;
	struct map by_bufferevent;
	struct conn *answered; /* in this turn, to be written at its end */
	struct conn *closed;   /* to be reaped at the end of the turn */
	size_t most;
	size_t received; /* of all connections */
	bool stopped;
};

static bool is_full(const struct conns *conns)
{
	return conns->by_bufferevent.count >= conns->most;
}

static void conn_enter(struct conn *conn, enum conn_phase phase)
{
	conn->phase = phase;
	conn->since = clock_monotonic();
}

static void forget_received(struct conn *conn)
{
	conn->conns->received -= conn->received;
	conn->received = 0;
}

/* evhttp holds no more of a request than it may be long, and throws away what comes after it. */
static void add_received(struct conn *conn, size_t bytes)
{
	size_t room = CONN_RECEIVED_MOST - conn->received;
	if (bytes > room)
		bytes = room;
	conn->received += bytes;
	conn->conns->received += bytes;
}

/* Shuts the socket only: evhttp then sees its end and takes the connection down in its own way. */
void conn_cut(struct conn *conn)
{
	shutdown(bufferevent_getfd(conn->bufferevent), SHUT_RDWR);
	conn->cut = true;
	forget_received(conn);
}

/* The connection that holds most, `than` unless another holds more. */
static struct conn *largest(struct conn *than)
{
	struct conn *conn;
	size_t at = 0;
	while ((conn = map_next(&than->conns->by_bufferevent, &at)) != NULL) {
		if (conn->received > than->received)
			than = conn;
	}
	return than;
}

static void count_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	(void)buffer;
	struct conn *conn = arg;
	if (info->n_added == 0 || conn->cut)
		return;
	if (conn->phase == CONN_NEW || conn->phase == CONN_IDLE)
		conn_enter(conn, CONN_READING);
	add_received(conn, info->n_added);
	if (conn->phase != CONN_READING && conn->received > LIMIT_HTTP_BODY)
		conn_cut(conn);
	else if (conn->conns->received > LIMIT_HTTP_RECEIVING)
		conn_cut(largest(conn));
}

/* With TLS libevent writes at once, and would tell of a failure from inside evhttp's own call: deferred. */
static struct bufferevent *new_bufferevent(struct conns *conns, struct event_base *base)
{
	if (conns->tls == NULL)
		return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	SSL *ssl = SSL_new(conns->tls);
	struct bufferevent *bufferevent =
		ssl == NULL ? NULL
			    : bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
				      BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	/* Most clients just close; as every message tells its length, nothing can be cut off unseen. */
	if (bufferevent != NULL)
		bufferevent_openssl_set_allow_dirty_shutdown(bufferevent, 1);
	return bufferevent;
}

/* evhttp asks for the bufferevent of a connection that it has accepted. Our own reference keeps it, and
 * the descriptor in it, until we have seen that evhttp freed it. */
static struct bufferevent *conn_new(struct event_base *base, void *arg)
{
	struct conns *conns = arg;
	struct bufferevent *bufferevent = new_bufferevent(conns, base);
	if (bufferevent == NULL) {
		log_error("http", "out of memory");
		abort();
	}
	struct conn *conn = mem_new(sizeof(*conn));
	conn->conns = conns;
	conn->bufferevent = bufferevent;
	conn_enter(conn, CONN_NEW);
	bufferevent_incref(bufferevent);
	evbuffer_add_cb(bufferevent_get_input(bufferevent), count_input, conn);
	snprintf(conn->key, sizeof(conn->key), "%p", (void *)bufferevent);
	map_put(&conns->by_bufferevent, conn->key, conn);
	metrics_set(METRIC_HTTP_CONNECTIONS, (int64_t)conns->by_bufferevent.count);
	if (is_full(conns))
		evconnlistener_disable(conns->listener);
	return bufferevent;
}

static SSL *tls_of(const struct conn *conn)
{
	return bufferevent_openssl_get_ssl(conn->bufferevent);
}

/* There is something to read. The first time it may be the request itself, which evhttp has just read. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct conn *conn = arg;
	if ((bufferevent_get_enabled(conn->bufferevent) & EV_READ) == 0 && conn->unread++ > 0)
		event_del(conn->readable);
}

/* evhttp stops to read while a request is with us. That would make two calls of epoll_ctl for each request, were
 * there not an event of our own for the same descriptor, which goes only when bytes come that nobody reads. */
static void keep_readable(struct conn *conn)
{
	conn->unread = 0;
	if (conn->readable == NULL && tls_of(conn) == NULL)
		conn->readable = event_new(loop_base(conn->conns->loop), bufferevent_getfd(conn->bufferevent),
			EV_READ | EV_PERSIST, on_readable, conn);
	if (conn->readable != NULL)
		(void)event_add(conn->readable, NULL); /* without it there are those calls */
}

static void conn_free(struct conn *conn)
{
	struct conns *conns = conn->conns;
	forget_received(conn);
	map_remove(&conns->by_bufferevent, conn->key);
	metrics_set(METRIC_HTTP_CONNECTIONS, (int64_t)conns->by_bufferevent.count);
	evbuffer_remove_cb(bufferevent_get_input(conn->bufferevent), count_input, conn);
	if (conn->readable != NULL)
		event_free(conn->readable);
	bufferevent_decref(conn->bufferevent);
	free(conn);
}

static void resume_listening(struct conns *conns)
{
	if (!conns->stopped && !is_full(conns))
		evconnlistener_enable(conns->listener);
}

static bool is_owned(const struct conn *conn)
{
	return conn->phase == CONN_ASKED || conn->phase == CONN_STREAMING || conn->phase == CONN_PUSHING;
}

/* evhttp is about to free the connection; its bufferevent is still in use until the turn is over. */
static void on_close(struct evhttp_connection *connection, void *arg)
{
	(void)connection;
	struct conn *conn = arg;
	if (is_owned(conn))
		conn->gone(conn->owner);
	conn_enter(conn, CONN_IDLE);
	conn->closed = true;
	conn->next = conn->conns->closed;
	conn->conns->closed = conn;
}

/* evhttp keeps the front of the buffer to itself, as libevent alone is to write what is there. */
static bool write_output(struct conn *conn)
{
	struct evbuffer *output = bufferevent_get_output(conn->bufferevent);
	evbuffer_unfreeze(output, 1);
	(void)evbuffer_write(output, bufferevent_getfd(conn->bufferevent)); /* libevent will see why not */
	evbuffer_freeze(output, 1);
	return evbuffer_get_length(output) == 0;
}

/* libevent would write only when it was told, in the next turn, that the socket takes bytes. What it does not
 * take now is still written so. */
static void write_answers(struct conns *conns)
{
	struct conn *conn;
	while ((conn = conns->answered) != NULL) {
		conns->answered = conn->next_answered;
		conn->is_answered = false;
		if (!conn->closed && conn->phase == CONN_WRITING && tls_of(conn) == NULL &&
			write_output(conn))
			bufferevent_trigger(conn->bufferevent, EV_WRITE, 0);
	}
}

static void reap(struct conns *conns)
{
	struct conn *conn;
	while ((conn = conns->closed) != NULL) {
		bool was_full = is_full(conns);
		conns->closed = conn->next;
		conn_free(conn);
		if (was_full)
			resume_listening(conns);
	}
}

static void on_turn(void *arg)
{
	struct conns *conns = arg;
	write_answers(conns);
	reap(conns);
}

/* evhttp frees a connection on which no request was ever complete without telling us. */
static bool is_freed(const struct conn *conn)
{
	bufferevent_data_cb on_read, on_write;
	bufferevent_event_cb on_event;
	void *arg;
	bufferevent_getcb(conn->bufferevent, &on_read, &on_write, &on_event, &arg);
	return on_read == NULL && on_write == NULL && on_event == NULL;
}

static usec_t patience(const struct conn *conn)
{
	switch (conn->phase) {
	case CONN_NEW:
	case CONN_READING:
		return LIMIT_HTTP_REQUEST_SECONDS * SECOND;
	case CONN_IDLE:
		return (is_full(conn->conns) ? 1 : LIMIT_HTTP_IDLE_SECONDS) * SECOND;
	case CONN_WRITING:
	case CONN_PUSHING:
		return LIMIT_HTTP_IDLE_SECONDS * SECOND;
	case CONN_ASKED:
	case CONN_STREAMING:
		break;
	}
	return INT64_MAX;
}

void conns_sweep(struct conns *conns, usec_t now)
{
	struct conn *conn;
	size_t at = 0;
	while ((conn = map_next(&conns->by_bufferevent, &at)) != NULL) {
		if (conn->closed)
			continue;
		if (is_freed(conn))
			conn_free(conn);
		else if (!conn->cut && now - conn->since > patience(conn))
			conn_cut(conn);
	}
	resume_listening(conns);
}

static void on_timer(void *arg)
{
	struct conns *conns = arg;
	conns_sweep(conns, clock_monotonic());
	loop_timer_set(conns->timer, SECOND);
}

/* Out of descriptors: without a pause the loop would spin on a connection that nobody can accept. The next
 * sweep tries again. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	(void)arg; /* evhttp's, not ours */
	log_warn("http", "cannot accept a connection: %s", strerror(errno));
	evconnlistener_disable(listener);
}

struct conns *conns_new(
	struct loop *loop, struct evhttp *server, struct evhttp_bound_socket *socket, size_t most)
{
	struct conns *conns = mem_new(sizeof(*conns));
	conns->loop = loop;
	conns->most = most;
	conns->listener = evhttp_bound_socket_get_listener(socket);
	map_init(&conns->by_bufferevent);
	evconnlistener_set_error_cb(conns->listener, on_accept_error);
	evhttp_set_bevcb(server, conn_new, conns);
	conns->timer = loop_timer_new(loop, on_timer, conns);
	loop_timer_set(conns->timer, SECOND);
	/* What was committed in this turn is answered in it. */
	loop_add_last_step(loop, on_turn, conns);
	return conns;
}

void conns_free(struct conns *conns)
{
	if (conns == NULL)
		return;
	reap(conns);
	struct conn *conn;
	size_t at = 0;
	while ((conn = map_next(&conns->by_bufferevent, &at)) != NULL)
		conn_free(conn);
	map_done(&conns->by_bufferevent);
	SSL_CTX_free(conns->tls);
	loop_remove_step(conns->loop, on_turn, conns);
	loop_timer_free(conns->timer);
	free(conns);
}

void conns_set_most(struct conns *conns, size_t most)
{
	conns->most = most;
	if (is_full(conns))
		evconnlistener_disable(conns->listener);
	else
		resume_listening(conns);
}

size_t conns_most(const struct conns *conns)
{
	return conns->most;
}

void conns_set_tls(struct conns *conns, struct ssl_ctx_st *tls)
{
	if (tls != NULL)
		SSL_CTX_up_ref(tls);
	SSL_CTX_free(conns->tls);
	conns->tls = tls;
}

void conns_stop(struct conns *conns)
{
	conns->stopped = true;
	evconnlistener_disable(conns->listener);
}

/* evhttp ends the process when it is told of bytes while a request is with us. It only stops reading, and a
 * callback that is deferred may still come; once it answers, it sets the callbacks anew. */
static void stop_telling(struct bufferevent *bufferevent)
{
	bufferevent_data_cb on_read, on_write;
	bufferevent_event_cb on_event;
	void *arg;
	bufferevent_getcb(bufferevent, &on_read, &on_write, &on_event, &arg);
	bufferevent_setcb(bufferevent, NULL, on_write, on_event, arg);
}

struct conn *conns_asked(
	struct conns *conns, struct evhttp_request *request, void (*gone)(void *owner), void *owner)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request);
	char key[sizeof(((struct conn *)NULL)->key)];
	snprintf(key, sizeof(key), "%p", (void *)evhttp_connection_get_bufferevent(connection));
	struct conn *conn = map_get(&conns->by_bufferevent, key);
	evhttp_connection_set_closecb(connection, on_close, conn);
	stop_telling(conn->bufferevent);
	keep_readable(conn);
	conn_enter(conn, CONN_ASKED);
	conn->gone = gone;
	conn->owner = owner;
	return conn;
}

static void on_answered(struct evhttp_request *request, void *arg)
{
	(void)request;
	struct conn *conn = arg;
	size_t waiting = evbuffer_get_length(bufferevent_get_input(conn->bufferevent));
	forget_received(conn);
	add_received(conn, waiting);
	conn_enter(conn, waiting > 0 ? CONN_READING : CONN_IDLE);
}

void conn_answering(struct conn *conn, struct evhttp_request *request)
{
	conn_enter(conn, CONN_WRITING);
	forget_received(conn);
	evhttp_request_set_on_complete_cb(request, on_answered, conn);
	if (conn->is_answered)
		return;
	conn->is_answered = true;
	conn->next_answered = conn->conns->answered;
	conn->conns->answered = conn;
}

void conn_streaming(struct conn *conn, void (*gone)(void *owner), void *owner)
{
	conn_enter(conn, CONN_STREAMING);
	forget_received(conn);
	conn->gone = gone;
	conn->owner = owner;
}

void conn_pushing(struct conn *conn, bool pushing)
{
	conn_enter(conn, pushing ? CONN_PUSHING : CONN_STREAMING);
}

/* Past the bufferevent, which is not asked any more. */
static bool write_tls(struct conn *conn)
{
	struct evbuffer *output = bufferevent_get_output(conn->bufferevent);
	size_t length = evbuffer_get_length(output);
	char *bytes = mem_new(length);
	ev_ssize_t copied = evbuffer_copyout(output, bytes, length);
	bool written = copied > 0 && SSL_write(tls_of(conn), bytes, (int)copied) > 0;
	free(bytes);
	return written;
}

void conns_flush(struct conns *conns)
{
	struct conn *conn;
	size_t at = 0;
	while ((conn = map_next(&conns->by_bufferevent, &at)) != NULL) {
		if (conn->phase != CONN_WRITING ||
			evbuffer_get_length(bufferevent_get_output(conn->bufferevent)) == 0)
			continue;
		if (!(tls_of(conn) != NULL ? write_tls(conn) : write_output(conn)))
			log_debug("http", "a client did not take its last answer");
	}
}
