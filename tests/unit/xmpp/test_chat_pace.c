/* The lines of each sender are answered up to a number each minute. */
#include "xmpp/chat_pace.h"

#include <check.h>
#include <stdio.h>

#include "base/limits.h"

#define BOB "bob@example.org"
#define NOON ((usec_t)1700000000 * SECOND)

static struct chat_pace pace;

static void begin(void)
{
	chat_pace_init(&pace);
}

static void end(void)
{
	chat_pace_done(&pace);
}

static enum pace takes(const char *sender, usec_t now)
{
	return chat_pace_take(&pace, sender, now);
}

static void fills(const char *sender, usec_t now)
{
	for (int i = 0; i < LIMIT_CHAT_LINES; i++)
		ck_assert_int_eq(takes(sender, now), PACE_ANSWER);
}

START_TEST(the_line_after_the_last_is_told_and_then_there_is_silence)
{
	fills(BOB, NOON);
	ck_assert_int_eq(takes(BOB, NOON), PACE_TELL);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(takes(BOB, NOON + i), PACE_IGNORE);
	ck_assert_int_eq(takes("alice@example.org", NOON), PACE_ANSWER);
}
END_TEST

START_TEST(a_new_minute_begins_with_the_first_line_after_the_last_one)
{
	fills(BOB, NOON);
	ck_assert_int_eq(takes(BOB, NOON + MINUTE - 1), PACE_TELL);
	ck_assert_int_eq(takes(BOB, NOON + MINUTE - 1), PACE_IGNORE);
	fills(BOB, NOON + MINUTE);
	ck_assert_int_eq(takes(BOB, NOON + MINUTE), PACE_TELL);
	ck_assert_int_eq(takes(BOB, NOON + 2 * MINUTE - 1), PACE_IGNORE);
}
END_TEST

START_TEST(a_clock_set_back_silences_nobody)
{
	fills(BOB, NOON);
	ck_assert_int_eq(takes(BOB, NOON), PACE_TELL);
	ck_assert_int_eq(takes(BOB, NOON - HOUR), PACE_ANSWER);
}
END_TEST

START_TEST(writers_are_forgotten_when_their_minute_is_over)
{
	ck_assert_int_eq(takes(BOB, NOON), PACE_ANSWER);
	ck_assert_int_eq(takes("alice@example.org", NOON + 1), PACE_ANSWER);
	ck_assert_uint_eq(pace.writers.count, 2);
	ck_assert_int_eq(takes("carol@example.org", NOON + MINUTE), PACE_ANSWER);
	ck_assert_uint_eq(pace.writers.count, 2);
	ck_assert_int_eq(takes("carol@example.org", NOON + 3 * MINUTE), PACE_ANSWER);
	ck_assert_uint_eq(pace.writers.count, 1);
}
END_TEST

START_TEST(when_there_are_too_many_the_oldest_goes_first)
{
	char sender[64];

	fills(BOB, NOON);
	fills("alice@example.org", NOON + 1);
	for (int i = 0; i < LIMIT_CHAT_WRITERS - 1; i++) {
		snprintf(sender, sizeof(sender), "%d@example.org", i);
		ck_assert_int_eq(takes(sender, NOON + 2), PACE_ANSWER);
	}
	ck_assert_uint_eq(pace.writers.count, LIMIT_CHAT_WRITERS);
	ck_assert_int_eq(takes("alice@example.org", NOON + 3), PACE_TELL);
	ck_assert_int_eq(takes(BOB, NOON + 3), PACE_ANSWER);
	ck_assert_uint_eq(pace.writers.count, LIMIT_CHAT_WRITERS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chat_pace");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, the_line_after_the_last_is_told_and_then_there_is_silence);
	tcase_add_test(tests, a_new_minute_begins_with_the_first_line_after_the_last_one);
	tcase_add_test(tests, a_clock_set_back_silences_nobody);
	tcase_add_test(tests, writers_are_forgotten_when_their_minute_is_over);
	tcase_add_test(tests, when_there_are_too_many_the_oldest_goes_first);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
