/* One tenant's people and what is known of them: applying facts, deriving presence, making effects. */
#include "core/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/metrics.h"
#include "core/devices.h"
#include "core/legs.h"
#include "core/people.h"
#include "core/seen.h"

struct engine *engine_new(const char *domain, int64_t row, struct timers *timers)
{
	struct engine *engine = mem_new(sizeof(*engine));
	engine->domain = mem_string(domain);
	engine->row = row;
	engine->timers = timers;
	policy_init(&engine->policy);
	catalogue_init(&engine->catalogue);
	map_init(&engine->people);
	map_init(&engine->accounts);
	map_init(&engine->extensions);
	map_init(&engine->legs);
	map_init(&engine->admins);
	map_init(&engine->event_ids);
	return engine;
}

static void free_extensions(struct engine *engine)
{
	struct extension *extension;
	for (size_t at = 0; (extension = map_next(&engine->extensions, &at)) != NULL;) {
		extension->registered = PHONE_UNKNOWN;
		extension_release(engine, extension);
	}
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	people_free(engine);
	legs_free(engine);
	free_extensions(engine);
	engine_clear_admins(engine, ADMIN_CONFIGURED);
	engine_clear_admins(engine, ADMIN_STORED);
	struct seen *seen;
	for (size_t at = 0; (seen = map_next(&engine->event_ids, &at)) != NULL;)
		seen_free(seen);
	map_done(&engine->people);
	map_done(&engine->accounts);
	map_done(&engine->extensions);
	map_done(&engine->legs);
	map_done(&engine->admins);
	map_done(&engine->event_ids);
	catalogue_done(&engine->catalogue);
	free(engine->effects);
	free(engine->leg_scratch);
	free(engine->gone_contact);
	free(engine->gone_account);
	touch_done(engine);
	free(engine->domain);
	free(engine);
}

void engine_add_effect(struct engine *engine, const struct effect *effect)
{
	if (engine->effect_count == engine->effect_room) {
		engine->effect_room = engine->effect_room ? engine->effect_room * 2 : 16;
		engine->effects = mem_resize(engine->effects, engine->effect_room, sizeof(*engine->effects));
	}
	engine->effects[engine->effect_count++] = *effect;
}

bool engine_next_effect(struct engine *engine, struct effect *effect)
{
	if (engine->effect_next < engine->effect_count) {
		*effect = engine->effects[engine->effect_next++];
		return true;
	}
	engine->effect_next = engine->effect_count = 0;
	return false;
}

void engine_facts(struct engine *engine, const struct person *person, usec_t now, struct facts *facts)
{
	size_t count = 0;
	for (size_t i = 0; i < person->extension_count; i++) {
		for (const struct leg *leg = person->extensions[i]->legs; leg; leg = leg->next) {
			if (count == engine->leg_scratch_room) {
				engine->leg_scratch_room = count ? count * 2 : 8;
				engine->leg_scratch = mem_resize(engine->leg_scratch,
					engine->leg_scratch_room, sizeof(*engine->leg_scratch));
			}
			engine->leg_scratch[count++] = leg;
		}
	}
	*facts = (struct facts){
		.choices = &person->choices,
		.message = &person->message,
		.legs = engine->leg_scratch,
		.leg_count = count,
		.devices = person->devices,
		.device_count = person->device_count,
		.feed = person_feed(person) == FEED_ACTIVE && !person->unheard,
		.phone = person_phone(person),
		.has_account = person->account != NULL,
		.has_extension = person->extension_count > 0,
		.preferences = &person->preferences,
		.policy = &engine->policy,
		.catalogue = &engine->catalogue,
		.now = now,
	};
}

static usec_t next_of(const struct facts *facts, const struct person *person)
{
	usec_t derived = derive_next(facts), devices = devices_next(person);
	return derived && (!devices || derived < devices) ? derived : devices;
}

/* What concerns many is no reason to hear of one of them sooner, and nor is the first derivation of all. */
static void tell_unheard(struct engine *engine, struct person *person, const struct presence *presence)
{
	uint64_t before = person->presence.digest;
	if (!person->settles && before && presence->digest != before && !engine->touch.slicing)
		engine_add_effect(engine, &(struct effect){.kind = EFFECT_UNHEARD, .person = person});
}

void engine_touch(struct engine *engine, struct person *person, usec_t now)
{
	struct facts facts;
	struct presence presence;
	if (!person || !engine->started)
		return;
	devices_pass(engine, person, now);
	engine_facts(engine, person, now, &facts);
	derive(&facts, &presence);
	timers_set(engine->timers, &person->timer, next_of(&facts, person));
	if (engine->tells_touches && person->extension_count > 0)
		engine_add_effect(engine, &(struct effect){.kind = EFFECT_TOUCH, .person = person});
	bool same = person->generation > 0 && presence.digest == person->presence.digest;
	if (same)
		presence.since = person->presence.since; /* nothing that colleagues see is younger */
	if (person->unheard)
		tell_unheard(engine, person, &presence);
	person->presence = presence;
	if (same || person->unheard)
		return;
	person->generation++;
	engine_add_effect(engine, &(struct effect){.kind = EFFECT_PRESENCE,
					  .of_many = engine->touch.slicing,
					  .person = person,
					  .contact = person->contact});
}

void choice_clear(struct choice *choice)
{
	free(choice->message);
	*choice = (struct choice){0};
}

static void apply_status(struct engine *engine, const struct status_fields *fields, usec_t now)
{
	uint64_t looks = engine->catalogue.looks;
	const struct status *old = catalogue_get(&engine->catalogue, fields->id);
	bool other_action = engine->tells_touches && old && old->call_action != fields->call_action;

	catalogue_put(&engine->catalogue, fields);
	if (engine->started && (engine->catalogue.looks != looks || other_action))
		touch_begin(engine, other_action, now);
}

static struct seen *seen_of(struct engine *engine, const char *pbx)
{
	struct seen *seen = map_get(&engine->event_ids, pbx);
	if (!seen) {
		seen = seen_new(pbx, LIMIT_EVENT_IDS);
		map_put(&engine->event_ids, seen->pbx, seen);
	}
	return seen;
}

static bool apply_call(struct engine *engine, struct fact *fact, usec_t now)
{
	const struct fact_call *call = &fact->call;
	struct seen *seen = call->id ? seen_of(engine, call->pbx) : NULL;
	if (seen && seen_has(seen, call->id)) {
		fact->outcome = OUTCOME_DUPLICATE;
		return true;
	}
	fact->outcome = legs_apply(engine, call, now);
	if (seen && fact->outcome != OUTCOME_NO_ROOM) {
		seen_add(seen, call->id);
		engine_add_effect(
			engine, &(struct effect){.kind = EFFECT_EVENT_ID, .pbx = call->pbx, .id = call->id});
	}
	return true;
}

static bool apply_phone(struct engine *engine, struct fact *fact, usec_t now)
{
	struct extension *extension = extension_get(engine, fact->phone.pbx, fact->phone.extension, true);
	enum phone registered = fact->phone.registered ? PHONE_REGISTERED : PHONE_UNREGISTERED;
	if (!extension || extension->registered == registered) {
		fact->outcome = extension ? OUTCOME_STALE : OUTCOME_NO_ROOM;
		return true;
	}
	extension->registered = registered;
	engine_add_effect(engine, &(struct effect){.kind = EFFECT_PHONE, .extension = extension});
	engine_touch(engine, extension->person, now);
	return true;
}

static bool is_available(const struct fact_choice *choice)
{
	return !choice->status || strcmp(choice->status, "available") == 0;
}

bool engine_check_choice(
	const struct engine *engine, const struct fact_choice *choice, usec_t now, struct error *error)
{
	bool available = is_available(choice);
	const struct status *status = available ? NULL : catalogue_get(&engine->catalogue, choice->status);
	if (available && choice->until)
		return error_set(error, "expires",
			"Available takes no expiry: it is what comes when nothing else is chosen");
	if (available && choice->message && choice->message[0])
		return error_set(error, "message", "Available takes no message: set a message of its own");
	if (!available && !status)
		return error_set(error, "status", "there is no status \"%s\"", choice->status);
	if (!available && status->kind == STATUS_AUTOMATIC)
		return error_set(
			error, "status", "%s is set automatically and cannot be chosen", status->name);
	if (!available && !status->enabled)
		return error_set(error, "status", "%s is not offered", status->name);
	if (choice->until && choice->until <= now)
		return error_set(error, "expires", "is in the past");
	return true;
}

static void remember_recent(struct person *person, const struct status *status)
{
	size_t place = 0;
	while (place < LIMIT_RECENT - 1 && person->recent[place] && person->recent[place] != status)
		place++;
	memmove(&person->recent[1], &person->recent[0], place * sizeof(*person->recent));
	person->recent[0] = status;
}

/* `status` is NULL for Available. */
static void choose(
	struct engine *engine, const struct fact_choice *fact, const struct status *status, usec_t now)
{
	struct choices *choices = &fact->person->choices;
	char *message = fact->message && fact->message[0] ? mem_string(fact->message) : NULL;
	choice_clear(&choices->timed);
	if (!fact->until)
		choice_clear(&choices->standing);
	if (status) {
		struct choice *choice = fact->until ? &choices->timed : &choices->standing;
		*choice = (struct choice){status, message, fact->until, now, fact->source};
		if (fact->source == SOURCE_PERSON)
			remember_recent(fact->person, status);
	} else {
		free(message);
		choices->standing.at = now;
	}
	choices->ever = true;
	engine_add_effect(engine, &(struct effect){.kind = EFFECT_CHOICES, .person = fact->person});
}

void engine_choose_at_login(
	struct engine *engine, struct person *person, const struct status *status, usec_t now)
{
	bool available = status == engine->catalogue.available;
	struct fact_choice fact = {.person = person, .source = SOURCE_LOGIN};
	if (!available && status->default_expiry)
		fact.until = now + status->default_expiry * MINUTE;
	choose(engine, &fact, available ? NULL : status, now);
}

static bool apply_choice(
	struct engine *engine, const struct fact_choice *fact, usec_t now, struct error *error)
{
	if (!engine_check_choice(engine, fact, now, error))
		return false;
	choose(engine, fact, is_available(fact) ? NULL : catalogue_get(&engine->catalogue, fact->status),
		now);
	engine_touch(engine, fact->person, now);
	return true;
}

static bool apply_message(
	struct engine *engine, const struct fact_message *fact, usec_t now, struct error *error)
{
	if (fact->until && fact->until <= now)
		return error_set(error, "expires", "is in the past");
	bool none = !fact->text || fact->text[0] == '\0';
	mem_replace(&fact->person->message.text, none ? NULL : fact->text);
	fact->person->message.until = none ? 0 : fact->until;
	engine_add_effect(engine, &(struct effect){.kind = EFFECT_MESSAGE, .person = fact->person});
	engine_touch(engine, fact->person, now);
	return true;
}

bool engine_apply(struct engine *engine, struct fact *fact, usec_t now, struct error *error)
{
	free(engine->gone_contact);
	free(engine->gone_account);
	engine->gone_contact = engine->gone_account = NULL;
	touch_forget_texts(engine);
	fact->outcome = OUTCOME_APPLIED;
	switch (fact->kind) {
	case FACT_CALL:
		return apply_call(engine, fact, now);
	case FACT_SNAPSHOT:
		legs_snapshot(engine, &fact->snapshot, now);
		return true;
	case FACT_PHONE:
		return apply_phone(engine, fact, now);
	case FACT_CHOICE:
		return apply_choice(engine, &fact->choice, now, error);
	case FACT_MESSAGE:
		return apply_message(engine, &fact->message, now, error);
	case FACT_PERSON:
		return people_put(engine, &fact->person, now, error);
	case FACT_PREFERENCES:
		return people_prefer(engine, &fact->preferences, now, error);
	case FACT_PERSON_GONE:
		return people_remove(engine, fact->gone.row, error);
	case FACT_STATUS:
		apply_status(engine, &fact->status, now);
		return true;
	case FACT_POLICY:
		engine->policy = *fact->policy.policy;
		if (engine->started)
			touch_begin(engine, true, now);
		return true;
	case FACT_DEVICE:
		devices_apply(engine, &fact->device, now);
		return true;
	case FACT_DEVICE_CLASS:
		devices_apply_class(engine, &fact->device_class, now);
		return true;
	case FACT_FEED:
		devices_apply_feed(engine, &fact->feed, now);
		return true;
	case FACT_PROBED:
		devices_apply_probed(engine, &fact->probed, now);
		return true;
	case FACT_PRIVILEGE:
		devices_apply_privilege(engine, fact->privilege.granted, now);
		return true;
	}
	return false;
}

bool engine_load_choices(struct engine *engine, int64_t row, const struct choices *choices)
{
	struct person *person = engine_person_by_row(engine, row);
	if (!person)
		return false;
	choice_clear(&person->choices.standing);
	choice_clear(&person->choices.timed);
	person->choices = *choices;
	person->choices.standing.message =
		choices->standing.message ? mem_string(choices->standing.message) : NULL;
	person->choices.timed.message = choices->timed.message ? mem_string(choices->timed.message) : NULL;
	return true;
}

bool engine_load_message(struct engine *engine, int64_t row, const char *text, usec_t until)
{
	struct person *person = engine_person_by_row(engine, row);
	if (!person)
		return false;
	mem_replace(&person->message.text, text);
	person->message.until = until;
	return true;
}

bool engine_load_feed(struct engine *engine, const char *account, enum feed feed)
{
	struct person *person = engine_person_by_account(engine, account);
	if (strcmp(account, engine->domain) == 0)
		engine->privileged = feed == FEED_ACTIVE;
	else if (person)
		person->feed = feed;
	else
		return false;
	return true;
}

bool engine_load_recent(struct engine *engine, int64_t row, const struct status *const *recent, size_t count)
{
	struct person *person = engine_person_by_row(engine, row);
	if (!person)
		return false;
	memset(person->recent, 0, sizeof(person->recent));
	for (size_t i = 0; i < count && i < LIMIT_RECENT; i++)
		person->recent[i] = recent[i];
	return true;
}

bool engine_load_phone(struct engine *engine, const char *pbx, const char *number, bool registered)
{
	struct extension *extension = extension_get(engine, pbx, number, true);
	if (!extension)
		return false;
	extension->registered = registered ? PHONE_REGISTERED : PHONE_UNREGISTERED;
	return true;
}

bool engine_load_leg(struct engine *engine, const struct fact_call *identity, enum leg_state state,
	usec_t changed, usec_t since, usec_t lease_until)
{
	struct leg *leg = legs_load(engine, identity, state);
	if (!leg)
		return false;
	leg->kind = identity->kind;
	leg->direction = identity->direction;
	leg->at = identity->at;
	leg->changed = changed;
	/* Whether the last event had an `at` is not stored: both instants count, unless they are so far apart that
	 * the clock of the PBX must be wrong. */
	leg->without_at = !leg->at || changed - leg->at < LIMIT_CLOCKS_APART_MINUTES * MINUTE;
	leg->since = since;
	leg->lease_until = lease_until;
	if (state != LEG_ENDED)
		timers_set(engine->timers, &leg->timer, lease_until);
	return true;
}

void engine_load_event_id(struct engine *engine, const char *pbx, const char *id)
{
	seen_add(seen_of(engine, pbx), id);
}

void engine_forget_event_id(struct engine *engine, const char *pbx, const char *id)
{
	seen_forget(seen_of(engine, pbx), id);
}

void engine_start(struct engine *engine, usec_t now)
{
	legs_expire(engine, now);
	for (size_t i = 0; i < engine->person_count; i++)
		devices_start(engine->rows[i]);
	engine->started = true;
	touch_everybody(engine, now);
	/* The effects of leases that ran out remain; presence goes out to everybody after a start anyway. */
	size_t kept = 0;
	for (size_t i = 0; i < engine->effect_count; i++)
		if (engine->effects[i].kind != EFFECT_PRESENCE)
			engine->effects[kept++] = engine->effects[i];
	engine->effect_count = kept;
}

enum call_action engine_action(struct engine *engine, const struct person *person, usec_t now)
{
	struct facts facts;
	engine_facts(engine, person, now, &facts);
	return derive_action(&facts);
}

bool engine_accepts_calls(struct engine *engine, const struct person *person, usec_t now)
{
	struct facts facts;
	engine_facts(engine, person, now, &facts);
	return derive_accepts_calls(&facts, &person->presence);
}
