/*
 * Whatever is asked for: path and query are taken apart within their limits, and routes found or not.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/problem.h"
#include "http/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_path(const char *raw, enum evhttp_cmd_type method)
{
	struct http_path path;
	if (path_split(raw, &path) != PATH_OK)
		return;
	for (size_t i = 0; i < path.count; i++)
		check(text_valid(path.parts[i]) && strlen(path.parts[i]) <= strlen(raw));

	const struct http_route *route = NULL;
	struct http_captures captures;
	struct buf allow;
	enum { ALLOW_MOST = 64 };
	buf_init(&allow, ALLOW_MOST);
	enum route_result result = http_route_find(&path, method, &route, &captures, &allow);
	check((result == ROUTE_FOUND) == (route != NULL));
	check((result == ROUTE_OTHER_METHOD) == (allow.length > 0) && !allow.overflow);
	if (result == ROUTE_FOUND) {
		check((strstr(route->pattern, "{pbx}") != NULL) == (captures.pbx != NULL));
		check((strstr(route->pattern, "{ext}") != NULL) == (captures.extension != NULL));
		check((strstr(route->pattern, "{contact}") != NULL) == (captures.contact != NULL));
	}
	buf_done(&allow);
}

static void check_query(const char *raw)
{
	struct query_parameter query[] = {{"q", NULL}, {"limit", NULL}, {"cursor", NULL}, {NULL, NULL}};
	struct error error = {0};
	if (query_parse(raw, query, &error)) {
		for (size_t i = 0; query[i].name != NULL; i++)
			check(query[i].value == NULL || text_valid(query[i].value));
	} else {
		char *problem = problem_render(400, error.text, error.field);
		check(problem[0] == '{' && text_valid(problem));
		free(problem);
	}
	query_done(query);
}

/* The first byte chooses the method; the rest is a path, and a query after '?'. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	char *text = malloc(size);
	check(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	char *query = strchr(text, '?');
	if (query != NULL)
		*query++ = '\0';
	check_path(text, (enum evhttp_cmd_type)(1 << data[0] % 9));
	check_query(query);
	free(text);
	return 0;
}
