/* Devices that asked for it hear what people do: at once, once, and nobody else does. */
#include "real_component.h"

#include "xmpp/activity.h"

#define EVENT "<message type='headline' from='bob@presence.example.org' to='"
#define ON_THE_PHONE "<talking><on_the_phone/></talking></activity>"
#define AT_LUNCH "<eating><having_lunch/></eating></activity>"
#define ENDED "<activity xmlns='http://jabber.org/protocol/activity'/>"

static void later(usec_t time)
{
	now += time;
	while (timers_run(&timers, now, 1000))
		publish();
	publish();
}

static void feed_of(struct person *person)
{
	tell((struct fact){.kind = FACT_FEED, .feed = {.person = person, .feed = FEED_ACTIVE}});
	later(LIMIT_FEED_SETTLE_SECONDS * SECOND);
}

static void device(struct person *person, const char *resource, enum show show)
{
	tell((struct fact){
		.kind = FACT_DEVICE, .device = {.person = person, .resource = resource, .show = show}});
}

static void wants(struct person *person, const char *resource, bool wanted)
{
	tell((struct fact){.kind = FACT_DEVICE_CLASS,
		.device_class = {.person = person, .resource = resource, .wants_activity = wanted}});
}

static void comes_online(struct person *person, const char *resource)
{
	device(person, resource, SHOW_AVAILABLE);
	wants(person, resource, true);
}

/* alice watches bob and is at her desk, which shows activities. */
static void given_a_listener(void)
{
	component_load_watcher(component, "bob", "alice@example.org", now);
	component_load_watcher(component, "bob", "carol@example.org", now);
	connect_now();
	feed_of(alice);
	comes_online(alice, "desk");
	expect("<presence", 2);
	settle();
	fake_forget(&server);
}

static void call(enum call_event event)
{
	tell(call_fact(event, "c1", NULL, "1002", 0));
}

START_TEST(a_device_that_asked_hears_that_an_activity_begins_and_ends)
{
	given_a_listener();
	call(CALL_ANSWERED);
	expect(EVENT "alice@example.org/desk'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
		     "<items node='http://jabber.org/protocol/activity'><item id='current'>"
		     "<activity xmlns='http://jabber.org/protocol/activity'>" ON_THE_PHONE
		     "</item></items></event></message>",
		1);
	call(CALL_ENDED);
	expect(ENDED "</item></items></event></message>", 1);
	settle();
	ck_assert_uint_eq(fake_count(&server, "<message"), 2);
}
END_TEST

START_TEST(nobody_else_hears_of_it)
{
	component_load_watcher(component, "bob", "bob@example.org", now);
	given_a_listener();
	feed_of(bob);
	device(bob, "car", SHOW_AVAILABLE);
	device(alice, "mobile", SHOW_AVAILABLE);
	wants(alice, "mobile", false);
	settle();
	fake_forget(&server);
	choose(bob, "lunch-break");
	expect(AT_LUNCH, 1);
	settle();
	ck_assert_uint_eq(fake_count(&server, "<message"), 1);
	ck_assert_uint_eq(fake_count(&server, EVENT "alice@example.org/desk'"), 1);
}
END_TEST

START_TEST(a_change_that_leaves_the_activity_as_it_is_is_not_told)
{
	given_a_listener();
	choose(bob, "dnd");
	choose(bob, "away");
	expect("<presence", 2);
	settle();
	refuse("<message");
	choose(bob, "lunch-break");
	expect(AT_LUNCH, 1);
	tell((struct fact){.kind = FACT_CHOICE,
		.choice = {.person = bob, .status = "lunch-break", .message = "back at 2"}});
	expect("back at 2", 2);
	settle();
	ck_assert_uint_eq(fake_count(&server, "<message type"), 1);
}
END_TEST

START_TEST(invisible_and_offline_end_it_alike)
{
	given_a_listener();
	call(CALL_ANSWERED);
	expect(ON_THE_PHONE, 1);
	choose(bob, "invisible");
	expect(ENDED, 1);
	call(CALL_ENDED);
	call(CALL_ANSWERED);
	settle();
	ck_assert_uint_eq(fake_count(&server, "<message"), 2);
	choose(bob, NULL);
	expect(ON_THE_PHONE, 1);
	tell((struct fact){.kind = FACT_PERSON_GONE, .gone = {bob->row}});
	expect(ENDED, 1);
}
END_TEST

START_TEST(what_hides_calls_hides_them_here)
{
	static struct preferences preferences;

	given_a_listener();
	preferences_init(&preferences);
	preferences.hide_calls = true;
	tell((struct fact){
		.kind = FACT_PREFERENCES, .preferences = {.row = bob->row, .preferences = &preferences}});
	call(CALL_ANSWERED);
	expect("<working><in_a_meeting/></working>", 1);
	settle();
	refuse("on_the_phone");
}
END_TEST

START_TEST(the_latest_wins_and_what_changed_back_is_not_told)
{
	given_a_listener();
	choose(bob, "busy");
	choose(bob, "lunch-break");
	expect(AT_LUNCH, 1);
	choose(bob, NULL);
	choose(bob, "lunch-break");
	settle();
	ck_assert_uint_eq(fake_count(&server, "<message"), 1);
}
END_TEST

START_TEST(a_device_hears_once_of_what_goes_on_when_it_comes_online)
{
	component_load_watcher(component, "alice", "alice@example.org", now);
	given_a_listener();
	call(CALL_ANSWERED);
	expect(ON_THE_PHONE, 1);
	fake_forget(&server);
	comes_online(alice, "lap");
	expect(EVENT "alice@example.org/lap'", 1);
	settle();
	ck_assert_uint_eq(fake_count(&server, "<message"), 1);
	ck_assert_uint_eq(fake_count(&server, ON_THE_PHONE), 1);
	wants(alice, "lap", true);
	device(alice, "lap", SHOW_AWAY);
	settle();
	ck_assert_uint_eq(fake_count(&server, "<message"), 1);
	/* Of its end both hear. */
	call(CALL_ENDED);
	expect(ENDED, 2);
}
END_TEST

START_TEST(an_activity_from_before_anybody_listened_ends_for_who_came_later)
{
	component_load_watcher(component, "bob", "alice@example.org", now);
	connect_now();
	feed_of(alice);
	call(CALL_ANSWERED);
	settle();
	refuse("<message");
	comes_online(alice, "desk");
	expect(ON_THE_PHONE, 1);
	call(CALL_ENDED);
	expect(ENDED, 1);
}
END_TEST

START_TEST(a_device_that_is_gone_hears_nothing_and_is_up_to_date_when_it_is_back)
{
	given_a_listener();
	call(CALL_ANSWERED);
	expect(ON_THE_PHONE, 1);
	device(alice, "desk", SHOW_UNAVAILABLE);
	call(CALL_ENDED);
	settle();
	ck_assert_uint_eq(fake_count(&server, "<message"), 1);
	later(SECOND);
	device(alice, "desk", SHOW_AVAILABLE);
	expect(ENDED, 1);
	device(alice, "desk", SHOW_UNAVAILABLE);
	later(LIMIT_DEVICE_GRACE_SECONDS * SECOND);
	ck_assert_uint_eq(engine->activity_devices, 0);
	fake_forget(&server);
	choose(bob, "lunch-break");
	settle();
	refuse("<message");
}
END_TEST

START_TEST(after_a_loss_who_is_still_there_hears_the_truth)
{
	given_a_listener();
	call(CALL_ANSWERED);
	expect(ON_THE_PHONE, 1);
	fake_drop(&server);
	ck_assert(!turn_until(loop, NULL, NULL, SECOND / 50));
	call(CALL_ENDED);
	ck_assert(turn_until(loop, connected, NULL, SOON));
	settle();
	refuse("<message");
	tell((struct fact){.kind = FACT_PROBED, .probed = {alice}});
	device(alice, "desk", SHOW_AVAILABLE);
	expect(EVENT "alice@example.org/desk'", 1);
	expect(ENDED, 1);
	choose(bob, "lunch-break");
	expect(AT_LUNCH, 1);
}
END_TEST

START_TEST(a_new_watcher_hears_of_what_goes_on)
{
	connect_now();
	feed_of(alice);
	comes_online(alice, "desk");
	choose(bob, "lunch-break");
	settle();
	refuse("<message");
	fake_say(&server,
		"<presence type='subscribe' from='alice@example.org' to='bob@presence.example.org'/>");
	expect(AT_LUNCH, 1);
	fake_say(&server, "<presence type='probe' from='alice@example.org' to='bob@presence.example.org'/>");
	settle();
	ck_assert_uint_eq(fake_count(&server, "<message"), 1);
	choose(bob, NULL);
	expect(ENDED, 1);
}
END_TEST

START_TEST(who_begins_to_watch_in_between_misses_nothing_that_changes_back)
{
	given_a_listener();
	choose(bob, "lunch-break");
	expect(AT_LUNCH, 1);
	settle();
	fake_forget(&server);
	choose(bob, NULL);
	/* As if she had just subscribed: just now he does nothing. */
	activities_watched(component_activities(component), "bob", "alice@example.org");
	choose(bob, "lunch-break");
	expect(AT_LUNCH, 1);
}
END_TEST

START_TEST(strange_resources_and_contacts_are_escaped)
{
	static const char resource[] = "d<&'\">";

	given_a_listener();
	comes_online(alice, resource);
	choose(bob, "lunch-break");
	expect(EVENT "alice@example.org/d&lt;&amp;&apos;&quot;&gt;'", 1);
	ck_assert(component_connected(component));
}
END_TEST

START_TEST(an_activity_that_nobody_knows_is_told_as_far_as_it_is_known)
{
	struct status_fields fields;

	given_a_listener();
	choose(bob, "lunch-break");
	expect(AT_LUNCH, 1);
	status_fields_of(catalogue_get(&engine->catalogue, "lunch-break"), &fields);
	fields.activity = "eating/</x>";
	tell((struct fact){.kind = FACT_STATUS, .status = fields});
	expect("<eating/></activity>", 1);
	status_fields_of(catalogue_get(&engine->catalogue, "lunch-break"), &fields);
	fields.activity = "</x>";
	tell((struct fact){.kind = FACT_STATUS, .status = fields});
	expect(ENDED, 1);
	refuse("</x>");
}
END_TEST

static bool has_sent(void *arg)
{
	return metrics_get(METRIC_STANZAS_OUT) >= *(int64_t *)arg;
}

START_TEST(a_crowd_of_listeners_never_fills_the_stream_and_all_hear)
{
	enum { PEOPLE = 3000 };
	char contact[32], account[64];

	component_load_watcher(component, "bob", "alice@example.org", now);
	for (int i = 0; i < PEOPLE; i++) {
		snprintf(contact, sizeof(contact), "p%d", i);
		snprintf(account, sizeof(account), "p%d@example.org", i);
		tell((struct fact){.kind = FACT_PERSON,
			.person = {.row = 10 + i, .contact = contact, .account = account, .name = contact}});
		component_load_watcher(component, "bob", account, now);
	}
	connect_now();
	for (int i = 0; i < PEOPLE; i++) {
		snprintf(contact, sizeof(contact), "p%d", i);
		struct person *person = engine_person(engine, contact);
		tell((struct fact){.kind = FACT_FEED, .feed = {.person = person, .feed = FEED_ACTIVE}});
		comes_online(person, "psi");
	}
	settle();
	refuse("<message");
	int64_t half = metrics_get(METRIC_STANZAS_OUT) + PEOPLE + PEOPLE / 2;
	choose(bob, "lunch-break");
	ck_assert(turn_until(loop, has_sent, &half, SOON));
	choose(bob, "busy");
	expect("<working><in_a_meeting/></working>", PEOPLE);
	settle();
	ck_assert(component_connected(component));
	ck_assert_uint_eq(fake_count(&server, "in_a_meeting"), PEOPLE);
	ck_assert_uint_lt(fake_count(&server, "having_lunch"), PEOPLE);
	ck_assert_uint_gt(fake_count(&server, "having_lunch"), 0);
	ck_assert_uint_lt(fake_count(&server, "having_lunch"), PEOPLE);
}
END_TEST

START_TEST(signing_off_ends_what_goes_on)
{
	given_a_listener();
	call(CALL_ANSWERED);
	expect(ON_THE_PHONE, 1);
	component_stop(component, on_stopped, NULL);
	expect("</stream:stream>", 1);
	ck_assert_uint_eq(fake_count(&server, ENDED), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("activity");
	TCase *tests = tcase_create("activity");

	tcase_add_checked_fixture(tests, component_begin, component_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_device_that_asked_hears_that_an_activity_begins_and_ends);
	tcase_add_test(tests, nobody_else_hears_of_it);
	tcase_add_test(tests, a_change_that_leaves_the_activity_as_it_is_is_not_told);
	tcase_add_test(tests, invisible_and_offline_end_it_alike);
	tcase_add_test(tests, what_hides_calls_hides_them_here);
	tcase_add_test(tests, the_latest_wins_and_what_changed_back_is_not_told);
	tcase_add_test(tests, a_device_hears_once_of_what_goes_on_when_it_comes_online);
	tcase_add_test(tests, an_activity_from_before_anybody_listened_ends_for_who_came_later);
	tcase_add_test(tests, a_device_that_is_gone_hears_nothing_and_is_up_to_date_when_it_is_back);
	tcase_add_test(tests, after_a_loss_who_is_still_there_hears_the_truth);
	tcase_add_test(tests, a_new_watcher_hears_of_what_goes_on);
	tcase_add_test(tests, who_begins_to_watch_in_between_misses_nothing_that_changes_back);
	tcase_add_test(tests, strange_resources_and_contacts_are_escaped);
	tcase_add_test(tests, an_activity_that_nobody_knows_is_told_as_far_as_it_is_known);
	tcase_add_test(tests, a_crowd_of_listeners_never_fills_the_stream_and_all_hear);
	tcase_add_test(tests, signing_off_ends_what_goes_on);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
