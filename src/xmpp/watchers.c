/*
 * Subscriptions are kept here, in both directions.
 */
#include "xmpp/watchers.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/metrics.h"
#include "xmpp/watchers_inside.h"

enum { BLOCK_OVERHEAD = 16, TWO_BLOCKS = 2 * BLOCK_OVERHEAD, FIRST_ROOM = 4 };

/* ---- numbers ---- */

static uint32_t pool_take(struct pool *pool, void *item)
{
	if (pool->unused_count == 0) {
		uint32_t room = pool->room > 0 ? pool->room + pool->room / 2 : 64;
		pool->items = mem_resize(pool->items, room, sizeof(*pool->items));
		pool->unused = mem_resize(pool->unused, room, sizeof(*pool->unused));
		memset(pool->items + pool->room, 0, (room - pool->room) * sizeof(*pool->items));
		for (uint32_t id = room; id > pool->room; id--)
			pool->unused[pool->unused_count++] = id - 1;
		pool->room = room;
	}
	uint32_t id = pool->unused[--pool->unused_count];
	pool->items[id] = item;
	return id;
}

static void pool_release(struct pool *pool, uint32_t id)
{
	pool->items[id] = NULL;
	pool->unused[pool->unused_count++] = id;
}

static void pool_done(struct pool *pool)
{
	free(pool->items);
	free(pool->unused);
}

static size_t pool_bytes(const struct pool *pool)
{
	return pool->room * (sizeof(*pool->items) + sizeof(*pool->unused));
}

/* ---- targets ---- */

static struct target *find_target(struct watchers *watchers, const char *contact)
{
	if (watchers->latest_target == NULL || strcmp(watchers->latest_target->contact, contact) != 0)
		watchers->latest_target = map_get(&watchers->by_contact, contact);
	return watchers->latest_target;
}

struct target *target_new(struct watchers *watchers, const char *contact)
{
	size_t size = sizeof(struct target) + strlen(contact) + 1;
	struct target *target = mem_new(size);

	memcpy(target->contact, contact, strlen(contact) + 1);
	target->id = pool_take(&watchers->targets, target);
	map_put(&watchers->by_contact, target->contact, target);
	watchers->bytes += size + BLOCK_OVERHEAD;
	return target;
}

static void target_free(struct watchers *watchers, struct target *target)
{
	watchers->gone(watchers->ctx, target);
	if (target == watchers->latest_target)
		watchers->latest_target = NULL;
	map_remove(&watchers->by_contact, target->contact);
	pool_release(&watchers->targets, target->id);
	if (target->room > 0)
		watchers->bytes -= target->room * sizeof(*target->watchers) + BLOCK_OVERHEAD;
	watchers->bytes -= sizeof(*target) + strlen(target->contact) + 1 + BLOCK_OVERHEAD;
	free(target->watchers);
	free(target);
}

static uint32_t grown(uint32_t room)
{
	return room < FIRST_ROOM ? FIRST_ROOM : room + room / 2;
}

void target_make_room(struct watchers *watchers, struct target *target, uint32_t room)
{
	target->watchers = mem_resize(target->watchers, room, sizeof(*target->watchers));
	watchers->bytes += (room - target->room) * sizeof(*target->watchers);
	watchers->bytes += target->room == 0 ? BLOCK_OVERHEAD : 0;
	target->room = room;
}

static void target_append(struct watchers *watchers, struct target *target, uint32_t id)
{
	if (target->count == target->room)
		target_make_room(watchers, target, grown(target->room));
	/* When those to be served go round the end, the new one stands among them. */
	if ((uint64_t)target->cursor + target->remaining > target->count)
		target->remaining++;
	target->watchers[target->count++] = id;
}

static void target_drop(struct watchers *watchers, struct target *target, uint32_t id)
{
	uint32_t place = 0;
	while (target->watchers[place] != id)
		place++;

	uint32_t ahead =
		place >= target->cursor ? place - target->cursor : place + target->count - target->cursor;
	if (ahead < target->remaining)
		target->remaining--;
	if (place < target->cursor)
		target->cursor--;
	target->count--;
	memmove(target->watchers + place, target->watchers + place + 1,
		(target->count - place) * sizeof(*target->watchers));
	if (target->cursor >= target->count)
		target->cursor = 0;
	if (target->count == 0)
		target_free(watchers, target);
}

/* ---- watchers ---- */

static struct watcher *find_watcher(struct watchers *watchers, const char *jid)
{
	if (watchers->latest_watcher == NULL || strcmp(watchers->latest_watcher->jid, jid) != 0)
		watchers->latest_watcher = map_get(&watchers->by_jid, jid);
	return watchers->latest_watcher;
}

static bool is_plain(const char *jid)
{
	for (const unsigned char *at = (const unsigned char *)jid; *at != '\0'; at++) {
		if (*at < ' ' || *at > '~' || strchr("&<>\"'", *at) != NULL)
			return false;
	}
	return true;
}

static bool is_outside(const struct watchers *watchers, const char *jid)
{
	const char *at = strchr(jid, '@');
	return strcmp(at != NULL ? at + 1 : jid, watchers->domain) != 0;
}

struct watcher *watcher_new(struct watchers *watchers, const char *jid, size_t length)
{
	size_t size = sizeof(struct watcher) + length + 1;
	struct watcher *watcher = mem_new(size);

	memcpy(watcher->jid, jid, length + 1);
	watcher->length = (uint16_t)length;
	watcher->plain = is_plain(jid);
	watcher->outside = is_outside(watchers, jid);
	watcher->id = pool_take(&watchers->names, watcher);
	map_put(&watchers->by_jid, watcher->jid, watcher);
	watchers->bytes += size + BLOCK_OVERHEAD;
	return watcher;
}

static void watcher_free(struct watchers *watchers, struct watcher *watcher)
{
	if (watcher == watchers->latest_watcher)
		watchers->latest_watcher = NULL;
	map_remove(&watchers->by_jid, watcher->jid);
	pool_release(&watchers->names, watcher->id);
	if (watcher->room > 0)
		watchers->bytes -=
			watcher->room * (sizeof(*watcher->targets) + sizeof(*watcher->days)) + TWO_BLOCKS;
	watchers->bytes -= sizeof(*watcher) + watcher->length + 1U + BLOCK_OVERHEAD;
	free(watcher->targets);
	free(watcher->days);
	free(watcher);
}

uint32_t watchers_place(const struct watcher *watcher, uint32_t id)
{
	uint32_t low = 0, high = watcher->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (watcher->targets[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool watcher_stands_at(const struct watcher *watcher, uint32_t place, uint32_t id)
{
	return place < watcher->count && watcher->targets[place] == id;
}

void watcher_make_room(struct watchers *watchers, struct watcher *watcher, uint32_t room)
{
	watcher->targets = mem_resize(watcher->targets, room, sizeof(*watcher->targets));
	watcher->days = mem_resize(watcher->days, room, sizeof(*watcher->days));
	watchers->bytes += (room - watcher->room) * (sizeof(*watcher->targets) + sizeof(*watcher->days));
	watchers->bytes += watcher->room == 0 ? TWO_BLOCKS : 0;
	watcher->room = room;
}

static void watcher_insert(
	struct watchers *watchers, struct watcher *watcher, uint32_t place, uint32_t id, uint16_t day)
{
	if (watcher->count == watcher->room)
		watcher_make_room(watchers, watcher, grown(watcher->room));
	size_t behind = watcher->count - place;
	memmove(watcher->targets + place + 1, watcher->targets + place, behind * sizeof(*watcher->targets));
	memmove(watcher->days + place + 1, watcher->days + place, behind * sizeof(*watcher->days));
	watcher->targets[place] = id;
	watcher->days[place] = day;
	watcher->count++;
}

static void watcher_delete(struct watcher *watcher, uint32_t place)
{
	size_t behind = --watcher->count - place;
	memmove(watcher->targets + place, watcher->targets + place + 1, behind * sizeof(*watcher->targets));
	memmove(watcher->days + place, watcher->days + place + 1, behind * sizeof(*watcher->days));
}

/* ---- subscriptions ---- */

struct watchers *watchers_new(const char *domain, void (*gone)(void *ctx, struct target *target), void *ctx)
{
	struct watchers *watchers = mem_new(sizeof(*watchers));

	watchers->domain = domain;
	map_init(&watchers->by_contact);
	map_init(&watchers->by_jid);
	watchers->gone = gone;
	watchers->ctx = ctx;
	return watchers;
}

void watchers_free(struct watchers *watchers)
{
	if (watchers == NULL)
		return;
	for (uint32_t id = 0; id < watchers->targets.room; id++) {
		struct target *target = watchers->targets.items[id];
		if (target != NULL)
			free(target->watchers);
		free(target);
	}
	for (uint32_t id = 0; id < watchers->names.room; id++) {
		struct watcher *watcher = watchers->names.items[id];
		if (watcher != NULL) {
			free(watcher->targets);
			free(watcher->days);
		}
		free(watcher);
	}
	metrics_add(METRIC_WATCHERS, -(int64_t)watchers->count);
	free(watchers->loading.list);
	map_done(&watchers->by_contact);
	map_done(&watchers->by_jid);
	pool_done(&watchers->targets);
	pool_done(&watchers->names);
	free(watchers);
}

uint16_t watchers_day(usec_t now)
{
	return (uint16_t)(now / DAY);
}

/* Stamps are renewed after a week, and not for everybody on the same day: a morning's log-ins would
 * otherwise be a flood of rows. */
static enum watch touch_at(struct watcher *watcher, uint32_t place, usec_t now)
{
	unsigned age = watchers_day(now) - (unsigned)watcher->days[place];
	unsigned due = LIMIT_WATCHER_REFRESH_DAYS + watcher->targets[place] % LIMIT_WATCHER_REFRESH_DAYS;

	if (watchers_day(now) < watcher->days[place] || age < due)
		return WATCH_KNOWN;
	watcher->days[place] = watchers_day(now);
	return WATCH_REFRESHED;
}

bool watchers_are_legal(const char *contact, size_t jid_length)
{
	size_t length = strlen(contact);
	return length > 0 && length <= LIMIT_CONTACT_BYTES && jid_length > 0 &&
	       jid_length <= 2 * LIMIT_JID_BYTES + 1;
}

static bool has_room(
	const struct watchers *watchers, const struct target *target, const struct watcher *watcher)
{
	return watchers->count < LIMIT_WATCHERS &&
	       (target == NULL || target->count < LIMIT_WATCHERS_PER_CONTACT) &&
	       (watcher == NULL || watcher->count < LIMIT_CONTACTS_PER_WATCHER);
}

/* A server of an allowed domain can invent as many accounts as it likes. */
static bool has_share(const struct watchers *watchers, const struct target *target, const char *jid)
{
	return !is_outside(watchers, jid) ||
	       (watchers->outside < LIMIT_WATCHERS_OUTSIDE &&
		       (target == NULL || target->outside < LIMIT_WATCHERS_OUTSIDE_PER_CONTACT));
}

static void count_outside(
	struct watchers *watchers, struct target *target, const struct watcher *watcher, int change)
{
	if (!watcher->outside)
		return;
	target->outside += (uint32_t)change;
	watchers->outside += (size_t)change;
}

void watchers_link(struct watchers *watchers, struct target *target, struct watcher *watcher, uint32_t place,
	uint16_t day)
{
	target_append(watchers, target, watcher->id);
	count_outside(watchers, target, watcher, 1);
	watcher_insert(watchers, watcher, place, target->id, day);
	watchers->count++;
	metrics_add(METRIC_WATCHERS, 1);
}

enum watch watchers_add(struct watchers *watchers, const char *contact, const char *jid, usec_t now)
{
	struct target *target = find_target(watchers, contact);
	struct watcher *watcher = find_watcher(watchers, jid);
	uint32_t place = 0;

	if (target != NULL && watcher != NULL) {
		place = watchers_place(watcher, target->id);
		if (watcher_stands_at(watcher, place, target->id))
			return touch_at(watcher, place, now);
	}
	size_t length = strlen(jid);
	if (!watchers_are_legal(contact, length) || !has_room(watchers, target, watcher) ||
		!has_share(watchers, target, jid))
		return WATCH_NONE;
	if (target == NULL)
		target = target_new(watchers, contact);
	if (watcher == NULL)
		watcher = watcher_new(watchers, jid, length);
	watchers_link(watchers, target, watcher, watchers_place(watcher, target->id), watchers_day(now));
	return WATCH_NEW;
}

enum watch watchers_touch(struct watchers *watchers, const char *contact, const char *jid, usec_t now)
{
	struct target *target = find_target(watchers, contact);
	struct watcher *watcher = target != NULL ? find_watcher(watchers, jid) : NULL;
	uint32_t place = watcher != NULL ? watchers_place(watcher, target->id) : 0;

	if (watcher == NULL || !watcher_stands_at(watcher, place, target->id))
		return WATCH_NONE;
	return touch_at(watcher, place, now);
}

bool watchers_unlink(struct watchers *watchers, struct watcher *watcher, uint32_t place)
{
	struct target *target = watchers->targets.items[watcher->targets[place]];

	count_outside(watchers, target, watcher, -1);
	target_drop(watchers, target, watcher->id);
	watcher_delete(watcher, place);
	watchers->count--;
	metrics_add(METRIC_WATCHERS, -1);
	if (watcher->count > 0)
		return false;
	watcher_free(watchers, watcher);
	return true;
}

bool watchers_remove(struct watchers *watchers, const char *contact, const char *jid)
{
	struct target *target = find_target(watchers, contact);
	struct watcher *watcher = target != NULL ? find_watcher(watchers, jid) : NULL;
	uint32_t place = watcher != NULL ? watchers_place(watcher, target->id) : 0;

	if (watcher == NULL || !watcher_stands_at(watcher, place, target->id))
		return false;
	(void)watchers_unlink(watchers, watcher, place);
	return true;
}

struct target *watchers_target(struct watchers *watchers, const char *contact)
{
	return find_target(watchers, contact);
}

void watchers_fetch(const struct watchers *watchers, const uint64_t *contacts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		map_fetch_slot(&watchers->by_contact, contacts[i]);
	for (size_t i = 0; i < count; i++)
		(void)map_fetch_entry(&watchers->by_contact, contacts[i]);
}

struct target *watchers_expect(struct watchers *watchers, const char *contact)
{
	struct target *target = watchers_target(watchers, contact);
	return target != NULL ? target : target_new(watchers, contact);
}

void watchers_prune(struct watchers *watchers)
{
	for (uint32_t id = 0; id < watchers->targets.room; id++) {
		struct target *target = watchers->targets.items[id];
		if (target != NULL && target->count == 0)
			target_free(watchers, target);
	}
}

struct target *watchers_next(const struct watchers *watchers, uint32_t *at)
{
	while (*at < watchers->targets.room) {
		struct target *target = watchers->targets.items[(*at)++];
		if (target != NULL)
			return target;
	}
	return NULL;
}

const struct watcher *watchers_name(const struct watchers *watchers, uint32_t id)
{
	return watchers->names.items[id];
}

void watchers_fetch_names(const struct watchers *watchers, const uint32_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		__builtin_prefetch(&watchers->names.items[ids[i]]);
	for (size_t i = 0; i < count; i++) {
		const struct watcher *watcher = watchers->names.items[ids[i]];
		__builtin_prefetch(watcher);
		__builtin_prefetch((const char *)watcher + 64); /* most addresses end in the next line */
	}
}

const struct watcher *watchers_find(const struct watchers *watchers, const char *jid)
{
	return map_get(&watchers->by_jid, jid);
}

const struct target *watchers_target_at(const struct watchers *watchers, uint32_t id)
{
	return watchers->targets.items[id];
}

size_t watchers_count(const struct watchers *watchers)
{
	return watchers->count;
}

size_t watchers_memory(const struct watchers *watchers)
{
	size_t slots = watchers->by_contact.room + watchers->by_jid.room;
	return watchers->bytes + slots * sizeof(struct map_slot) + pool_bytes(&watchers->targets) +
	       pool_bytes(&watchers->names);
}
