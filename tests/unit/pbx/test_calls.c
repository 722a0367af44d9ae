/* The generic snapshot. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "pbx/format.h"

static const struct pbx_source source = {.pbx = "hq", .lease_seconds = 90};
static struct fact_list list;
static struct error error;

static bool parse(const char *text)
{
	bool too_many;
	facts_done(&list);
	error = (struct error){0};
	bool ok = pbx_calls_parse(text, strlen(text), &source, &list, &too_many, &error);
	ck_assert(!too_many);
	return ok;
}

static void begin(void)
{
	facts_init(&list);
}

static void end(void)
{
	facts_done(&list);
}

#define AT "\"at\":\"2026-11-22T10:00:00Z\""

START_TEST(a_snapshot_becomes_one_fact_with_its_legs)
{
	ck_assert_msg(
		parse("{" AT ",\"calls\":["
		      "{\"call\":\"c1\",\"leg\":\"l1\",\"extension\":\"1001\",\"state\":\"active\","
		      "\"direction\":\"inbound\",\"kind\":\"meeting\",\"since\":\"2026-11-22T09:58:00Z\"},"
		      "{\"call\":\"c2\",\"extension\":\"1002\",\"state\":\"ringing\"}]}"),
		"%s", error.text);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(list.facts[0].kind, FACT_SNAPSHOT);
	const struct fact_snapshot *snapshot = &list.facts[0].snapshot;
	char at[CLOCK_TEXT];
	ck_assert_str_eq(snapshot->pbx, "hq");
	ck_assert_str_eq(clock_text(snapshot->at, at), "2026-11-22T10:00:00Z");
	ck_assert_uint_eq(snapshot->lease_seconds, 90);
	ck_assert_uint_eq(snapshot->count, 2);
	ck_assert_str_eq(snapshot->legs[0].leg, "l1");
	ck_assert_int_eq(snapshot->legs[0].state, LEG_ACTIVE);
	ck_assert_int_eq(snapshot->legs[0].kind, LEG_MEETING);
	ck_assert_int_eq(snapshot->legs[0].direction, DIRECTION_INBOUND);
	ck_assert_str_eq(clock_text(snapshot->legs[0].since, at), "2026-11-22T09:58:00Z");
	ck_assert_str_eq(snapshot->legs[1].call, "c2");
	ck_assert_ptr_null(snapshot->legs[1].leg);
	ck_assert_int_eq(snapshot->legs[1].state, LEG_RINGING);
	ck_assert_int_eq(snapshot->legs[1].direction, DIRECTION_UNKNOWN);
	ck_assert_int_eq(snapshot->legs[1].since, 0);
}
END_TEST

START_TEST(no_calls_is_a_snapshot_too)
{
	ck_assert(parse("{" AT ",\"calls\":[]}"));
	ck_assert_uint_eq(list.facts[0].snapshot.count, 0);
}
END_TEST

START_TEST(a_snapshot_may_be_larger_than_a_post_of_events)
{
	struct buf text;
	buf_init(&text, LIMIT_HTTP_BODY);
	buf_add_text(&text, "{" AT ",\"calls\":[");
	for (int i = 0; i < 3 * LIMIT_EVENTS_PER_POST; i++)
		buf_addf(&text, "%s{\"call\":\"c%d\",\"extension\":\"1\",\"state\":\"held\"}",
			i == 0 ? "" : ",", i);
	buf_add_text(&text, "]}");
	ck_assert(parse(buf_text(&text)));
	ck_assert_uint_eq(list.facts[0].snapshot.count, 3 * LIMIT_EVENTS_PER_POST);
	buf_done(&text);
}
END_TEST

START_TEST(what_is_wrong_is_named_by_its_path)
{
	static const struct {
		const char *text, *field;
	} rows[] = {
		{"[]", ""},
		{"{\"calls\":[]}", "at"},
		{"{\"at\":null,\"calls\":[]}", "at"},
		{"{\"at\":\"now\",\"calls\":[]}", "at"},
		{"{" AT "}", "calls"},
		{"{" AT ",\"calls\":{}}", "calls"},
		{"{" AT ",\"calls\":[],\"foo\":1}", "foo"},
		{"{" AT ",\"calls\":[7]}", "calls[0]"},
		{"{" AT ",\"calls\":[{\"call\":\"c\",\"extension\":\"1\",\"state\":\"ended\"}]}",
			"calls[0].state"},
		{"{" AT ",\"calls\":[{\"call\":\"c\",\"extension\":\"1\"}]}", "calls[0].state"},
		{"{" AT ",\"calls\":[{\"call\":\"c\",\"extension\":\"\",\"state\":\"held\"}]}",
			"calls[0].extension"},
		{"{" AT ",\"calls\":[{\"call\":\"c\",\"extension\":\"1\",\"state\":\"held\"},"
		 "{\"call\":\"c\",\"extension\":\"1\",\"state\":\"held\",\"since\":\"x\"}]}",
			"calls[1].since"},
		{"{" AT
		 ",\"calls\":[{\"call\":\"c\",\"extension\":\"1\",\"state\":\"held\",\"event\":\"held\"}]}",
			"calls[0].event"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(!parse(rows[i].text), "taken: %s", rows[i].text);
		ck_assert_msg(strcmp(error.field, rows[i].field) == 0, "%s: field %s (%s)", rows[i].text,
			error.field, error.text);
		ck_assert_uint_eq(list.count, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("calls");
	TCase *tests = tcase_create("calls");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_snapshot_becomes_one_fact_with_its_legs);
	tcase_add_test(tests, no_calls_is_a_snapshot_too);
	tcase_add_test(tests, a_snapshot_may_be_larger_than_a_post_of_events);
	tcase_add_test(tests, what_is_wrong_is_named_by_its_path);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
