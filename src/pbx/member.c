/*
 * Members of PBX bodies are checked here.
 */
#include "pbx/member.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool member_error(struct error *error, const char *path, const char *name, const char *text)
{
	char field[sizeof(error->field)];
	snprintf(field, sizeof(field), "%s%s%s", path, path[0] != '\0' ? "." : "", name);
	return error_set(error, field, "%s", text);
}

bool member_id(const json_t *object, const char *name, size_t max, const char *path, struct fact_list *list,
	const char **id, struct error *error)
{
	const char *text = json_text(object, name);
	*id = NULL;
	return text == NULL || member_text(text, max, path, name, list, id, error);
}

bool member_text(const char *text, size_t max, const char *path, const char *name, struct fact_list *list,
	const char **id, struct error *error)
{
	size_t length = strlen(text);
	if (length == 0)
		return member_error(error, path, name, "is empty");
	if (length > max) {
		char reason[64];
		snprintf(reason, sizeof(reason), "is longer than %zu bytes", max);
		return member_error(error, path, name, reason);
	}
	if (!text_valid(text))
		return member_error(error, path, name, "has characters that are not allowed");
	*id = facts_string(list, text);
	return true;
}

bool member_instant(const json_t *object, const char *name, const char *path, usec_t *at, struct error *error)
{
	const char *text = json_text(object, name);
	*at = 0;
	if (text == NULL || clock_parse(text, at))
		return true;
	return member_error(
		error, path, name, "must be an RFC 3339 date and time, such as 2026-11-22T10:00:00Z");
}

bool member_direction(const json_t *object, const char *path, enum direction *direction, struct error *error)
{
	const char *text = json_text(object, "direction");
	if (text == NULL || direction_parse(text, direction))
		return true;
	return member_error(error, path, "direction", "must be inbound or outbound");
}

bool member_kind(const json_t *object, const char *path, enum leg_kind *kind, struct error *error)
{
	const char *text = json_text(object, "kind");
	if (text == NULL || leg_kind_parse(text, kind))
		return true;
	return member_error(error, path, "kind", "must be call or meeting");
}

void facts_add_call_up(struct fact_list *list, const struct fact_call *call)
{
	static const enum call_event events[] = {CALL_RINGING, CALL_ANSWERED};
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		struct fact *fact = facts_add(list, FACT_CALL);
		fact->call = *call;
		fact->call.event = events[i];
	}
}
