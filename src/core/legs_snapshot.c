/* What a PBX says of all its calls at once takes the place of what was known of them. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "core/legs.h"
#include "core/legs_inside.h"

/* One in order counts as an event without `at`: the clock it was made by may have been set back since. */
static usec_t at_of(const struct fact_snapshot *snapshot)
{
	return snapshot->in_order ? 0 : snapshot->at;
}

/* What the PBX says of `at` is no news for a leg that has changed since. */
static bool is_newer(const struct leg *leg, const struct fact_snapshot *snapshot)
{
	usec_t at = snapshot->at;
	if (snapshot->in_order)
		return false;
	return leg->at > at || (leg->at == at && leg->state == LEG_ENDED) ||
	       (leg->without_at && leg->changed > at);
}

/* Calls of which a leg with an id ended after the snapshot was taken, by the hashes of their keys: legs may be
 * forgotten meanwhile. */
struct ended_calls {
	bool known;
	uint64_t *hashes; /* sorted */
	size_t count;
};

static uint64_t call_hash(const char *pbx, const char *call, const char *number)
{
	char key[LEG_KEY];
	leg_key(key, pbx, call, NULL, number);
	return hash_random(key, strlen(key));
}

static int compare_hashes(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
	return (one > other) - (one < other);
}

/* Looks back as far as clocks may differ. */
static void add_ended(
	struct ended_calls *calls, const struct leg_list *list, const struct fact_snapshot *snapshot)
{
	usec_t from = snapshot->at - LIMIT_CLOCKS_APART_MINUTES * MINUTE;
	for (const struct leg *leg = list->last; leg && leg->changed > from; leg = leg->list_before) {
		const struct extension *extension = leg->extension;
		if (leg->id[0] && is_newer(leg, snapshot) && strcmp(extension->pbx, snapshot->pbx) == 0)
			calls->hashes[calls->count++] =
				call_hash(extension->pbx, leg->call, extension->number);
	}
}

/* Once a snapshot at most: `at` may be of long ago, and then all that ended is looked at. */
static void find_ended(
	const struct engine *engine, const struct fact_snapshot *snapshot, struct ended_calls *calls)
{
	calls->known = true;
	calls->hashes =
		mem_new((engine->ended.count + engine->ended_of_nobody.count + 1) * sizeof(*calls->hashes));
	add_ended(calls, &engine->ended, snapshot);
	add_ended(calls, &engine->ended_of_nobody, snapshot);
	qsort(calls->hashes, calls->count, sizeof(*calls->hashes), compare_hashes);
}

/* Whether a leg of an entry without leg ended after the snapshot was taken; where the entry has an id, only the call
 * as a whole counts. */
static bool ended_later(const struct engine *engine, const struct fact_snapshot *snapshot,
	const struct snapshot_leg *entry, struct ended_calls *calls)
{
	if (snapshot->in_order)
		return false;
	if (entry->leg) {
		const struct leg *whole =
			leg_find(engine, snapshot->pbx, entry->call, NULL, entry->extension);
		return whole && whole->state == LEG_ENDED && is_newer(whole, snapshot);
	}
	if (!calls->known)
		find_ended(engine, snapshot, calls);
	uint64_t hash = call_hash(snapshot->pbx, entry->call, entry->extension);
	return bsearch(&hash, calls->hashes, calls->count, sizeof(hash), compare_hashes) != NULL;
}

static void snapshot_entry(struct engine *engine, const struct fact_snapshot *snapshot,
	const struct snapshot_leg *entry, struct ended_calls *ended, usec_t now)
{
	static const enum call_event events[] = {CALL_RINGING, CALL_ANSWERED, CALL_HELD};
	struct fact_call event = {.pbx = snapshot->pbx,
		.call = entry->call,
		.extension = entry->extension,
		.leg = entry->leg,
		.event = events[entry->state],
		.direction = entry->direction,
		.kind = entry->kind,
		.has_kind = entry->has_kind,
		.at = at_of(snapshot),
		.lease_seconds = snapshot->lease_seconds};
	struct extension *extension = extension_get(engine, snapshot->pbx, entry->extension, true);
	if (!extension)
		return;
	/* Without a leg id it speaks of all live legs of that call and extension. */
	bool known = false;
	for (struct leg *leg = extension->legs; leg && !entry->leg; leg = leg->next) {
		if (strcmp(leg->call, entry->call) != 0)
			continue;
		known = true;
		leg->snapshot = engine->snapshots;
		if (!is_newer(leg, snapshot))
			leg_apply(engine, leg, &event, now);
	}
	if (known)
		return;
	struct leg *leg = leg_find(engine, snapshot->pbx, entry->call, entry->leg, entry->extension);
	if (leg && is_newer(leg, snapshot)) {
		leg->snapshot = engine->snapshots;
		extension_release(engine, extension);
		return;
	}
	if (!leg && ended_later(engine, snapshot, entry, ended)) {
		extension_release(engine, extension); /* the leg that ended may be forgotten */
		return;
	}
	bool opened = !leg || leg->state == LEG_ENDED;
	if (!leg)
		leg = leg_new(engine, extension, entry->call, entry->leg, LEG_ENDED);
	leg->snapshot = engine->snapshots;
	leg_apply(engine, leg, &event, now);
	if (opened && entry->since && entry->since < now) {
		leg->since = entry->since;
		engine_touch(engine, extension->person, now);
	}
}

static void end_left_out(
	struct engine *engine, const struct fact_snapshot *snapshot, struct leg *leg, usec_t now)
{
	if (leg->snapshot == engine->snapshots || is_newer(leg, snapshot))
		return;
	leg_end(engine, leg, at_of(snapshot), now);
}

static void end_left_out_of_extension(struct engine *engine, const struct fact_snapshot *snapshot, usec_t now)
{
	struct extension *extension = engine_extension(engine, snapshot->pbx, snapshot->extension);
	for (struct leg *leg = extension ? extension->legs : NULL, *next; leg; leg = next) {
		next = leg->next;
		end_left_out(engine, snapshot, leg, now);
	}
}

void legs_snapshot(struct engine *engine, const struct fact_snapshot *snapshot, usec_t now)
{
	struct ended_calls ended = {0};
	engine->snapshots++;
	for (size_t i = 0; i < snapshot->count; i++)
		snapshot_entry(engine, snapshot, &snapshot->legs[i], &ended, now);
	free(ended.hashes);
	if (snapshot->extension)
		end_left_out_of_extension(engine, snapshot, now);
	for (struct leg *leg = snapshot->extension ? NULL : engine->live.first, *after; leg; leg = after) {
		after = leg->list_after;
		if (strcmp(leg->extension->pbx, snapshot->pbx) == 0)
			end_left_out(engine, snapshot, leg, now);
	}
	legs_forget_old(engine, now);
}
