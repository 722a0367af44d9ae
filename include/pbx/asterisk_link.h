/*
 * The link to one Asterisk over its manager interface: login, lists, events, and the facts that come of them.
 *
 * Losing the link ends no call at once: it is made again, from 0.1 s doubling up to 2 s (10 s after a refused
 * login), and then the lists tell what is true. Without it for LIMIT_ASTERISK_GRACE_SECONDS, or after Asterisk said
 * that it shuts down, the calls are over; but not while a new session reads its lists, which has limits of its own.
 * Every LIMIT_ASTERISK_REFRESH_SECONDS, or three times a lease if that is shorter, the lists are read again, which
 * renews the leases of calls that still stand.
 *
 * Facts that are refused for want of room are offered again until they are taken, in order; but for a snapshot of all
 * calls, in whose place comes another, of what is true by then.
 *
 * What people chose is told to Asterisk, and what was set at phones becomes choices: pbx/asterisk_mirror.h.
 */
#ifndef OFFHOOK_PBX_ASTERISK_LINK_H
#define OFFHOOK_PBX_ASTERISK_LINK_H

#include "base/loop.h"
#include "core/ports.h"

struct asterisk_link;

/* Copied. */
struct asterisk_options {
	const char *pbx;
	const char *host;
	uint16_t port;
	const char *username, *password;
	const char *context;    /* of the hints; NULL: any */
	uint32_t lease_seconds; /* 0: the tenant's policy */
};

/* Begins to connect. `engine` and `ports` are borrowed and outlive the link. */
struct asterisk_link *asterisk_link_new(struct loop *loop, const struct asterisk_options *options,
	struct engine *engine, const struct ports *ports);
/* Something about the person has changed (EFFECT_TOUCH, which the engine makes from now on). */
void asterisk_link_person(struct asterisk_link *link, const struct person *person);
/* Leaves without a word; calls stay as they are. NULL is allowed. */
void asterisk_link_free(struct asterisk_link *link);

#endif
