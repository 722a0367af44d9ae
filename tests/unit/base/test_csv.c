/* Comma-separated values: what spreadsheets write is read, what is written is read back. */
#include "base/csv.h"

#include <check.h>
#include <string.h>

static struct csv csv;
static struct error error;

static void given(const char *text)
{
	csv_init(&csv, text, strlen(text));
}

static void then_record(size_t line, size_t count, const char *first, const char *last)
{
	ck_assert_msg(csv_next(&csv, &error), "%s", error.text);
	ck_assert_uint_eq(csv.line, line);
	ck_assert_uint_eq(csv.count, count);
	ck_assert_str_eq(csv.fields[0], first);
	ck_assert_str_eq(csv.fields[count - 1], last);
}

static void then_end(void)
{
	ck_assert(!csv_next(&csv, &error));
	ck_assert_str_eq(error.text, "");
	csv_done(&csv);
}

static void then_wrong(const char *text)
{
	ck_assert(!csv_next(&csv, &error));
	ck_assert_str_eq(error.text, text);
	csv_done(&csv);
}

START_TEST(every_line_end_ends_a_record)
{
	given("a,b\r\nc,d\ne,f\rg,h");
	then_record(1, 2, "a", "b");
	then_record(2, 2, "c", "d");
	then_record(3, 2, "e", "f");
	then_record(4, 2, "g", "h");
	then_end();
}
END_TEST

START_TEST(empty_fields_are_fields_and_empty_lines_are_nothing)
{
	given("\n,a,\n\r\n\n,\n");
	then_record(2, 3, "", "");
	then_record(5, 2, "", "");
	then_end();
	given("");
	then_end();
	given("a,");
	then_record(1, 2, "a", "");
	then_end();
}
END_TEST

START_TEST(a_quoted_field_holds_anything)
{
	given("\"a,\"\"b\"\"\",\"two\r\nlines\"\nnext,\"\"");
	then_record(1, 2, "a,\"b\"", "two\r\nlines");
	then_record(3, 2, "next", "");
	then_end();
}
END_TEST

START_TEST(a_byte_order_mark_is_passed_over)
{
	given("\xef\xbb\xbf"
	      "contact,name\n");
	then_record(1, 2, "contact", "name");
	then_end();
}
END_TEST

START_TEST(the_first_line_tells_the_separator)
{
	given("a;b;c,d\n1;2;3");
	then_record(1, 3, "a", "c,d");
	then_record(2, 3, "1", "3");
	then_end();
	given("a\tb\n");
	then_record(1, 2, "a", "b");
	then_end();
}
END_TEST

START_TEST(bad_quotes_are_told)
{
	given("a,\"b");
	then_wrong("a quote is not closed");
	given("\"a\"b,c");
	then_wrong("there is text after a closing quote");
}
END_TEST

START_TEST(too_many_fields_are_told)
{
	char text[CSV_FIELDS + 1];
	memset(text, ',', CSV_FIELDS);
	text[CSV_FIELDS] = '\0';
	given(text);
	then_wrong("there are more than 64 fields");
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
	static const char *const fields[] = {"plain", "with, comma", "a \"quote\"", "", " led by a space",
		"two\nlines", "🍽️ ünï;code"};
	enum { COUNT = sizeof(fields) / sizeof(*fields) };
	struct buf out;
	buf_init(&out, 1024);
	for (size_t i = 0; i < COUNT; i++)
		csv_add(&out, fields[i], i == 0);
	csv_end(&out);
	csv_init(&csv, out.data, out.length);
	ck_assert(csv_next(&csv, &error));
	ck_assert_uint_eq(csv.count, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_str_eq(csv.fields[i], fields[i]);
	then_end();
	buf_done(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("csv");
	TCase *test = tcase_create("csv");
	tcase_add_test(test, every_line_end_ends_a_record);
	tcase_add_test(test, empty_fields_are_fields_and_empty_lines_are_nothing);
	tcase_add_test(test, a_quoted_field_holds_anything);
	tcase_add_test(test, a_byte_order_mark_is_passed_over);
	tcase_add_test(test, the_first_line_tells_the_separator);
	tcase_add_test(test, bad_quotes_are_told);
	tcase_add_test(test, too_many_fields_are_told);
	tcase_add_test(test, what_is_written_is_read_back);
	suite_add_tcase(suite, test);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
