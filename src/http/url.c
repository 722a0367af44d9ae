/*
 * Paths and queries are taken apart here.
 */
#include "http/url.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes into `out`, which has room for length + 1 bytes. */
static bool decode(const char *text, size_t length, bool plus_is_space, char *out)
{
	size_t used = 0;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if (c == '%') {
			int high = length - i > 2 ? hex_digit(text[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
			if (low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		if (c == '\0')
			return false;
		out[used++] = c;
	}
	out[used] = '\0';
	return text_valid(out);
}

enum path_result path_split(const char *raw, struct http_path *path)
{
	path->count = 0;
	if (raw == NULL || raw[0] != '/')
		return PATH_STRANGE;
	if (strlen(raw) > LIMIT_HTTP_PATH)
		return PATH_TOO_LONG;

	char *out = path->bytes;
	bool strange = false;
	while (*raw == '/') {
		raw++;
		size_t length = strcspn(raw, "/");
		if (!decode(raw, length, false, out))
			return PATH_BAD;
		if (path->count == PATH_PARTS)
			strange = true;
		else
			path->parts[path->count++] = out;
		out += strlen(out) + 1;
		raw += length;
	}
	return strange ? PATH_STRANGE : PATH_OK;
}

static struct query_parameter *find(struct query_parameter *parameters, const char *name)
{
	for (; parameters->name != NULL; parameters++) {
		if (strcmp(parameters->name, name) == 0)
			return parameters;
	}
	return NULL;
}

static bool parse_pair(
	const char *pair, size_t length, struct query_parameter *parameters, struct error *error)
{
	const char *equals = memchr(pair, '=', length);
	size_t name_length = equals != NULL ? (size_t)(equals - pair) : length;
	size_t value_length = equals != NULL ? length - name_length - 1 : 0;
	char name[LIMIT_HTTP_PATH + 1], value[LIMIT_HTTP_PATH + 1];

	if (!decode(pair, name_length, true, name) ||
		!decode(pair + length - value_length, value_length, true, value))
		return error_set(error, NULL, "the query has a bad escape or is not UTF-8");
	struct query_parameter *parameter = find(parameters, name);
	if (parameter == NULL)
		return error_set(error, name, "is not a known parameter");
	if (parameter->value != NULL)
		return error_set(error, name, "is given twice");
	parameter->value = mem_string(value);
	return true;
}

bool query_parse(const char *raw, struct query_parameter *parameters, struct error *error)
{
	for (struct query_parameter *at = parameters; at->name != NULL; at++)
		at->value = NULL;
	if (raw == NULL)
		return true;
	if (strlen(raw) > LIMIT_HTTP_PATH)
		return error_set(error, NULL, "the query is longer than %d bytes", LIMIT_HTTP_PATH);
	while (*raw != '\0') {
		size_t length = strcspn(raw, "&");
		if (length > 0 && !parse_pair(raw, length, parameters, error))
			return false;
		raw += length;
		raw += *raw == '&';
	}
	return true;
}

void query_done(struct query_parameter *parameters)
{
	for (; parameters->name != NULL; parameters++) {
		free(parameters->value);
		parameters->value = NULL;
	}
}
