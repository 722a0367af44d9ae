/* A person's preferences: one table row per key. */
#include "core/preferences.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define ACTION(show, index, word)                                                                            \
	{                                                                                                    \
		"action_" show, "Calls while " word, PREFERENCE_ACTION,                                      \
			offsetof(struct preferences, actions) + (index) * sizeof(enum call_action)           \
	}

const struct preference_key preference_keys[] = {
	{"auto_away_minutes", "Away after so many idle minutes", PREFERENCE_MINUTES,
		offsetof(struct preferences, auto_away_minutes)},
	{"on_login", "Status when you come online", PREFERENCE_STATUS,
		offsetof(struct preferences, on_login)},
	{"on_logout", "Status when you go offline", PREFERENCE_STATUS,
		offsetof(struct preferences, on_logout)},
	{"hide_calls", "Show calls as Busy, like a meeting", PREFERENCE_BOOLEAN,
		offsetof(struct preferences, hide_calls)},
	ACTION("available", SHOW_AVAILABLE, "available"),
	ACTION("chat", SHOW_CHAT, "free for chat"),
	ACTION("away", SHOW_AWAY, "away"),
	ACTION("xa", SHOW_XA, "away for longer"),
	ACTION("dnd", SHOW_DND, "not to be disturbed"),
	ACTION("unavailable", SHOW_UNAVAILABLE, "offline or invisible"),
	{NULL, NULL, PREFERENCE_MINUTES, 0},
};

static void *slot_of(struct preferences *preferences, const struct preference_key *key)
{
	return (char *)preferences + key->offset;
}

static const void *value_of(const struct preferences *preferences, const struct preference_key *key)
{
	return (const char *)preferences + key->offset;
}

void preferences_init(struct preferences *preferences)
{
	*preferences = (struct preferences){0};
	for (size_t i = 0; i < SHOW_COUNT; i++)
		preferences->actions[i] = ACTION_STATUS;
}

static bool set_minutes(uint32_t *minutes, const char *key, const char *value, struct error *error)
{
	char *end;
	if (value[0] == '\0') {
		*minutes = 0;
		return true;
	}
	bool digit = value[0] >= '0' && value[0] <= '9' && strlen(value) < 9;
	unsigned long number = digit ? strtoul(value, &end, 10) : 0;
	if (number < 1 || number > LIMIT_AUTO_AWAY_MINUTES || *end)
		return error_set(error, key, "must be a number of minutes from 1 to %d, or empty",
			LIMIT_AUTO_AWAY_MINUTES);
	*minutes = (uint32_t)number;
	return true;
}

static bool set_status(const struct status **slot, const struct catalogue *catalogue, const char *key,
	const char *value, struct error *error)
{
	if (value[0] == '\0' || strcmp(value, "keep") == 0) {
		*slot = NULL;
		return true;
	}
	const struct status *status = catalogue_get(catalogue, value);
	if (!status)
		return error_set(error, key, "there is no status \"%s\"", value);
	if (status->kind == STATUS_AUTOMATIC)
		return error_set(error, key, "%s cannot be chosen", status->name);
	*slot = status;
	return true;
}

static bool set_boolean(bool *slot, const char *key, const char *value, struct error *error)
{
	static const char *const yes[] = {"yes", "true", "1"}, *const no[] = {"no", "false", "0"};
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
			*slot = strcmp(value, yes[i]) == 0;
			return true;
		}
	}
	return error_set(error, key, "must be yes or no");
}

bool preferences_set(struct preferences *preferences, const struct catalogue *catalogue, const char *key,
	const char *value, struct error *error)
{
	const struct preference_key *known = preference_keys;
	while (known->name && strcmp(known->name, key) != 0)
		known++;
	if (!known->name)
		return error_set(error, key, "is not a preference");
	void *slot = slot_of(preferences, known);
	switch (known->kind) {
	case PREFERENCE_MINUTES:
		return set_minutes(slot, key, value, error);
	case PREFERENCE_STATUS:
		return set_status(slot, catalogue, key, value, error);
	case PREFERENCE_BOOLEAN:
		return set_boolean(slot, key, value, error);
	case PREFERENCE_ACTION:
		return call_action_parse(value, slot) ||
		       error_set(error, key, "must be status, none, dnd or follow-me");
	}
	return false;
}

const char *preferences_get(
	const struct preferences *preferences, const struct preference_key *key, char text[PREFERENCE_TEXT])
{
	const void *slot = value_of(preferences, key);
	const struct status *status;
	uint32_t minutes;
	switch (key->kind) {
	case PREFERENCE_MINUTES:
		minutes = *(const uint32_t *)slot;
		text[0] = '\0';
		if (minutes)
			snprintf(text, PREFERENCE_TEXT, "%u", minutes);
		return text;
	case PREFERENCE_STATUS:
		status = *(const struct status *const *)slot;
		return status && !status->deleted ? status->id : "keep";
	case PREFERENCE_BOOLEAN:
		return *(const bool *)slot ? "yes" : "no";
	case PREFERENCE_ACTION:
		return call_action_to_text(*(const enum call_action *)slot);
	}
	return "";
}

bool preferences_is_default(const struct preferences *preferences, const struct preference_key *key)
{
	struct preferences standard;
	char own[PREFERENCE_TEXT], usual[PREFERENCE_TEXT];
	preferences_init(&standard);
	return strcmp(preferences_get(preferences, key, own), preferences_get(&standard, key, usual)) == 0;
}
