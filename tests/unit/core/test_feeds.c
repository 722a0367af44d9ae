/* Feeds and accounts, logins and logouts, and what edits of the catalogue do to devices. */
#include "devices_world.h"

#define LONG_OFFLINE (LIMIT_LOGIN_OFFLINE_MINUTES * MINUTE)

START_TEST(a_stream_that_ends_before_the_answers_takes_nobody_away)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .show = SHOW_CHAT);
	sees(bob, "chat");
	pass(HOUR);
	changes_seen();
	asked(bob);
	ck_assert(apply((struct fact){.kind = FACT_PROBED, .probed = {bob, .lost = true}}));
	pass(SETTLE);
	sees(bob, "chat");
	ck_assert_uint_eq(changes_seen(), 0);
	asked(bob);
	pass(SETTLE);
	sees(bob, "offline");
}
END_TEST

START_TEST(a_stream_that_ends_before_the_answers_leaves_the_unheard_unheard)
{
	restarted_with_feed(FEED_ACTIVE);
	asked(bob);
	ck_assert(apply((struct fact){.kind = FACT_PROBED, .probed = {bob, .lost = true}}));
	pass(HOUR);
	ck_assert(bob->unheard);
	ck_assert_uint_eq(changes_seen(), 0);
	asked(bob);
	pass(SETTLE);
	ck_assert(!bob->unheard);
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(a_change_of_somebody_unheard_is_told_until_the_account_is_asked)
{
	restarted_with_feed(FEED_ACTIVE);
	ck_assert_uint_eq(effects_seen(EFFECT_UNHEARD), 0);
	happens("answered", "1002");
	ck_assert_uint_eq(effects_seen(EFFECT_UNHEARD), 1);
	happens("held", "1002");
	ck_assert_uint_eq(effects_seen(EFFECT_UNHEARD), 0); /* looks the same */
	ck_assert(chooses(bob, "dnd", 0));
	ck_assert_uint_eq(effects_seen(EFFECT_UNHEARD), 1);
	asked(bob);
	ck_assert(chooses(bob, "busy", 0));
	ck_assert_uint_eq(effects_seen(EFFECT_UNHEARD), 0);
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(what_concerns_many_hurries_nobody)
{
	restarted_with_feed(FEED_ACTIVE);
	happens("answered", "1002");
	effects_seen(EFFECT_UNHEARD);
	struct policy policy = engine->policy;
	snprintf(policy.on_call_status, sizeof(policy.on_call_status), "busy");
	ck_assert(apply((struct fact){.kind = FACT_POLICY, .policy.policy = &policy}));
	sees(bob, "busy");
	ck_assert_uint_eq(effects_seen(EFFECT_UNHEARD), 0);
}
END_TEST

/* ---- feeds and privilege ---- */

START_TEST(a_request_is_saved_when_it_is_sure)
{
	struct fact unsure = {.kind = FACT_FEED, .feed = {bob, FEED_ASKED, true}};
	ck_assert(apply(unsure));
	ck_assert_int_eq(bob->feed, FEED_ASKED);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 0);
	feed_becomes(bob, FEED_ASKED);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 1);
	ck_assert_int_eq(last_feed.feed, FEED_ASKED);
	feed_becomes(bob, FEED_NONE);
	ck_assert(apply(unsure));
	effects_seen(EFFECT_FEED);
	feed_becomes(bob, FEED_ACTIVE);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 1);
	ck_assert(!bob->feed_unsure);
}
END_TEST

START_TEST(feeds_are_saved_when_they_change)
{
	feed_becomes(bob, FEED_ASKED);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 1);
	ck_assert_ptr_eq(last_feed.person, bob);
	ck_assert_str_eq(last_feed_account, "bob@example.org");
	ck_assert_int_eq(last_feed.feed, FEED_ASKED);
	feed_becomes(bob, FEED_ASKED);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 0);
	feed_becomes(bob, FEED_ACTIVE);
	pass(SETTLE);
	device_says(bob, .resource = "desk", .show = SHOW_DND);
	sees(bob, "dnd");
	feed_becomes(bob, FEED_REFUSED);
	ck_assert_int_eq(last_feed.feed, FEED_REFUSED);
	ck_assert_uint_eq(bob->device_count, 0); /* what it no longer tells is not known */
	sees(bob, "available");
}
END_TEST

static void privilege(bool granted)
{
	ck_assert(apply((struct fact){.kind = FACT_PRIVILEGE, .privilege = {granted}}));
}

START_TEST(privilege_tells_of_everybody_with_an_account)
{
	add_person(3, "desk", NULL, NULL, 0);
	effects_seen(EFFECT_FEED);
	privilege(true);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 1);
	ck_assert_str_eq(last_feed_account, "example.org");
	ck_assert_ptr_null(last_feed.person);
	ck_assert_int_eq(last_feed.feed, FEED_ACTIVE);
	ck_assert_int_eq(person_feed(bob), FEED_ACTIVE);
	ck_assert_int_eq(bob->feed, FEED_NONE);
	ck_assert_int_eq(person_feed(engine_person(engine, "desk")), FEED_NONE);
	device_says(bob, .resource = "desk", .show = SHOW_AWAY);
	pass(SETTLE);
	sees(bob, "away");
	sees(alice, "offline");
	changes_seen();
	privilege(true); /* after a reconnect: all are told of again */
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 0);
	device_says(bob, .resource = "desk", .show = SHOW_AWAY);
	pass(SETTLE);
	sees(bob, "away");
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(privilege_that_ends_leaves_feeds_of_their_own)
{
	feed_becomes(alice, FEED_ACTIVE);
	privilege(true);
	device_says(bob, .resource = "desk", .show = SHOW_DND);
	device_says(alice, .resource = "desk", .show = SHOW_DND);
	pass(SETTLE);
	effects_seen(EFFECT_FEED);
	privilege(false);
	ck_assert_int_eq(last_feed.feed, FEED_NONE);
	ck_assert_str_eq(last_feed_account, "example.org");
	sees(bob, "available");
	ck_assert_uint_eq(bob->device_count, 0);
	sees(alice, "dnd");
}
END_TEST

START_TEST(somebody_new_is_privileged_from_the_first_word_on)
{
	privilege(true);
	add_person(3, "carol", "carol@example.org", NULL, 0);
	struct person *carol = engine_person(engine, "carol");
	ck_assert_int_eq(person_feed(carol), FEED_NONE);
	ck_assert_uint_eq(effects_seen(EFFECT_ACCOUNT), 1);
	device_says(carol, .resource = "desk", .show = SHOW_AWAY);
	ck_assert_int_eq(person_feed(carol), FEED_ACTIVE);
	pass(ANSWERED);
	sees(carol, "away");
}
END_TEST

START_TEST(privilege_is_remembered_over_a_restart)
{
	engine_free(engine);
	engine = engine_new("example.org", 1, &timers);
	add_person(2, "bob", "bob@example.org", NULL, 0);
	bob = engine_person(engine, "bob");
	ck_assert(engine_load_feed(engine, "example.org", FEED_ACTIVE));
	engine_start(engine, now);
	drain();
	ck_assert_int_eq(person_feed(bob), FEED_ACTIVE);
	ck_assert(bob->unheard);
	effects_seen(EFFECT_FEED);
	privilege(true);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 0);
	pass(SETTLE);
	ck_assert(!bob->unheard);
}
END_TEST

/* ---- accounts ---- */

START_TEST(another_account_ends_the_feed_of_the_former)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .show = SHOW_DND);
	add_person(2, "bob", "robert@example.org", NULL, 0);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 1);
	ck_assert_ptr_null(last_feed.person);
	ck_assert_str_eq(last_feed_account, "bob@example.org");
	ck_assert_int_eq(last_feed.feed, FEED_NONE);
	ck_assert_uint_eq(effects_seen(EFFECT_ACCOUNT), 1);
	ck_assert_int_eq(bob->feed, FEED_NONE);
	ck_assert_uint_eq(bob->device_count, 0);
	sees(bob, "offline");
	ck_assert_ptr_eq(engine_person_by_account(engine, "robert@example.org"), bob);
	ck_assert_ptr_null(engine_person_by_account(engine, "bob@example.org"));
}
END_TEST

START_TEST(an_edit_that_leaves_the_account_leaves_the_feed)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .show = SHOW_DND);
	add_person(2, "robert", "bob@example.org", NULL, 0);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 0);
	ck_assert_uint_eq(effects_seen(EFFECT_ACCOUNT), 0);
	sees(bob, "dnd");
}
END_TEST

START_TEST(an_account_taken_away_ends_the_feed)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .show = SHOW_DND);
	add_person(2, "bob", NULL, NULL, 0);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 1);
	ck_assert_uint_eq(effects_seen(EFFECT_ACCOUNT), 0);
	feed_becomes(bob, FEED_ACTIVE);
	ck_assert_int_eq(bob->feed, FEED_NONE);
	sees(bob, "offline");
}
END_TEST

START_TEST(a_person_removed_ends_the_feed)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .idle_since = now);
	device_goes(bob, "desk");
	ck_assert(apply((struct fact){.kind = FACT_PERSON_GONE, .gone = {2}}));
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 1);
	ck_assert_ptr_null(last_feed.person);
	ck_assert_str_eq(last_feed_account, "bob@example.org");
	pass(HOUR); /* no timer is left behind */
	/* Nobody asked for a subscription of alice's account. */
	ck_assert(apply((struct fact){.kind = FACT_PERSON_GONE, .gone = {1}}));
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 0);
	alice = bob = NULL;
}
END_TEST

START_TEST(an_account_that_changes_before_it_was_heard_is_published)
{
	restarted_with_feed(FEED_ACTIVE);
	add_person(2, "bob", "robert@example.org", NULL, 0);
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

/* ---- logging in and out ---- */

static void prefers(const char *key, const char *value)
{
	struct preferences preferences = bob->preferences;
	ck_assert(preferences_set(&preferences, &engine->catalogue, key, value, NULL));
	ck_assert(apply((struct fact){
		.kind = FACT_PREFERENCES, .preferences = {.row = bob->row, .preferences = &preferences}}));
}

static const char *chosen(void)
{
	const struct choice *choice = choice_in_force(&bob->choices, now);
	return choice ? choice->status->id : "available";
}

static void logs_in(void)
{
	device_says(bob, .resource = "desk");
}

static void logs_out(void)
{
	device_goes(bob, "desk");
}

START_TEST(a_login_acts_after_five_minutes_offline)
{
	has_feed(bob);
	prefers("on_login", "busy");
	logs_in();
	logs_out();
	pass(LONG_OFFLINE - 1);
	logs_in();
	ck_assert_str_eq(chosen(), "available");
	logs_out();
	pass(LONG_OFFLINE);
	effects_seen(EFFECT_CHOICES);
	logs_in();
	ck_assert_str_eq(chosen(), "busy");
	sees(bob, "busy");
	ck_assert_int_eq(bob->choices.standing.source, SOURCE_LOGIN);
	ck_assert_uint_eq(effects_seen(EFFECT_CHOICES), 1);
	ck_assert_ptr_null(bob->recent[0]); /* not what the person picked */
	/* A second device is no login. */
	chooses(bob, "available", 0);
	device_says(bob, .resource = "phone");
	ck_assert_str_eq(chosen(), "available");
}
END_TEST

START_TEST(a_login_does_not_act_when_nobody_knows_for_how_long_one_was_offline)
{
	restarted_with_feed(FEED_ACTIVE);
	prefers("on_login", "busy");
	asked(bob);
	device_says(bob, .resource = "desk");
	pass(HOUR);
	ck_assert_str_eq(chosen(), "available");
	/* From then on it is known. */
	logs_out();
	pass(LONG_OFFLINE);
	logs_in();
	ck_assert_str_eq(chosen(), "busy");
}
END_TEST

START_TEST(after_a_start_offline_begins_when_it_is_known)
{
	restarted_with_feed(FEED_ACTIVE);
	prefers("on_login", "busy");
	asked(bob);
	pass(SETTLE);
	pass(LONG_OFFLINE);
	logs_in();
	ck_assert_str_eq(chosen(), "busy");
}
END_TEST

START_TEST(answers_to_probes_are_neither_login_nor_logout)
{
	has_feed(bob);
	prefers("on_login", "busy");
	prefers("on_logout", "dnd");
	pass(HOUR);
	asked(bob);
	logs_in();
	pass(SETTLE);
	sees(bob, "available");
	ck_assert_str_eq(chosen(), "available");
	asked(bob);
	pass(SETTLE);
	sees(bob, "offline");
	ck_assert_str_eq(chosen(), "available");
	device_says(bob, .resource = "desk");
	asked(bob);
	device_says(bob, .resource = NULL, .show = SHOW_UNAVAILABLE);
	pass(HOUR);
	ck_assert_str_eq(chosen(), "available");
}
END_TEST

START_TEST(a_logout_acts_when_the_last_device_is_gone_for_good)
{
	has_feed(bob);
	prefers("on_logout", "business-trip");
	logs_in();
	device_says(bob, .resource = "phone");
	device_says(bob, .resource = "bot", .priority = -1);
	logs_out();
	pass(HOUR);
	ck_assert_str_eq(chosen(), "available");
	device_goes(bob, "phone");
	pass(GRACE - 1);
	ck_assert_str_eq(chosen(), "available");
	pass(1);
	ck_assert_str_eq(chosen(), "business-trip");
	sees(bob, "business-trip");
}
END_TEST

START_TEST(keep_keeps)
{
	has_feed(bob);
	chooses(bob, "lunch-break", 0);
	logs_in();
	logs_out();
	pass(HOUR);
	logs_in();
	sees(bob, "lunch-break");
}
END_TEST

START_TEST(available_at_login_clears_the_choice)
{
	has_feed(bob);
	prefers("on_login", "available");
	chooses(bob, "lunch-break", 0);
	logs_in();
	logs_out();
	pass(HOUR);
	logs_in();
	sees(bob, "available");
	ck_assert_ptr_null(bob->choices.standing.status);
}
END_TEST

START_TEST(neither_acts_over_a_choice_that_shows_when_offline)
{
	has_feed(bob);
	prefers("on_login", "available");
	prefers("on_logout", "dnd");
	chooses(bob, "business-trip", 0);
	logs_in();
	logs_out();
	pass(HOUR);
	ck_assert_str_eq(chosen(), "business-trip");
	logs_in();
	ck_assert_str_eq(chosen(), "business-trip");
}
END_TEST

START_TEST(a_status_that_is_no_longer_offered_is_not_chosen)
{
	status_becomes(own_status("training", "Training"));
	has_feed(bob);
	prefers("on_login", "training");
	pass(HOUR);
	struct status_fields fields = fields_of("training");
	fields.enabled = false;
	status_becomes(fields);
	logs_in();
	ck_assert_str_eq(chosen(), "available");
	logs_out();
	fields.deleted = true;
	status_becomes(fields);
	pass(HOUR);
	logs_in();
	ck_assert_str_eq(chosen(), "available");
}
END_TEST

START_TEST(a_status_that_ends_by_itself_does_so_after_a_login)
{
	struct status_fields fields = own_status("coffee", "Coffee");
	fields.default_expiry = 20;
	status_becomes(fields);
	has_feed(bob);
	prefers("on_login", "coffee");
	chooses(bob, "busy", 0);
	pass(HOUR);
	logs_in();
	sees(bob, "coffee");
	ck_assert_int_eq(bob->presence.until, now + 20 * MINUTE);
	pass(20 * MINUTE);
	sees(bob, "busy");
}
END_TEST

/* ---- the catalogue ---- */

START_TEST(edits_of_statuses_reach_devices_that_name_them)
{
	has_feed(bob);
	device_says(bob, .resource = "desk", .text = "📚 training");
	sees(bob, "available");
	changes_seen();
	status_becomes(own_status("learning", "Training"));
	sees(bob, "learning");
	ck_assert_str_eq(bob->presence.message, "");
	ck_assert_uint_eq(changes_seen(), 1);

	struct status_fields fields = fields_of("learning");
	fields.icon = "🎓"; /* the device's own icon is another's now */
	status_becomes(fields);
	sees(bob, "available");
	ck_assert_str_eq(bob->presence.message, "📚 training");
	fields.icon = "📚";
	status_becomes(fields);
	sees(bob, "learning");

	fields.enabled = false;
	status_becomes(fields);
	sees(bob, "available");
	fields.enabled = true;
	status_becomes(fields);
	sees(bob, "learning");

	fields.name = "Schooling";
	status_becomes(fields);
	sees(bob, "available");
	fields.name = "Training";
	status_becomes(fields);
	sees(bob, "learning");

	fields.show = SHOW_UNAVAILABLE;
	status_becomes(fields);
	sees(bob, "available");
	fields.show = SHOW_DND;
	fields.deleted = true;
	status_becomes(fields);
	sees(bob, "available");
	ck_assert_str_eq(bob->presence.message, "📚 training");
}
END_TEST

START_TEST(a_name_that_moves_to_another_status_moves_the_device)
{
	has_feed(bob);
	status_becomes(own_status("one", "Training"));
	device_says(bob, .resource = "desk", .text = "Training");
	sees(bob, "one");
	struct status_fields fields = fields_of("one");
	fields.name = "One";
	status_becomes(fields);
	status_becomes(own_status("two", "TRAINING"));
	sees(bob, "two");
}
END_TEST

START_TEST(a_place_in_the_order_moves_nothing_else)
{
	struct status_fields fields = own_status("training", "Training");
	fields.text = "ask Ann";
	status_becomes(fields);
	chooses(bob, "training", 0);
	changes_seen();
	char name[] = "Training", text[] = "ask Ann";
	fields.name = name; /* as when it is read again: the same letters elsewhere */
	fields.text = text;
	fields.position = 7;
	status_becomes(fields);
	ck_assert_str_eq(bob->presence.message, "ask Ann");
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(since_does_not_go_back_when_the_covering_status_is_deleted)
{
	happens("answered", "1002");
	pass(MINUTE);
	status_becomes(own_status("training", "Training"));
	chooses(bob, "training", now + HOUR);
	pass(MINUTE);
	struct status_fields fields = fields_of("training");
	fields.deleted = true;
	status_becomes(fields);
	sees(bob, "on-call");
	ck_assert_int_eq(bob->presence.since, now);
	pass(DAY);
}
END_TEST

START_TEST(what_a_person_chose_last_is_remembered_once_each)
{
	static const char *const picks[] = {
		"dnd", "away", "busy", "dnd", "chat", "lunch-break", "business-trip", "dnd"};
	for (size_t i = 0; i < sizeof(picks) / sizeof(*picks); i++)
		chooses(bob, picks[i], 0);
	chooses(bob, "available", 0);
	ck_assert(apply((struct fact){.kind = FACT_CHOICE,
		.choice = {.person = bob, .status = "invisible", .source = SOURCE_ADMIN}}));
	static const char *const expected[LIMIT_RECENT] = {
		"dnd", "business-trip", "lunch-break", "chat", "busy"};
	for (size_t i = 0; i < LIMIT_RECENT; i++)
		ck_assert_str_eq(bob->recent[i]->id, expected[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("feeds");
	TCase *tests = tcase_create("feeds");
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_stream_that_ends_before_the_answers_takes_nobody_away);
	tcase_add_test(tests, a_stream_that_ends_before_the_answers_leaves_the_unheard_unheard);
	tcase_add_test(tests, a_change_of_somebody_unheard_is_told_until_the_account_is_asked);
	tcase_add_test(tests, what_concerns_many_hurries_nobody);
	tcase_add_test(tests, a_request_is_saved_when_it_is_sure);
	tcase_add_test(tests, feeds_are_saved_when_they_change);
	tcase_add_test(tests, privilege_tells_of_everybody_with_an_account);
	tcase_add_test(tests, privilege_that_ends_leaves_feeds_of_their_own);
	tcase_add_test(tests, somebody_new_is_privileged_from_the_first_word_on);
	tcase_add_test(tests, privilege_is_remembered_over_a_restart);
	tcase_add_test(tests, another_account_ends_the_feed_of_the_former);
	tcase_add_test(tests, an_edit_that_leaves_the_account_leaves_the_feed);
	tcase_add_test(tests, an_account_taken_away_ends_the_feed);
	tcase_add_test(tests, a_person_removed_ends_the_feed);
	tcase_add_test(tests, an_account_that_changes_before_it_was_heard_is_published);
	tcase_add_test(tests, a_login_acts_after_five_minutes_offline);
	tcase_add_test(tests, a_login_does_not_act_when_nobody_knows_for_how_long_one_was_offline);
	tcase_add_test(tests, after_a_start_offline_begins_when_it_is_known);
	tcase_add_test(tests, answers_to_probes_are_neither_login_nor_logout);
	tcase_add_test(tests, a_logout_acts_when_the_last_device_is_gone_for_good);
	tcase_add_test(tests, keep_keeps);
	tcase_add_test(tests, available_at_login_clears_the_choice);
	tcase_add_test(tests, neither_acts_over_a_choice_that_shows_when_offline);
	tcase_add_test(tests, a_status_that_is_no_longer_offered_is_not_chosen);
	tcase_add_test(tests, a_status_that_ends_by_itself_does_so_after_a_login);
	tcase_add_test(tests, edits_of_statuses_reach_devices_that_name_them);
	tcase_add_test(tests, a_name_that_moves_to_another_status_moves_the_device);
	tcase_add_test(tests, a_place_in_the_order_moves_nothing_else);
	tcase_add_test(tests, since_does_not_go_back_when_the_covering_status_is_deleted);
	tcase_add_test(tests, what_a_person_chose_last_is_remembered_once_each);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
