/* The generic event format: what becomes a fact, and what is refused by name. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "pbx/format.h"

static const struct pbx_source source = {.pbx = "hq", .lease_seconds = 90};
static struct fact_list list;
static struct error error;
static bool too_many;

static bool parse(const char *text)
{
	facts_done(&list);
	error = (struct error){0};
	return pbx_events_parse(text, strlen(text), &source, &list, &too_many, &error);
}

static void begin(void)
{
	facts_init(&list);
}

static void end(void)
{
	facts_done(&list);
}

START_TEST(a_full_event_becomes_one_fact)
{
	ck_assert_msg(
		parse("{\"event\":\"held\",\"call\":\"c1\",\"leg\":\"l1\",\"extension\":\"1001\","
		      "\"direction\":\"outbound\",\"kind\":\"meeting\",\"at\":\"2026-11-22T11:00:00+01:00\","
		      "\"id\":\"e1\"}"),
		"%s", error.text);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(list.facts[0].kind, FACT_CALL);
	const struct fact_call *call = &list.facts[0].call;
	ck_assert_str_eq(call->pbx, "hq");
	ck_assert_str_eq(call->call, "c1");
	ck_assert_str_eq(call->leg, "l1");
	ck_assert_str_eq(call->extension, "1001");
	ck_assert_str_eq(call->id, "e1");
	ck_assert_int_eq(call->event, CALL_HELD);
	ck_assert_int_eq(call->direction, DIRECTION_OUTBOUND);
	ck_assert_int_eq(call->kind, LEG_MEETING);
	ck_assert(call->has_kind);
	char at[CLOCK_TEXT];
	ck_assert_str_eq(clock_text(call->at, at), "2026-11-22T10:00:00Z");
	ck_assert_uint_eq(call->lease_seconds, 90);
}
END_TEST

START_TEST(what_is_absent_or_null_stays_unsaid)
{
	ck_assert(parse(
		"[{\"event\":\"ringing\",\"call\":\"c1\",\"extension\":\"1001\",\"leg\":null,\"at\":null}]"));
	const struct fact_call *call = &list.facts[0].call;
	ck_assert_ptr_null(call->leg);
	ck_assert_ptr_null(call->id);
	ck_assert_int_eq(call->direction, DIRECTION_UNKNOWN);
	ck_assert(!call->has_kind);
	ck_assert_int_eq(call->at, 0);
}
END_TEST

START_TEST(an_array_keeps_its_order_and_may_be_empty)
{
	ck_assert(parse("[{\"event\":\"ringing\",\"call\":\"c1\",\"extension\":\"1\"},"
			"{\"event\":\"ended\",\"call\":\"c2\",\"extension\":\"2\"}]"));
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(list.facts[0].call.call, "c1");
	ck_assert_str_eq(list.facts[1].call.call, "c2");
	ck_assert(parse("[]"));
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

#define EVENT(members) "{\"event\":\"ringing\",\"call\":\"c\",\"extension\":\"1\"" members "}"

START_TEST(what_is_wrong_is_named_by_its_path)
{
	static const struct {
		const char *text, *field;
	} rows[] = {
		{"", ""},
		{"7", ""},
		{"null", ""},
		{"{", ""},
		{EVENT("") "x", ""},
		{"[7]", "[0]"},
		{"[" EVENT("") ",[]]", "[1]"},
		{"[" EVENT("") ",{\"call\":\"c\",\"extension\":\"1\"}]", "[1].event"},
		{EVENT(",\"foo\":1"), "foo"},
		{"[" EVENT("") "," EVENT("") "," EVENT("") "," EVENT(",\"foo\":null") "]", "[3].foo"},
		{"{\"event\":\"explodes\",\"call\":\"c\",\"extension\":\"1\"}", "event"},
		{"{\"event\":\"Ringing\",\"call\":\"c\",\"extension\":\"1\"}", "event"},
		{"{\"event\":1,\"call\":\"c\",\"extension\":\"1\"}", "event"},
		{"{\"event\":\"ringing\",\"extension\":\"1\"}", "call"},
		{"{\"event\":\"ringing\",\"call\":\"\",\"extension\":\"1\"}", "call"},
		{"{\"event\":\"ringing\",\"call\":\"c\",\"extension\":1001}", "extension"},
		{"{\"event\":\"ringing\",\"call\":\"c\",\"extension\":null}", "extension"},
		{"{\"event\":\"ringing\",\"call\":\"a\\u0007\",\"extension\":\"1\"}", "call"},
		{"{\"event\":\"ringing\",\"call\":\"a\\u202e\",\"extension\":\"1\"}", "call"},
		{EVENT(",\"leg\":\"\""), "leg"},
		{EVENT(",\"id\":\"\""), "id"},
		{EVENT(",\"direction\":\"up\""), "direction"},
		{EVENT(",\"direction\":\"\""), "direction"},
		{EVENT(",\"kind\":\"seance\""), "kind"},
		{EVENT(",\"at\":\"yesterday\""), "at"},
		{EVENT(",\"at\":\"2026-11-22\""), "at"},
		{EVENT(",\"at\":1795344059"), "at"},
		{EVENT(",\"call\":\"again\""), ""},
		{"{\"event\":\"ringing\",\"call\":\"nul\\u0000\",\"extension\":\"1\"}", ""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(!parse(rows[i].text), "taken: %s", rows[i].text);
		ck_assert_msg(strcmp(error.field, rows[i].field) == 0, "%s: field %s (%s)", rows[i].text,
			error.field, error.text);
		ck_assert(error.text[0] != '\0');
		ck_assert(!too_many);
	}
}
END_TEST

START_TEST(lengths_are_counted_in_bytes)
{
	static const struct {
		const char *name;
		size_t most;
	} rows[] = {{"call", LIMIT_CALL_ID_BYTES}, {"extension", LIMIT_EXTENSION_BYTES},
		{"leg", LIMIT_LEG_ID_BYTES}, {"id", LIMIT_EVENT_ID_BYTES}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t over = 0; over < 2; over++) {
			char value[300], text[600];
			memset(value, 'x', sizeof(value));
			/* The last character takes two bytes. */
			snprintf(value + rows[i].most - 2 + over, 4, "ü");
			snprintf(text, sizeof(text), "{\"event\":\"ringing\",%s%s\"%s\":\"%s\"}",
				i == 0 ? "" : "\"call\":\"c\",", i == 1 ? "" : "\"extension\":\"1\",",
				rows[i].name, value);
			ck_assert_int_eq(parse(text), over == 0);
			ck_assert_str_eq(error.field, over == 0 ? "" : rows[i].name);
		}
	}
}
END_TEST

START_TEST(a_thousand_events_are_enough)
{
	for (int count = LIMIT_EVENTS_PER_POST; count <= LIMIT_EVENTS_PER_POST + 1; count++) {
		struct buf text;
		buf_init(&text, LIMIT_HTTP_BODY);
		for (int i = 0; i < count; i++)
			buf_add_text(&text, i == 0 ? "[" EVENT("") : "," EVENT(""));
		buf_add_char(&text, ']');
		bool fits = count <= LIMIT_EVENTS_PER_POST;
		ck_assert_int_eq(parse(buf_text(&text)), fits);
		ck_assert_int_eq(too_many, !fits);
		buf_done(&text);
	}
}
END_TEST

START_TEST(formats_are_found_by_name)
{
	ck_assert(pbx_format_find("events")->parse == pbx_events_parse);
	ck_assert(pbx_format_find("calls")->parse == pbx_calls_parse);
	ck_assert_ptr_null(pbx_format_find("smoke-signals"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("events");
	TCase *tests = tcase_create("events");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_full_event_becomes_one_fact);
	tcase_add_test(tests, what_is_absent_or_null_stays_unsaid);
	tcase_add_test(tests, an_array_keeps_its_order_and_may_be_empty);
	tcase_add_test(tests, what_is_wrong_is_named_by_its_path);
	tcase_add_test(tests, lengths_are_counted_in_bytes);
	tcase_add_test(tests, a_thousand_events_are_enough);
	tcase_add_test(tests, formats_are_found_by_name);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
