/*
 * What the files of the watchers share: watchers.c keeps subscriptions, watchers_load.c takes those that were
 * stored, watchers_sweep.c drops those of which nothing was heard. The manual is xmpp/watchers.h.
 */
#ifndef OFFHOOK_XMPP_WATCHERS_INSIDE_H
#define OFFHOOK_XMPP_WATCHERS_INSIDE_H

#include "base/limits.h"
#include "base/map.h"
#include "xmpp/watchers.h"

/* Objects by a small number, which is used again when the object is gone. */
struct pool {
	void **items;
	uint32_t *unused;
	uint32_t room, unused_count;
};

struct subscription {
	uint32_t target, watcher;
	uint16_t day;
};

struct watchers {
	const char *domain;
	struct map by_contact, by_jid;
	/* Those looked for last, NULL: none. Stanzas of one account come one behind the other, and each is about one
	 * contact throughout. */
	struct target *latest_target;
	struct watcher *latest_watcher;
	struct pool targets, names;
	size_t count;
	size_t outside; /* of those, by watchers of other domains */
	size_t bytes;   /* of all blocks but those of the maps and pools */
	struct {
		uint32_t next; /* the watcher to look at */
		uint16_t oldest;
		size_t stale;
		bool begun, counted;
	} sweep;
	struct {
		struct subscription *list;
		size_t count, room, built;
	} loading; /* what watchers_load took and watchers_loaded will build */
	void (*gone)(void *ctx, struct target *target);
	void *ctx;
};

struct target *target_new(struct watchers *watchers, const char *contact);
struct watcher *watcher_new(struct watchers *watchers, const char *jid, size_t length);
/* Room for so many, which is more than there was. */
void target_make_room(struct watchers *watchers, struct target *target, uint32_t room);
void watcher_make_room(struct watchers *watchers, struct watcher *watcher, uint32_t room);
/* A subscription that is not there yet, in both directions. */
void watchers_link(struct watchers *watchers, struct target *target, struct watcher *watcher, uint32_t place,
	uint16_t day);
/* True when that was the watcher's last, who is gone then. */
bool watchers_unlink(struct watchers *watchers, struct watcher *watcher, uint32_t place);
bool watchers_are_legal(const char *contact, size_t jid_length);
/* Whether the watcher's target at that place, if there is one, has this number. */
bool watcher_stands_at(const struct watcher *watcher, uint32_t place, uint32_t id);
uint16_t watchers_day(usec_t now);

#endif
