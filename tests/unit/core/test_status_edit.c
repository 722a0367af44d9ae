/* What an administrator may make of a status, and what becomes of those who have it. */
#include "world.h"

#include <stdlib.h>

#include "base/memory.h"
#include "core/status_edit.h"

static struct error error;

static bool sets(struct status_edit *edit, const char *field, const char *value)
{
	error = (struct error){0};
	return status_edit_set(edit, field, value, &error);
}

static bool allowed(const char *field, const char *value)
{
	struct status_edit edit;

	status_edit_add(&edit);
	if (sets(&edit, field, value))
		return true;
	ck_assert_str_eq(error.field, field);
	ck_assert_str_ne(error.text, "");
	return false;
}

static const char *repeated(const char *part, size_t times)
{
	static char text[4096];

	text[0] = '\0';
	while (times--)
		strcat(text, part);
	return text;
}

static int64_t next_row = 1000;

/* Adds a status as src/app does; its id, or NULL and `error`. */
static const char *add(const char *name)
{
	struct status_edit edit;
	struct fact fact = {.kind = FACT_STATUS};

	status_edit_add(&edit);
	if (!sets(&edit, "name", name) || !status_edit_check(&edit, &engine->catalogue, &error))
		return NULL;
	status_edit_apply(&edit, NULL, &fact.status);
	fact.status.row = next_row++;
	ck_assert(apply(fact));
	return catalogue_by_row(&engine->catalogue, fact.status.row)->id;
}

static bool edits(const char *id, const char *field, const char *value)
{
	struct status_edit edit;
	struct fact fact = {.kind = FACT_STATUS};

	status_edit_of(&edit, catalogue_get(&engine->catalogue, id));
	if (!sets(&edit, field, value) || !status_edit_check(&edit, &engine->catalogue, &error))
		return false;
	status_edit_apply(&edit, catalogue_get(&engine->catalogue, id), &fact.status);
	ck_assert(apply(fact));
	return true;
}

static struct fact deletion(const char *id)
{
	struct fact fact = {.kind = FACT_STATUS};

	status_fields_of(catalogue_get(&engine->catalogue, id), &fact.status);
	fact.status.deleted = true;
	return fact;
}

START_TEST(fields_are_checked_with_exact_limits)
{
	ck_assert(allowed("name", repeated("ü", 64)));
	ck_assert(!allowed("name", repeated("ü", 65)));
	ck_assert_str_eq(error.text, "has 65 characters, the most is 64");
	ck_assert(!allowed("name", ""));
	ck_assert(!allowed("name", " x"));
	ck_assert(!allowed("name", "a\tb"));
	ck_assert(!allowed("name", "a\xE2\x80\xAE"
				   "b"));
	ck_assert(!allowed("name", "\xC3("));
	ck_assert(allowed("text", ""));
	ck_assert(allowed("text", repeated("☕", 80)));
	ck_assert(!allowed("text", repeated("☕", 81)));
	ck_assert(allowed("show", "xa"));
	ck_assert(!allowed("show", "XA"));
	ck_assert(!allowed("show", ""));
	ck_assert(allowed("call_action", "follow-me"));
	ck_assert(!allowed("call_action", "status"));
	ck_assert(allowed("default_expiry", ""));
	ck_assert(allowed("default_expiry", "0"));
	ck_assert(allowed("default_expiry", "5270400"));
	ck_assert(!allowed("default_expiry", "5270401"));
	ck_assert(!allowed("default_expiry", "-1"));
	ck_assert(!allowed("default_expiry", "1h"));
	ck_assert(allowed("when_offline", "true"));
	ck_assert(!allowed("when_offline", "maybe"));
	ck_assert(!allowed("position", "1"));
}
END_TEST

START_TEST(an_icon_is_nothing_or_one_grapheme)
{
	static const char *const good[] = {"", "☕", "A", "é", "👩‍👩‍👧‍👦", "🇩🇪", "1️⃣",
		"👍🏽", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"};
	static const char *const bad[] = {"☕☕", "AB", " ", "\t", "\xE2\x80\x8B", "\xF0\x9F", "🇩🇪🇫🇷"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(allowed("icon", good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!allowed("icon", bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(a_color_is_kept_in_upper_case)
{
	struct status_edit edit;

	status_edit_add(&edit);
	ck_assert_str_eq(edit.color, "#607D8B");
	ck_assert(sets(&edit, "color", "#abcdef"));
	ck_assert_str_eq(edit.color, "#ABCDEF");
	static const char *const bad[] = {"", "#abc", "abcdef", "#abcdeg", "#abcdef0", "red", "#ABCDE "};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!allowed("color", bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(an_activity_is_one_of_xep_0108)
{
	static const char *const good[] = {
		"", "working", "talking/on_the_phone", "undefined/other", "relaxing/gardening"};
	static const char *const bad[] = {"work", "talking/", "/on_the_phone", "talking/On", "talking/a/b",
		"talking/on_the_roof", "talking/a><b", "Working", "talking "};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(allowed("activity", good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!allowed("activity", bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(a_name_has_one_bearer_whatever_its_case)
{
	ck_assert_str_eq(add("Café"), "cafe");
	ck_assert_ptr_null(add("CAFÉ"));
	ck_assert_str_eq(error.field, "name");
	ck_assert_str_eq(error.text, "belongs to \"Café\" (cafe) already");
	ck_assert_ptr_null(add("on CALL"));
	ck_assert_str_eq(error.text, "belongs to \"On Call\" (on-call) already");
	ck_assert_str_eq(add("Tea"), "tea");
	ck_assert(!edits("tea", "name", "café"));
	ck_assert(edits("tea", "name", "TEA"));
	ck_assert(edits("cafe", "name", "Coffee"));
	ck_assert(edits("tea", "name", "Café"));
	ck_assert_str_eq(catalogue_by_name(&engine->catalogue, "café")->id, "tea");
}
END_TEST

START_TEST(an_id_is_never_used_again)
{
	ck_assert_str_eq(add("Back at 2!"), "back-at-2");
	ck_assert_str_eq(add("Back, at 2"), "back-at-2-2");
	ck_assert(apply(deletion("back-at-2")));
	ck_assert_str_eq(add("Back at 2!"), "back-at-2-3");
	ck_assert_str_eq(add("☕"), "status");
	ck_assert_str_eq(add("🍵"), "status-2");
	ck_assert_str_eq(add("DND"), "dnd-2");
	ck_assert_str_eq(add("None"), "none-2");
	ck_assert_uint_eq(strlen(add(repeated("x", 64))), 64);
	char *other = mem_string(repeated("x", 64));
	other[63] = '!';
	const char *shorter = add(other);
	free(other);
	ck_assert_uint_eq(strlen(shorter), 63);
	char name[80];
	snprintf(name, sizeof(name), "%s?", repeated("x", 63));
	ck_assert_uint_eq(strlen(add(name)), 64);
	ck_assert_str_eq(catalogue_by_name(&engine->catalogue, name)->id + 60, "xx-2");
}
END_TEST

START_TEST(built_in_statuses_are_neither_edited_nor_deleted_and_hidden_only_where_that_is_allowed)
{
	ck_assert(!edits("lunch-break", "color", "#000000"));
	ck_assert_str_eq(error.text, "Lunch Break is built in and cannot be edited");
	ck_assert_str_eq(error.field, "status");
	ck_assert(!edits("on-call", "name", "Busy on the phone"));
	ck_assert(edits("lunch-break", "enabled", "0"));
	ck_assert(edits("lunch-break", "enabled", "1"));
	ck_assert(!edits("available", "enabled", "0"));
	ck_assert_str_eq(error.text, "Available cannot be hidden");
	ck_assert(!edits("offline", "enabled", "0"));
	ck_assert(!status_delete_check("lunch-break", &engine->catalogue, &engine->policy, &error));
	ck_assert_str_eq(error.text, "Lunch Break is built in and cannot be deleted");
	ck_assert(!status_delete_check("nothing", &engine->catalogue, &engine->policy, &error));
}
END_TEST

START_TEST(a_status_that_the_policy_names_is_not_deleted)
{
	struct policy policy = engine->policy;

	ck_assert_str_eq(add("Telephone"), "telephone");
	ck_assert(policy_set(&policy, "on_call_status", "telephone", NULL, &error));
	ck_assert(apply((struct fact){.kind = FACT_POLICY, .policy = {&policy}}));
	ck_assert(!status_delete_check("telephone", &engine->catalogue, &engine->policy, &error));
	ck_assert_str_eq(error.text, "the policy on_call_status names it; change that first");
}
END_TEST

START_TEST(there_is_an_end_of_room)
{
	char name[32];

	for (size_t i = engine->catalogue.count; i < LIMIT_STATUSES; i++) {
		snprintf(name, sizeof(name), "Own %zu", i);
		ck_assert_ptr_nonnull(add(name));
	}
	ck_assert_ptr_null(add("One more"));
	ck_assert_str_eq(error.text, "there are 5000 statuses, more are not possible");
	ck_assert(apply(deletion("own-20")));
	ck_assert_ptr_nonnull(add("One more"));
}
END_TEST

START_TEST(what_two_edits_change_is_both_kept)
{
	struct status_edit name, color;
	struct fact first = {.kind = FACT_STATUS}, second = {.kind = FACT_STATUS};

	ck_assert_ptr_nonnull(add("Tea"));
	const struct status *tea = catalogue_get(&engine->catalogue, "tea");
	status_edit_of(&name, tea);
	status_edit_of(&color, tea);
	ck_assert(sets(&name, "name", "Green Tea"));
	ck_assert(sets(&color, "color", "#00ff00"));
	status_edit_apply(&name, tea, &first.status);
	ck_assert(apply(first));
	status_edit_apply(&color, tea, &second.status);
	ck_assert(apply(second));
	ck_assert_str_eq(tea->name, "Green Tea");
	ck_assert_str_eq(tea->color, "#00FF00");
	ck_assert_ptr_eq(catalogue_by_name(&engine->catalogue, "green tea"), tea);
}
END_TEST

START_TEST(an_edit_reaches_those_who_have_the_status_and_a_new_place_nobody)
{
	ck_assert_ptr_nonnull(add("Tea"));
	ck_assert(chooses(bob, "tea", 0));
	changes_seen();
	ck_assert(edits("tea", "icon", "🍵"));
	ck_assert_uint_eq(changes_seen(), 1);
	ck_assert(edits("tea", "call_action", "dnd"));
	ck_assert(edits("tea", "enabled", "0"));
	struct fact fact = {.kind = FACT_STATUS};
	status_fields_of(catalogue_get(&engine->catalogue, "tea"), &fact.status);
	fact.status.position = 1;
	ck_assert(apply(fact));
	ck_assert_uint_eq(changes_seen(), 0);
	ck_assert_str_eq(engine->catalogue.ordered[0]->id, "tea");
	sees(bob, "tea");
}
END_TEST

/* Deletes and gathers what the engine wants done: how often choices are to be saved, and the last notice to each. */
static struct {
	size_t saved, to_alice, to_bob;
	char text[512];
} done;

static void delete_and_watch(const char *id)
{
	struct fact fact = deletion(id);
	struct effect effect;

	memset(&done, 0, sizeof(done));
	ck_assert(engine_apply(engine, &fact, now, &error));
	while (engine_next_effect(engine, &effect)) {
		changes += effect.kind == EFFECT_PRESENCE;
		done.saved += effect.kind == EFFECT_CHOICES;
		if (effect.kind != EFFECT_NOTICE)
			continue;
		done.to_alice += effect.person == alice;
		done.to_bob += effect.person == bob;
		snprintf(done.text, sizeof(done.text), "%s", effect.text);
	}
}

START_TEST(who_had_a_deleted_status_is_available_again_and_told)
{
	ck_assert_ptr_nonnull(add("Tea"));
	ck_assert(edits("tea", "icon", "🍵"));
	ck_assert(chooses(bob, "tea", 0));
	ck_assert(chooses(alice, "dnd", 0));
	changes_seen();
	delete_and_watch("tea");
	ck_assert_uint_eq(done.to_bob, 1);
	ck_assert_uint_eq(done.to_alice, 0);
	ck_assert_uint_eq(done.saved, 1);
	ck_assert_str_eq(done.text,
		"The status 🍵 Tea, which you had chosen, was deleted by an administrator. "
		"Your choice is now Available.");
	ck_assert_uint_eq(changes_seen(), 1);
	sees(bob, "available");
	ck_assert_ptr_null(bob->choices.standing.status);
	ck_assert(!chooses(bob, "tea", 0));
}
END_TEST

START_TEST(a_deleted_choice_leaves_the_other_one)
{
	ck_assert_ptr_nonnull(add("Tea"));
	ck_assert(chooses(bob, "busy", 0));
	ck_assert(chooses(bob, "tea", now + HOUR));
	ck_assert(chooses(alice, "tea", 0));
	ck_assert(chooses(alice, "lunch-break", now + HOUR));
	changes_seen();
	delete_and_watch("tea");
	ck_assert_uint_eq(done.to_bob, 1);
	ck_assert_uint_eq(done.to_alice, 1);
	ck_assert_ptr_nonnull(strstr(done.text, "Your other choice stays in force."));
	sees(bob, "busy");
	sees(alice, "lunch-break");
	ck_assert_uint_eq(changes_seen(), 1);
	pass(2 * HOUR);
	sees(alice, "available");
	sees(bob, "busy");
}
END_TEST

START_TEST(a_choice_that_had_run_out_is_nothing_to_tell)
{
	ck_assert_ptr_nonnull(add("Tea"));
	ck_assert(chooses(bob, "tea", now + HOUR));
	pass(2 * HOUR);
	delete_and_watch("tea");
	ck_assert_uint_eq(done.to_bob + done.saved, 0);
	ck_assert_ptr_null(bob->choices.timed.status);
}
END_TEST

START_TEST(an_order_names_some_and_the_others_follow)
{
	const char *order[32];
	static const char *const wanted[] = {"offline", "busy"}, *const twice[] = {"busy", "dnd", "busy"},
				 *const unknown[] = {"busy", "nothing"};

	ck_assert(status_order_make(&engine->catalogue, wanted, 2, order, &error));
	ck_assert_str_eq(order[0], "offline");
	ck_assert_str_eq(order[1], "busy");
	ck_assert_str_eq(order[2], "available");
	ck_assert_str_eq(order[10], "on-call");
	ck_assert(!status_order_make(&engine->catalogue, twice, 3, order, &error));
	ck_assert_str_eq(error.field, "order");
	ck_assert_str_eq(error.text, "busy comes twice");
	ck_assert(!status_order_make(&engine->catalogue, unknown, 2, order, &error));
	ck_assert_str_eq(error.text, "there is no status nothing");
}
END_TEST

int main(void)
{
	TCase *test = tcase_create("status edit");
	tcase_add_checked_fixture(test, world_begin, world_end);
	tcase_set_timeout(test, 60);
	tcase_add_test(test, fields_are_checked_with_exact_limits);
	tcase_add_test(test, an_icon_is_nothing_or_one_grapheme);
	tcase_add_test(test, a_color_is_kept_in_upper_case);
	tcase_add_test(test, an_activity_is_one_of_xep_0108);
	tcase_add_test(test, a_name_has_one_bearer_whatever_its_case);
	tcase_add_test(test, an_id_is_never_used_again);
	tcase_add_test(
		test, built_in_statuses_are_neither_edited_nor_deleted_and_hidden_only_where_that_is_allowed);
	tcase_add_test(test, a_status_that_the_policy_names_is_not_deleted);
	tcase_add_test(test, there_is_an_end_of_room);
	tcase_add_test(test, what_two_edits_change_is_both_kept);
	tcase_add_test(test, an_edit_reaches_those_who_have_the_status_and_a_new_place_nobody);
	tcase_add_test(test, who_had_a_deleted_status_is_available_again_and_told);
	tcase_add_test(test, a_deleted_choice_leaves_the_other_one);
	tcase_add_test(test, a_choice_that_had_run_out_is_nothing_to_tell);
	tcase_add_test(test, an_order_names_some_and_the_others_follow);
	Suite *suite = suite_create("status_edit");
	suite_add_tcase(suite, test);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
