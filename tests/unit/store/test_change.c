/*
 * Changes of administrators, and changes that others make in the database.
 */
#include <stdlib.h>
#include <string.h>

#include "store_world.h"

static struct pg_cluster cluster;
static const char *url;
static struct loop *loop;
static struct world world;

static void given_a_led_tenant(void)
{
	url = pg_database(&cluster);
	loop = loop_new();
	world_begin(&world, loop, url);
	world_lead(&world);
	engine_start(world.engine, 1);
}

static void clean_up(void)
{
	world_end(&world);
	loop_free(loop);
}

static void drain(void)
{
	struct effect effect;
	while (engine_next_effect(world.engine, &effect))
		;
}

static void apply(struct fact *fact)
{
	struct error error;
	ck_assert_msg(engine_apply(world.engine, fact, 1, &error), "%s %s", error.field, error.text);
	drain();
}

static struct fact_person person(
	const char *contact, const char *account, const char *const *extensions, size_t count)
{
	return (struct fact_person){.contact = contact,
		.account = account,
		.name = contact,
		.extensions = extensions,
		.extension_count = count};
}

static int64_t add(const char *contact, const char *account, const char *extension)
{
	const char *extensions[] = {extension};
	struct fact_person fields = person(contact, account, extensions, extension ? 1 : 0);
	struct fact fact = {.kind = FACT_PERSON};

	fields.row = world_change(&world, CHANGE_PERSON_ADD, &fields, NULL);
	if (fields.row > 0) {
		fact.person = fields;
		apply(&fact);
	}
	return fields.row;
}

START_TEST(a_person_is_added_edited_and_deleted_with_an_audit)
{
	const char *extensions[] = {"hq:1002", "hq:1001", "lab:7"};
	struct fact_person bob = person("bob", "bob@example.org", extensions, 2);

	bob.row = world_change(&world, CHANGE_PERSON_ADD, &bob, NULL);
	ck_assert_int_gt(bob.row, 0);
	ck_assert_str_eq(
		pg_run(url, "SELECT contact || account || name || coalesce(time_zone, '-') FROM people"),
		"bobbob@example.orgbob-");
	ck_assert_str_eq(pg_run(url, "SELECT actor || ' ' || action || ' ' || subject FROM audit"),
		"admin@example.org add-person bob");
	ck_assert_str_eq(pg_run(url, "SELECT before IS NULL AND after = '{\"contact\": \"bob\", \"jid\": "
				     "\"bob@example.org\","
				     " \"name\": \"bob\", \"time_zone\": null, \"extensions\": [\"hq:1001\", "
				     "\"hq:1002\"]}'"
				     " FROM audit"),
		"t");

	bob.extensions = extensions + 1;
	bob.name = "Bob's \"name\"";
	bob.time_zone = "Europe/Berlin";
	bob.account = NULL;
	ck_assert_int_eq(world_change(&world, CHANGE_PERSON_EDIT, &bob, NULL), bob.row);
	ck_assert_str_eq(
		pg_run(url, "SELECT string_agg(pbx || number, ' ' ORDER BY pbx, number) FROM extensions"),
		"hq1001 lab7");
	ck_assert_str_eq(
		pg_run(url, "SELECT account IS NULL AND time_zone = 'Europe/Berlin' FROM people"), "t");
	ck_assert_str_eq(
		pg_run(url,
			"SELECT (before->>'jid') || (before->'extensions'->>1) || (after->'extensions'->>1)"
			" FROM audit WHERE action = 'edit-person'"),
		"bob@example.orghq:1002lab:7");

	ck_assert_int_eq(world_change(&world, CHANGE_PERSON_DELETE, &bob, NULL), bob.row);
	ck_assert_str_eq(
		pg_run(url, "SELECT (SELECT count(*) FROM people) + (SELECT count(*) FROM extensions)"), "0");
	ck_assert_str_eq(pg_run(url, "SELECT (before->'extensions'->>1) || (after IS NULL) FROM audit"
				     " WHERE action = 'delete-person'"),
		"lab:7true");

	ck_assert_int_eq(world_change(&world, CHANGE_PERSON_EDIT, &bob, NULL), 0);
	ck_assert_str_eq(world.error.field, "contact");
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM audit"), "3");
}
END_TEST

START_TEST(what_belongs_to_another_is_refused_by_name)
{
	const char *extensions[] = {"hq:1002", "hq:1001"};

	ck_assert_int_gt(add("bob", "bob@example.org", "hq:1001"), 0);
	ck_assert_int_eq(add("bob", "other@example.org", NULL), 0);
	ck_assert_str_eq(world.error.field, "contact");
	ck_assert_int_eq(add("carol", "bob@example.org", NULL), 0);
	ck_assert_str_eq(world.error.field, "jid");
	ck_assert_str_eq(world.error.text, "bob@example.org belongs to bob");

	struct fact_person carol = person("carol", "carol@example.org", extensions, 2);
	ck_assert_int_eq(world_change(&world, CHANGE_PERSON_ADD, &carol, NULL), 0);
	ck_assert_str_eq(world.error.field, "extensions");
	ck_assert_str_eq(world.error.text, "hq:1001 belongs to bob");
	carol.row = add("carol", "carol@example.org", "hq:1002");
	ck_assert_int_eq(world_change(&world, CHANGE_PERSON_EDIT, &carol, NULL), 0);
	ck_assert_str_eq(world.error.text, "hq:1001 belongs to bob");
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM audit"), "2");
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM extensions"), "2");
}
END_TEST

START_TEST(the_same_extension_twice_is_once)
{
	const char *extensions[] = {"hq:1001", "hq:1001"};
	struct fact_person bob = person("bob", NULL, extensions, 2);

	ck_assert_int_gt(world_change(&world, CHANGE_PERSON_ADD, &bob, NULL), 0);
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM extensions"), "1");
}
END_TEST

START_TEST(policy_is_stored_with_an_audit_of_before_and_after)
{
	struct policy policy = world.engine->policy;
	struct error error;

	ck_assert(policy_set(&policy, "auto_away_minutes", "15", NULL, &error));
	(void)world_change(&world, CHANGE_POLICY, NULL, &policy);
	ck_assert(world.change_ok);
	ck_assert(policy_set(&policy, "auto_away_minutes", "20", NULL, &error));
	(void)world_change(&world, CHANGE_POLICY, NULL, &policy);
	ck_assert(world.change_ok);
	ck_assert_str_eq(pg_run(url, "SELECT value FROM policies WHERE key = 'auto_away_minutes'"), "20");
	ck_assert_str_eq(pg_run(url, "SELECT (before->>'auto_away_minutes') || (after->>'auto_away_minutes')"
				     " FROM audit ORDER BY id DESC LIMIT 1"),
		"1520");
}
END_TEST

START_TEST(a_callback_can_be_forgotten)
{
	struct change change = {.kind = CHANGE_PERSON_DELETE, .actor = "x", .person.row = 5};
	struct error error;

	world.changes = 0;
	ck_assert(store_change(world.store, world.engine, &change, world_did, &world, &error));
	store_forget(world.store, &world);
	turn_for(loop, SECOND / 5);
	ck_assert_int_eq(world.changes, 0);
}
END_TEST

START_TEST(changes_of_others_are_told_and_our_own_are_not)
{
	ck_assert_int_gt(add("bob", "bob@example.org", "hq:1001"), 0);
	store_put_watcher(world.store, world.engine, "bob", "alice@example.org", 1);
	world_commit(&world);
	turn_for(loop, SECOND / 5);
	ck_assert_int_eq(world.changed, 0);

	static const char *const changes[] = {
		"UPDATE people SET name = 'Robert'",
		"UPDATE statuses SET enabled = false WHERE slug = 'chat'",
		"INSERT INTO policies VALUES (1, 'sign_off', 'no')",
		"DELETE FROM extensions",
		"INSERT INTO admins VALUES (1, 'carol@example.org')",
	};
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		world.changed = 0;
		pg_run(url, changes[i]);
		ck_assert_msg(turn_until(loop, is_changed, &world, PATIENCE * SECOND), "%s", changes[i]);
		ck_assert_int_eq(world.changed, 1);
	}
	world.changed = 0;
	pg_run(url, "UPDATE people SET name = 'x' WHERE false; UPDATE watchers SET heard_at = now()");
	turn_for(loop, SECOND / 5);
	ck_assert_int_eq(world.changed, 0);
}
END_TEST

static int facts[FACT_POLICY + 1];

static void on_fact(void *ctx, struct fact *fact)
{
	(void)ctx;
	facts[fact->kind]++;
	apply(fact);
}

static bool has_carol(void *arg)
{
	(void)arg;
	return engine_person(world.engine, "carol") != NULL;
}

START_TEST(what_others_changed_is_read_again_and_nothing_else)
{
	int64_t bob = add("bob", "bob@example.org", "hq:1001"),
		eve = add("eve", "eve@example.org", "hq:1002");
	ck_assert_int_gt(add("gone", "gone@example.org", "hq:1003"), 0);
	ck_assert_int_gt(add("same", "same@example.org", "hq:1004"), 0);
	char sql[1024];

	/* bob and eve swap their numbers, carol gets the account of somebody who goes. */
	snprintf(sql, sizeof(sql),
		"DELETE FROM people WHERE contact = 'gone';"
		"INSERT INTO people (tenant_id, contact, account, name) VALUES (1, 'carol', "
		"'gone@example.org', 'Carol');"
		"UPDATE extensions SET number = 'x' WHERE number = '1001';"
		"UPDATE extensions SET number = '1001' WHERE number = '1002';"
		"UPDATE extensions SET number = '1002' WHERE number = 'x';"
		"UPDATE statuses SET text = 'bye' WHERE slug = 'chat';"
		"INSERT INTO policies VALUES (1, 'sign_off', 'no'), (1, 'unheard_of', '1');"
		"INSERT INTO admins VALUES (1, 'carol@example.org')");
	pg_run(url, sql);
	ck_assert(turn_until(loop, is_changed, &world, PATIENCE * SECOND));
	memset(facts, 0, sizeof(facts));
	store_reload(world.store, 0, world.engine, on_fact, NULL);
	ck_assert(turn_until(loop, has_carol, NULL, PATIENCE * SECOND));
	turn_for(loop, 0);

	ck_assert_ptr_null(engine_person(world.engine, "gone"));
	ck_assert_str_eq(engine_person_by_account(world.engine, "gone@example.org")->contact, "carol");
	ck_assert_str_eq(engine_person_by_row(world.engine, bob)->extensions[0]->key, "hq:1002");
	ck_assert_str_eq(engine_person_by_row(world.engine, eve)->extensions[0]->key, "hq:1001");
	ck_assert_str_eq(catalogue_get(&world.engine->catalogue, "chat")->text, "bye");
	ck_assert(!world.engine->policy.sign_off);
	ck_assert(engine_is_admin(world.engine, "carol@example.org"));
	ck_assert_int_eq(facts[FACT_PERSON], 5); /* carol; bob and eve twice */
	ck_assert_int_eq(facts[FACT_PERSON_GONE], 1);
	ck_assert_int_eq(facts[FACT_STATUS], 1);
	ck_assert_int_eq(facts[FACT_POLICY], 1);

	memset(facts, 0, sizeof(facts));
	store_reload(world.store, 0, world.engine, on_fact, NULL);
	turn_for(loop, 5 * SECOND / 2); /* it has a pace */
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		ck_assert_int_eq(facts[i], 0);
}
END_TEST

static int64_t row_of(const char *contact)
{
	const struct person *person = engine_person(world.engine, contact);
	return person ? person->row : 0;
}

static bool is_read_again(void *arg)
{
	(void)arg;
	return world.reloaded > 0;
}

static void change_and_reload(const char *sql)
{
	pg_run(url, sql);
	world.reloaded = 0;
	store_reload(world.store, 0, world.engine, on_fact, NULL);
	ck_assert(turn_until(loop, is_read_again, NULL, PATIENCE * SECOND));
}

START_TEST(contacts_that_go_from_one_to_the_other_are_read_again)
{
	int64_t bob = add("b", NULL, NULL), eve = add("d", NULL, NULL), amy = add("a", NULL, NULL);

	/* The first of them gets what the last had, the other way round and in a circle; and somebody new. */
	change_and_reload("UPDATE people SET contact = 'c' WHERE contact = 'a';"
			  "UPDATE people SET contact = 'a' WHERE contact = 'b'");
	ck_assert_int_eq(row_of("a"), bob);
	ck_assert_int_eq(row_of("c"), amy);
	ck_assert_int_eq(row_of("b"), 0);
	change_and_reload("UPDATE people SET contact = 'x' WHERE contact = 'a';"
			  "UPDATE people SET contact = 'a' WHERE contact = 'c';"
			  "UPDATE people SET contact = 'c' WHERE contact = 'x'");
	ck_assert_int_eq(row_of("c"), bob);
	ck_assert_int_eq(row_of("a"), amy);
	change_and_reload("UPDATE people SET contact = 'x' WHERE contact = 'c';"
			  "UPDATE people SET contact = 'c' WHERE contact = 'd';"
			  "UPDATE people SET contact = 'd' WHERE contact = 'a';"
			  "UPDATE people SET contact = 'a' WHERE contact = 'x'");
	ck_assert_int_eq(row_of("a"), bob);
	ck_assert_int_eq(row_of("c"), eve);
	ck_assert_int_eq(row_of("d"), amy);
	change_and_reload("UPDATE people SET contact = 'e' WHERE contact = 'd';"
			  "UPDATE people SET contact = 'd' WHERE contact = 'a';"
			  "INSERT INTO people (tenant_id, contact, name) VALUES (1, 'a', 'Zoe')");
	ck_assert_int_eq(row_of("d"), bob);
	ck_assert_int_eq(row_of("e"), amy);
	ck_assert_int_gt(row_of("a"), amy);
}
END_TEST

static bool is_person_99(void *arg)
{
	(void)arg;
	return strcmp(engine_person(world.engine, "bob")->name, "99") == 0;
}

/* As src/app does. */
static bool reload_when_changed(void *arg)
{
	if (world.changed > 0)
		store_reload(world.store, 0, world.engine, on_fact, NULL);
	world.changed = 0;
	return is_person_99(arg);
}

START_TEST(reading_again_has_a_pace)
{
	PGconn *other = PQconnectdb(url);
	char sql[64];

	ck_assert_int_gt(add("bob", "bob@example.org", NULL), 0);
	memset(facts, 0, sizeof(facts));
	usec_t begin = clock_monotonic();
	for (int i = 0; i < 100; i++) {
		snprintf(sql, sizeof(sql), "UPDATE people SET name = '%d'", i);
		PQclear(PQexec(other, sql));
		(void)turn_until(loop, reload_when_changed, NULL, SECOND / 50);
	}
	ck_assert(turn_until(loop, reload_when_changed, NULL, PATIENCE * SECOND));
	usec_t seconds = (clock_monotonic() - begin) / SECOND;
	ck_assert_int_ge(facts[FACT_PERSON], 2);
	ck_assert_int_le(facts[FACT_PERSON], seconds + 1);
	PQfinish(other);
}
END_TEST

static bool both_did(void *arg)
{
	(void)arg;
	return world.changes > 0 && has_carol(NULL);
}

/* Reading waits for a lock while our own change is committed and applied: what it read then is old. */
START_TEST(a_change_of_our_own_is_not_undone_by_reading_again)
{
	int64_t bob = add("bob", "bob@example.org", NULL);
	struct error error;

	pg_run(url, "INSERT INTO people (tenant_id, contact, name) VALUES (1, 'carol', 'Carol');"
		    "UPDATE people SET name = 'Outside' WHERE contact = 'bob'");
	PGconn *other = PQconnectdb(url);
	PQclear(PQexec(other, "BEGIN; LOCK admins IN ACCESS EXCLUSIVE MODE"));
	memset(facts, 0, sizeof(facts));
	store_reload(world.store, 0, world.engine, on_fact, NULL);
	turn_for(loop, SECOND / 2); /* people are read, the admins cannot be */
	ck_assert_int_eq(facts[FACT_PERSON], 0);

	struct change change = {.kind = CHANGE_PERSON_DELETE, .actor = "x"};
	change.person.row = bob;
	change.person.contact = "bob";
	world.changes = 0;
	ck_assert(store_change(world.store, world.engine, &change, world_did, &world, &error));
	ck_assert(turn_until(loop, is_done, &world, PATIENCE * SECOND));
	struct fact fact = {.kind = FACT_PERSON_GONE, .gone.row = bob};
	apply(&fact);
	PQclear(PQexec(other, "ROLLBACK"));
	ck_assert(turn_until(loop, both_did, NULL, PATIENCE * SECOND));
	ck_assert_ptr_null(engine_person(world.engine, "bob"));
	ck_assert_int_eq(facts[FACT_PERSON], 1);
	PQfinish(other);
}
END_TEST

/* What is read while our own change is on its way may have it already: the answer comes first. */
START_TEST(a_change_of_our_own_is_not_handed_out_before_its_answer)
{
	struct change change = {.kind = CHANGE_PERSON_DELETE, .actor = "x"};
	struct error error;

	change.person.row = add("bob", "bob@example.org", NULL);
	change.person.contact = "bob";
	pg_run(url, "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
		    " PERFORM pg_sleep(2); RETURN NULL; END$$;"
		    "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED"
		    " FOR EACH ROW EXECUTE FUNCTION wait()");
	pg_run(url, "UPDATE people SET name = 'Robert'");
	memset(facts, 0, sizeof(facts));
	world.changes = 0;
	ck_assert(store_change(world.store, world.engine, &change, world_did, &world, &error));
	store_reload(world.store, 0, world.engine, on_fact, NULL);
	turn_for(loop, SECOND);
	ck_assert_int_eq(world.changes, 0);
	ck_assert_int_eq(facts[FACT_PERSON], 0);
	ck_assert(turn_until(loop, is_done, &world, PATIENCE * SECOND));
	ck_assert(world.change_ok);
	struct fact fact = {.kind = FACT_PERSON_GONE, .gone.row = world.person};
	apply(&fact);
	turn_for(loop, 5 * SECOND / 2);
	ck_assert_int_eq(facts[FACT_PERSON] + facts[FACT_PERSON_GONE], 0);
}
END_TEST

START_TEST(an_edit_does_not_undo_what_others_changed)
{
	struct fact_person bob = person("bob", "bob@example.org", NULL, 0);

	bob.row = add("bob", "bob@example.org", NULL);
	pg_run(url, "UPDATE people SET name = 'Outside'");
	bob.time_zone = "Europe/Berlin";
	ck_assert_int_eq(world_change(&world, CHANGE_PERSON_EDIT, &bob, NULL), 0);
	ck_assert_str_eq(world.error.field, "contact");
	ck_assert_str_eq(pg_run(url, "SELECT name || coalesce(time_zone, '-') FROM people"), "Outside-");
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM audit WHERE action = 'edit-person'"), "0");
	bob.name = "Outside";
	struct fact fact = {.kind = FACT_PERSON, .person = bob};
	fact.person.time_zone = NULL;
	apply(&fact); /* as reading again does */
	ck_assert_int_eq(world_change(&world, CHANGE_PERSON_EDIT, &bob, NULL), bob.row);
	ck_assert_str_eq(pg_run(url, "SELECT name || time_zone FROM people"), "OutsideEurope/Berlin");
}
END_TEST

static struct people_import import;

/* False: refused, with world.error. */
static bool imports(const char *text)
{
	struct change change = {.kind = CHANGE_PEOPLE_IMPORT, .actor = "admin@example.org"};

	ck_assert_msg(people_import_read(&import, world.engine, text, strlen(text)), "%s",
		import.problems[0].error.text);
	change.import = &import;
	world.changes = 0;
	ck_assert(store_change(world.store, world.engine, &change, world_did, &world, &world.error));
	people_import_done(&import);
	ck_assert(turn_until(loop, is_done, &world, PATIENCE * SECOND));
	return world.change_ok;
}

START_TEST(people_are_imported_in_one_transaction_with_an_audit_each)
{
	(void)add("bob", "bob@example.org", "hq:1001");
	(void)add("eve", "eve@example.org", "hq:1002");
	ck_assert(imports("contact,jid,extensions\nbob,eve@example.org,hq:1002 hq:7\n"
			  "eve,bob@example.org,hq:1001\nnew,,hq-2:x:y\n"));
	ck_assert_str_eq(
		pg_run(url, "SELECT string_agg(p.contact || ' ' || coalesce(p.account, '-') || ' ' ||"
			    " e.pbx || '/' || e.number, ', ' ORDER BY p.contact, e.number)"
			    " FROM people p JOIN extensions e ON e.person_id = p.id"),
		"bob eve@example.org hq/1002, bob eve@example.org hq/7, eve bob@example.org hq/1001, "
		"new - hq-2/x:y");
	ck_assert_str_eq(pg_run(url, "SELECT string_agg(subject || (before IS NULL) ||"
				     " (after->>'extensions'), ' ' ORDER BY id)"
				     " FROM audit WHERE action = 'import-people'"),
		"bobfalse[\"hq:1002\", \"hq:7\"] evefalse[\"hq:1001\"] newtrue[\"hq-2:x:y\"]");
	store_reload(world.store, 0, world.engine, on_fact, NULL);
	ck_assert(turn_until(loop, is_read_again, NULL, PATIENCE * SECOND));
	ck_assert_str_eq(engine_person(world.engine, "bob")->account, "eve@example.org");
	ck_assert_ptr_nonnull(engine_person(world.engine, "new"));
	turn_for(loop, SECOND / 5);
	ck_assert_int_eq(world.changed, 0);
}
END_TEST

START_TEST(an_import_is_refused_as_a_whole_when_others_changed_people)
{
	static const char *const changes[] = {
		"UPDATE people SET name = 'Outside' WHERE contact = 'bob'",
		"DELETE FROM extensions WHERE number = '1001'",
		"INSERT INTO people (tenant_id, contact, name) VALUES (1, 'new', 'New')",
		"UPDATE people SET account = 'new@example.org' WHERE contact = 'eve'",
		"UPDATE extensions SET number = '9' WHERE number = '1002'",
		"DELETE FROM people WHERE contact = 'bob'",
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		pg_run(url, "DELETE FROM people; DELETE FROM audit");
		world_engine(&world);
		(void)add("bob", "bob@example.org", "hq:1001");
		(void)add("eve", "eve@example.org", "hq:1002");
		pg_run(url, changes[i]);
		ck_assert_msg(!imports("contact,name,jid,extensions\nbob,Robert,bob@example.org,hq:5\n"
				       "new,New,new@example.org,hq:9\n"),
			"%s", changes[i]);
		ck_assert_ptr_nonnull(strstr(world.error.text, "try again"));
		ck_assert_str_eq(
			pg_run(url, "SELECT count(*) FROM audit WHERE action = 'import-people'"), "0");
		ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM extensions WHERE number = '5'"), "0");
	}
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
	Suite *suite = suite_create("change");
	TCase *tests = tcase_create("change");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_checked_fixture(tests, given_a_led_tenant, clean_up);
	tcase_add_test(tests, a_person_is_added_edited_and_deleted_with_an_audit);
	tcase_add_test(tests, what_belongs_to_another_is_refused_by_name);
	tcase_add_test(tests, the_same_extension_twice_is_once);
	tcase_add_test(tests, policy_is_stored_with_an_audit_of_before_and_after);
	tcase_add_test(tests, a_callback_can_be_forgotten);
	tcase_add_test(tests, changes_of_others_are_told_and_our_own_are_not);
	tcase_add_test(tests, what_others_changed_is_read_again_and_nothing_else);
	tcase_add_test(tests, contacts_that_go_from_one_to_the_other_are_read_again);
	tcase_add_test(tests, reading_again_has_a_pace);
	tcase_add_test(tests, a_change_of_our_own_is_not_undone_by_reading_again);
	tcase_add_test(tests, a_change_of_our_own_is_not_handed_out_before_its_answer);
	tcase_add_test(tests, an_edit_does_not_undo_what_others_changed);
	tcase_add_test(tests, people_are_imported_in_one_transaction_with_an_audit_each);
	tcase_add_test(tests, an_import_is_refused_as_a_whole_when_others_changed_people);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
