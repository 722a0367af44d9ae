/*
 * The lead over a connection that ends without the server's knowledge.
 */
#include "store/leader.h"

#include <stdlib.h>

#include "pg_cluster.h"
#include "store/migrate.h"

static struct pg_cluster cluster;
static struct loop *loop;
static struct db *db;
static struct leader *leader;
static const char *url;
static int led, lost, sure;

enum { PATIENCE = 10 };

static void on_up(void *ctx)
{
	(void)ctx;
	leader_up(leader);
}

static void on_down(void *ctx, const char *reason)
{
	(void)ctx;
	(void)reason;
	leader_down(leader);
}

static void on_led(void *ctx, size_t tenant, int64_t row)
{
	(void)ctx;
	(void)tenant;
	(void)row;
	led++;
}

static void on_lost(void *ctx, size_t tenant, int64_t row)
{
	(void)ctx;
	(void)tenant;
	(void)row;
	lost++;
}

static void on_sure(void *ctx)
{
	(void)ctx;
	sure++;
}

static bool is_led(void *arg)
{
	(void)arg;
	return led > 0;
}

static bool is_sure(void *arg)
{
	(void)arg;
	return sure > 0;
}

static void given_a_lead(void)
{
	const struct db_events events = {.up = on_up, .down = on_down};
	const struct leader_events told = {.led = on_led, .lost = on_lost, .sure = on_sure};
	const struct store_tenant_name tenant = {"example.org", "presence.example.org"};
	struct error error;

	url = pg_database(&cluster);
	ck_assert_msg(store_migrate(url, &error), "%s", error.text);
	led = lost = sure = 0;
	loop = loop_new();
	db = db_new(loop, "test", url, "SELECT 1", &events);
	leader = leader_new(loop, db, &tenant, 1, &told);
	db_connect(db);
	ck_assert(turn_until(loop, is_led, NULL, PATIENCE * SECOND));
}

static void clean_up(void)
{
	db_free(db);
	leader_free(leader);
	loop_free(loop);
}

/* A session that is busy does not notice that its client has gone, and keeps the lock. */
static void when_the_connection_ends_unnoticed(void)
{
	struct query *busy = query_new(NULL, NULL);

	query_add(busy, "SELECT pg_sleep(60)", NULL, 0);
	ck_assert(db_submit(db, busy));
	turn_for(loop, SECOND / 10);
	sure = 0;
	db_reset(db, "the test says so");
}

START_TEST(our_own_old_session_is_ended_when_it_holds_the_lock)
{
	int old = db_pid(db);

	when_the_connection_ends_unnoticed();
	ck_assert(turn_until(loop, is_sure, NULL, 5 * SECOND));
	ck_assert_int_ne(db_pid(db), old);
	ck_assert_int_eq(lost, 0);
	ck_assert_int_eq(led, 1);
	ck_assert(leader_leads(leader, 0));
	char sql[128];
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_stat_activity WHERE pid = %d", old);
	ck_assert_str_eq(pg_run(url, sql), "0");
}
END_TEST

START_TEST(nobody_elses_session_is_ended)
{
	char sql[160];
	PGconn *other = PQconnectdb(url);

	/* Another has waited for the lock and gets it before we ask. */
	snprintf(sql, sizeof(sql), "SELECT pg_advisory_lock(%d, 1)", STORE_LOCK_CLASS);
	ck_assert(PQsendQuery(other, sql) == 1);
	pg_run(url, "SELECT pg_sleep(0.2)");
	snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d)", db_pid(db));
	pg_run(url, sql);
	pg_run(url, "SELECT pg_sleep(0.2)");
	sure = 0;
	ck_assert(turn_until(loop, is_sure, NULL, 5 * SECOND));
	ck_assert_int_eq(lost, 1);
	PQclear(PQgetResult(other));
	PQclear(PQgetResult(other));
	PGresult *alive = PQexec(other, "SELECT 1");
	ck_assert_int_eq(PQresultStatus(alive), PGRES_TUPLES_OK);
	PQclear(alive);
	PQfinish(other);
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
	Suite *suite = suite_create("leader");
	TCase *tests = tcase_create("leader");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_checked_fixture(tests, given_a_lead, clean_up);
	tcase_add_test(tests, our_own_old_session_is_ended_when_it_holds_the_lock);
	tcase_add_test(tests, nobody_elses_session_is_ended);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
