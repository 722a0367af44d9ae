/* A small tenant for the tests of the engine: alice with 1001, bob with 1002 and 1003, and short words
 * for what happens to them. */
#ifndef OFFHOOK_TESTS_WORLD_H
#define OFFHOOK_TESTS_WORLD_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/engine.h"

static struct timers timers;
static struct engine *engine;
static struct person *alice, *bob;
static usec_t now;
static size_t changes;                   /* EFFECT_PRESENCE since the last look */
static size_t effects[EFFECT_TOUCH + 1]; /* all of them, by kind, since the last look */
static struct effect last_feed;          /* EFFECT_FEED */
static char last_feed_account[64];

static inline void drain(void)
{
	struct effect effect;
	while (engine_next_effect(engine, &effect)) {
		changes += effect.kind == EFFECT_PRESENCE;
		effects[effect.kind]++;
		if (effect.kind != EFFECT_FEED)
			continue;
		last_feed = effect;
		snprintf(last_feed_account, sizeof(last_feed_account), "%s", effect.account);
	}
}

static inline bool apply(struct fact fact)
{
	struct error error = {0};
	bool ok = engine_apply(engine, &fact, now, &error);
	drain();
	return ok;
}

static inline enum outcome outcome_of(struct fact fact)
{
	struct error error = {0};
	ck_assert(engine_apply(engine, &fact, now, &error));
	drain();
	return fact.outcome;
}

static inline void add_person(
	int64_t row, const char *contact, const char *account, const char *const *extensions, size_t count)
{
	ck_assert(apply((struct fact){.kind = FACT_PERSON,
		.person = {.row = row,
			.contact = contact,
			.account = account,
			.name = contact,
			.extensions = extensions,
			.extension_count = count}}));
}

static inline void pass(usec_t time)
{
	now += time;
	while (timers_run(&timers, now, 1000))
		drain();
	drain();
}

static inline void world_begin(void)
{
	static const char *const of_alice[] = {"hq:1001"}, *const of_bob[] = {"hq:1002", "hq:1003"};
	now = 1700000000 * SECOND;
	timers_init(&timers);
	engine = engine_new("example.org", 1, &timers);
	add_person(1, "alice", "alice@example.org", of_alice, 1);
	add_person(2, "bob", "bob@example.org", of_bob, 2);
	alice = engine_person(engine, "alice");
	bob = engine_person(engine, "bob");
	engine_start(engine, now);
	drain();
	changes = 0;
	memset(effects, 0, sizeof(effects));
}

static inline void world_end(void)
{
	engine_free(engine);
	timers_done(&timers);
}

static inline struct fact call_fact(
	enum call_event event, const char *call, const char *leg, const char *extension, usec_t at)
{
	return (struct fact){.kind = FACT_CALL,
		.call = {.pbx = "hq",
			.call = call,
			.leg = leg,
			.extension = extension,
			.event = event,
			.at = at}};
}

/* "ringing", … without `at`, on call "c1". */
static inline enum outcome happens(const char *event, const char *extension)
{
	enum call_event parsed;
	ck_assert(call_event_parse(event, &parsed));
	return outcome_of(call_fact(parsed, "c1", NULL, extension, 0));
}

static inline bool chooses(struct person *person, const char *status, usec_t until)
{
	return apply((struct fact){
		.kind = FACT_CHOICE, .choice = {.person = person, .status = status, .until = until}});
}

#define sees(person, expected) ck_assert_str_eq((person)->presence.status->id, (expected))

static inline size_t changes_seen(void)
{
	size_t seen = changes;
	changes = 0;
	return seen;
}

static inline size_t effects_seen(enum effect_kind kind)
{
	size_t seen = effects[kind];
	effects[kind] = 0;
	return seen;
}

#endif
