/* Plain presence is read without an XML parser, and everything else is left to one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "xmpp/announcement.h"
#include "xmpp/parser.h"

#define ADDRESSES " from='alice@example.org/desk' to='presence.example.org'"
#define HEADER_OF(namespace_)                                                                                \
	"<?xml version='1.0'?><stream:stream xmlns='" namespace_                                             \
	"' xmlns:stream='http://etherx.jabber.org/streams' id='s1'>"
#define HEADER HEADER_OF("jabber:component:accept")

static struct announcement read_;
static unsigned stanzas, announcements, expected;
static struct parser *pausing, *stopping;

static size_t reads(const char *text)
{
	return announcement_read(text, strlen(text), &read_);
}

static void is_read(const char *text)
{
	ck_assert_msg(reads(text) == strlen(text), "%s", text);
}

static void is_left(const char *text)
{
	ck_assert_msg(reads(text) == 0, "%s", text);
}

static void on_opened(void *ctx, const char *id)
{
	(void)ctx;
	(void)id;
}

static void on_stanza(void *ctx, xmpp_stanza_t *stanza, bool too_large)
{
	(void)ctx;
	(void)stanza;
	(void)too_large;
	stanzas++;
}

static void on_announcement(void *ctx, const struct announcement *announcement)
{
	(void)ctx;
	ck_assert_str_eq(announcement->to, "presence.example.org");
	announcements++;
	if (pausing != NULL)
		parser_pause(pausing);
	if (stopping != NULL)
		parser_stop(stopping);
}

static void on_expected(void *ctx, const struct announcement *list, size_t count)
{
	(void)ctx;
	for (size_t i = 0; i < count; i++)
		ck_assert_str_eq(list[i].to, "presence.example.org");
	ck_assert_uint_le(count, LIMIT_AHEAD);
	expected += (unsigned)count;
}

static void on_ended(void *ctx)
{
	(void)ctx;
}

/* In pieces of so many bytes. */
static void parse(const char *text, size_t piece)
{
	const struct parser_events events = {
		.opened = on_opened, .stanza = on_stanza, .announcement = on_announcement, .ended = on_ended};
	xmpp_ctx_t *context = parser_context();
	struct parser *parser = parser_new(context, &events);
	struct error error;

	stanzas = announcements = 0;
	for (size_t at = 0, length = strlen(text); at < length; at += piece)
		ck_assert(parser_feed(parser, text + at, length - at < piece ? length - at : piece, &error));
	parser_free(parser);
	xmpp_ctx_free(context);
}

START_TEST(a_probe_is_read)
{
	is_read("<presence type='probe'" ADDRESSES " id='7'/>");
	ck_assert_str_eq(read_.type, "probe");
	ck_assert_str_eq(read_.from, "alice@example.org/desk");
	ck_assert_str_eq(read_.to, "presence.example.org");
	ck_assert_str_eq(read_.id, "7");
	ck_assert_ptr_null(read_.show);
	ck_assert_ptr_null(read_.hash);
}
END_TEST

START_TEST(what_a_client_says_is_read)
{
	is_read("<presence" ADDRESSES " xml:lang='en'><show>away</show>"
		"<status>Caf\xC3\xA9 &amp; &quot;tea&quot;</status><priority>-1</priority>"
		"<x xmlns='vcard-temp:x:update'><photo>abc</photo></x>"
		"<idle xmlns='urn:xmpp:idle:1' since='2026-11-22T10:00:00Z'/>"
		"<delay xmlns='urn:xmpp:delay' stamp='2026-11-22T11:00:00Z'></delay>"
		"<c xmlns=\"http://jabber.org/protocol/caps\" hash=\"sha-1\" node=\"n\" "
		"ver=\"v=\"/></presence>");
	ck_assert_str_eq(read_.type, "");
	ck_assert_str_eq(read_.show, "away");
	ck_assert_str_eq(read_.status, "Caf\xC3\xA9 & \"tea\"");
	ck_assert_str_eq(read_.priority, "-1");
	ck_assert_str_eq(read_.idle_since, "2026-11-22T10:00:00Z");
	ck_assert_str_eq(read_.delay_stamp, "2026-11-22T11:00:00Z");
	ck_assert_str_eq(read_.hash, "sha-1");
	ck_assert_str_eq(read_.node, "n");
	ck_assert_str_eq(read_.ver, "v=");
}
END_TEST

START_TEST(elements_count_by_their_namespace)
{
	is_read("<presence" ADDRESSES "><c xmlns='urn:x' hash='h'/><idle since='s'/><x xmlns='urn:x'>"
		"<show>dnd</show></x></presence>");
	ck_assert_ptr_null(read_.hash);
	ck_assert_ptr_null(read_.idle_since);
	ck_assert_ptr_null(read_.show);
	is_read("<presence xmlns='jabber:client'" ADDRESSES "/>");
	is_left("<presence xmlns='urn:x'" ADDRESSES "/>");
}
END_TEST

START_TEST(only_the_stanza_is_read)
{
	static const char text[] = "<presence" ADDRESSES "></presence>";
	char both[sizeof(text) + 20];

	snprintf(both, sizeof(both), "%s<presence/>", text);
	ck_assert_uint_eq(reads(both), sizeof(text) - 1);
	for (size_t length = 0; length < sizeof(text) - 1; length++)
		ck_assert_uint_eq(announcement_read(text, length, &read_), 0);
}
END_TEST

START_TEST(what_is_not_plain_is_left)
{
	static const char *const texts[] = {
		"<iq" ADDRESSES "/>",
		"<presences" ADDRESSES "/>",
		" <presence" ADDRESSES "/>",
		"<presence type='subscribe'" ADDRESSES "/>",
		"<presence type='error'" ADDRESSES "/>",
		"<presence  type='probe'" ADDRESSES "/>",
		"<presence type='probe'" ADDRESSES " to='x'/>",
		"<presence type='probe'from='a@b' to='c'/>",
		"<presence type=probe" ADDRESSES "/>",
		"<presence type='pro&#98;e'" ADDRESSES "/>",
		"<presence x:type='probe'" ADDRESSES "/>",
		"<x:presence" ADDRESSES "/>",
		"<presence" ADDRESSES "> <show>away</show></presence>",
		"<presence" ADDRESSES "><show>aw<!-- -->ay</show></presence>",
		"<presence" ADDRESSES "><show><b/></show></presence>",
		"<presence" ADDRESSES "><status>a</status><status xml:lang='de'>b</status></presence>",
		"<presence" ADDRESSES "><status>]]></status></presence>",
		"<presence" ADDRESSES "><status>\x01</status></presence>",
		"<presence" ADDRESSES "><status>\xFF</status></presence>",
		"<presence" ADDRESSES "><status>\xEF\xBF\xBF</status></presence>",
		"<presence" ADDRESSES "><status>a&b</status></presence>",
		"<presence" ADDRESSES "><![CDATA[x]]></presence>",
		"<presence" ADDRESSES "><x></y></presence>",
		"<presence" ADDRESSES "></presences>",
		"<presence" ADDRESSES "><x xmlns=''/></presence>",
		"<presence" ADDRESSES "><x xmlns='http://www.w3.org/XML/1998/namespace'/></presence>",
		"<presence" ADDRESSES "><x xmlns:y='urn:y'/></presence>",
		"<presence" ADDRESSES "><1/></presence>",
		"<presence" ADDRESSES "><a><b><c><d>deep</d></c></b></a></presence>",
		"<presence" ADDRESSES " a='1' b='2' c='3' d='4' e='5' f='6' g='7'/>",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		is_left(texts[i]);
}
END_TEST

START_TEST(a_long_one_is_left)
{
	char text[ANNOUNCEMENT_BYTES + 256];
	int length = snprintf(text, sizeof(text), "<presence" ADDRESSES "><status>");

	memset(text + length, 'x', ANNOUNCEMENT_BYTES);
	snprintf(text + length + ANNOUNCEMENT_BYTES, sizeof(text) - (size_t)length - ANNOUNCEMENT_BYTES,
		"</status></presence>");
	is_left(text);
}
END_TEST

START_TEST(the_parser_tells_of_them_between_other_stanzas)
{
	static const char text[] =
		HEADER "<presence" ADDRESSES "/>\n <presence" ADDRESSES "><show>dnd</show></presence>"
		       "<iq/><presence type='subscribe'/><presence" ADDRESSES "/>";

	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		parse(text, piece);
		ck_assert_uint_eq(stanzas + announcements, 5);
		ck_assert_uint_ge(stanzas, 2);
	}
	ck_assert_uint_eq(announcements, 2); /* what stands behind white space is left */
}
END_TEST

START_TEST(in_a_stream_of_another_namespace_there_are_none)
{
	parse(HEADER_OF("jabber:client") "<presence" ADDRESSES "/>", 1000);
	ck_assert_uint_eq(announcements, 0);
	ck_assert_uint_eq(stanzas, 1);
}
END_TEST

static struct parser *opened(xmpp_ctx_t *context)
{
	const struct parser_events events = {.opened = on_opened,
		.stanza = on_stanza,
		.announcement = on_announcement,
		.expected = on_expected,
		.ended = on_ended};
	struct parser *parser = parser_new(context, &events);
	struct error error;

	stanzas = announcements = expected = 0;
	ck_assert(parser_feed(parser, HEADER, strlen(HEADER), &error));
	return parser;
}

START_TEST(those_that_come_together_are_expected)
{
	enum { MANY = LIMIT_AHEAD + 2 };
	static const char one[] = "<presence" ADDRESSES "/>";
	char text[(MANY + 1) * sizeof(one)] = "";
	xmpp_ctx_t *context = parser_context();
	struct parser *parser = opened(context);
	struct error error;

	ck_assert(parser_feed(parser, one, strlen(one), &error));
	ck_assert_uint_eq(expected, 0);
	for (int i = 0; i < MANY; i++)
		strcat(text, one);
	ck_assert(parser_feed(parser, text, strlen(text), &error));
	ck_assert_uint_eq(announcements, 1 + MANY);
	ck_assert_uint_eq(expected, MANY);
	parser_free(parser);
	xmpp_ctx_free(context);
}
END_TEST

START_TEST(a_pause_holds_after_one)
{
	static const char text[] = "<presence" ADDRESSES "/><presence" ADDRESSES "/>";
	const size_t one = strlen(text) / 2;
	xmpp_ctx_t *context = parser_context();
	struct parser *parser = opened(context);
	struct error error;

	pausing = parser;
	ck_assert(parser_feed(parser, text, 2 * one, &error));
	ck_assert_uint_eq(announcements, 1);
	ck_assert_uint_eq(parser_left(parser), one);
	ck_assert(parser_feed(parser, text + one, one, &error));
	ck_assert_uint_eq(announcements, 2);
	ck_assert_uint_eq(parser_left(parser), 0);
	pausing = NULL;
	parser_free(parser);
	xmpp_ctx_free(context);
}
END_TEST

START_TEST(after_a_stop_comes_none)
{
	static const char text[] = "<presence" ADDRESSES "/><presence" ADDRESSES "/>";
	xmpp_ctx_t *context = parser_context();
	struct parser *parser = opened(context);
	struct error error;

	stopping = parser;
	ck_assert(parser_feed(parser, text, strlen(text), &error));
	ck_assert(parser_feed(parser, text, strlen(text), &error));
	ck_assert_uint_eq(announcements, 1);
	stopping = NULL;
	parser_free(parser);
	xmpp_ctx_free(context);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("announcement");
	TCase *tests = tcase_create("announcement");

	tcase_add_test(tests, a_probe_is_read);
	tcase_add_test(tests, what_a_client_says_is_read);
	tcase_add_test(tests, elements_count_by_their_namespace);
	tcase_add_test(tests, only_the_stanza_is_read);
	tcase_add_test(tests, what_is_not_plain_is_left);
	tcase_add_test(tests, a_long_one_is_left);
	tcase_add_test(tests, the_parser_tells_of_them_between_other_stanzas);
	tcase_add_test(tests, in_a_stream_of_another_namespace_there_are_none);
	tcase_add_test(tests, those_that_come_together_are_expected);
	tcase_add_test(tests, a_pause_holds_after_one);
	tcase_add_test(tests, after_a_stop_comes_none);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
