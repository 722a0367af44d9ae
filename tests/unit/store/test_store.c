/*
 * Who leads, and what becomes of the rows: at the start, in an outage, at the end.
 */
#include "store/store.h"

#include <string.h>

#include "base/metrics.h"
#include "store/migrate.h"
#include "store_world.h"

static struct pg_cluster cluster;
static const char *url;
static struct loop *loop;
static struct world a, b;

static void given_a_database(void)
{
	url = pg_database(&cluster);
	loop = loop_new();
}

static void clean_up(void)
{
	loop_free(loop);
}

START_TEST(a_fresh_database_is_led_with_the_built_in_statuses)
{
	size_t count;

	world_begin(&a, loop, url);
	ck_assert(!store_leads(a.store, 0));
	ck_assert(!store_connected(a.store));
	ck_assert(turn_until(loop, leads, &a, PATIENCE * SECOND));
	ck_assert(store_leads(a.store, 0));
	ck_assert(store_connected(a.store));
	ck_assert_int_eq(metrics_get(METRIC_STORE_CONNECTED), 1);
	(void)status_builtins(&count);
	ck_assert_int_eq(atoi(pg_run(url, "SELECT count(*) FROM statuses")), (int)count);
	ck_assert_str_eq(
		pg_run(url, "SELECT kind || name_folded || color FROM statuses WHERE slug = 'on-call'"),
		"automaticon call#AD1457");
	world_end(&a);
}
END_TEST

START_TEST(built_in_statuses_are_corrected_but_stay_hidden_and_where_they_are)
{
	world_begin(&a, loop, url);
	ck_assert(turn_until(loop, leads, &a, PATIENCE * SECOND));
	world_end(&a);
	pg_run(url, "UPDATE statuses SET name = 'Old', color = '#000000', enabled = false, position = 7 "
		    "WHERE slug = 'chat'");
	world_begin(&a, loop, url);
	ck_assert(turn_until(loop, leads, &a, PATIENCE * SECOND));
	ck_assert_str_eq(
		pg_run(url, "SELECT name || color || enabled || position FROM statuses WHERE slug = 'chat'"),
		"Free for Chat#00897Bfalse7");
	world_end(&a);
}
END_TEST

START_TEST(a_second_process_stands_by_and_takes_over)
{
	world_begin(&a, loop, url);
	ck_assert(turn_until(loop, leads, &a, PATIENCE * SECOND));
	world_begin(&b, loop, url);
	ck_assert(turn_until(loop, is_connected, &b, PATIENCE * SECOND));
	turn_for(loop, 3 * SECOND / 2);
	ck_assert_int_eq(b.led, 0);
	ck_assert(!store_leads(b.store, 0));

	store_stop(a.store, SECOND, world_stopped, &a);
	ck_assert(turn_until(loop, is_stopped, &a, PATIENCE * SECOND));
	ck_assert(!store_leads(a.store, 0));
	ck_assert(turn_until(loop, leads, &b, 3 * SECOND));
	ck_assert_int_eq((int)b.row, (int)a.row);
	ck_assert_int_eq(a.lost, 0);
	world_end(&a);
	world_end(&b);
}
END_TEST

START_TEST(an_outage_of_the_server_loses_neither_lead_nor_rows)
{
	world_begin(&a, loop, url);
	world_lead(&a);
	world_begin(&b, loop, url);
	ck_assert(turn_until(loop, is_connected, &b, PATIENCE * SECOND));

	pg_kill(&cluster, SIGKILL);
	turn_for(loop, SECOND / 2);
	ck_assert(!store_connected(a.store));
	ck_assert(store_leads(a.store, 0));
	store_put_watcher(a.store, a.engine, "bob", "alice@example.org", 5);
	ck_assert(store_has_room(a.store, LIMIT_STORE_ROWS - 1));
	ck_assert(!store_has_room(a.store, LIMIT_STORE_ROWS));
	struct change change = {.kind = CHANGE_PERSON_DELETE};
	struct error error;
	ck_assert(!store_change(a.store, a.engine, &change, world_did, &a, &error));

	pg_start(&cluster);
	usec_t back = clock_monotonic();
	world_commit(&a);
	ck_assert_int_eq(a.result, COMMIT_DONE);
	ck_assert_int_lt(clock_monotonic() - back, 5 * SECOND);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM watchers"), "1");
	/* Notices may have been missed. */
	ck_assert(turn_until(loop, is_changed, &a, PATIENCE * SECOND));
	turn_for(loop, 3 * SECOND);
	ck_assert_int_eq(a.led, 1);
	ck_assert_int_eq(a.lost, 0);
	ck_assert_int_eq(b.led, 0);
	world_end(&a);
	world_end(&b);
}
END_TEST

START_TEST(a_lead_that_another_took_is_lost_with_the_rows_that_waited)
{
	char sql[160];

	world_begin(&a, loop, url);
	world_lead(&a);
	PGconn *other = PQconnectdb(url);
	snprintf(sql, sizeof(sql), "SELECT pg_advisory_lock(%d, %d)", STORE_LOCK_CLASS, (int)a.row);
	ck_assert(PQsendQuery(other, sql) == 1);
	pg_run(url, "SELECT pg_sleep(0.2)");
	snprintf(sql, sizeof(sql),
		"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND "
		"classid = %d",
		STORE_LOCK_CLASS);
	pg_run(url, sql);
	pg_run(url, "SELECT pg_sleep(0.2)"); /* the other has it now */
	world_put_phone(&a, "1001");
	world_commit(&a);
	ck_assert_int_eq(a.result, COMMIT_LOST);
	ck_assert_int_eq(a.lost, 1);
	ck_assert(!store_leads(a.store, 0));
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM phones"), "0");

	/* What comes now is nobody's either. */
	world_put_phone(&a, "1002");
	world_commit(&a);
	ck_assert_int_eq(a.result, COMMIT_LOST);

	PQfinish(other);
	a.led = 0;
	ck_assert(turn_until(loop, leads, &a, 6 * SECOND));
	world_end(&a);
}
END_TEST

static void put_registration(struct world *world, enum phone registered)
{
	char pbx[] = "hq", number[] = "1001";
	struct extension extension = {.pbx = pbx, .number = number, .registered = registered};
	store_put_phone(world->store, world->engine, &extension);
}

static bool is_down(void *arg)
{
	struct world *world = arg;
	return !store_connected(world->store);
}

static bool leads_twice(void *arg)
{
	struct world *world = arg;
	return world->led == 2;
}

/* As somebody who can be kept away while others are served. */
static void begin_as_cut_off(struct world *world)
{
	char other[300];

	pg_run(url, "CREATE ROLE cut_off SUPERUSER LOGIN");
	snprintf(other, sizeof(other), "%.*s&user=cut_off", (int)(strstr(url, "&user=") - url), url);
	world_begin(world, loop, other);
}

static void cut_off(void)
{
	pg_run(url, "ALTER ROLE cut_off NOLOGIN");
	pg_run(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cut_off'");
}

START_TEST(a_lead_that_another_had_meanwhile_is_lost_with_the_rows_that_waited)
{
	begin_as_cut_off(&a);
	world_lead(&a);
	cut_off();
	ck_assert(turn_until(loop, is_down, &a, PATIENCE * SECOND));
	put_registration(&a, PHONE_REGISTERED);
	a.answers = 0;
	store_commit(a.store, world_answered, &a);

	world_begin(&b, loop, url);
	world_lead(&b);
	put_registration(&b, PHONE_UNREGISTERED);
	world_commit(&b);
	ck_assert_int_eq(b.result, COMMIT_DONE);
	store_stop(b.store, SECOND, world_stopped, &b);
	ck_assert(turn_until(loop, is_stopped, &b, PATIENCE * SECOND));
	world_end(&b);
	ck_assert_int_eq(a.answers, 0);

	pg_run(url, "ALTER ROLE cut_off LOGIN");
	ck_assert(turn_until(loop, leads_twice, &a, PATIENCE * SECOND));
	ck_assert_int_eq(a.lost, 1);
	ck_assert(turn_until(loop, is_answered, &a, PATIENCE * SECOND));
	ck_assert_int_eq(a.result, COMMIT_LOST);
	ck_assert_str_eq(pg_run(url, "SELECT registered FROM phones"), "f");

	/* The new lead is as good as any. */
	put_registration(&a, PHONE_REGISTERED);
	world_commit(&a);
	ck_assert_int_eq(a.result, COMMIT_DONE);
	ck_assert_str_eq(pg_run(url, "SELECT registered FROM phones"), "t");
	world_end(&a);
}
END_TEST

START_TEST(a_session_that_ends_is_replaced_without_losing_the_lead)
{
	char sql[160];

	world_begin(&a, loop, url);
	world_lead(&a);
	int64_t reconnects = metrics_get(METRIC_STORE_RECONNECTS);
	snprintf(sql, sizeof(sql),
		"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = %d",
		STORE_LOCK_CLASS);
	pg_run(url, sql);
	store_put_watcher(a.store, a.engine, "bob", "alice@example.org", 5);
	world_commit(&a);
	ck_assert_int_eq(a.result, COMMIT_DONE);
	ck_assert_int_eq(a.lost, 0);
	ck_assert_int_eq(a.led, 1);
	ck_assert_int_eq(metrics_get(METRIC_STORE_RECONNECTS), reconnects + 1);
	world_end(&a);
}
END_TEST

START_TEST(the_id_of_an_event_whose_row_is_refused_is_told)
{
	world_begin(&a, loop, url);
	world_lead(&a);
	pg_run(url, "ALTER TABLE phones ADD CHECK (number <> '13')");
	world_put_phone(&a, "13");
	store_put_event_id(a.store, a.engine, "hq", "e1", 1);
	world_commit(&a);
	ck_assert_int_eq(a.result, COMMIT_REFUSED);
	ck_assert_str_eq(a.id_dropped, "hq:e1");
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM event_ids"), "0");
	world_end(&a);
}
END_TEST

START_TEST(stopping_writes_what_waits)
{
	world_begin(&a, loop, url);
	world_lead(&a);
	store_put_watcher(a.store, a.engine, "bob", "alice@example.org", 5);
	store_commit(a.store, world_answered, &a);
	store_stop(a.store, SECOND, world_stopped, &a);
	ck_assert_int_eq(a.stopped, 0);
	ck_assert(turn_until(loop, is_stopped, &a, PATIENCE * SECOND));
	ck_assert_int_eq(a.answers, 1);
	ck_assert_int_eq(a.result, COMMIT_DONE);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM watchers"), "1");
	world_end(&a);
}
END_TEST

START_TEST(stopping_has_an_end_when_the_server_is_away)
{
	world_begin(&a, loop, url);
	world_lead(&a);
	pg_kill(&cluster, SIGKILL);
	store_put_watcher(a.store, a.engine, "bob", "alice@example.org", 5);
	store_commit(a.store, world_answered, &a);
	store_stop(a.store, SECOND / 2, world_stopped, &a);
	usec_t begin = clock_monotonic();
	ck_assert(turn_until(loop, is_stopped, &a, PATIENCE * SECOND));
	ck_assert_int_lt(clock_monotonic() - begin, 2 * SECOND);
	ck_assert_int_eq(a.result, COMMIT_LOST);
	ck_assert_int_eq(a.stopped, 1);
	world_end(&a);
	pg_start(&cluster);
}
END_TEST

/* How the writer commits, as a trigger of its own session sees it. */
static const char *commits_when(const char *inherited)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "ALTER DATABASE test%d SET synchronous_commit = %s", cluster.databases,
		inherited);
	pg_run(url, sql);
	world_begin(&a, loop, url);
	world_lead(&a);
	store_put_watcher(a.store, a.engine, "bob", inherited, 5);
	world_commit(&a);
	ck_assert_int_eq(a.result, COMMIT_DONE);
	world_end(&a);
	snprintf(sql, sizeof(sql), "SELECT setting FROM seen WHERE watcher = '%s'", inherited);
	return pg_run(url, sql);
}

START_TEST(what_is_committed_is_on_disk_whatever_the_database_says)
{
	struct error error;

	ck_assert(store_migrate(url, &error));
	pg_run(url, "CREATE TABLE seen (watcher text, setting text);"
		    "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
		    " INSERT INTO seen VALUES (NEW.watcher, current_setting('synchronous_commit'));"
		    " RETURN NEW; END$$;"
		    "CREATE TRIGGER look BEFORE INSERT ON watchers FOR EACH ROW EXECUTE FUNCTION look()");
	ck_assert_str_eq(commits_when("off"), "on");
	ck_assert_str_eq(commits_when("remote_apply"), "remote_apply");
	ck_assert_str_eq(commits_when("local"), "local");
}
END_TEST

START_TEST(a_newer_schema_stops_the_program)
{
	struct error error;

	ck_assert(store_migrate(url, &error));
	pg_run(url, "INSERT INTO schema_version VALUES (9999, '9999_later', 'x')");
	world_begin(&a, loop, url);
	ck_assert(turn_until(loop, is_fatal, &a, PATIENCE * SECOND));
	ck_assert_int_eq(a.led, 0);
	turn_for(loop, SECOND / 2);
	ck_assert_int_eq(a.fatal, 1);
	world_end(&a);
}
END_TEST

START_TEST(a_url_that_makes_no_sense_stops_the_program)
{
	world_begin(&a, loop, "postgresql://user:secret%zz@host/x");
	ck_assert_int_eq(a.fatal, 0);
	ck_assert(turn_until(loop, is_fatal, &a, PATIENCE * SECOND));
	world_end(&a);
}
END_TEST

/* Each with a password that is cut at one of its characters, or that makes no sense otherwise. */
static const char *const bad_urls[] = {
	"postgresql://offhook:hunter2@Secret!tail@127.0.0.1/offhook",
	"postgresql://offhook:topsecret/x@127.0.0.1/offhook",
	"postgresql://offhook:4711/x@127.0.0.1/offhook",
	"postgresql://offhook:hunter2@b:c@127.0.0.1:5432/offhook",
	"postgresql://offhook:hunter2@b/c@127.0.0.1/offhook",
	"postgresql://offhook:hunter2@b?host=c@127.0.0.1/offhook",
	"postgresql://offhook:/secret@127.0.0.1/offhook",
	"postgresql://offhook:secret%zz@127.0.0.1/offhook",
	"offhook:secret@127.0.0.1/offhook",
	"mysql://offhook:secret@127.0.0.1/offhook",
	"",
};

START_TEST(a_url_that_makes_no_sense_is_not_repeated)
{
	struct error error = {0};

	ck_assert_msg(!store_url_valid(bad_urls[_i], &error), "%s", bad_urls[_i]);
	ck_assert_ptr_nonnull(strstr(error.text, "percent-encode"));
	ck_assert_ptr_null(strstr(error.text, "offhook:"));
	ck_assert_ptr_null(strstr(error.text, "secret"));
	ck_assert_ptr_null(strstr(error.text, "hunter2"));
	error = (struct error){0};
	ck_assert(!store_migrate(bad_urls[_i], &error));
	ck_assert_ptr_nonnull(strstr(error.text, "percent-encode"));
}
END_TEST

static const char *const good_urls[] = {
	"postgresql://offhook:hunter2%40Secret%2Ftail@127.0.0.1:5432/offhook",
	"postgresql://offhook@[::1]/offhook",
	"postgres://h1:5432,h2:5433/offhook?target_session_attrs=read-write",
	"postgresql:///offhook?host=/run/postgresql&user=offhook",
	"host=/run/postgresql dbname=offhook password='a@b/c:d'",
	"offhook",
};

START_TEST(a_url_that_makes_sense_passes)
{
	struct error error = {0};
	ck_assert_msg(store_url_valid(good_urls[_i], &error), "%s", good_urls[_i]);
}
END_TEST

START_TEST(a_host_that_is_none_is_not_repeated)
{
	struct error error = {0};

	ck_assert(!store_migrate("postgresql://offhook@hunter2.invalid/offhook", &error));
	ck_assert_ptr_null(strstr(error.text, "hunter2"));
	ck_assert_ptr_nonnull(strstr(error.text, "host"));
	/* But a server that is not there is named. */
	ck_assert(!store_migrate("postgresql:///offhook?host=/nonexistent", &error));
	ck_assert_ptr_nonnull(strstr(error.text, "/nonexistent"));
}
END_TEST

static bool is_swept(void *arg)
{
	(void)arg;
	return strcmp(pg_run(url, "SELECT (SELECT count(*) FROM legs) + (SELECT count(*) FROM event_ids)"
				  " + (SELECT count(*) FROM published)"),
		       "4") == 0;
}

START_TEST(what_is_not_remembered_any_longer_is_thrown_away)
{
	struct error error;

	ck_assert(store_migrate(url, &error));
	pg_run(url, "INSERT INTO tenants (domain, component) VALUES ('example.org', 'x');"
		    "INSERT INTO event_ids SELECT 1, 'hq', 'old' || i, now() - interval '8 days' FROM "
		    "generate_series(1, 2500) i;"
		    "INSERT INTO event_ids VALUES (1, 'hq', 'young', now() - interval '6 days');"
		    "INSERT INTO legs SELECT 1, 'hq', c, '', '1', s, 'call', '', NULL, now(), NULL, now() + e"
		    " FROM (VALUES ('forgotten', 'ended', interval '-1 s'), ('remembered', 'ended', interval "
		    "'1 h'),"
		    " ('alive', 'active', interval '-1 s')) AS t (c, s, e);"
		    "INSERT INTO published VALUES (1, 'known', 7), (1, 'unknown', 0)");
	world_begin(&a, loop, url);
	ck_assert(turn_until(loop, is_swept, NULL, PATIENCE * SECOND));
	ck_assert_str_eq(
		pg_run(url, "SELECT string_agg(call, ' ' ORDER BY call) FROM legs"), "alive remembered");
	ck_assert_str_eq(pg_run(url, "SELECT id FROM event_ids"), "young");
	ck_assert_str_eq(pg_run(url, "SELECT contact FROM published"), "known");
	world_end(&a);
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
	Suite *suite = suite_create("store");
	TCase *tests = tcase_create("store");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_checked_fixture(tests, given_a_database, clean_up);
	tcase_add_test(tests, a_fresh_database_is_led_with_the_built_in_statuses);
	tcase_add_test(tests, built_in_statuses_are_corrected_but_stay_hidden_and_where_they_are);
	tcase_add_test(tests, a_second_process_stands_by_and_takes_over);
	tcase_add_test(tests, an_outage_of_the_server_loses_neither_lead_nor_rows);
	tcase_add_test(tests, a_lead_that_another_took_is_lost_with_the_rows_that_waited);
	tcase_add_test(tests, a_lead_that_another_had_meanwhile_is_lost_with_the_rows_that_waited);
	tcase_add_test(tests, a_session_that_ends_is_replaced_without_losing_the_lead);
	tcase_add_test(tests, the_id_of_an_event_whose_row_is_refused_is_told);
	tcase_add_test(tests, stopping_writes_what_waits);
	tcase_add_test(tests, stopping_has_an_end_when_the_server_is_away);
	tcase_add_test(tests, what_is_committed_is_on_disk_whatever_the_database_says);
	tcase_add_test(tests, a_newer_schema_stops_the_program);
	tcase_add_test(tests, a_url_that_makes_no_sense_stops_the_program);
	tcase_add_loop_test(tests, a_url_that_makes_no_sense_is_not_repeated, 0,
		(int)(sizeof(bad_urls) / sizeof(*bad_urls)));
	tcase_add_loop_test(
		tests, a_url_that_makes_sense_passes, 0, (int)(sizeof(good_urls) / sizeof(*good_urls)));
	tcase_add_test(tests, a_host_that_is_none_is_not_repeated);
	tcase_add_test(tests, what_is_not_remembered_any_longer_is_thrown_away);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
