/* What becomes of somebody who is not heard yet when there is nothing more to hear. */
#include "world.h"

#include "core/devices.h"

static bool feed(enum feed feed)
{
	return apply((struct fact){.kind = FACT_FEED, .feed = {.person = alice, .feed = feed}});
}

static bool says(const char *resource, enum show show)
{
	return apply((struct fact){
		.kind = FACT_DEVICE, .device = {.person = alice, .resource = resource, .show = show}});
}

START_TEST(a_refusal_before_a_word_was_heard_is_news)
{
	ck_assert(feed(FEED_ACTIVE));
	ck_assert(alice->unheard);
	changes_seen();
	ck_assert(feed(FEED_REFUSED));
	ck_assert(!alice->unheard);
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(a_lost_privilege_is_news)
{
	ck_assert(apply((struct fact){.kind = FACT_PRIVILEGE, .privilege.granted = true}));
	ck_assert(alice->unheard && bob->unheard);
	changes_seen();
	ck_assert(apply((struct fact){.kind = FACT_PRIVILEGE}));
	ck_assert_uint_eq(changes_seen(), 2);
}
END_TEST

START_TEST(a_server_that_began_anew_leaves_clients_time_to_come_back)
{
	ck_assert(feed(FEED_ACTIVE) && says("desk", SHOW_AVAILABLE));
	pass(5 * SECOND);
	ck_assert(apply((struct fact){.kind = FACT_PROBED, .probed.person = alice}));
	changes_seen();
	ck_assert(says(NULL, SHOW_UNAVAILABLE));
	pass(2 * SECOND);
	ck_assert(says("desk", SHOW_AVAILABLE));
	pass(5 * SECOND);
	ck_assert_uint_eq(changes_seen(), 0);
	ck_assert(apply((struct fact){.kind = FACT_PROBED, .probed.person = alice}));
	ck_assert(says(NULL, SHOW_UNAVAILABLE));
	pass(3 * SECOND);
	sees(alice, "offline");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("feed ends");
	TCase *tcase = tcase_create("all");
	tcase_add_checked_fixture(tcase, world_begin, world_end);
	tcase_add_test(tcase, a_refusal_before_a_word_was_heard_is_news);
	tcase_add_test(tcase, a_lost_privilege_is_news);
	tcase_add_test(tcase, a_server_that_began_anew_leaves_clients_time_to_come_back);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
