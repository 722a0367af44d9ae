/*
 * A tenant's policy: how the rules of presence bend (design sections 3 and 6). One table row per key
 * gives its name, its default, its check and its text; forms, SQL and the engine all use that table.
 */
#ifndef OFFHOOK_CORE_POLICY_H
#define OFFHOOK_CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"

struct policy {
	bool call_precedence;       /* "manual" (false) or "call" (true) */
	uint32_t auto_away_minutes; /* 1..1440 */
	uint32_t call_max_minutes;  /* 1..10080 */
	char time_zone[LIMIT_ZONE_BYTES + 1];
	char on_call_status[LIMIT_SLUG + 1];
	char meeting_status[LIMIT_SLUG + 1];
	char ringing_status[LIMIT_SLUG + 1]; /* "" is none */
	bool offline_to_voicemail;
	bool auto_people;
	char allowed_domains[1024]; /* separated by one space; "" is none */
	bool sign_off;
};

enum policy_kind {
	POLICY_BOOLEAN, /* yes / no; in forms boolean */
	POLICY_MINUTES,
	POLICY_ZONE,
	POLICY_PRECEDENCE, /* manual / call */
	POLICY_STATUS,     /* a status id, or none where empty is allowed */
	POLICY_DOMAINS,
};

struct policy_key {
	const char *name;
	const char *label; /* for forms, English, starts with a capital */
	enum policy_kind kind;
	const char *standard; /* the default, as text */
	size_t offset, size;  /* of the member in struct policy */
	long long min, max;   /* POLICY_MINUTES */
	bool none_allowed;    /* POLICY_STATUS: "none" means no status */
};

extern const struct policy_key policy_keys[]; /* ends with a NULL name */

void policy_init(struct policy *policy); /* the defaults */
/* Sets one key from its text form (booleans: yes, no, true, false, 1, 0). Refuses an unknown key and an
 * illegal value with the key as the error's field. Whether a status exists is checked by the caller,
 * who has the catalogue. `zone_ok` (may be NULL: not checked) keeps this free of a zone database. */
bool policy_set(struct policy *policy, const char *key, const char *value, bool (*zone_ok)(const char *zone),
	struct error *error) must_check;
/* The text form, into `text`. */
enum { POLICY_TEXT = 1024 };
char *policy_get(const struct policy *policy, const struct policy_key *key, char text[POLICY_TEXT]);
/* Whether `domain` is named in allowed_domains. */
bool policy_allows_domain(const struct policy *policy, const char *domain);

#endif
