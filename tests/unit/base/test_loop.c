/*
 * Turns, steps, alarms and timers, on a real event loop.
 */
#include "base/loop.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/metrics.h"

static struct loop *loop;
static char story[64]; /* what happened, a character each */
static bool clock_was_set;

/* Stands before the C library's, to tell of a clock that was set since the last call as Linux does: the
 * timer is armed, the error is reported once. */
int timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *before)
{
	long result = syscall(SYS_timerfd_settime, fd, flags, when, before);
	if (result == 0 && clock_was_set) {
		clock_was_set = false;
		errno = ECANCELED;
		return -1;
	}
	return (int)result;
}

static void start(void)
{
	loop = loop_new();
	story[0] = '\0';
}

static void finish(void)
{
	loop_free(loop);
}

/* Callbacks whose argument is the word they add to the story. */
static void say(void *arg)
{
	strcat(story, arg);
}

static void say_and_stop(void *arg)
{
	say(arg);
	loop_stop(loop);
}

static void stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

/* Runs until `after` has passed. */
static void run_for(usec_t after)
{
	struct loop_timer *timer = loop_timer_new(loop, stop, NULL);
	loop_timer_set(timer, after);
	loop_run(loop);
	loop_timer_free(timer);
}

START_TEST(a_turn_is_events_then_steps_in_order)
{
	struct loop_timer *timer = loop_timer_new(loop, say_and_stop, "e");
	loop_add_last_step(loop, say, "4");
	loop_add_step(loop, say, "1");
	loop_add_step(loop, say, "2");
	loop_add_last_step(loop, say, "5");
	loop_add_step(loop, say, "3");
	loop_timer_set(timer, 0);
	loop_run(loop);
	ck_assert_str_eq(story, "e12345");
	loop_remove_step(loop, say, "4");
	loop_timer_set(timer, 0);
	loop_run(loop);
	ck_assert_str_eq(story, "e12345e1235");
	loop_timer_free(timer);
}
END_TEST

START_TEST(the_loop_can_run_a_second_time)
{
	struct loop_timer *timer = loop_timer_new(loop, say_and_stop, "e");
	for (int i = 0; i < 2; i++) {
		loop_timer_set(timer, 0);
		loop_run(loop);
	}
	ck_assert_str_eq(story, "ee");
	loop_timer_free(timer);
}
END_TEST

START_TEST(a_removed_step_runs_no_more)
{
	loop_add_step(loop, say, "1");
	loop_add_step(loop, say, "2");
	loop_remove_step(loop, say, "2");
	loop_remove_step(loop, say, "never added");
	run_for(0);
	ck_assert_str_eq(story, "1");
}
END_TEST

static char first[] = "1", second[] = "2", third[] = "3";

static void remove_all_and_add_third(void *arg)
{
	say(arg);
	loop_remove_step(loop, remove_all_and_add_third, first);
	loop_remove_step(loop, say, second);
	loop_add_step(loop, say, third);
}

START_TEST(steps_may_add_and_remove_steps)
{
	loop_add_step(loop, remove_all_and_add_third, first);
	loop_add_step(loop, say, second);
	run_for(0);
	ck_assert_str_eq(story, "13");
	run_for(0);
	ck_assert_str_eq(story, "133");
}
END_TEST

static void add_many_once(void *arg)
{
	loop_remove_step(loop, add_many_once, arg);
	for (int i = 0; i < 40; i++)
		loop_add_step(loop, say, "x");
}

START_TEST(the_list_of_steps_may_grow_while_it_runs)
{
	loop_add_step(loop, add_many_once, NULL);
	loop_add_step(loop, say, "y");
	run_for(0);
	ck_assert_uint_eq(strlen(story), 41);
	ck_assert_int_eq(story[0], 'y');
}
END_TEST

static void three_slices(void *arg)
{
	say(arg);
	if (strlen(story) < 3)
		loop_again(loop);
	else
		loop_stop(loop);
}

START_TEST(a_step_with_more_to_do_gets_another_turn_at_once)
{
	loop_add_step(loop, three_slices, "s");
	loop_again(loop);
	loop_run(loop); /* nothing else would ever end the wait */
	ck_assert_str_eq(story, "sss");
}
END_TEST

static usec_t rang_at;

static void ring(void *arg)
{
	rang_at = clock_now();
	say_and_stop(arg);
}

START_TEST(an_alarm_rings_at_its_instant_and_once)
{
	usec_t at = clock_now() + 20 * 1000;
	loop_alarm(loop, at, ring, "a");
	loop_run(loop);
	ck_assert_int_ge(rang_at, at);
	run_for(20 * 1000);
	ck_assert_str_eq(story, "a");
}
END_TEST

START_TEST(an_alarm_in_the_past_rings_in_the_next_turn)
{
	loop_alarm(loop, clock_now() - DAY, ring, "a");
	loop_run(loop);
	loop_alarm(loop, -5, ring, "b");
	loop_run(loop);
	loop_alarm(loop, 1, ring, "c");
	loop_run(loop);
	ck_assert_str_eq(story, "abc");
}
END_TEST

START_TEST(a_later_alarm_replaces_the_earlier)
{
	loop_alarm(loop, clock_now() + 5 * 1000, ring, "a");
	loop_alarm(loop, clock_now() + 15 * 1000, ring, "b");
	loop_run(loop);
	ck_assert_str_eq(story, "b");
}
END_TEST

START_TEST(the_same_alarm_again_rings_once_and_after_that_again)
{
	usec_t at = clock_now() + 5 * 1000;
	loop_alarm(loop, at, ring, "a");
	loop_alarm(loop, at, ring, "b");
	loop_run(loop);
	run_for(10 * 1000);
	ck_assert_str_eq(story, "b");
	loop_alarm(loop, at, ring, "c");
	loop_run(loop);
	ck_assert_str_eq(story, "bc");
}
END_TEST

START_TEST(a_disarmed_alarm_is_silent)
{
	loop_alarm(loop, clock_now() + 5 * 1000, ring, "a");
	loop_alarm(loop, 0, NULL, NULL);
	run_for(20 * 1000);
	ck_assert_str_eq(story, "");

	/* Even when it had expired already, unread. */
	loop_alarm(loop, 1, ring, "a");
	loop_alarm(loop, 0, ring, "a");
	run_for(5 * 1000);
	ck_assert_str_eq(story, "");

	/* Even when the clock was set. */
	loop_alarm(loop, clock_now() + HOUR, ring, "a");
	clock_was_set = true;
	loop_alarm(loop, 0, ring, "a");
	run_for(5 * 1000);
	ck_assert_str_eq(story, "");
}
END_TEST

START_TEST(an_alarm_far_ahead_is_possible)
{
	loop_alarm(loop, INT64_MAX, ring, "a");
	run_for(5 * 1000);
	ck_assert_str_eq(story, "");
}
END_TEST

START_TEST(a_clock_set_meanwhile_rings_and_leaves_the_alarm_armed)
{
	usec_t at = clock_now() + 50 * 1000;
	loop_alarm(loop, clock_now() + HOUR, ring, "x");
	clock_was_set = true;
	loop_alarm(loop, at, ring, "a");
	loop_run(loop);
	ck_assert_str_eq(story, "a");
	ck_assert_int_lt(rang_at, at);
	loop_run(loop);
	ck_assert_str_eq(story, "aa");
	ck_assert_int_ge(rang_at, at);
}
END_TEST

START_TEST(a_timer_waits_and_fires_once)
{
	struct loop_timer *timer = loop_timer_new(loop, say_and_stop, "t");
	usec_t before = clock_monotonic();
	loop_timer_set(timer, 30 * 1000);
	loop_run(loop);
	/* libevent's clock is the coarse one, a tick behind at most. */
	ck_assert_int_ge(clock_monotonic() - before, 30 * 1000 - 10 * 1000);
	run_for(40 * 1000);
	ck_assert_str_eq(story, "t");
	loop_timer_free(timer);
}
END_TEST

START_TEST(a_timer_can_be_set_again_and_stopped)
{
	struct loop_timer *slow = loop_timer_new(loop, say_and_stop, "s");
	struct loop_timer *never = loop_timer_new(loop, say_and_stop, "n");
	loop_timer_set(slow, HOUR);
	loop_timer_set(never, 0);
	loop_timer_stop(never);
	loop_timer_stop(never);
	loop_timer_set(slow, -1);
	loop_run(loop);
	ck_assert_str_eq(story, "s");
	loop_timer_free(slow);
	loop_timer_free(never);
	loop_timer_free(NULL);
}
END_TEST

static struct loop_timer *mortal;

static void free_itself(void *arg)
{
	loop_timer_free(mortal);
	say_and_stop(arg);
}

START_TEST(a_timer_may_free_itself)
{
	mortal = loop_timer_new(loop, free_itself, "f");
	loop_timer_set(mortal, 0);
	loop_run(loop);
	ck_assert_str_eq(story, "f");
}
END_TEST

static void say_and_set_again(void *arg)
{
	say(arg);
	loop_timer_set(mortal, 0);
}

START_TEST(a_timer_that_sets_itself_does_not_starve_the_steps)
{
	mortal = loop_timer_new(loop, say_and_set_again, "t");
	loop_add_step(loop, three_slices, "s");
	loop_timer_set(mortal, 0);
	loop_run(loop);
	ck_assert_str_eq(story, "tsts");
	loop_timer_free(mortal);
}
END_TEST

START_TEST(a_closed_pipe_is_an_error_and_not_the_end)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	close(ends[0]);
	ck_assert_int_eq(write(ends[1], "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(ends[1]);
}
END_TEST

START_TEST(the_back_off_doubles_up_to_the_most_with_jitter)
{
	for (int i = 0; i < 200; i++) {
		static const usec_t expected[] = {1, 2, 4, 8, 16, 30, 30};
		for (unsigned attempt = 0; attempt < 7; attempt++) {
			usec_t delay = loop_backoff(attempt, SECOND, 30 * SECOND);
			ck_assert_int_ge(delay, expected[attempt] * SECOND * 3 / 4);
			ck_assert_int_le(delay, expected[attempt] * SECOND * 5 / 4);
		}
	}
	ck_assert_int_le(loop_backoff(63, SECOND, 30 * SECOND), 38 * SECOND);
	ck_assert_int_ge(loop_backoff(~0U, SECOND, 30 * SECOND), 22 * SECOND);
	ck_assert_int_eq(loop_backoff(5, 0, 0), 0);
	ck_assert_int_ge(loop_backoff(0, HOUR, DAY), 45 * MINUTE);
}
END_TEST

START_TEST(the_jitter_differs)
{
	usec_t delay = loop_backoff(3, SECOND, MINUTE);
	for (int i = 0; i < 10; i++) {
		if (loop_backoff(3, SECOND, MINUTE) != delay)
			return;
	}
	ck_abort_msg("ten times the same delay");
}
END_TEST

/* Works for 30 ms, then the loop waits for 100 ms. */
static void work(void *arg)
{
	struct loop_timer *timer = arg;
	clock_t begin = clock();
	while (clock() - begin < 3 * CLOCKS_PER_SEC / 100)
		;
	loop_remove_step(loop, work, arg);
	loop_timer_set(timer, SECOND / 10);
}

static void stop_now(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

START_TEST(the_longest_turn_is_known_and_waiting_is_no_part_of_it)
{
	struct loop_timer *timer = loop_timer_new(loop, stop_now, NULL);

	loop_add_step(loop, work, timer);
	loop_again(loop);
	loop_run(loop);
	ck_assert_int_ge(metrics_get(METRIC_LOOP_TURN_MAX), 29000);
	ck_assert_int_lt(metrics_get(METRIC_LOOP_TURN_MAX), 100000);
	loop_timer_free(timer);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("loop");
	tcase_add_checked_fixture(tests, start, finish);
	tcase_add_test(tests, a_turn_is_events_then_steps_in_order);
	tcase_add_test(tests, the_loop_can_run_a_second_time);
	tcase_add_test(tests, a_removed_step_runs_no_more);
	tcase_add_test(tests, steps_may_add_and_remove_steps);
	tcase_add_test(tests, the_list_of_steps_may_grow_while_it_runs);
	tcase_add_test(tests, a_step_with_more_to_do_gets_another_turn_at_once);
	tcase_add_test(tests, an_alarm_rings_at_its_instant_and_once);
	tcase_add_test(tests, an_alarm_in_the_past_rings_in_the_next_turn);
	tcase_add_test(tests, a_later_alarm_replaces_the_earlier);
	tcase_add_test(tests, the_same_alarm_again_rings_once_and_after_that_again);
	tcase_add_test(tests, a_disarmed_alarm_is_silent);
	tcase_add_test(tests, an_alarm_far_ahead_is_possible);
	tcase_add_test(tests, a_clock_set_meanwhile_rings_and_leaves_the_alarm_armed);
	tcase_add_test(tests, a_timer_waits_and_fires_once);
	tcase_add_test(tests, a_timer_can_be_set_again_and_stopped);
	tcase_add_test(tests, a_timer_may_free_itself);
	tcase_add_test(tests, a_timer_that_sets_itself_does_not_starve_the_steps);
	tcase_add_test(tests, a_closed_pipe_is_an_error_and_not_the_end);
	tcase_add_test(tests, the_back_off_doubles_up_to_the_most_with_jitter);
	tcase_add_test(tests, the_jitter_differs);
	tcase_add_test(tests, the_longest_turn_is_known_and_waiting_is_no_part_of_it);

	Suite *suite = suite_create("loop");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
