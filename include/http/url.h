/*
 * Paths and queries of requests, decoded strictly (RFC 3986 section 2.1): a bad escape, %00, a control
 * character or bytes that are not UTF-8 make the whole thing bad, so that no two spellings of an
 * identifier reach different parts of the program.
 */
#ifndef OFFHOOK_HTTP_URL_H
#define OFFHOOK_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/limits.h"

enum { PATH_PARTS = 8 };

/* The parts of a path: "/v1/people/bob%40x" is "v1", "people", "bob@x". They point into `bytes`. */
struct http_path {
	const char *parts[PATH_PARTS];
	size_t count;
	char bytes[LIMIT_HTTP_PATH + 1];
};

enum path_result {
	PATH_OK,
	PATH_BAD,      /* 400 */
	PATH_STRANGE,  /* 404: no leading slash, or more parts than any route has */
	PATH_TOO_LONG, /* 414 */
};
enum path_result path_split(const char *raw, struct http_path *path);

/* One parameter that a query may have, once. `value` is NULL when absent and belongs to the caller. */
struct query_parameter {
	const char *name;
	char *value;
};
/* `raw` is the part after '?', or NULL. The parameters end with a NULL name and are filled in; an unknown
 * or repeated one is an error. On false too the values are the caller's. */
bool query_parse(const char *raw, struct query_parameter *parameters, struct error *error) must_check;
void query_done(struct query_parameter *parameters);

#endif
