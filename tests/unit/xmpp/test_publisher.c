/* Everybody who watches gets the latest presence: once, sliced, and again after any loss. */
#include "real_component.h"

#define ON_CALL "id='on-call'"
#define LUNCH "id='lunch-break'"
#define GONE "type='unavailable'"

static void watch(const char *contact, unsigned count)
{
	char jid[64];
	for (unsigned i = 0; i < count; i++) {
		snprintf(jid, sizeof(jid), "w%u@example.org", i);
		component_load_watcher(component, contact, jid, now);
	}
}

static uint64_t digest_of(const struct person *person)
{
	return render_digest(&person->presence);
}

/* As if everybody had been told before this start. */
static void told(const struct person *person)
{
	component_load_published(component, person->contact, digest_of(person));
}

static void ring(enum call_event event)
{
	tell(call_fact(event, "c1", NULL, "1001", 0));
}

START_TEST(a_change_goes_to_every_watcher_once)
{
	watch("alice", 3);
	watch("bob", 1);
	connect_now();
	expect("<presence", 4);
	fake_forget(&server);
	ring(CALL_ANSWERED);
	expect(ON_CALL, 3);
	settle();
	ck_assert_uint_eq(fake_count(&server, "<presence"), 3);
	ck_assert_uint_eq(
		fake_count(&server, "from='alice@presence.example.org/offhook' to='w2@example.org'"), 1);
}
END_TEST

START_TEST(nothing_is_sent_when_nothing_visible_changes)
{
	watch("alice", 3);
	connect_now();
	expect("<presence", 3);
	fake_forget(&server);
	ring(CALL_RINGING);
	tell((struct fact){.kind = FACT_CHOICE, .choice = {.person = bob, .status = "dnd"}});
	component_presence_changed(component, "alice", alice);
	component_presence_changed(component, "nobody", NULL);
	turns(SECOND / 10);
	refuse("<presence");
}
END_TEST

START_TEST(a_change_and_back_within_a_turn_is_not_seen)
{
	watch("alice", 3);
	connect_now();
	expect("<presence", 3);
	fake_forget(&server);
	choose(alice, "dnd");
	choose(alice, NULL);
	turns(SECOND / 10);
	refuse("<presence");
}
END_TEST

/* Who probes somebody unheard is promised an answer, whatever happens between the word that was awaited and the
 * first stanza. */
START_TEST(an_awaited_answer_survives_a_change_and_back)
{
	watch("alice", 3);
	told(alice);
	connect_now();
	expect("<presence", 3);
	alice->unheard = true;
	fake_say(&server, "<presence type='probe' from='w0@example.org/x' to='alice@presence.example.org'/>");
	settle();
	fake_forget(&server);
	alice->unheard = false;
	component_presence_changed(component, "alice", alice);
	choose(alice, "dnd");
	choose(alice, NULL);
	expect("id='available'", 3);
	refuse("id='dnd'");
}
END_TEST

START_TEST(the_latest_wins_during_a_large_fan_out)
{
	enum { WATCHERS = 5000 };

	watch("alice", WATCHERS);
	told(alice);
	connect_now();
	fake_forget(&server);
	ring(CALL_ANSWERED);
	expect(ON_CALL, 300);
	choose(alice, "lunch-break");
	expect(LUNCH, WATCHERS);
	turns(SECOND / 10);
	ck_assert_uint_lt(fake_count(&server, ON_CALL), WATCHERS);
	ck_assert_uint_eq(fake_count(&server, LUNCH), WATCHERS);
	/* Nobody got the old one after the new one. */
	for (unsigned i = 0; i < WATCHERS; i += 499) {
		char to[64];
		snprintf(to, sizeof(to), "to='w%u@example.org'", i);
		const char *last = NULL;
		for (const char *at = server.in.data; (at = strstr(at, to)) != NULL; at++)
			last = at;
		ck_assert_ptr_nonnull(last);
		ck_assert_ptr_nonnull(strstr(last, "id='"));
		ck_assert_int_eq(strncmp(strstr(last, "id='"), LUNCH, strlen(LUNCH)), 0);
	}
}
END_TEST

START_TEST(a_crowd_does_not_delay_a_small_one)
{
	watch("alice", 20000);
	watch("bob", 1);
	told(alice);
	told(bob);
	connect_now();
	fake_forget(&server);
	choose(alice, "dnd");
	choose(bob, "lunch-break");
	expect(LUNCH, 1);
	ck_assert_uint_lt(fake_count(&server, "id='dnd'"), 2000);
}
END_TEST

/* A status that thousands have is edited while somebody's phone rings. */
START_TEST(who_changed_alone_overtakes_those_who_changed_with_many)
{
	watch("alice", 20000);
	watch("bob", 1000);
	told(alice);
	told(bob);
	connect_now();
	fake_forget(&server);
	struct fact fact = {.kind = FACT_CHOICE, .choice = {.person = alice, .status = "dnd"}};
	struct error error;
	struct effect effect;
	ck_assert(engine_apply(engine, &fact, now, &error));
	while (engine_next_effect(engine, &effect))
		if (effect.kind == EFFECT_PRESENCE)
			component_presence_changed_with_many(component, effect.contact, effect.person);
	choose(bob, "lunch-break");
	expect(LUNCH, 1000);
	ck_assert_uint_lt(fake_count(&server, "id='dnd'"), 1000);
	expect("id='dnd'", 20000); /* and nobody waits for ever */
	choose(alice, NULL);
	expect("id='available'", 20000);
}
END_TEST

START_TEST(what_differs_goes_out_at_once_after_a_connect_and_the_rest_paced)
{
	enum { WATCHERS = 3000 };
	watch("alice", WATCHERS);
	told(alice);
	watch("bob", WATCHERS);
	component_load_published(component, "bob", 4711);
	connect_now();
	expect("from='bob@", WATCHERS);
	unsigned early = fake_count(&server, "from='alice@");
	ck_assert_uint_lt(early, WATCHERS / 2);
	turns(SECOND);
	unsigned later = fake_count(&server, "from='alice@") - early;
	ck_assert_uint_gt(later, LIMIT_REPUBLISH_PER_SECOND / 2);
	ck_assert_uint_lt(later, LIMIT_REPUBLISH_PER_SECOND * 3 / 2);
	expect("from='alice@", WATCHERS);
	settle();
	ck_assert_uint_eq(fake_count(&server, "from='alice@"), WATCHERS);
}
END_TEST

START_TEST(an_urgent_change_overtakes_the_paced_part)
{
	watch("alice", 5000);
	told(alice);
	watch("bob", 1);
	told(bob);
	connect_now();
	turns(SECOND / 10);
	choose(bob, "lunch-break");
	turns(SECOND / 10);
	ck_assert_uint_ge(fake_count(&server, LUNCH), 1);
	ck_assert_uint_lt(fake_count(&server, "from='alice@"), 2000);
}
END_TEST

START_TEST(a_digest_is_stored_when_the_server_has_acknowledged)
{
	watch("alice", 3);
	told(alice);
	connect_now();
	expect("<presence", 3);
	turns(SECOND / 10);
	ck_assert_uint_eq(digests_saved, 0);
	server.mute = true;
	ring(CALL_ANSWERED);
	expect(ON_CALL, 3);
	turns(SECOND * 3 / 2);
	/* Begun: what is stored is no longer true. */
	ck_assert_uint_eq(digests_saved, 1);
	ck_assert_uint_eq(saved_digest, 0);
	server.mute = false;
	unsigned number = server.pings;
	char pong[128];
	snprintf(pong, sizeof(pong),
		"<iq type='result' id='offhook-ping-%u' from='example.org' "
		"to='presence.example.org'/>",
		number);
	fake_say(&server, pong);
	turns(SECOND / 10);
	ck_assert_uint_eq(digests_saved, 2);
	ck_assert_str_eq(saved_contact, "alice");
	ck_assert_uint_eq(saved_digest, digest_of(alice));
}
END_TEST

START_TEST(what_was_not_acknowledged_goes_out_again_after_a_loss)
{
	watch("alice", 500);
	told(alice);
	watch("bob", 5000);
	told(bob);
	server.mute = true;
	connect_now();
	ring(CALL_ANSWERED);
	expect(ON_CALL, 500);
	unsigned pings = server.connections;
	fake_drop(&server);
	ck_assert(!turn_until(loop, NULL, NULL, SECOND / 50));
	ck_assert(turn_until(loop, connected, NULL, SOON));
	ck_assert_uint_eq(server.connections, pings + 1);
	/* Before the paced part has got anywhere. */
	expect(ON_CALL, 500);
	ck_assert_uint_lt(fake_count(&server, "from='bob@"), 2000);
}
END_TEST

START_TEST(what_was_not_acknowledged_before_a_newer_change_goes_out_again_too)
{
	watch("bob", 5000);
	told(bob);
	watch("alice", 1);
	told(alice);
	server.mute = true;
	connect_now();
	ring(CALL_ANSWERED);
	expect(ON_CALL, 1);
	/* Nobody is served between the change and the loss, and then it is as it was. */
	fake_drop(&server);
	choose(alice, "dnd");
	ck_assert(!turn_until(loop, NULL, NULL, SECOND / 50));
	ck_assert(!component_connected(component));
	choose(alice, NULL);
	ck_assert(turn_until(loop, connected, NULL, SOON));
	expect("from='bob@", 1);
	ck_assert_ptr_nonnull(strstr(server.in.data, ON_CALL));
	ck_assert(strstr(server.in.data, ON_CALL) < strstr(server.in.data, "from='bob@"));
}
END_TEST

START_TEST(changes_while_disconnected_go_out_at_the_connect)
{
	watch("alice", 2);
	told(alice);
	ring(CALL_ANSWERED);
	connect_now();
	expect(ON_CALL, 2);
}
END_TEST

START_TEST(a_watcher_stored_before_its_domain_was_refused_is_told_and_dropped)
{
	component_load_watcher(component, "alice", "eve@other.example", now);
	watch("alice", 2);
	connect_now();
	expect("from='alice@presence.example.org/offhook' to='w1@example.org'", 1);
	ck_assert_uint_eq(fake_count(&server, "eve@other.example"), 1);
	ck_assert_uint_eq(fake_count(&server, "type='unavailable' to='eve@other.example'/>"), 1);
	ck_assert_uint_eq(watchers_saved, 1);
	ck_assert_str_eq(saved_watcher, "alice eve@other.example 0");
}
END_TEST

START_TEST(a_contact_that_becomes_nobodys_goes_offline)
{
	watch("alice", 2);
	connect_now();
	expect("<presence", 2);
	fake_forget(&server);
	tell((struct fact){.kind = FACT_PERSON_GONE, .gone = {.row = 1}});
	expect("<presence from='alice@presence.example.org/offhook' type='unavailable' to='w0@example.org'/>",
		1);
	expect(GONE, 2);
}
END_TEST

START_TEST(signing_off_tells_everybody_who_saw_somebody)
{
	watch("alice", 2000);
	watch("nobody", 10);
	component_load_published(component, "nobody", PRESENCE_DIGEST_OFFLINE);
	told(alice);
	connect_now();
	fake_forget(&server);
	component_stop(component, on_stopped, NULL);
	expect("</stream:stream>", 1);
	turns(SECOND / 10);
	ck_assert_uint_eq(stops, 1);
	ck_assert_uint_eq(fake_count(&server, GONE), 2000);
	ck_assert_uint_eq(fake_count(&server, "from='nobody@"), 0);
	ck_assert_str_eq(saved_contact, "alice");
	ck_assert_uint_eq(saved_digest, PRESENCE_DIGEST_OFFLINE);
}
END_TEST

START_TEST(signing_off_can_be_switched_off)
{
	watch("alice", 20);
	told(alice);
	connect_now();
	expect("<presence", 20);
	engine->policy.sign_off = false;
	component_stop(component, on_stopped, NULL);
	expect("</stream:stream>", 1);
	turns(SECOND / 10);
	ck_assert_uint_eq(stops, 1);
	refuse(GONE);
}
END_TEST

static bool stopped(void *arg)
{
	(void)arg;
	return stops > 0;
}

START_TEST(signing_off_ends_in_time_when_the_server_does_not_read)
{
	watch("alice", 20000);
	told(alice);
	watch("bob", 20000);
	told(bob);
	connect_now();
	event_del(server.readable);
	choose(alice, "dnd");
	choose(bob, "dnd");
	turns(SECOND / 10);
	usec_t begun = clock_monotonic();
	component_stop(component, on_stopped, NULL);
	ck_assert(turn_until(loop, stopped, NULL, 2 * LIMIT_SIGN_OFF_SECONDS * SECOND));
	ck_assert_int_lt(clock_monotonic() - begun, (LIMIT_SIGN_OFF_SECONDS + 1) * SECOND);
	event_add(server.readable, NULL);
}
END_TEST

START_TEST(stopping_without_a_connection_is_quick)
{
	fake_close(&server);
	component_start(component);
	turns(SECOND / 20);
	component_stop(component, on_stopped, NULL);
	ck_assert(turn_until(loop, stopped, NULL, SECOND));
	fake_listen(&server);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("publisher");
	TCase *tests = tcase_create("publisher");

	tcase_add_checked_fixture(tests, component_begin, component_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_change_goes_to_every_watcher_once);
	tcase_add_test(tests, nothing_is_sent_when_nothing_visible_changes);
	tcase_add_test(tests, a_change_and_back_within_a_turn_is_not_seen);
	tcase_add_test(tests, an_awaited_answer_survives_a_change_and_back);
	tcase_add_test(tests, the_latest_wins_during_a_large_fan_out);
	tcase_add_test(tests, a_crowd_does_not_delay_a_small_one);
	tcase_add_test(tests, who_changed_alone_overtakes_those_who_changed_with_many);
	tcase_add_test(tests, what_differs_goes_out_at_once_after_a_connect_and_the_rest_paced);
	tcase_add_test(tests, an_urgent_change_overtakes_the_paced_part);
	tcase_add_test(tests, a_digest_is_stored_when_the_server_has_acknowledged);
	tcase_add_test(tests, what_was_not_acknowledged_goes_out_again_after_a_loss);
	tcase_add_test(tests, what_was_not_acknowledged_before_a_newer_change_goes_out_again_too);
	tcase_add_test(tests, changes_while_disconnected_go_out_at_the_connect);
	tcase_add_test(tests, a_watcher_stored_before_its_domain_was_refused_is_told_and_dropped);
	tcase_add_test(tests, a_contact_that_becomes_nobodys_goes_offline);
	tcase_add_test(tests, signing_off_tells_everybody_who_saw_somebody);
	tcase_add_test(tests, signing_off_can_be_switched_off);
	tcase_add_test(tests, signing_off_ends_in_time_when_the_server_does_not_read);
	tcase_add_test(tests, stopping_without_a_connection_is_quick);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
