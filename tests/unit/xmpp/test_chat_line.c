/* Chat lines, as people write them, and what is understood. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/status.h"
#include "xmpp/chat_line.h"

/* 2023-11-14T22:13:20Z, a Tuesday; in Berlin it is 23:13:20. */
#define NOW (1700000000 * SECOND)
#define BERLIN "Europe/Berlin"

static struct catalogue catalogue;
static struct chat_line line;
static struct error error;

static void add(const char *id, const char *name, const char *icon, bool enabled)
{
	const struct status_fields fields = {.id = id,
		.name = name,
		.icon = icon,
		.color = "#000000",
		.text = "",
		.activity = "",
		.kind = STATUS_CUSTOM,
		.show = SHOW_AWAY,
		.position = 100,
		.enabled = enabled};
	catalogue_put(&catalogue, &fields);
}

static void begin(void)
{
	catalogue_init(&catalogue);
	add("gym", "Doctor", "", true); /* renamed; the next one got the name */
	add("gym-2", "Gym", "🏋", true);
	add("help-desk", "Help Desk", "ℹ️", true);
	add("list", "List", "", true);
	add("walk", "Lunch Walk", "🚶", false);
	add("ueber", "Über Land: Süd", "", true);
	add("a", "Lane", "A", true);
	memset(&line, 0, sizeof(line));
}

static void end(void)
{
	chat_line_done(&line);
	catalogue_done(&catalogue);
}

static void parse_bytes(const char *bytes, size_t length)
{
	const struct chat_world world = {&catalogue, BERLIN, NOW};

	chat_line_done(&line);
	memset(&error, 0, sizeof(error));
	chat_line_parse(&line, bytes, length, &world, &error);
}

static void parse(const char *text)
{
	parse_bytes(text, strlen(text));
}

struct expected {
	const char *text;
	enum chat_verb verb;
	const char *status;
	const char *until; /* NULL: no time was given; "": for good */
	const char *rest;
};

static void check(const struct expected *expected)
{
	char until[CLOCK_TEXT] = "";

	parse(expected->text);
	if (line.until)
		clock_text(line.until, until);
	ck_assert_msg(line.verb == expected->verb, "%s: verb %d (%s)", expected->text, line.verb, error.text);
	ck_assert_msg((line.status == NULL) == (expected->status == NULL), "%s", expected->text);
	if (expected->status)
		ck_assert_msg(strcmp(line.status->id, expected->status) == 0, "%s: %s", expected->text,
			line.status->id);
	ck_assert_msg(line.timed == (expected->until != NULL), "%s: timed %d until %s", expected->text,
		line.timed, until);
	if (expected->until)
		ck_assert_msg(strcmp(until, expected->until) == 0, "%s: until %s", expected->text, until);
	ck_assert_msg(strcmp(line.text, expected->rest ? expected->rest : "") == 0, "%s: text %s",
		expected->text, line.text);
}

static void check_all(const struct expected *expected, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(&expected[i]);
}
#define CHECK_ALL(table) check_all((table), sizeof(table) / sizeof(*(table)))

#define IN_30M "2023-11-14T22:43:20Z"
#define IN_90M "2023-11-14T23:43:20Z"
#define IN_2H "2023-11-15T00:13:20Z"
#define AT_15 "2023-11-15T14:00:00Z"
#define MIDNIGHT "2023-11-14T23:00:00Z"
#define NEXT_MONDAY "2023-11-19T23:00:00Z"
#define CHRISTMAS "2026-12-23T23:00:00Z"
#define CHRISTMAS_15 "2026-12-24T14:00:00Z"

START_TEST(statuses_are_found_by_all_that_people_call_them)
{
	static const struct expected table[] = {
		{"lunch", CHAT_SET, "lunch-break", NULL, NULL},
		{"LUNCH", CHAT_SET, "lunch-break", NULL, NULL},
		{"  lunch-break  ", CHAT_SET, "lunch-break", NULL, NULL},
		{"Lunch Break", CHAT_SET, "lunch-break", NULL, NULL},
		{"lunch b", CHAT_SET, "lunch-break", NULL, NULL},
		{"🍽️ Lunch Break", CHAT_SET, "lunch-break", NULL, NULL},
		{"🍽️lunch", CHAT_SET, "lunch-break", NULL, NULL},
		{"🍽 lunch", CHAT_SET, "lunch-break", NULL, NULL}, /* without variation selector */
		{"🍽️", CHAT_SET, "lunch-break", NULL, NULL},
		{"🍽️ 30m soup", CHAT_SET, "lunch-break", IN_30M, "soup"},
		{"do not disturb", CHAT_SET, "dnd", NULL, NULL},
		{"Do Not Disturb: later", CHAT_SET, "dnd", NULL, "later"},
		{"do not", CHAT_SET, "dnd", NULL, NULL},
		{"gym", CHAT_SET, "gym-2", NULL, NULL}, /* the name before the other's id */
		{"doctor", CHAT_SET, "gym", NULL, NULL},
		{"🏋️ gym", CHAT_SET, "gym-2", NULL, NULL},
		{"ℹ️ help desk until 15:00", CHAT_SET, "help-desk", AT_15, NULL},
		{"help desk", CHAT_SET, "help-desk", NULL, NULL},
		{"ÜBER LAND: SÜD", CHAT_SET, "ueber", NULL, NULL},
		{"über land: ost", CHAT_SET, "ueber", NULL, "ost"},
		{"set list", CHAT_SET, "list", NULL, NULL},
		{"status lunch 30m", CHAT_SET, "lunch-break", IN_30M, NULL},
		{"A lane", CHAT_SET, "a", NULL, NULL},
		{"lane", CHAT_SET, "a", NULL, NULL},
		{"away a while", CHAT_SET, "away", NULL, "a while"},
		{"available", CHAT_SET, "available", NULL, NULL},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(words_are_understood)
{
	static const struct expected table[] = {
		{"status", CHAT_STATUS, NULL, NULL, NULL},
		{"Clear", CHAT_CLEAR, NULL, NULL, NULL},
		{"clear my status", CHAT_CLEAR, NULL, NULL, NULL},
		{"clear message", CHAT_MESSAGE, NULL, NULL, ""},
		{"msg working from home", CHAT_MESSAGE, NULL, NULL, "working from home"},
		{"Msg: working from home", CHAT_MESSAGE, NULL, NULL, "working from home"},
		{"msg", CHAT_MESSAGE, NULL, NULL, ""},
		{"msg 2 hours late", CHAT_MESSAGE, NULL, NULL, "2 hours late"},
		{"msg until monday in Berlin", CHAT_MESSAGE, NULL, NEXT_MONDAY, "in Berlin"},
		{"msg for 2 hours at the dentist", CHAT_MESSAGE, NULL, IN_2H, "at the dentist"},
		{"msg until 17:00", CHAT_MESSAGE, NULL, NULL, "until 17:00"},
		{"msg for everybody", CHAT_MESSAGE, NULL, NULL, "for everybody"},
		{"who bob", CHAT_WHO, NULL, NULL, "bob"},
		{"who hq:1001", CHAT_WHO, NULL, NULL, "hq:1001"},
		{"who", CHAT_WHO, NULL, NULL, ""},
		{"list", CHAT_LIST, NULL, NULL, NULL},
		{"help", CHAT_HELP, NULL, NULL, NULL},
		{"?", CHAT_HELP, NULL, NULL, NULL},
		{"/help", CHAT_HELP, NULL, NULL, NULL},
		{"", CHAT_HELP, NULL, NULL, NULL},
		{" \n\t ", CHAT_HELP, NULL, NULL, NULL},
		{"siesta  now", CHAT_UNKNOWN, NULL, NULL, "siesta now"},
		{"lunchtime", CHAT_UNKNOWN, NULL, NULL, "lunchtime"},
		{"walk", CHAT_UNKNOWN, NULL, NULL, "walk"},       /* hidden */
		{"on-call", CHAT_UNKNOWN, NULL, NULL, "on-call"}, /* automatic */
		{"offline", CHAT_UNKNOWN, NULL, NULL, "offline"},
		{"clear the table", CHAT_UNKNOWN, NULL, NULL, "clear the table"},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(times_are_understood)
{
	static const struct expected table[] = {
		{"lunch 30m", CHAT_SET, "lunch-break", IN_30M, NULL},
		{"lunch: 30m", CHAT_SET, "lunch-break", IN_30M, NULL},
		{"lunch 30 min, soup", CHAT_SET, "lunch-break", IN_30M, "soup"},
		{"lunch 1h30", CHAT_SET, "lunch-break", IN_90M, NULL},
		{"lunch 1h30m", CHAT_SET, "lunch-break", IN_90M, NULL},
		{"lunch 1h 30m", CHAT_SET, "lunch-break", IN_90M, NULL},
		{"lunch 1 hour 30 minutes", CHAT_SET, "lunch-break", IN_90M, NULL},
		{"lunch 90 minutes", CHAT_SET, "lunch-break", IN_90M, NULL},
		{"lunch 2 hours", CHAT_SET, "lunch-break", IN_2H, NULL},
		{"lunch for 2 hours", CHAT_SET, "lunch-break", IN_2H, NULL},
		{"lunch 2d", CHAT_SET, "lunch-break", "2023-11-16T22:13:20Z", NULL},
		{"lunch 1 week", CHAT_SET, "lunch-break", "2023-11-21T22:13:20Z", NULL},
		{"lunch 2 h", CHAT_SET, "lunch-break", NULL, "2 h"},
		{"lunch 2 people", CHAT_SET, "lunch-break", NULL, "2 people"},
		{"lunch 1h 30 people", CHAT_SET, "lunch-break", "2023-11-14T23:13:20Z", "30 people"},
		{"lunch 30m1h", CHAT_SET, "lunch-break", NULL, "30m1h"},
		{"lunch 1h30x", CHAT_SET, "lunch-break", NULL, "1h30x"},
		{"dnd until 15:00 on a deadline", CHAT_SET, "dnd", AT_15, "on a deadline"},
		{"dnd till 15:00.", CHAT_SET, "dnd", AT_15, NULL},
		{"dnd until 3pm", CHAT_SET, "dnd", AT_15, NULL},
		{"dnd until 3:00 PM - deadline", CHAT_SET, "dnd", AT_15, "deadline"},
		{"dnd until 15", CHAT_SET, "dnd", AT_15, NULL},
		{"dnd until 23:30", CHAT_SET, "dnd", "2023-11-14T22:30:00Z", NULL},
		{"dnd until noon", CHAT_SET, "dnd", "2023-11-15T11:00:00Z", NULL},
		{"dnd until 12am", CHAT_SET, "dnd", MIDNIGHT, NULL},
		{"dnd until today", CHAT_SET, "dnd", MIDNIGHT, NULL},
		{"dnd until tomorrow", CHAT_SET, "dnd", MIDNIGHT, NULL},
		{"dnd until tomorrow 15:00", CHAT_SET, "dnd", AT_15, NULL},
		{"dnd until tomorrow at 3pm: quiet", CHAT_SET, "dnd", AT_15, "quiet"},
		{"dnd until monday", CHAT_SET, "dnd", NEXT_MONDAY, NULL},
		{"dnd until Mon", CHAT_SET, "dnd", NEXT_MONDAY, NULL},
		{"dnd until tuesday", CHAT_SET, "dnd", "2023-11-20T23:00:00Z", NULL},
		{"dnd until wed 15:00", CHAT_SET, "dnd", AT_15, NULL},
		{"dnd until 2026-12-24", CHAT_SET, "dnd", CHRISTMAS, NULL},
		{"dnd until 2026-12-24 15:00", CHAT_SET, "dnd", CHRISTMAS_15, NULL},
		{"dnd until 2026-12-24T15:00 gone", CHAT_SET, "dnd", CHRISTMAS_15, "gone"},
		{"dnd until 2026-12-24T14:00:00Z", CHAT_SET, "dnd", CHRISTMAS_15, NULL},
		{"dnd until 24 December 2026 15:00", CHAT_SET, "dnd", CHRISTMAS_15, NULL},
		{"dnd until 15 Nov 15:00", CHAT_SET, "dnd", AT_15, NULL},
		{"dnd until 14 Nov", CHAT_SET, "dnd", "2024-11-13T23:00:00Z", NULL},
		{"dnd until 29 feb", CHAT_SET, "dnd", "2024-02-28T23:00:00Z", NULL},
		{"dnd until 2026-07-01 15:00", CHAT_SET, "dnd", "2026-07-01T13:00:00Z", NULL}, /* summer */
		{"dnd on a deadline until 15:00", CHAT_SET, "dnd", AT_15, "on a deadline"},
		{"dnd: writing for 2 hours!", CHAT_SET, "dnd", IN_2H, "writing"},
		{"dnd until the end of the talk", CHAT_SET, "dnd", NULL, "until the end of the talk"},
		{"dnd not for 2 hours of talk", CHAT_SET, "dnd", NULL, "not for 2 hours of talk"},
		{"dnd forever", CHAT_SET, "dnd", "", NULL},
		{"dnd for good: leave me", CHAT_SET, "dnd", "", "leave me"},
		{"busy: on a deadline", CHAT_SET, "busy", NULL, "on a deadline"},
		{"busy:on a deadline", CHAT_SET, "busy", NULL, "on a deadline"},
		{"busy – on a\ndeadline\t\n", CHAT_SET, "busy", NULL, "on a deadline"},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(bad_times_and_long_messages_are_refused_with_the_reason)
{
	static const struct {
		const char *text, *reason;
	} table[] = {
		{"dnd until 25:00", "“25:00” is no time that I understand"},
		{"dnd until 15.00", "“15.00” is no time that I understand"},
		{"dnd until 2026-02-30", "“2026-02-30” is no time that I understand"},
		{"dnd until 30 feb", "“30” is no time that I understand"},
		{"dnd until 2020-01-01", "the end must lie in the future"},
		{"dnd until 2020-01-01T00:00:00Z", "the end must lie in the future"},
		{"lunch 0m", "the end must lie in the future"},
		{"lunch 999999 weeks", "the end lies more than 3660 days ahead"},
		{"dnd until 9999-12-31", "the end lies more than 3660 days ahead"},
		{"msg until 25:00 in Berlin", "“25:00” is no time that I understand"},
	};
	char text[400] = "busy: ";

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		parse(table[i].text);
		ck_assert_msg(line.verb == CHAT_BAD, "%s: %d", table[i].text, line.verb);
		ck_assert_str_eq(error.text, table[i].reason);
	}
	for (size_t i = 0; i < 141; i++)
		strcat(text, "é");
	parse(text);
	ck_assert_int_eq(line.verb, CHAT_BAD);
	ck_assert_str_eq(error.text, "the message has 141 characters, the most is 140");
	text[strlen(text) - 2] = '\0';
	parse(text);
	ck_assert_int_eq(line.verb, CHAT_SET);
}
END_TEST

START_TEST(what_could_be_several_statuses_names_them)
{
	parse("a 30m"); /* the icon of Lane, the id of Lane */
	ck_assert_int_eq(line.verb, CHAT_SET);
	parse("av");
	ck_assert_str_eq(line.status->id, "available");
	parse("b");
	ck_assert_int_eq(line.verb, CHAT_AMBIGUOUS);
	ck_assert_uint_eq(line.candidate_count, 2);
	ck_assert_str_eq(line.candidates[0]->id, "busy");
	ck_assert_str_eq(line.candidates[1]->id, "business-trip");
	parse("bus to town");
	ck_assert_int_eq(line.verb, CHAT_AMBIGUOUS);
	for (int i = 0; i < 40; i++) {
		char id[32];
		snprintf(id, sizeof(id), "zone-%d", i);
		add(id, id, "", true);
	}
	parse("zone");
	ck_assert_int_eq(line.verb, CHAT_AMBIGUOUS);
	ck_assert_uint_eq(line.candidate_count, 40);
	ck_assert_str_eq(line.candidates[LIMIT_CHAT_CANDIDATES - 1]->name + 4, "-17"); /* by name */
}
END_TEST

START_TEST(odd_bytes_become_text)
{
	parse_bytes("busy a\0b\xff\x01"
		    "c",
		11);
	ck_assert_int_eq(line.verb, CHAT_SET);
	ck_assert_int_eq((int)(strlen(line.text) > 3), 1);
	parse("busy \xE2\x80\xAE"
	      "evil"); /* a bidirectional override */
	ck_assert_str_eq(line.text, "evil");
	parse("\xff\xfe\xfd");
	ck_assert_int_eq(line.verb, CHAT_UNKNOWN);
	parse(": , - :");
	ck_assert_int_eq(line.verb, CHAT_UNKNOWN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chat_line");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, statuses_are_found_by_all_that_people_call_them);
	tcase_add_test(tests, words_are_understood);
	tcase_add_test(tests, times_are_understood);
	tcase_add_test(tests, bad_times_and_long_messages_are_refused_with_the_reason);
	tcase_add_test(tests, what_could_be_several_statuses_names_them);
	tcase_add_test(tests, odd_bytes_become_text);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
