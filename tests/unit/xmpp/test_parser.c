/* Bytes become stanzas: whatever way they arrive, and only within the limits. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "xmpp/namespaces.h"
#include "xmpp/parser.h"
#include "xmpp/render.h"

#define HEADER                                                                                               \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "                               \
	"xmlns:stream='http://etherx.jabber.org/streams' from='presence.example.org' id='s1'>"

static xmpp_ctx_t *context;
static struct parser *parser;
static struct error error;
static char id[64];
static char *last; /* the last stanza, rendered */
static unsigned stanzas, large, ends;

static void on_opened(void *ctx, const char *stream_id)
{
	(void)ctx;
	snprintf(id, sizeof(id), "%s", stream_id);
}

static void on_stanza(void *ctx, xmpp_stanza_t *stanza, bool too_large)
{
	(void)ctx;
	struct buf out;
	buf_init(&out, 1024 * 1024);
	ck_assert(render_stanza(&out, stanza));
	free(last);
	last = buf_take(&out);
	stanzas++;
	large += too_large;
}

static void on_ended(void *ctx)
{
	(void)ctx;
	ends++;
}

static void begin(void)
{
	const struct parser_events events = {.opened = on_opened, .stanza = on_stanza, .ended = on_ended};
	context = parser_context();
	parser = parser_new(context, &events);
	stanzas = large = ends = 0;
	error.text[0] = '\0';
}

static void end(void)
{
	parser_free(parser);
	xmpp_ctx_free(context);
	free(last);
	last = NULL;
}

static bool feed(const char *text)
{
	return parser_feed(parser, text, strlen(text), &error);
}

static void fill(struct buf *buf, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_add_text(buf, text);
}

START_TEST(a_stanza_arrives_whole)
{
	ck_assert(feed(HEADER
		"<presence from='a@b' to='c@d' xml:lang='en'><show>dnd</show><x:y xmlns:x='urn:x'>1 &lt; 2"
		"</x:y></presence>"));
	ck_assert_str_eq(id, "s1");
	ck_assert_uint_eq(stanzas, 1);
	ck_assert_ptr_nonnull(strstr(last, "from='a@b'"));
	ck_assert_ptr_nonnull(strstr(last, "xml:lang='en'"));
	ck_assert_ptr_nonnull(strstr(last, "><show>dnd</show><y xmlns='urn:x'>1 &lt; 2</y></presence>"));
}
END_TEST

START_TEST(every_way_of_cutting_gives_the_same)
{
	static const char text[] =
		HEADER " <iq type='get' id='1' from='a@b/c' to='d'><query xmlns='urn:q'>"
		       "<a>\xF0\x9F\x93\x9E &amp; more</a>\n <b/></query></iq>\n<message/></stream:stream>";
	char *expected;

	ck_assert(feed(text));
	expected = strdup(last);
	for (size_t piece = 1; piece < 8; piece++) {
		end();
		begin();
		for (size_t at = 0; at < sizeof(text) - 1; at += piece) {
			size_t left = sizeof(text) - 1 - at;
			ck_assert(parser_feed(parser, text + at, left < piece ? left : piece, &error));
		}
		ck_assert_uint_eq(stanzas, 2);
		ck_assert_uint_eq(ends, 1);
		ck_assert_str_eq(last, expected);
	}
	free(expected);
}
END_TEST

START_TEST(a_long_attribute_in_two_pieces_is_not_held_back)
{
	struct buf text;
	buf_init(&text, 100000);
	buf_add_text(&text, HEADER "<presence from='a@b' to='c@d' id='");
	fill(&text, "x", 8000);
	ck_assert(feed(buf_text(&text)));
	ck_assert(feed("'/>"));
	ck_assert_uint_eq(stanzas, 1);
	buf_done(&text);
}
END_TEST

START_TEST(white_space_counts_only_where_it_is_all_there_is)
{
	ck_assert(feed(HEADER "<message>\n <body> </body>\n <p/> tail </message>"));
	ck_assert_str_eq(last, "<message><body> </body><p/> tail </message>");
}
END_TEST

START_TEST(comments_and_instructions_are_passed_over)
{
	ck_assert(
		feed(HEADER "<!-- hello --><message><!-- x --><body>a<!-- y -->b</body><?pi z?></message>"));
	ck_assert_str_eq(last, "<message><body>ab</body></message>");
}
END_TEST

START_TEST(a_document_type_ends_the_stream)
{
	ck_assert(!feed("<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]>" HEADER));
	ck_assert_ptr_nonnull(strstr(error.text, "document type"));
	ck_assert(!feed("<message/>"));
}
END_TEST

START_TEST(what_is_no_stream_is_refused)
{
	ck_assert(!feed("<html xmlns='http://www.w3.org/1999/xhtml'><body/>"));
	end();
	begin();
	ck_assert(!feed("HTTP/1.1 400 Bad Request\r\n\r\n"));
	end();
	begin();
	ck_assert(feed(HEADER "<message>"));
	ck_assert(!feed("</presence>"));
	ck_assert_uint_eq(stanzas, 0);
}
END_TEST

static void expect_large(const struct buf *text)
{
	ck_assert(!text->overflow);
	ck_assert(parser_feed(parser, text->data, text->length, &error));
	ck_assert_uint_eq(stanzas, 1);
	ck_assert_uint_eq(large, 1);
	ck_assert_ptr_nonnull(strstr(last, "from='a@b'"));
	ck_assert_ptr_nonnull(strstr(last, "id='7'"));
	ck_assert_ptr_null(strstr(last, "child"));
	ck_assert(feed("<message><body>next</body></message>"));
	ck_assert_uint_eq(stanzas, 2);
	ck_assert_uint_eq(large, 1);
	ck_assert_str_eq(last, "<message><body>next</body></message>");
}

#define ROOT HEADER "<iq type='set' from='a@b' to='c' id='7'>"

START_TEST(a_stanza_too_long_is_skipped)
{
	struct buf text;
	buf_init(&text, 4 * LIMIT_STANZA_BYTES);
	buf_add_text(&text, ROOT "<child>");
	fill(&text, "0123456789abcdef", LIMIT_STANZA_BYTES / 16);
	buf_add_text(&text, "</child></iq>");
	expect_large(&text);
	buf_done(&text);
}
END_TEST

START_TEST(a_stanza_too_deep_is_skipped)
{
	struct buf text;
	buf_init(&text, 4 * LIMIT_STANZA_BYTES);
	buf_add_text(&text, ROOT);
	fill(&text, "<child>", 10000);
	fill(&text, "</child>", 10000);
	buf_add_text(&text, "</iq>");
	expect_large(&text);
	buf_done(&text);
}
END_TEST

START_TEST(a_stanza_of_too_many_elements_is_skipped)
{
	struct buf text;
	buf_init(&text, 4 * LIMIT_STANZA_BYTES);
	buf_add_text(&text, ROOT);
	for (int i = 0; i <= LIMIT_STANZA_ELEMENTS / 1000; i++) {
		buf_add_text(&text, "<child>");
		fill(&text, "<a/>", 1000);
		buf_add_text(&text, "</child>");
	}
	buf_add_text(&text, "</iq>");
	expect_large(&text);
	buf_done(&text);
}
END_TEST

START_TEST(an_element_of_too_many_children_is_skipped)
{
	static const char *const children[] = {"<child/>", "<child/>text"};
	struct buf text;
	buf_init(&text, 4 * LIMIT_STANZA_BYTES);
	for (unsigned texts = 0; texts < 2; texts++) {
		buf_clear(&text);
		buf_add_text(&text, ROOT);
		fill(&text, children[texts], LIMIT_STANZA_CHILDREN / (texts + 1));
		if (texts == 0)
			buf_add_text(&text, "<child/>");
		buf_add_text(&text, "text</iq>");
		if (texts == 0)
			expect_large(&text);
	}
	/* Text that is not broken up by an element is one child. */
	end();
	begin();
	ck_assert(feed(buf_text(&text)));
	ck_assert_uint_eq(large, 0);
	end();
	begin();
	text.length -= strlen("text</iq>");
	buf_add_text(&text, "text<child/></iq>");
	expect_large(&text);
	buf_done(&text);
}
END_TEST

START_TEST(an_element_of_too_many_attributes_is_skipped)
{
	struct buf text;
	buf_init(&text, 4 * LIMIT_STANZA_BYTES);
	buf_add_text(&text, ROOT "<child");
	for (int i = 0; i <= LIMIT_STANZA_ATTRIBUTES; i++)
		buf_addf(&text, " a%d=''", i);
	buf_add_text(&text, "/></iq>");
	expect_large(&text);
	buf_done(&text);
}
END_TEST

START_TEST(the_deepest_and_fullest_allowed_pass)
{
	struct buf text;
	buf_init(&text, 4 * LIMIT_STANZA_BYTES);
	buf_add_text(&text, HEADER "<iq>");
	fill(&text, "<c>", LIMIT_STANZA_DEPTH - 1);
	fill(&text, "</c>", LIMIT_STANZA_DEPTH - 1);
	buf_add_text(&text, "</iq><iq");
	for (int i = 0; i < LIMIT_STANZA_ATTRIBUTES; i++)
		buf_addf(&text, " a%d=''", i);
	buf_add_text(&text, ">");
	for (int i = 0; i < 8; i++) {
		buf_add_text(&text, "<b>");
		fill(&text, "<c/> ", i < 7 ? (size_t)LIMIT_STANZA_CHILDREN : LIMIT_STANZA_CHILDREN - 9);
		buf_add_text(&text, "</b>");
	}
	buf_add_text(&text, "</iq>");
	ck_assert(feed(buf_text(&text)));
	ck_assert_uint_eq(stanzas, 2);
	ck_assert_uint_eq(large, 0);
	ck_assert_ptr_nonnull(strstr(last, "a63=''"));
	buf_done(&text);
}
END_TEST

static void repeat(const char *text, size_t bytes)
{
	struct buf piece;

	buf_init(&piece, 80000);
	while (piece.length < 60000)
		buf_add_text(&piece, text);
	for (size_t fed = 0; fed < bytes; fed += piece.length)
		ck_assert_msg(parser_feed(parser, piece.data, piece.length, &error), "%s", error.text);
	buf_done(&piece);
}

static size_t memory(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (size_t)usage.ru_maxrss * 1024;
}

enum { MIB = 1024 * 1024 };

START_TEST(no_length_and_no_depth_closes_the_stream)
{
	size_t before = memory();

	ck_assert(feed(ROOT));
	repeat("<body>text &amp; text > text</body><![CDATA[</iq>]]>", 8 * MIB);
	repeat("a long text, and a long text, and a long text, and a long text, ", 256 * MIB);
	ck_assert(feed("</iq>"));
	ck_assert_uint_eq(large, 1);
	ck_assert_ptr_nonnull(strstr(last, "id='7'"));

	ck_assert(feed("<iq id='8'>"));
	repeat("<a b='/iq>' c=\"'/>\">", 8 * MIB);
	repeat("</a>", MIB);
	ck_assert_uint_eq(stanzas, 1);
	end();
	begin();

	ck_assert(feed(ROOT "<child a='"));
	repeat("&quot;", 32 * MIB);
	ck_assert(feed("'/></iq>"));
	ck_assert_uint_eq(large, 1);
	ck_assert_ptr_nonnull(strstr(last, "id='7'"));
	ck_assert(feed("<iq from='a@b' a='"));
	repeat("&quot;", 32 * MIB);
	ck_assert(feed("' id='9'><a/></iq>"));
	ck_assert_uint_eq(large, 2);
	ck_assert_str_eq(last, "<unreadable/>");
	ck_assert(feed("<message><body>next</body></message></stream:stream>"));
	ck_assert_uint_eq(stanzas, 3);
	ck_assert_str_eq(last, "<message><body>next</body></message>");
	ck_assert_uint_eq(ends, 1);
	ck_assert_uint_lt(memory() - before, 48 * MIB);
}
END_TEST

START_TEST(a_namespace_too_long_is_not_copied_to_every_element)
{
	struct buf text;
	size_t before = memory();

	buf_init(&text, LIMIT_STANZA_BYTES);
	buf_add_text(&text, ROOT "<child xmlns='urn:");
	fill(&text, "n", LIMIT_STANZA_BYTES / 2);
	buf_add_text(&text, "'>");
	for (int i = 0; i < 8; i++) {
		buf_add_text(&text, "<b>");
		fill(&text, "<a/>", 1000);
		buf_add_text(&text, "</b>");
	}
	buf_add_text(&text, "</child></iq>");
	expect_large(&text);
	ck_assert_uint_lt(memory() - before, 48 * MIB);
	buf_done(&text);
}
END_TEST

START_TEST(attributes_of_a_long_namespace_are_not_multiplied)
{
	struct buf text;
	size_t before = memory();

	buf_init(&text, LIMIT_STANZA_BYTES);
	buf_add_text(&text, ROOT "<child xmlns:p='urn:");
	fill(&text, "n", LIMIT_STANZA_BYTES / 2);
	buf_add_text(&text, "'");
	for (int i = 0; i < 9000; i++)
		buf_addf(&text, " p:a%d=''", i);
	buf_add_text(&text, "/></iq>");
	expect_large(&text);
	ck_assert_uint_lt(memory() - before, 48 * MIB);
	buf_done(&text);
}
END_TEST

START_TEST(elements_whose_attributes_have_a_long_namespace_are_not_read_on)
{
	struct buf text;

	buf_init(&text, LIMIT_STANZA_BYTES);
	buf_add_text(&text, ROOT "<child xmlns:p='urn:");
	fill(&text, "n", LIMIT_STANZA_BYTES / 2);
	buf_add_text(&text, "'>");
	while (text.length < LIMIT_STANZA_BYTES - 1024) {
		buf_add_text(&text, "<a");
		for (int i = 0; i < 52; i++)
			buf_addf(&text, " p:%c%c=''", 'a' + i / 26, 'a' + i % 26);
		buf_add_text(&text, "/>");
	}
	buf_add_text(&text, "</child></iq>");
	expect_large(&text);
	buf_done(&text);
}
END_TEST

static bool pausing;

static void on_stanza_pausing(void *ctx, xmpp_stanza_t *stanza, bool too_large)
{
	on_stanza(ctx, stanza, too_large);
	if (pausing)
		parser_pause(parser);
}

START_TEST(a_pause_leaves_the_rest_for_later)
{
	const struct parser_events events = {
		.opened = on_opened, .stanza = on_stanza_pausing, .ended = on_ended};
	static const char text[] = HEADER "<message/> <iq id='1'/><presence><show>dnd</show></presence> <iq";
	const char *at = text;
	size_t left = sizeof(text) - 1;

	parser_free(parser);
	parser = parser_new(context, &events);
	pausing = true;
	for (unsigned i = 1; i <= 3; i++) {
		ck_assert(parser_feed(parser, at, left, &error));
		ck_assert_uint_eq(stanzas, i);
		at += left - parser_left(parser);
		left = parser_left(parser);
	}
	ck_assert_str_eq(at, " <iq");
	pausing = false;
	ck_assert(parser_feed(parser, at, left, &error));
	ck_assert_uint_eq(parser_left(parser), 0);
	ck_assert(feed(" id='2'/>"));
	ck_assert_uint_eq(stanzas, 4);
}
END_TEST

START_TEST(what_looks_like_an_end_is_none)
{
	ck_assert(feed(HEADER "<message a='/>' b=\"'</message>\"><!-- </message> -- ><![CDATA[</message>]>]]>"
			      "</message>") == false);
	end();
	begin();
	ck_assert(feed(
		HEADER "<message a='/>' b=\"'&lt;/message>\"><!-- </message> - -> --><?pi </message> > ?>"
		       "<![CDATA[</message>]>]]></message><!-- <iq> --><?pi <iq> ?><iq/>"));
	ck_assert_uint_eq(stanzas, 2);
	ck_assert_str_eq(last, "<iq/>");
}
END_TEST

START_TEST(a_parser_that_is_renewed_loses_nothing)
{
	struct buf text;
	unsigned count = 0;

	ck_assert(feed(HEADER));
	buf_init(&text, 1024 * 1024);
	for (size_t fed = 0; fed < (size_t)5 * LIMIT_PARSER_BYTES; fed += text.length) {
		buf_clear(&text);
		for (int i = 0; i < 700; i++, count++)
			buf_addf(&text,
				"<message from='a@b' to='c@d' n%u='1'><body>number %u</body></message> ",
				count, count);
		for (size_t at = 0; at < text.length; at += 7777) {
			size_t left = text.length - at;
			ck_assert(parser_feed(parser, text.data + at, left < 7777 ? left : 7777, &error));
		}
		ck_assert_uint_eq(stanzas, count);
		ck_assert_ptr_nonnull(strstr(last, "number"));
	}
	ck_assert_uint_eq(large, 0);
	ck_assert(feed("</stream:stream>"));
	ck_assert_uint_eq(ends, 1);
	buf_done(&text);
}
END_TEST

START_TEST(nothing_is_delivered_after_a_stop)
{
	ck_assert(feed(HEADER "<message/>"));
	parser_stop(parser);
	ck_assert(feed("<message/><message/>"));
	ck_assert_uint_eq(stanzas, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parser");
	TCase *tests = tcase_create("parser");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_stanza_arrives_whole);
	tcase_add_test(tests, every_way_of_cutting_gives_the_same);
	tcase_add_test(tests, a_long_attribute_in_two_pieces_is_not_held_back);
	tcase_add_test(tests, white_space_counts_only_where_it_is_all_there_is);
	tcase_add_test(tests, comments_and_instructions_are_passed_over);
	tcase_add_test(tests, a_document_type_ends_the_stream);
	tcase_add_test(tests, what_is_no_stream_is_refused);
	tcase_add_test(tests, a_stanza_too_long_is_skipped);
	tcase_add_test(tests, a_stanza_too_deep_is_skipped);
	tcase_add_test(tests, a_stanza_of_too_many_elements_is_skipped);
	tcase_add_test(tests, an_element_of_too_many_children_is_skipped);
	tcase_add_test(tests, an_element_of_too_many_attributes_is_skipped);
	tcase_add_test(tests, the_deepest_and_fullest_allowed_pass);
	tcase_add_test(tests, no_length_and_no_depth_closes_the_stream);
	tcase_add_test(tests, a_namespace_too_long_is_not_copied_to_every_element);
	tcase_add_test(tests, attributes_of_a_long_namespace_are_not_multiplied);
	tcase_add_test(tests, elements_whose_attributes_have_a_long_namespace_are_not_read_on);
	tcase_add_test(tests, a_pause_leaves_the_rest_for_later);
	tcase_add_test(tests, what_looks_like_an_end_is_none);
	tcase_add_test(tests, a_parser_that_is_renewed_loses_nothing);
	tcase_add_test(tests, nothing_is_delivered_after_a_stop);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
