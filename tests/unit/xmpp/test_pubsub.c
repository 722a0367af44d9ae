/* The catalogue as a pubsub node: read by colleagues in pages, written by nobody. */
#include "real_component.h"

#define BOB "bob@example.org/r1"
#define STRANGER "eve@other.example/x"
#define PUBSUB "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
#define OWNER "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>"
#define ITEMS "<items node='urn:offhook:1:statuses'/>"

static void begin(void)
{
	component_begin();
	connect_now();
}

static void ask(const char *type, const char *from, const char *payload)
{
	char text[4096];

	fake_forget(&server);
	snprintf(text, sizeof(text), "<iq type='%s' id='1' from='%s' to='presence.example.org'>%s</iq>", type,
		from, payload);
	fake_say(&server, text);
	settle();
}

static void came(const char *text)
{
	ck_assert_msg(fake_count(&server, text) == 1, "there should be one %s in %.1500s", text,
		buf_text(&server.in));
}

/* A part of the answer whose end is `end`; attributes come in no certain order. */
static const char *part(const char *begin_, const char *end)
{
	static char text[1024];
	const char *at = strstr(server.in.data, begin_), *stop = at != NULL ? strstr(at, end) : NULL;

	ck_assert_msg(stop != NULL, "there is no %s in %.1500s", begin_, server.in.data);
	snprintf(text, sizeof(text), "%.*s", (int)(stop - at), at);
	return text;
}

static void add_status(int number, bool enabled)
{
	char id[32], name[32];

	snprintf(id, sizeof(id), "own-%03d", number);
	snprintf(name, sizeof(name), "Own <%03d>", number);
	tell((struct fact){.kind = FACT_STATUS,
		.status = {.row = 100 + number,
			.id = id,
			.name = name,
			.icon = "",
			.color = "#102030",
			.text = number == 0 ? "a & b" : "",
			.activity = "",
			.show = SHOW_XA,
			.position = (uint32_t)(1000 + number),
			.enabled = enabled,
			.kind = STATUS_CUSTOM}});
}

START_TEST(a_colleague_reads_the_statuses_that_are_enabled)
{
	add_status(0, true);
	add_status(1, false);
	ask("get", BOB, PUBSUB ITEMS "</pubsub>");
	came("<items node='urn:offhook:1:statuses'>");
	ck_assert_uint_eq(fake_count(&server, "<item "), 12);
	refuse("<set");
	refuse("own-001");
	const char *item = part("<item id='on-call'>", "</item>");
	static const char *const wanted[] = {"xmlns='urn:offhook:1'", " id='on-call'", " name='On Call'",
		" show='dnd'", " icon='📞'", " color='#AD1457'", " kind='automatic'", " position='100'"};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		ck_assert_msg(strstr(item, wanted[i]), "no %s in %s", wanted[i], item);
	item = part("<item id='own-000'>", "</item>");
	ck_assert_ptr_nonnull(strstr(item, " name='Own &lt;000&gt;'"));
	ck_assert_ptr_nonnull(strstr(item, " text='a &amp; b'"));
	ck_assert_ptr_null(strstr(item, "icon="));
}
END_TEST

START_TEST(single_items_can_be_asked_for)
{
	ask("get", BOB,
		PUBSUB
		"<items node='urn:offhook:1:statuses'><item id='dnd'/><item id='gone'/></items></pubsub>");
	came("<item ");
	came("<item id='dnd'>");
	ask("get", BOB, PUBSUB "<items node='urn:offhook:1:statuses'><item id='gone'/></items></pubsub>");
	came("<item-not-found");
}
END_TEST

START_TEST(a_long_catalogue_comes_in_pages)
{
	char text[512], seen[64] = "";
	unsigned total = 0, pages = 0;

	for (int i = 0; i < 250; i++)
		add_status(i, i % 2 == 0);
	ask("get", BOB, PUBSUB ITEMS "</pubsub>");
	ck_assert_uint_eq(fake_count(&server, "<item "), LIMIT_PAGE);
	came("<first>available</first>");
	came("<count>136</count>");
	for (;;) {
		snprintf(text, sizeof(text),
			PUBSUB ITEMS "<set xmlns='http://jabber.org/protocol/rsm'><max>50</max>"
				     "<after>%s</after></set></pubsub>",
			seen);
		ask("get", BOB, text);
		unsigned count = fake_count(&server, "<item ");
		if (count == 0)
			break;
		total += count;
		pages++;
		snprintf(seen, sizeof(seen), "%s", part("<last>", "</last>") + strlen("<last>"));
	}
	ck_assert_uint_eq(total, 136);
	ck_assert_uint_eq(pages, 3);
	came("<count>136</count>");
	refuse("<last>");
	ask("get", BOB, PUBSUB "<items node='urn:offhook:1:statuses' max_items='3'/></pubsub>");
	ck_assert_uint_eq(fake_count(&server, "<item "), 3);
	came("<last>away</last>");
}
END_TEST

START_TEST(a_bad_page_is_refused)
{
	static const struct {
		const char *set, *error;
	} cases[] = {
		{"<max>-1</max>", "<bad-request"},
		{"<max>x</max>", "<bad-request"},
		{"<before/>", "<feature-not-implemented"},
		{"<index>3</index>", "<feature-not-implemented"},
		{"<after>never</after>", "<item-not-found"},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text),
			PUBSUB ITEMS "<set xmlns='http://jabber.org/protocol/rsm'>%s</set></pubsub>",
			cases[i].set);
		ask("get", BOB, text);
		came(cases[i].error);
	}
	ask("get", BOB, PUBSUB "<items node='urn:offhook:1:statuses' max_items='0'/></pubsub>");
	came("<bad-request");
}
END_TEST

START_TEST(what_is_not_there_is_said_so)
{
	static const struct {
		const char *type, *payload, *error, *feature;
	} cases[] = {
		{"get", PUBSUB "<items node='other'/></pubsub>", "<item-not-found", NULL},
		{"get", PUBSUB "<items/></pubsub>", "<nodeid-required", NULL},
		{"get", PUBSUB "</pubsub>", "<bad-request", NULL},
		{"set", PUBSUB ITEMS "</pubsub>", "<bad-request", NULL},
		{"get", OWNER ITEMS "</pubsub>", "<bad-request", NULL},
		{"set", PUBSUB "<subscribe node='urn:offhook:1:statuses' jid='bob@example.org'/></pubsub>",
			"<feature-not-implemented", "subscribe"},
		{"set", PUBSUB "<publish node='urn:offhook:1:statuses'><item/></publish></pubsub>",
			"<feature-not-implemented", "publish"},
		{"set", PUBSUB "<retract node='urn:offhook:1:statuses'><item id='dnd'/></retract></pubsub>",
			"<feature-not-implemented", "delete-items"},
		{"set", PUBSUB "<create node='mine'/><configure/></pubsub>", "<feature-not-implemented",
			"create-nodes"},
		{"get", PUBSUB "<subscriptions/></pubsub>", "<feature-not-implemented",
			"retrieve-subscriptions"},
		{"set", OWNER "<delete node='urn:offhook:1:statuses'/></pubsub>", "<feature-not-implemented",
			"delete-nodes"},
		{"get", OWNER "<configure node='urn:offhook:1:statuses'/></pubsub>",
			"<feature-not-implemented", "config-node"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char unsupported[160];
		ask(cases[i].type, BOB, cases[i].payload);
		came(cases[i].error);
		snprintf(unsupported, sizeof(unsupported), " feature='%s'",
			cases[i].feature ? cases[i].feature : "");
		ck_assert_uint_eq(fake_count(&server, unsupported), cases[i].feature != NULL);
	}
}
END_TEST

START_TEST(strangers_see_no_catalogue)
{
	ask("get", STRANGER, PUBSUB ITEMS "</pubsub>");
	came("<error type='auth'><forbidden");
	refuse("<item ");
	ask("get", STRANGER, PUBSUB "<items node='other'/></pubsub>");
	came("<error type='auth'><forbidden");
	ask("set", STRANGER, PUBSUB "<subscribe node='urn:offhook:1:statuses' jid='x@y'/></pubsub>");
	came("<error type='auth'><forbidden");
	ask("get", STRANGER,
		"<query xmlns='http://jabber.org/protocol/disco#info' node='urn:offhook:1:statuses'/>");
	came("<item-not-found");
	ask("get", STRANGER,
		"<query xmlns='http://jabber.org/protocol/disco#items' node='urn:offhook:1:statuses'/>");
	came("<item-not-found");
}
END_TEST

START_TEST(the_node_is_discovered)
{
	ask("get", BOB, "<query xmlns='http://jabber.org/protocol/disco#info'/>");
	came("<identity type='service' category='pubsub' name='Presence'/>");
	came("<feature var='http://jabber.org/protocol/pubsub'/>");
	came("<feature var='http://jabber.org/protocol/pubsub#retrieve-items'/>");
	came("<feature var='http://jabber.org/protocol/rsm'/>");
	ask("get", BOB, "<query xmlns='http://jabber.org/protocol/disco#items'/>");
	ck_assert_uint_eq(fake_count(&server, "<item "), 3);
	came("node='urn:offhook:1:statuses'");
	ask("get", BOB,
		"<query xmlns='http://jabber.org/protocol/disco#info' node='urn:offhook:1:statuses'/>");
	came("<identity type='leaf' category='pubsub' name='Statuses'/>");
	ask("get", BOB,
		"<query xmlns='http://jabber.org/protocol/disco#items' node='urn:offhook:1:statuses'/>");
	ck_assert_uint_eq(fake_count(&server, "<item "), 11);
	came("name='on-call'");
}
END_TEST

START_TEST(the_node_is_the_first_of_all_pages)
{
	ask("get", BOB,
		"<query xmlns='http://jabber.org/protocol/disco#items'>"
		"<set xmlns='http://jabber.org/protocol/rsm'><max>1</max></set></query>");
	came("<item ");
	came("<last>urn:offhook:1:statuses</last>");
	came("<count>3</count>");
	ask("get", BOB,
		"<query xmlns='http://jabber.org/protocol/disco#items'>"
		"<set xmlns='http://jabber.org/protocol/rsm'><max>1</max>"
		"<after>urn:offhook:1:statuses</after></set></query>");
	came("<item ");
	came("<first>alice</first>");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pubsub");
	TCase *tests = tcase_create("pubsub");

	tcase_add_checked_fixture(tests, begin, component_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_colleague_reads_the_statuses_that_are_enabled);
	tcase_add_test(tests, single_items_can_be_asked_for);
	tcase_add_test(tests, a_long_catalogue_comes_in_pages);
	tcase_add_test(tests, a_bad_page_is_refused);
	tcase_add_test(tests, what_is_not_there_is_said_so);
	tcase_add_test(tests, strangers_see_no_catalogue);
	tcase_add_test(tests, the_node_is_discovered);
	tcase_add_test(tests, the_node_is_the_first_of_all_pages);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
