/* A server that is silent after a ping is dead; one that says anything is not. */
#include <check.h>

#include "base/limits.h"
#include "xmpp/pulse.h"

static struct pulse pulse;
static uint64_t sent; /* bytes */

static void begin(void)
{
	pulse = (struct pulse){.ping = 30 * SECOND, .pong = 10 * SECOND, .soon = SECOND};
	pulse_start(&pulse, 1000 * SECOND);
	sent = 0;
}

static enum pulse_verdict at(usec_t seconds)
{
	return pulse_check(&pulse, (1000 + seconds) * SECOND, sent);
}

START_TEST(a_ping_goes_out_every_thirty_seconds)
{
	ck_assert_int_eq(pulse_next(&pulse), 1030 * SECOND);
	ck_assert_int_eq(at(29), PULSE_WAIT);
	ck_assert_int_eq(at(30), PULSE_PING);
	ck_assert_uint_eq(pulse.pings, 1);
	ck_assert(pulse_pong(&pulse, 1));
	ck_assert_int_eq(at(59), PULSE_WAIT);
	ck_assert_int_eq(at(60), PULSE_PING);
}
END_TEST

START_TEST(silence_after_a_ping_is_death)
{
	ck_assert_int_eq(at(30), PULSE_PING);
	ck_assert_int_eq(pulse_next(&pulse), 1040 * SECOND);
	ck_assert_int_eq(at(39), PULSE_WAIT);
	ck_assert_int_eq(at(40), PULSE_DEAD);
}
END_TEST

START_TEST(anything_received_is_life)
{
	ck_assert_int_eq(at(30), PULSE_PING);
	pulse_life(&pulse, 1035 * SECOND);
	ck_assert_int_eq(at(40), PULSE_WAIT);
	ck_assert_int_eq(at(60), PULSE_PING);
	ck_assert_int_eq(at(70), PULSE_DEAD);
}
END_TEST

START_TEST(a_mark_is_confirmed_by_a_later_ping_soon)
{
	uint32_t mark = pulse_mark(&pulse);
	ck_assert_uint_eq(mark, 1);
	ck_assert_int_eq(pulse_next(&pulse), 1001 * SECOND);
	ck_assert_int_eq(at(1), PULSE_PING);
	/* What is sent after that ping needs the next one. */
	ck_assert_uint_eq(pulse_mark(&pulse), 2);
	ck_assert(pulse_pong(&pulse, 1));
	ck_assert_int_eq(at(2), PULSE_PING);
	ck_assert(!pulse_pong(&pulse, 1));
	ck_assert(pulse_pong(&pulse, 2));
	ck_assert_int_eq(pulse_next(&pulse), 1032 * SECOND);
}
END_TEST

START_TEST(a_late_pong_counts)
{
	(void)pulse_mark(&pulse);
	ck_assert_int_eq(at(30), PULSE_PING);
	(void)pulse_mark(&pulse);
	pulse_life(&pulse, 1035 * SECOND);
	ck_assert_int_eq(at(40), PULSE_PING);
	pulse_life(&pulse, 1045 * SECOND);
	ck_assert(pulse_pong(&pulse, 1));
	ck_assert(!pulse_pong(&pulse, 1));
	/* Only the last one's ends the waiting. */
	ck_assert(pulse.awaiting);
	ck_assert(!pulse_pong(&pulse, 3));
	ck_assert_int_eq(at(50), PULSE_WAIT);
	ck_assert(!pulse.awaiting);
	ck_assert(pulse_pong(&pulse, 2));
	ck_assert_int_eq(at(70), PULSE_PING);
}
END_TEST

START_TEST(a_pong_of_the_last_connection_is_none)
{
	ck_assert_int_eq(at(30), PULSE_PING);
	pulse_start(&pulse, 1035 * SECOND);
	ck_assert(!pulse_pong(&pulse, 1));
	ck_assert_int_eq(at(65), PULSE_PING);
	ck_assert(pulse_pong(&pulse, 2));
}
END_TEST

START_TEST(what_stands_before_a_ping_is_read_first)
{
	sent = 20 * LIMIT_READ_BYTES_PER_SECOND;
	ck_assert_int_eq(at(30), PULSE_PING);
	ck_assert_int_eq(pulse_next(&pulse), 1060 * SECOND);
	ck_assert_int_eq(at(59), PULSE_WAIT);
	ck_assert(pulse_pong(&pulse, 1));
	/* That is proven to be taken. */
	sent += 5 * LIMIT_READ_BYTES_PER_SECOND;
	ck_assert_int_eq(at(60), PULSE_PING);
	ck_assert_int_eq(at(74), PULSE_WAIT);
	ck_assert_int_eq(at(75), PULSE_DEAD);
}
END_TEST

START_TEST(patience_has_an_end)
{
	usec_t most = 10 + LIMIT_UNREAD_BYTES / LIMIT_READ_BYTES_PER_SECOND;

	sent = 100 * (uint64_t)LIMIT_UNREAD_BYTES;
	ck_assert_int_eq(at(30), PULSE_PING);
	ck_assert_int_eq(at(29 + most), PULSE_WAIT);
	ck_assert_int_eq(at(30 + most), PULSE_DEAD);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pulse");
	TCase *tests = tcase_create("pulse");

	tcase_add_checked_fixture(tests, begin, NULL);
	tcase_add_test(tests, a_ping_goes_out_every_thirty_seconds);
	tcase_add_test(tests, silence_after_a_ping_is_death);
	tcase_add_test(tests, anything_received_is_life);
	tcase_add_test(tests, a_mark_is_confirmed_by_a_later_ping_soon);
	tcase_add_test(tests, a_late_pong_counts);
	tcase_add_test(tests, a_pong_of_the_last_connection_is_none);
	tcase_add_test(tests, what_stands_before_a_ping_is_read_first);
	tcase_add_test(tests, patience_has_an_end);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
