/* Accounts are asked once, probed after each connect, and what they say of devices is known; nothing is published
 * of somebody who was not heard yet. */
#include "real_component.h"

#include "xmpp/feed.h"

#define COMPONENT "presence.example.org"
#define STANZA(type, from, to) "<presence to='" to "' type='" type "' from='" from "'/>"
#define PROBE STANZA("probe", COMPONENT, "alice@example.org")
#define SUBSCRIBE STANZA("subscribe", COMPONENT, "alice@example.org")
#define UNSUBSCRIBE STANZA("unsubscribe", COMPONENT, "alice@example.org")

static void say_to(const char *to, const char *attributes, const char *children)
{
	char text[2048];
	snprintf(text, sizeof(text), "<presence to='%s' %s>%s</presence>", to, attributes, children);
	fake_say(&server, text);
}

static void say(const char *attributes, const char *children)
{
	say_to(COMPONENT, attributes, children);
}

/* From alice's desk. */
static void desk(const char *children)
{
	say("from='alice@example.org/desk'", children);
	settle();
}

static void connect_with(enum feed feed)
{
	alice->feed = feed;
	connect_now();
}

/* Heard and settled: from now on changes are published at once. */
static void connect_active(void)
{
	connect_with(FEED_ACTIVE);
	expect(PROBE, 1);
	desk("");
	time_passes(5 * SECOND);
	fake_forget(&server);
}

static void watched_by_bob(void)
{
	component_load_watcher(component, "alice", "bob@example.org", now);
}

/* The server has taken the request. */
static bool is_sure(void *arg)
{
	(void)arg;
	return alice->feed == FEED_ASKED && !alice->feed_unsure;
}

START_TEST(an_account_is_asked_once)
{
	connect_with(FEED_NONE);
	expect(SUBSCRIBE, 1);
	ck_assert_int_eq(alice->feed, FEED_ASKED);
	ck_assert(turn_until(loop, is_sure, NULL, SOON));
	fake_drop(&server);
	connect_now();
	turns(3 * SECOND / 2);
	refuse("type='subscribe'");
}
END_TEST

START_TEST(a_request_that_may_be_lost_is_made_again)
{
	server.mute = true;
	connect_with(FEED_NONE);
	expect(SUBSCRIBE, 1);
	ck_assert_int_eq(alice->feed, FEED_ASKED);
	ck_assert(!is_sure(NULL));
	fake_forget(&server);
	fake_drop(&server);
	server.mute = false;
	connect_now();
	expect(SUBSCRIBE, 1);
	ck_assert(turn_until(loop, is_sure, NULL, SOON));
	turns(3 * SECOND / 2);
	ck_assert_uint_eq(fake_count(&server, SUBSCRIBE), 1);
}
END_TEST

START_TEST(consent_makes_it_active)
{
	connect_with(FEED_ASKED);
	say("type='subscribed' from='alice@example.org'", "");
	desk("<show>away</show>");
	ck_assert_int_eq(alice->feed, FEED_ACTIVE);
	ck_assert(alice->unheard);
	time_passes(2 * SECOND);
	ck_assert(!alice->unheard);
	sees(alice, "away");
	ck_assert_uint_eq(alice->device_count, 1);
}
END_TEST

START_TEST(what_prosody_answers_to_every_request_is_no_consent)
{
	connect_with(FEED_ASKED);
	say("type='unavailable' from='alice@example.org'", "");
	settle();
	ck_assert_int_eq(alice->feed, FEED_ASKED);
}
END_TEST

START_TEST(a_refusal_is_final_until_the_person_asks)
{
	connect_with(FEED_ASKED);
	say("type='unsubscribed' from='alice@example.org/desk'", "");
	desk("");
	ck_assert_int_eq(alice->feed, FEED_REFUSED);
	ck_assert_uint_eq(alice->device_count, 0);
	turns(3 * SECOND / 2);
	refuse("type='probe'");
	refuse("type='subscribe'");
	say("type='subscribe' from='alice@example.org'", "");
	expect(SUBSCRIBE, 1);
	ck_assert_int_eq(alice->feed, FEED_ASKED);
}
END_TEST

START_TEST(who_watches_the_own_contact_address_is_asked_again)
{
	connect_with(FEED_REFUSED);
	turns(3 * SECOND / 2);
	say_to("bob@presence.example.org", "type='subscribe' from='alice@example.org'", "");
	settle();
	ck_assert_int_eq(alice->feed, FEED_REFUSED);
	say_to("alice@presence.example.org", "type='subscribe' from='alice@example.org'", "");
	expect(SUBSCRIBE, 1);
}
END_TEST

START_TEST(consent_before_the_question_makes_us_ask)
{
	connect_with(FEED_REFUSED);
	turns(3 * SECOND / 2);
	say("type='subscribed' from='alice@example.org'", "");
	expect(SUBSCRIBE, 1);
	ck_assert_int_eq(alice->feed, FEED_ASKED);
}
END_TEST

START_TEST(presence_alone_is_no_subscription)
{
	connect_with(FEED_ASKED);
	desk("");
	desk("<show>away</show>");
	/* Prosody's answer to a request that waits for an answer. */
	say("type='unavailable' from='alice@example.org'", "");
	settle();
	turns(3 * SECOND / 2);
	ck_assert_uint_eq(fake_count(&server, SUBSCRIBE), 1);
	refuse("type='probe'"); /* Prosody would drop the request */
	ck_assert_int_eq(alice->feed, FEED_ASKED);
	ck_assert_uint_eq(alice->device_count, 0);
}
END_TEST

/* ejabberd says nothing to a request that waits when an administrator made the subscription. */
START_TEST(a_probe_that_is_answered_makes_it_active)
{
	connect_with(FEED_ASKED);
	desk("");
	expect(STANZA("probe", COMPONENT "/feed", "alice@example.org"), 1);
	say_to(COMPONENT "/feed", "type='unsubscribed' from='alice@example.org'", "");
	settle();
	ck_assert_int_eq(alice->feed, FEED_ASKED);
	say_to(COMPONENT "/feed", "from='alice@example.org/desk'", "<show>xa</show>");
	settle();
	ck_assert_int_eq(alice->feed, FEED_ACTIVE);
	ck_assert_uint_eq(alice->device_count, 1);
}
END_TEST

START_TEST(presence_because_of_a_subscription_makes_it_active)
{
	connect_with(FEED_ASKED);
	desk("");
	expect(SUBSCRIBE, 1);
	say("type='subscribed' from='alice@example.org'", "");
	expect(PROBE, 1);
	desk("<show>xa</show>");
	ck_assert_int_eq(alice->feed, FEED_ACTIVE);
	ck_assert_uint_eq(alice->device_count, 1);
}
END_TEST

START_TEST(errors_and_strangers_change_nothing)
{
	connect_with(FEED_ASKED);
	say("type='error' from='alice@example.org'", "<error type='cancel'><remote-server-not-found "
						     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
	say("from='nobody@example.org/x'", "");
	say("type='subscribed' from='nobody@example.org'", "");
	say_to("bob@presence.example.org", "from='alice@example.org/desk'", "");
	settle();
	ck_assert_int_eq(alice->feed, FEED_ASKED);
	turns(3 * SECOND / 2);
	refuse("<presence");
}
END_TEST

START_TEST(devices_come_change_and_go)
{
	connect_active();
	desk("<show>dnd</show><status xml:lang='de'>nein</status><status xml:lang='en'>no\n way</status>"
	     "<priority> -3 </priority>");
	const struct device *device = &alice->devices[0];
	ck_assert_str_eq(device->resource, "desk");
	ck_assert_int_eq(device->show, SHOW_DND);
	ck_assert_int_eq(device->priority, -3);
	ck_assert_str_eq(device->text, "no  way");
	desk("<show>unavailable</show><status>plain</status><status xml:lang='en'>english</status>"
	     "<priority>128</priority><idle xmlns='urn:xmpp:idle:1' since='2023-11-14T22:00:00Z'/>");
	ck_assert_int_eq(device->show, SHOW_AVAILABLE);
	ck_assert_int_eq(device->priority, 0);
	ck_assert_str_eq(device->text, "plain");
	ck_assert_int_eq(device->idle_since, 1699999200 * SECOND);
	say("type='unavailable' from='alice@example.org/desk'", "");
	settle();
	ck_assert_int_ne(device->leaves, 0);
	time_passes(4 * SECOND);
	sees(alice, "offline");
}
END_TEST

START_TEST(a_long_text_is_cut)
{
	char text[1200] = "<status>";
	connect_active();
	for (int i = 0; i < 200; i++)
		strcat(text, "ä");
	desk(strcat(text, "</status>"));
	ck_assert_uint_eq(strlen(alice->devices[0].text), 2 * LIMIT_MESSAGE);
}
END_TEST

START_TEST(the_bare_address_speaks_for_all_devices)
{
	connect_active();
	say("from='alice@example.org/mobile'", "");
	say("type='unavailable' from='alice@example.org'", "");
	settle();
	ck_assert_int_ne(alice->devices[0].leaves, 0);
	ck_assert_int_ne(alice->devices[1].leaves, 0);
}
END_TEST

/* ---- nobody sees a flicker ---- */

START_TEST(after_a_start_nothing_is_published_before_the_account_was_heard)
{
	watched_by_bob();
	alice->feed = FEED_ACTIVE;
	alice->unheard = true;
	connect_now();
	expect(PROBE, 1);
	fake_say(
		&server, "<presence type='probe' from='bob@example.org/x' to='alice@presence.example.org'/>");
	fake_say(&server,
		"<presence type='subscribe' from='carol@example.org' to='alice@presence.example.org'/>");
	settle();
	refuse("/offhook'");
	desk("<show>dnd</show>");
	time_passes(SECOND / 2);
	turns(SECOND / 10);
	refuse("/offhook'");
	time_passes(SECOND);
	expect("id='dnd'", 2);
	settle();
	ck_assert_uint_eq(fake_count(&server, "/offhook'"), 2);
	refuse("unavailable");
}
END_TEST

START_TEST(after_a_start_who_does_not_answer_is_offline)
{
	watched_by_bob();
	alice->feed = FEED_ACTIVE;
	alice->unheard = true;
	connect_now();
	expect(PROBE, 1);
	time_passes(2 * SECOND);
	turns(SECOND / 10);
	refuse("/offhook'");
	time_passes(2 * SECOND);
	expect("type='unavailable'", 1);
}
END_TEST

START_TEST(what_is_stored_is_only_sent_again)
{
	watched_by_bob();
	component_load_published(component, "alice", render_digest(&alice->presence));
	alice->feed = FEED_ACTIVE;
	alice->unheard = true;
	connect_now();
	expect(PROBE, 1);
	desk("");
	time_passes(2 * SECOND);
	expect("id='available'", 1);
	refuse("unavailable");
}
END_TEST

START_TEST(after_a_reconnect_devices_that_answer_make_no_noise)
{
	watched_by_bob();
	connect_active();
	fake_drop(&server);
	connect_now();
	expect(PROBE, 1);
	/* The server began anew, and alice's client is not back yet. */
	say("type='unavailable' from='alice@example.org'", "");
	settle();
	time_passes(2 * SECOND);
	desk("");
	time_passes(5 * SECOND);
	settle();
	ck_assert_uint_eq(alice->device_count, 1);
	refuse("unavailable");
}
END_TEST

START_TEST(after_a_reconnect_who_is_gone_is_offline)
{
	watched_by_bob();
	connect_active();
	fake_drop(&server);
	connect_now();
	expect(PROBE, 1);
	time_passes(4 * SECOND);
	expect("type='unavailable'", 1);
}
END_TEST

START_TEST(a_device_that_drops_and_is_back_makes_no_noise)
{
	watched_by_bob();
	connect_active();
	say("type='unavailable' from='alice@example.org/desk'", "");
	settle();
	time_passes(2 * SECOND);
	desk("");
	time_passes(10 * SECOND);
	settle();
	refuse("/offhook'");
}
END_TEST

/* ---- who is looked for is probed ahead of the rest ---- */

#define PROBE_OF_ZOE STANZA("probe", COMPONENT, "zoe@example.org")

enum { UNHEARD = 2 * LIMIT_FEED_PROBES_PER_SECOND };

static struct person *add_unheard(int64_t row, const char *contact, const char *extension)
{
	char account[64];
	snprintf(account, sizeof(account), "%s@example.org", contact);
	tell((struct fact){.kind = FACT_PERSON,
		.person = {.row = row,
			.contact = contact,
			.account = account,
			.name = contact,
			.extensions = &extension,
			.extension_count = extension != NULL}});
	struct person *person = engine_person(engine, contact);
	person->feed = FEED_ACTIVE;
	person->unheard = true;
	return person;
}

/* Zoe is the last to be probed. */
static struct person *add_many_unheard(void)
{
	char contact[32];
	for (int i = 0; i < UNHEARD; i++) {
		snprintf(contact, sizeof(contact), "c%d", i);
		add_unheard(10 + i, contact, NULL);
	}
	component_load_watcher(component, "zoe", "bob@example.org", now);
	return add_unheard(10 + UNHEARD, "zoe", "hq:1999");
}

/* Zoe was probed, and not everybody else was. */
static void zoe_is_heard_ahead(const char *show)
{
	expect(PROBE_OF_ZOE, 1);
	ck_assert_uint_lt(fake_count(&server, "type='probe'"), UNHEARD);
	refuse("from='zoe@presence.example.org");
	say("from='zoe@example.org/desk'", show);
	settle();
	time_passes(2 * SECOND);
}

START_TEST(who_is_probed_by_a_colleague_is_probed_at_once)
{
	add_many_unheard();
	connect_now();
	for (int i = 0; i < 2; i++)
		fake_say(&server,
			"<presence type='probe' from='bob@example.org/x' to='zoe@presence.example.org'/>");
	zoe_is_heard_ahead("<show>dnd</show>");
	expect("id='dnd'", 1);
	expect(STANZA("probe", COMPONENT, "c0@example.org"), 1);
	ck_assert_uint_eq(fake_count(&server, PROBE_OF_ZOE), 1);
}
END_TEST

static void zoe_answers_a_call(void)
{
	tell((struct fact){.kind = FACT_CALL,
		.call = {.pbx = "hq", .call = "c1", .extension = "1999", .event = CALL_ANSWERED}});
}

START_TEST(who_has_a_call_is_probed_at_once)
{
	add_many_unheard();
	connect_now();
	zoe_answers_a_call();
	zoe_is_heard_ahead("");
	expect("id='on-call'", 1);
}
END_TEST

START_TEST(who_has_a_call_before_the_connect_is_probed_first)
{
	add_many_unheard();
	zoe_answers_a_call();
	connect_now();
	zoe_is_heard_ahead("");
	expect("id='on-call'", 1);
}
END_TEST

START_TEST(more_who_hurry_than_there_is_room_for_are_all_probed)
{
	enum { MANY = 2 * LIMIT_FEED_HURRIED };
	char text[160], contact[32];
	for (int i = 0; i < MANY; i++) {
		snprintf(contact, sizeof(contact), "c%d", i);
		add_unheard(10 + i, contact, NULL);
	}
	connect_now();
	for (int i = MANY; i-- > 0;) {
		snprintf(text, sizeof(text),
			"<presence type='probe' from='bob@example.org/x' to='c%d@presence.example.org'/>", i);
		fake_say(&server, text);
	}
	expect("type='probe'", MANY);
	settle();
	ck_assert_uint_eq(fake_count(&server, "type='probe'"), MANY);
}
END_TEST

/* ---- what the person wants ---- */

START_TEST(who_does_not_want_it_is_left_alone)
{
	connect_active();
	feed_link_refuse(component_feed_link(component), alice);
	expect(UNSUBSCRIBE, 1);
	ck_assert_int_eq(alice->feed, FEED_REFUSED);
	desk("");
	ck_assert_uint_eq(alice->device_count, 0);
}
END_TEST

START_TEST(what_is_wanted_while_disconnected_is_said_later)
{
	alice->feed = FEED_ACTIVE;
	bob->feed = FEED_REFUSED;
	feed_link_refuse(component_feed_link(component), alice);
	feed_link_ask(component_feed_link(component), bob);
	ck_assert_int_eq(bob->feed, FEED_NONE);
	connect_now();
	expect(UNSUBSCRIBE, 1);
	expect(STANZA("subscribe", COMPONENT, "bob@example.org"), 1);
}
END_TEST

START_TEST(an_account_that_is_nobodys_is_left_alone)
{
	connect_active();
	tell((struct fact){.kind = FACT_PERSON_GONE, .gone.row = 1});
	expect(UNSUBSCRIBE, 1);
}
END_TEST

START_TEST(a_new_account_is_asked)
{
	connect_with(FEED_REFUSED);
	turns(3 * SECOND / 2);
	tell((struct fact){.kind = FACT_PERSON,
		.person = {.row = 3, .contact = "carol", .account = "carol@example.org", .name = "Carol"}});
	expect(STANZA("subscribe", COMPONENT, "carol@example.org"), 1);
}
END_TEST

START_TEST(a_crowd_is_asked_at_a_pace_and_completely)
{
	enum { CROWD = 4 * LIMIT_FEED_ASKS_PER_SECOND };
	char contact[32], account[64];
	connect_with(FEED_REFUSED);
	turns(3 * SECOND / 2);
	for (int i = 0; i < CROWD; i++) {
		snprintf(contact, sizeof(contact), "c%d", i);
		snprintf(account, sizeof(account), "c%d@example.org", i);
		tell((struct fact){.kind = FACT_PERSON,
			.person = {.row = 10 + i, .contact = contact, .account = account, .name = contact}});
	}
	turns(SECOND / 2);
	ck_assert_uint_lt(fake_count(&server, "type='subscribe'"), CROWD / 2);
	expect("type='subscribe'", CROWD);
	settle();
	ck_assert_uint_eq(fake_count(&server, "type='subscribe'"), CROWD);
}
END_TEST

/* ---- XEP-0356 ---- */

static void advertise(const char *from, const char *version)
{
	char text[1024];
	snprintf(text, sizeof(text),
		"<message from='%s' to='" COMPONENT "'><privilege xmlns='urn:xmpp:privilege:%s'>"
		"<perm access='iq'><namespace type='both' ns='a'><namespace type='set' ns='b'/>"
		"<perm access='presence' type='managed_entity'/></namespace></perm></privilege></message>",
		from, version);
	fake_say(&server, text);
	settle();
}

START_TEST(a_server_that_tells_unasked_makes_asking_needless)
{
	connect_with(FEED_NONE);
	advertise("example.org", "2");
	ck_assert(engine->privileged);
	desk("<show>dnd</show>");
	time_passes(2 * SECOND);
	sees(alice, "dnd");
	turns(3 * SECOND / 2);
	refuse("type='subscribe'");
}
END_TEST

START_TEST(only_the_tenants_own_server_can_say_that)
{
	connect_with(FEED_REFUSED);
	advertise("other.org", "2");
	advertise("mallory@example.org", "2");
	advertise("example.org/x", "2");
	advertise("example.org", "1"); /* of ejabberd, which does not tell of lost connections */
	ck_assert(!engine->privileged);
}
END_TEST

START_TEST(a_privilege_that_is_not_advertised_again_is_none)
{
	watched_by_bob();
	alice->feed = FEED_NONE;
	engine->privileged = alice->privileged = alice->unheard = true;
	connect_now();
	turns(3 * SECOND / 2);
	refuse("<presence");
	expect(SUBSCRIBE, 1);
	ck_assert(!engine->privileged);
	/* What was held is published. */
	expect("id='available'", 1);
}
END_TEST

/* ---- capabilities ---- */

/* The example of XEP-0115 section 5.2. */
#define EXODUS                                                                                               \
	"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://exodus.example' "              \
	"ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>"
#define EXODUS_FEATURES                                                                                      \
	"<feature var='http://jabber.org/protocol/caps'/>"                                                   \
	"<feature var='http://jabber.org/protocol/disco#info'/>"                                             \
	"<feature var='http://jabber.org/protocol/disco#items'/>"                                            \
	"<feature var='http://jabber.org/protocol/muc'/>"
/* Of a phone that wants activities, made by hand: sha1("client/phone//P<…+notify<"). */
#define PHONE                                                                                                \
	"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://phone.example' "               \
	"ver='yhxGoq1CiiHBQPmiW5J6Kv+DH/E='/>"
#define PHONE_INFO                                                                                           \
	"<identity category='client' type='phone' name='P'/>"                                                \
	"<feature var='http://jabber.org/protocol/activity+notify'/>"

static unsigned questions(void)
{
	return fake_count(&server, "<query");
}

static void answer(const char *from, unsigned number, const char *children)
{
	char text[2048];
	snprintf(text, sizeof(text),
		"<iq type='result' id='caps-%u' from='%s' to='" COMPONENT "'>"
		"<query xmlns='http://jabber.org/protocol/disco#info'>%s</query></iq>",
		number, from, children);
	fake_say(&server, text);
	settle();
}

START_TEST(one_device_of_a_kind_is_asked_for_all)
{
	connect_active();
	desk(PHONE);
	say("from='alice@example.org/second'", PHONE);
	settle();
	expect("to='alice@example.org/desk' type='get' from='" COMPONENT
	       "'><query xmlns='http://jabber.org/protocol/disco#info' "
	       "node='http://phone.example#yhxGoq1CiiHBQPmiW5J6Kv+DH/E='/>",
		1);
	ck_assert_uint_eq(questions(), 1);
	answer("alice@example.org/desk", 1, PHONE_INFO);
	ck_assert(alice->devices[0].mobile && alice->devices[0].wants_activity);
	ck_assert(alice->devices[1].mobile);
	say("from='alice@example.org/third'", PHONE);
	settle();
	ck_assert(alice->devices[2].mobile);
	ck_assert_uint_eq(questions(), 1);
}
END_TEST

START_TEST(the_example_of_the_standard_is_verified)
{
	connect_active();
	desk(EXODUS);
	answer("alice@example.org/desk", 1,
		"<identity category='client' name='Exodus 0.9.1' type='pc'/>" EXODUS_FEATURES);
	say("from='alice@example.org/second'", EXODUS);
	settle();
	ck_assert_uint_eq(questions(), 1);
	ck_assert(!alice->devices[0].mobile);
}
END_TEST

START_TEST(an_answer_that_does_not_match_counts_for_its_device_alone)
{
	connect_active();
	desk(EXODUS);
	say("from='alice@example.org/second'", EXODUS);
	settle();
	answer("alice@example.org/desk", 1, PHONE_INFO);
	ck_assert(alice->devices[0].mobile);
	ck_assert(!alice->devices[1].mobile);
	expect("<iq id='caps-2' to='alice@example.org/second' type='get'", 1);
	desk(EXODUS);
	ck_assert_uint_eq(questions(), 2);
}
END_TEST

static bool has_two_questions(void *arg)
{
	(void)arg;
	return questions() >= 2;
}

START_TEST(silent_devices_of_one_account_hold_up_nobody_else)
{
	bob->feed = FEED_ACTIVE;
	connect_active();
	for (char resource = 'a'; resource <= 'c'; resource++) {
		char from[64];
		snprintf(from, sizeof(from), "from='bob@example.org/%c'", resource);
		say(from, PHONE);
	}
	desk(PHONE);
	expect("<iq id='caps-1' to='bob@example.org/a' type='get'", 1);
	ck_assert(turn_until(loop, has_two_questions, NULL, 2 * LIMIT_CAPS_SECONDS * SECOND));
	expect("<iq id='caps-2' to='alice@example.org/desk' type='get'", 1);
	answer("alice@example.org/desk", 2, PHONE_INFO);
	ck_assert(alice->devices[0].mobile);
	/* Who was not asked is of that kind as well. */
	ck_assert_uint_eq(bob->device_count, 3);
	ck_assert(!bob->devices[0].mobile && bob->devices[1].mobile && bob->devices[2].mobile);
}
END_TEST

START_TEST(only_who_was_asked_can_answer)
{
	connect_active();
	desk(PHONE);
	answer("bob@example.org/x", 1, PHONE_INFO);
	answer("alice@example.org/desk", 7, PHONE_INFO);
	ck_assert(!alice->devices[0].mobile);
	fake_say(&server, "<iq type='error' id='caps-1' from='alice@example.org/desk' to='" COMPONENT "'/>");
	settle();
	desk(PHONE);
	ck_assert_uint_eq(questions(), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("feed");
	TCase *tcase = tcase_create("all");
	tcase_add_checked_fixture(tcase, component_begin, component_end);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, an_account_is_asked_once);
	tcase_add_test(tcase, a_request_that_may_be_lost_is_made_again);
	tcase_add_test(tcase, consent_makes_it_active);
	tcase_add_test(tcase, what_prosody_answers_to_every_request_is_no_consent);
	tcase_add_test(tcase, a_refusal_is_final_until_the_person_asks);
	tcase_add_test(tcase, who_watches_the_own_contact_address_is_asked_again);
	tcase_add_test(tcase, consent_before_the_question_makes_us_ask);
	tcase_add_test(tcase, presence_alone_is_no_subscription);
	tcase_add_test(tcase, presence_because_of_a_subscription_makes_it_active);
	tcase_add_test(tcase, a_probe_that_is_answered_makes_it_active);
	tcase_add_test(tcase, errors_and_strangers_change_nothing);
	tcase_add_test(tcase, devices_come_change_and_go);
	tcase_add_test(tcase, a_long_text_is_cut);
	tcase_add_test(tcase, the_bare_address_speaks_for_all_devices);
	tcase_add_test(tcase, after_a_start_nothing_is_published_before_the_account_was_heard);
	tcase_add_test(tcase, after_a_start_who_does_not_answer_is_offline);
	tcase_add_test(tcase, what_is_stored_is_only_sent_again);
	tcase_add_test(tcase, after_a_reconnect_devices_that_answer_make_no_noise);
	tcase_add_test(tcase, after_a_reconnect_who_is_gone_is_offline);
	tcase_add_test(tcase, a_device_that_drops_and_is_back_makes_no_noise);
	tcase_add_test(tcase, who_is_probed_by_a_colleague_is_probed_at_once);
	tcase_add_test(tcase, who_has_a_call_is_probed_at_once);
	tcase_add_test(tcase, who_has_a_call_before_the_connect_is_probed_first);
	tcase_add_test(tcase, more_who_hurry_than_there_is_room_for_are_all_probed);
	tcase_add_test(tcase, who_does_not_want_it_is_left_alone);
	tcase_add_test(tcase, what_is_wanted_while_disconnected_is_said_later);
	tcase_add_test(tcase, an_account_that_is_nobodys_is_left_alone);
	tcase_add_test(tcase, a_new_account_is_asked);
	tcase_add_test(tcase, a_crowd_is_asked_at_a_pace_and_completely);
	tcase_add_test(tcase, a_server_that_tells_unasked_makes_asking_needless);
	tcase_add_test(tcase, only_the_tenants_own_server_can_say_that);
	tcase_add_test(tcase, a_privilege_that_is_not_advertised_again_is_none);
	tcase_add_test(tcase, one_device_of_a_kind_is_asked_for_all);
	tcase_add_test(tcase, the_example_of_the_standard_is_verified);
	tcase_add_test(tcase, an_answer_that_does_not_match_counts_for_its_device_alone);
	tcase_add_test(tcase, silent_devices_of_one_account_hold_up_nobody_else);
	tcase_add_test(tcase, only_who_was_asked_can_answer);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
