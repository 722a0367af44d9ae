/*
 * What a person prefers (design section 6). One table row per key gives its name, its label, its check and its
 * text; forms and SQL use that table. Time zone and feed are the person's own members, not preferences.
 */
#ifndef OFFHOOK_CORE_PREFERENCES_H
#define OFFHOOK_CORE_PREFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/status.h"

struct preferences {
	uint32_t auto_away_minutes; /* 1..LIMIT_AUTO_AWAY_MINUTES; 0: as the tenant's policy says */
	const struct status
		*on_login; /* NULL: keep; one that was deleted acts as keep, a hidden one while it is */
	const struct status *on_logout;
	enum call_action actions[SHOW_COUNT]; /* ACTION_STATUS: as the status says */
	bool hide_calls;
};

enum preference_kind {
	PREFERENCE_MINUTES, /* a number, or "" for the tenant's */
	PREFERENCE_STATUS,  /* the id of a status, or "keep" */
	PREFERENCE_BOOLEAN, /* yes / no */
	PREFERENCE_ACTION,  /* status, none, dnd, follow-me */
};

struct preference_key {
	const char *name;
	const char *label; /* for forms */
	enum preference_kind kind;
	size_t offset; /* of the member */
};

extern const struct preference_key preference_keys[]; /* ends with a NULL name */

void preferences_init(struct preferences *preferences); /* the defaults */
/* Sets one key from its text form. Refuses an unknown key and an illegal value with the key as the error's
 * field. A status must not be an automatic one; a hidden one is taken, as what was stored before it was hidden
 * must still be read. */
bool preferences_set(struct preferences *preferences, const struct catalogue *catalogue, const char *key,
	const char *value, struct error *error) must_check;
/* The text form; lives as long as `text` and the catalogue. */
enum { PREFERENCE_TEXT = 16 };
const char *preferences_get(
	const struct preferences *preferences, const struct preference_key *key, char text[PREFERENCE_TEXT]);
bool preferences_is_default(const struct preferences *preferences, const struct preference_key *key);

#endif
