/*
 * The rules of presence (design section 3): one pure function from facts to what colleagues see.
 *
 * Nothing is saved and restored anywhere, so nothing can get stuck: the same facts at the same instant
 * give the same presence. All pointers are borrowed; result strings point into the facts.
 */
#ifndef OFFHOOK_CORE_DERIVE_H
#define OFFHOOK_CORE_DERIVE_H

#include "core/person.h"
#include "core/policy.h"
#include "core/presence.h"

struct facts {
	const struct choices *choices;
	const struct message *message;
	const struct leg *const *legs; /* the live ones of all the person's extensions */
	size_t leg_count;
	const struct device *devices;
	size_t device_count;
	bool feed; /* active and heard: the devices are known */
	enum phone phone;
	bool has_account;
	bool has_extension;
	const struct preferences *preferences;
	const struct policy *policy;
	const struct catalogue *catalogue;
	usec_t now;
};

void derive(const struct facts *facts, struct presence *presence);

/* The choice in force: the timed one if it has not expired at `now`, else the standing one, else NULL
 * (Available). */
const struct choice *choice_in_force(const struct choices *choices, usec_t now);
/* What the PBX should do, from the choice in force alone (never from legs or devices). */
enum call_action derive_action(const struct facts *facts);
/* Whether the PBX should let calls through to the phones. */
bool derive_accepts_calls(const struct facts *facts, const struct presence *presence);
/* The next instant after facts->now at which a choice or message expires or a device has been idle for too
 * long; 0: none. */
usec_t derive_next(const struct facts *facts);

#endif
