/*
 * People and their statuses, for boards, scripts and integrations.
 */
#include <stdlib.h>
#include <string.h>

#include "base/jid.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/choice.h"
#include "http/render.h"
#include "http/request.h"
#include "http/server.h"

/* The person in the path, in any spelling of the address; else answers. */
static struct person *find_person(struct http_request *request)
{
	char contact[1024];
	struct person *person = NULL;
	if (jid_parse_contact(request->captures.contact, contact, NULL))
		person = engine_person(request->engine, contact);
	if (person == NULL)
		request_refuse(request, 404, NULL, "there is no such person");
	return person;
}

static void get_presence(struct http_request *request)
{
	const struct person *person = find_person(request);
	if (person != NULL)
		request_answer(request, render_person(request->engine, person));
}

static void put_status(struct http_request *request)
{
	struct person *person = find_person(request);
	if (person != NULL)
		choice_put(request, person, SOURCE_API);
}

static void delete_status(struct http_request *request)
{
	struct person *person = find_person(request);
	if (person != NULL)
		choice_delete(request, person, SOURCE_API);
}

static void put_message(struct http_request *request)
{
	struct person *person = find_person(request);
	if (person != NULL)
		message_put(request, person);
}

static bool parse_limit(const char *text, size_t *limit, struct error *error)
{
	long long number = LIMIT_PAGE;
	if (text != NULL && !text_number(text, 1, LIMIT_PAGE, &number))
		return error_set(error, "limit", "must be a number from 1 to %d", LIMIT_PAGE);
	*limit = (size_t)number;
	return true;
}

static void answer_page(struct http_request *request, json_t *items, const char *next)
{
	json_t *page = json_object();
	json_object_set_new(page, "items", items);
	json_object_set_new(page, "next", next != NULL ? json_string(next) : json_null());
	request_answer(request, page);
}

/* The cursor of people is the contact after which the page begins; nothing else is one. */
static bool check_cursor(const char *cursor, struct error *error)
{
	char contact[1024];
	if (cursor == NULL || (jid_parse_contact(cursor, contact, NULL) && strcmp(cursor, contact) == 0))
		return true;
	return error_set(error, "cursor", "is not of this list");
}

enum { PEOPLE_STATUS, PEOPLE_Q, PEOPLE_LIMIT, PEOPLE_CURSOR, PEOPLE_PARAMETERS };

struct people_filter {
	const char *status; /* NULL: any */
	char *folded;       /* NULL: any */
	const char *number; /* the same text as it was given, for extensions */
};

static bool fold_contains(const char *text, const char *folded)
{
	char *own = text_fold(text);
	bool found = own != NULL && strstr(own, folded) != NULL;
	free(own);
	return found;
}

static bool is_wanted(
	const struct engine *engine, const struct person *person, const struct people_filter *filter)
{
	if (filter->status != NULL && strcmp(filter->status, render_status_id(engine, person)) != 0)
		return false;
	if (filter->folded == NULL || strstr(person->contact, filter->folded) != NULL ||
		fold_contains(person->name, filter->folded))
		return true;
	for (size_t i = 0; i < person->extension_count; i++) {
		if (strstr(person->extensions[i]->number, filter->number) != NULL)
			return true;
	}
	return false;
}

/* One page after `cursor`. With a filter only so many people are looked at, so that no search holds the
 * program up: such a page may have fewer items than asked for, and still a next one. */
static void list_people(
	struct http_request *request, const struct people_filter *filter, size_t limit, const char *cursor)
{
	bool filtered = filter->status != NULL || filter->folded != NULL;
	size_t most = filtered ? LIMIT_PEOPLE_SCAN : limit + 1;
	struct person **people = mem_new(most * sizeof(struct person *));
	size_t count = engine_people(request->engine, cursor, people, most);

	json_t *items = json_array();
	size_t at = 0;
	for (; at < count && json_array_size(items) < limit; at++) {
		if (is_wanted(request->engine, people[at], filter))
			json_array_append_new(items, render_person(request->engine, people[at]));
	}
	bool more = at < count || count == most;
	answer_page(request, items, more ? people[at - 1]->contact : NULL);
	free(people);
}

static void get_people(struct http_request *request)
{
	struct query_parameter query[] = {[PEOPLE_STATUS] = {"status", NULL},
		[PEOPLE_Q] = {"q", NULL},
		[PEOPLE_LIMIT] = {"limit", NULL},
		[PEOPLE_CURSOR] = {"cursor", NULL},
		[PEOPLE_PARAMETERS] = {NULL, NULL}};
	struct error error = {0};
	struct people_filter filter = {0};
	size_t limit = 0;

	if (query_parse(request->query, query, &error) &&
		parse_limit(query[PEOPLE_LIMIT].value, &limit, &error) &&
		check_cursor(query[PEOPLE_CURSOR].value, &error)) {
		const char *q = query[PEOPLE_Q].value, *status = query[PEOPLE_STATUS].value;
		filter.status = status != NULL && status[0] != '\0' ? status : NULL;
		filter.folded = q != NULL && q[0] != '\0' ? text_fold(q) : NULL;
		filter.number = q;
		list_people(request, &filter, limit, query[PEOPLE_CURSOR].value);
		free(filter.folded);
	} else {
		request_refuse(request, 400, error.field, "%s", error.text);
	}
	query_done(query);
}

enum { STATUSES_LIMIT, STATUSES_CURSOR, STATUSES_PARAMETERS };

/* Where the page after the status `cursor` begins; false when there is no such status in the list. */
static bool find_start(
	const struct catalogue *catalogue, const char *cursor, size_t *start, struct error *error)
{
	*start = 0;
	if (cursor == NULL)
		return true;
	while (*start < catalogue->count) {
		if (strcmp(catalogue->ordered[(*start)++]->id, cursor) == 0)
			return true;
	}
	return error_set(error, "cursor", "is not of this list");
}

static void list_statuses(struct http_request *request, size_t start, size_t limit)
{
	const struct catalogue *catalogue = &request->engine->catalogue;
	json_t *items = json_array();
	const char *last = NULL, *next = NULL;
	for (size_t i = start; i < catalogue->count; i++) {
		const struct status *status = catalogue->ordered[i];
		if (!status->enabled)
			continue;
		if (json_array_size(items) == limit) {
			next = last;
			break;
		}
		json_array_append_new(items, render_status(status));
		last = status->id;
	}
	answer_page(request, items, next);
}

static void get_statuses(struct http_request *request)
{
	struct query_parameter query[] = {[STATUSES_LIMIT] = {"limit", NULL},
		[STATUSES_CURSOR] = {"cursor", NULL},
		[STATUSES_PARAMETERS] = {NULL, NULL}};
	struct error error = {0};
	size_t limit = 0, start = 0;
	if (query_parse(request->query, query, &error) &&
		parse_limit(query[STATUSES_LIMIT].value, &limit, &error) &&
		find_start(&request->engine->catalogue, query[STATUSES_CURSOR].value, &start, &error))
		list_statuses(request, start, limit);
	else
		request_refuse(request, 400, error.field, "%s", error.text);
	query_done(query);
}

static void get_stream(struct http_request *request)
{
	static struct query_parameter none[] = {{NULL, NULL}};
	struct error error = {0};
	if (query_parse(request->query, none, &error))
		live_begin(request->http->live, request);
	else
		request_refuse(request, 400, error.field, "%s", error.text);
}

const struct http_route people_routes[] = {
	{EVHTTP_REQ_GET, "/v1/people", SCOPE_READ, false, get_people},
	{EVHTTP_REQ_GET, "/v1/people/{contact}/presence", SCOPE_READ, false, get_presence},
	{EVHTTP_REQ_PUT, "/v1/people/{contact}/status", SCOPE_WRITE, false, put_status},
	{EVHTTP_REQ_DELETE, "/v1/people/{contact}/status", SCOPE_WRITE, false, delete_status},
	{EVHTTP_REQ_PUT, "/v1/people/{contact}/message", SCOPE_WRITE, false, put_message},
	{EVHTTP_REQ_GET, "/v1/statuses", SCOPE_READ, false, get_statuses},
	{EVHTTP_REQ_GET, "/v1/stream", SCOPE_READ | SCOPE_BOARD, false, get_stream},
	{0},
};
