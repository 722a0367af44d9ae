/* What goes out is well-formed whatever was put in, and a presence looks as the design says. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "xmpp/parser.h"
#include "xmpp/render.h"
#include "xmpp/route.h"

static xmpp_ctx_t *context;
static struct buf out;
static struct catalogue catalogue;
static struct rendered rendered;

static void begin(void)
{
	context = parser_context();
	buf_init(&out, 100000);
	catalogue_init(&catalogue);
	rendered_init(&rendered,
		&(struct sender){.domain = "presence.example.org", .resource = "offhook", .caps = "VER="});
}

static void end(void)
{
	xmpp_ctx_free(context);
	buf_done(&out);
	catalogue_done(&catalogue);
	rendered_done(&rendered);
}

START_TEST(a_tree_is_written_with_its_namespaces)
{
	xmpp_stanza_t *iq = element_new(context, NULL, "iq", "jabber:client", "type", "result", NULL);
	xmpp_stanza_t *query = element_new(context, iq, "query", "urn:q", NULL);
	element_new(context, query, "same", "urn:q", NULL);
	xmpp_stanza_t *other = element_new(context, query, "other", "urn:o", NULL);
	element_text(element_new(context, other, "inner", NULL, NULL), "text");
	element_new(context, iq, "plain", "jabber:component:accept", NULL);

	ck_assert(render_stanza(&out, iq));
	ck_assert_str_eq(out.data,
		"<iq type='result'><query xmlns='urn:q'><same/><other xmlns='urn:o'><inner>text</inner>"
		"</other></query><plain/></iq>");
	xmpp_stanza_release(iq);
}
END_TEST

START_TEST(bad_text_is_cleaned)
{
	xmpp_stanza_t *message = element_new(context, NULL, "message", NULL, "id", "a'\x01<", NULL);
	element_text(element_new(context, message, "body", NULL, NULL), "1 < 2 & \xFF \x02 \xEF\xBF\xBE end");

	ck_assert(render_stanza(&out, message));
	ck_assert_str_eq(out.data,
		"<message id='a&apos;\uFFFD&lt;'><body>1 &lt; 2 &amp; \uFFFD \uFFFD \uFFFD end</body>"
		"</message>");
	xmpp_stanza_release(message);
}
END_TEST

START_TEST(too_deep_or_too_large_adds_nothing)
{
	xmpp_stanza_t *root = element_new(context, NULL, "a", NULL, NULL), *at = root;
	buf_add_text(&out, "before");
	for (int i = 0; i <= RENDER_DEPTH; i++)
		at = element_new(context, at, "a", NULL, NULL);
	ck_assert(!render_stanza(&out, root));
	ck_assert_str_eq(out.data, "before");
	xmpp_stanza_release(root);
}
END_TEST

static const char *presence(const struct presence *of)
{
	render_presence(&rendered, "b'ob", of);
	buf_clear(&out);
	buf_add(&out, rendered.head.data, rendered.head.length);
	buf_add_text(&out, "alice@example.org");
	buf_add(&out, rendered.tail.data, rendered.tail.length);
	return buf_text(&out);
}

START_TEST(on_call_looks_as_designed)
{
	struct presence of = {.status = catalogue.on_call,
		.rule = RULE_CALL,
		.message = "",
		.automatic = true,
		.since = 1700000000 * SECOND};
	ck_assert_str_eq(presence(&of),
		"<presence from='b&apos;ob@presence.example.org/offhook' "
		"to='alice@example.org'><show>dnd</show>"
		"<status>📞 On Call</status><rich-status xmlns='urn:offhook:1' id='on-call' icon='📞' "
		"color='#AD1457' "
		"automatic='true' since='2023-11-14T22:13:20Z'><name>On Call</name></rich-status>"
		"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:offhook:1' "
		"ver='VER='/></presence>");
}
END_TEST

START_TEST(available_has_no_show_and_a_message_has_its_element)
{
	struct presence of = {
		.status = catalogue.available, .message = "at <home>", .until = 1700000000 * SECOND};
	const char *text = presence(&of);
	ck_assert_ptr_null(strstr(text, "<show>"));
	ck_assert_ptr_nonnull(strstr(text, "<status>✅ Available (at &lt;home&gt;)</status>"));
	ck_assert_ptr_nonnull(strstr(text, "until='2023-11-14T22:13:20Z'"));
	ck_assert_ptr_nonnull(strstr(text, "<message>at &lt;home&gt;</message>"));
	ck_assert_ptr_null(strstr(text, "since"));
	of.idle_since = 1700000000 * SECOND;
	ck_assert_ptr_nonnull(
		strstr(presence(&of), "<idle xmlns='urn:xmpp:idle:1' since='2023-11-14T22:13:20Z'/>"));
}
END_TEST

START_TEST(whoever_is_offline_has_the_same_bytes)
{
	struct presence gone = {.status = catalogue.offline, .rule = RULE_OFFLINE, .message = ""};
	struct presence hidden = {.status = catalogue.offline,
		.rule = RULE_INVISIBLE,
		.message = "secret",
		.since = 5,
		.digest = 77};
	char first[256];

	snprintf(first, sizeof(first), "%s", presence(&gone));
	ck_assert_str_eq(first, "<presence from='b&apos;ob@presence.example.org/offhook' type='unavailable' "
				"to='alice@example.org'/>");
	ck_assert_str_eq(presence(&hidden), first);
	ck_assert_uint_eq(render_digest(&gone), PRESENCE_DIGEST_OFFLINE);
	ck_assert_uint_eq(render_digest(&hidden), PRESENCE_DIGEST_OFFLINE);
}
END_TEST

START_TEST(an_unavailable_status_of_ones_own_keeps_its_text)
{
	const struct status_fields fields = {.id = "gone-home",
		.name = "Gone home",
		.icon = "",
		.color = "#000000",
		.text = "",
		.activity = "",
		.show = SHOW_UNAVAILABLE,
		.kind = STATUS_CUSTOM,
		.enabled = true};
	struct presence of = {.status = catalogue_put(&catalogue, &fields), .message = ""};
	const char *text = presence(&of);
	ck_assert_ptr_nonnull(
		strstr(text, "type='unavailable' to='alice@example.org'><status>Gone home</status>"));
	ck_assert_ptr_nonnull(strstr(text, "id='gone-home' color='#000000'"));
	ck_assert_ptr_null(strstr(text, "caps"));
}
END_TEST

static const struct status *put_numbered(int number, const char *name)
{
	char id[32];
	snprintf(id, sizeof(id), "status-%d", number);
	const struct status_fields fields = {.row = 1000 + number,
		.id = id,
		.name = name,
		.icon = "",
		.color = "#000000",
		.text = "",
		.activity = "",
		.show = SHOW_AWAY,
		.kind = STATUS_CUSTOM,
		.enabled = true};
	return catalogue_put(&catalogue, &fields);
}

START_TEST(an_edited_status_is_shown_as_it_is_now)
{
	struct presence of = {.status = put_numbered(1, "Before"), .message = ""};
	ck_assert_ptr_nonnull(strstr(presence(&of), "<status>Before</status>"));

	of.status = put_numbered(1, "After");
	const char *text = presence(&of);
	ck_assert_ptr_nonnull(strstr(text, "<status>After</status>"));
	ck_assert_ptr_nonnull(strstr(text, "<name>After</name>"));
	ck_assert_ptr_null(strstr(text, "Before"));
}
END_TEST

START_TEST(many_statuses_in_turn_each_show_their_own_words)
{
	enum { MANY = 3 * RENDERED_STATUSES };
	for (int i = 0; i < 2 * MANY; i++) {
		char name[32], expected[128];
		snprintf(name, sizeof(name), "Number %d", i % MANY);
		snprintf(expected, sizeof(expected), "<status>%s (here)</status>", name);
		struct presence of = {.status = put_numbered(i % MANY, name), .message = "here"};
		ck_assert_ptr_nonnull(strstr(presence(&of), expected));
		snprintf(expected, sizeof(expected), "<name>%s</name><message>here</message>", name);
		ck_assert_ptr_nonnull(strstr(out.data, expected));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("render");
	TCase *tests = tcase_create("render");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_tree_is_written_with_its_namespaces);
	tcase_add_test(tests, bad_text_is_cleaned);
	tcase_add_test(tests, too_deep_or_too_large_adds_nothing);
	tcase_add_test(tests, on_call_looks_as_designed);
	tcase_add_test(tests, available_has_no_show_and_a_message_has_its_element);
	tcase_add_test(tests, whoever_is_offline_has_the_same_bytes);
	tcase_add_test(tests, an_unavailable_status_of_ones_own_keeps_its_text);
	tcase_add_test(tests, an_edited_status_is_shown_as_it_is_now);
	tcase_add_test(tests, many_statuses_in_turn_each_show_their_own_words);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
