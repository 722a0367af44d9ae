/*
 * The audit as it is written with rights, choices and calls, and as it is read.
 */
#include <stdlib.h>
#include <string.h>

#include "core/legs.h"
#include "store_world.h"

static struct pg_cluster cluster;
static const char *url;
static struct loop *loop;
static struct world world;
static struct buf rows;
static int reads;
static bool read_ok;

static void given_a_led_tenant(void)
{
	url = pg_database(&cluster);
	loop = loop_new();
	world_begin(&world, loop, url);
	world_lead(&world);
	engine_start(world.engine, 1);
	buf_init(&rows, 65536);
}

static void clean_up(void)
{
	buf_done(&rows);
	world_end(&world);
	loop_free(loop);
}

static bool change(struct change change)
{
	struct error error;

	change.actor = "admin@example.org";
	world.changes = 0;
	ck_assert_msg(store_change(world.store, world.engine, &change, world_did, &world, &error), "%s",
		error.text);
	ck_assert(turn_until(loop, is_done, &world, PATIENCE * SECOND));
	return world.change_ok;
}

static void on_row(void *arg, const struct audit_row *row)
{
	(void)arg;
	ck_assert_int_gt(row->at, 0);
	buf_addf(&rows, "%s %s %s [%s]\n", row->actor, row->action, row->subject, row->changes);
}

static void on_read(void *arg, bool ok)
{
	(void)arg;
	reads++;
	read_ok = ok;
}

static bool is_read(void *arg)
{
	(void)arg;
	return reads > 0;
}

static const char *read_audit(size_t skip, size_t limit)
{
	struct error error;

	reads = 0;
	buf_clear(&rows);
	ck_assert(store_read_audit(world.store, world.engine, skip, limit, on_row, on_read, &world, &error));
	ck_assert(turn_until(loop, is_read, NULL, PATIENCE * SECOND));
	ck_assert(read_ok);
	return buf_text(&rows);
}

START_TEST(administrators_are_stored_with_an_audit)
{
	struct change add = {.kind = CHANGE_ADMIN_ADD, .account = "alice@example.org"};
	struct change gone = {.kind = CHANGE_ADMIN_REMOVE, .account = "alice@example.org"};

	ck_assert(change(add));
	ck_assert_str_eq(pg_run(url, "SELECT tenant_id || jid FROM admins"), "1alice@example.org");
	ck_assert(!change(add));
	ck_assert_str_eq(world.error.text, "is an administrator already");
	ck_assert(change(gone));
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM admins"), "0");
	ck_assert(!change(gone));
	ck_assert_str_eq(world.error.field, "jid");
	ck_assert_str_eq(read_audit(0, 10), "admin@example.org remove-admin alice@example.org []\n"
					    "admin@example.org add-admin alice@example.org []\n");
	turn_for(loop, SECOND / 5);
	ck_assert_int_eq(world.changed, 0); /* our own are not told */
}
END_TEST

static struct person *bob(void)
{
	static const char *const extensions[] = {"hq:1001"};
	struct fact fact = {.kind = FACT_PERSON,
		.person = {.row = 7,
			.contact = "bob",
			.name = "Bob",
			.extensions = extensions,
			.extension_count = 1}};
	struct error error;

	ck_assert(engine_apply(world.engine, &fact, 1, &error));
	return engine_person(world.engine, "bob");
}

START_TEST(a_choice_for_somebody_leaves_before_and_after)
{
	struct fact_choice choice = {
		.person = bob(), .status = "dnd", .message = "say \"hi\"", .until = 4000000000 * SECOND};

	ck_assert(change((struct change){.kind = CHANGE_CHOICE, .choice = &choice}));
	ck_assert_str_eq(read_audit(0, 10),
		"admin@example.org set-person-status bob [expires: none → 2096-10-02T07:06:40Z\n"
		"message: none → say \"hi\"\nstatus: available → dnd]\n");
	struct fact fact = {.kind = FACT_CHOICE, .choice = choice};
	struct error error;
	ck_assert(engine_apply(world.engine, &fact, 1, &error));
	choice = (struct fact_choice){.person = choice.person, .status = "available"};
	ck_assert(change((struct change){.kind = CHANGE_CHOICE, .choice = &choice}));
	ck_assert_ptr_nonnull(strstr(read_audit(0, 1), "status: dnd → available]"));
}
END_TEST

START_TEST(ended_calls_leave_a_row_each)
{
	struct error error;
	const struct leg *legs[2];
	struct fact fact = {.kind = FACT_CALL,
		.call = {.pbx = "hq", .call = "c1", .extension = "1001", .event = CALL_ANSWERED}};

	bob();
	ck_assert(engine_apply(world.engine, &fact, SECOND, &error));
	fact.call.call = "c2";
	ck_assert(engine_apply(world.engine, &fact, 2 * SECOND, &error));
	legs[0] = world.engine->live.first;
	legs[1] = world.engine->live.last;
	ck_assert(change((struct change){.kind = CHANGE_CALLS_END, .legs = legs, .leg_count = 2}));
	ck_assert_str_eq(read_audit(0, 10),
		"admin@example.org end-call hq:1001 [call: c2\nleg: \nsince: 1970-01-01T00:00:02Z\nstate: "
		"active]\n"
		"admin@example.org end-call hq:1001 [call: c1\nleg: \nsince: 1970-01-01T00:00:01Z\nstate: "
		"active]\n");
}
END_TEST

START_TEST(the_audit_is_read_in_pages_of_one_tenant)
{
	pg_run(url, "INSERT INTO tenants (domain, component) VALUES ('other.org', 'p.other.org');"
		    "INSERT INTO audit (tenant_id, actor, action, subject) SELECT 2, 'x', 'x', 'x' FROM "
		    "generate_series(1, 5);"
		    "INSERT INTO audit (tenant_id, actor, action, subject) SELECT 1, 'a', 'b', 'n' || n FROM "
		    "generate_series(1, 5) n");
	ck_assert_str_eq(read_audit(0, 2), "a b n5 []\na b n4 []\n");
	ck_assert_str_eq(read_audit(4, 2), "a b n1 []\n");
	ck_assert_str_eq(read_audit(5, 2), "");
}
END_TEST

START_TEST(rows_of_any_shape_are_read)
{
	pg_run(url, "INSERT INTO audit (tenant_id, actor, action, subject, before, after) VALUES"
		    " (1, 'a', 'b', 'list', '[1]', '\"text\"'),"
		    " (1, 'a', 'b', 'null', 'null', '{\"k\": null, \"z\": [1, 2]}'),"
		    " (1, 'a', 'b', 'same', '{\"k\": 1}', '{\"k\": 1, \"n\": true}'),"
		    " (1, 'a', 'b', 'long', NULL, jsonb_build_object('k', repeat('é', 5000)))");
	const char *text = read_audit(0, 10);
	ck_assert_ptr_nonnull(strstr(text, "a b list [[1] → \"text\"]\n"));
	ck_assert_ptr_nonnull(strstr(text, "a b null [z: [1, 2]]\n"));
	ck_assert_ptr_nonnull(strstr(text, "a b same [n: true]\n"));
	ck_assert_uint_lt(rows.length, 2200);
}
END_TEST

START_TEST(a_view_tells_the_audit_of_all_tenants)
{
	struct change add = {.kind = CHANGE_ADMIN_ADD, .account = "alice@example.org"};

	ck_assert(change(add));
	pg_run(url, "INSERT INTO tenants (domain, component) VALUES ('other.org', 'p.other.org');"
		    "INSERT INTO audit (tenant_id, at, actor, action, subject, before, after) VALUES"
		    " (2, '2026-11-22T10:00:00Z', 'bob@other.org', 'edit-person', 'bob',"
		    " '{\"name\": \"Bob\", \"jid\": \"\", \"time_zone\": null, \"same\": 1}',"
		    " '{\"name\": \"Robert\", \"jid\": \"b@other.org\", \"time_zone\": \"Asia/Tokyo\", "
		    "\"same\": 1}'),"
		    " (2, now(), 'bob@other.org', 'delete-status', 'tea', '{\"name\": \"Tea\", \"show\": "
		    "\"away\"}', "
		    "NULL),"
		    " (2, now(), 'bob@other.org', 'order-statuses', 'statuses', '[\"chat\", \"away\"]', "
		    "'[\"away\", \"chat\"]')");
	ck_assert_str_eq(
		pg_run(url, "SELECT string_agg(concat_ws(' ', domain, actor, action, subject, changes), "
			    "E'\\n' ORDER BY id) FROM audit_log"),
		"example.org admin@example.org add-admin alice@example.org \n"
		"other.org bob@other.org edit-person bob jid: none → b@other.org\nname: Bob → Robert\n"
		"time_zone: none → Asia/Tokyo\n"
		"other.org bob@other.org delete-status tea name: Tea\nshow: away\n"
		"other.org bob@other.org order-statuses statuses [\"chat\", \"away\"] → [\"away\", "
		"\"chat\"]");
	ck_assert_str_eq(
		pg_run(url, "SELECT count(*) FROM audit_log WHERE at = '2026-11-22T10:00:00Z'"), "1");
	ck_assert_str_eq(
		pg_run(url, "SELECT pg_typeof(at) FROM audit_log LIMIT 1"), "timestamp with time zone");
	ck_assert_str_eq(
		pg_run(url, "SELECT count(*) FROM pg_attribute WHERE attrelid = 'audit_log'::regclass"
			    " AND attnum > 0 AND col_description(attrelid, attnum) IS NULL"),
		"0");
}
END_TEST

START_TEST(a_reader_can_be_forgotten)
{
	struct error error;

	pg_run(url, "INSERT INTO audit (tenant_id, actor, action, subject) VALUES (1, 'a', 'b', 'c')");
	reads = 0;
	ck_assert(store_read_audit(world.store, world.engine, 0, 1, on_row, on_read, &world, &error));
	store_forget(world.store, &world);
	turn_for(loop, SECOND / 5);
	ck_assert_int_eq(reads, 0);
	ck_assert_uint_eq(rows.length, 0);
	/* And one that the end of the store leaves without an answer is freed. */
	ck_assert(store_read_audit(world.store, world.engine, 0, 1, on_row, on_read, &world, &error));
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
	Suite *suite = suite_create("audit");
	TCase *tests = tcase_create("audit");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_checked_fixture(tests, given_a_led_tenant, clean_up);
	tcase_add_test(tests, administrators_are_stored_with_an_audit);
	tcase_add_test(tests, a_choice_for_somebody_leaves_before_and_after);
	tcase_add_test(tests, ended_calls_leave_a_row_each);
	tcase_add_test(tests, the_audit_is_read_in_pages_of_one_tenant);
	tcase_add_test(tests, rows_of_any_shape_are_read);
	tcase_add_test(tests, a_view_tells_the_audit_of_all_tenants);
	tcase_add_test(tests, a_reader_can_be_forgotten);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
