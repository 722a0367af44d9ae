/*
 * Requests find their routes here.
 */
#include "http/route.h"

#include <string.h>

static const struct http_route *const groups[] = {pbx_routes, people_routes, process_routes, NULL};

static const struct {
	enum evhttp_cmd_type method;
	const char *name;
} methods[] = {
	{EVHTTP_REQ_GET, "GET"},
	{EVHTTP_REQ_HEAD, "HEAD"},
	{EVHTTP_REQ_POST, "POST"},
	{EVHTTP_REQ_PUT, "PUT"},
	{EVHTTP_REQ_DELETE, "DELETE"},
};

const char *http_method_to_text(enum evhttp_cmd_type method)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (methods[i].method == method)
			return methods[i].name;
	}
	return "?";
}

static bool is(const char *text, size_t length, const char *other)
{
	return strlen(other) == length && memcmp(text, other, length) == 0;
}

static void capture(const char *name, size_t length, const char *value, struct http_captures *captures)
{
	if (is(name, length, "{pbx}"))
		captures->pbx = value;
	else if (is(name, length, "{ext}"))
		captures->extension = value;
	else if (is(name, length, "{format}"))
		captures->format = value;
	else
		captures->contact = value;
}

static bool matches(const char *pattern, const struct http_path *path, struct http_captures *captures)
{
	*captures = (struct http_captures){0};
	for (size_t i = 0; i < path->count; i++) {
		if (*pattern != '/')
			return false;
		pattern++;
		size_t length = strcspn(pattern, "/");
		if (*pattern == '{')
			capture(pattern, length, path->parts[i], captures);
		else if (!is(pattern, length, path->parts[i]))
			return false;
		pattern += length;
	}
	return *pattern == '\0';
}

static bool answers(const struct http_route *route, enum evhttp_cmd_type method)
{
	return route->method == method || (route->method == EVHTTP_REQ_GET && method == EVHTTP_REQ_HEAD);
}

static void list_methods(unsigned allowed, struct buf *allow)
{
	if (allowed & EVHTTP_REQ_GET)
		allowed |= EVHTTP_REQ_HEAD;
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if ((allowed & methods[i].method) == 0)
			continue;
		if (allow->length > 0)
			buf_add_text(allow, ", ");
		buf_add_text(allow, methods[i].name);
	}
}

enum route_result http_route_find(const struct http_path *path, enum evhttp_cmd_type method,
	const struct http_route **route, struct http_captures *captures, struct buf *allow)
{
	unsigned allowed = 0;
	for (size_t i = 0; groups[i] != NULL; i++) {
		for (const struct http_route *at = groups[i]; at->pattern != NULL; at++) {
			if (!matches(at->pattern, path, captures))
				continue;
			if (answers(at, method)) {
				*route = at;
				return ROUTE_FOUND;
			}
			allowed |= at->method;
		}
	}
	list_methods(allowed, allow);
	return allowed != 0 ? ROUTE_OTHER_METHOD : ROUTE_UNKNOWN;
}
