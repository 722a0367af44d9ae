/*
 * Local time, where it is easy and where clocks change.
 */
#include "base/zone.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static usec_t utc(const char *text)
{
	usec_t at;

	ck_assert_msg(clock_parse(text, &at), "%s", text);
	return at;
}

static void is_at(usec_t at, const char *expected)
{
	char text[CLOCK_TEXT];

	ck_assert_str_eq(clock_text(at, text), expected);
}

START_TEST(a_zone_is_known_by_its_exact_name)
{
	static const char *const good[] = {"UTC", "Europe/Berlin", "America/New_York", "US/Eastern",
		"Asia/Kolkata", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "GMT", "EST5EDT", "CET"};
	static const char *const bad[] = {"", "Europe/berlin", "europe/berlin", "Europe/Berlin ", "Europe",
		"Mars/Base", "Etc/Unknown", "GMT+5", "GMT+05:00", "BST", "PST", "SystemV/PST8",
		"Europe/Berl\u00edn", "\xFF"};
	char longest[LIMIT_ZONE_BYTES + 2];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(zone_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!zone_valid(bad[i]), "%s", bad[i]);
	memset(longest, 'A', sizeof(longest));
	longest[LIMIT_ZONE_BYTES + 1] = '\0';
	ck_assert(!zone_valid(longest));
}
END_TEST

START_TEST(midnight_begins_the_next_local_day)
{
	is_at(zone_midnight("UTC", utc("2026-11-22T10:00:00Z")), "2026-11-23T00:00:00Z");
	is_at(zone_midnight("UTC", utc("2026-11-22T00:00:00Z")), "2026-11-23T00:00:00Z");
	is_at(zone_midnight("UTC", utc("2026-12-31T23:59:59.999999Z")), "2027-01-01T00:00:00Z");
	is_at(zone_midnight("Europe/Berlin", utc("2026-11-22T10:00:00Z")), "2026-11-22T23:00:00Z");
	is_at(zone_midnight("Europe/Berlin", utc("2026-11-22T23:00:00Z")), "2026-11-23T23:00:00Z");
	is_at(zone_midnight("Asia/Kolkata", utc("2026-11-22T18:29:59Z")), "2026-11-22T18:30:00Z");
	is_at(zone_midnight("Pacific/Kiritimati", utc("2026-11-22T09:00:00Z")), "2026-11-22T10:00:00Z");
	is_at(zone_midnight("No/Such", utc("2026-11-22T10:00:00Z")), "2026-11-23T00:00:00Z");
}
END_TEST

START_TEST(the_date_is_the_local_one)
{
	usec_t at = utc("2026-12-31T23:30:00Z");
	struct zone_date date = zone_date("UTC", at);

	ck_assert(date.year == 2026 && date.month == 12 && date.day == 31 && date.weekday == 4);
	date = zone_date("Europe/Berlin", at);
	ck_assert(date.year == 2027 && date.month == 1 && date.day == 1 && date.weekday == 5);
	is_at(zone_instant("Europe/Berlin", date.year, date.month, date.day + 31, 0, 0),
		"2027-01-31T23:00:00Z");
	ck_assert_int_eq(zone_date("UTC", utc("2026-11-22T00:00:00Z")).weekday, 0);
}
END_TEST

START_TEST(midnight_on_days_of_23_and_25_hours)
{
	is_at(zone_midnight("Europe/Berlin", utc("2026-03-29T00:30:00Z")), "2026-03-29T22:00:00Z");
	is_at(zone_midnight("Europe/Berlin", utc("2026-10-24T22:00:00Z")), "2026-10-25T23:00:00Z");
	is_at(zone_midnight("America/New_York", utc("2026-03-08T05:00:00Z")), "2026-03-09T04:00:00Z");
	is_at(zone_midnight("America/New_York", utc("2026-11-01T04:00:00Z")), "2026-11-02T05:00:00Z");
	is_at(zone_midnight("Australia/Lord_Howe", utc("2026-04-04T20:00:00Z")), "2026-04-05T13:30:00Z");
}
END_TEST

START_TEST(a_midnight_that_is_skipped_is_the_first_instant_after_it)
{
	is_at(zone_midnight("America/Sao_Paulo", utc("2018-11-03T12:00:00Z")), "2018-11-04T03:00:00Z");
	is_at(zone_midnight("America/Sao_Paulo", utc("2018-11-04T02:59:59Z")), "2018-11-04T03:00:00Z");
	is_at(zone_midnight("Asia/Beirut", utc("2021-03-27T12:00:00Z")), "2021-03-27T22:00:00Z");
	/* Samoa had no 30 December 2011. */
	is_at(zone_midnight("Pacific/Apia", utc("2011-12-30T00:00:00Z")), "2011-12-30T10:00:00Z");
}
END_TEST

START_TEST(a_midnight_that_comes_twice_is_the_first_ahead)
{
	/* Sao Paulo: at 00:00 of the 18th it became 23:00 of the 17th. */
	is_at(zone_midnight("America/Sao_Paulo", utc("2018-02-18T01:30:00Z")), "2018-02-18T03:00:00Z");
	is_at(zone_midnight("America/Sao_Paulo", utc("2018-02-18T02:30:00Z")), "2018-02-18T03:00:00Z");
	/* Azores: at 01:00 it becomes 00:00 of the same day. */
	is_at(zone_midnight("Atlantic/Azores", utc("2026-10-24T23:30:00Z")), "2026-10-25T00:00:00Z");
	is_at(zone_midnight("Atlantic/Azores", utc("2026-10-25T00:30:00Z")), "2026-10-26T01:00:00Z");
	/* St. John's: at 00:01 of the 7th it became 23:01 of the 6th. */
	is_at(zone_midnight("America/St_Johns", utc("2010-11-07T02:00:00Z")), "2010-11-07T02:30:00Z");
	is_at(zone_midnight("America/St_Johns", utc("2010-11-07T03:00:00Z")), "2010-11-07T03:30:00Z");
}
END_TEST

START_TEST(a_clock_time_is_its_next_occurrence)
{
	usec_t now = utc("2026-11-22T10:00:00Z"); /* 11:00 in Berlin */

	is_at(zone_next_clock("Europe/Berlin", 15, 0, now), "2026-11-22T14:00:00Z");
	is_at(zone_next_clock("Europe/Berlin", 9, 30, now), "2026-11-23T08:30:00Z");
	is_at(zone_next_clock("Europe/Berlin", 11, 0, now), "2026-11-23T10:00:00Z");
	is_at(zone_next_clock("Europe/Berlin", 11, 0, now - 1), "2026-11-22T10:00:00Z");
	is_at(zone_next_clock("Europe/Berlin", 0, 0, now), "2026-11-22T23:00:00Z");
	is_at(zone_next_clock("Asia/Kathmandu", 15, 0, now), "2026-11-23T09:15:00Z");
	is_at(zone_next_clock("UTC", 23, 59, utc("2026-12-31T23:59:00Z")), "2027-01-01T23:59:00Z");
}
END_TEST

START_TEST(a_clock_time_that_is_skipped_is_the_end_of_the_gap)
{
	is_at(zone_next_clock("Europe/Berlin", 2, 30, utc("2026-03-28T23:30:00Z")), "2026-03-29T01:00:00Z");
	is_at(zone_next_clock("America/New_York", 2, 30, utc("2026-03-08T06:00:00Z")),
		"2026-03-08T07:00:00Z");
	is_at(zone_next_clock("America/New_York", 2, 30, utc("2026-03-08T07:00:00Z")),
		"2026-03-09T06:30:00Z");
	is_at(zone_next_clock("America/Sao_Paulo", 0, 0, utc("2018-11-03T12:00:00Z")),
		"2018-11-04T03:00:00Z");
}
END_TEST

START_TEST(a_clock_time_that_comes_twice_is_the_first_ahead)
{
	is_at(zone_next_clock("Europe/Berlin", 2, 30, utc("2026-10-25T00:00:00Z")), "2026-10-25T00:30:00Z");
	is_at(zone_next_clock("Europe/Berlin", 2, 30, utc("2026-10-25T00:30:00Z")), "2026-10-25T01:30:00Z");
	is_at(zone_next_clock("Europe/Berlin", 2, 30, utc("2026-10-25T01:30:00Z")), "2026-10-26T01:30:00Z");
	is_at(zone_next_clock("America/New_York", 1, 15, utc("2026-11-01T05:20:00Z")),
		"2026-11-01T06:15:00Z");
	is_at(zone_next_clock("America/St_Johns", 23, 30, utc("2010-11-07T02:30:30Z")),
		"2010-11-07T03:00:00Z");
}
END_TEST

START_TEST(a_local_date_and_time_is_an_instant)
{
	is_at(zone_instant("Europe/Berlin", 2026, 7, 1, 12, 0), "2026-07-01T10:00:00Z");
	is_at(zone_instant("Europe/Berlin", 2026, 12, 24, 15, 5), "2026-12-24T14:05:00Z");
	is_at(zone_instant("America/New_York", 2026, 7, 4, 0, 0), "2026-07-04T04:00:00Z");
	is_at(zone_instant("Europe/Berlin", 2026, 3, 29, 2, 30), "2026-03-29T01:00:00Z");
	is_at(zone_instant("Europe/Berlin", 2026, 10, 25, 2, 30), "2026-10-25T00:30:00Z");
}
END_TEST

static void reads(usec_t at, const char *expected)
{
	char text[ZONE_TEXT];

	ck_assert_str_eq(zone_text("Europe/Berlin", at, utc("2026-11-22T10:00:00Z"), text), expected);
}

START_TEST(an_instant_reads_as_people_say_it)
{
	reads(utc("2026-11-22T14:00:00Z"), "15:00");
	reads(utc("2026-11-21T23:00:00Z"), "00:00");
	reads(utc("2026-11-22T23:00:00Z"), "Mon 00:00");
	reads(utc("2026-11-28T22:59:00Z"), "Sat 23:59");
	reads(utc("2026-11-28T23:00:00Z"), "29 Nov 00:00");
	reads(utc("2026-11-20T09:07:00Z"), "Fri 10:07");
	reads(utc("2026-12-24T14:00:00Z"), "24 Dec 15:00");
	reads(utc("2027-11-21T14:00:00Z"), "21 Nov 15:00");
	reads(utc("2027-12-24T14:00:00Z"), "24 Dec 2027 15:00");
}
END_TEST

START_TEST(an_instant_reads_as_a_protocol_says_it)
{
	char text[ZONE_TEXT];

	ck_assert_str_eq(
		zone_stamp("Europe/Berlin", utc("2026-12-31T23:04:05Z"), text), "2027-01-01 00:04:05");
	ck_assert_str_eq(
		zone_stamp("America/New_York", utc("2026-07-04T03:00:00Z"), text), "2026-07-03 23:00:00");
	ck_assert_str_eq(zone_stamp("Mars/North", utc("2026-07-04T03:00:00Z"), text), "2026-07-04 03:00:00");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("zone");
	TCase *tcase = tcase_create("zone");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, a_zone_is_known_by_its_exact_name);
	tcase_add_test(tcase, midnight_begins_the_next_local_day);
	tcase_add_test(tcase, the_date_is_the_local_one);
	tcase_add_test(tcase, midnight_on_days_of_23_and_25_hours);
	tcase_add_test(tcase, a_midnight_that_is_skipped_is_the_first_instant_after_it);
	tcase_add_test(tcase, a_midnight_that_comes_twice_is_the_first_ahead);
	tcase_add_test(tcase, a_clock_time_is_its_next_occurrence);
	tcase_add_test(tcase, a_clock_time_that_is_skipped_is_the_end_of_the_gap);
	tcase_add_test(tcase, a_clock_time_that_comes_twice_is_the_first_ahead);
	tcase_add_test(tcase, a_local_date_and_time_is_an_instant);
	tcase_add_test(tcase, an_instant_reads_as_people_say_it);
	tcase_add_test(tcase, an_instant_reads_as_a_protocol_says_it);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
