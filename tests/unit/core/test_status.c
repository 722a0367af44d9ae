/* The catalogue: the built-ins as the design has them, order, names with and without icon, deletion. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/status.h"

static struct catalogue catalogue;

static void begin(void)
{
	catalogue_init(&catalogue);
}

static void end(void)
{
	catalogue_done(&catalogue);
}

/* Design section 2, written down a second time on purpose. */
static const struct {
	const char *id, *name, *show, *icon, *color;
	bool person, hideable;
} expected[] = {
	{"available", "Available", "available", "✅", "#2E7D32", true, false},
	{"chat", "Free for Chat", "chat", "💬", "#00897B", true, true},
	{"away", "Away", "away", "🕑", "#F9A825", true, false},
	{"extended-away", "Extended Away", "xa", "🚪", "#EF6C00", true, true},
	{"dnd", "Do Not Disturb", "dnd", "⛔", "#C62828", true, false},
	{"busy", "Busy", "dnd", "🔴", "#D84315", true, false},
	{"lunch-break", "Lunch Break", "away", "🍽️", "#8D6E63", true, true},
	{"business-trip", "Business Trip", "xa", "💼", "#5E35B1", true, true},
	{"invisible", "Invisible", "unavailable", "👻", "#757575", true, true},
	{"on-call", "On Call", "dnd", "📞", "#AD1457", false, false},
	{"offline", "Offline", "unavailable", "⚪", "#9E9E9E", false, false},
};

START_TEST(the_built_ins_are_those_of_the_design)
{
	size_t count = sizeof(expected) / sizeof(*expected);
	ck_assert_uint_eq(catalogue.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct status *status = catalogue.ordered[i];
		ck_assert_str_eq(status->id, expected[i].id);
		ck_assert_str_eq(status->name, expected[i].name);
		ck_assert_str_eq(show_to_text(status->show), expected[i].show);
		ck_assert_str_eq(status->icon, expected[i].icon);
		ck_assert_str_eq(status->color, expected[i].color);
		ck_assert_int_eq(status_selectable(status), expected[i].person);
		ck_assert_int_eq(status->hideable, expected[i].hideable);
	}
	ck_assert_int_eq(catalogue.dnd->call_action, ACTION_DND);
	ck_assert(catalogue_get(&catalogue, "business-trip")->when_offline);
}
END_TEST

static struct status_fields custom(const char *id, const char *name, uint32_t position)
{
	return (struct status_fields){.id = id,
		.name = name,
		.icon = "🎧",
		.color = "#123456",
		.text = "",
		.activity = "",
		.show = SHOW_DND,
		.enabled = true,
		.kind = STATUS_CUSTOM,
		.position = position};
}

START_TEST(names_are_found_case_folded_with_or_without_icon)
{
	struct status_fields fields = custom("gruss", "Große Pause", 65);
	const struct status *status = catalogue_put(&catalogue, &fields);
	ck_assert_ptr_eq(catalogue_by_name(&catalogue, "GROSSE PAUSE"), status);
	ck_assert_ptr_eq(catalogue_by_name(&catalogue, "🎧 große pause"), status);
	ck_assert_ptr_eq(catalogue_by_name(&catalogue, "🎧große pause"), status);
	ck_assert_ptr_null(catalogue_by_name(&catalogue, "🍽️ große pause"));
	ck_assert_ptr_null(catalogue_by_name(&catalogue, "große"));
	ck_assert_ptr_null(catalogue_by_name(&catalogue, "\xff\xfe"));
	ck_assert_str_eq(catalogue.ordered[6]->id, "gruss");
}
END_TEST

START_TEST(an_icon_may_be_a_letter_that_folds)
{
	struct status_fields fields = custom("pause", "Pause", 65);
	fields.icon = "Ⓟ";
	const struct status *status = catalogue_put(&catalogue, &fields);
	ck_assert_ptr_eq(catalogue_by_name(&catalogue, "Ⓟ  PAUSE"), status);
	ck_assert_ptr_eq(catalogue_by_name(&catalogue, "ⓅPause"), status);
	ck_assert_ptr_null(catalogue_by_name(&catalogue, "Ⓠ Pause"));
	ck_assert_ptr_null(catalogue_by_name(&catalogue, "Ⓟ"));
	ck_assert_ptr_null(catalogue_by_name(&catalogue, "Ⓟ "));
	fields.icon = "";
	catalogue_put(&catalogue, &fields);
	ck_assert_ptr_null(catalogue_by_name(&catalogue, "Ⓟ Pause"));
}
END_TEST

START_TEST(only_the_same_words_are_its_name)
{
	struct status_fields fields = custom("focus", "Große Pause", 65);
	const struct status *status = catalogue_put(&catalogue, &fields);
	static const char *const same[] = {"GROSSE PAUSE", "🎧 große pause", "🎧große pause"};
	static const char *const others[] = {"Pause", "📚 Große Pause", "Große Pause!", "", "\xff"};
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		ck_assert_ptr_eq(catalogue_by_name(&catalogue, same[i]), status);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ck_assert_ptr_null(catalogue_by_name(&catalogue, others[i]));
}
END_TEST

START_TEST(a_string_that_stays_the_same_stays_where_it_is)
{
	struct status_fields fields = custom("focus", "Focus", 65);
	const struct status *status = catalogue_put(&catalogue, &fields);
	const char *text = status->text, *name = status->name;
	char same_text[] = "", same_name[] = "Focus";
	fields.text = same_text;
	fields.name = same_name;
	fields.position = 5;
	catalogue_put(&catalogue, &fields);
	ck_assert_ptr_eq(status->text, text);
	ck_assert_ptr_eq(status->name, name);
}
END_TEST

START_TEST(a_rename_keeps_the_status_and_frees_the_old_name)
{
	struct status_fields fields = custom("focus", "Focus", 65);
	const struct status *status = catalogue_put(&catalogue, &fields);
	fields.name = "Deep Work";
	fields.position = 5;
	ck_assert_ptr_eq(catalogue_put(&catalogue, &fields), status);
	ck_assert_str_eq(status->name, "Deep Work");
	ck_assert_ptr_null(catalogue_by_name(&catalogue, "focus"));
	ck_assert_ptr_eq(catalogue.ordered[0], status);
}
END_TEST

START_TEST(a_deleted_status_is_only_found_by_its_row)
{
	struct status_fields fields = custom("focus", "Focus", 65);
	fields.row = 77;
	const struct status *status = catalogue_put(&catalogue, &fields);
	size_t before = catalogue.count;
	fields.deleted = true;
	catalogue_put(&catalogue, &fields);
	ck_assert_uint_eq(catalogue.count, before - 1);
	ck_assert_ptr_null(catalogue_get(&catalogue, "focus"));
	ck_assert_ptr_null(catalogue_by_name(&catalogue, "Focus"));
	ck_assert_ptr_eq(catalogue_by_row(&catalogue, 77), status);
	ck_assert(!status_selectable(status));
}
END_TEST

START_TEST(words_are_parsed_as_they_are_written)
{
	for (int show = 0; show < SHOW_COUNT; show++) {
		enum show parsed;
		ck_assert(show_parse(show_to_text((enum show)show), &parsed));
		ck_assert_int_eq(parsed, show);
	}
	enum call_action action;
	ck_assert(call_action_parse("follow-me", &action));
	ck_assert_int_eq(action, ACTION_FOLLOW_ME);
	enum show unchanged = SHOW_XA;
	ck_assert(!show_parse("lunch", &unchanged));
	ck_assert_int_eq(unchanged, SHOW_XA);
}
END_TEST

/* Many moves, some to the same place, in which the names decide. */
START_TEST(the_order_stands_after_many_moves)
{
	char id[16];
	unsigned random = 1;

	for (int i = 0; i < 2000; i++) {
		random = random * 1103515245 + 12345;
		snprintf(id, sizeof(id), "own-%u", random >> 16 & 127);
		catalogue_put(&catalogue, &(struct status_fields){.row = 1000 + (random >> 16 & 127),
						  .id = id,
						  .name = id,
						  .icon = "",
						  .color = "#000000",
						  .text = i % 3 ? "one" : "two",
						  .activity = "",
						  .position = random >> 24 & 31,
						  .enabled = true,
						  .deleted = i % 7 == 0,
						  .kind = STATUS_CUSTOM});
		for (size_t k = 1; k < catalogue.count; k++) {
			const struct status *a = catalogue.ordered[k - 1], *b = catalogue.ordered[k];
			ck_assert(a->position < b->position ||
				  (a->position == b->position && strcmp(a->folded, b->folded) < 0));
			ck_assert(!a->deleted && !b->deleted);
		}
	}
	size_t live = 0;
	for (size_t i = 0; i < catalogue.all_count; i++) {
		live += !catalogue.all[i]->deleted;
		if (catalogue.all[i]->row)
			ck_assert_ptr_eq(
				catalogue_by_row(&catalogue, catalogue.all[i]->row), catalogue.all[i]);
	}
	ck_assert_uint_eq(live, catalogue.count);
	ck_assert_ptr_null(catalogue_by_row(&catalogue, 5));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status");
	TCase *tests = tcase_create("catalogue");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, the_built_ins_are_those_of_the_design);
	tcase_add_test(tests, names_are_found_case_folded_with_or_without_icon);
	tcase_add_test(tests, an_icon_may_be_a_letter_that_folds);
	tcase_add_test(tests, only_the_same_words_are_its_name);
	tcase_add_test(tests, a_string_that_stays_the_same_stays_where_it_is);
	tcase_add_test(tests, a_rename_keeps_the_status_and_frees_the_old_name);
	tcase_add_test(tests, a_deleted_status_is_only_found_by_its_row);
	tcase_add_test(tests, words_are_parsed_as_they_are_written);
	tcase_add_test(tests, the_order_stands_after_many_moves);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
