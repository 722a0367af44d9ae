/* The timer heap: order, moving, stopping, slices. */
#include <check.h>
#include <stdlib.h>

#include "core/timers.h"

static usec_t fired[100000];
static size_t fired_count;

static void note(void *arg, usec_t now)
{
	(void)now;
	fired[fired_count++] = ((struct timer *)arg)->at;
}

START_TEST(timers_fire_in_order_of_time)
{
	enum { COUNT = 20000 };
	struct timers timers;
	struct timer *all = calloc(COUNT, sizeof(*all));
	timers_init(&timers);
	fired_count = 0;
	srand(7);
	for (size_t i = 0; i < COUNT; i++) {
		all[i].fire = note;
		all[i].arg = &all[i];
		timers_set(&timers, &all[i], 1 + rand() % 1000000);
	}
	size_t stopped = 0;
	for (size_t i = 0; i < COUNT; i += 3) {
		if (i % 2) {
			timers_stop(&timers, &all[i]);
			stopped++;
		} else {
			timers_set(&timers, &all[i], 1 + rand() % 1000000);
		}
	}
	while (timers_next(&timers))
		ck_assert_uint_le(timers_run(&timers, 2000000, 100), 100);
	ck_assert_uint_eq(fired_count, COUNT - stopped);
	for (size_t i = 1; i < fired_count; i++)
		ck_assert_int_le(fired[i - 1], fired[i]);
	timers_done(&timers);
	free(all);
}
END_TEST

START_TEST(nothing_fires_early_and_stopping_twice_is_harmless)
{
	struct timers timers;
	struct timer one = {.fire = note, .arg = &one};
	timers_init(&timers);
	fired_count = 0;
	timers_set(&timers, &one, 100);
	ck_assert_int_eq(timers_next(&timers), 100);
	ck_assert_uint_eq(timers_run(&timers, 99, 10), 0);
	ck_assert_uint_eq(timers_run(&timers, 100, 10), 1);
	ck_assert_uint_eq(timers_run(&timers, 200, 10), 0);
	timers_set(&timers, &one, 300);
	timers_set(&timers, &one, 0);
	timers_stop(&timers, &one);
	ck_assert_int_eq(timers_next(&timers), 0);
	timers_done(&timers);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("timers");
	TCase *tests = tcase_create("heap");
	tcase_add_test(tests, timers_fire_in_order_of_time);
	tcase_add_test(tests, nothing_fires_early_and_stopping_twice_is_harmless);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
