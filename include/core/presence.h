/*
 * The derived result: what colleagues see of a person.
 *
 * It is already fit for colleagues' eyes: derive() is the one function that applies Invisible and
 * hide_calls. Only `rule` is private to the person, the administrators and the log; nothing else that
 * colleagues can read may depend on it.
 */
#ifndef OFFHOOK_CORE_PRESENCE_H
#define OFFHOOK_CORE_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "core/status.h"

/* Which rule of design section 3 decided. */
enum rule {
	RULE_INVISIBLE = 1,
	RULE_CHOICE = 2,
	RULE_DEVICE_CHOICE = 3,
	RULE_CALL = 4,
	RULE_DEVICE = 5,
	RULE_AVAILABLE = 6,
	RULE_OFFLINE = 7,
};
const char *rule_to_text(enum rule rule); /* a short sentence: "you chose it" */

struct presence {
	const struct status *status; /* never NULL */
	enum rule rule;
	const char *message; /* "" for none; belongs to the person's facts, valid until they change */
	usec_t since;        /* 0: not known */
	usec_t until;        /* 0: open end */
	usec_t idle_since;   /* Away by idle time, else 0 */
	bool automatic;
	uint64_t digest; /* of everything visible except `since`; stable across restarts */
};

/* The text that colleagues' clients show: "🍽️ Lunch Break (back at 2)"; empty when the status is
 * Offline. Appends to `out`. */
void presence_text(const struct presence *presence, struct buf *out);
/* Offline: the same bytes for everybody who is offline or invisible. */
bool presence_is_offline(const struct presence *presence);
/* Computes the digest from the other members. */
uint64_t presence_digest(const struct presence *presence);

#endif
