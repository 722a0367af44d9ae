/* Stanzas from outside get the answer they deserve, or none. */
#include "real_component.h"

#include "xmpp/auto_people.h"
#include "xmpp/route.h"

#define TO_COMPONENT " to='presence.example.org'"
#define TO_ALICE " to='alice@presence.example.org'"
#define FROM_ALICE " from='alice@example.org/r1'"
#define FROM_BOB " from='bob@example.org/r1'"
#define FROM_STRANGER " from='eve@other.example/x'"

static void begin(void)
{
	component_begin();
	connect_now();
	fake_forget(&server);
}

/* Says it and waits until it must have been answered. */
static void say(const char *text)
{
	fake_forget(&server);
	fake_say(&server, text);
	settle();
}

static void came(const char *text)
{
	ck_assert_msg(fake_count(&server, text) == 1, "there should be one %s in %.1500s", text,
		buf_text(&server.in));
}

static void no_answer(void)
{
	ck_assert_msg(server.in.length == 0, "there should be no answer: %.1500s", buf_text(&server.in));
}

START_TEST(an_unknown_request_is_answered_with_an_error)
{
	say("<iq type='get' id='1'" FROM_BOB TO_ALICE "><query xmlns='urn:unknown'/></iq>");
	came("<iq ");
	came("id='1'");
	came("<error type='cancel'><service-unavailable "
	     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
	came("to='bob@example.org/r1'");
	came("from='alice@presence.example.org'");
}
END_TEST

START_TEST(a_request_that_is_none_is_a_bad_one)
{
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT "/>");
	came("<bad-request");
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT "><a xmlns='x:'/><b xmlns='x:'/></iq>");
	came("<bad-request");
	say("<iq type='bogus' id='1'" FROM_BOB TO_COMPONENT "><a xmlns='x:'/></iq>");
	came("<bad-request");
	say("<iq id='1'" FROM_BOB TO_COMPONENT "><a xmlns='x:'/></iq>");
	came("<bad-request");
}
END_TEST

START_TEST(answers_and_errors_are_never_answered)
{
	static const char *const texts[] = {
		"<iq type='result' id='1'" FROM_BOB TO_COMPONENT "/>",
		"<iq type='error' id='1'" FROM_BOB TO_COMPONENT "><error/></iq>",
		"<iq type='get'" FROM_BOB TO_COMPONENT "><ping xmlns='urn:xmpp:ping'/></iq>",
		"<message type='error'" FROM_BOB TO_ALICE "><body>x</body></message>",
		"<message type='headline'" FROM_BOB TO_ALICE "><body>x</body></message>",
		"<message type='chat'" FROM_BOB TO_ALICE "><composing xmlns='urn:c'/></message>",
		"<message type='chat'" FROM_BOB TO_ALICE
		"><body>x</body><delay xmlns='urn:xmpp:delay'/></message>",
		"<presence type='error'" FROM_BOB TO_ALICE "/>",
		"<presence type='unsubscribed'" FROM_BOB TO_ALICE "/>",
		"<presence type='unsubscribe'" FROM_BOB TO_ALICE "/>",
		"<presence" FROM_BOB TO_ALICE "/>",
		"<presence type='unavailable'" FROM_BOB TO_COMPONENT "/>",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		say(texts[i]);
		no_answer();
	}
	say("<message type='chat'" FROM_BOB TO_ALICE "><body>x</body></message>");
	came("<message to='bob@example.org/r1' type='error'");
	say("<message" FROM_STRANGER TO_ALICE "><body>x</body></message>");
	came("<service-unavailable");
}
END_TEST

START_TEST(bad_addresses_are_dropped_and_counted)
{
	static const char *const texts[] = {
		"<iq type='get' id='1'" TO_COMPONENT "><ping xmlns='urn:xmpp:ping'/></iq>",
		"<iq type='get' id='1'" FROM_BOB "><ping xmlns='urn:xmpp:ping'/></iq>",
		"<iq type='get' id='1' from='' to='presence.example.org'><ping xmlns='urn:xmpp:ping'/></iq>",
		"<iq type='get' id='1' from='@/' to='presence.example.org'><ping "
		"xmlns='urn:xmpp:ping'/></iq>",
		"<presence type='probe'" FROM_BOB " to='alice@other.example.org'/>",
		"<presence type='subscribe'" FROM_BOB " to='@presence.example.org'/>",
		"<bogus" FROM_BOB TO_COMPONENT "/>",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int64_t dropped = metrics_get(METRIC_STANZAS_DROPPED);
		say(texts[i]);
		no_answer();
		ck_assert_int_eq(metrics_get(METRIC_STANZAS_DROPPED), dropped + 1);
	}
}
END_TEST

START_TEST(what_comes_from_ourselves_is_ignored)
{
	say("<iq type='get' id='1' from='alice@presence.example.org' to='presence.example.org'><ping "
	    "xmlns='urn:xmpp:ping'/></iq><presence type='subscribe' from='presence.example.org'" TO_ALICE
	    "/>");
	no_answer();
}
END_TEST

START_TEST(a_request_too_large_is_refused)
{
	int64_t dropped = metrics_get(METRIC_STANZAS_DROPPED);

	fake_forget(&server);
	fake_say(&server, "<iq type='set' id='big'" FROM_BOB TO_COMPONENT ">");
	for (int i = 0; i <= LIMIT_STANZA_DEPTH; i++)
		fake_say(&server, "<a>");
	for (int i = 0; i <= LIMIT_STANZA_DEPTH; i++)
		fake_say(&server, "</a>");
	fake_say(&server, "</iq>");
	settle();
	came("id='big'");
	came("<policy-violation");
	ck_assert_int_eq(metrics_get(METRIC_STANZAS_DROPPED), dropped + 1);
}
END_TEST

static void send_answer(size_t length)
{
	xmpp_ctx_t *context = component_context(component);
	xmpp_stanza_t *answer = element_new(context, NULL, "iq", NULL, "type", "result", "id", "many", "from",
		"presence.example.org", "to", "bob@example.org/r1", NULL);
	char *text = calloc(1, length + 1);

	memset(text, '\'', length);
	element_text(element_new(context, answer, "query", "urn:q", NULL), text);
	free(text);
	fake_forget(&server);
	component_send(component, answer);
	xmpp_stanza_release(answer);
	settle();
}

START_TEST(an_answer_too_large_becomes_an_error)
{
	/* A quote takes six bytes. */
	send_answer(LIMIT_STANZA_OUT_BYTES / 6 - 200);
	came("type='result'");
	send_answer(LIMIT_STANZA_OUT_BYTES / 6);
	came("<iq ");
	came("type='error'");
	came("id='many'");
	came("<resource-constraint ");
	came("to='bob@example.org/r1'");
}
END_TEST

START_TEST(a_subscription_is_accepted_kept_and_answered)
{
	for (int i = 0; i < 2; i++) {
		say("<presence type='subscribe' from='bob@example.org'" TO_ALICE " xml:lang='en'/>");
		came("<presence to='bob@example.org' type='subscribed' from='alice@presence.example.org'/>");
		came("<presence from='alice@presence.example.org/offhook' to='bob@example.org'>");
		came("id='available'");
	}
	ck_assert_uint_eq(watchers_saved, 1);
	ck_assert_str_eq(saved_watcher, "alice bob@example.org 1");
	choose(alice, "dnd");
	expect("id='dnd'", 1);
}
END_TEST

START_TEST(strangers_are_not_accepted_unless_policy_allows)
{
	say("<presence type='subscribe' from='eve@other.example'" TO_ALICE "/>");
	came("<presence to='eve@other.example' type='unsubscribed' from='alice@presence.example.org'/>");
	came("<presence");
	say("<presence type='probe'" FROM_STRANGER TO_ALICE "/>");
	came("type='unsubscribed'");
	came("<presence");
	say("<presence type='subscribe' from='eve@other.example'" TO_COMPONENT "/>");
	came("type='unsubscribed'");
	say("<presence type='subscribe' from='example.org'" TO_ALICE "/>");
	came("type='unsubscribed'");
	ck_assert_uint_eq(watchers_saved, 0);
	snprintf(engine->policy.allowed_domains, sizeof(engine->policy.allowed_domains), "other.example");
	say("<presence type='subscribe' from='eve@other.example'" TO_ALICE "/>");
	came("type='subscribed'");
	ck_assert_uint_eq(watchers_saved, 1);
	ck_assert_uint_eq(changes_asked, 0);
}
END_TEST

static void allow(const char *domains)
{
	static struct policy policy;
	policy = engine->policy;
	snprintf(policy.allowed_domains, sizeof(policy.allowed_domains), "%s", domains);
	tell((struct fact){.kind = FACT_POLICY, .policy = {.policy = &policy}});
}

START_TEST(a_domain_that_is_no_longer_allowed_hears_no_more)
{
	allow("friends.example other.example");
	say("<presence type='subscribe' from='eve@other.example'" TO_ALICE "/>");
	say("<presence type='subscribe' from='bob@example.org'" TO_ALICE "/>");
	say("<presence type='subscribe' from='fred@friends.example'" TO_ALICE "/>");
	ck_assert_uint_eq(watchers_saved, 3);
	fake_forget(&server);
	allow("friends.example");
	choose(alice, "dnd");
	expect("id='dnd'", 2);
	came("<presence from='alice@presence.example.org/offhook' type='unavailable' "
	     "to='eve@other.example'/>");
	came("to='eve@other.example'");
	ck_assert_str_eq(saved_watcher, "alice eve@other.example 0");
	ck_assert_uint_eq(watchers_saved, 4);
	came("to='bob@example.org'");
	came("to='fred@friends.example'");
}
END_TEST

START_TEST(one_who_is_refused_no_longer_watches)
{
	allow("other.example");
	say("<presence type='subscribe' from='eve@other.example'" TO_ALICE "/>");
	now += 20 * DAY;
	for (int i = 0; i < 2; i++) {
		fake_forget(&server);
		fake_say(&server, "<presence" FROM_STRANGER TO_ALICE
				  "/><presence type='probe'" FROM_STRANGER TO_ALICE "/>");
		allow("none.example"); /* before anything is read */
		settle();
		came("<presence to='eve@other.example' type='unsubscribed' "
		     "from='alice@presence.example.org'/>");
		ck_assert_uint_eq(fake_count(&server, "type='unavailable' to='eve@other.example'/>"), i == 0);
	}
	ck_assert_str_eq(saved_watcher, "alice eve@other.example 0");
	ck_assert_uint_eq(watchers_saved, 2);
}
END_TEST

START_TEST(a_probe_beyond_the_limit_ends_no_subscription)
{
	char jid[64];

	for (unsigned i = 0; i < LIMIT_WATCHERS_PER_CONTACT; i++) {
		snprintf(jid, sizeof(jid), "w%u@example.org", i);
		watchers_add(component_watchers(component), "alice", jid, now);
	}
	say("<presence type='probe'" FROM_BOB TO_ALICE "/>");
	came("<presence");
	came("<presence from='alice@presence.example.org/offhook' to='bob@example.org/r1'>");
	say("<presence type='subscribe' from='bob@example.org'" TO_ALICE "/>");
	came("<presence");
	came("type='error'");
	came("<error type='wait'><resource-constraint ");
	ck_assert_uint_eq(watchers_saved, 0);
}
END_TEST

START_TEST(a_probe_makes_a_watcher_and_is_answered_to_the_resource)
{
	say("<presence type='probe'" FROM_BOB TO_ALICE "/>");
	came("<presence from='alice@presence.example.org/offhook' to='bob@example.org/r1'>");
	came("<presence");
	ck_assert_str_eq(saved_watcher, "alice bob@example.org 1");
	choose(alice, "invisible");
	expect("type='unavailable' to='bob@example.org'/>", 1);
	say("<presence type='probe'" FROM_BOB TO_ALICE "/>");
	came("<presence from='alice@presence.example.org/offhook' type='unavailable' "
	     "to='bob@example.org/r1'/>");
	say("<presence type='probe'" FROM_BOB " to='nobody@presence.example.org'/>");
	came("<presence from='nobody@presence.example.org/offhook' type='unavailable' "
	     "to='bob@example.org/r1'/>");
}
END_TEST

START_TEST(who_unsubscribes_hears_no_more)
{
	say("<presence type='subscribe' from='bob@example.org'" TO_ALICE "/>");
	say("<presence type='unsubscribe' from='bob@example.org'" TO_ALICE "/>");
	came("<presence to='bob@example.org' type='unsubscribed' from='alice@presence.example.org'/>");
	came("type='unavailable' to='bob@example.org'/>");
	ck_assert_str_eq(saved_watcher, "alice bob@example.org 0");
	fake_forget(&server);
	choose(alice, "dnd");
	settle();
	refuse("id='dnd'");
}
END_TEST

START_TEST(being_heard_of_is_saved_after_weeks)
{
	say("<presence type='subscribe' from='bob@example.org'" TO_ALICE "/>");
	say("<presence" FROM_BOB TO_ALICE "/>");
	ck_assert_uint_eq(watchers_saved, 1);
	now += 20 * DAY;
	say("<presence" FROM_BOB TO_ALICE "/>");
	no_answer();
	ck_assert_uint_eq(watchers_saved, 2);
	say("<presence type='unavailable'" FROM_BOB TO_ALICE "/>");
	ck_assert_uint_eq(watchers_saved, 2);
}
END_TEST

START_TEST(the_component_itself_can_be_watched)
{
	say("<presence type='subscribe' from='bob@example.org'" TO_COMPONENT "/>");
	came("<presence to='bob@example.org' type='subscribed' from='presence.example.org'/>");
	came("<presence to='bob@example.org' from='presence.example.org'/>");
	say("<presence type='probe'" FROM_BOB TO_COMPONENT "/>");
	came("<presence to='bob@example.org/r1' from='presence.example.org'/>");
	ck_assert_uint_eq(watchers_saved, 0);
}
END_TEST

START_TEST(an_account_that_subscribes_becomes_a_person)
{
	for (int i = 0; i < 2; i++)
		say("<presence type='subscribe' from='carol@example.org'" TO_ALICE "/>");
	ck_assert_uint_eq(changes_asked, 1);
	ck_assert_str_eq(change_contact, "carol");
	ck_assert_str_eq(change_account, "carol@example.org");
	commit_person(3);
	ck_assert_ptr_nonnull(engine_person_by_account(engine, "carol@example.org"));
	say("<presence type='subscribe' from='carol@example.org'" TO_ALICE "/>");
	ck_assert_uint_eq(changes_asked, 1);
}
END_TEST

struct answer {
	struct person *person;
	unsigned calls;
	char reason[448];
};

static void on_person(void *arg, struct person *person, const struct error *error)
{
	struct answer *answer = arg;
	answer->calls++;
	answer->person = person;
	snprintf(answer->reason, sizeof(answer->reason), "%s", error != NULL ? error->text : "");
}

START_TEST(who_may_become_a_person_is_decided_at_once)
{
	struct answer answer = {0};

	auto_person(component, "alice@example.org", on_person, &answer);
	ck_assert_uint_eq(answer.calls, 1);
	ck_assert_ptr_eq(answer.person, alice);
	auto_person(component, "eve@other.example", on_person, &answer);
	ck_assert_uint_eq(answer.calls, 2);
	ck_assert_ptr_null(answer.person);
	ck_assert_ptr_nonnull(strstr(answer.reason, "example.org"));
	tell((struct fact){.kind = FACT_PERSON, .person = {.row = 9, .contact = "desk", .name = "Desk"}});
	auto_person(component, "desk@example.org", on_person, &answer);
	ck_assert_ptr_null(answer.person);
	ck_assert_ptr_nonnull(strstr(answer.reason, "administrator"));
	engine->policy.auto_people = false;
	auto_person(component, "carol@example.org", on_person, &answer);
	ck_assert_ptr_null(answer.person);
	ck_assert_uint_eq(answer.calls, 4);
	ck_assert_uint_eq(changes_asked, 0);
}
END_TEST

START_TEST(all_who_wait_for_one_person_are_told)
{
	struct answer first = {0}, second = {0};

	auto_person(component, "carol@example.org", on_person, &first);
	auto_person(component, "carol@example.org", on_person, &second);
	ck_assert_uint_eq(changes_asked, 1);
	ck_assert_uint_eq(first.calls + second.calls, 0);
	commit_person(3);
	ck_assert_uint_eq(first.calls, 1);
	ck_assert_uint_eq(second.calls, 1);
	ck_assert_str_eq(second.person->contact, "carol");
}
END_TEST

START_TEST(a_component_that_goes_away_leaves_nothing_behind)
{
	struct answer answer = {0};

	auto_person(component, "carol@example.org", on_person, &answer);
	ck_assert(change_done != NULL);
	component_free(component);
	component = NULL;
	ck_assert(change_done == NULL);
	ck_assert_uint_eq(answer.calls, 0);
	turns(SECOND / 50);
}
END_TEST

START_TEST(simple_questions_are_answered)
{
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT "><query xmlns='jabber:iq:version'/></iq>");
	came("<query xmlns='jabber:iq:version'><name>Offhook</name><version>" OFFHOOK_VERSION
	     "</version></query>");
	say("<iq type='get' id='1'" FROM_STRANGER TO_COMPONENT "><ping xmlns='urn:xmpp:ping'/></iq>");
	came("to='eve@other.example/x' type='result' from='presence.example.org'");
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT "><time xmlns='urn:xmpp:time'/></iq>");
	came("<tzo>+00:00</tzo><utc>2023-11-14T22:13:20Z</utc>");
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT "><query xmlns='jabber:iq:last'/></iq>");
	came("<query xmlns='jabber:iq:last' seconds='0'/>");
}
END_TEST

START_TEST(last_activity_shows_what_colleagues_may_see)
{
	choose(alice, "dnd");
	now += 90 * SECOND;
	say("<iq type='get' id='1'" FROM_BOB TO_ALICE "><query xmlns='jabber:iq:last'/></iq>");
	came("seconds='90'");
	say("<iq type='get' id='1'" FROM_STRANGER TO_ALICE "><query xmlns='jabber:iq:last'/></iq>");
	came("<error type='auth'><forbidden");
	choose(alice, "invisible");
	say("<iq type='get' id='1'" FROM_BOB TO_ALICE "><query xmlns='jabber:iq:last'/></iq>");
	came("<service-unavailable");
}
END_TEST

#define INFO "<query xmlns='http://jabber.org/protocol/disco#info'"
#define ITEMS "<query xmlns='http://jabber.org/protocol/disco#items'"

START_TEST(what_it_is_can_be_discovered)
{
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT ">" INFO "/></iq>");
	came("<identity type='presence' category='component' name='Presence'/>");
	came("<identity type='command-list' category='automation' name='Presence'/>");
	came("<feature var='urn:xmpp:ping'/>");
	came("<feature var='http://jabber.org/protocol/commands'/>");
	say("<iq type='get' id='1'" FROM_BOB TO_ALICE ">" INFO "/></iq>");
	came("<identity type='registered' category='account'/>");
	say("<iq type='get' id='1'" FROM_STRANGER TO_ALICE ">" INFO "/></iq>");
	came("<service-unavailable");
	say("<iq type='get' id='1'" FROM_BOB " to='nobody@presence.example.org'>" INFO "/></iq>");
	came("<service-unavailable");
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT ">" INFO " node='nothing'/></iq>");
	came("<item-not-found");
}
END_TEST

START_TEST(the_caps_of_a_presence_can_be_resolved)
{
	char ver[64], ask[512];

	say("<presence type='probe'" FROM_BOB TO_ALICE "/>");
	const char *at = strstr(server.in.data, "ver='");
	ck_assert_ptr_nonnull(at);
	snprintf(ver, sizeof(ver), "%.*s", (int)strcspn(at + 5, "'"), at + 5);
	snprintf(ask, sizeof(ask),
		"<iq type='get' id='1'" FROM_BOB " to='alice@presence.example.org/offhook'>" INFO
		" node='urn:offhook:1#%s'/></iq>",
		ver);
	say(ask);
	came("type='result'");
	came("node='urn:offhook:1#");
	came("<identity type='presence' category='component'/>");

	/* The hash of XEP-0115 section 5.1 over what was answered. */
	char text[2048] = "component/presence//<";
	size_t features = 0;
	for (at = server.in.data; (at = strstr(at, "<feature var='")) != NULL; at++, features++) {
		size_t length = strlen(text);
		snprintf(text + length, sizeof(text) - length, "%.*s<", (int)strcspn(at + 14, "'"), at + 14);
	}
	xmpp_ctx_t *context = xmpp_ctx_new(NULL, NULL);
	unsigned char digest[20];
	xmpp_sha1_digest((const unsigned char *)text, strlen(text), digest);
	char *encoded = xmpp_base64_encode(context, digest, sizeof(digest));
	ck_assert_uint_gt(features, 0);
	ck_assert_str_eq(encoded, ver);
	xmpp_free(context, encoded);
	xmpp_ctx_free(context);
}
END_TEST

START_TEST(people_are_listed_to_the_tenant_only)
{
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT ">" ITEMS "/></iq>");
	came("<item jid='alice@presence.example.org' name='alice'/><item jid='bob@presence.example.org' "
	     "name='bob'/>");
	refuse("<set");
	say("<iq type='get' id='1'" FROM_STRANGER TO_COMPONENT ">" ITEMS "/></iq>");
	came("type='result'");
	refuse("<item");
}
END_TEST

START_TEST(people_come_in_pages)
{
	char contact[32], seen[32] = "";

	for (int i = 0; i < 250; i++) {
		snprintf(contact, sizeof(contact), "p%03d", i);
		tell((struct fact){.kind = FACT_PERSON,
			.person = {.row = 100 + i, .contact = contact, .name = contact}});
	}
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT ">" ITEMS "/></iq>");
	ck_assert_uint_eq(fake_count(&server, "<item "), LIMIT_PAGE);
	came("<count>253</count>");

	unsigned total = 0, pages = 0;
	for (;;) {
		char ask[512];
		snprintf(ask, sizeof(ask),
			"<iq type='get' id='1'" FROM_BOB TO_COMPONENT ">" ITEMS
			"><set xmlns='http://jabber.org/protocol/rsm'><max>70</max>%s%s%s</set></query></iq>",
			seen[0] ? "<after>" : "", seen, seen[0] ? "</after>" : "");
		say(ask);
		unsigned count = fake_count(&server, "<item ");
		const char *last = strstr(server.in.data, "<last>");
		if (count == 0)
			break;
		total += count;
		pages++;
		ck_assert_ptr_nonnull(last);
		snprintf(seen, sizeof(seen), "%.*s", (int)strcspn(last + 6, "<"), last + 6);
	}
	ck_assert_uint_eq(total, 253);
	ck_assert_uint_eq(pages, 4);
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT ">" ITEMS
	    "><set xmlns='http://jabber.org/protocol/rsm'>"
	    "<max>0</max></set></query></iq>");
	refuse("<item ");
	came("<count>253</count>");
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT ">" ITEMS
	    "><set xmlns='http://jabber.org/protocol/rsm'>"
	    "<max>-1</max></set></query></iq>");
	came("<bad-request");
	say("<iq type='get' id='1'" FROM_BOB TO_COMPONENT ">" ITEMS
	    "><set xmlns='http://jabber.org/protocol/rsm'>"
	    "<before/></set></query></iq>");
	came("<feature-not-implemented");
}
END_TEST

#define VCARD "<vCard xmlns='vcard-temp'/></iq>"

START_TEST(a_colleague_gets_the_card_of_a_person)
{
	say("<iq type='get' id='1'" FROM_ALICE " to='bob@presence.example.org'>" VCARD);
	came("<vCard xmlns='vcard-temp'><FN>bob</FN><N><GIVEN>bob</GIVEN></N>"
	     "<TEL><WORK/><VOICE/><NUMBER>1002</NUMBER></TEL>"
	     "<TEL><WORK/><VOICE/><NUMBER>1003</NUMBER></TEL><JABBERID>bob@example.org</JABBERID></vCard>");
	tell((struct fact){.kind = FACT_PERSON, .person = {.row = 9, .contact = "desk", .name = "A & <B>"}});
	say("<iq type='get' id='1'" FROM_ALICE " to='desk@presence.example.org/offhook'>" VCARD);
	came("<FN>A &amp; &lt;B&gt;</FN>");
	refuse("<JABBERID");
	say("<iq type='get' id='1'" FROM_ALICE " to='nobody@presence.example.org'>" VCARD);
	came("<item-not-found");
	say("<iq type='get' id='1'" FROM_ALICE TO_COMPONENT ">" VCARD);
	came("<FN>Presence</FN>");
	came("<JABBERID>presence.example.org</JABBERID>");
	say("<iq type='set' id='1'" FROM_ALICE TO_ALICE ">" VCARD);
	came("<forbidden");
}
END_TEST

START_TEST(strangers_get_no_card_and_do_not_learn_who_exists)
{
	static const char *const to[] = {"alice@", "nobody@", ""};
	char text[256];

	for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
		snprintf(text, sizeof(text),
			"<iq type='get' id='1'" FROM_STRANGER " to='%spresence.example.org'>" VCARD, to[i]);
		say(text);
		came("<error type='auth'><forbidden");
	}
	snprintf(engine->policy.allowed_domains, sizeof(engine->policy.allowed_domains), "other.example");
	say("<iq type='get' id='1'" FROM_STRANGER TO_ALICE ">" VCARD);
	came("<FN>alice</FN>");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("route");
	TCase *tests = tcase_create("route");

	tcase_add_checked_fixture(tests, begin, component_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, an_unknown_request_is_answered_with_an_error);
	tcase_add_test(tests, a_request_that_is_none_is_a_bad_one);
	tcase_add_test(tests, answers_and_errors_are_never_answered);
	tcase_add_test(tests, bad_addresses_are_dropped_and_counted);
	tcase_add_test(tests, what_comes_from_ourselves_is_ignored);
	tcase_add_test(tests, a_request_too_large_is_refused);
	tcase_add_test(tests, an_answer_too_large_becomes_an_error);
	tcase_add_test(tests, a_subscription_is_accepted_kept_and_answered);
	tcase_add_test(tests, strangers_are_not_accepted_unless_policy_allows);
	tcase_add_test(tests, a_domain_that_is_no_longer_allowed_hears_no_more);
	tcase_add_test(tests, one_who_is_refused_no_longer_watches);
	tcase_add_test(tests, a_probe_beyond_the_limit_ends_no_subscription);
	tcase_add_test(tests, a_probe_makes_a_watcher_and_is_answered_to_the_resource);
	tcase_add_test(tests, who_unsubscribes_hears_no_more);
	tcase_add_test(tests, being_heard_of_is_saved_after_weeks);
	tcase_add_test(tests, the_component_itself_can_be_watched);
	tcase_add_test(tests, an_account_that_subscribes_becomes_a_person);
	tcase_add_test(tests, who_may_become_a_person_is_decided_at_once);
	tcase_add_test(tests, all_who_wait_for_one_person_are_told);
	tcase_add_test(tests, a_component_that_goes_away_leaves_nothing_behind);
	tcase_add_test(tests, simple_questions_are_answered);
	tcase_add_test(tests, last_activity_shows_what_colleagues_may_see);
	tcase_add_test(tests, what_it_is_can_be_discovered);
	tcase_add_test(tests, the_caps_of_a_presence_can_be_resolved);
	tcase_add_test(tests, people_are_listed_to_the_tenant_only);
	tcase_add_test(tests, people_come_in_pages);
	tcase_add_test(tests, a_colleague_gets_the_card_of_a_person);
	tcase_add_test(tests, strangers_get_no_card_and_do_not_learn_who_exists);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
