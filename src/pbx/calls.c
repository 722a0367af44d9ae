/*
 * The generic snapshot: all calls of a PBX at one instant become one fact.
 *
 * Its size is bounded by the body's, not by LIMIT_EVENTS_PER_POST: a snapshot cannot be split.
 */
#include <stdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "pbx/format.h"
#include "pbx/member.h"

static const struct json_member snapshot_members[] = {
	{"at", JSON_KIND_STRING, true},
	{"calls", JSON_KIND_ARRAY, true},
	{0},
};

static const struct json_member leg_members[] = {
	{"call", JSON_KIND_STRING, true},
	{"leg", JSON_KIND_STRING, false},
	{"extension", JSON_KIND_STRING, true},
	{"state", JSON_KIND_STRING, true},
	{"direction", JSON_KIND_STRING, false},
	{"kind", JSON_KIND_STRING, false},
	{"since", JSON_KIND_STRING, false},
	{0},
};

static bool parse_leg(const json_t *object, const char *path, struct fact_list *list,
	struct snapshot_leg *leg, struct error *error)
{
	if (!json_check(object, leg_members, path, error))
		return false;
	if (!leg_state_parse(json_text(object, "state"), &leg->state) || leg->state == LEG_ENDED)
		return member_error(error, path, "state", "must be ringing, active or held");
	leg->has_kind = json_text(object, "kind") != NULL;
	return member_id(object, "call", LIMIT_CALL_ID_BYTES, path, list, &leg->call, error) &&
	       member_id(object, "leg", LIMIT_LEG_ID_BYTES, path, list, &leg->leg, error) &&
	       member_id(object, "extension", LIMIT_EXTENSION_BYTES, path, list, &leg->extension, error) &&
	       member_instant(object, "since", path, &leg->since, error) &&
	       member_direction(object, path, &leg->direction, error) &&
	       member_kind(object, path, &leg->kind, error);
}

static bool parse_snapshot(
	const json_t *body, const struct pbx_source *source, struct fact_list *list, struct error *error)
{
	struct fact_snapshot snapshot = {.lease_seconds = source->lease_seconds};
	if (!json_check(body, snapshot_members, "", error) ||
		!member_instant(body, "at", "", &snapshot.at, error))
		return false;

	const json_t *calls = json_object_get(body, "calls");
	snapshot.count = json_array_size(calls);
	struct snapshot_leg *legs = facts_memory(list, (snapshot.count + 1) * sizeof(*legs));
	for (size_t i = 0; i < snapshot.count; i++) {
		char path[32];
		snprintf(path, sizeof(path), "calls[%zu]", i);
		if (!parse_leg(json_array_get(calls, i), path, list, &legs[i], error))
			return false;
	}
	snapshot.legs = legs;
	snapshot.pbx = facts_string(list, source->pbx);
	facts_add(list, FACT_SNAPSHOT)->snapshot = snapshot;
	return true;
}

bool pbx_calls_parse(const char *bytes, size_t length, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error)
{
	*too_many = false;
	json_t *body = json_read(bytes, length, error);
	if (body == NULL)
		return false;
	bool ok = parse_snapshot(body, source, list, error);
	json_decref(body);
	return ok;
}
