/*
 * JSON from outside is read and checked here, before anything looks at it.
 */
#include "base/json.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"

static const struct {
	json_type type;
	const char *name;
} kinds[] = {
	[JSON_KIND_STRING] = {JSON_STRING, "a string"},
	[JSON_KIND_BOOLEAN] = {JSON_TRUE, "true or false"},
	[JSON_KIND_ARRAY] = {JSON_ARRAY, "an array"},
	[JSON_KIND_OBJECT] = {JSON_OBJECT, "an object"},
	[JSON_KIND_NUMBER] = {JSON_INTEGER, "a number"},
};

/* The position where brackets are nested too deeply, or NULL. jansson parses by recursion and has only
 * its own, far larger limit, so this comes before it. */
static const char *too_deep(const char *bytes, size_t length)
{
	size_t depth = 0;
	bool in_string = false;

	for (const char *at = bytes; at < bytes + length; at++) {
		if (in_string) {
			if (*at == '\\')
				at++;
			else if (*at == '"')
				in_string = false;
			continue;
		}
		switch (*at) {
		case '"':
			in_string = true;
			break;
		case '[':
		case '{':
			if (++depth > LIMIT_JSON_DEPTH)
				return at;
			break;
		case ']':
		case '}':
			if (depth > 0)
				depth--;
			break;
		}
	}
	return NULL;
}

static void set_too_deep(struct error *error, const char *bytes, const char *at)
{
	size_t line = 1, column = 1;
	for (; bytes < at; bytes++) {
		column++;
		if (*bytes == '\n') {
			line++;
			column = 1;
		}
	}
	error_set(error, NULL, "line %zu column %zu: nested deeper than %d levels", line, column,
		LIMIT_JSON_DEPTH);
}

json_t *json_read(const char *bytes, size_t length, struct error *error)
{
	const char *deep = too_deep(bytes, length);
	if (deep != NULL) {
		set_too_deep(error, bytes, deep);
		return NULL;
	}
	json_error_t reason;
	json_t *value = json_loadb(
		length > 0 ? bytes : "", length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &reason);
	if (value == NULL) {
		/* jansson quotes the input, perhaps half a character of it, perhaps a secret. */
		char *quote = strstr(reason.text, " near '");
		if (quote != NULL)
			*quote = '\0';
		error_set(error, NULL, "line %d column %d: %s", reason.line, reason.column, reason.text);
	}
	return value;
}

static bool set_member_error(
	struct error *error, const char *path, const char *name, const char *verb, const char *what)
{
	char field[sizeof(error->field) + 1];
	/* One byte too long is enough for error_set to see that it must cut. */
	snprintf(field, sizeof(field), "%s%s%s", path, path[0] != '\0' ? "." : "", name);
	return error_set(error, field, "%s%s", verb, what);
}

static bool check_member(
	const json_t *value, const struct json_member *member, const char *path, struct error *error)
{
	if (value == NULL || (json_is_null(value) && !member->required)) {
		if (member->required)
			return set_member_error(error, path, member->name, "is ", "missing");
		return true;
	}
	json_type type = json_is_boolean(value)  ? JSON_TRUE
			 : json_is_number(value) ? JSON_INTEGER
						 : json_typeof(value);
	if (type != kinds[member->kind].type)
		return set_member_error(error, path, member->name, "must be ", kinds[member->kind].name);
	return true;
}

static bool is_known(const struct json_member *members, const char *name)
{
	for (; members->name != NULL; members++) {
		if (strcmp(members->name, name) == 0)
			return true;
	}
	return false;
}

bool json_check(
	const json_t *object, const struct json_member *members, const char *path, struct error *error)
{
	if (!json_is_object(object))
		return error_set(error, path, "must be an object");

	/* jansson's iterator takes no const, yet changes nothing. */
	json_t *walked = (json_t *)object;
	for (void *at = json_object_iter(walked); at != NULL; at = json_object_iter_next(walked, at)) {
		const char *name = json_object_iter_key(at);
		if (!is_known(members, name))
			return set_member_error(error, path, name, "is ", "not a known member");
	}
	for (; members->name != NULL; members++) {
		if (!check_member(json_object_get(object, members->name), members, path, error))
			return false;
	}
	return true;
}

const char *json_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}
