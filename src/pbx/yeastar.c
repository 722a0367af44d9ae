/*
 * Event reports of a Yeastar P-Series become facts: the state of an extension's calls (30008), what was
 * picked at a phone (30009), and the members of a call (30011).
 *
 * Reports have no time, no number and no id; they are taken in the order in which they come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/memory.h"
#include "pbx/format.h"
#include "pbx/member.h"

enum { EXTENSION_CALLS = 30008, EXTENSION_PRESENCE = 30009, CALL_MEMBERS = 30011 };

static bool parse_event(const char *word, struct fact_call *call)
{
	static const struct {
		const char *word;
		enum call_event event;
		enum direction direction;
	} rows[] = {
		{"ALERT", CALL_RINGING, DIRECTION_OUTBOUND}, /* the caller hears it ring */
		{"RING", CALL_RINGING, DIRECTION_INBOUND},
		{"ANSWERED", CALL_ANSWERED, DIRECTION_OUTBOUND}, /* the caller was answered */
		{"ANSWER", CALL_ANSWERED, DIRECTION_INBOUND},
		{"HOLD", CALL_HELD, DIRECTION_UNKNOWN},
		{"BYE", CALL_ENDED, DIRECTION_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcasecmp(word, rows[i].word) == 0) {
			call->event = rows[i].event;
			call->direction = rows[i].direction;
			return true;
		}
	}
	return false;
}

/* An identifier that has to be there. */
static bool required_id(const json_t *object, const char *name, size_t max, const char *path,
	struct fact_list *list, const char **id, struct error *error)
{
	if (json_text(object, name) == NULL)
		return member_error(error, path, name, "must be a string");
	return member_id(object, name, max, path, list, id, error);
}

/* The extension's calls taken together are one leg, whose call id is the report's number. */
static bool parse_extension_calls(
	const json_t *msg, struct fact_call *call, struct fact_list *list, struct error *error)
{
	const char *status = json_text(msg, "status");
	if (!required_id(msg, "extension", LIMIT_EXTENSION_BYTES, "msg", list, &call->extension, error))
		return false;
	if (status == NULL)
		return member_error(error, "msg", "status", "must be a string");

	call->call = "30008";
	call->event = CALL_RINGING;
	if (strcasecmp(status, "Ringing") == 0)
		facts_add(list, FACT_CALL)->call = *call;
	else if (strcasecmp(status, "Busy") == 0)
		facts_add_call_up(list, call);
	call->event = CALL_ENDED;
	if (strcasecmp(status, "Idle") == 0)
		facts_add(list, FACT_CALL)->call = *call;
	return true;
}

static bool parse_extension_presence(const json_t *msg, struct fact_list *list, struct error *error)
{
	static const char *const statuses[][2] = {
		{"available", "available"},
		{"away", "away"},
		{"business_trip", "business-trip"},
		{"do_not_disturb", "dnd"},
		{"lunch", "lunch-break"},
		{"off_work", "extended-away"},
	};
	struct fact_choice choice = {.source = SOURCE_PHONE};
	const char *status = json_text(msg, "status");
	if (!required_id(msg, "extension", LIMIT_EXTENSION_BYTES, "msg", list, &choice.extension, error))
		return false;
	if (status == NULL)
		return member_error(error, "msg", "status", "must be a string");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		if (strcasecmp(status, statuses[i][0]) == 0)
			choice.status = statuses[i][1];
	}
	if (choice.status != NULL)
		facts_add(list, FACT_CHOICE)->choice = choice;
	return true;
}

static bool parse_member(const json_t *extension, const char *path, struct fact_call *call,
	struct fact_list *list, struct error *error)
{
	const char *status = json_text(extension, "member_status");
	if (!required_id(extension, "number", LIMIT_EXTENSION_BYTES, path, list, &call->extension, error))
		return false;
	if (status == NULL)
		return member_error(error, path, "member_status", "must be a string");
	const char *channel = json_text(extension, "channel_id");
	call->leg = NULL;
	if (channel != NULL && channel[0] != '\0' &&
		!member_id(extension, "channel_id", LIMIT_LEG_ID_BYTES, path, list, &call->leg, error))
		return false;
	if (parse_event(status, call))
		facts_add(list, FACT_CALL)->call = *call;
	return true;
}

/* Members that are not extensions are the trunks. */
static bool parse_call_members(const json_t *msg, struct fact_call *call, struct fact_list *list,
	bool *too_many, struct error *error)
{
	const json_t *members = json_object_get(msg, "members");
	size_t count = json_array_size(members);
	if (!required_id(msg, "call_id", LIMIT_CALL_ID_BYTES, "msg", list, &call->call, error))
		return false;
	if (!json_is_array(members))
		return member_error(error, "msg", "members", "must be an array");
	*too_many = count > LIMIT_EVENTS_PER_POST;
	if (*too_many)
		return error_set(
			error, NULL, "%zu members in one call; at most %d", count, LIMIT_EVENTS_PER_POST);
	for (size_t i = 0; i < count; i++) {
		char path[48];
		const json_t *extension = json_object_get(json_array_get(members, i), "extension");
		snprintf(path, sizeof(path), "msg.members[%zu].extension", i);
		if (extension != NULL && !parse_member(extension, path, call, list, error))
			return false;
	}
	return true;
}

static bool parse_report(const json_t *report, const json_t *msg, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error)
{
	struct fact_call call = {
		.pbx = facts_string(list, source->pbx), .lease_seconds = source->lease_seconds};
	const json_t *type = json_object_get(report, "type");
	json_int_t number = json_integer_value(type);
	if (!json_is_integer(type))
		return member_error(error, "", "type", "must be a number");
	if (number != EXTENSION_CALLS && number != EXTENSION_PRESENCE && number != CALL_MEMBERS)
		return true;
	if (!json_is_object(msg))
		return member_error(error, "", "msg", "must be an object, or a string that holds one");
	if (number == EXTENSION_CALLS)
		return parse_extension_calls(msg, &call, list, error);
	if (number == EXTENSION_PRESENCE)
		return parse_extension_presence(msg, list, error);
	return parse_call_members(msg, &call, list, too_many, error);
}

/* The place after `word` and a run of blanks, or NULL. */
static const char *after(const char *at, const char *end, const char *word)
{
	size_t length = strlen(word);
	if (at == NULL || (size_t)(end - at) < length || memcmp(at, word, length) != 0)
		return NULL;
	for (at += length; at < end && strchr(" \t\r\n", *at) != NULL && *at != '\0'; at++)
		continue;
	return at;
}

/* Some firmware (and the manual) does not escape the quotes inside `msg`. Without the two quotes around it
 * the report is JSON, with an object in that place. NULL: it is not so. */
static json_t *read_unescaped(const char *bytes, size_t length)
{
	static const char name[] = "\"msg\"";
	const char *end = bytes + length;
	const char *member = memmem(bytes, length, name, sizeof(name) - 1);
	const char *opening = member != NULL ? after(after(member, end, name), end, ":") : NULL;
	const char *inside = after(opening, end, "\"");
	if (inside == NULL || inside == end || *inside != '{')
		return NULL;
	const char *closing = end - 1;
	while (closing > inside && !(closing[-1] == '}' && *closing == '"'))
		closing--;

	char *copy = mem_bytes(bytes, length);
	copy[opening - bytes] = ' ';
	copy[closing - bytes] = ' ';
	json_t *report = json_read(copy, length, NULL);
	free(copy);
	return report;
}

static json_t *read_report(const char *bytes, size_t length, struct error *error)
{
	json_t *report = json_read(bytes, length, error);
	if (report == NULL)
		report = read_unescaped(bytes, length);
	if (report != NULL && !json_is_object(report)) {
		error_set(error, NULL, "must be an object");
		json_decref(report);
		return NULL;
	}
	return report;
}

bool pbx_yeastar_parse(const char *bytes, size_t length, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error)
{
	*too_many = false;
	json_t *report = read_report(bytes, length, error);
	if (report == NULL)
		return false;
	json_t *msg = json_incref(json_object_get(report, "msg"));
	if (json_is_string(msg)) {
		json_t *inner = json_read(json_string_value(msg), json_string_length(msg), error);
		json_decref(msg);
		msg = inner; /* NULL: of a type that is not known, it may be any text */
	}
	bool ok = parse_report(report, msg, source, list, too_many, error);
	json_decref(msg);
	json_decref(report);
	return ok;
}
