/*
 * Random histories of a tenant: each step is a kind and a few random numbers, which mean the same whatever stood
 * before it, so that a history that fails can be made shorter by leaving steps out.
 *
 * What the effects say is to be saved is kept in `saved`; a restart is a new engine that knows that and no more.
 */
#ifndef OFFHOOK_TESTS_HISTORY_H
#define OFFHOOK_TESTS_HISTORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/devices.h"
#include "core/engine.h"

enum step_kind {
	STEP_TIME,
	STEP_CALL,
	STEP_SNAPSHOT,
	STEP_PHONE,
	STEP_CHOICE,
	STEP_MESSAGE,
	STEP_PERSON,
	STEP_GONE,
	STEP_PREFERENCES,
	STEP_STATUS,
	STEP_POLICY,
	STEP_DEVICE,
	STEP_CLASS,
	STEP_FEED,
	STEP_PROBED,
	STEP_PRIVILEGE,
	STEP_RESTART,
	STEP_KINDS,
};

static const char *const step_names[STEP_KINDS] = {"time", "call", "snapshot", "phone", "choice", "message",
	"person", "gone", "preferences", "status", "policy", "device", "class", "feed", "probed", "privilege",
	"restart"};
/* How often each comes, of all together. */
static const unsigned step_weights[STEP_KINDS] = {20, 24, 2, 3, 10, 3, 2, 1, 3, 4, 2, 24, 4, 5, 3, 1, 2};

struct step {
	enum step_kind kind;
	unsigned r[7];
};

enum { PEOPLE = 3, NUMBERS = 4, OWN_STATUSES = 3, LEGS_MOST = 128 };

struct saved_leg {
	char call[8], leg[8], number[8];
	enum leg_state state;
	enum leg_kind kind;
	enum direction direction;
	usec_t at, changed, since, lease_until;
};

struct saved_choice {
	char status[LIMIT_SLUG + 1], message[16];
	usec_t at, until;
	enum source source;
};

struct saved_person {
	bool exists;
	struct step person, preferences; /* as they were made */
	struct saved_choice standing, timed;
	bool ever;
	char message[16];
	usec_t message_until;
	enum feed feed;
};

static struct {
	struct saved_person people[PEOPLE];
	struct saved_leg legs[LEGS_MOST];
	size_t leg_count;
	enum phone phones[NUMBERS];
	bool privileged;
	struct step statuses[OWN_STATUSES];
	bool has_status[OWN_STATUSES], deleted[OWN_STATUSES];
	bool lunch_hidden;
	struct step policy;
	bool has_policy;
} saved;

static struct timers timers;
static struct engine *engine;
static usec_t now;
static bool keeps_at_login; /* nobody has on_login or on_logout */
static size_t presence_effects[PEOPLE];
static const char *trouble; /* the first thing that was wrong */

static const char *const numbers[NUMBERS] = {"1001", "1002", "1003", "1004"};
static const char *const resources[] = {"desk", "phone", "bot"};
static const char *const accounts[] = {"@example.org", "@example.org", "-2@example.org", NULL};
static const char *const calls[] = {"a", "b", "c"};
static const char *const leg_ids[] = {NULL, "x", "y"};
static const char *const picks[] = {"available", "available", "dnd", "away", "chat", "lunch-break",
	"business-trip", "invisible", "own-0", "own-1", "own-2"};
static const char *const texts[] = {NULL, "tea", "Focus", "📚 focus", "LUNCH break", "Deep Work", "Available",
	"Invisible", "🍽️ Lunch Break", "Do Not Disturb", "Gone home", "On Call"};

#define PICK(step, i, list) ((list)[(step)->r[i] % (sizeof(list) / sizeof(*(list)))])

static void wrong(const char *what)
{
	if (!trouble)
		trouble = what;
}

static struct person *person_at(size_t who)
{
	return engine_person_by_row(engine, (int64_t)who + 1);
}

static size_t place_of(const struct person *person)
{
	return (size_t)person->row - 1;
}

/* ---- what is saved ---- */

static void save_choice(struct saved_choice *to, const struct choice *choice)
{
	memset(to, 0, sizeof(*to));
	if (choice->status)
		snprintf(to->status, sizeof(to->status), "%s", choice->status->id);
	snprintf(to->message, sizeof(to->message), "%s", choice->message ? choice->message : "");
	to->at = choice->at;
	to->until = choice->until;
	to->source = choice->source;
}

static void save_leg(const struct leg *leg)
{
	size_t i = 0;
	for (; i < saved.leg_count; i++)
		if (strcmp(saved.legs[i].call, leg->call) == 0 && strcmp(saved.legs[i].leg, leg->id) == 0 &&
			strcmp(saved.legs[i].number, leg->extension->number) == 0)
			break;
	if (i == saved.leg_count && ++saved.leg_count > LEGS_MOST)
		abort();
	struct saved_leg *to = &saved.legs[i];
	*to = (struct saved_leg){.state = leg->state,
		.kind = leg->kind,
		.direction = leg->direction,
		.at = leg->at,
		.changed = leg->changed,
		.since = leg->since,
		.lease_until = leg->lease_until};
	snprintf(to->call, sizeof(to->call), "%s", leg->call);
	snprintf(to->leg, sizeof(to->leg), "%s", leg->id);
	snprintf(to->number, sizeof(to->number), "%s", leg->extension->number);
}

static void save_feed(const struct effect *effect)
{
	if (strcmp(effect->account, engine->domain) == 0)
		saved.privileged = effect->feed == FEED_ACTIVE;
	else if (effect->person)
		saved.people[place_of(effect->person)].feed = effect->feed;
	else
		for (size_t i = 0; i < PEOPLE; i++)
			if (effect->account[0] == 'p' && effect->account[1] == (char)('0' + i))
				saved.people[i].feed = FEED_NONE;
}

static void save(const struct effect *effect)
{
	struct saved_person *person = effect->person ? &saved.people[place_of(effect->person)] : NULL;
	if (effect->kind == EFFECT_PRESENCE) {
		presence_effects[place_of(effect->person)]++;
		if (effect->person->unheard)
			wrong("somebody unheard is published");
	} else if (effect->kind == EFFECT_CHOICES) {
		save_choice(&person->standing, &effect->person->choices.standing);
		save_choice(&person->timed, &effect->person->choices.timed);
		person->ever = effect->person->choices.ever;
	} else if (effect->kind == EFFECT_MESSAGE) {
		const struct message *message = &effect->person->message;
		snprintf(person->message, sizeof(person->message), "%s", message->text ? message->text : "");
		person->message_until = message->until;
	} else if (effect->kind == EFFECT_LEG) {
		save_leg(effect->leg);
	} else if (effect->kind == EFFECT_PHONE) {
		saved.phones[effect->extension->number[3] - '1'] = effect->extension->registered;
	} else if (effect->kind == EFFECT_FEED) {
		save_feed(effect);
	}
}

static void drain(void)
{
	struct effect effect;
	while (engine_next_effect(engine, &effect))
		save(&effect);
}

static bool apply(struct fact fact)
{
	struct error error = {0};
	bool ok = engine_apply(engine, &fact, now, &error);
	drain();
	return ok;
}

/* ---- steps as facts ---- */

static void make_preferences(const struct step *step, struct preferences *preferences)
{
	static const char *const at_login[] = {"keep", "keep", "available", "dnd", "own-0", "business-trip"};
	static const uint32_t minutes[] = {0, 0, 5, 30};
	preferences_init(preferences);
	preferences->auto_away_minutes = PICK(step, 1, minutes);
	preferences->hide_calls = step->r[2] % 4 == 0;
	if (keeps_at_login)
		return;
	preferences->on_login = catalogue_get(&engine->catalogue, PICK(step, 3, at_login));
	preferences->on_logout = catalogue_get(&engine->catalogue, PICK(step, 4, at_login));
}

static bool put_person(const struct step *step)
{
	static const char *const pbx_numbers[] = {"hq:1001", "hq:1002", "hq:1003", "hq:1004"};
	const char *extensions[NUMBERS], *domain = PICK(step, 1, accounts);
	size_t who = step->r[0] % PEOPLE, count = 0;
	char contact[16], account[32];
	snprintf(contact, sizeof(contact), "p%zu%s", who, step->r[3] % 4 ? "" : "-new");
	snprintf(account, sizeof(account), "p%zu%s", who, domain ? domain : "");
	for (size_t i = 0; i < NUMBERS; i++)
		if (step->r[2] >> i & 1)
			extensions[count++] = pbx_numbers[i];
	return apply((struct fact){.kind = FACT_PERSON,
		.person = {.row = (int64_t)who + 1,
			.contact = contact,
			.account = domain ? account : NULL,
			.name = contact,
			.extensions = extensions,
			.extension_count = count}});
}

static void put_status(const struct step *step)
{
	static const char *const ids[] = {"own-0", "own-1", "own-2"};
	static const char *const names[] = {"Focus", "Deep Work", "Training", "Gone home", "Tea time", "Tea"};
	static const char *const icons[] = {"📚", "🎓", ""}, *const defaults[] = {"", "ask Ann"};
	size_t which = step->r[0] % OWN_STATUSES;
	apply((struct fact){.kind = FACT_STATUS,
		.status = {.row = (int64_t)which + 100,
			.id = ids[which],
			.name = names[2 * which + step->r[1] % 2],
			.icon = PICK(step, 2, icons),
			.color = step->r[3] % 2 ? "#111111" : "#222222",
			.text = PICK(step, 3, defaults),
			.activity = "",
			.show = (enum show)(step->r[4] % SHOW_COUNT),
			.default_expiry = step->r[5] % 3 == 0 ? 5 : 0,
			.position = step->r[5] % 100,
			.when_offline = step->r[5] % 2,
			.enabled = step->r[6] % 4 != 0,
			.deleted = step->r[6] % 16 == 1,
			.kind = STATUS_CUSTOM}});
}

static void put_policy(const struct step *step)
{
	static const char *const at_calls[] = {"on-call", "on-call", "own-0"}, *const ringing[] = {
										       "", "", "chat"};
	static const uint32_t minutes[] = {10, 10, 3};
	struct policy policy;
	policy_init(&policy);
	policy.call_precedence = step->r[0] % 2;
	policy.auto_away_minutes = PICK(step, 1, minutes);
	snprintf(policy.on_call_status, sizeof(policy.on_call_status), "%s", PICK(step, 2, at_calls));
	snprintf(policy.ringing_status, sizeof(policy.ringing_status), "%s", PICK(step, 3, ringing));
	apply((struct fact){.kind = FACT_POLICY, .policy = {&policy}});
}

static void hide_lunch(bool hidden)
{
	struct status_fields fields;
	status_fields_of(map_get(&engine->catalogue.by_id, "lunch-break"), &fields);
	fields.enabled = !hidden;
	apply((struct fact){.kind = FACT_STATUS, .status = fields});
}

static void set_preferences(struct person *person, const struct step *step)
{
	struct preferences preferences;
	make_preferences(step, &preferences);
	if (!apply((struct fact){.kind = FACT_PREFERENCES,
		    .preferences = {.row = person->row, .preferences = &preferences}}))
		wrong("preferences are refused");
}

static void pass(usec_t time)
{
	now += time;
	while (timers_run(&timers, now, 1000))
		drain();
}

static void run_call(const struct step *step)
{
	static const usec_t at[] = {0, 0, -50 * SECOND, -SECOND, 0, SECOND};
	usec_t offset = PICK(step, 4, at);
	apply((struct fact){.kind = FACT_CALL,
		.call = {.pbx = "hq",
			.extension = PICK(step, 0, numbers),
			.call = PICK(step, 1, calls),
			.leg = PICK(step, 2, leg_ids),
			.event = (enum call_event)(step->r[3] % 5),
			.at = step->r[4] % 3 ? now + offset : 0,
			.direction = (enum direction)(step->r[5] % 3),
			.has_kind = step->r[6] % 2,
			.kind = (enum leg_kind)(step->r[6] / 2 % 2)}});
}

static void run_snapshot(const struct step *step)
{
	struct snapshot_leg legs[NUMBERS];
	size_t count = 0;
	for (size_t i = 0; i < NUMBERS; i++)
		if (step->r[0] >> i & 1)
			legs[count++] = (struct snapshot_leg){.call = PICK(step, i % 2 + 1, calls),
				.extension = numbers[i],
				.state = (enum leg_state)(step->r[3] % LEG_ENDED),
				.direction = (enum direction)(step->r[4] % 3),
				.since = step->r[5] % 2 ? now - MINUTE : 0};
	apply((struct fact){.kind = FACT_SNAPSHOT,
		.snapshot = {
			.pbx = "hq", .at = now - (step->r[6] % 3) * SECOND, .legs = legs, .count = count}});
}

static void run_choice(struct person *person, const struct step *step)
{
	static const usec_t until[] = {0, 0, SECOND, MINUTE, HOUR};
	const char *status = PICK(step, 1, picks);
	bool available = strcmp(status, "available") == 0;
	usec_t for_so_long = available ? 0 : PICK(step, 2, until);
	apply((struct fact){.kind = FACT_CHOICE,
		.choice = {.person = person,
			.status = status,
			.message = step->r[3] % 3 || available ? NULL : "said",
			.until = for_so_long ? now + for_so_long : 0}});
}

static void run_device(struct person *person, const struct step *step)
{
	static const usec_t idle[] = {0, 0, 0, 1, 5 * MINUTE, 15 * MINUTE};
	static const int8_t priorities[] = {0, 0, 5, -1};
	usec_t idle_for = PICK(step, 5, idle);
	bool all = step->r[6] % 12 == 0;
	apply((struct fact){.kind = FACT_DEVICE,
		.device = {.person = person,
			.resource = all ? NULL : PICK(step, 1, resources),
			.show = all ? SHOW_UNAVAILABLE : (enum show)(step->r[2] % SHOW_COUNT),
			.priority = PICK(step, 3, priorities),
			.text = PICK(step, 4, texts),
			.idle_since = idle_for ? now - idle_for : 0,
			.changed = step->r[6] % 5 == 1 ? now - 100 * SECOND : 0}});
}

/* ---- from the beginning, and again ---- */

static struct choice loaded_choice(const struct saved_choice *from)
{
	const struct status *status = map_get(&engine->catalogue.by_id, from->status);
	if (!status || status->deleted) /* as src/store reads it */
		return (struct choice){.at = from->at, .until = from->until};
	return (struct choice){status, (char *)(uintptr_t)from->message, from->until, from->at, from->source};
}

static void load_person(size_t who)
{
	struct saved_person *from = &saved.people[who];
	struct choices choices = {loaded_choice(&from->standing), loaded_choice(&from->timed), from->ever};
	if (!put_person(&from->person))
		wrong("a saved person is refused");
	struct person *person = person_at(who);
	set_preferences(person, &from->preferences);
	/* Whoever never chose has no row. */
	if (from->ever && !engine_load_choices(engine, person->row, &choices))
		wrong("saved choices are refused");
	if (from->message[0] && !engine_load_message(engine, person->row, from->message, from->message_until))
		wrong("a saved message is refused");
	if (from->feed != FEED_NONE && !engine_load_feed(engine, person->account, from->feed))
		wrong("a saved feed is nobody's");
}

static void load_legs(void)
{
	for (size_t i = 0; i < saved.leg_count; i++) {
		const struct saved_leg *leg = &saved.legs[i];
		struct fact_call identity = {.pbx = "hq",
			.call = leg->call,
			.leg = leg->leg[0] ? leg->leg : NULL,
			.extension = leg->number,
			.kind = leg->kind,
			.direction = leg->direction,
			.at = leg->at};
		if (!engine_load_leg(
			    engine, &identity, leg->state, leg->changed, leg->since, leg->lease_until))
			wrong("a saved leg is refused");
	}
}

/* A new engine that knows what was saved. */
static void start(void)
{
	engine = engine_new("example.org", 1, &timers);
	if (saved.has_policy)
		put_policy(&saved.policy);
	hide_lunch(saved.lunch_hidden);
	for (size_t i = 0; i < OWN_STATUSES; i++)
		if (saved.has_status[i])
			put_status(&saved.statuses[i]);
	for (size_t i = 0; i < PEOPLE; i++)
		if (saved.people[i].exists)
			load_person(i);
	load_legs();
	for (size_t i = 0; i < NUMBERS; i++)
		if (saved.phones[i] != PHONE_UNKNOWN &&
			!engine_load_phone(engine, "hq", numbers[i], saved.phones[i] == PHONE_REGISTERED))
			wrong("a saved phone is refused");
	if (saved.privileged && !engine_load_feed(engine, "example.org", FEED_ACTIVE))
		wrong("the saved privilege is refused");
	engine_start(engine, now);
	drain();
	memset(presence_effects, 0, sizeof(presence_effects));
}

static void begin(void)
{
	memset(&saved, 0, sizeof(saved));
	trouble = NULL;
	now = 1700000000 * SECOND;
	timers_init(&timers);
	for (size_t i = 0; i < PEOPLE; i++) {
		struct saved_person *person = &saved.people[i];
		person->exists = true;
		person->person = (struct step){STEP_PERSON, {(unsigned)i, 0, 1U << i, 1}};
		person->preferences = (struct step){STEP_PREFERENCES, {(unsigned)i, 0, 1}};
	}
	start();
}

static void end(void)
{
	engine_free(engine);
	timers_done(&timers);
}

static void run_of_catalogue(const struct step *step)
{
	size_t which = step->r[0] % OWN_STATUSES;
	if (step->r[1] % 8 == 0) {
		saved.lunch_hidden = step->r[2] % 2;
		hide_lunch(saved.lunch_hidden);
	} else if (!saved.deleted[which]) { /* an id is never used again */
		saved.statuses[which] = *step;
		saved.has_status[which] = true;
		saved.deleted[which] = step->r[6] % 16 == 1;
		put_status(step);
	}
}

static void run_of_people(const struct step *step, size_t who)
{
	struct saved_person *person = &saved.people[who];
	if (step->kind == STEP_PERSON && put_person(step)) {
		if (!person->exists)
			*person = (struct saved_person){
				.preferences = {STEP_PREFERENCES, {(unsigned)who, 0, 1}}};
		person->exists = true;
		person->person = *step;
	} else if (step->kind == STEP_GONE && person->exists) {
		if (!apply((struct fact){.kind = FACT_PERSON_GONE, .gone = {(int64_t)who + 1}}))
			wrong("somebody cannot be removed");
		memset(person, 0, sizeof(*person));
	} else if (step->kind == STEP_PREFERENCES && person->exists) {
		person->preferences = *step;
		set_preferences(person_at(who), step);
	}
}

static void run_of_devices(const struct step *step, struct person *person)
{
	if (step->kind == STEP_DEVICE)
		run_device(person, step);
	else if (step->kind == STEP_CLASS)
		apply((struct fact){.kind = FACT_DEVICE_CLASS,
			.device_class = {person, PICK(step, 1, resources), step->r[2] % 2, step->r[3] % 2}});
	else if (step->kind == STEP_FEED)
		apply((struct fact){.kind = FACT_FEED,
			.feed = {person, step->r[1] % 3 ? FEED_ACTIVE : (enum feed)(step->r[2] % 4)}});
	else if (step->kind == STEP_PROBED)
		apply((struct fact){.kind = FACT_PROBED, .probed = {person, step->r[1] % 4 == 0}});
}

static void run_time(const struct step *step)
{
	static const usec_t times[] = {SECOND, SECOND, 3 * SECOND, MINUTE, 6 * MINUTE, 11 * MINUTE, 3 * HOUR};
	usec_t next = timers_next(&timers);
	if (step->r[0] % 2 && next > now)
		pass(next - now - step->r[1] % 2); /* to the very instant, or to the one before */
	else
		pass(PICK(step, 1, times));
}

static void run_step(const struct step *step)
{
	size_t who = step->r[0] % PEOPLE;
	struct person *person = person_at(who);
	memset(presence_effects, 0, sizeof(presence_effects));
	switch (step->kind) {
	case STEP_TIME:
		run_time(step);
		break;
	case STEP_CALL:
		run_call(step);
		break;
	case STEP_SNAPSHOT:
		run_snapshot(step);
		break;
	case STEP_PHONE:
		apply((struct fact){
			.kind = FACT_PHONE, .phone = {"hq", PICK(step, 0, numbers), step->r[1] % 2}});
		break;
	case STEP_CHOICE:
		if (person)
			run_choice(person, step);
		break;
	case STEP_MESSAGE:
		if (person)
			apply((struct fact){.kind = FACT_MESSAGE,
				.message = {person, step->r[1] % 3 ? "m" : "",
					step->r[2] % 2 ? now + MINUTE : 0}});
		break;
	case STEP_PERSON:
	case STEP_GONE:
	case STEP_PREFERENCES:
		run_of_people(step, who);
		break;
	case STEP_STATUS:
		run_of_catalogue(step);
		break;
	case STEP_POLICY:
		saved.policy = *step;
		saved.has_policy = true;
		put_policy(step);
		break;
	case STEP_PRIVILEGE:
		apply((struct fact){.kind = FACT_PRIVILEGE, .privilege = {step->r[1] % 2}});
		break;
	case STEP_RESTART:
		engine_free(engine);
		start();
		break;
	default:
		if (person)
			run_of_devices(step, person);
		break;
	}
}

#endif
