/*
 * The engine alone: what it costs, in CPU time, to apply what clients say and to derive presence from it.
 *
 * Takes the number of people, prints one line of JSON. Everybody has an account with an active feed, an
 * extension and two devices. Changes go to people in an order that is not that of memory, and effects are
 * drained, as the program does. Seconds unless named otherwise.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "core/engine.h"

enum { CHANGES = 400000, STRIDE = 7919 };

struct bench {
	struct timers timers;
	struct engine *engine;
	struct person **people;
	size_t count;
	usec_t now;
	size_t effects;
};

static double cpu(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void drain(struct bench *bench)
{
	struct effect effect;
	while (engine_next_effect(bench->engine, &effect))
		bench->effects += effect.kind == EFFECT_PRESENCE;
}

static void apply(struct bench *bench, struct fact fact)
{
	struct error error;
	if (!engine_apply(bench->engine, &fact, bench->now, &error)) {
		fprintf(stderr, "bench_engine: %s\n", error.text);
		exit(EXIT_FAILURE);
	}
	drain(bench);
	while (engine_continue(bench->engine, bench->now)) /* what concerns many comes in slices */
		drain(bench);
	drain(bench);
}

static void add_people(struct bench *bench)
{
	for (size_t i = 0; i < bench->count; i++) {
		char contact[32], account[64], extension[32];
		snprintf(contact, sizeof(contact), "person%zu", i);
		snprintf(account, sizeof(account), "person%zu@example.org", i);
		snprintf(extension, sizeof(extension), "hq:%zu", 1000 + i);
		apply(bench, (struct fact){.kind = FACT_PERSON,
				     .person = {.row = (int64_t)i + 1,
					     .contact = contact,
					     .account = account,
					     .name = contact,
					     .extensions = (const char *[]){extension},
					     .extension_count = 1}});
		bench->people[i] = engine_person(bench->engine, contact);
		if (!engine_load_feed(bench->engine, account, FEED_ACTIVE))
			exit(EXIT_FAILURE);
	}
}

/* What is stored of people is there again; half of them had chosen something. */
static double start(struct bench *bench)
{
	static const char *const ids[] = {"dnd", "lunch-break", "business-trip", "invisible"};
	const struct catalogue *catalogue = &bench->engine->catalogue;
	for (size_t i = 0; i < bench->count; i += 2) {
		struct choices choices = {.standing = {catalogue_get(catalogue, ids[i / 2 % 4]), NULL, 0,
						  bench->now, SOURCE_PERSON},
			.ever = true};
		if (!engine_load_choices(bench->engine, (int64_t)i + 1, &choices))
			exit(EXIT_FAILURE);
	}
	double begun = cpu();
	engine_start(bench->engine, bench->now);
	return cpu() - begun;
}

static struct fact device_fact(struct bench *bench, size_t who, const char *resource)
{
	return (struct fact){
		.kind = FACT_DEVICE, .device = {.person = bench->people[who], .resource = resource}};
}

/* All answer their probes; then everybody is back to Available, so that devices count. */
static double hear(struct bench *bench)
{
	double begun = cpu();
	for (size_t i = 0; i < bench->count; i++) {
		apply(bench, (struct fact){.kind = FACT_PROBED, .probed = {bench->people[i]}});
		apply(bench, device_fact(bench, i, "desktop"));
		apply(bench, device_fact(bench, i, "phone"));
	}
	bench->now += LIMIT_FEED_SETTLE_SECONDS * SECOND;
	while (timers_run(&bench->timers, bench->now, 1000))
		drain(bench);
	double took = cpu() - begun;
	for (size_t i = 0; i < bench->count; i++)
		apply(bench, (struct fact){.kind = FACT_CHOICE, .choice = {.person = bench->people[i]}});
	return took;
}

typedef void change_fn(struct fact_device *device, size_t round, usec_t now);

static void away_and_back(struct fact_device *device, size_t round, usec_t now)
{
	(void)now;
	device->show = round % 2 ? SHOW_AVAILABLE : SHOW_DND;
}

static void another_text(struct fact_device *device, size_t round, usec_t now)
{
	(void)now;
	device->text = round % 2 ? "am Schreibtisch, bitte erst anrufen" : "in Ruhe: Übergabe schreiben";
}

static void a_status_by_name(struct fact_device *device, size_t round, usec_t now)
{
	(void)now;
	device->text = round % 2 ? "🍽️ Lunch Break" : "Business Trip";
}

static void idle_since(struct fact_device *device, size_t round, usec_t now)
{
	device->idle_since = now - (usec_t)(round % 100) * SECOND;
}

static void nothing_new(struct fact_device *device, size_t round, usec_t now)
{
	(void)device;
	(void)round;
	(void)now;
}

/* CPU microseconds a change. */
static double change(struct bench *bench, change_fn *fill)
{
	double begun = cpu();
	for (size_t i = 0; i < CHANGES; i++) {
		size_t round = i / bench->count + i % 2, who = i * STRIDE % bench->count;
		struct fact fact = device_fact(bench, who, i % 3 ? "desktop" : "phone");
		fill(&fact.device, round + 1, bench->now);
		bench->now += 10;
		apply(bench, fact);
	}
	return (cpu() - begun) / CHANGES * 1e6;
}

/* Everybody falls idle, waits, and becomes away, one after the other; CPU microseconds each. */
static double fall_idle(struct bench *bench, size_t *pending)
{
	for (size_t i = 0; i < bench->count; i++) {
		size_t who = i * STRIDE % bench->count;
		struct fact fact = device_fact(bench, who, "phone");
		fact.device.idle_since = bench->now;
		apply(bench, fact);
		fact.device.resource = "desktop";
		apply(bench, fact);
		bench->now++;
	}
	*pending = bench->timers.count;
	bench->now += bench->engine->policy.auto_away_minutes * MINUTE;
	double begun = cpu();
	size_t fired = 0, some;
	while ((some = timers_run(&bench->timers, bench->now, 1000)) > 0) {
		drain(bench);
		fired += some;
	}
	return fired ? (cpu() - begun) / (double)fired * 1e6 : 0;
}

/* Everybody derived again, with two devices each, as after a change of the policy. */
static double derive_all(struct bench *bench)
{
	struct policy policy = bench->engine->policy;
	double begun = cpu();
	apply(bench, (struct fact){.kind = FACT_POLICY, .policy = {&policy}});
	return cpu() - begun;
}

/* All have a text on a device, and a status that it might name gets another name. */
static double rename_status(struct bench *bench)
{
	struct status_fields fields;
	status_fields_of(catalogue_get(&bench->engine->catalogue, "business-trip"), &fields);
	fields.name = "Journey";
	double begun = cpu();
	apply(bench, (struct fact){.kind = FACT_STATUS, .status = fields});
	return cpu() - begun;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		change_fn *fill;
	} kinds[] = {{"show", away_and_back}, {"idle", idle_since}, {"same", nothing_new},
		{"name", a_status_by_name}, {"text", another_text}};
	struct bench bench = {.count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, .now = 1700000000 * SECOND};
	if (bench.count == 0 || bench.count > LIMIT_PEOPLE) {
		fprintf(stderr, "usage: bench_engine PEOPLE\n");
		return 2;
	}
	bench.people = mem_new(bench.count * sizeof(struct person *));
	timers_init(&bench.timers);
	bench.engine = engine_new("example.org", 1, &bench.timers);
	add_people(&bench);
	printf("{\"people\": %zu, \"start\": %.6f", bench.count, start(&bench));
	printf(", \"hear\": %.6f", hear(&bench));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		printf(", \"%s\": %.4f", kinds[i].name, change(&bench, kinds[i].fill));
	printf(", \"rename\": %.6f", rename_status(&bench));
	size_t pending;
	double fire = fall_idle(&bench, &pending);
	printf(", \"fire\": %.4f, \"pending\": %zu, \"derive_all\": %.6f", fire, pending, derive_all(&bench));
	printf(", \"effects\": %zu}\n", bench.effects);
	engine_free(bench.engine);
	timers_done(&bench.timers);
	free(bench.people);
	return 0;
}
