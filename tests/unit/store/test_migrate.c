/*
 * The schema: made once, found made, and refused when it is not ours.
 */
#include "store/migrate.h"

#include <string.h>

#include "pg_cluster.h"
#include "store/store.h"

static struct pg_cluster cluster;

struct run {
	struct loop *loop;
	struct migrate *migrate;
	int applied;
	bool over;
	enum migrate_result result;
	char reason[512];
};

static void on_up(void *ctx)
{
	struct run *run = ctx;
	migrate_start(run->migrate);
}

static void on_down(void *ctx, const char *reason)
{
	(void)ctx;
	(void)reason;
}

static void on_applied(void *ctx, const char *name)
{
	struct run *run = ctx;
	(void)name;
	run->applied++;
}

static void on_done(void *ctx, enum migrate_result result, const char *reason)
{
	struct run *run = ctx;
	run->result = result;
	snprintf(run->reason, sizeof(run->reason), "%s", reason);
	run->over = true;
}

static bool over(void *arg)
{
	struct run *run = arg;
	return run->over;
}

static struct run migrate_with(const char *url, const struct migration *steps)
{
	struct run run = {.loop = loop_new()};
	const struct db_events events = {.ctx = &run, .up = on_up, .down = on_down};
	const struct migrate_events told = {.ctx = &run, .applied = on_applied, .done = on_done};
	struct db *db = db_new(run.loop, "test", url, "SELECT 1", &events);

	run.migrate = migrate_new(db, steps, &told);
	db_connect(db);
	ck_assert(turn_until(run.loop, over, &run, 10 * SECOND));
	db_free(db);
	migrate_free(run.migrate);
	loop_free(run.loop);
	return run;
}

static const struct migration first[] = {
	{1, "0001_a",
		"CREATE TABLE schema_version (version integer PRIMARY KEY,"
		" name text, sha256 text, applied_at timestamptz DEFAULT now())"},
	{0, NULL, NULL}};

START_TEST(a_fresh_database_gets_all_of_it_and_a_second_start_finds_it)
{
	struct error error;
	const char *url = pg_database(&cluster);
	int count = 0;

	while (migrations[count].version != 0)
		count++;
	ck_assert_msg(store_migrate(url, &error), "%s", error.text);
	ck_assert_int_eq(atoi(pg_run(url, "SELECT count(*) FROM schema_version")), count);
	ck_assert_str_eq(
		pg_run(url, "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
			    "WHERE nspname = 'public' AND relkind = 'r' AND obj_description(c.oid) IS NULL"),
		"0");

	struct run run = migrate_with(url, migrations);
	ck_assert_int_eq(run.result, MIGRATE_DONE);
	ck_assert_int_eq(run.applied, 0);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
}
END_TEST

START_TEST(a_new_migration_is_applied_to_an_old_schema)
{
	const char *url = pg_database(&cluster);
	const struct migration second[] = {
		first[0], {2, "0002_b", "CREATE TABLE b (x integer); -- the end\n"}, {0, NULL, NULL}};

	ck_assert_int_eq(migrate_with(url, first).result, MIGRATE_DONE);
	struct run run = migrate_with(url, second);
	ck_assert_int_eq(run.result, MIGRATE_DONE);
	ck_assert_int_eq(run.applied, 1);
	ck_assert_str_eq(pg_run(url, "SELECT string_agg(name, ',' ORDER BY version) FROM schema_version"),
		"0001_a,0002_b");
	pg_run(url, "SELECT x FROM b");
}
END_TEST

START_TEST(a_newer_schema_is_refused)
{
	const char *url = pg_database(&cluster);

	ck_assert_int_eq(migrate_with(url, first).result, MIGRATE_DONE);
	pg_run(url, "INSERT INTO schema_version VALUES (2, '0002_later', 'x')");
	struct run run = migrate_with(url, first);
	ck_assert_int_eq(run.result, MIGRATE_REFUSED);
	ck_assert_ptr_nonnull(strstr(run.reason, "newer"));
	ck_assert_ptr_nonnull(strstr(run.reason, "0002_later"));
}
END_TEST

START_TEST(a_file_changed_after_it_was_applied_is_refused)
{
	const char *url = pg_database(&cluster);
	struct migration changed[] = {first[0], first[1]};

	ck_assert_int_eq(migrate_with(url, first).result, MIGRATE_DONE);
	changed[0].sql = "CREATE TABLE schema_version (version integer)";
	struct run run = migrate_with(url, changed);
	ck_assert_int_eq(run.result, MIGRATE_REFUSED);
	ck_assert_ptr_nonnull(strstr(run.reason, "0001_a"));
}
END_TEST

START_TEST(a_migration_that_fails_leaves_nothing_behind)
{
	const char *url = pg_database(&cluster);
	const struct migration bad[] = {
		first[0], {2, "0002_bad", "CREATE TABLE half (x integer); SELECT nonsense"}, {0, NULL, NULL}};

	struct run run = migrate_with(url, bad);
	ck_assert_int_eq(run.result, MIGRATE_REFUSED);
	ck_assert_int_eq(run.applied, 1);
	ck_assert_ptr_nonnull(strstr(run.reason, "0002_bad"));
	ck_assert_str_eq(pg_run(url, "SELECT to_regclass('half') IS NULL"), "t");
	ck_assert_str_eq(pg_run(url, "SELECT max(version) FROM schema_version"), "1");
}
END_TEST

START_TEST(a_database_that_cannot_be_reached_is_an_error_with_a_reason)
{
	struct error error;

	ck_assert(!store_migrate("postgresql:///x?host=/nowhere", &error));
	ck_assert_ptr_nonnull(strstr(error.text, "/nowhere"));
	ck_assert(!store_migrate("postgresql://u:secret%zz@h/x", &error));
	ck_assert_ptr_null(strstr(error.text, "secret"));
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
	Suite *suite = suite_create("migrate");
	TCase *tests = tcase_create("migrate");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_fresh_database_gets_all_of_it_and_a_second_start_finds_it);
	tcase_add_test(tests, a_new_migration_is_applied_to_an_old_schema);
	tcase_add_test(tests, a_newer_schema_is_refused);
	tcase_add_test(tests, a_file_changed_after_it_was_applied_is_refused);
	tcase_add_test(tests, a_migration_that_fails_leaves_nothing_behind);
	tcase_add_test(tests, a_database_that_cannot_be_reached_is_an_error_with_a_reason);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
