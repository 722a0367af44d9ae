/*
 * Errors become documents here.
 */
#include "http/problem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static const struct {
	int status;
	const char *title;
} titles[] = {
	{200, "OK"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
};

const char *http_title(int status)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
		if (titles[i].status == status)
			return titles[i].title;
	}
	return "Unknown";
}

static void set_text(json_t *object, const char *name, const char *text)
{
	enum { MOST = 1000 };
	char *clean = text_clean(text, strlen(text), MOST);
	json_object_set_new(object, name, json_string(clean));
	free(clean);
}

char *problem_render(int status, const char *detail, const char *field)
{
	json_t *problem = json_object();
	json_object_set_new(problem, "type", json_string("about:blank"));
	json_object_set_new(problem, "title", json_string(http_title(status)));
	json_object_set_new(problem, "status", json_integer(status));
	set_text(problem, "detail", detail);
	if (field != NULL && field[0] != '\0') {
		set_text(problem, "field", field);
		char *end = NULL;
		unsigned long item = field[0] == '[' ? strtoul(field + 1, &end, 10) : 0;
		if (end != NULL && end > field + 1 && *end == ']')
			json_object_set_new(problem, "item", json_integer((json_int_t)item));
	}
	char *text = json_dumps(problem, JSON_COMPACT);
	json_decref(problem);
	return text != NULL ? text : mem_string("{}");
}
