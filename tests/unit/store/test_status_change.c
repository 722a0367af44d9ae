/*
 * Changes of statuses in the database.
 */
#include <stdlib.h>
#include <string.h>

#include "store_world.h"

static struct pg_cluster cluster;
static const char *url;
static struct loop *loop;
static struct world world;
static struct error error;

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

/* Submits the change and waits for its end; the row, or 0 and world.error. */
static int64_t make(struct change change)
{
	change.actor = "admin@example.org";
	world.changes = 0;
	ck_assert_msg(store_change(world.store, world.engine, &change, world_did, &world, &error), "%s",
		error.text);
	ck_assert(turn_until(loop, is_done, &world, PATIENCE * SECOND));
	return world.change_ok ? world.person : 0;
}

static void apply(const struct status_fields *fields)
{
	struct fact fact = {.kind = FACT_STATUS, .status = *fields};
	struct effect effect;

	ck_assert(engine_apply(world.engine, &fact, 1, &error));
	while (engine_next_effect(world.engine, &effect))
		;
}

static void set(struct status_edit *edit, const char *field, const char *value)
{
	ck_assert_msg(status_edit_set(edit, field, value, &error), "%s", error.text);
}

static const struct catalogue *catalogue(void)
{
	return &world.engine->catalogue;
}

static void add_tea(void)
{
	struct status_edit edit;
	struct status_fields fields;
	int64_t row;

	status_edit_add(&edit);
	set(&edit, "name", "Téa \"hot\"");
	set(&edit, "show", "away");
	set(&edit, "icon", "🍵");
	set(&edit, "default_expiry", "15");
	ck_assert(status_edit_check(&edit, catalogue(), &error));
	row = make((struct change){.kind = CHANGE_STATUS_ADD, .edit = &edit});
	ck_assert_int_gt(row, 0);
	status_edit_apply(&edit, NULL, &fields);
	fields.row = row;
	apply(&fields);
}

START_TEST(a_status_is_added_as_it_will_be_loaded)
{
	add_tea();
	ck_assert_str_eq(
		pg_run(url, "SELECT slug || ' ' || name || ' ' || name_folded || ' ' || show || ' ' || kind"
			    " || ' ' || icon || ' ' || color || ' ' || default_expiry || ' ' || position"
			    " FROM statuses WHERE kind = 'custom'"),
		"tea-hot Téa \"hot\" téa \"hot\" away custom 🍵 #607D8B 15 120");
	ck_assert_str_eq(
		pg_run(url, "SELECT actor || ' ' || action || ' ' || subject || ' ' || (after->>'icon')"
			    " || (before IS NULL) FROM audit"),
		"admin@example.org add-status tea-hot 🍵true");
	world_lead(&world);
	const struct status *tea = catalogue_get(catalogue(), "tea-hot");
	ck_assert_ptr_nonnull(tea);
	ck_assert_str_eq(tea->name, "Téa \"hot\"");
	ck_assert_int_eq(tea->show, SHOW_AWAY);
	ck_assert_uint_eq(tea->default_expiry, 15);
	ck_assert(tea->hideable && tea->enabled && tea->kind == STATUS_CUSTOM);
}
END_TEST

START_TEST(an_edit_writes_what_it_names_and_nothing_else)
{
	struct status_edit edit;

	add_tea();
	status_edit_of(&edit, catalogue_get(catalogue(), "tea-hot"));
	set(&edit, "color", "#00ff00");
	set(&edit, "default_expiry", "");
	set(&edit, "when_offline", "1");
	/* Another has changed the name meanwhile. */
	pg_run(url, "UPDATE statuses SET name = 'Chai', name_folded = 'chai' WHERE slug = 'tea-hot'");
	ck_assert_int_gt(make((struct change){.kind = CHANGE_STATUS_EDIT, .edit = &edit}), 0);
	ck_assert_str_eq(
		pg_run(url, "SELECT name || ' ' || color || ' ' || icon || ' ' || (default_expiry IS NULL)"
			    " || ' ' || when_offline || ' ' || show FROM statuses WHERE slug = 'tea-hot'"),
		"Chai #00FF00 🍵 true true away");
	ck_assert_str_eq(
		pg_run(url,
			"SELECT subject || ' ' || (before->>'default_expiry') || ' ' || (before->>'color')"
			" || ' ' || (after->>'color') FROM audit WHERE action = 'edit-status'"),
		"tea-hot 15 #607D8B #00FF00");
}
END_TEST

START_TEST(hiding_is_a_word_of_its_own_in_the_audit_and_works_for_built_in_statuses)
{
	struct status_edit edit;

	status_edit_of(&edit, catalogue_get(catalogue(), "lunch-break"));
	set(&edit, "enabled", "0");
	ck_assert_int_gt(make((struct change){.kind = CHANGE_STATUS_EDIT, .edit = &edit}), 0);
	ck_assert_str_eq(
		pg_run(url, "SELECT subject || ' ' || (before->>'enabled') || ' ' || (after->>'enabled')"
			    " FROM audit WHERE action = 'hide-status'"),
		"lunch-break true false");
	world_lead(&world);
	ck_assert(!status_selectable(catalogue_get(catalogue(), "lunch-break")));
}
END_TEST

START_TEST(a_name_that_another_bears_is_an_error_of_the_name)
{
	struct status_edit edit;

	status_edit_add(&edit);
	set(&edit, "name", "Siesta");
	ck_assert(status_edit_check(&edit, catalogue(), &error));
	pg_run(url, "INSERT INTO statuses (tenant_id, slug, name, name_folded, show, kind, color)"
		    " SELECT id, 'nap', 'SIESTA', 'siesta', 'away', 'custom', '#000000' FROM tenants");
	ck_assert_int_eq(make((struct change){.kind = CHANGE_STATUS_ADD, .edit = &edit}), 0);
	ck_assert_str_eq(world.error.field, "name");
	ck_assert_str_eq(world.error.text, "SIESTA belongs to nap");
	pg_run(url, "UPDATE statuses SET slug = 'siesta', name_folded = 'other' WHERE slug = 'nap'");
	ck_assert_int_eq(make((struct change){.kind = CHANGE_STATUS_ADD, .edit = &edit}), 0);
	ck_assert_str_eq(world.error.field, "name");
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM audit"), "0");
}
END_TEST

START_TEST(a_deleted_status_stays_as_a_row_and_is_deleted_once)
{
	struct status_edit edit;

	add_tea();
	status_edit_of(&edit, catalogue_get(catalogue(), "tea-hot"));
	set(&edit, "name", "Other");
	ck_assert_int_gt(make((struct change){.kind = CHANGE_STATUS_DELETE, .status = "tea-hot"}), 0);
	ck_assert_str_eq(
		pg_run(url, "SELECT deleted_at IS NOT NULL FROM statuses WHERE slug = 'tea-hot'"), "t");
	ck_assert_str_eq(pg_run(url, "SELECT subject || (before->>'icon') || (after IS NULL) FROM audit"
				     " WHERE action = 'delete-status'"),
		"tea-hot🍵true");
	ck_assert_int_eq(make((struct change){.kind = CHANGE_STATUS_DELETE, .status = "tea-hot"}), 0);
	ck_assert_str_eq(world.error.field, "status");
	ck_assert_str_eq(world.error.text, "was deleted meanwhile");
	ck_assert_int_eq(make((struct change){.kind = CHANGE_STATUS_EDIT, .edit = &edit}), 0);
	ck_assert_str_eq(world.error.field, "status");
	ck_assert_str_eq(pg_run(url, "SELECT count(*) FROM audit"), "2");
}
END_TEST

START_TEST(an_order_is_one_change_with_both_orders_in_the_audit)
{
	static const char *const first[] = {"offline", "tea-hot"};
	const char *order[32];

	add_tea();
	ck_assert(status_order_make(catalogue(), first, 2, order, &error));
	(void)make((struct change){
		.kind = CHANGE_STATUS_ORDER, .order = order, .order_count = catalogue()->count});
	ck_assert(world.change_ok);
	ck_assert_str_eq(
		pg_run(url, "SELECT string_agg(slug || position, ' ' ORDER BY position) FROM statuses"
			    " WHERE position <= 40"),
		"offline10 tea-hot20 available30 chat40");
	ck_assert_str_eq(
		pg_run(url, "SELECT (before->>0) || (before->>11) || (after->>0) || (after->>1) || action"
			    " FROM audit ORDER BY id DESC LIMIT 1"),
		"availabletea-hotofflinetea-hotorder-statuses");
	world_lead(&world);
	ck_assert_str_eq(catalogue()->ordered[0]->id, "offline");
	ck_assert_str_eq(catalogue()->ordered[1]->id, "tea-hot");
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
	TCase *tests = tcase_create("status_change");
	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_checked_fixture(tests, given_a_led_tenant, clean_up);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_status_is_added_as_it_will_be_loaded);
	tcase_add_test(tests, an_edit_writes_what_it_names_and_nothing_else);
	tcase_add_test(tests, hiding_is_a_word_of_its_own_in_the_audit_and_works_for_built_in_statuses);
	tcase_add_test(tests, a_name_that_another_bears_is_an_error_of_the_name);
	tcase_add_test(tests, a_deleted_status_stays_as_a_row_and_is_deleted_once);
	tcase_add_test(tests, an_order_is_one_change_with_both_orders_in_the_audit);
	Suite *suite = suite_create("status_change");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
