/*
 * The field `expires`: what it takes, what it means, what it refuses.
 */
#include "base/expiry.h"

#include <check.h>
#include <stdlib.h>

static usec_t utc(const char *text)
{
	usec_t at;

	ck_assert_msg(clock_parse(text, &at), "%s", text);
	return at;
}

/* On Sunday 22 November 2026 at 11:00 in Berlin. */
static void means(const char *text, const char *expected)
{
	char got[CLOCK_TEXT];
	struct error error;
	usec_t until = -1;

	ck_assert_msg(expiry_parse(text, "Europe/Berlin", utc("2026-11-22T10:00:00Z"), &until, &error),
		"%s: %s", text, error.text);
	ck_assert_str_eq(clock_text(until, got), expected);
}

static void is_refused(const char *text, const char *reason)
{
	struct error error;
	usec_t until = -1;

	ck_assert_msg(!expiry_parse(text, "Europe/Berlin", utc("2026-11-22T10:00:00Z"), &until, &error), "%s",
		text);
	ck_assert_str_eq(error.field, "expires");
	ck_assert_ptr_nonnull(strstr(error.text, reason));
	ck_assert_int_eq(until, -1);
	ck_assert(!expiry_parse(text, "UTC", utc("2026-11-22T10:00:00Z"), &until, NULL));
}

START_TEST(never_and_nothing_have_no_end)
{
	means("", "1970-01-01T00:00:00Z");
	means("never", "1970-01-01T00:00:00Z");
	means("Never", "1970-01-01T00:00:00Z");
}
END_TEST

START_TEST(a_duration_counts_from_now)
{
	means("30m", "2026-11-22T10:30:00Z");
	means("90M", "2026-11-22T11:30:00Z");
	means("1h", "2026-11-22T11:00:00Z");
	means("4h", "2026-11-22T14:00:00Z");
	means("1h30m", "2026-11-22T11:30:00Z");
	means("2d", "2026-11-24T10:00:00Z");
	means("1d2h3m", "2026-11-23T12:03:00Z");
	means("1d30m", "2026-11-23T10:30:00Z");
	means("3660d", "2036-11-29T10:00:00Z");
}
END_TEST

START_TEST(local_forms_are_in_the_zone)
{
	means("today", "2026-11-22T23:00:00Z");
	means("Today", "2026-11-22T23:00:00Z");
	means("15:00", "2026-11-22T14:00:00Z");
	means("9:30", "2026-11-23T08:30:00Z");
	means("11:00", "2026-11-23T10:00:00Z");
	means("00:00", "2026-11-22T23:00:00Z");
}
END_TEST

START_TEST(an_instant_is_itself)
{
	means("2026-12-24T15:00:00Z", "2026-12-24T15:00:00Z");
	means("2026-12-24T15:00:00+01:00", "2026-12-24T14:00:00Z");
	means("2026-11-22T10:00:00.000001Z", "2026-11-22T10:00:00.000001Z");
}
END_TEST

START_TEST(an_end_must_lie_ahead_but_not_too_far)
{
	is_refused("0m", "must lie in the future");
	is_refused("0d0h0m", "must lie in the future");
	is_refused("2026-11-22T10:00:00Z", "must lie in the future");
	is_refused("1999-01-01T00:00:00Z", "must lie in the future");
	is_refused("3661d", "3660 days");
	is_refused("3660d1m", "3660 days");
	is_refused("9999999d9999999h9999999m", "3660 days");
	is_refused("9999-12-31T23:59:59Z", "3660 days");
}
END_TEST

START_TEST(anything_else_is_refused)
{
	static const char *const bad[] = {"m", "30", "30 m", " 30m", "30m ", "30x", "30m1h", "30m30m",
		"1h-30m", "-1h", "+1h", "1.5h", "99999999m", "99999999999999999999999m", "24:00", "12:60",
		"12:5", "123:00", "12:000", "12:", ":30", "12:30:00", "12:3x", "tomorrow", "todayy",
		"2026-12-24", "2026-12-24T15:00:00", "\xFF", "12:30\xFF"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_refused(bad[i], "must be never, a duration");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("expiry");
	TCase *tcase = tcase_create("expiry");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, never_and_nothing_have_no_end);
	tcase_add_test(tcase, a_duration_counts_from_now);
	tcase_add_test(tcase, local_forms_are_in_the_zone);
	tcase_add_test(tcase, an_instant_is_itself);
	tcase_add_test(tcase, an_end_must_lie_ahead_but_not_too_far);
	tcase_add_test(tcase, anything_else_is_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
