/*
 * What PBXes and their phones send and ask.
 */
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "http/choice.h"
#include "http/render.h"
#include "http/request.h"
#include "http/server.h"

/* What became of a body of facts: its answer. */
struct report {
	size_t accepted, duplicates;
	json_t *unknown; /* extensions that are nobody's, each once */
	struct map seen; /* the same, as a set */
};

static void report_extension(struct report *report, const struct http_request *request, const char *number)
{
	const struct extension *extension = engine_extension(request->engine, request->pbx->name, number);
	bool is_somebodys = extension != NULL && extension->person != NULL;
	if (!is_somebodys && map_get(&report->seen, number) == NULL) {
		map_put(&report->seen, number, report);
		json_array_append_new(report->unknown, json_string(number));
	}
}

static void report_fact(struct report *report, const struct http_request *request, const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_CALL:
		report->duplicates += fact->outcome == OUTCOME_DUPLICATE;
		report->accepted += fact->outcome != OUTCOME_DUPLICATE && fact->outcome != OUTCOME_NO_ROOM;
		report_extension(report, request, fact->call.extension);
		break;
	case FACT_SNAPSHOT:
		report->accepted += fact->snapshot.count;
		for (size_t i = 0; i < fact->snapshot.count; i++)
			report_extension(report, request, fact->snapshot.legs[i].extension);
		break;
	case FACT_CHOICE:
		report->accepted++;
		break;
	case FACT_PHONE:
		report->accepted += fact->outcome != OUTCOME_NO_ROOM;
		report_extension(report, request, fact->phone.extension);
		break;
	default:
		break;
	}
}

/* A whole PBX may be unknown at first, so they are spoken of once a minute only. */
static void log_unknown(struct http_request *request, const json_t *unknown)
{
	struct http *http = request->http;
	usec_t now = clock_monotonic();
	if (json_array_size(unknown) == 0 || now - http->unknown_logged < MINUTE)
		return;
	http->unknown_logged = now;
	log_info("http", "pbx %s: extension %s is nobody's; its calls are kept for whoever gets it",
		request->pbx->name, json_string_value(json_array_get(unknown, 0)));
}

static json_t *render_report(struct http_request *request, const struct fact *facts, size_t count)
{
	struct report report = {.unknown = json_array()};
	map_init(&report.seen);
	for (size_t i = 0; i < count; i++)
		report_fact(&report, request, &facts[i]);
	map_done(&report.seen);
	log_unknown(request, report.unknown);

	json_t *object = json_object();
	json_object_set_new(object, "accepted", json_integer((json_int_t)report.accepted));
	json_object_set_new(object, "duplicates", json_integer((json_int_t)report.duplicates));
	json_object_set_new(object, "unknown_extensions", report.unknown);
	return object;
}

static void submit_facts(struct http_request *request, struct fact *facts, size_t count, bool listed)
{
	if (count == 0) {
		request_answer(request, render_report(request, facts, count));
		return;
	}
	if (request_submit(request, facts, count, listed) != SUBMIT_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		if (facts[i].kind == FACT_CALL && facts[i].outcome == OUTCOME_DUPLICATE)
			request_add_duplicate(request, facts[i].call.pbx, facts[i].call.id);
	}
	request_hold(request, render_report(request, facts, count));
}

static bool is_array(const struct http_request *request)
{
	size_t blanks = 0;
	while (blanks < request->length && strchr(" \t\r\n", request->body[blanks]) != NULL)
		blanks++;
	return blanks < request->length && request->body[blanks] == '[';
}

/* What was picked at a phone, in a PBX's own format: whose it is, and how long it lasts. False: it is nobody's,
 * or the catalogue has it not to offer. A phone sends no other, so this is no error. */
static bool find_chooser(struct http_request *request, struct fact_choice *choice)
{
	struct engine *engine = request->engine;
	const struct extension *extension = engine_extension(engine, request->pbx->name, choice->extension);
	const struct status *status = catalogue_get(&engine->catalogue, choice->status);
	usec_t now = request_now(request);
	if (extension == NULL || extension->person == NULL)
		return false;
	choice->person = extension->person;
	if (status != NULL && status->default_expiry != 0)
		choice->until = now + status->default_expiry * MINUTE;
	return engine_check_choice(engine, choice, now, NULL);
}

static void find_choosers(struct http_request *request, struct fact_list *list)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct fact *fact = &list->facts[i];
		if (fact->kind != FACT_CHOICE || find_chooser(request, &fact->choice))
			list->facts[kept++] = *fact;
	}
	list->count = kept;
}

static void post_format(struct http_request *request, const char *format)
{
	const struct http_world *world = &request->http->world;
	struct error error = {0};
	bool too_many = false;
	struct fact_list list;
	facts_init(&list);
	if (world->parse(world->ctx, format, request->body, request->length, request->pbx, &list, &too_many,
		    &error)) {
		find_choosers(request, &list);
		submit_facts(request, list.facts, list.count, is_array(request));
	} else {
		request_refuse(request, too_many ? 413 : 400, error.field, "%s", error.text);
	}
	facts_done(&list);
}

static void post_events(struct http_request *request)
{
	post_format(request, "events");
}

static void post_native_events(struct http_request *request)
{
	post_format(request, request->captures.format);
}

static void put_calls(struct http_request *request)
{
	post_format(request, "calls");
}

/* Whether the extension in the path is one; else answers. */
static bool check_extension(struct http_request *request)
{
	size_t length = strlen(request->captures.extension);
	if (length > 0 && length <= LIMIT_EXTENSION_BYTES)
		return true;
	request_refuse(request, 400, "extension", "must have 1 to %d bytes", LIMIT_EXTENSION_BYTES);
	return false;
}

/* Whose extension it is; else answers. */
static struct person *find_person(struct http_request *request)
{
	if (!check_extension(request))
		return NULL;
	const struct extension *extension =
		engine_extension(request->engine, request->pbx->name, request->captures.extension);
	if (extension == NULL || extension->person == NULL) {
		request_refuse(request, 404, NULL, "this extension is nobody's");
		return NULL;
	}
	return extension->person;
}

static void put_registration(struct http_request *request)
{
	static const struct json_member members[] = {{"registered", JSON_KIND_BOOLEAN, true}, {0}};
	if (!check_extension(request))
		return;
	struct error error = {0};
	json_t *body = json_read(request->body, request->length, &error);
	if (body != NULL && json_check(body, members, "", &error)) {
		struct fact fact = {.kind = FACT_PHONE,
			.phone = {.pbx = request->pbx->name,
				.extension = request->captures.extension,
				.registered = json_is_true(json_object_get(body, "registered"))}};
		submit_facts(request, &fact, 1, false);
	} else {
		request_refuse(request, 400, error.field, "%s", error.text);
	}
	json_decref(body);
}

static void get_presence(struct http_request *request)
{
	const struct person *person = find_person(request);
	if (person == NULL)
		return;
	usec_t now = request_now(request);
	json_t *object = render_person(request->engine, person);
	json_object_set_new(
		object, "accepts_calls", json_boolean(engine_accepts_calls(request->engine, person, now)));
	json_object_set_new(object, "action",
		json_string(call_action_to_text(engine_action(request->engine, person, now))));
	request_answer(request, object);
}

static void put_status(struct http_request *request)
{
	struct person *person = find_person(request);
	if (person != NULL)
		choice_put(request, person, SOURCE_PHONE);
}

static void delete_status(struct http_request *request)
{
	struct person *person = find_person(request);
	if (person != NULL)
		choice_delete(request, person, SOURCE_PHONE);
}

const struct http_route pbx_routes[] = {
	{EVHTTP_REQ_POST, "/v1/pbx/{pbx}/events", SCOPE_EVENTS, false, post_events},
	{EVHTTP_REQ_POST, "/v1/pbx/{pbx}/events/{format}", SCOPE_EVENTS, false, post_native_events},
	{EVHTTP_REQ_PUT, "/v1/pbx/{pbx}/calls", SCOPE_EVENTS, false, put_calls},
	{EVHTTP_REQ_PUT, "/v1/pbx/{pbx}/extensions/{ext}/registration", SCOPE_EVENTS, false,
		put_registration},
	{EVHTTP_REQ_GET, "/v1/pbx/{pbx}/extensions/{ext}/presence", SCOPE_ROUTE, false, get_presence},
	{EVHTTP_REQ_PUT, "/v1/pbx/{pbx}/extensions/{ext}/status", SCOPE_WRITE, false, put_status},
	{EVHTTP_REQ_DELETE, "/v1/pbx/{pbx}/extensions/{ext}/status", SCOPE_WRITE, false, delete_status},
	{0},
};
