/*
 * What was put is what is loaded.
 */
#include <stdlib.h>
#include <string.h>

#include "core/seen.h"
#include "store_world.h"

static struct pg_cluster cluster;
static const char *url;
static struct loop *loop;
static struct world world;

static usec_t now; /* the real one: what is a week old is swept out meanwhile */

static void given_a_led_tenant(void)
{
	url = pg_database(&cluster);
	now = clock_now();
	loop = loop_new();
	world_begin(&world, loop, url);
	world_lead(&world);
	engine_start(world.engine, now);
}

static void clean_up(void)
{
	world_end(&world);
	loop_free(loop);
}

/* What src/app does with the engine's effects. */
static void save_effects(void)
{
	struct engine *engine = world.engine;
	struct effect effect;

	while (engine_next_effect(engine, &effect)) {
		switch (effect.kind) {
		case EFFECT_CHOICES:
			store_put_choices(world.store, engine, effect.person);
			break;
		case EFFECT_MESSAGE:
			store_put_message(world.store, engine, effect.person);
			break;
		case EFFECT_LEG:
			store_put_leg(world.store, engine, effect.leg);
			break;
		case EFFECT_PHONE:
			store_put_phone(world.store, engine, effect.extension);
			break;
		case EFFECT_EVENT_ID:
			store_put_event_id(world.store, engine, effect.pbx, effect.id, now);
			break;
		default:
			break;
		}
	}
}

static void apply(struct fact fact)
{
	struct error error;
	ck_assert_msg(engine_apply(world.engine, &fact, now, &error), "%s %s", error.field, error.text);
	save_effects();
}

static struct person *add_person(const char *contact, const char *account, const char *extension)
{
	const char *extensions[] = {extension};
	struct fact_person fields = {.contact = contact,
		.account = account,
		.name = "Somebody \"else\" \\ é",
		.time_zone = account ? "Europe/Berlin" : NULL,
		.extensions = extensions,
		.extension_count = extension ? 1 : 0};

	fields.row = world_change(&world, CHANGE_PERSON_ADD, &fields, NULL);
	ck_assert_msg(fields.row > 0, "%s", world.error.text);
	apply((struct fact){.kind = FACT_PERSON, .person = fields});
	return engine_person(world.engine, contact);
}

static void call(
	const char *id, const char *name, const char *leg, const char *extension, enum call_event event)
{
	apply((struct fact){.kind = FACT_CALL,
		.call = {.pbx = "hq",
			.call = name,
			.leg = leg,
			.extension = extension,
			.id = id,
			.event = event,
			.direction = DIRECTION_OUTBOUND,
			.kind = LEG_MEETING,
			.has_kind = true,
			.at = now - 7}});
}

static int watchers, published;

static void on_watcher(void *ctx, const char *contact, const char *watcher, usec_t heard)
{
	(void)ctx;
	watchers++;
	if (strcmp(watcher, "alice@example.org") == 0)
		ck_assert_int_eq(heard, now);
	ck_assert_str_eq(contact, strcmp(watcher, "d\\20ave\\n@example.org") == 0 ? "nobody" : "bob");
}

static void on_published(void *ctx, const char *contact, uint64_t digest)
{
	(void)ctx;
	published++;
	ck_assert_str_eq(contact, "bob");
	ck_assert(digest == UINT64_MAX - 1);
}

/* Loads it all into an engine that knows nothing yet. */
static struct engine *load_again(void)
{
	const struct store_load_events events = {
		.ctx = &world, .watcher = on_watcher, .published = on_published, .done = world_loaded};
	struct engine *engine = engine_new("example.org", world.row, &world.timers);

	watchers = published = 0;
	world.loads = 0;
	store_load(world.store, 0, engine, &events);
	ck_assert_int_eq(world.loads, 0);
	ck_assert(turn_until(loop, is_loaded, &world, PATIENCE * SECOND));
	ck_assert(world.load_ok);
	return engine;
}

/* What was published gathers before it is written. */
static bool is_published(void *arg)
{
	(void)arg;
	return strcmp(pg_run(url, "SELECT count(*) FROM published"), "1") == 0;
}

static void same_choice(const struct choice *was, const struct choice *is)
{
	ck_assert(!was->status == !is->status);
	if (!was->status)
		return;
	ck_assert_str_eq(is->status->id, was->status->id);
	ck_assert_str_eq(is->message ? is->message : "", was->message ? was->message : "");
	ck_assert_int_eq(is->until, was->until);
	ck_assert_int_eq(is->at, was->at);
	ck_assert_int_eq(is->source, was->source);
}

static void same_legs(const struct leg *was, const struct leg *is)
{
	for (; was && is; was = was->next, is = is->next) {
		ck_assert_str_eq(is->call, was->call);
		ck_assert_str_eq(is->id, was->id);
		ck_assert_int_eq(is->state, was->state);
		ck_assert_int_eq(is->kind, was->kind);
		ck_assert_int_eq(is->direction, was->direction);
		ck_assert_int_eq(is->at, was->at);
		ck_assert_int_eq(is->changed, was->changed);
		ck_assert_int_eq(is->since, was->since);
		ck_assert_int_eq(is->lease_until, was->lease_until);
	}
	ck_assert(!was && !is);
}

static void same_person(const struct person *was, const struct person *is)
{
	ck_assert_ptr_nonnull(is);
	ck_assert_int_eq(is->row, was->row);
	ck_assert_str_eq(is->name, was->name);
	ck_assert_pstr_eq(is->account, was->account);
	ck_assert_pstr_eq(is->time_zone, was->time_zone);
	ck_assert_uint_eq(is->extension_count, was->extension_count);
	for (size_t i = 0; i < was->extension_count; i++) {
		ck_assert_str_eq(is->extensions[i]->key, was->extensions[i]->key);
		ck_assert_int_eq(is->extensions[i]->registered, was->extensions[i]->registered);
		same_legs(was->extensions[i]->legs, is->extensions[i]->legs);
	}
	ck_assert_int_eq(is->choices.ever, was->choices.ever);
	same_choice(&was->choices.standing, &is->choices.standing);
	same_choice(&was->choices.timed, &is->choices.timed);
	ck_assert_pstr_eq(is->message.text, was->message.text);
	ck_assert_int_eq(is->message.until, was->message.until);
}

START_TEST(everything_that_was_put_is_loaded)
{
	struct person *bob = add_person("bob", "bob@example.org", "hq:1001");
	struct person *desk = add_person("desk", NULL, "hq:1002");
	struct person *idle = add_person("idle", "idle@example.org", NULL);
	struct policy policy = world.engine->policy;
	struct error error;

	apply((struct fact){.kind = FACT_CHOICE,
		.choice = {.person = bob,
			.status = "busy",
			.message = "deadline",
			.until = 0,
			.source = SOURCE_ADMIN}});
	apply((struct fact){.kind = FACT_CHOICE,
		.choice = {.person = bob,
			.status = "lunch-break",
			.message = NULL,
			.until = now + HOUR,
			.source = SOURCE_PHONE}});
	apply((struct fact){.kind = FACT_CHOICE,
		.choice = {.person = idle,
			.status = "available",
			.message = NULL,
			.until = 0,
			.source = SOURCE_PERSON}});
	apply((struct fact){.kind = FACT_MESSAGE, .message = {bob, "Working from home", now + DAY}});
	apply((struct fact){.kind = FACT_PHONE, .phone = {"hq", "1001", true}});
	apply((struct fact){.kind = FACT_PHONE, .phone = {"hq", "1002", false}});
	call("e1", "c1", "leg a", "1001", CALL_ANSWERED);
	call("e2", "c1", "leg a", "1001", CALL_HELD);
	call("e3", "c2", NULL, "1002", CALL_ANSWERED);
	call("e4", "c2", NULL, "1002", CALL_ENDED);
	call("e5", "c3", NULL, "stranger", CALL_ANSWERED);
	store_put_watcher(world.store, world.engine, "bob", "alice@example.org", now);
	store_put_watcher(world.store, world.engine, "bob", "carol@example.org", now - DAY);
	store_put_watcher(world.store, world.engine, "nobody", "d\\20ave\\n@example.org", now);
	store_put_published(world.store, world.engine, "bob", UINT64_MAX - 1);
	world_commit(&world);
	ck_assert_int_eq(world.result, COMMIT_DONE);
	ck_assert(policy_set(&policy, "call_precedence", "call", NULL, &error));
	ck_assert(policy_set(&policy, "time_zone", "Europe/Berlin", NULL, &error));
	(void)world_change(&world, CHANGE_POLICY, NULL, &policy);
	ck_assert(world.change_ok);
	ck_assert(turn_until(loop, is_published, NULL, PATIENCE * SECOND));
	pg_run(url, "INSERT INTO published VALUES (1, 'nobody', 0)"); /* as good as none */
	/* An ended leg is loaded while it is remembered. */
	pg_run(url, "UPDATE legs SET lease_until = now() + interval '1 hour' WHERE call = 'c2'");

	struct engine *loaded = load_again();
	ck_assert(loaded->policy.call_precedence);
	ck_assert_str_eq(loaded->policy.time_zone, "Europe/Berlin");
	ck_assert_str_eq(loaded->policy.on_call_status, "on-call");
	same_person(bob, engine_person(loaded, "bob"));
	same_person(desk, engine_person(loaded, "desk"));
	same_person(idle, engine_person(loaded, "idle"));
	ck_assert(idle->choices.ever);
	ck_assert(!desk->choices.ever);
	ck_assert_uint_eq(loaded->live.count, 2);
	ck_assert_uint_eq(loaded->ended.count, 1);
	ck_assert_str_eq(loaded->ended.first->call, "c2");
	ck_assert_ptr_nonnull(engine_extension(loaded, "hq", "stranger"));
	ck_assert_int_eq(watchers, 3);
	ck_assert_int_eq(published, 1);

	/* A known id is a duplicate after the start, a new one is not. */
	engine_start(loaded, now);
	struct fact again = {.kind = FACT_CALL,
		.call = {.pbx = "hq", .call = "c9", .extension = "1001", .id = "e1", .event = CALL_ANSWERED}};
	ck_assert(engine_apply(loaded, &again, now, &error));
	ck_assert_int_eq(again.outcome, OUTCOME_DUPLICATE);
	again.call.id = "e9";
	ck_assert(engine_apply(loaded, &again, now, &error));
	ck_assert_int_eq(again.outcome, OUTCOME_APPLIED);
	engine_free(loaded);
}
END_TEST

START_TEST(a_leg_that_another_event_changes_is_one_row)
{
	add_person("bob", NULL, "hq:1001");
	call(NULL, "c1", NULL, "1001", CALL_RINGING);
	world_commit(&world);
	call(NULL, "c1", NULL, "1001", CALL_ANSWERED);
	call(NULL, "c1", NULL, "1001", CALL_ENDED);
	world_commit(&world);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) || max(state) FROM legs"), "1ended");
}
END_TEST

#define LAST ((usec_t)253402300799 * SECOND) /* of the year 9999 */

static const struct {
	const char *at;
	usec_t loaded;
} far[] = {
	{"infinity", LAST},
	{"294276-12-31", LAST},
	{"10000-01-01", LAST},
	{"1969-12-31", 1},
	{"4713-01-01 BC", 1},
	{"-infinity", 1},
};

START_TEST(an_instant_that_somebody_wrote_far_away_keeps_nothing_from_being_loaded)
{
	char sql[1024];

	pg_run(url, "INSERT INTO people (tenant_id, contact, name) VALUES (1, 'bob', 'Bob');"
		    "INSERT INTO extensions SELECT 1, 'hq', '1001', id FROM people");
	snprintf(sql, sizeof(sql),
		"CREATE TEMPORARY VIEW d AS SELECT timestamptz '%s' AS d;"
		"INSERT INTO legs SELECT 1, 'hq', 'c1', '', '1001', 'active', 'call', '', d, d, d, d FROM d;"
		"INSERT INTO messages SELECT 1, p.id, 'Hello', d FROM d, people p;"
		"INSERT INTO choices SELECT 1, p.id, s.id, '', 'person', d, s.id, '', 'person', d, d"
		" FROM d, people p, statuses s WHERE s.slug = 'busy';"
		"INSERT INTO event_ids SELECT 1, 'hq', 'e1', d FROM d;"
		"INSERT INTO watchers SELECT 1, 'bob', 'carol@example.org', d FROM d",
		far[_i].at);
	pg_run(url, sql);

	struct engine *loaded = load_again();
	const struct person *bob = engine_person(loaded, "bob");
	ck_assert_ptr_nonnull(bob);
	ck_assert_str_eq(bob->choices.timed.status->id, "busy");
	ck_assert_str_eq(bob->message.text, "Hello");
	ck_assert_int_eq(watchers, 1);
	ck_assert_int_eq(bob->message.until, far[_i].loaded);
	ck_assert_int_eq(bob->choices.timed.until, far[_i].loaded);
	ck_assert_ptr_nonnull(bob->extensions[0]->legs);
	ck_assert_int_eq(bob->extensions[0]->legs->lease_until, far[_i].loaded);
	engine_start(loaded, now);
	engine_free(loaded);
}
END_TEST

START_TEST(loading_is_given_up_when_the_connection_dies)
{
	const struct store_load_events events = {
		.ctx = &world, .watcher = on_watcher, .published = on_published, .done = world_loaded};
	struct engine *engine = engine_new("example.org", world.row, &world.timers);

	/* Another's lock keeps the loading from going on. */
	PGconn *other = PQconnectdb(url);
	PQclear(PQexec(other, "BEGIN; LOCK people IN ACCESS EXCLUSIVE MODE"));
	world.loads = 0;
	store_load(world.store, 0, engine, &events);
	turn_for(loop, SECOND / 5);
	ck_assert_int_eq(world.loads, 0);
	pg_run(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
	ck_assert(turn_until(loop, is_loaded, &world, PATIENCE * SECOND));
	ck_assert(!world.load_ok);
	PQfinish(other);
	engine_free(engine);
	engine_free(load_again());
}
END_TEST

START_TEST(many_rows_are_loaded)
{
	pg_run(url,
		"INSERT INTO people (tenant_id, contact, account, name)"
		" SELECT 1, 'p' || i, 'p' || i || '@example.org', 'P' || i FROM generate_series(1, 5000) i;"
		"INSERT INTO extensions SELECT 1, 'hq', i::text, id FROM people, generate_series(id * 2, id "
		"* 2 + 1) i;"
		"INSERT INTO event_ids SELECT 1, p, i::text, now() + i * interval '1 s'"
		" FROM generate_series(1, 70000) i, (VALUES ('hq'), ('lab')) AS t (p)");
	struct engine *loaded = load_again();
	ck_assert_uint_eq(loaded->person_count, 5000);
	ck_assert_uint_eq(engine_person(loaded, "p77")->extension_count, 2);
	struct seen *seen = map_get(&loaded->event_ids, "lab");
	ck_assert_ptr_nonnull(seen);
	ck_assert(!seen_add(seen, "70000"));
	ck_assert(!seen_add(seen, "70000"));
	ck_assert(seen_add(seen, "1")); /* too old to be remembered in memory */
	engine_free(loaded);
}
END_TEST

static void set_up(void)
{
	pg_create(&cluster);
}

static void tear_down(void)
{
	pg_destroy(&cluster);
}

int main(void)
{
	Suite *suite = suite_create("load");
	TCase *tests = tcase_create("load");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_checked_fixture(tests, given_a_led_tenant, clean_up);
	tcase_add_test(tests, everything_that_was_put_is_loaded);
	tcase_add_test(tests, a_leg_that_another_event_changes_is_one_row);
	tcase_add_loop_test(tests, an_instant_that_somebody_wrote_far_away_keeps_nothing_from_being_loaded, 0,
		(int)(sizeof(far) / sizeof(*far)));
	tcase_add_test(tests, loading_is_given_up_when_the_connection_dies);
	tcase_add_test(tests, many_rows_are_loaded);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
