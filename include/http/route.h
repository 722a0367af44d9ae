/*
 * Routes: a table per group, one row each. A new route is one row and one handler.
 */
#ifndef OFFHOOK_HTTP_ROUTE_H
#define OFFHOOK_HTTP_ROUTE_H

#include <event2/http.h>

#include "base/buf.h"
#include "http/url.h"

struct http_request;

/* A GET route answers HEAD as well. Its handler is called when all that the row says is fulfilled: the
 * token has the scope, {pbx} names a PBX that it may speak of and that has signed what it changes, the tenant's
 * engine is there, a body (of POST and PUT) is by its Content-Type what the {format} wants, else JSON. */
struct http_route {
	enum evhttp_cmd_type method;
	const char *pattern;   /* parts in braces are captures: {pbx}, {ext}, {contact}, {format} */
	unsigned scope;        /* enum scope, any of several; 0: needs no token and no engine */
	bool open_on_loopback; /* needs no token from this machine */
	void (*handle)(struct http_request *request);
};

struct http_captures {
	const char *pbx, *extension, *contact, *format; /* NULL where the pattern has none */
};

/* The groups; each table ends with a NULL pattern. */
extern const struct http_route pbx_routes[];
extern const struct http_route people_routes[];
extern const struct http_route process_routes[];

enum route_result { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_OTHER_METHOD };
/* ROUTE_OTHER_METHOD: the methods that this path has are appended to `allow`, as the header wants them. */
enum route_result http_route_find(const struct http_path *path, enum evhttp_cmd_type method,
	const struct http_route **route, struct http_captures *captures, struct buf *allow);

const char *http_method_to_text(enum evhttp_cmd_type method); /* "?" for one that no route has */

#endif
