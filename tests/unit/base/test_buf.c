/*
 * Buffers: growth, the largest size, and text on its way into XML.
 */
#include "base/buf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(an_empty_buffer_reads_as_empty_text)
{
	struct buf buf;
	buf_init(&buf, 100);
	buf_add(&buf, NULL, 0);
	ck_assert_ptr_null(buf.data);
	ck_assert_str_eq(buf_text(&buf), "");
	buf_done(&buf);
}
END_TEST

START_TEST(additions_follow_each_other)
{
	struct buf buf;
	buf_init(&buf, 100);
	buf_add_text(&buf, "<show>");
	buf_add(&buf, "dnd and more", 3);
	buf_add_char(&buf, '<');
	buf_addf(&buf, "/%s>%d", "show", 7);
	ck_assert_str_eq(buf_text(&buf), "<show>dnd</show>7");
	ck_assert_uint_eq(buf.length, strlen(buf.data));
	ck_assert(!buf.overflow);
	buf_done(&buf);
}
END_TEST

START_TEST(the_largest_size_itself_fits)
{
	for (size_t max = 1; max < 300; max++) {
		struct buf buf;
		buf_init(&buf, max);
		for (size_t i = 0; i < max; i++)
			buf_add_char(&buf, 'x');
		ck_assert(!buf.overflow);
		ck_assert_uint_eq(buf.length, max);
		ck_assert_uint_le(buf.room, max < 64 ? 64 : max + 1);
		buf_add_char(&buf, 'y');
		ck_assert(buf.overflow);
		ck_assert_uint_eq(buf.length, max);
		ck_assert_uint_eq(strlen(buf.data), max);
		buf_done(&buf);
	}
}
END_TEST

START_TEST(what_does_not_fit_leaves_what_was_there)
{
	struct buf buf;
	buf_init(&buf, 8);
	buf_add_text(&buf, "12345");
	buf_addf(&buf, "%s", "6789");
	ck_assert_str_eq(buf_text(&buf), "12345");
	ck_assert(buf.overflow);

	/* Nor does anything later, which would leave a hole. */
	buf_add_char(&buf, '6');
	buf_addf(&buf, "%d", 6);
	buf_add_xml(&buf, "6");
	ck_assert_str_eq(buf_text(&buf), "12345");

	buf_clear(&buf);
	ck_assert(!buf.overflow);
	buf_add_text(&buf, "12345678");
	ck_assert_str_eq(buf_text(&buf), "12345678");
	ck_assert(!buf.overflow);
	buf_done(&buf);
}
END_TEST

START_TEST(a_size_that_cannot_be_is_an_overflow)
{
	struct buf buf;
	buf_init(&buf, 100);
	buf_add_char(&buf, 'a');
	buf_add(&buf, "b", (size_t)-1);
	ck_assert(buf.overflow);
	ck_assert_str_eq(buf_text(&buf), "a");
	buf_done(&buf);
}
END_TEST

START_TEST(formatted_text_grows_the_buffer)
{
	struct buf buf;
	buf_init(&buf, 10000);
	for (int i = 0; i < 1000; i++)
		buf_addf(&buf, "%04d", i);
	ck_assert_uint_eq(buf.length, 4000);
	ck_assert_str_eq(buf.data + 3992, "09980999");
	buf_addf(&buf, "%s", "");
	ck_assert_uint_eq(buf.length, 4000);
	buf_done(&buf);
}
END_TEST

START_TEST(numbers_are_written_in_decimal)
{
	struct buf buf;

	buf_init(&buf, 100);
	buf_add_number(&buf, 0);
	buf_add_char(&buf, ' ');
	buf_add_number(&buf, -17);
	buf_add_char(&buf, ' ');
	buf_add_number(&buf, INT64_MAX);
	buf_add_char(&buf, ' ');
	buf_add_number(&buf, INT64_MIN);
	ck_assert_str_eq(buf_text(&buf), "0 -17 9223372036854775807 -9223372036854775808");
	buf_done(&buf);
}
END_TEST

START_TEST(clearing_keeps_the_memory)
{
	struct buf buf;
	buf_init(&buf, 1000);
	buf_addf(&buf, "%500d", 1);
	const char *data = buf.data;
	buf_clear(&buf);
	ck_assert_str_eq(buf_text(&buf), "");
	buf_addf(&buf, "%500d", 2);
	ck_assert_ptr_eq(buf.data, data);
	buf_done(&buf);
}
END_TEST

START_TEST(taken_bytes_belong_to_the_taker)
{
	struct buf buf;
	buf_init(&buf, 100);
	char *none = buf_take(&buf);
	ck_assert_str_eq(none, "");
	free(none);

	buf_add_text(&buf, "lunch");
	char *lunch = buf_take(&buf);
	buf_add_text(&buf, "dinner");
	ck_assert_str_eq(lunch, "lunch");
	ck_assert_str_eq(buf_text(&buf), "dinner");
	free(lunch);
	buf_done(&buf);
}
END_TEST

static const struct {
	const char *text;
	const char *xml;
} xml_cases[] = {
	{"", ""},
	{"plain text 1 + 1 = 2", "plain text 1 + 1 = 2"},
	{"&<>\"'", "&amp;&lt;&gt;&quot;&apos;"},
	{"a<b", "a&lt;b"},
	{"]]>", "]]&gt;"},
	{"tab\tline\nreturn\r", "tab\tline\nreturn\r"},
	{"\x7f", "\x7f"},
	{"📞 On Call", "📞 On Call"},
	{"Ä&Ö", "Ä&amp;Ö"},
	{"\xef\xbf\xbd", "\xef\xbf\xbd"},
	/* Not a Char of XML 1.0. */
	{"\x01\x08\x0b\x0c\x0e\x1f", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd"},
	{"a\xef\xbf\xbe.\xef\xbf\xbf.", "a\ufffd.\ufffd."},
	{"\xef\xbf\xbc", "\ufffc"},
	{"\xf0\x9f\xbf\xbe", "\U0001fffe"},
	{"\xf4\x8f\xbf\xbf", "\U0010ffff"},
	/* Not UTF-8: a lone continuation, overlong, a surrogate, beyond U+10FFFF, cut short. */
	{"a\x80z", "a\ufffdz"},
	{"\xc0\xafz", "\ufffd\ufffdz"},
	{"\xf5z", "\ufffdz"},
	{"\xffz", "\ufffdz"},
	{"a\xe2\x82", "a\ufffd"},
	{"\xe2\x82<", "\ufffd&lt;"},
	{"\xf0\x9f\x93", "\ufffd"},
};

START_TEST(text_becomes_legal_xml)
{
	struct buf buf;
	buf_init(&buf, 1000);
	buf_add_xml(&buf, xml_cases[_i].text);
	ck_assert_str_eq(buf_text(&buf), xml_cases[_i].xml);
	buf_done(&buf);
}
END_TEST

START_TEST(no_surrogate_and_no_big_number_gets_into_xml)
{
	static const char *const bad[] = {"\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xe0\x80\xaf"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf buf;
		buf_init(&buf, 1000);
		buf_add_xml(&buf, bad[i]);
		ck_assert_uint_gt(buf.length, 0);
		for (size_t at = 0; at < buf.length; at += 3)
			ck_assert_mem_eq(buf.data + at, "\ufffd", 3);
		buf_done(&buf);
	}
}
END_TEST

START_TEST(xml_that_does_not_fit_is_not_begun)
{
	struct buf buf;
	buf_init(&buf, 8);
	buf_add_text(&buf, "12");
	buf_add_xml(&buf, "34<5");
	ck_assert(buf.overflow);
	ck_assert_str_eq(buf_text(&buf), "12");
	buf_done(&buf);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("buf");
	tcase_add_test(tests, an_empty_buffer_reads_as_empty_text);
	tcase_add_test(tests, additions_follow_each_other);
	tcase_add_test(tests, the_largest_size_itself_fits);
	tcase_add_test(tests, what_does_not_fit_leaves_what_was_there);
	tcase_add_test(tests, a_size_that_cannot_be_is_an_overflow);
	tcase_add_test(tests, formatted_text_grows_the_buffer);
	tcase_add_test(tests, numbers_are_written_in_decimal);
	tcase_add_test(tests, clearing_keeps_the_memory);
	tcase_add_test(tests, taken_bytes_belong_to_the_taker);
	tcase_add_loop_test(tests, text_becomes_legal_xml, 0, sizeof(xml_cases) / sizeof(xml_cases[0]));
	tcase_add_test(tests, no_surrogate_and_no_big_number_gets_into_xml);
	tcase_add_test(tests, xml_that_does_not_fit_is_not_begun);

	Suite *suite = suite_create("buf");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
