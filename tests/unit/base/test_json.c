/*
 * JSON: what is read, what is refused, and how the refusal is told.
 */
#include "base/json.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"

static json_t *read_text(const char *text, struct error *error)
{
	return json_read(text, strlen(text), error);
}

static const char *const good[] = {
	"{}",
	"[]",
	" [1, 2.5, true, null, \"x\"] \n",
	"\"text\"",
	"42",
	"{\"a\":{\"a\":1}}",
	"\"\\ud83d\\udcde 📞\"",
};

START_TEST(good_json_is_read)
{
	struct error error;
	json_t *value = read_text(good[_i], &error);
	ck_assert_msg(value != NULL, "%s", error.text);
	json_decref(value);
}
END_TEST

static const struct {
	const char *text;
	const char *start; /* of the error */
} bad[] = {
	{"", "line 1 column 0: "},
	{"{", "line 1 column 1: "},
	{"[1,]", "line 1 column 4: "},
	{"{\"a\":1,\n\"a\":2}", "line 2 column "},
	{"{} {}", "line 1 column "},
	{"{}x", "line 1 column "},
	{"\"\\u0000\"", "line 1 column "},
	{"{\"a\\u0000b\":1}", "line 1 column "},
	{"\"\\ud800\"", "line 1 column "},
	{"\"a\nb\"", "line 1 column "},
	{"\"\xff\"", "line 1 column "},
	{"\"\xed\xa0\x80\"", "line 1 column "},
	{"{'a':1}", "line 1 column "},
	{"NaN", "line 1 column "},
	{"1e999", "line 1 column "},
	{"\xef\xbb\xbf{}", "line 1 column "},
};

START_TEST(bad_json_is_refused_with_its_place)
{
	struct error error;
	ck_assert_ptr_null(read_text(bad[_i].text, &error));
	ck_assert_msg(strncmp(error.text, bad[_i].start, strlen(bad[_i].start)) == 0, "%s", error.text);
	ck_assert_uint_gt(strlen(error.text), strlen(bad[_i].start));
	ck_assert_str_eq(error.field, "");
}
END_TEST

START_TEST(a_raw_nul_is_refused)
{
	struct error error;
	ck_assert_ptr_null(json_read("\"a\0b\"", 5, &error));
	ck_assert_ptr_null(json_read("{}\0", 3, &error));
	ck_assert_ptr_null(json_read(NULL, 0, &error));
}
END_TEST

START_TEST(an_error_does_not_quote_the_input)
{
	struct error error;
	ck_assert_ptr_null(read_text("{\"token\":\"s3cret\" \"s3cret\"}", &error));
	ck_assert_ptr_null(strstr(error.text, "s3cret"));
}
END_TEST

static void nested(struct buf *text, int levels, const char *open, const char *close)
{
	buf_clear(text);
	for (int i = 0; i < levels; i++)
		buf_add_text(text, open);
	buf_add_text(text, "1");
	for (int i = 0; i < levels; i++)
		buf_add_text(text, close);
}

START_TEST(depth_is_limited)
{
	static const char *const brackets[][2] = {{"[", "]"}, {"{\"a\":", "}"}};
	struct error error;
	struct buf text;
	buf_init(&text, LIMIT_HTTP_BODY);
	for (int i = 0; i < 2; i++) {
		nested(&text, LIMIT_JSON_DEPTH, brackets[i][0], brackets[i][1]);
		json_t *value = json_read(text.data, text.length, &error);
		ck_assert_ptr_nonnull(value);
		json_decref(value);
		nested(&text, LIMIT_JSON_DEPTH + 1, brackets[i][0], brackets[i][1]);
		ck_assert_ptr_null(json_read(text.data, text.length, &error));
		nested(&text, 100000, brackets[i][0], brackets[i][1]);
		ck_assert_ptr_null(json_read(text.data, text.length, &error));
	}
	buf_done(&text);
}
END_TEST

START_TEST(the_depth_error_says_where)
{
	struct error error;
	ck_assert_ptr_null(read_text("[[[[[[[[\n[[[[[[[[[1]]]]]]]]]]]]]]]]]", &error));
	ck_assert_str_eq(error.text, "line 2 column 9: nested deeper than 16 levels");
}
END_TEST

START_TEST(brackets_in_strings_and_side_by_side_are_not_depth)
{
	struct error error;
	json_t *value = read_text(
		"[\"[[[[[[[[[[[[[[[[[[[[[\", \"\\\"[[[[[[[[[[[[[[[[[[[[[\\\\\", [[[[[[[[[[[[[[]]]]]]]]]]]]]],"
		"[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]",
		&error);
	ck_assert_msg(value != NULL, "%s", error.text);
	json_decref(value);
}
END_TEST

START_TEST(a_string_cut_after_a_backslash_is_refused)
{
	struct error error;
	ck_assert_ptr_null(json_read("\"\\", 2, &error));
}
END_TEST

static const struct json_member members[] = {
	{"call", JSON_KIND_STRING, true},
	{"leg", JSON_KIND_STRING, false},
	{"registered", JSON_KIND_BOOLEAN, false},
	{"calls", JSON_KIND_ARRAY, false},
	{"extra", JSON_KIND_OBJECT, false},
	{NULL, 0, false},
};

static const struct {
	const char *text;
	const char *path;
	const char *field; /* NULL: accepted */
	const char *reason;
} checks[] = {
	{"{\"call\":\"1\"}", "", NULL, NULL},
	{"{\"call\":\"\",\"leg\":\"2\",\"registered\":false,\"calls\":[],\"extra\":{}}", "", NULL, NULL},
	{"{\"call\":\"1\",\"leg\":null,\"registered\":null,\"calls\":null,\"extra\":null}", "", NULL, NULL},
	{"{}", "", "call", "is missing"},
	{"{}", "[3]", "[3].call", "is missing"},
	{"{\"call\":null}", "", "call", "must be a string"},
	{"{\"call\":1}", "calls[0]", "calls[0].call", "must be a string"},
	{"{\"call\":\"1\",\"registered\":\"true\"}", "", "registered", "must be true or false"},
	{"{\"call\":\"1\",\"registered\":1}", "", "registered", "must be true or false"},
	{"{\"call\":\"1\",\"calls\":{}}", "", "calls", "must be an array"},
	{"{\"call\":\"1\",\"extra\":[]}", "", "extra", "must be an object"},
	{"{\"call\":\"1\",\"Leg\":\"2\"}", "[0]", "[0].Leg", "is not a known member"},
	{"{\"call\":\"1\",\"\":\"2\"}", "[0]", "[0].", "is not a known member"},
	{"[]", "[2]", "[2]", "must be an object"},
	{"\"x\"", "", "", "must be an object"},
	{"null", "", "", "must be an object"},
};

START_TEST(members_are_checked)
{
	struct error error;
	json_t *value = read_text(checks[_i].text, &error);
	ck_assert_ptr_nonnull(value);
	bool accepted = json_check(value, members, checks[_i].path, &error);
	ck_assert_int_eq(accepted, checks[_i].field == NULL);
	if (!accepted) {
		ck_assert_str_eq(error.field, checks[_i].field);
		ck_assert_str_eq(error.text, checks[_i].reason);
	}
	json_decref(value);
}
END_TEST

START_TEST(a_long_unknown_member_is_cut_to_whole_characters)
{
	struct error error;
	struct buf text;
	buf_init(&text, 1000);
	buf_add_text(&text, "{\"");
	for (int i = 0; i < 50; i++)
		buf_add_text(&text, "😀");
	buf_add_text(&text, "\":1}");
	json_t *value = json_read(text.data, text.length, &error);
	ck_assert_ptr_nonnull(value);
	ck_assert(!json_check(value, members, "[1]", &error));
	ck_assert_uint_eq(strlen(error.field), strlen("[1].") + 14 * strlen("😀"));
	json_decref(value);
	buf_done(&text);
}
END_TEST

START_TEST(a_text_is_there_or_null)
{
	struct error error;
	json_t *value = read_text("{\"call\":\"c1\",\"leg\":null,\"registered\":true}", &error);
	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq(json_text(value, "call"), "c1");
	ck_assert_ptr_null(json_text(value, "leg"));
	ck_assert_ptr_null(json_text(value, "registered"));
	ck_assert_ptr_null(json_text(value, "absent"));
	json_decref(value);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("json");
	tcase_add_loop_test(tests, good_json_is_read, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tests, bad_json_is_refused_with_its_place, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tests, a_raw_nul_is_refused);
	tcase_add_test(tests, an_error_does_not_quote_the_input);
	tcase_add_test(tests, depth_is_limited);
	tcase_add_test(tests, the_depth_error_says_where);
	tcase_add_test(tests, brackets_in_strings_and_side_by_side_are_not_depth);
	tcase_add_test(tests, a_string_cut_after_a_backslash_is_refused);
	tcase_add_loop_test(tests, members_are_checked, 0, sizeof(checks) / sizeof(checks[0]));
	tcase_add_test(tests, a_long_unknown_member_is_cut_to_whole_characters);
	tcase_add_test(tests, a_text_is_there_or_null);

	Suite *suite = suite_create("json");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
