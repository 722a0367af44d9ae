/*
 * Rows on their way: coalesced, committed in order, refused alone, never lost.
 */
#include "store/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "pg_cluster.h"
#include "store/put.h"
#include "store/store.h"

static struct pg_cluster cluster;
static struct loop *loop;
static struct db *db;
static struct batch *batch;
static const char *url;

enum { PATIENCE = 10 };

static void on_up(void *ctx)
{
	(void)ctx;
	batch_open(batch);
}

static void on_down(void *ctx, const char *reason)
{
	(void)ctx;
	(void)reason;
	batch_close(batch);
}

static void given_a_database(void)
{
	const struct db_events events = {.up = on_up, .down = on_down};
	struct error error;

	url = pg_database(&cluster);
	ck_assert_msg(store_migrate(url, &error), "%s", error.text);
	pg_run(url, "INSERT INTO tenants (domain, component) VALUES ('a', 'p.a'), ('b', 'p.b')");
	loop = loop_new();
	db = db_new(loop, "test", url, "SELECT 1", &events);
	batch = batch_new(loop, db);
}

static void clean_up(void)
{
	db_free(db);
	batch_free(batch);
	loop_free(loop);
}

static void put_call(int64_t tenant, const char *call, enum leg_state state)
{
	char pbx[] = "hq", number[] = "1001", none[] = "", copy[64];
	struct extension extension = {.pbx = pbx, .number = number};

	snprintf(copy, sizeof(copy), "%s", call);
	struct leg leg = {.extension = &extension,
		.call = copy,
		.id = none,
		.state = state,
		.changed = 1,
		.lease_until = 2};
	put_leg(batch, tenant, &leg);
}

struct ask {
	int number, order; /* of the answers, from 1; 0: not yet */
	enum commit_result result;
};

static int answers;

static void answered(void *arg, enum commit_result result)
{
	struct ask *ask = arg;
	ask->number++;
	ask->order = ++answers;
	ask->result = result;
}

static bool is_answered(void *arg)
{
	return ((struct ask *)arg)->number > 0;
}

static void wait_for(struct ask *ask)
{
	ck_assert(turn_until(loop, is_answered, ask, PATIENCE * SECOND));
	ck_assert_int_eq(ask->number, 1);
}

static bool is_empty(void *arg)
{
	(void)arg;
	return batch_rows(batch) == 0;
}

START_TEST(a_row_whose_key_waits_takes_its_place)
{
	struct ask ask = {0};
	int64_t before = metrics_get(METRIC_STORE_ROWS);

	put_call(1, "c1", LEG_RINGING);
	put_call(1, "c1", LEG_ACTIVE);
	put_call(2, "c1", LEG_HELD);
	put_call(1, "c1", LEG_ENDED);
	ck_assert_uint_eq(batch_rows(batch), 2);
	batch_commit(batch, answered, &ask);
	db_connect(db);
	wait_for(&ask);
	ck_assert_int_eq(ask.result, COMMIT_DONE);
	ck_assert_int_eq(metrics_get(METRIC_STORE_ROWS) - before, 2);
	ck_assert_uint_eq(batch_rows(batch), 0);
	ck_assert_str_eq(
		pg_run(url, "SELECT string_agg(tenant_id || state, ' ' ORDER BY tenant_id) FROM legs"),
		"1ended 2held");
}
END_TEST

START_TEST(commits_are_answered_in_order_and_without_rows_as_well)
{
	struct ask empty = {0}, first = {0}, second = {0}, barrier = {0}, forgotten = {0};

	answers = 0;
	batch_commit(batch, answered, &empty);
	ck_assert_int_eq(empty.number, 0);
	turn_for(loop, 0);
	ck_assert_int_eq(empty.order, 1);

	put_call(1, "c1", LEG_RINGING);
	batch_commit(batch, answered, &first);
	put_call(1, "c2", LEG_RINGING);
	batch_commit(batch, answered, &second);
	batch_commit(batch, answered, &barrier);
	batch_commit(batch, answered, &forgotten);
	batch_forget(batch, &forgotten);
	turn_for(loop, SECOND / 10);
	ck_assert_int_eq(barrier.number, 0);
	db_connect(db);
	wait_for(&barrier);
	ck_assert_int_eq(first.order, 2);
	ck_assert_int_eq(second.order, 3);
	ck_assert_int_eq(barrier.order, 4);
	ck_assert_int_eq(forgotten.number, 0);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM legs"), "2");
}
END_TEST

START_TEST(an_id_is_never_committed_before_what_its_event_changed)
{
	struct ask ask = {0};
	char id[32];

	/* At the end of each transaction every id must have its leg. */
	pg_run(url, "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
		    " IF NOT EXISTS (SELECT FROM legs WHERE call = NEW.id) THEN RAISE EXCEPTION 'too early'"
		    " USING ERRCODE = '23000'; END IF; RETURN NEW; END$$;"
		    "CREATE CONSTRAINT TRIGGER look AFTER INSERT ON event_ids DEFERRABLE INITIALLY DEFERRED"
		    " FOR EACH ROW EXECUTE FUNCTION look()");
	int64_t poison = metrics_get(METRIC_STORE_POISON);
	put_call(1, "odd", LEG_ACTIVE); /* so that a pair lies across the end of the first transaction */
	for (int i = 0; i < 3 * LIMIT_STORE_BATCH / 2; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		put_event_id(batch, 1, "hq", id, 1);
		put_call(1, id, LEG_ACTIVE);
	}
	batch_commit(batch, answered, &ask);
	db_connect(db);
	wait_for(&ask);
	ck_assert_int_eq(ask.result, COMMIT_DONE);
	ck_assert_int_eq(metrics_get(METRIC_STORE_POISON), poison);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM event_ids"), "1500");
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM legs"), "1501");
}
END_TEST

START_TEST(a_row_that_is_refused_falls_alone)
{
	struct ask before = {0}, poisoned = {0}, after = {0};
	char call[32];

	pg_run(url, "ALTER TABLE legs ADD CHECK (call <> 'poison')");
	int64_t poison = metrics_get(METRIC_STORE_POISON);
	for (int i = 0; i < 200; i++) {
		snprintf(call, sizeof(call), "c%d", i);
		put_call(1, call, LEG_ACTIVE);
	}
	batch_commit(batch, answered, &before);
	put_call(1, "innocent", LEG_ACTIVE);
	put_call(1, "poison", LEG_ACTIVE);
	put_watcher(batch, 1, "bob",
		"not\xff"
		"utf8",
		1);
	batch_commit(batch, answered, &poisoned);
	put_call(1, "later", LEG_ACTIVE);
	put_published(batch, 1, "bob", UINT64_MAX);
	batch_commit(batch, answered, &after);
	db_connect(db);
	wait_for(&after);
	batch_hurry(batch);
	ck_assert(turn_until(loop, is_empty, NULL, PATIENCE * SECOND));
	ck_assert_int_eq(before.result, COMMIT_DONE);
	ck_assert_int_eq(poisoned.result, COMMIT_REFUSED);
	ck_assert_int_eq(after.result, COMMIT_DONE);
	ck_assert_int_eq(metrics_get(METRIC_STORE_POISON) - poison, 2);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM legs"), "202");
	ck_assert_str_eq(pg_run(url, "SELECT digest FROM published"), "-1");
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM watchers"), "0");
}
END_TEST

static bool is_up(void *arg)
{
	(void)arg;
	return db_up(db);
}

START_TEST(nothing_is_lost_when_the_server_is_killed)
{
	struct ask first = {0}, during = {0}, after = {0};
	char call[32];

	db_connect(db);
	ck_assert(turn_until(loop, is_up, NULL, PATIENCE * SECOND));
	for (int i = 0; i < 2 * LIMIT_STORE_BATCH; i++) {
		snprintf(call, sizeof(call), "a%d", i);
		put_call(1, call, LEG_ACTIVE);
	}
	batch_commit(batch, answered, &first);
	turn_for(loop, 0); /* the first transaction is on its way */
	pg_kill(&cluster, SIGKILL);
	put_call(1, "during", LEG_ACTIVE);
	batch_commit(batch, answered, &during);
	turn_for(loop, SECOND); /* a process of the dead server may still commit what had reached it */
	ck_assert(!db_up(db));

	pg_start(&cluster);
	usec_t back = clock_monotonic();
	put_call(1, "after", LEG_ACTIVE);
	batch_commit(batch, answered, &after);
	wait_for(&after);
	ck_assert_int_lt(clock_monotonic() - back, 3 * SECOND);
	ck_assert_int_eq(first.number, 1);
	ck_assert_int_eq(first.result, COMMIT_DONE);
	ck_assert_int_eq(during.number, 1);
	ck_assert_int_eq(during.result, COMMIT_DONE);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM legs"), "2002");
}
END_TEST

START_TEST(a_failure_that_passes_keeps_the_rows)
{
	struct ask ask = {0};

	pg_run(url, "ALTER TABLE legs RENAME TO elsewhere");
	put_call(1, "c1", LEG_ACTIVE);
	batch_commit(batch, answered, &ask);
	db_connect(db);
	turn_for(loop, SECOND);
	ck_assert_int_eq(ask.number, 0);
	ck_assert_uint_eq(batch_rows(batch), 1);
	pg_run(url, "ALTER TABLE elsewhere RENAME TO legs");
	wait_for(&ask);
	ck_assert_int_eq(ask.result, COMMIT_DONE);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM legs"), "1");
}
END_TEST

/* Makes each row of that call fail with an SQLSTATE as long as the table `strict` is there. */
static void given_a_trigger(const char *call, const char *sqlstate)
{
	char sql[512];

	snprintf(sql, sizeof(sql),
		"CREATE TABLE strict ();"
		"CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
		" IF NEW.call = '%s' AND to_regclass('strict') IS NOT NULL THEN RAISE EXCEPTION 'no'"
		" USING ERRCODE = '%s'; END IF; RETURN NEW; END$$;"
		"CREATE TRIGGER look BEFORE INSERT ON legs FOR EACH ROW EXECUTE FUNCTION look()",
		call, sqlstate);
	pg_run(url, sql);
}

static void put_calls(const char *name, int count)
{
	char call[32];

	for (int i = 0; i < count; i++) {
		snprintf(call, sizeof(call), "%s%d", name, i);
		put_call(1, call, LEG_ACTIVE);
	}
}

/* Of a trigger, a limit, a feature, a view, a damaged table: whatever is not known to pass. */
static const char *const lasting[] = {"P0001", "54000", "0A000", "44000", "XX001", "XX002", "22000", "ZZ999"};

START_TEST(a_row_that_fails_for_any_lasting_reason_falls_alone)
{
	struct ask good = {0}, bad = {0};

	given_a_trigger("bad", lasting[_i]);
	put_calls("good", 20);
	batch_commit(batch, answered, &good);
	put_call(1, "bad", LEG_ACTIVE);
	batch_commit(batch, answered, &bad);
	put_calls("later", 20);
	db_connect(db);
	wait_for(&bad);
	ck_assert_int_eq(good.result, COMMIT_DONE);
	ck_assert_int_eq(bad.result, COMMIT_REFUSED);
	ck_assert(turn_until(loop, is_empty, NULL, PATIENCE * SECOND));
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM legs"), "40");
}
END_TEST

static const char *const passing[] = {"53100", "57014", "40001", "55P03", "58030"};

START_TEST(a_row_that_fails_for_a_passing_reason_keeps_none_before_it_from_being_written)
{
	struct ask good = {0}, bad = {0};
	int64_t poison = metrics_get(METRIC_STORE_POISON);

	given_a_trigger("bad", passing[_i]);
	put_calls("good", 4);
	batch_commit(batch, answered, &good);
	put_call(1, "bad", LEG_ACTIVE);
	put_calls("later", 3);
	batch_commit(batch, answered, &bad);
	db_connect(db);
	wait_for(&good);
	ck_assert_int_eq(good.result, COMMIT_DONE);
	ck_assert_int_eq(bad.number, 0);
	ck_assert_uint_eq(batch_rows(batch), 4);
	pg_run(url, "DROP TABLE strict");
	wait_for(&bad);
	ck_assert_int_eq(bad.result, COMMIT_DONE);
	ck_assert_int_eq(metrics_get(METRIC_STORE_POISON), poison);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM legs"), "8");
}
END_TEST

START_TEST(a_row_that_alone_takes_too_long_again_and_again_falls)
{
	struct ask slow = {0}, good = {0};

	given_a_trigger("slow", "57014");
	put_call(1, "slow", LEG_ACTIVE);
	batch_commit(batch, answered, &slow);
	db_connect(db);
	turn_for(loop, SECOND);
	put_call(1, "good", LEG_ACTIVE);
	batch_commit(batch, answered, &good);
	ck_assert_int_eq(slow.number, 0);
	ck_assert(turn_until(loop, is_answered, &good, 2 * PATIENCE * SECOND));
	ck_assert_int_eq(slow.result, COMMIT_REFUSED);
	ck_assert_int_eq(good.result, COMMIT_DONE);
	ck_assert_str_eq(pg_run(url, "SELECT string_agg(call, ' ') FROM legs"), "good");
}
END_TEST

START_TEST(what_was_published_gathers)
{
	struct ask connected = {0}, first = {0}, removed = {0}, second = {0};

	db_connect(db);
	put_call(1, "c0", LEG_ACTIVE);
	batch_commit(batch, answered, &connected);
	wait_for(&connected);
	usec_t before = clock_monotonic();
	put_published(batch, 1, "alice", 1);
	put_published(batch, 1, "bob", 1);
	put_call(1, "c1", LEG_ACTIVE);
	batch_commit(batch, answered, &first);
	wait_for(&first);
	put_published(batch, 1, "alice", 2);
	/* Timers are exact to some milliseconds. */
	if (clock_monotonic() - before < SECOND / 20)
		ck_assert_uint_eq(batch_rows(batch), 2);
	ck_assert(turn_until(loop, is_empty, NULL, PATIENCE * SECOND));
	ck_assert_int_ge(clock_monotonic() - before, SECOND / 20);
	ck_assert_str_eq(
		pg_run(url, "SELECT string_agg(contact || digest, ' ' ORDER BY contact) FROM published"),
		"alice2 bob1");

	put_published(batch, 1, "bob", 0); /* what does not hold any more is not left to stand */
	put_call(1, "c1", LEG_HELD);
	batch_commit(batch, answered, &removed);
	wait_for(&removed);
	ck_assert_uint_eq(batch_rows(batch), 0);
	ck_assert_str_eq(
		pg_run(url, "SELECT string_agg(contact || digest, ' ' ORDER BY contact) FROM published"),
		"alice2 bob0");

	batch_hurry(batch);
	put_published(batch, 1, "carol", 1);
	put_call(1, "c2", LEG_ACTIVE);
	batch_commit(batch, answered, &second);
	wait_for(&second);
	ck_assert_uint_eq(batch_rows(batch), 0);
	ck_assert_str_eq(pg_run(url, "SELECT digest FROM published WHERE contact = 'carol'"), "1");
}
END_TEST

START_TEST(nobody_is_told_of_rows_that_nobody_awaits)
{
	struct ask lost = {0}, missed = {0}, refused = {0};
	int64_t poison = metrics_get(METRIC_STORE_POISON);
	static char contact[LIMIT_STORE_ROW_BYTES];

	put_watcher(batch, 2, "bob", "alice@b", 1);
	batch_drop(batch, 2);
	put_call(1, "c1", LEG_ACTIVE);
	batch_commit(batch, answered, &lost);
	memset(contact, 'x', sizeof(contact) - 1);
	put_published(batch, 1, contact, 1); /* too long */
	batch_miss(batch, ROW_WATCHER, COMMIT_LOST);
	put_call(1, "c2", LEG_ACTIVE);
	batch_commit(batch, answered, &missed);
	pg_run(url, "ALTER TABLE watchers ADD CHECK (false); ALTER TABLE published ADD CHECK (false)");
	put_watcher(batch, 1, "bob", "alice@a", 1);
	put_published(batch, 1, "bob", 1);
	put_call(1, "c3", LEG_ACTIVE);
	batch_commit(batch, answered, &refused);
	db_connect(db);
	wait_for(&refused);
	batch_hurry(batch);
	ck_assert(turn_until(loop, is_empty, NULL, PATIENCE * SECOND));
	ck_assert_int_eq(lost.result, COMMIT_DONE);
	ck_assert_int_eq(missed.result, COMMIT_DONE);
	ck_assert_int_eq(refused.result, COMMIT_DONE);
	ck_assert_int_eq(metrics_get(METRIC_STORE_POISON) - poison, 3);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM legs"), "3");
}
END_TEST

static char dropped[256]; /* ids, as they were told */
static bool told_in_time;

static void on_dropped(void *ctx, int64_t tenant, const char *key)
{
	const struct ask *ask = ctx;
	char pbx[LIMIT_PBX_NAME + 1];
	const char *id;
	size_t length = strlen(dropped);

	ck_assert_int_eq(tenant, 1);
	ck_assert(put_event_id_parse(key, pbx, &id));
	ck_assert_str_eq(pbx, "hq");
	snprintf(dropped + length, sizeof(dropped) - length, "%s ", id);
	told_in_time = ask->number == 0;
}

START_TEST(the_ids_of_what_is_refused_are_not_kept)
{
	struct ask before = {0}, refused = {0}, after = {0};

	dropped[0] = '\0';
	batch_on_dropped(batch, on_dropped, &refused);
	pg_run(url, "ALTER TABLE legs ADD CHECK (call <> 'bad')");
	put_call(1, "a", LEG_ACTIVE);
	put_event_id(batch, 1, "hq", "id-a", 1);
	batch_commit(batch, answered, &before);
	put_call(1, "b", LEG_ACTIVE);
	put_event_id(batch, 1, "hq", "id-b", 1);
	put_call(1, "bad", LEG_ACTIVE);
	put_event_id(batch, 1, "hq", "id-bad", 1);
	batch_commit(batch, answered, &refused);
	put_call(1, "c", LEG_ACTIVE);
	put_event_id(batch, 1, "hq", "id-c", 1);
	batch_commit(batch, answered, &after);
	db_connect(db);
	wait_for(&after);
	ck_assert_int_eq(before.result, COMMIT_DONE);
	ck_assert_int_eq(refused.result, COMMIT_REFUSED);
	ck_assert_int_eq(after.result, COMMIT_DONE);
	ck_assert_str_eq(dropped, "id-b id-bad ");
	ck_assert(told_in_time);
	ck_assert_uint_eq(batch_rows(batch), 0);
	ck_assert_str_eq(pg_run(url, "SELECT string_agg(call, ' ' ORDER BY call) FROM legs"), "a b c");
	ck_assert_str_eq(pg_run(url, "SELECT string_agg(id, ' ' ORDER BY id) FROM event_ids"), "id-a id-c");
}
END_TEST

START_TEST(an_id_goes_with_what_could_not_even_be_put_or_when_it_is_refused_itself)
{
	struct ask missed = {0}, refused = {0}, after = {0};

	dropped[0] = '\0';
	batch_on_dropped(batch, on_dropped, &missed);
	put_event_id(batch, 1, "hq", "id-missed", 1);
	batch_miss(batch, ROW_LEG, COMMIT_REFUSED);
	batch_commit(batch, answered, &missed);
	ck_assert_str_eq(dropped, ""); /* not from inside a call */
	wait_for(&missed);
	ck_assert_int_eq(missed.result, COMMIT_REFUSED);
	ck_assert_str_eq(dropped, "id-missed ");
	ck_assert(told_in_time);

	pg_run(url, "ALTER TABLE event_ids ADD CHECK (id <> 'id-bad')");
	put_call(1, "a", LEG_ACTIVE);
	put_event_id(batch, 1, "hq", "id-bad", 1);
	batch_commit(batch, answered, &refused);
	put_event_id(batch, 1, "hq", "id-good", 1);
	batch_commit(batch, answered, &after);
	db_connect(db);
	wait_for(&after);
	ck_assert_int_eq(refused.result, COMMIT_REFUSED);
	ck_assert_str_eq(dropped, "id-missed id-bad ");
	ck_assert_str_eq(pg_run(url, "SELECT string_agg(id, ' ') FROM event_ids"), "id-good");
	ck_assert_uint_eq(batch_rows(batch), 0);
}
END_TEST

START_TEST(rows_of_a_tenant_that_was_lost_are_dropped_and_those_of_others_stay)
{
	struct ask lost = {0}, kept = {0};

	put_call(1, "c1", LEG_ACTIVE);
	put_event_id(batch, 1, "hq", "e1", 1);
	batch_commit(batch, answered, &lost);
	put_call(2, "c2", LEG_ACTIVE);
	put_event_id(batch, 2, "hq", "e2", 1);
	batch_commit(batch, answered, &kept);
	batch_drop(batch, 1);
	ck_assert_uint_eq(batch_rows(batch), 2);
	wait_for(&lost);
	ck_assert_int_eq(lost.result, COMMIT_LOST);
	db_connect(db);
	wait_for(&kept);
	ck_assert_int_eq(kept.result, COMMIT_DONE);
	ck_assert_str_eq(pg_run(url, "SELECT string_agg(call, ' ') FROM legs"), "c2");
	ck_assert_str_eq(pg_run(url, "SELECT string_agg(id, ' ') FROM event_ids"), "e2");
}
END_TEST

START_TEST(what_is_zero_or_empty_is_removed)
{
	struct ask there = {0}, gone = {0};
	char text[] = "Working from home";
	struct person person = {.row = 1, .message.text = text, .message.until = 5};

	pg_run(url, "INSERT INTO people (tenant_id, contact, name) VALUES (1, 'bob', 'Bob')");
	batch_hurry(batch);
	put_watcher(batch, 1, "bob", "alice@a", 7);
	put_published(batch, 1, "bob", 8);
	put_message(batch, 1, &person);
	batch_commit(batch, answered, &there);
	db_connect(db);
	wait_for(&there);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM watchers, published, messages"), "1");
	person.message.text = NULL;
	put_watcher(batch, 1, "bob", "alice@a", 0);
	put_published(batch, 1, "bob", 0);
	put_message(batch, 1, &person);
	person.row = 99; /* nobody's any more: vanishes */
	person.message.text = text;
	put_message(batch, 1, &person);
	batch_commit(batch, answered, &gone);
	wait_for(&gone);
	ck_assert_int_eq(gone.result, COMMIT_DONE);
	ck_assert_str_eq(
		pg_run(url, "SELECT (SELECT count(*) FROM watchers) + (SELECT count(*) FROM messages)"), "0");
	ck_assert_str_eq(pg_run(url, "SELECT digest FROM published"), "0");
}
END_TEST

START_TEST(there_is_a_last_bound)
{
	struct ask ask = {0};
	char call[32];

	for (int i = 0; i < LIMIT_STORE_ROWS_MOST + 5; i++) {
		snprintf(call, sizeof(call), "%d", i);
		put_event_id(batch, 1, "hq", call, 1);
	}
	ck_assert_uint_eq(batch_rows(batch), LIMIT_STORE_ROWS_MOST);
	batch_commit(batch, answered, &ask);
	batch_abandon(batch);
	ck_assert_int_eq(ask.result, COMMIT_LOST);
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
	Suite *suite = suite_create("batch");
	TCase *tests = tcase_create("batch");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_checked_fixture(tests, given_a_database, clean_up);
	tcase_add_test(tests, a_row_whose_key_waits_takes_its_place);
	tcase_add_test(tests, commits_are_answered_in_order_and_without_rows_as_well);
	tcase_add_test(tests, an_id_is_never_committed_before_what_its_event_changed);
	tcase_add_test(tests, a_row_that_is_refused_falls_alone);
	tcase_add_test(tests, nothing_is_lost_when_the_server_is_killed);
	tcase_add_test(tests, a_failure_that_passes_keeps_the_rows);
	tcase_add_loop_test(tests, a_row_that_fails_for_any_lasting_reason_falls_alone, 0,
		(int)(sizeof(lasting) / sizeof(*lasting)));
	tcase_add_loop_test(tests,
		a_row_that_fails_for_a_passing_reason_keeps_none_before_it_from_being_written, 0,
		(int)(sizeof(passing) / sizeof(*passing)));
	tcase_add_test(tests, a_row_that_alone_takes_too_long_again_and_again_falls);
	tcase_add_test(tests, what_was_published_gathers);
	tcase_add_test(tests, nobody_is_told_of_rows_that_nobody_awaits);
	tcase_add_test(tests, the_ids_of_what_is_refused_are_not_kept);
	tcase_add_test(tests, an_id_goes_with_what_could_not_even_be_put_or_when_it_is_refused_itself);
	tcase_add_test(tests, rows_of_a_tenant_that_was_lost_are_dropped_and_those_of_others_stay);
	tcase_add_test(tests, what_is_zero_or_empty_is_removed);
	tcase_add_test(tests, there_is_a_last_bound);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
