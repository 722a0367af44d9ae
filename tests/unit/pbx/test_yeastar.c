/* Event reports of Yeastar: the samples of the manual, good, bad and hostile. */
#include "native.h"

static bool parse(const char *text)
{
	return parse_bytes("yeastar", text, strlen(text));
}

static void takes(const char *text)
{
	ck_assert_msg(parse(text), "%s: %s: %s", text, error.field, error.text);
}

#define STATUS(type, word)                                                                                   \
	"{\"type\":" type                                                                                    \
	",\"sn\":\"3631A2124XXX\",\"msg\":\"{\\\"extension\\\":\\\"2002\\\",\\\"status\\\":"                 \
	"\\\"" word "\\\"}\"}"

START_TEST(the_state_of_an_extension_is_one_leg)
{
	takes(STATUS("30008", "Ringing"));
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(call_text(0), "2002 ringing");
	takes(STATUS("30008", "Busy"));
	ck_assert_uint_eq(list.count, 2); /* so that it reopens the leg */
	ck_assert_str_eq(call_text(0), "2002 ringing");
	ck_assert_str_eq(call_text(1), "2002 answered");
	takes(STATUS("30008", "Idle"));
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(call_text(0), "2002 ended");
	ck_assert_str_eq(list.facts[0].call.call, "30008");
}
END_TEST

START_TEST(quotes_that_were_not_escaped_are_read_all_the_same)
{
	takes("{\n\"type\": 30008,\n\"sn\": \"3631A2124XXX\",\n"
	      "\"msg\": \"{\"extension\":\"2002\",\"status\":\"Ringing\"}\"\n}");
	ck_assert_str_eq(call_text(0), "2002 ringing");
	takes("{\"msg\" : \" {\"extension\":\"2002\",\"status\":\"Idle\"}\",\"type\":30008,\"sn\":\"x\"}");
	ck_assert_str_eq(call_text(0), "2002 ended");
	takes("{\"type\":30008,\"msg\":{\"extension\":\"2002\",\"status\":\"idle\"}}");
	ck_assert_str_eq(call_text(0), "2002 ended");
}
END_TEST

START_TEST(the_members_of_a_call_are_legs)
{
	takes("{\"type\":30011,\"sn\":\"3631A2124XXX\",\"msg\":\"{\"call_id\":\"1648861726.280\",\"members\":"
	      "[\n"
	      "{\"extension\":{\"number\":\"1000\",\"channel_id\":\"PJSIP/1000-00000065\","
	      "\"member_status\":\"ALERT\",\"call_path\":\"\"}},"
	      "{\"extension\":{\"number\":\"1001\",\"channel_id\":\"PJSIP/1001-00000066\","
	      "\"member_status\":\"RING\"}},"
	      "{\"inbound\":{\"from\":\"5503301\",\"to\":\"2002\",\"member_status\":\"ALERT\"}},"
	      "{\"extension\":{\"number\":\"1002\",\"channel_id\":\"\",\"member_status\":\"ANSWERED\"}},"
	      "{\"extension\":{\"number\":\"1003\",\"member_status\":\"ANSWER\"}},"
	      "{\"extension\":{\"number\":\"1004\",\"member_status\":\"HOLD\"}},"
	      "{\"extension\":{\"number\":\"1005\",\"member_status\":\"BYE\"}},"
	      "{\"extension\":{\"number\":\"1006\",\"member_status\":\"YODEL\"}}]}\"}");
	static const char *const expected[] = {"1000 ringing outbound", "1001 ringing inbound",
		"1002 answered outbound", "1003 answered inbound", "1004 held", "1005 ended"};
	ck_assert_uint_eq(list.count, 6);
	for (size_t i = 0; i < 6; i++)
		ck_assert_str_eq(call_text(i), expected[i]);
	ck_assert_str_eq(list.facts[0].call.call, "1648861726.280");
	ck_assert_str_eq(list.facts[0].call.leg, "PJSIP/1000-00000065");
	ck_assert_ptr_null(list.facts[2].call.leg);
}
END_TEST

START_TEST(what_is_picked_at_a_phone_is_a_choice)
{
	static const char *const rows[][2] = {{STATUS("30009", "available"), "available"},
		{STATUS("30009", "away"), "away"}, {STATUS("30009", "business_trip"), "business-trip"},
		{STATUS("30009", "do_not_disturb"), "dnd"}, {STATUS("30009", "lunch"), "lunch-break"},
		{STATUS("30009", "off_work"), "extended-away"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		takes(rows[i][0]);
		ck_assert_uint_eq(list.count, 1);
		ck_assert_int_eq(list.facts[0].kind, FACT_CHOICE);
		ck_assert_str_eq(list.facts[0].choice.extension, "2002");
		ck_assert_str_eq(list.facts[0].choice.status, rows[i][1]);
		ck_assert_int_eq(list.facts[0].choice.source, SOURCE_PHONE);
	}
}
END_TEST

START_TEST(what_is_not_known_is_ignored)
{
	static const char *const texts[] = {"{\"type\":30012,\"sn\":\"x\",\"msg\":\"anything\"}",
		"{\"type\":1}", STATUS("30008", "Meditating"), STATUS("30009", "asleep"),
		"{\"type\":30011,\"msg\":{\"call_id\":\"c\",\"members\":[]}}",
		"{\"type\":30011,\"msg\":{\"call_id\":\"c\",\"members\":[7,{}]}}"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		takes(texts[i]);
		ck_assert_uint_eq(list.count, 0);
	}
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
	static const char *const rows[][2] = {{"", ""}, {"[]", ""}, {"7", ""}, {"{", ""}, {"{}", "type"},
		{"{\"type\":\"30008\"}", "type"}, {"{\"type\":30008}", "msg"},
		{"{\"type\":30008,\"msg\":\"{\"}", "msg"},
		{"{\"type\":30008,\"msg\":\"{}\"}", "msg.extension"},
		{"{\"type\":30008,\"msg\":\"{\"extension\":\"\",\"status\":\"Idle\"}\"}", "msg.extension"},
		{"{\"type\":30008,\"msg\":\"{\"extension\":\"1\"}\"}", "msg.status"},
		{"{\"type\":30008,\"msg\":\"{\"extension\":\"1\",\"status\":\"Idle}\"}", ""},
		{"{\"type\":30008,\"msg\":\"{", ""}, {"{\"type\":30008,\"msg\":\"", ""}, {"\"msg\"", ""},
		{"{\"type\":30011,\"msg\":{\"call_id\":\"c\"}}", "msg.members"},
		{"{\"type\":30011,\"msg\":{\"members\":[]}}", "msg.call_id"},
		{"{\"type\":30011,\"msg\":{\"call_id\":\"c\",\"members\":[{\"extension\":{\"number\":\"1\"}}]"
		 "}}",
			"msg.members[0].extension.member_status"},
		{"{\"type\":30011,\"msg\":{\"call_id\":\"c\",\"members\":[{\"extension\":{\"number\":"
		 "\"a\\u0007\","
		 "\"member_status\":\"BYE\"}}]}}",
			"msg.members[0].extension.number"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(!parse(rows[i][0]), "taken: %s", rows[i][0]);
		ck_assert_str_eq(error.field, rows[i][1]);
		ck_assert(error.text[0] != '\0' && !too_many);
	}
}
END_TEST

START_TEST(a_call_has_a_bounded_number_of_members)
{
	char *text = calloc(1, 128 * 1024), *at = text;
	at += sprintf(at, "{\"type\":30011,\"msg\":{\"call_id\":\"c\",\"members\":[{}");
	for (int i = 0; i < LIMIT_EVENTS_PER_POST; i++)
		at += sprintf(at, ",{}");
	strcpy(at, "]}}");
	ck_assert(!parse(text));
	ck_assert(too_many);
	free(text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_state_of_an_extension_is_one_leg,
		quotes_that_were_not_escaped_are_read_all_the_same, the_members_of_a_call_are_legs,
		what_is_picked_at_a_phone_is_a_choice, what_is_not_known_is_ignored, what_is_wrong_is_named,
		a_call_has_a_bounded_number_of_members};
	return run("yeastar", tests, sizeof(tests) / sizeof(*tests));
}
