/*
 * Stored subscriptions are taken up here: first all are noted and counted, then every array is made as large as
 * it has to be. Millions of arrays that grow one beside the other would leave the heap full of holes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "xmpp/watchers_inside.h"

enum { FIRST_ROOM = 4096 };

static void note(struct watchers *watchers, const struct subscription *subscription)
{
	if (watchers->loading.count == watchers->loading.room) {
		size_t room = watchers->loading.room;
		room = room > 0 ? room + room / 2 : FIRST_ROOM;
		watchers->loading.list =
			mem_resize(watchers->loading.list, room, sizeof(*watchers->loading.list));
		watchers->loading.room = room;
	}
	watchers->loading.list[watchers->loading.count++] = *subscription;
}

/* While loading, `room` counts what there will be. */
bool watchers_load(struct watchers *watchers, const char *contact, const char *jid, usec_t heard)
{
	struct target *target = map_get(&watchers->by_contact, contact);
	struct watcher *watcher = map_get(&watchers->by_jid, jid);
	size_t length = strlen(jid);

	if (!watchers_are_legal(contact, length) || watchers->loading.count >= LIMIT_WATCHERS ||
		(target != NULL && target->room >= LIMIT_WATCHERS_PER_CONTACT) ||
		(watcher != NULL && watcher->room >= LIMIT_CONTACTS_PER_WATCHER))
		return false;
	if (target == NULL)
		target = target_new(watchers, contact);
	if (watcher == NULL)
		watcher = watcher_new(watchers, jid, length);
	target->room++;
	watcher->room++;
	const struct subscription subscription = {target->id, watcher->id, watchers_day(heard)};
	note(watchers, &subscription);
	return true;
}

static void build(struct watchers *watchers, const struct subscription *subscription)
{
	struct target *target = watchers->targets.items[subscription->target];
	struct watcher *watcher = watchers->names.items[subscription->watcher];
	uint32_t target_room = target->room, watcher_room = watcher->room;

	if (target->watchers == NULL) {
		target->room = 0;
		target_make_room(watchers, target, target_room);
	}
	if (watcher->targets == NULL) {
		watcher->room = 0;
		watcher_make_room(watchers, watcher, watcher_room);
	}
	uint32_t place = watchers_place(watcher, target->id);
	if (!watcher_stands_at(watcher, place, target->id))
		watchers_link(watchers, target, watcher, place, subscription->day);
}

bool watchers_loaded(struct watchers *watchers, size_t most)
{
	while (watchers->loading.built < watchers->loading.count && most-- > 0)
		build(watchers, &watchers->loading.list[watchers->loading.built++]);
	if (watchers->loading.built < watchers->loading.count)
		return false;
	free(watchers->loading.list);
	memset(&watchers->loading, 0, sizeof(watchers->loading));
	return true;
}
