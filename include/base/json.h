/*
 * jansson with our rules: strict UTF-8, duplicate members refused, depth limited, unknown members and
 * wrong types named in the error as a path ("[3].call", "calls[0].state").
 */
#ifndef OFFHOOK_BASE_JSON_H
#define OFFHOOK_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The caller owns the result. NULL with "line L column C: reason" on bad JSON, depth above
 * LIMIT_JSON_DEPTH, a NUL character in a string, or anything after the value. */
json_t *json_read(const char *bytes, size_t length, struct error *error) must_check;

/* One member of an object that may appear. Tables of these end with a NULL name. */
enum json_kind { JSON_KIND_STRING, JSON_KIND_BOOLEAN, JSON_KIND_ARRAY, JSON_KIND_OBJECT, JSON_KIND_NUMBER };
struct json_member {
	const char *name;
	enum json_kind kind;
	bool required;
};
/* Checks that `object` is an object with no members but those, each of its kind, none required
 * missing; null counts as absent when not required. `path` is prefixed to the error's field. */
bool json_check(const json_t *object, const struct json_member *members, const char *path,
	struct error *error) must_check;
/* The string of a member, or NULL when absent or null; it belongs to the object. */
const char *json_text(const json_t *object, const char *name);

#endif
