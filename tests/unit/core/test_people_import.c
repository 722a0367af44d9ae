/*
 * People from comma-separated values: who is added and changed, and what is said about mistakes.
 */
#include <stdlib.h>

#include "core/people_import.h"
#include "core/world.h"

static struct people_import import;
static struct buf words;

static bool reads_bytes(const char *text, size_t length)
{
	people_import_done(&import);
	return people_import_read(&import, engine, text, length);
}

static bool reads(const char *text)
{
	return reads_bytes(text, strlen(text));
}

static const char *result(void)
{
	buf_clear(&words);
	people_import_say(&import, &words);
	return buf_text(&words);
}

static const char *problems(const char *file)
{
	buf_clear(&words);
	people_import_say_problems(&import, file, &words);
	return buf_text(&words);
}

static const struct fact_person *person_read(size_t i)
{
	ck_assert_uint_gt(import.people.count, i);
	ck_assert_int_eq(import.people.facts[i].kind, FACT_PERSON);
	return &import.people.facts[i].person;
}

/* The file is refused with just that. */
#define refuses(text, expected)                                                                              \
	do {                                                                                                 \
		ck_assert(!reads(text));                                                                     \
		ck_assert_str_eq(problems(NULL), (expected));                                                \
	} while (0)

START_TEST(a_new_contact_is_added)
{
	ck_assert(reads("contact,jid,name,extensions,time_zone\n"
			"Carol,Carol@Example.org,Carol Çelik,hq:1004 lab:7,Europe/Berlin\r\n"
			"李雷,,,,\n"));
	ck_assert_str_eq(result(), "2 people added, 0 changed, 0 unchanged");
	const struct fact_person *carol = person_read(0);
	ck_assert_int_eq(carol->row, 0);
	ck_assert_str_eq(carol->contact, "carol");
	ck_assert_str_eq(carol->account, "carol@example.org");
	ck_assert_str_eq(carol->name, "Carol Çelik");
	ck_assert_str_eq(carol->time_zone, "Europe/Berlin");
	ck_assert_uint_eq(carol->extension_count, 2);
	ck_assert_str_eq(carol->extensions[0], "hq:1004");
	ck_assert_str_eq(carol->extensions[1], "lab:7");
	const struct fact_person *li = person_read(1);
	ck_assert_str_eq(li->contact, "李雷");
	ck_assert_str_eq(li->name, "李雷");
	ck_assert_ptr_null(li->account);
	ck_assert_ptr_null(li->time_zone);
}
END_TEST

START_TEST(columns_come_in_any_order_and_case)
{
	ck_assert(reads("\xef\xbb\xbf Name ;EXTENSIONS; contact\n\"Dave; \"\"D\"\"\"; hq:9 ; dave \n"));
	ck_assert_str_eq(person_read(0)->contact, "dave");
	ck_assert_str_eq(person_read(0)->name, "Dave; \"D\"");
	ck_assert_str_eq(person_read(0)->extensions[0], "hq:9");
	ck_assert_str_eq(result(), "1 person added, 0 changed, 0 unchanged");
}
END_TEST

START_TEST(a_column_that_is_not_there_changes_nothing)
{
	ck_assert(reads("contact,name\nbob,Robert\n"));
	ck_assert_str_eq(result(), "0 people added, 1 changed, 0 unchanged");
	const struct fact_person *fields = person_read(0);
	ck_assert_int_eq(fields->row, 2);
	ck_assert_str_eq(fields->name, "Robert");
	ck_assert_str_eq(fields->account, "bob@example.org");
	ck_assert_uint_eq(fields->extension_count, 2);
}
END_TEST

START_TEST(an_empty_cell_clears)
{
	ck_assert(reads("contact,jid,name,extensions,time_zone\nbob,,,,\n"));
	const struct fact_person *fields = person_read(0);
	ck_assert_ptr_null(fields->account);
	ck_assert_str_eq(fields->name, "bob");
	ck_assert_uint_eq(fields->extension_count, 0);
}
END_TEST

START_TEST(who_is_that_already_is_unchanged)
{
	ck_assert(reads("contact,jid,name,extensions\nbob,bob@example.org,bob,hq:1003 hq:1002\nalice,,,\n"));
	ck_assert_str_eq(result(), "0 people added, 1 changed, 1 unchanged");
	ck_assert_str_eq(person_read(0)->contact, "alice");
	ck_assert(reads("contact\nbob\nalice\n"));
	ck_assert_str_eq(result(), "0 people added, 0 changed, 2 unchanged");
	ck_assert(reads("contact,jid,name,extensions,time_zone\n\n"));
	ck_assert_str_eq(result(), "0 people added, 0 changed, 0 unchanged");
}
END_TEST

START_TEST(two_people_may_swap_what_they_have)
{
	ck_assert(
		reads("contact,jid,extensions\nbob,alice@example.org,hq:1001\nalice,bob@example.org,hq:1002 "
		      "hq:1003\n"));
	ck_assert_str_eq(result(), "0 people added, 2 changed, 0 unchanged");
	ck_assert(reads("contact,extensions\nnew,hq:1001\nalice,\n"));
	ck_assert_str_eq(result(), "1 person added, 1 changed, 0 unchanged");
}
END_TEST

START_TEST(what_belongs_to_somebody_else_is_refused_by_line_and_name)
{
	refuses("contact,jid,extensions\n\ncarol,bob@example.org,hq:7 hq:1001\n",
		"line 3: jid: belongs to bob (bob)\nline 3: extensions: hq:1001 belongs to alice (alice)");
	ck_assert_str_eq(problems("people.csv"),
		"people.csv:3: jid: belongs to bob (bob)\n"
		"people.csv:3: extensions: hq:1001 belongs to alice (alice)");
	/* Also when the holder is in the file and keeps it, on whichever line. */
	refuses("contact,extensions\nalice,hq:1001\ncarol,hq:1001\n",
		"line 3: extensions: hq:1001 is given to alice in line 2 already");
	refuses("contact,extensions\ncarol,hq:1001\nalice,hq:1001\n",
		"line 3: extensions: hq:1001 is given to carol in line 2 already");
}
END_TEST

START_TEST(two_lines_may_not_want_the_same)
{
	refuses("contact,jid,extensions\nc,x@example.org,hq:7\nd,X@example.org,hq:8 hq:7\nC,,\n",
		"line 3: jid: is given to c in line 2 already\n"
		"line 3: extensions: hq:7 is given to c in line 2 already\n"
		"line 4: contact: c is in line 2 already");
	/* A column that is not there leaves bob what he has. */
	refuses("contact,jid\nnew,bob@example.org\nalice,\nnew2,bob@example.org\n",
		"line 2: jid: belongs to bob (bob)\nline 4: jid: is given to new in line 2 already");
}
END_TEST

START_TEST(each_bad_cell_is_told)
{
	refuses("contact,jid,name,extensions,time_zone\n"
		"a b,x,\xff,1001,Mars\n"
		",,,,\n"
		"c,c@elsewhere.org,\xff,1001,Mars\n"
		"d,\xff@example.org,\"a\nb\",hq:1 hq:1,europe/berlin\n"
		"e,e@example.org\n",
		"line 2: contact: is not allowed as the part of an address before the @\n"
		"line 3: contact: must not be empty\n"
		"line 4: jid: must be an account of example.org\n"
		"line 4: name: is not valid UTF-8 or has control characters\n"
		"line 4: extensions: 1001: must be pbx:number, such as hq:1001\n"
		"line 4: time_zone: is not a time zone such as Europe/Berlin\n"
		"line 5: jid: is not valid UTF-8 or has control characters\n"
		"line 5: name: is not valid UTF-8 or has control characters\n"
		"line 5: extensions: hq:1 is given twice\n"
		"line 5: time_zone: is not a time zone such as Europe/Berlin\n"
		"line 7: has 2 fields, the first line has 5");
}
END_TEST

START_TEST(a_bad_file_is_told)
{
	refuses("", "line 1: is empty: the first line names the columns");
	refuses("bob,bob@example.org\n", "line 1: there is no column \"bob\": columns are contact, jid, "
					 "name, extensions and time_zone");
	refuses("name,jid\n", "line 1: the first line names the columns, and contact must be among them");
	refuses("contact,Contact\n", "line 1: the column contact comes twice");
	refuses("contact\na\n\"b\n", "line 3: a quote is not closed");
	ck_assert(!reads_bytes("contact\nbob\nc\0d\n", 16));
	ck_assert_str_eq(problems("-"), "-:3: has a NUL character: save it as CSV in UTF-8");
	char *big = calloc(1, LIMIT_IMPORT_BYTES + 1);
	ck_assert(!reads_bytes(big, LIMIT_IMPORT_BYTES + 1));
	ck_assert_str_eq(problems("f.csv"), "f.csv: is longer than 16 MiB: import it in parts");
	free(big);
}
END_TEST

START_TEST(the_first_twenty_problems_are_told_and_how_many_there_are)
{
	struct buf text;

	buf_init(&text, 4096);
	buf_add_text(&text, "contact,extensions\n");
	for (int i = 0; i < 30; i++)
		buf_addf(&text, "p%d,hq:1001\n", i); /* told after everything is read, */
	buf_add_text(&text, "x,bad\n");              /* which this is before */
	ck_assert(!reads_bytes(text.data, text.length));
	buf_done(&text);
	ck_assert_uint_eq(import.problem_count, 31);
	ck_assert_uint_eq(import.problems[0].line, 2);
	ck_assert_uint_eq(import.problems[19].line, 21);
	ck_assert_ptr_nonnull(strstr(problems(NULL), "\n… and 11 more"));
	ck_assert_ptr_null(strstr(problems(NULL), "bad"));
}
END_TEST

START_TEST(a_person_has_a_bounded_number_of_extensions)
{
	struct buf text;

	buf_init(&text, 4096);
	buf_add_text(&text, "contact,extensions\nc,\"");
	for (int i = 0; i < LIMIT_EXTENSIONS_PER_PERSON; i++)
		buf_addf(&text, "hq:5%d\n", i);
	buf_add_text(&text, "\"\n");
	ck_assert(reads(text.data));
	ck_assert_uint_eq(person_read(0)->extension_count, LIMIT_EXTENSIONS_PER_PERSON);
	text.data[text.length - 2] = ' ';
	buf_add_text(&text, "hq:6\"\n");
	refuses(text.data, "line 2: extensions: are more than 32");
	buf_done(&text);
}
END_TEST

static void set_up(void)
{
	world_begin();
	memset(&import, 0, sizeof(import));
	buf_init(&words, IMPORT_SAY_BYTES);
}

static void tear_down(void)
{
	people_import_done(&import);
	buf_done(&words);
	world_end();
}

int main(void)
{
	Suite *suite = suite_create("people_import");
	TCase *tests = tcase_create("people_import");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_new_contact_is_added);
	tcase_add_test(tests, columns_come_in_any_order_and_case);
	tcase_add_test(tests, a_column_that_is_not_there_changes_nothing);
	tcase_add_test(tests, an_empty_cell_clears);
	tcase_add_test(tests, who_is_that_already_is_unchanged);
	tcase_add_test(tests, two_people_may_swap_what_they_have);
	tcase_add_test(tests, what_belongs_to_somebody_else_is_refused_by_line_and_name);
	tcase_add_test(tests, two_lines_may_not_want_the_same);
	tcase_add_test(tests, each_bad_cell_is_told);
	tcase_add_test(tests, a_bad_file_is_told);
	tcase_add_test(tests, the_first_twenty_problems_are_told_and_how_many_there_are);
	tcase_add_test(tests, a_person_has_a_bounded_number_of_extensions);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
