/* The life of legs and of the extensions they belong to. */
#include "core/legs.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/metrics.h"
#include "base/text.h"
#include "core/legs_inside.h"

/* Between the parts of a key; no id contains it, as control characters are refused at the border. */
static const char APART = '\x1f';

static void leg_forget(struct engine *engine, struct leg *leg);

size_t extension_key(char key[EXTENSION_KEY], const char *pbx, const char *number)
{
	const char *const parts[] = {pbx, number};
	return text_join(key, EXTENSION_KEY, ':', parts, 2);
}

struct extension *extension_get(struct engine *engine, const char *pbx, const char *number, bool limited)
{
	char key[EXTENSION_KEY];
	extension_key(key, pbx, number);
	struct extension *extension = map_get(&engine->extensions, key);
	if (extension)
		return extension;
	while (limited && engine->unknown_extensions >= LIMIT_UNKNOWN_EXTENSIONS) {
		if (!engine->ended_of_nobody.first || engine->effect_count) /* effects may speak of it */
			return NULL;
		leg_forget(engine, engine->ended_of_nobody.first);
	}
	extension = mem_new(sizeof(*extension));
	extension->pbx = mem_string(pbx);
	extension->number = mem_string(number);
	extension->key = mem_string(key);
	map_put(&engine->extensions, extension->key, extension);
	engine->unknown_extensions++;
	return extension;
}

static void extension_free(struct extension *extension)
{
	free(extension->pbx);
	free(extension->number);
	free(extension->key);
	free(extension);
}

void extension_release(struct engine *engine, struct extension *extension)
{
	if (extension->person || extension->legs || extension->ended_legs ||
		extension->registered != PHONE_UNKNOWN)
		return;
	map_remove(&engine->extensions, extension->key);
	engine->unknown_extensions--;
	extension_free(extension);
}

void extension_assign(struct engine *engine, struct extension *extension, struct person *person)
{
	if (!extension->person && person)
		engine->unknown_extensions--;
	else if (extension->person && !person)
		engine->unknown_extensions++;
	extension->person = person;
}

static void list_add(struct leg_list *list, struct leg *leg)
{
	leg->list_after = NULL;
	leg->list_before = list->last;
	if (list->last)
		list->last->list_after = leg;
	else
		list->first = leg;
	list->last = leg;
	list->count++;
}

static void list_remove(struct leg_list *list, struct leg *leg)
{
	*(leg->list_before ? &leg->list_before->list_after : &list->first) = leg->list_after;
	*(leg->list_after ? &leg->list_after->list_before : &list->last) = leg->list_before;
	list->count--;
}

void leg_key(char key[LEG_KEY], const char *pbx, const char *call, const char *leg, const char *number)
{
	const char *const parts[] = {pbx, call, leg ? leg : "", number};
	text_join(key, LEG_KEY, APART, parts, 4);
}

struct leg *leg_find(
	const struct engine *engine, const char *pbx, const char *call, const char *leg, const char *number)
{
	char key[LEG_KEY];
	leg_key(key, pbx, call, leg, number);
	return map_get(&engine->legs, key);
}

/* Live legs hang on their extension; ended ones are only counted there. */
static void attach(struct engine *engine, struct leg *leg)
{
	struct extension *extension = leg->extension;
	if (leg->state == LEG_ENDED) {
		extension->ended_legs++;
		leg->of_nobody = !extension->person;
		list_add(leg->of_nobody ? &engine->ended_of_nobody : &engine->ended, leg);
		return;
	}
	leg->next = extension->legs;
	extension->legs = leg;
	extension->live_legs++;
	list_add(&engine->live, leg);
	metrics_add(METRIC_LEGS_LIVE, 1);
}

static void detach(struct engine *engine, struct leg *leg)
{
	if (leg->state == LEG_ENDED) {
		leg->extension->ended_legs--;
		list_remove(leg->of_nobody ? &engine->ended_of_nobody : &engine->ended, leg);
		return;
	}
	struct leg **at = &leg->extension->legs;
	while (*at != leg)
		at = &(*at)->next;
	*at = leg->next;
	leg->next = NULL;
	leg->extension->live_legs--;
	list_remove(&engine->live, leg);
	metrics_add(METRIC_LEGS_LIVE, -1);
}

static void leg_forget(struct engine *engine, struct leg *leg)
{
	struct extension *extension = leg->extension;
	detach(engine, leg);
	timers_stop(engine->timers, &leg->timer);
	map_remove(&engine->legs, leg->key);
	free(leg->call);
	free(leg->id);
	free(leg->key);
	free(leg);
	extension_release(engine, extension);
}

void legs_free(struct engine *engine)
{
	while (engine->live.first)
		leg_forget(engine, engine->live.first);
	while (engine->ended.first)
		leg_forget(engine, engine->ended.first);
	while (engine->ended_of_nobody.first)
		leg_forget(engine, engine->ended_of_nobody.first);
}

static void changed(struct engine *engine, struct leg *leg, usec_t now)
{
	engine_add_effect(
		engine, &(struct effect){.kind = EFFECT_LEG, .leg = leg, .person = leg->extension->person});
	engine_touch(engine, leg->extension->person, now);
}

/* The one place where the state of a leg changes. */
static void set_state(
	struct engine *engine, struct leg *leg, enum leg_state state, uint32_t lease, usec_t now)
{
	bool was_up = leg_is_up(leg) && leg->state != LEG_ENDED, was_ended = leg->state == LEG_ENDED;
	if (was_ended || state == LEG_ENDED) { /* one that ends again is the last to be forgotten, too */
		detach(engine, leg);
		leg->state = state;
		attach(engine, leg);
	}
	leg->state = state;
	if (was_ended || (!was_up && leg_is_up(leg)))
		leg->since = now;
	leg->changed = now;
	if (state == LEG_ENDED)
		leg->lease_until = now + LIMIT_ENDED_HOURS * HOUR;
	else if (state == LEG_RINGING)
		leg->lease_until = now + LIMIT_RINGING_MINUTES * MINUTE;
	else
		leg->lease_until = now + (lease ? lease * SECOND : engine->policy.call_max_minutes * MINUTE);
	timers_set(engine->timers, &leg->timer, state == LEG_ENDED ? 0 : leg->lease_until);
}

static void forget_old_of(struct engine *engine, const struct leg_list *list, usec_t now)
{
	struct leg *leg;
	while ((leg = list->first) != NULL && (leg->lease_until <= now || list->count > LIMIT_ENDED_LEGS / 2))
		leg_forget(engine, leg);
}

void legs_forget_old(struct engine *engine, usec_t now)
{
	forget_old_of(engine, &engine->ended, now);
	forget_old_of(engine, &engine->ended_of_nobody, now);
}

static void lease_over(void *arg, usec_t now)
{
	struct leg *leg = arg;
	struct engine *engine = leg->engine;
	metrics_add(METRIC_LEGS_EXPIRED, 1);
	set_state(engine, leg, LEG_ENDED, 0, now);
	changed(engine, leg, now);
}

void legs_expire(struct engine *engine, usec_t now)
{
	for (struct leg *leg = engine->live.first, *after; leg; leg = after) {
		after = leg->list_after;
		if (leg->lease_until <= now)
			lease_over(leg, now);
	}
	legs_forget_old(engine, now);
}

struct leg *leg_new(struct engine *engine, struct extension *extension, const char *call, const char *id,
	enum leg_state state)
{
	char key[LEG_KEY];
	leg_key(key, extension->pbx, call, id, extension->number);
	struct leg *leg = mem_new(sizeof(*leg));
	leg->engine = engine;
	leg->extension = extension;
	leg->call = mem_string(call);
	leg->id = mem_string(id ? id : "");
	leg->key = mem_string(key);
	leg->state = state;
	leg->direction = DIRECTION_INBOUND;
	leg->timer.fire = lease_over;
	leg->timer.arg = leg;
	map_put(&engine->legs, leg->key, leg);
	attach(engine, leg);
	return leg;
}

struct leg *legs_load(struct engine *engine, const struct fact_call *identity, enum leg_state state)
{
	struct extension *extension = extension_get(engine, identity->pbx, identity->extension, true);
	if (!extension || leg_find(engine, identity->pbx, identity->call, identity->leg, identity->extension))
		return NULL;
	return leg_new(engine, extension, identity->call, identity->leg, state);
}

static enum leg_state state_after(const struct leg *leg, enum call_event event)
{
	switch (event) {
	case CALL_RINGING:
		return leg->state == LEG_ENDED ? LEG_RINGING
					       : leg->state; /* never from active back to ringing */
	case CALL_ANSWERED:
	case CALL_RESUMED:
		return LEG_ACTIVE;
	case CALL_HELD:
		return LEG_HELD;
	case CALL_ENDED:
		break;
	}
	return LEG_ENDED;
}

/* An event that says nothing new about an ended leg, or is older than what is known. */
static bool is_stale(const struct leg *leg, const struct fact_call *event)
{
	if (event->at && leg->at && event->at < leg->at)
		return true;
	if (leg->state != LEG_ENDED || event->event == CALL_ENDED)
		return false;
	if (event->at && leg->at)
		return event->at == leg->at;
	return event->event != CALL_RINGING;
}

/* No phone has that many calls: the PBX forgot to end the oldest. */
static void end_surplus(struct engine *engine, const struct extension *extension, usec_t now)
{
	if (extension->live_legs <= LIMIT_LEGS_PER_EXTENSION)
		return;
	struct leg *oldest = extension->legs;
	while (oldest->next)
		oldest = oldest->next;
	set_state(engine, oldest, LEG_ENDED, 0, now);
	engine_add_effect(
		engine, &(struct effect){.kind = EFFECT_LEG, .leg = oldest, .person = extension->person});
}

/* 0: it came without. */
static void set_at(struct leg *leg, usec_t at)
{
	leg->without_at = !at;
	if (at)
		leg->at = at;
}

void leg_apply(struct engine *engine, struct leg *leg, const struct fact_call *event, usec_t now)
{
	if (event->direction != DIRECTION_UNKNOWN)
		leg->direction = event->direction;
	if (event->has_kind)
		leg->kind = event->kind;
	set_at(leg, event->at);
	set_state(engine, leg, state_after(leg, event->event), event->lease_seconds, now);
	end_surplus(engine, leg->extension, now);
	changed(engine, leg, now);
}

void leg_end(struct engine *engine, struct leg *leg, usec_t at, usec_t now)
{
	set_at(leg, at);
	set_state(engine, leg, LEG_ENDED, 0, now);
	changed(engine, leg, now);
}

/* `ended` without a leg id: every leg of that call and extension, those with an id here. */
static bool end_others(
	struct engine *engine, struct extension *extension, const struct fact_call *event, usec_t now)
{
	bool any = false;
	for (struct leg *leg = extension->legs, *next; leg; leg = next) {
		next = leg->next;
		if (leg->id[0] == '\0' || strcmp(leg->call, event->call) != 0 || is_stale(leg, event))
			continue;
		leg_apply(engine, leg, event, now);
		any = true;
	}
	return any;
}

enum outcome legs_apply(struct engine *engine, const struct fact_call *event, usec_t now)
{
	legs_forget_old(engine, now);
	struct extension *extension = extension_get(engine, event->pbx, event->extension, true);
	if (!extension)
		return OUTCOME_NO_ROOM;
	bool others = event->event == CALL_ENDED && !event->leg && end_others(engine, extension, event, now);

	struct leg *leg = leg_find(engine, event->pbx, event->call, event->leg, event->extension);
	if (leg && is_stale(leg, event))
		return others ? OUTCOME_APPLIED : OUTCOME_STALE;
	if (!leg) {
		/* The call as a whole may have ended for this extension; then a late event opens no leg of it. */
		const struct leg *whole = leg_find(engine, event->pbx, event->call, NULL, event->extension);
		if (whole && whole->state == LEG_ENDED && is_stale(whole, event))
			return OUTCOME_STALE; /* it holds the extension, so there is nothing to release */
		leg = leg_new(engine, extension, event->call, event->leg, LEG_ENDED);
	}
	leg_apply(engine, leg, event, now);
	return OUTCOME_APPLIED;
}

size_t engine_replaced_legs(const struct engine *engine, const struct fact_snapshot *snapshot)
{
	if (snapshot->extension) {
		const struct extension *extension =
			engine_extension(engine, snapshot->pbx, snapshot->extension);
		return extension ? extension->live_legs : 0;
	}
	size_t count = 0;
	for (const struct leg *leg = engine->live.first; leg; leg = leg->list_after)
		count += strcmp(leg->extension->pbx, snapshot->pbx) == 0;
	return count;
}

static bool opens(const struct engine *engine, const struct fact_call *event)
{
	if (event->event == CALL_ENDED)
		return false;
	const struct leg *leg = leg_find(engine, event->pbx, event->call, event->leg, event->extension);
	return !leg || leg->state == LEG_ENDED;
}

bool engine_has_room(const struct engine *engine, const struct fact *facts, size_t count)
{
	size_t live = engine->live.count;
	for (size_t i = 0; i < count; i++) {
		if (facts[i].kind == FACT_CALL && opens(engine, &facts[i].call) && ++live > LIMIT_LIVE_LEGS)
			return false;
		if (facts[i].kind != FACT_SNAPSHOT)
			continue;
		live -= engine_replaced_legs(engine, &facts[i].snapshot);
		live += facts[i].snapshot.count;
		if (facts[i].snapshot.count && live > LIMIT_LIVE_LEGS)
			return false;
	}
	return true;
}
