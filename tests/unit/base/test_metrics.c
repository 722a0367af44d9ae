/*
 * What Prometheus reads.
 */
#include "base/metrics.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct buf out;

static void render(void)
{
	buf_init(&out, 64 * 1024);
	metrics_render(&out);
	ck_assert(!out.overflow);
}

static void done(void)
{
	buf_done(&out);
}

START_TEST(counters_add_up_and_gauges_are_set)
{
	int64_t before = metrics_get(METRIC_EVENTS);
	metrics_add(METRIC_EVENTS, 1);
	metrics_add(METRIC_EVENTS, 41);
	ck_assert_int_eq(metrics_get(METRIC_EVENTS), before + 42);
	metrics_set(METRIC_PEOPLE, 100000);
	metrics_add(METRIC_PEOPLE, -1);
	ck_assert_int_eq(metrics_get(METRIC_PEOPLE), 99999);
}
END_TEST

START_TEST(values_stand_below_help_and_type)
{
	metrics_set(METRIC_EVENTS, 1234567890123);
	metrics_set(METRIC_WATCHERS, 5000000);
	metrics_set(METRIC_LOOP_TURN_MAX, 1020304);
	buf_clear(&out);
	metrics_render(&out);
	ck_assert_ptr_nonnull(strstr(out.data, "\n# TYPE offhook_events_total counter\n"
					       "offhook_events_total 1234567890123\n"));
	ck_assert_ptr_nonnull(
		strstr(out.data, "\n# TYPE offhook_watchers gauge\noffhook_watchers 5000000\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "\noffhook_loop_turn_seconds_max 1.020304\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "\noffhook_build_info{version=\"" OFFHOOK_VERSION "\"} 1\n"));
}
END_TEST

/* # HELP name text, # TYPE name kind, name[{labels}] value: three lines a metric and nothing else. */
START_TEST(every_metric_is_complete_and_named_once)
{
	int count = 0;
	for (char *line = strtok(out.data, "\n"); line != NULL; line = strtok(NULL, "\n"), count++) {
		char name[100], typed[100], kind[20], valued[100];
		double value;
		ck_assert_msg(sscanf(line, "# HELP %99s %*s", name) == 1, "%s", line);
		ck_assert_msg(strlen(line) > strlen("# HELP  ") + strlen(name), "%s", line);
		line = strtok(NULL, "\n");
		ck_assert_msg(sscanf(line, "# TYPE %99s %19s", typed, kind) == 2, "%s", line);
		ck_assert_str_eq(typed, name);
		bool counter = strcmp(kind, "counter") == 0;
		ck_assert(counter || strcmp(kind, "gauge") == 0);
		bool total = strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0;
		ck_assert_msg(counter == total, "%s", name);
		line = strtok(NULL, "\n");
		ck_assert_msg(sscanf(line, "%99[a-z0-9_]%*[^ ] %lf", valued, &value) == 2 ||
				      sscanf(line, "%99[a-z0-9_] %lf", valued, &value) == 2,
			"%s", line);
		ck_assert_str_eq(valued, name);
	}
	ck_assert_int_eq(count, METRIC_COUNT + 2);
}
END_TEST

START_TEST(no_name_appears_twice)
{
	for (char *help = strstr(out.data, "# HELP "); help != NULL; help = strstr(help + 1, "# HELP ")) {
		char name[120];
		ck_assert_int_eq(sscanf(help, "# HELP %99s", name), 1);
		char wanted[140];
		snprintf(wanted, sizeof(wanted), "# HELP %s ", name);
		ck_assert_ptr_null(strstr(help + 1, wanted));
	}
}
END_TEST

START_TEST(memory_is_that_of_this_process)
{
	const char *line = strstr(out.data, "\nprocess_resident_memory_bytes ");
	ck_assert_ptr_nonnull(line);
	long long bytes = atoll(strchr(line, ' '));
	ck_assert_int_gt(bytes, 100000);
	ck_assert_int_eq(bytes % 4096, 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("metrics");
	tcase_add_checked_fixture(tests, render, done);
	tcase_add_test(tests, counters_add_up_and_gauges_are_set);
	tcase_add_test(tests, values_stand_below_help_and_type);
	tcase_add_test(tests, every_metric_is_complete_and_named_once);
	tcase_add_test(tests, no_name_appears_twice);
	tcase_add_test(tests, memory_is_that_of_this_process);

	Suite *suite = suite_create("metrics");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
