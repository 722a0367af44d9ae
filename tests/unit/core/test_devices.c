/* Devices: how they come, change, fall idle and go, and how their people log in and out. */
#include "world.h"

#include <stdlib.h>

#include "core/devices.h"

#define GRACE (LIMIT_DEVICE_GRACE_SECONDS * SECOND)
#define SETTLE (LIMIT_FEED_SETTLE_SECONDS * SECOND)
#define ANSWERED (LIMIT_FEED_SETTLE_ANSWERED_SECONDS * SECOND)
#define LONG_OFFLINE (LIMIT_LOGIN_OFFLINE_MINUTES * MINUTE)

static void feed_becomes(struct person *person, enum feed feed)
{
	ck_assert(apply((struct fact){.kind = FACT_FEED, .feed = {person, feed}}));
}

static void asked(struct person *person)
{
	ck_assert(apply((struct fact){.kind = FACT_PROBED, .probed = {person}}));
}

/* What a device says; any member of struct fact_device may follow. */
#define says(who, ...)                                                                                       \
	ck_assert(apply((struct fact){.kind = FACT_DEVICE, .device = {.person = (who), __VA_ARGS__}}))
#define goes(who, name) says(who, .resource = (name), .show = SHOW_UNAVAILABLE)

/* Heard, and nothing of it is news any more. */
static void has_feed(struct person *person)
{
	feed_becomes(person, FEED_ACTIVE);
	pass(LIMIT_FEED_SETTLE_SECONDS * SECOND);
	changes_seen();
	memset(effects, 0, sizeof(effects));
}

/* The fields of a status as it is, to be edited. */
static struct status_fields fields_of(const char *id)
{
	struct status_fields fields;
	status_fields_of(catalogue_get(&engine->catalogue, id), &fields);
	return fields;
}

static void status_becomes(struct status_fields fields)
{
	ck_assert(apply((struct fact){.kind = FACT_STATUS, .status = fields}));
}

static struct status_fields own_status(const char *id, const char *name)
{
	return (struct status_fields){.id = id,
		.name = name,
		.icon = "📚",
		.color = "#123456",
		.text = "",
		.activity = "",
		.show = SHOW_DND,
		.enabled = true,
		.kind = STATUS_CUSTOM};
}

/* ---- come, change, go ---- */

START_TEST(a_device_comes_changes_and_goes)
{
	has_feed(bob);
	sees(bob, "offline");
	says(bob, .resource = "desk");
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 1);
	says(bob, .resource = "desk", .show = SHOW_AWAY, .text = "tea");
	sees(bob, "away");
	ck_assert_str_eq(bob->presence.message, "tea");
	says(bob, .resource = "desk", .show = SHOW_AWAY, .text = "tea"); /* again */
	ck_assert_uint_eq(changes_seen(), 1);
	goes(bob, "desk");
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
	says(bob, .resource = "desk", .text = "tea");
	changes_seen();
	goes(bob, "desk");
	pass(GRACE - 1);
	says(bob, .resource = "desk", .text = "tea");
	pass(HOUR);
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(a_device_that_is_back_as_another_makes_one_change)
{
	has_feed(bob);
	says(bob, .resource = "desk");
	changes_seen();
	goes(bob, "desk");
	pass(SECOND);
	says(bob, .resource = "desk", .show = SHOW_DND);
	pass(HOUR);
	sees(bob, "dnd");
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(the_best_of_those_that_remain_decides)
{
	has_feed(bob);
	says(bob, .resource = "desk", .show = SHOW_AWAY);
	pass(SECOND);
	says(bob, .resource = "phone", .show = SHOW_CHAT);
	sees(bob, "chat");
	goes(bob, "phone");
	pass(GRACE);
	sees(bob, "away");
	/* All that an account has, as when it is gone from the server. */
	says(bob, .resource = "phone");
	says(bob, .resource = NULL, .show = SHOW_UNAVAILABLE);
	pass(GRACE);
	sees(bob, "offline");
}
END_TEST

START_TEST(what_nobody_asked_for_is_passed_over)
{
	says(bob, .resource = "desk", .show = SHOW_DND); /* there is no feed */
	ck_assert_uint_eq(bob->device_count, 0);
	has_feed(bob);
	goes(bob, "never-there");
	ck_assert(apply(
		(struct fact){.kind = FACT_DEVICE_CLASS, .device_class = {bob, "never-there", true, true}}));
	ck_assert_uint_eq(bob->device_count, 0);
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(a_negative_priority_is_not_online)
{
	has_feed(bob);
	says(bob, .resource = "bot", .priority = -1);
	sees(bob, "offline");
	ck_assert(!bob->online);
	says(bob, .resource = "bot", .priority = 0);
	sees(bob, "available");
}
END_TEST

START_TEST(one_device_too_many_takes_the_place_of_the_longest_unchanged)
{
	char resource[16];
	has_feed(bob);
	for (int i = 0; i < LIMIT_DEVICES; i++) {
		snprintf(resource, sizeof(resource), "r%d", i);
		says(bob, .resource = resource);
		pass(1);
	}
	says(bob, .resource = "r0", .show = SHOW_CHAT);
	pass(1);
	says(bob, .resource = "one more");
	ck_assert_uint_eq(bob->device_count, LIMIT_DEVICES);
	ck_assert_ptr_nonnull(device_find(bob, "r0"));
	ck_assert_ptr_null(device_find(bob, "r1"));
	ck_assert_ptr_nonnull(device_find(bob, "one more"));
}
END_TEST

START_TEST(a_device_that_changed_before_it_was_heard_of_is_as_old_as_it_says)
{
	has_feed(bob);
	says(bob, .resource = "desk", .show = SHOW_CHAT);
	pass(MINUTE);
	says(bob, .resource = "phone", .changed = now - HOUR);
	sees(bob, "chat");
	ck_assert_int_eq(device_find(bob, "phone")->changed, now - HOUR);
	says(bob, .resource = "phone", .show = SHOW_XA, .changed = now + HOUR); /* its clock is wrong */
	ck_assert_int_eq(device_find(bob, "phone")->changed, now);
}
END_TEST

START_TEST(a_mobile_is_known_by_its_class)
{
	has_feed(bob);
	says(bob, .resource = "phone", .show = SHOW_AWAY, .idle_since = now - HOUR);
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

/* ---- idle time ---- */

START_TEST(idle_for_too_long_is_away_to_the_instant)
{
	has_feed(bob);
	usec_t idle_since = now;
	says(bob, .resource = "desk", .idle_since = idle_since);
	pass(10 * MINUTE);
	sees(bob, "available");
	pass(1);
	sees(bob, "away");
	ck_assert_int_eq(bob->presence.idle_since, idle_since);
	ck_assert_uint_eq(changes_seen(), 2);
	says(bob, .resource = "desk");
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 1);
	pass(DAY);
	sees(bob, "available");
}
END_TEST

START_TEST(a_persons_own_minutes_count_at_once)
{
	has_feed(bob);
	says(bob, .resource = "desk", .idle_since = now - 5 * MINUTE);
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
		says(crowd[place_of(i)], .resource = "desk", .idle_since = begin + i);
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

static struct engine *restarted_with_feed(enum feed feed)
{
	engine_free(engine);
	engine = engine_new("example.org", 1, &timers);
	static const char *const of_bob[] = {"hq:1002"};
	add_person(2, "bob", "bob@example.org", of_bob, 1);
	bob = engine_person(engine, "bob");
	alice = NULL;
	ck_assert(engine_load_feed(engine, "bob@example.org", feed));
	ck_assert(!engine_load_feed(engine, "nobody@example.org", feed));
	engine_start(engine, now);
	drain();
	changes_seen();
	return engine;
}

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
	says(bob, .resource = "desk");
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
	says(bob, .resource = "desk", .show = SHOW_AWAY);
	pass(SECOND / 2);
	says(bob, .resource = "phone", .show = SHOW_DND); /* does not put it off again */
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
	says(bob, .resource = "desk", .show = SHOW_AWAY);
	ck_assert_uint_eq(changes_seen(), 0);
	pass(ANSWERED);
	sees(bob, "away");
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(after_a_reconnect_those_that_do_not_answer_are_gone)
{
	has_feed(bob);
	says(bob, .resource = "desk", .show = SHOW_AWAY);
	says(bob, .resource = "phone");
	changes_seen();
	asked(bob);
	sees(bob, "available"); /* what was known stands */
	says(bob, .resource = "desk", .show = SHOW_AWAY);
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
	says(bob, .resource = "desk");
	changes_seen();
	asked(bob);
	pass(SECOND);
	says(bob, .resource = "desk");
	pass(HOUR);
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(an_answer_that_a_device_is_gone_needs_no_grace)
{
	has_feed(bob);
	says(bob, .resource = "desk");
	asked(bob);
	says(bob, .resource = NULL, .show = SHOW_UNAVAILABLE); /* Prosody: from the bare JID */
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

/* ---- feeds and privilege ---- */

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
	says(bob, .resource = "desk", .show = SHOW_DND);
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
	says(bob, .resource = "desk", .show = SHOW_AWAY);
	pass(SETTLE);
	sees(bob, "away");
	sees(alice, "offline");
	changes_seen();
	privilege(true); /* after a reconnect: all are told of again */
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 0);
	says(bob, .resource = "desk", .show = SHOW_AWAY);
	pass(SETTLE);
	sees(bob, "away");
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(privilege_that_ends_leaves_feeds_of_their_own)
{
	feed_becomes(alice, FEED_ACTIVE);
	privilege(true);
	says(bob, .resource = "desk", .show = SHOW_DND);
	says(alice, .resource = "desk", .show = SHOW_DND);
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
	says(carol, .resource = "desk", .show = SHOW_AWAY);
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
	says(bob, .resource = "desk", .show = SHOW_DND);
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
	says(bob, .resource = "desk", .show = SHOW_DND);
	add_person(2, "robert", "bob@example.org", NULL, 0);
	ck_assert_uint_eq(effects_seen(EFFECT_FEED), 0);
	ck_assert_uint_eq(effects_seen(EFFECT_ACCOUNT), 0);
	sees(bob, "dnd");
}
END_TEST

START_TEST(an_account_taken_away_ends_the_feed)
{
	has_feed(bob);
	says(bob, .resource = "desk", .show = SHOW_DND);
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
	says(bob, .resource = "desk", .idle_since = now);
	goes(bob, "desk");
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
	says(bob, .resource = "desk");
}

static void logs_out(void)
{
	goes(bob, "desk");
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
	says(bob, .resource = "phone");
	ck_assert_str_eq(chosen(), "available");
}
END_TEST

START_TEST(a_login_does_not_act_when_nobody_knows_for_how_long_one_was_offline)
{
	restarted_with_feed(FEED_ACTIVE);
	prefers("on_login", "busy");
	asked(bob);
	says(bob, .resource = "desk");
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
	says(bob, .resource = "desk");
	asked(bob);
	says(bob, .resource = NULL, .show = SHOW_UNAVAILABLE);
	pass(HOUR);
	ck_assert_str_eq(chosen(), "available");
}
END_TEST

START_TEST(a_logout_acts_when_the_last_device_is_gone_for_good)
{
	has_feed(bob);
	prefers("on_logout", "business-trip");
	logs_in();
	says(bob, .resource = "phone");
	says(bob, .resource = "bot", .priority = -1);
	logs_out();
	pass(HOUR);
	ck_assert_str_eq(chosen(), "available");
	goes(bob, "phone");
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
	says(bob, .resource = "desk", .text = "📚 training");
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
	says(bob, .resource = "desk", .text = "Training");
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
	tcase_add_test(tests, an_answer_that_a_device_is_gone_needs_no_grace);
	tcase_add_test(tests, asking_somebody_without_a_feed_is_nothing);
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
