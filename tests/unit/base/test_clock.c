/*
 * Instants as text, with the C library's calendar as the oracle.
 */
#include "base/clock.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"

START_TEST(the_clocks_run)
{
	usec_t wall = clock_now(), monotonic = clock_monotonic();
	ck_assert_int_ge(wall / SECOND, time(NULL) - 1);
	ck_assert_int_le(wall / SECOND, time(NULL) + 1);
	ck_assert_int_gt(monotonic, 0);
	ck_assert_int_ge(clock_monotonic(), monotonic);
}
END_TEST

static const struct {
	const char *text;
	usec_t at;           /* 0: what the text says, by timegm */
	const char *written; /* NULL: the text itself */
} good[] = {
	{"1970-01-01T00:00:01Z", 1 * SECOND, NULL},
	{"1970-01-01T00:00:00.000001Z", 1, NULL},
	{"2026-11-22T10:00:00Z", 1795341600 * SECOND, NULL},
	{"2026-11-22T10:00:00.123456Z", 1795341600 * SECOND + 123456, NULL},
	{"2026-11-22T10:00:00.1Z", 1795341600 * SECOND + 100000, "2026-11-22T10:00:00.100000Z"},
	{"2026-11-22T10:00:00.1234569999999999999999Z", 1795341600 * SECOND + 123456,
		"2026-11-22T10:00:00.123456Z"},
	{"2026-11-22T10:00:00.000Z", 1795341600 * SECOND, "2026-11-22T10:00:00Z"},
	{"2026-11-22t10:00:00z", 1795341600 * SECOND, "2026-11-22T10:00:00Z"},
	{"2026-11-22T11:00:00+01:00", 1795341600 * SECOND, "2026-11-22T10:00:00Z"},
	{"2026-11-22T04:30:00-05:30", 1795341600 * SECOND, "2026-11-22T10:00:00Z"},
	{"2026-11-22T10:00:00-00:00", 1795341600 * SECOND, "2026-11-22T10:00:00Z"},
	{"2026-01-01T00:30:00+01:00", 0, "2025-12-31T23:30:00Z"},
	{"2025-12-31T23:30:00-01:00", 0, "2026-01-01T00:30:00Z"},
	{"2024-02-29T23:59:59Z", 0, NULL},
	{"2000-02-29T00:00:00Z", 951782400 * SECOND, NULL},
	{"2100-02-28T00:00:00Z", 0, NULL},
	{"2038-01-19T03:14:08Z", 2147483648 * SECOND, NULL},
	{"9999-12-31T23:59:59.999999Z", 253402300799 * SECOND + 999999, NULL},
	{"2016-12-31T23:59:60Z", 0, "2016-12-31T23:59:59Z"},
	{"2017-01-01T00:59:60.5+01:00", 0, "2016-12-31T23:59:59.500000Z"},
};

START_TEST(text_is_read_and_written_back)
{
	usec_t at = -1;
	char text[CLOCK_TEXT];
	ck_assert_msg(clock_parse(good[_i].text, &at), "%s", good[_i].text);
	if (good[_i].at != 0)
		ck_assert_int_eq(at, good[_i].at);
	ck_assert_str_eq(clock_text(at, text), good[_i].written != NULL ? good[_i].written : good[_i].text);
}
END_TEST

static const char *const bad[] = {
	"",
	"today",
	"2026-11-22",
	"2026-11-22T10:00",
	"2026-11-22T10:00Z",
	"2026-11-22T10:00:00",
	"2026-11-22 10:00:00Z",
	" 2026-11-22T10:00:00Z",
	"2026-11-22T10:00:00Z ",
	"2026-11-22T10:00:00ZZ",
	"2026-11-22T10:00:00.Z",
	"2026-11-22T10:00:00,5Z",
	"2026-11-22T10:00:00.5",
	"2026-11-22T10:00:00+01",
	"2026-11-22T10:00:00+0100",
	"2026-11-22T10:00:00+24:00",
	"2026-11-22T10:00:00+01:60",
	"2026-11-22T10:00:00+01:00Z",
	"2026-00-22T10:00:00Z",
	"2026-13-22T10:00:00Z",
	"2026-11-00T10:00:00Z",
	"2026-11-31T10:00:00Z",
	"2026-02-29T10:00:00Z",
	"2100-02-29T10:00:00Z",
	"2024-02-30T10:00:00Z",
	"2026-11-22T24:00:00Z",
	"2026-11-22T10:60:00Z",
	"2026-11-22T10:00:61Z",
	"2026-11-22T10:00:60Z",
	"2016-12-31T23:59:60+01:00",
	"1969-12-31T23:59:59Z",
	"1970-01-01T00:30:00+01:00",
	"9999-12-31T23:30:00-01:00",
	"26-11-22T10:00:00Z",
	"12026-11-22T10:00:00Z",
	"+026-11-22T10:00:00Z",
	"2026-1-22T10:00:00Z",
	"2026-11-2 T10:00:00Z",
	"2026-11-22T-1:00:00Z",
	"２026-11-22T10:00:00Z",
};

START_TEST(other_text_is_refused_and_changes_nothing)
{
	usec_t at = 42;
	ck_assert_msg(!clock_parse(bad[_i], &at), "%s", bad[_i]);
	ck_assert_int_eq(at, 42);
}
END_TEST

START_TEST(every_beginning_of_a_text_is_refused)
{
	const char *whole = "2026-11-22T10:00:00.123+01:00";
	for (size_t length = 0; length < strlen(whole); length++) {
		char part[40] = "";
		usec_t at;
		memcpy(part, whole, length);
		ck_assert_msg(!clock_parse(part, &at), "%s", part);
	}
}
END_TEST

START_TEST(every_day_agrees_with_the_c_library)
{
	for (time_t day = 0; day < 8030L * 366; day++) {
		/* Some hour of the day, so that the time of day is tested as well. */
		time_t seconds = day * 86400 + day * 7919 % 86400;
		struct tm tm;
		gmtime_r(&seconds, &tm);
		if (tm.tm_year + 1900 > 9999)
			break;
		char expected[CLOCK_TEXT], text[CLOCK_TEXT];
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm);
		usec_t at = -1;
		clock_text(seconds * SECOND, text);
		if (strcmp(text, expected) != 0 || !clock_parse(text, &at) || at != seconds * SECOND)
			ck_abort_msg("%s became %s, read as %lld", expected, text, (long long)at);
	}
}
END_TEST

START_TEST(every_instant_has_a_text)
{
	char text[CLOCK_TEXT];
	ck_assert_str_eq(clock_text(0, text), "1970-01-01T00:00:00Z");
	ck_assert_str_eq(clock_text(-1, text), "1969-12-31T23:59:59.999999Z");
	ck_assert_str_eq(clock_text(-DAY, text), "1969-12-31T00:00:00Z");
	ck_assert_str_eq(clock_text(INT64_MAX, text), "294247-01-10T04:00:54.775807Z");
	ck_assert_str_eq(clock_text(INT64_MIN, text), "-290308-12-21T19:59:05.224192Z");
}
END_TEST

START_TEST(a_clock_that_was_set_back_is_noticed_once)
{
	usec_t ahead = 0, now = 1700000000 * SECOND, up = 7 * DAY;
	ck_assert(!clock_set_back(now, up, &ahead));
	ck_assert(!clock_set_back(now + HOUR, up + HOUR, &ahead)); /* time passes */
	ck_assert(clock_set_back(now, up + HOUR, &ahead));
	ck_assert(!clock_set_back(now, up + HOUR, &ahead));
	/* Less than passed since the last look. */
	ck_assert(clock_set_back(now + 10 * MINUTE, up + HOUR + 20 * MINUTE, &ahead));
	/* Ahead, and back again. */
	ck_assert(!clock_set_back(now + 2 * HOUR, up + 2 * HOUR, &ahead));
	ck_assert(clock_set_back(now + HOUR, up + 2 * HOUR, &ahead));
	/* A little at a time. */
	ck_assert(!clock_set_back(now + HOUR - SECOND / 2, up + 2 * HOUR, &ahead));
	ck_assert(clock_set_back(now + HOUR - SECOND, up + 2 * HOUR, &ahead));
	ck_assert(!clock_set_back(now + HOUR - SECOND, up + 2 * HOUR, &ahead));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("clock");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, the_clocks_run);
	tcase_add_loop_test(tests, text_is_read_and_written_back, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(
		tests, other_text_is_refused_and_changes_nothing, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tests, every_beginning_of_a_text_is_refused);
	tcase_add_test(tests, every_day_agrees_with_the_c_library);
	tcase_add_test(tests, every_instant_has_a_text);
	tcase_add_test(tests, a_clock_that_was_set_back_is_noticed_once);

	Suite *suite = suite_create("clock");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
