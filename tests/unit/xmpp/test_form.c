/* Data forms: what is declared is what is shown, read and checked. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "xmpp/form.h"
#include "xmpp/route.h"

static xmpp_ctx_t *context;
static struct answers answers;

static void offer(struct options *options, void *arg)
{
	size_t count = *(size_t *)arg;
	char text[24];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "s%zu", i);
		options_add(options, text, text);
	}
}

static size_t offered = 3;
static const struct choice_option hours[] = {{"1h", "1 hour"}, {"4h", "4 hours"}, {NULL, NULL}};
static const struct field fields[] = {
	{.var = "status", .label = "Status", .type = FIELD_LIST, .required = true, .offer = offer},
	{.var = "message", .label = "Message", .type = FIELD_TEXT, .length = 10, .desc = "Say it"},
	{.var = "expires", .label = "Expires", .type = FIELD_LIST, .open = true, .choices = hours},
	{.var = "numbers", .label = "Numbers", .type = FIELD_TEXTS, .length = 8, .count = 3},
	{.var = "minutes",
		.label = "Minutes",
		.type = FIELD_TEXT,
		.datatype = DATATYPE_INTEGER,
		.min = 1,
		.max = 60,
		.standard = "10"},
	{.var = "at", .label = "At", .type = FIELD_TEXT, .datatype = DATATYPE_TIME},
	{.var = "confirm", .label = "Confirm", .type = FIELD_BOOLEAN, .standard = "0"},
	{.var = "tags", .label = "Tags", .type = FIELD_LISTS, .count = 2, .choices = hours},
	{.var = "heading", .label = "Heading", .type = FIELD_FIXED, .standard = "Read this"},
	{.var = "secret", .label = "Secret", .type = FIELD_HIDDEN, .standard = "x"},
	{0},
};
static const struct form form = {"test", "A test", "Fill it in.", fields};

static void begin(void)
{
	context = xmpp_ctx_new(NULL, NULL);
	offered = 3;
	answers_init(&answers, &form);
}

static void end(void)
{
	answers_done(&answers);
	xmpp_ctx_free(context);
}

/* Reads the fields, given as XML, of a submitted form. */
static bool submit(const char *xml)
{
	char text[32768];
	struct error error;
	xmpp_stanza_t *x;
	bool ok;

	snprintf(text, sizeof(text), "<x xmlns='jabber:x:data' type='submit'>%s</x>", xml);
	x = xmpp_stanza_new_from_string(context, text);
	ck_assert_ptr_nonnull(x);
	ok = form_read(&answers, x, &offered, &error);
	xmpp_stanza_release(x);
	return ok;
}

#define STATUS "<field var='status'><value>s1</value></field>"

static const char *problem(const char *var)
{
	const struct answer *answer = answers_get(&answers, var);
	return answer->problem ? answer->problem : "";
}

/* The one field of the rendered form, as XML; the caller frees it. */
static char *shown(const char *var)
{
	xmpp_stanza_t *parent = element_new(context, NULL, "command", NULL, NULL), *field;
	char *text = NULL, *copy;
	size_t length;

	form_render(&answers, &offered, parent);
	field = xmpp_stanza_get_children(xmpp_stanza_get_child_by_name(parent, "x"));
	while (field && (!xmpp_stanza_get_attribute(field, "var") ||
				strcmp(xmpp_stanza_get_attribute(field, "var"), var) != 0))
		field = xmpp_stanza_get_next(field);
	ck_assert_ptr_nonnull(field);
	ck_assert_int_eq(xmpp_stanza_to_text(field, &text, &length), 0);
	copy = mem_string(text);
	xmpp_free(context, text);
	xmpp_stanza_release(parent);
	return copy;
}

static bool shows(const char *var, const char *part)
{
	char *text = shown(var);
	bool found = strstr(text, part) != NULL;
	if (!found)
		fprintf(stderr, "no %s in %s\n", part, text);
	free(text);
	return found;
}

START_TEST(a_form_shows_its_declaration_and_its_values)
{
	answers_set(&answers, "status", "s2");
	ck_assert(shows("FORM_TYPE", "<value>urn:offhook:1:test</value>"));
	ck_assert(shows("status", "type=\"list-single\""));
	ck_assert(shows("status", "<required/>"));
	ck_assert(shows("status", "<value>s2</value>"));
	ck_assert(shows("status", "<option label=\"s0\"><value>s0</value></option>"));
	ck_assert(shows("message", "<desc>Say it</desc>"));
	ck_assert(shows("expires", "datatype=\"xs:string\""));
	ck_assert(shows("expires", "<open/>"));
	ck_assert(shows("minutes", "datatype=\"xs:integer\""));
	ck_assert(shows("minutes", "max=\"60\""));
	ck_assert(shows("minutes", "<value>10</value>"));
	ck_assert(shows("at", "datatype=\"xs:dateTime\""));
	ck_assert(shows("confirm", "type=\"boolean\""));
	ck_assert(shows("heading", "type=\"fixed\""));
	ck_assert(shows("secret", "type=\"hidden\""));
}
END_TEST

START_TEST(a_list_of_which_nothing_is_chosen_says_so)
{
	ck_assert(shows("status", "<value>...</value>"));
	ck_assert(shows("status", "<option label=\"Choose one\"><value>...</value></option>"));
	ck_assert(submit("<field var='status'><value>...</value></field>"));
	ck_assert_str_eq(problem("status"), "must not be empty");
}
END_TEST

START_TEST(a_value_of_ones_own_is_offered_when_the_form_comes_back)
{
	answers_set(&answers, "expires", "15:30");
	ck_assert(shows("expires", "<option label=\"15:30\"><value>15:30</value></option>"));
}
END_TEST

START_TEST(a_table_says_each_row_as_text_too)
{
	static const struct column columns[] = {
		{"name", "Name", FIELD_TEXT}, {"numbers", "Numbers", FIELD_TEXTS}, {NULL, NULL, FIELD_TEXT}};
	const char *const cells[] = {"Bob", "1\n2"};
	xmpp_stanza_t *x = form_table(context, "test", "Test", columns);
	char *text;
	size_t length;

	form_table_add(x, columns, cells);
	ck_assert_int_eq(xmpp_stanza_to_text(x, &text, &length), 0);
	ck_assert_ptr_nonnull(strstr(text, "<field type=\"fixed\"><value>Name | Numbers</value></field>"));
	ck_assert_ptr_nonnull(strstr(text, "<field type=\"fixed\"><value>Bob | 1, 2</value></field>"));
	ck_assert_ptr_nonnull(
		strstr(text, "<field var=\"numbers\"><value>1</value><value>2</value></field>"));
	xmpp_free(context, text);
	xmpp_stanza_release(x);
}
END_TEST

START_TEST(a_long_list_becomes_a_line_to_type_into)
{
	offered = LIMIT_CHOICES_IN_LIST;
	ck_assert(shows("status", "type=\"list-single\""));
	offered++;
	ck_assert(shows("status", "type=\"text-single\""));
	ck_assert(submit("<field var='status'><value>anything</value></field>"));
	ck_assert(!answers_refused(&answers));
}
END_TEST

START_TEST(a_good_submission_is_read)
{
	ck_assert(submit("<field var='FORM_TYPE'><value>urn:offhook:1:test</value></field>" STATUS
			 "<field var='message'><value> back at 2 </value></field>"
			 "<field var='expires'><value>15:30</value></field>"
			 "<field var='numbers'><value>hq:1</value><value/><value>hq:2</value></field>"
			 "<field var='minutes'><value>60</value></field>"
			 "<field var='at'><value>2026-11-22T10:00:00Z</value></field>"
			 "<field var='confirm'><value>true</value></field>"
			 "<field var='tags'><value>1h</value><value>4h</value></field>"));
	ck_assert(!answers_refused(&answers));
	ck_assert_str_eq(answers_text(&answers, "status"), "s1");
	ck_assert_str_eq(answers_text(&answers, "message"), "back at 2");
	ck_assert_str_eq(answers_text(&answers, "expires"), "15:30");
	ck_assert_uint_eq(answers_get(&answers, "numbers")->count, 2);
	ck_assert_str_eq(answers_get(&answers, "numbers")->values[1], "hq:2");
	ck_assert(answers_yes(&answers, "confirm"));
	ck_assert_str_eq(answers_text(&answers, "secret"), "x");
}
END_TEST

START_TEST(lines_in_one_value_are_several_values)
{
	ck_assert(submit(STATUS "<field var='numbers'><value>hq:1\nhq:2\r\n\nhq:3\n</value></field>"));
	ck_assert(!answers_refused(&answers));
	ck_assert_uint_eq(answers_get(&answers, "numbers")->count, 3);
	ck_assert_str_eq(answers_get(&answers, "numbers")->values[2], "hq:3");
}
END_TEST

START_TEST(what_is_not_given_keeps_its_default_and_what_is_empty_is_empty)
{
	ck_assert(submit(STATUS "<field var='message'><value/></field><field var='minutes'/>"));
	ck_assert(!answers_refused(&answers));
	ck_assert(answers_get(&answers, "message")->given);
	ck_assert(!answers_get(&answers, "expires")->given);
	ck_assert_uint_eq(answers_get(&answers, "minutes")->count, 0);
	ck_assert_str_eq(answers_text(&answers, "confirm"), "0");
}
END_TEST

START_TEST(unknown_and_fixed_fields_are_ignored)
{
	ck_assert(submit(STATUS "<field var='admin'><value>1</value></field><field><value>1</value></field>"
				"<field var='heading'><value>changed</value></field><item/>text"));
	ck_assert(!answers_refused(&answers));
	ck_assert_str_eq(answers_text(&answers, "heading"), "Read this");
}
END_TEST

START_TEST(each_bad_field_is_named)
{
	ck_assert(submit(
		"<field var='message'><value>longer than ten characters</value></field>"
		"<field "
		"var='numbers'><value>1</value><value>2</value><value>3</value><value>4</value></field>"
		"<field var='minutes'><value>61</value></field>"
		"<field var='at'><value>tomorrow</value></field>"
		"<field var='confirm'><value>yes</value></field>"
		"<field var='expires'><value>1h</value><value>4h</value></field>"
		"<field var='tags'><value>1d</value></field>"));
	ck_assert(answers_refused(&answers));
	ck_assert_str_eq(problem("status"), "must not be empty");
	ck_assert_str_eq(problem("message"), "has 26 characters, the most is 10");
	ck_assert_str_eq(problem("numbers"), "takes at most 3 values");
	ck_assert_str_eq(problem("minutes"), "must be a whole number from 1 to 60");
	ck_assert_str_ne(problem("at"), "");
	ck_assert_str_eq(problem("confirm"), "must be 1 or 0");
	ck_assert_str_eq(problem("expires"), "takes at most 1 value");
	ck_assert_str_eq(problem("tags"), "must be one of those offered");
	ck_assert(shows("message", "<desc>has 26 characters, the most is 10</desc>"));
	ck_assert(shows("message", "<value>longer than ten characters</value>"));
}
END_TEST

START_TEST(a_value_outside_the_list_is_refused)
{
	ck_assert(submit("<field var='status'><value>on-call</value></field>"));
	ck_assert_str_eq(problem("status"), "must be one of those offered");
}
END_TEST

START_TEST(a_field_given_twice_is_refused)
{
	ck_assert(submit(STATUS STATUS));
	ck_assert_str_eq(problem("status"), "is given twice");
}
END_TEST

START_TEST(control_characters_are_refused_and_not_given_back)
{
	ck_assert(submit(STATUS "<field var='message'><value>a&#9;b\xe2\x80\xae</value></field>"));
	ck_assert_str_eq(problem("message"), "is not valid UTF-8 or has control characters");
	ck_assert_ptr_null(strchr(answers_text(&answers, "message"), '\t'));
}
END_TEST

START_TEST(a_huge_value_is_given_back_short)
{
	char xml[20000] = STATUS "<field var='message'><value>";
	size_t start = strlen(xml);
	memset(xml + start, 'a', 18000);
	strcpy(xml + start + 18000, "</value></field>");
	ck_assert(submit(xml));
	ck_assert_str_eq(problem("message"), "has 18000 characters, the most is 10");
	ck_assert_uint_le(strlen(answers_text(&answers, "message")), LIMIT_FORM_CHARACTERS);
}
END_TEST

START_TEST(another_form_or_no_submission_is_refused_as_a_whole)
{
	static const char *const bad[] = {
		"<x xmlns='jabber:x:data' type='form'/>",
		"<x xmlns='jabber:x:data' type='cancel'/>",
		"<x xmlns='jabber:x:data'/>",
		"<x xmlns='jabber:x:oob' type='submit'/>",
		"<y xmlns='jabber:x:data' type='submit'/>",
		"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:offhook:1:other"
		"</value></field></x>",
		"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'/></x>",
	};
	struct error error;
	xmpp_stanza_t *x = xmpp_stanza_new_from_string(context, bad[_i]);
	ck_assert(!form_read(&answers, x, &offered, &error));
	xmpp_stanza_release(x);
}
END_TEST

START_TEST(problems_make_one_sentence)
{
	struct buf text;
	const struct error elsewhere = {"name", "is taken"};

	buf_init(&text, 1000);
	answers_refuse(&answers, "status", "is %s", "gone");
	answers_refuse(&answers, "status", "is something else");
	answers_refuse(&answers, "minutes", "is too much");
	answers_problems(&answers, &text);
	ck_assert_str_eq(buf_text(&text), "Status: is gone; Minutes: is too much.");
	buf_clear(&text);
	answers_refuse_error(&answers, &elsewhere);
	answers_problems(&answers, &text);
	ck_assert_str_eq(buf_text(&text), "name: is taken; Status: is gone; Minutes: is too much.");
	buf_done(&text);
}
END_TEST

START_TEST(a_table_has_a_head_and_rows)
{
	static const struct column columns[] = {
		{"id", "Id", FIELD_TEXT}, {"all", "All", FIELD_TEXTS}, {NULL, NULL, FIELD_TEXT}};
	const char *cells[] = {"a<b", "1\n2"};
	xmpp_stanza_t *x = form_table(context, "test", "Tests", columns);
	char *text;
	size_t length;

	form_table_add(x, columns, cells);
	ck_assert_int_eq(xmpp_stanza_to_text(x, &text, &length), 0);
	ck_assert_ptr_nonnull(strstr(text, "type=\"result\""));
	ck_assert_ptr_nonnull(strstr(text, "<reported><field "));
	ck_assert_ptr_nonnull(
		strstr(text, "<item><field var=\"id\"><value>a&lt;b</value></field>"
			     "<field var=\"all\"><value>1</value><value>2</value></field></item>"));
	xmpp_free(context, text);
	xmpp_stanza_release(x);
}
END_TEST

START_TEST(of_too_many_lines_none_is_shown)
{
	for (unsigned i = 0; i < 50000; i++)
		answers_add(&answers, "numbers", "x");
	answers_refuse(&answers, "numbers", "line 1 is wrong.");
	ck_assert(shows("numbers", "<desc>line 1 is wrong.</desc>"));
	char *text = shown("numbers");
	ck_assert_ptr_null(strstr(text, "<value>"));
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("form");
	TCase *tests = tcase_create("form");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_form_shows_its_declaration_and_its_values);
	tcase_add_test(tests, a_list_of_which_nothing_is_chosen_says_so);
	tcase_add_test(tests, a_value_of_ones_own_is_offered_when_the_form_comes_back);
	tcase_add_test(tests, a_table_says_each_row_as_text_too);
	tcase_add_test(tests, a_long_list_becomes_a_line_to_type_into);
	tcase_add_test(tests, a_good_submission_is_read);
	tcase_add_test(tests, lines_in_one_value_are_several_values);
	tcase_add_test(tests, what_is_not_given_keeps_its_default_and_what_is_empty_is_empty);
	tcase_add_test(tests, unknown_and_fixed_fields_are_ignored);
	tcase_add_test(tests, each_bad_field_is_named);
	tcase_add_test(tests, a_value_outside_the_list_is_refused);
	tcase_add_test(tests, a_field_given_twice_is_refused);
	tcase_add_test(tests, control_characters_are_refused_and_not_given_back);
	tcase_add_test(tests, a_huge_value_is_given_back_short);
	tcase_add_loop_test(tests, another_form_or_no_submission_is_refused_as_a_whole, 0, 7);
	tcase_add_test(tests, problems_make_one_sentence);
	tcase_add_test(tests, a_table_has_a_head_and_rows);
	tcase_add_test(tests, of_too_many_lines_none_is_shown);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
