/*
 * The inside of struct http, for src/http only.
 */
#ifndef OFFHOOK_HTTP_SERVER_H
#define OFFHOOK_HTTP_SERVER_H

#include "http/auth.h"
#include "http/conns.h"
#include "http/http.h"
#include "http/live.h"

struct http_request;

struct http {
	struct loop *loop;
	const struct config *config;
	struct http_world world;
	struct evhttp *server;
	struct conns *conns;
	struct auth *auth;
	struct live *live;
	struct replays *replays;
	struct http_request *oldest, *newest; /* held until their commit, in the order they began to wait */
	struct loop_timer *patience;          /* for the oldest of them */
	bool patience_armed;
	bool stopping;
	usec_t unknown_logged; /* monotonic; when unknown extensions were last spoken of */
	uint16_t port;
};

#endif
