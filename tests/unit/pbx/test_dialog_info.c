/* Dialog information of RFC 4235: full and partial, in order and late, good, bad and hostile. */
#include "core/engine.h"
#include "native.h"
#include "pbx/dialog_versions.h"

static bool parse(const char *text)
{
	return parse_bytes("dialog-info", text, strlen(text));
}

static void takes(const char *text)
{
	ck_assert_msg(parse(text), "%s: %s: %s", text, error.field, error.text);
}

#define INFO(version, state, dialogs)                                                                        \
	"<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" "                \
	"version=\"" version "\" state=\"" state "\" entity=\"sip:1001@pbx.example.org\">\n" dialogs         \
	"</dialog-info>\n"

START_TEST(a_full_document_is_the_snapshot_of_its_entity)
{
	/* As Asterisk writes it: the extension is the id. */
	takes(INFO("3", "full",
		"<dialog id=\"1001\" direction=\"recipient\"><state> early </state></dialog>"
		"<dialog id=\"b\" call-id=\"c7\" direction=\"initiator\"><state>confirmed</state>"
		"<local><target uri=\"sip:1001@x\"><param pname=\"+sip.rendering\" "
		"pval=\"no\"/></target></local>"
		"</dialog><dialog id=\"c\"><state>terminated</state></dialog>"));
	ck_assert_uint_eq(list.count, 1);
	const struct fact_snapshot *snapshot = &list.facts[0].snapshot;
	ck_assert_int_eq(list.facts[0].kind, FACT_SNAPSHOT);
	ck_assert_str_eq(snapshot->extension, "1001");
	ck_assert_int_eq(snapshot->at, source.received);
	ck_assert_uint_eq(snapshot->count, 2);
	ck_assert_str_eq(snapshot->legs[0].call, "1001");
	ck_assert_int_eq(snapshot->legs[0].state, LEG_RINGING);
	ck_assert_int_eq(snapshot->legs[0].direction, DIRECTION_INBOUND);
	ck_assert_str_eq(snapshot->legs[1].call, "c7");
	ck_assert_str_eq(snapshot->legs[1].leg, "b");
	ck_assert_int_eq(snapshot->legs[1].state, LEG_HELD);
	ck_assert_int_eq(snapshot->legs[1].direction, DIRECTION_OUTBOUND);
	takes(INFO("0", "full", "<dialog id=\"1001\"><state>terminated</state></dialog>"));
	ck_assert_uint_eq(list.facts[0].snapshot.count, 0);
	takes(INFO("0", "full", ""));
	ck_assert_uint_eq(list.facts[0].snapshot.count, 0);
}
END_TEST

START_TEST(a_partial_document_speaks_of_the_dialogs_it_names)
{
	takes(INFO("4", "partial",
		"<dialog id=\"a\" direction=\"initiator\"><state>proceeding</state></dialog>"
		"<dialog id=\"b\" direction=\"recipient\"><state "
		"event=\"replaced\">terminated</state></dialog>"
		"<dialog id=\"c\"><state>confirmed</state></dialog>"
		"<dialog id=\"d\"><state>confirmed</state><remote><target uri=\"x\"><param pval=\"no\" "
		"pname=\"+sip.rendering\"/></target></remote></dialog>"
		"<dialog id=\"e\"><state>dreaming</state></dialog><dialog id=\"f\"/>"));
	static const char *const expected[] = {"1001 ringing outbound", "1001 ended inbound", "1001 ringing",
		"1001 answered", "1001 ringing", "1001 answered", "1001 held"};
	ck_assert_uint_eq(list.count, 7);
	for (size_t i = 0; i < 7; i++)
		ck_assert_str_eq(call_text(i), expected[i]);
	ck_assert_str_eq(list.facts[1].call.leg, "b");
}
END_TEST

START_TEST(the_entity_names_the_extension)
{
	static const char *const rows[][2] = {{"sip:1001@h", "1001"},
		{"sips:1001:secret@h;user=phone", "1001"}, {"sip:%2A98@h", "*98"},
		{"tel:+4930123;ext=4", "+4930123"}, {"sip:b%C3%BC@h", "b\xc3\xbc"}};
	char text[512];
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(text, sizeof(text),
			"<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='1' state='full' "
			"entity='%s'/>",
			rows[i][0]);
		takes(text);
		ck_assert_str_eq(list.facts[0].snapshot.extension, rows[i][1]);
	}
	static const char *const bad[] = {
		"", "1001", "sip:pbx.example.org", "sip:@h", "sip:a%00b@h", "sip:a%ffb@h"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text),
			"<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='1' state='full' "
			"entity='%s'/>",
			bad[i]);
		ck_assert_msg(!parse(text), "taken: %s", bad[i]);
		ck_assert_str_eq(error.field, "entity");
	}
}
END_TEST

START_TEST(a_late_version_says_nothing)
{
	source.versions = dialog_versions_new();
	takes(INFO("7", "full", ""));
	ck_assert_uint_eq(list.count, 1);
	takes(INFO("6", "full", ""));
	ck_assert_uint_eq(list.count, 0);
	takes(INFO("7", "full", "")); /* perhaps the first was not taken */
	ck_assert_uint_eq(list.count, 1);
	takes(INFO("6", "partial", "<dialog id=\"a\"><state>early</state></dialog>"));
	ck_assert_uint_eq(list.count, 0);
	takes(INFO("0", "full", "")); /* a new subscription */
	ck_assert_uint_eq(list.count, 1);
	takes(INFO("1", "full", ""));
	ck_assert_uint_eq(list.count, 1);
	takes(INFO("9", "full", ""));
	source.received += (LIMIT_DIALOG_QUIET_SECONDS + 1) * SECOND;
	takes(INFO("2", "full", "")); /* whose beginning was missed */
	ck_assert_uint_eq(list.count, 1);
	dialog_versions_free(source.versions);
	source.versions = NULL;
}
END_TEST

static void apply_to(struct engine *engine, const char *text)
{
	struct effect effect;
	takes(text);
	ck_assert_uint_eq(list.count, 1);
	ck_assert(engine_apply(engine, &list.facts[0], source.received, &error));
	while (engine_next_effect(engine, &effect))
		;
}

/* By the version alone. As Asterisk writes it: every call of an extension has the same id. */
START_TEST(documents_are_in_order_whatever_the_clock_says)
{
	usec_t received = source.received;
	struct timers timers;
	timers_init(&timers);
	struct engine *engine = engine_new("example.org", 1, &timers);
	engine_start(engine, source.received);
	source.versions = dialog_versions_new();
	apply_to(engine, INFO("1", "full", "<dialog id=\"1001\"><state>confirmed</state></dialog>"));
	ck_assert_uint_eq(engine->live.count, 1);
	source.received -= HOUR;
	apply_to(engine, INFO("2", "full", "<dialog id=\"1001\"><state>terminated</state></dialog>"));
	ck_assert_uint_eq(engine->live.count, 0);
	source.received -= HOUR;
	apply_to(engine, INFO("3", "full", "<dialog id=\"1001\"><state>early</state></dialog>"));
	ck_assert_uint_eq(engine->live.count, 1);
	source.received -= HOUR;
	apply_to(engine, INFO("1", "full", "")); /* perhaps there was a new subscription between */
	ck_assert_uint_eq(engine->live.count, 0);
	dialog_versions_free(source.versions);
	source.versions = NULL;
	source.received = received;
	engine_free(engine);
	timers_done(&timers);
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
	static const char *const rows[][2] = {{"", ""}, {"{}", ""}, {"<a/>", ""},
		{INFO("x", "full", ""), "version"}, {INFO("-1", "full", ""), "version"},
		{INFO("1", "whole", ""), "state"}, {INFO("1", "full", "<dialog/>"), "dialog"},
		{INFO("1", "full", "<dialog id=''/>"), "dialog[0].id"},
		{INFO("1", "full", "<dialog id='a'/><dialog id='b' call-id='&#7;'/>"), ""},
		{INFO("1", "full", "<dialog id='a'/><dialog id='b' call-id=''/>"), "dialog[1].call-id"},
		{INFO("1", "full", "<dialog id='a'>"), ""}, {INFO("1", "full", "") "x", ""},
		{INFO("1", "full", "&nbsp;"), ""},
		{"<dialog-info version='1' state='full' entity='sip:1@h'/>", ""},
		{"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", ""},
		{"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", ""},
		{"<?xml version='1.0' encoding='UTF-16'?><a>\xff\xfe</a>", ""}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(!parse(rows[i][0]), "taken: %s", rows[i][0]);
		ck_assert_str_eq(error.field, rows[i][1]);
		ck_assert(error.text[0] != '\0' && !too_many && list.count == 0);
	}
	ck_assert(!parse("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"));
	ck_assert_ptr_nonnull(strstr(error.text, "document type"));
}
END_TEST

static char *repeated(const char *head, const char *text, int times, const char *tail)
{
	char *all = calloc(1, strlen(head) + strlen(text) * (size_t)times + strlen(tail) + 1), *at = all;
	at += sprintf(at, "%s", head);
	for (int i = 0; i < times; i++)
		at += sprintf(at, "%s", text);
	strcpy(at, tail);
	return all;
}

#define HEAD                                                                                                 \
	"<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='1' state='full' entity='sip:1@h'>"

START_TEST(depth_and_number_are_bounded)
{
	char *deep = repeated(HEAD, "<a>", 100000, "");
	ck_assert(!parse(deep));
	ck_assert_ptr_nonnull(strstr(error.text, "deeply"));
	free(deep);
	char *many = repeated(HEAD, "<dialog id='a'/>", LIMIT_EVENTS_PER_POST + 1, "</dialog-info>");
	ck_assert(!parse(many));
	ck_assert(too_many);
	free(many);
	char *most = repeated(HEAD, "<dialog id='a'/>", LIMIT_EVENTS_PER_POST, "</dialog-info>");
	takes(most);
	free(most);
	char *state = repeated(
		HEAD "<dialog id='a'><state>", "confirmed", 10000, "</state></dialog></dialog-info>");
	takes(state);
	ck_assert_uint_eq(list.facts[0].snapshot.count, 0);
	free(state);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_full_document_is_the_snapshot_of_its_entity,
		a_partial_document_speaks_of_the_dialogs_it_names, the_entity_names_the_extension,
		a_late_version_says_nothing, documents_are_in_order_whatever_the_clock_says,
		what_is_wrong_is_named, depth_and_number_are_bounded};
	return run("dialog_info", tests, sizeof(tests) / sizeof(*tests));
}
