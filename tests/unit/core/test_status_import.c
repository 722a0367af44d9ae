/* The catalogue goes into a file and comes out of it, and files are laid over a catalogue. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/status_import.h"

static struct catalogue catalogue;
static struct status_file file;
static struct status_import import;
static struct error error;
static char said[4096]; /* "at:! text" a line; ! when wrong */
static int64_t next_row = 1;

static void setup(void)
{
	catalogue_init(&catalogue);
}

static void forget(void)
{
	status_import_done(&import);
	status_file_done(&file);
}

static void teardown(void)
{
	forget();
	catalogue_done(&catalogue);
}

static void hear(void *arg, size_t at, bool wrong, const char *text)
{
	size_t length = strlen(said);
	ck_assert_ptr_null(arg);
	snprintf(said + length, sizeof(said) - length, "%zu:%s %s\n", at, wrong ? "!" : "", text);
}

static bool read_it(const char *text, bool json)
{
	forget();
	error = (struct error){0};
	return status_file_read(&file, text, strlen(text), json, &error);
}

static bool takes(const char *text, bool json)
{
	said[0] = '\0';
	ck_assert_msg(read_it(text, json), "%s", error.text);
	return status_import_plan(&import, &file, &catalogue, hear, NULL);
}

static void expect_counts(size_t added, size_t changed, size_t same, size_t skipped)
{
	ck_assert_uint_eq(import.added, added);
	ck_assert_uint_eq(import.count - import.added, changed);
	ck_assert_uint_eq(import.same, same);
	ck_assert_uint_eq(import.skipped, skipped);
}

static const struct status *put(const char *id, const char *name, bool deleted)
{
	return catalogue_put(&catalogue, &(struct status_fields){.row = next_row++,
						 .id = id,
						 .name = name,
						 .show = SHOW_AWAY,
						 .icon = "🍵",
						 .color = "#00FF00",
						 .text = "a, \"b\"; c",
						 .activity = "eating/having_a_snack",
						 .default_expiry = 15,
						 .when_offline = true,
						 .call_action = ACTION_FOLLOW_ME,
						 .kind = STATUS_CUSTOM,
						 .position = 120,
						 .enabled = true,
						 .hideable = true,
						 .deleted = deleted});
}

static char *written(bool json)
{
	struct buf out;
	buf_init(&out, 1024 * 1024);
	status_file_write(&out, &catalogue, json);
	ck_assert(!out.overflow);
	return buf_take(&out);
}

static void come_back(bool json)
{
	put("tea", "Tea, hot", false);
	put("gone", "Gone", true);
	char *first = written(json);
	ck_assert_ptr_nonnull(strstr(first, "Lunch Break"));
	ck_assert_ptr_null(strstr(first, "Gone"));
	ck_assert_msg(takes(first, json), "%s", said);
	expect_counts(0, 0, 12, 0);
	ck_assert(!import.reorders);

	teardown();
	setup();
	ck_assert_msg(takes(first, json), "%s", said);
	expect_counts(1, 0, 11, 0);
	char *second = written(json);
	ck_assert_str_eq(first, second);
	ck_assert_str_eq(said, "");
	free(first);
	free(second);
}

START_TEST(what_is_written_comes_back_the_same)
{
	come_back(_i == 1);
}
END_TEST

START_TEST(only_what_differs_is_changed)
{
	put("tea", "Tea", false);
	ck_assert(takes("id,show,color,when_offline\ntea,xa,#00ff00,true\n", false));
	expect_counts(0, 1, 0, 0);
	ck_assert_uint_eq(import.steps[0].edit.given, EDIT_SHOW);
	ck_assert_str_eq(catalogue_get(&catalogue, "tea")->icon, "🍵");
	ck_assert_int_eq(catalogue_get(&catalogue, "tea")->show, SHOW_XA);
	ck_assert(takes("id,show\ntea,xa\n", false));
	expect_counts(0, 0, 1, 0);
	ck_assert(
		takes("[{\"id\":\"tea\",\"default_expiry\":0,\"text\":\"\",\"enabled\":false,\"icon\":null}]",
			true));
	ck_assert_uint_eq(import.steps[0].edit.given, EDIT_DEFAULT_EXPIRY | EDIT_TEXT | EDIT_ENABLED);
}
END_TEST

START_TEST(builtin_statuses_take_position_and_enabled_only)
{
	ck_assert(takes("id,name,enabled,position\nlunch-break,Lunch Break,no,5\n", false));
	expect_counts(0, 1, 0, 0);
	ck_assert_uint_eq(import.steps[0].edit.given, EDIT_ENABLED);
	ck_assert(import.reorders);
	ck_assert_str_eq(catalogue.ordered[0]->id, "lunch-break");
	ck_assert(!takes("id,name,enabled,position\nlunch-break,Pizza,,\naway,,no,\n", false));
	ck_assert_ptr_nonnull(strstr(said, "2:! status: Lunch Break is built in"));
	ck_assert_ptr_nonnull(strstr(said, "3:! status: Away cannot be hidden"));
}
END_TEST

START_TEST(a_new_status_gets_its_id_unless_it_was_used)
{
	put("tea", "Tea", true);
	ck_assert(takes("id,name,show,kind\nx-1,Coffee,,custom\ntea,Green Tea,away,\n,Milk,xa,\n", false));
	expect_counts(3, 0, 0, 0);
	ck_assert_str_eq(catalogue_get(&catalogue, "x-1")->name, "Coffee");
	ck_assert_str_eq(catalogue_get(&catalogue, "green-tea")->name, "Green Tea");
	ck_assert_int_eq(catalogue_get(&catalogue, "milk")->show, SHOW_XA);
	ck_assert_str_eq(said, "3: added as green-tea, as the id tea was used before\n");
	ck_assert(!takes("id,show\nx-1,gone\nmilk,\n", false));
	ck_assert_str_eq(said, "2:! show: must be available, chat, away, xa, dnd or unavailable\n");
}
END_TEST

START_TEST(a_file_applied_again_changes_nothing)
{
	static const char text[] = "id,name,show\ntea,Green Tea,away\n,Milk,xa\n";
	put("tea", "Tea", true);
	ck_assert(takes(text, false));
	expect_counts(2, 0, 0, 0);
	ck_assert(takes(text, false));
	expect_counts(0, 0, 2, 0);
	ck_assert(!import.reorders);
}
END_TEST

START_TEST(wrong_rows_are_named_and_none_is_taken)
{
	static const char text[] = "id,name,color,position,kind\n"
				   "One,One,,,\n"
				   "none,None,,,\n"
				   "two,,,,\n"
				   "three,\"a\nb\",,,\n"
				   ",,#000000,,\n"
				   "four,Four,red,,\n"
				   "five,lunch BREAK,,,\n"
				   "six,Six,,-1,\n"
				   "seven,Seven,,,builtin\n"
				   "eight,Eight,,,\n"
				   "nine,EIGHT,,,\n"
				   "away,,,,custom\n";
	ck_assert(!takes(text, false));
	ck_assert_ptr_nonnull(strstr(said, "2:! id: "));
	ck_assert_ptr_nonnull(strstr(said, "3:! id: "));
	ck_assert_ptr_nonnull(strstr(said, "4:! name: "));
	ck_assert_ptr_nonnull(strstr(said, "5:! name: "));
	ck_assert_ptr_nonnull(strstr(said, "7:! has neither id nor name"));
	ck_assert_ptr_nonnull(strstr(said, "8:! color: "));
	ck_assert_ptr_nonnull(strstr(said, "9: taken for the status lunch-break"));
	ck_assert_ptr_nonnull(strstr(said, "9:! status: Lunch Break is built in"));
	ck_assert_ptr_nonnull(strstr(said, "10:! position: "));
	ck_assert_ptr_nonnull(strstr(said, "11:! kind: must be custom"));
	ck_assert_ptr_nonnull(strstr(said, "13:! is the same status as line 12"));
	ck_assert_ptr_nonnull(strstr(said, "14:! kind: is builtin"));
}
END_TEST

START_TEST(no_more_errors_than_one_reads)
{
	struct buf text;
	buf_init(&text, 65536);
	buf_add_text(&text, "name\n");
	for (int i = 0; i < 100; i++)
		buf_addf(&text, "%080d\n", i);
	ck_assert(!takes(buf_text(&text), false));
	size_t lines = 0;
	for (const char *at = said; (at = strchr(at, '\n')); at++)
		lines++;
	ck_assert_uint_eq(lines, LIMIT_IMPORT_PROBLEMS);
	buf_done(&text);
}
END_TEST

static const char *const freepbx_files[] = {
	"type,message\navailable,\ndnd,\naway,Lunch Break\ndnd,In a meeting\nxa,Gone fishing\n",
	"available,\ndnd,NULL\naway,Lunch Break\ndnd,In a meeting\nxa,Gone fishing\n",
	"id;type;message\r\n1;available;\r\n4;dnd;\\N\r\n7;away;lunch break\r\n8;dnd; In a meeting "
	"\r\n9;xa;Gone fishing\r\n",
};

START_TEST(a_freepbx_list_becomes_statuses)
{
	ck_assert_msg(takes(freepbx_files[_i], false), "%s", said);
	expect_counts(2, 0, 0, 3);
	ck_assert_ptr_nonnull(strstr(said, ": skipped, as Available is built in\n"));
	ck_assert_ptr_nonnull(strstr(said, ": skipped, as Do Not Disturb is built in\n"));
	ck_assert_ptr_nonnull(strstr(said, ": skipped, as Lunch Break is built in\n"));
	const struct status *meeting = catalogue_get(&catalogue, "in-a-meeting");
	ck_assert_str_eq(meeting->name, "In a meeting");
	ck_assert_int_eq(meeting->show, SHOW_DND);
	ck_assert_str_eq(meeting->icon, "⛔");
	ck_assert_int_eq(meeting->call_action, ACTION_DND);
	ck_assert_str_eq(catalogue_get(&catalogue, "gone-fishing")->color, "#EF6C00");
	ck_assert(takes(freepbx_files[_i], false));
	expect_counts(0, 0, 2, 3);
	ck_assert(takes("xa,IN A MEETING\n", false));
	ck_assert_uint_eq(import.steps[0].edit.given, EDIT_SHOW);
	ck_assert(!takes("type,message\nbusy,Pizza\n", false));
}
END_TEST

static const struct {
	const char *text;
	bool json;
	const char *reason;
} unreadable[] = {
	{"", false, "line 1: the file is empty"},
	{"id,nmae\ntea,Tea\n", false, "line 1: column 2 of the header"},
	{"id,id\ntea,Tea\n", false, "line 1: column 2 of the header comes twice"},
	{"id,name\ntea,Tea,x\n", false, "line 2: there are 3 fields, but 2 columns"},
	{"id,name\ntea,\"Tea\n", false, "line 2: a quote is not closed"},
	{"type,message\nbusy,Pizza,x\n", false, "line 2: there are 3 fields"},
	{"", true, "line 1 column 0"},
	{"{}", true, "must be an array"},
	{"[1]", true, "item 1: must be an object"},
	{"[{\"id\":\"a\"},{\"nmae\":\"b\"}]", true, "item 2: has a member"},
	{"[{\"id\":[]}]", true, "item 1: id: must be"},
	{"[{\"id\":1.5}]", true, "item 1: id: must be"},
};

START_TEST(a_file_that_is_none_is_refused_with_its_place)
{
	ck_assert(!read_it(unreadable[_i].text, unreadable[_i].json));
	ck_assert_msg(strstr(error.text, unreadable[_i].reason) == error.text, "%s", error.text);
}
END_TEST

START_TEST(bytes_that_are_not_text_are_refused)
{
	ck_assert(!status_file_read(&file, "i\0d\0", 4, false, &error));
	ck_assert(!takes("name\n\xff\xfe\n", false));
	ck_assert_ptr_nonnull(strstr(said, "2:! name: "));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status_import");
	TCase *tests = tcase_create("all");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, what_is_written_comes_back_the_same, 0, 2);
	tcase_add_test(tests, only_what_differs_is_changed);
	tcase_add_test(tests, builtin_statuses_take_position_and_enabled_only);
	tcase_add_test(tests, a_new_status_gets_its_id_unless_it_was_used);
	tcase_add_test(tests, a_file_applied_again_changes_nothing);
	tcase_add_test(tests, wrong_rows_are_named_and_none_is_taken);
	tcase_add_test(tests, no_more_errors_than_one_reads);
	tcase_add_loop_test(tests, a_freepbx_list_becomes_statuses, 0, 3);
	tcase_add_loop_test(tests, a_file_that_is_none_is_refused_with_its_place, 0,
		sizeof(unreadable) / sizeof(*unreadable));
	tcase_add_test(tests, bytes_that_are_not_text_are_refused);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
