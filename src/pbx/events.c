/*
 * The generic format of call events: one JSON object, or an array of them, becomes one fact each.
 */
#include <stdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "pbx/format.h"
#include "pbx/member.h"

static const struct json_member members[] = {
	{"event", JSON_KIND_STRING, true},
	{"call", JSON_KIND_STRING, true},
	{"leg", JSON_KIND_STRING, false},
	{"extension", JSON_KIND_STRING, true},
	{"direction", JSON_KIND_STRING, false},
	{"kind", JSON_KIND_STRING, false},
	{"at", JSON_KIND_STRING, false},
	{"id", JSON_KIND_STRING, false},
	{0},
};

static bool parse_event(const json_t *object, const struct pbx_source *source, const char *pbx,
	const char *path, struct fact_list *list, struct error *error)
{
	if (!json_check(object, members, path, error))
		return false;

	struct fact_call call = {.pbx = pbx, .lease_seconds = source->lease_seconds};
	if (!call_event_parse(json_text(object, "event"), &call.event))
		return member_error(
			error, path, "event", "must be ringing, answered, held, resumed or ended");
	if (!member_id(object, "call", LIMIT_CALL_ID_BYTES, path, list, &call.call, error) ||
		!member_id(object, "leg", LIMIT_LEG_ID_BYTES, path, list, &call.leg, error) ||
		!member_id(object, "extension", LIMIT_EXTENSION_BYTES, path, list, &call.extension, error) ||
		!member_id(object, "id", LIMIT_EVENT_ID_BYTES, path, list, &call.id, error) ||
		!member_instant(object, "at", path, &call.at, error) ||
		!member_direction(object, path, &call.direction, error) ||
		!member_kind(object, path, &call.kind, error))
		return false;
	call.has_kind = json_text(object, "kind") != NULL;
	facts_add(list, FACT_CALL)->call = call;
	return true;
}

static bool parse_array(const json_t *array, const struct pbx_source *source, const char *pbx,
	struct fact_list *list, bool *too_many, struct error *error)
{
	size_t count = json_array_size(array);
	if (count > LIMIT_EVENTS_PER_POST) {
		*too_many = true;
		return error_set(
			error, NULL, "%zu events in one request; at most %d", count, LIMIT_EVENTS_PER_POST);
	}
	for (size_t i = 0; i < count; i++) {
		char path[24];
		snprintf(path, sizeof(path), "[%zu]", i);
		if (!parse_event(json_array_get(array, i), source, pbx, path, list, error))
			return false;
	}
	return true;
}

bool pbx_events_parse(const char *bytes, size_t length, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error)
{
	*too_many = false;
	json_t *body = json_read(bytes, length, error);
	if (body == NULL)
		return false;
	const char *pbx = facts_string(list, source->pbx);
	bool ok;
	if (json_is_array(body))
		ok = parse_array(body, source, pbx, list, too_many, error);
	else if (json_is_object(body))
		ok = parse_event(body, source, pbx, "", list, error);
	else
		ok = error_set(error, NULL, "must be an event object or an array of them");
	json_decref(body);
	return ok;
}
