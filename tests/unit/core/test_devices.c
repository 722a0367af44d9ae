/* Devices: how they come, change, fall idle and go, and how it settles what is known of them. */
#include "devices_world.h"

#include <stdlib.h>

/* ---- come, change, go ---- */

START_TEST(a_device_comes_changes_and_goes)
{
	has_feed(bob);
	sees(bob, "offline");
	device_says(bob, .resource = "desk");
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 1);
	device_says(bob, .resource = "desk", .show = SHOW_AWAY, .text = "tea");
	sees(bob, "away");
	ck_assert_str_eq(bob->presence.message, "tea");
	device_says(bob, .resource = "desk", .show = SHOW_AWAY, .text = "tea"); /* again */
	ck_assert_uint_eq(changes_seen(), 1);
	device_goes(bob, "desk");
	sees(bob, "away");
	pass(GRACE - 1);
	sees(bob, "away");
	ck_assert_uint_eq(changes_seen(), 0);
	pass(1);
	sees(bob, "offline");
	ck_assert_uint_eq(changes_seen(), 1);
	ck_assert_uint_eq(bob->device_count, 0);
}
END_TEST

START_TEST(a_device_that_is_back_at_once_was_never_gone)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .text = "tea");
	changes_seen();
	device_goes(bob, "desk");
	pass(GRACE - 1);
	device_says(bob, .resource = "desk", .text = "tea");
	pass(HOUR);
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(a_device_that_is_back_as_another_makes_one_change)
{
	has_feed(bob);
	device_says(bob, .resource = "desk");
	changes_seen();
	device_goes(bob, "desk");
	pass(SECOND);
	device_says(bob, .resource = "desk", .show = SHOW_DND);
	pass(HOUR);
	sees(bob, "dnd");
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(the_best_of_those_that_remain_decides)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .show = SHOW_AWAY);
	pass(SECOND);
	device_says(bob, .resource = "phone", .show = SHOW_CHAT);
	sees(bob, "chat");
	device_goes(bob, "phone");
	pass(GRACE);
	sees(bob, "away");
	/* All that an account has, as when it is gone from the server. */
	device_says(bob, .resource = "phone");
	device_says(bob, .resource = NULL, .show = SHOW_UNAVAILABLE);
	pass(GRACE);
	sees(bob, "offline");
}
END_TEST

START_TEST(what_nobody_asked_for_is_passed_over)
{
	device_says(bob, .resource = "desk", .show = SHOW_DND); /* there is no feed */
	ck_assert_uint_eq(bob->device_count, 0);
	has_feed(bob);
	device_goes(bob, "never-there");
	ck_assert(apply(
		(struct fact){.kind = FACT_DEVICE_CLASS, .device_class = {bob, "never-there", true, true}}));
	ck_assert_uint_eq(bob->device_count, 0);
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(a_negative_priority_is_not_online)
{
	has_feed(bob);
	device_says(bob, .resource = "bot", .priority = -1);
	sees(bob, "offline");
	ck_assert(!bob->online);
	device_says(bob, .resource = "bot", .priority = 0);
	sees(bob, "available");
}
END_TEST

START_TEST(one_device_too_many_takes_the_place_of_the_longest_unchanged)
{
	char resource[16];
	has_feed(bob);
	for (int i = 0; i < LIMIT_DEVICES; i++) {
		snprintf(resource, sizeof(resource), "r%d", i);
		device_says(bob, .resource = resource);
		pass(1);
	}
	device_says(bob, .resource = "r0", .show = SHOW_CHAT);
	pass(1);
	device_says(bob, .resource = "one more");
	ck_assert_uint_eq(bob->device_count, LIMIT_DEVICES);
	ck_assert_ptr_nonnull(device_find(bob, "r0"));
	ck_assert_ptr_null(device_find(bob, "r1"));
	ck_assert_ptr_nonnull(device_find(bob, "one more"));
}
END_TEST

START_TEST(a_device_that_changed_before_it_was_heard_of_is_as_old_as_it_says)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .show = SHOW_CHAT);
	pass(MINUTE);
	device_says(bob, .resource = "phone", .changed = now - HOUR);
	sees(bob, "chat");
	ck_assert_int_eq(device_find(bob, "phone")->changed, now - HOUR);
	device_says(
		bob, .resource = "phone", .show = SHOW_XA, .changed = now + HOUR); /* its clock is wrong */
	ck_assert_int_eq(device_find(bob, "phone")->changed, now);
}
END_TEST

START_TEST(a_mobile_is_known_by_its_class)
{
	has_feed(bob);
	device_says(bob, .resource = "phone", .show = SHOW_AWAY, .idle_since = now - HOUR);
	sees(bob, "away");
	changes_seen();
	struct fact fact = {.kind = FACT_DEVICE_CLASS, .device_class = {bob, "phone", true, true}};
	ck_assert(apply(fact));
	sees(bob, "available");
	ck_assert(device_find(bob, "phone")->wants_activity);
	ck_assert_uint_eq(changes_seen(), 1);
	ck_assert(apply(fact));
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

/* ---- the clock is set back ---- */

static void clock_is_set_back(void)
{
	now -= HOUR;
	touch_begin(engine, true, now);
	drain();
}

START_TEST(a_device_that_goes_does_not_stay_for_as_long_as_the_clock_is_set_back)
{
	has_feed(bob);
	device_says(bob, .resource = "desk");
	device_says(bob, .resource = "phone", .show = SHOW_DND);
	device_goes(bob, "desk");
	changes_seen();
	clock_is_set_back();
	sees(bob, "dnd");
	ck_assert_ptr_null(device_find(bob, "desk"));
	device_goes(bob, "phone");
	sees(bob, "dnd");
	pass(GRACE);
	sees(bob, "offline");
	ck_assert_uint_eq(changes_seen(), 1);
	ck_assert_int_eq(bob->went_offline, now - GRACE);
	device_says(bob, .resource = "desk");
	device_goes(bob, "desk");
	clock_is_set_back();
	sees(bob, "offline");
	ck_assert_int_eq(bob->went_offline, now); /* at the latest */
}
END_TEST

START_TEST(somebody_is_not_unheard_for_as_long_as_the_clock_is_set_back)
{
	restarted_with_feed(FEED_ACTIVE);
	asked(bob);
	device_says(bob, .resource = "desk", .show = SHOW_AWAY);
	ck_assert_uint_eq(changes_seen(), 0);
	clock_is_set_back();
	ck_assert(!bob->unheard);
	sees(bob, "away");
	ck_assert_uint_eq(changes_seen(), 1);
	/* And whoever was not asked yet is still waited for. */
	restarted_with_feed(FEED_ACTIVE);
	clock_is_set_back();
	ck_assert(bob->unheard);
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(devices_that_do_not_answer_do_not_stay_for_as_long_as_the_clock_is_set_back)
{
	has_feed(bob);
	device_says(bob, .resource = "desk");
	asked(bob);
	changes_seen();
	clock_is_set_back();
	sees(bob, "offline");
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

/* ---- idle time ---- */

START_TEST(idle_for_too_long_is_away_to_the_instant)
{
	has_feed(bob);
	usec_t idle_since = now;
	device_says(bob, .resource = "desk", .idle_since = idle_since);
	pass(10 * MINUTE);
	sees(bob, "available");
	pass(1);
	sees(bob, "away");
	ck_assert_int_eq(bob->presence.idle_since, idle_since);
	ck_assert_uint_eq(changes_seen(), 2);
	device_says(bob, .resource = "desk");
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 1);
	pass(DAY);
	sees(bob, "available");
}
END_TEST

START_TEST(a_persons_own_minutes_count_at_once)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .idle_since = now - 5 * MINUTE);
	sees(bob, "available");
	struct preferences preferences = bob->preferences;
	preferences.auto_away_minutes = 4;
	struct fact fact = {
		.kind = FACT_PREFERENCES, .preferences = {.row = bob->row, .preferences = &preferences}};
	ck_assert(apply(fact));
	sees(bob, "away");
	preferences.auto_away_minutes = 7;
	ck_assert(apply(fact));
	sees(bob, "available");
	pass(2 * MINUTE + 1);
	sees(bob, "away");
	/* And the tenant's, for those who have none of their own. */
	preferences.auto_away_minutes = 0;
	struct policy policy = engine->policy;
	policy.auto_away_minutes = 60;
	ck_assert(apply(fact));
	ck_assert(apply((struct fact){.kind = FACT_POLICY, .policy = {&policy}}));
	sees(bob, "available");
}
END_TEST

enum { CROWD = 100000 };

static size_t place_of(int i)
{
	return (size_t)i * 7919 % CROWD;
}

START_TEST(idle_timers_of_100000_people_are_exact)
{
	char contact[24], account[40];
	struct person **crowd = calloc(CROWD, sizeof(struct person *));
	for (int i = 0; i < CROWD; i++) {
		snprintf(contact, sizeof(contact), "p%d", i);
		snprintf(account, sizeof(account), "p%d@example.org", i);
		add_person(100 + i, contact, account, NULL, 0);
		crowd[i] = engine_person(engine, contact);
		feed_becomes(crowd[i], FEED_ACTIVE);
	}
	pass(SETTLE);
	usec_t begin = now - 5 * MINUTE;
	/* One after the other falls idle, a microsecond apart, in an order that is not that of people. */
	for (int i = 0; i < CROWD; i++)
		device_says(crowd[place_of(i)], .resource = "desk", .idle_since = begin + i);
	ck_assert_uint_ge(timers.count, CROWD);
	ck_assert_int_eq(timers_next(&timers), begin + 10 * MINUTE + 1);
	changes_seen();
	usec_t away = begin + 10 * MINUTE; /* for the first of them, an instant later it is */
	for (int i = 0; i < CROWD; i += 1000) {
		pass(away + i - now);
		sees(crowd[place_of(i)], "available");
		if (i > 0)
			ck_assert_uint_eq(changes_seen(), 999);
		pass(1);
		sees(crowd[place_of(i)], "away");
		ck_assert_uint_eq(changes_seen(), 1);
	}
	free(crowd);
}
END_TEST

/* ---- settling and probes ---- */

START_TEST(after_a_start_nothing_is_published_until_the_account_was_asked)
{
	restarted_with_feed(FEED_ACTIVE);
	ck_assert(bob->unheard);
	chooses(bob, "dnd", 0);
	happens("answered", "1002");
	pass(HOUR);
	ck_assert(bob->unheard);
	ck_assert_uint_eq(changes_seen(), 0);
	asked(bob);
	pass(SETTLE - 1);
	ck_assert_uint_eq(changes_seen(), 0);
	pass(1);
	ck_assert(!bob->unheard);
	ck_assert_uint_eq(changes_seen(), 1);
	sees(bob, "on-call"); /* nowhere online: the choice does not show */
}
END_TEST

START_TEST(it_is_published_then_even_when_nothing_differs)
{
	restarted_with_feed(FEED_ACTIVE);
	sees(bob, "available"); /* as if without a feed: there is an extension */
	asked(bob);
	device_says(bob, .resource = "desk");
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 0);
	pass(ANSWERED);
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 1);
	pass(HOUR);
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(the_first_answer_shortens_the_wait)
{
	restarted_with_feed(FEED_ACTIVE);
	asked(bob);
	pass(SECOND / 2);
	device_says(bob, .resource = "desk", .show = SHOW_AWAY);
	pass(SECOND / 2);
	device_says(bob, .resource = "phone", .show = SHOW_DND); /* does not put it off again */
	pass(SECOND / 2 - 1);
	ck_assert(bob->unheard);
	pass(1);
	sees(bob, "dnd");
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(somebody_without_an_active_feed_is_published_at_once)
{
	restarted_with_feed(FEED_REFUSED);
	ck_assert(!bob->unheard);
	chooses(bob, "dnd", 0);
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(a_feed_that_ends_before_it_was_heard_is_published_without)
{
	restarted_with_feed(FEED_ACTIVE);
	sees(bob, "available");
	feed_becomes(bob, FEED_REFUSED);
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(a_feed_that_becomes_active_settles_first)
{
	chooses(bob, "available", 0);
	sees(bob, "available");
	changes_seen();
	feed_becomes(bob, FEED_ACTIVE);
	device_says(bob, .resource = "desk", .show = SHOW_AWAY);
	ck_assert_uint_eq(changes_seen(), 0);
	pass(ANSWERED);
	sees(bob, "away");
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(after_a_reconnect_those_that_do_not_answer_are_gone)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .show = SHOW_AWAY);
	device_says(bob, .resource = "phone");
	changes_seen();
	asked(bob);
	sees(bob, "available"); /* what was known stands */
	device_says(bob, .resource = "desk", .show = SHOW_AWAY);
	pass(ANSWERED - 1);
	sees(bob, "available");
	pass(1);
	sees(bob, "away");
	ck_assert_uint_eq(changes_seen(), 1);
	ck_assert_ptr_null(device_find(bob, "phone"));
}
END_TEST

START_TEST(after_a_reconnect_nothing_is_news_when_all_answer)
{
	has_feed(bob);
	device_says(bob, .resource = "desk");
	changes_seen();
	asked(bob);
	pass(SECOND);
	device_says(bob, .resource = "desk");
	pass(HOUR);
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

/* A server that began anew says so of clients that are about to come back. */
START_TEST(an_answer_that_all_are_gone_leaves_them_the_time_that_answers_have)
{
	has_feed(bob);
	device_says(bob, .resource = "desk");
	asked(bob);
	device_says(bob, .resource = NULL, .show = SHOW_UNAVAILABLE); /* Prosody: from the bare JID */
	sees(bob, "available");
	pass(SETTLE);
	sees(bob, "offline");
	ck_assert_uint_eq(bob->device_count, 0);
}
END_TEST

START_TEST(asking_somebody_without_a_feed_is_nothing)
{
	chooses(bob, "available", 0);
	changes_seen();
	asked(bob);
	pass(HOUR);
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("devices");
	TCase *tests = tcase_create("devices");
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_device_comes_changes_and_goes);
	tcase_add_test(tests, a_device_that_is_back_at_once_was_never_gone);
	tcase_add_test(tests, a_device_that_is_back_as_another_makes_one_change);
	tcase_add_test(tests, the_best_of_those_that_remain_decides);
	tcase_add_test(tests, what_nobody_asked_for_is_passed_over);
	tcase_add_test(tests, a_negative_priority_is_not_online);
	tcase_add_test(tests, one_device_too_many_takes_the_place_of_the_longest_unchanged);
	tcase_add_test(tests, a_device_that_changed_before_it_was_heard_of_is_as_old_as_it_says);
	tcase_add_test(tests, a_mobile_is_known_by_its_class);
	tcase_add_test(tests, a_device_that_goes_does_not_stay_for_as_long_as_the_clock_is_set_back);
	tcase_add_test(tests, somebody_is_not_unheard_for_as_long_as_the_clock_is_set_back);
	tcase_add_test(tests, devices_that_do_not_answer_do_not_stay_for_as_long_as_the_clock_is_set_back);
	tcase_add_test(tests, idle_for_too_long_is_away_to_the_instant);
	tcase_add_test(tests, a_persons_own_minutes_count_at_once);
	tcase_add_test(tests, idle_timers_of_100000_people_are_exact);
	tcase_add_test(tests, after_a_start_nothing_is_published_until_the_account_was_asked);
	tcase_add_test(tests, it_is_published_then_even_when_nothing_differs);
	tcase_add_test(tests, the_first_answer_shortens_the_wait);
	tcase_add_test(tests, somebody_without_an_active_feed_is_published_at_once);
	tcase_add_test(tests, a_feed_that_ends_before_it_was_heard_is_published_without);
	tcase_add_test(tests, a_feed_that_becomes_active_settles_first);
	tcase_add_test(tests, after_a_reconnect_those_that_do_not_answer_are_gone);
	tcase_add_test(tests, after_a_reconnect_nothing_is_news_when_all_answer);
	tcase_add_test(tests, an_answer_that_all_are_gone_leaves_them_the_time_that_answers_have);
	tcase_add_test(tests, asking_somebody_without_a_feed_is_nothing);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
