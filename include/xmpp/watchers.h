/*
 * Who watches whom: watchers are interned addresses with a number, targets are contact addresses with the
 * numbers of their watchers, and every watcher knows its targets and when it was last heard of there.
 *
 * A subscription takes 10 bytes and the slack of two growing arrays. Pure memory: saving is the caller's,
 * who is told what is worth it.
 */
#ifndef OFFHOOK_XMPP_WATCHERS_H
#define OFFHOOK_XMPP_WATCHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/* A bare address that watches. */
struct watcher {
	uint32_t id;
	uint32_t count, room;
	uint32_t *targets; /* their ids, ascending */
	uint16_t *days;    /* when it was last heard of there: days since 1970 */
	uint16_t length;   /* of jid */
	bool plain;        /* jid needs no escaping in XML */
	bool outside;      /* of another domain than the tenant's */
	char jid[];
};

/* A contact address that is watched. */
struct target {
	uint32_t id;
	uint32_t count, room;
	uint32_t outside;   /* of those that are of other domains */
	uint32_t *watchers; /* their ids, in no order */
	/* The publisher's (publisher.h). watchers_add and watchers_remove keep `cursor` and `remaining` right:
	 * those still to be served are the next `remaining` from `cursor`, in a circle. */
	uint32_t cursor, remaining;
	uint32_t mark;
	uint8_t queue;
	bool touched, republish;
	bool awaited;     /* somebody asked while it was held */
	bool unconfirmed; /* `sent` is not acknowledged; stays so when the next fan-out begins */
	uint64_t sent, sending, stored;
	struct target *before, *after;
	char contact[];
};

enum watch {
	WATCH_NONE, /* not watching, and not added: refused by a limit */
	WATCH_KNOWN,
	WATCH_REFRESHED, /* known, and worth saving that it was heard of now */
	WATCH_NEW,
};

struct watchers;

/* Of the tenant whose domain that is, borrowed: watchers of others get a share of the limits, so that they never
 * crowd out colleagues. `gone` is called when a target has lost its last watcher and is about to be freed. */
struct watchers *watchers_new(const char *domain, void (*gone)(void *ctx, struct target *target), void *ctx);
void watchers_free(struct watchers *watchers); /* without `gone` */
/* Stored subscriptions, before anything else; false: refused by a limit, of which that share is none. They are there
 * when watchers_loaded, which builds at most `most` of them in a call, has returned true. */
bool watchers_load(struct watchers *watchers, const char *contact, const char *jid, usec_t heard);
bool watchers_loaded(struct watchers *watchers, size_t most);
enum watch watchers_add(struct watchers *watchers, const char *contact, const char *jid, usec_t now);
/* Was heard of; adds nothing. */
enum watch watchers_touch(struct watchers *watchers, const char *contact, const char *jid, usec_t now);
bool watchers_remove(struct watchers *watchers, const char *contact, const char *jid); /* false: was none */

/* Targets that will be looked for soon, by hash_random of their contacts (base/map.h). */
void watchers_fetch(const struct watchers *watchers, const uint64_t *contacts, size_t count);
struct target *watchers_target(struct watchers *watchers, const char *contact); /* NULL */
/* The same, made if need be, without a watcher as yet; watchers_prune removes those that got none. */
struct target *watchers_expect(struct watchers *watchers, const char *contact);
void watchers_prune(struct watchers *watchers);
/* Walk: `uint32_t at = 0; while ((target = watchers_next(watchers, &at)))`. */
struct target *watchers_next(const struct watchers *watchers, uint32_t *at);
const struct watcher *watchers_name(const struct watchers *watchers, uint32_t id);
/* The same for a handful that will be named soon: they are brought from memory together. */
void watchers_fetch_names(const struct watchers *watchers, const uint32_t *ids, size_t count);
const struct watcher *watchers_find(const struct watchers *watchers, const char *jid); /* NULL */
/* A target of a watcher, by its number. */
const struct target *watchers_target_at(const struct watchers *watchers, uint32_t id);
/* Where in watcher->targets the first with this number or a higher one stands; its count: there is none. */
uint32_t watchers_place(const struct watcher *watcher, uint32_t id);

enum sweep {
	SWEEP_MORE,
	SWEEP_DONE,
	SWEEP_REFUSED, /* nothing was dropped: it would have been more than LIMIT_WATCHERS_DROPPED and a tenth */
};

/* Drops subscriptions not heard of for LIMIT_WATCHER_DAYS; tells each to `dropped` first. A round counts
 * them, then drops them; one call looks at not many more than `most` watchers and drops at most `most`. `now`
 * counts when a round begins. */
enum sweep watchers_sweep(struct watchers *watchers, usec_t now, size_t most,
	void (*dropped)(void *ctx, const char *contact, const char *jid), void *ctx);
/* Drops all subscriptions of watchers that are not to be kept, at most `most` of them, looking at at most
 * `most` watchers from number `*at` on, which moves; tells each to `dropped` first. True when it is through. */
bool watchers_screen(struct watchers *watchers, uint32_t *at, size_t most,
	bool (*keep)(void *ctx, const char *jid),
	void (*dropped)(void *ctx, const char *contact, const char *jid), void *ctx);

size_t watchers_count(const struct watchers *watchers);  /* subscriptions */
size_t watchers_memory(const struct watchers *watchers); /* bytes, with the allocator's overhead */

#endif
