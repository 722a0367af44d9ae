/* What docs/pbx/kamailio.cfg posts: events of both parties, and dlg.list as a snapshot. */
#include "native.h"

static bool parse(const char *text)
{
	return parse_bytes("kamailio", text, strlen(text));
}

static void takes(const char *text)
{
	ck_assert_msg(parse(text), "%s: %s: %s", text, error.field, error.text);
}

#define EVENT(word)                                                                                          \
	"{\"event\":\"" word                                                                                 \
	"\",\"time\":1795368058.4850681,\"callid\":\"1-15022@127.0.0.1\",\"caller\":\"1001\","               \
	"\"callee\":\"1002\"}"

START_TEST(an_event_speaks_of_caller_and_callee)
{
	static const char *const rows[][3] = {
		{EVENT("ringing"), "1001 ringing outbound", "1002 ringing inbound"},
		{EVENT("answered"), "1001 answered outbound", "1002 answered inbound"},
		{EVENT("held"), "1001 held outbound", "1002 held inbound"},
		{EVENT("resumed"), "1001 resumed outbound", "1002 resumed inbound"},
		{EVENT("ended"), "1001 ended outbound", "1002 ended inbound"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		takes(rows[i][0]);
		ck_assert_uint_eq(list.count, 2);
		ck_assert_str_eq(call_text(0), rows[i][1]);
		ck_assert_str_eq(call_text(1), rows[i][2]);
	}
	ck_assert_int_eq(list.facts[0].call.at, 1795368058485068);
	ck_assert_str_eq(list.facts[0].call.call, "1-15022@127.0.0.1");
	ck_assert_str_eq(list.facts[1].call.leg, "callee");
	takes(EVENT("initiated")); /* nothing rings yet */
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(call_text(0), "1001 ringing outbound");
}
END_TEST

START_TEST(only_the_same_bytes_are_a_duplicate)
{
	char id[128];
	takes("{\"event\":\"ended\",\"time\":5,\"seq\":1,\"callid\":\"c\",\"caller\":\"1\",\"callee\":null}");
	ck_assert_uint_eq(list.count, 1);
	snprintf(id, sizeof(id), "%s", list.facts[0].call.id);
	takes("{\"event\":\"ended\",\"time\":5,\"seq\":1,\"callid\":\"c\",\"caller\":\"1\",\"callee\":null}");
	ck_assert_str_eq(id, list.facts[0].call.id);
	takes("{\"event\":\"ended\",\"time\":6,\"seq\":1,\"callid\":\"c\",\"caller\":\"1\",\"callee\":null}");
	ck_assert_str_ne(id, list.facts[0].call.id);
	takes("{\"event\":\"ringing\",\"time\":6,\"callid\":\"c\",\"caller\":\"1\",\"callee\":\"1\"}");
	ck_assert_str_ne(list.facts[0].call.id, list.facts[1].call.id);
	ck_assert_str_ne(list.facts[0].call.leg, list.facts[1].call.leg);
}
END_TEST

#define DIALOG(call, state, held)                                                                            \
	"{\"h_entry\":2197,\"h_id\":1513,\"ref\":2,\"call-id\":\"" call "\",\"state\":" state                \
	",\"start_ts\":1795368000,\"caller\":{\"tag\":\"x\"},\"profiles\":[],\"variables\":[{\"offhook_"     \
	"held\":\"" held "\"},{\"offhook_callee\":\"1002\"},{\"offhook_caller\":\"1001\"}]}"

START_TEST(a_list_of_dialogs_is_a_snapshot)
{
	takes("{\"event\":\"snapshot\",\"time\":1795368058.5,\"dialogs\":{\"jsonrpc\":\"2.0\",\"id\":1,"
	      "\"result\":[" DIALOG("new", "1", "no") "," DIALOG("early", "2", "no") "," DIALOG(
		      "up", "4", "no") "," DIALOG("held", "3", "yes") "," DIALOG("over", "5",
		      "no") ",{\"call-id\":\"x\"}]}}");
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(list.facts[0].kind, FACT_SNAPSHOT);
	const struct fact_snapshot *snapshot = &list.facts[0].snapshot;
	static const struct {
		const char *call, *extension;
		enum leg_state state;
	} expected[] = {{"new", "1001", LEG_RINGING}, {"early", "1001", LEG_RINGING},
		{"early", "1002", LEG_RINGING}, {"up", "1001", LEG_ACTIVE}, {"up", "1002", LEG_ACTIVE},
		{"held", "1001", LEG_HELD}, {"held", "1002", LEG_HELD}};
	ck_assert_uint_eq(snapshot->count, 7);
	for (size_t i = 0; i < 7; i++) {
		ck_assert_str_eq(snapshot->legs[i].call, expected[i].call);
		ck_assert_str_eq(snapshot->legs[i].extension, expected[i].extension);
		ck_assert_int_eq(snapshot->legs[i].state, expected[i].state);
	}
	ck_assert_int_eq(snapshot->at, 1795368058500000);
	ck_assert_int_eq(snapshot->legs[0].since, 1795368000 * SECOND);
	ck_assert_ptr_null(snapshot->extension);
	takes("{\"event\":\"snapshot\",\"time\":5,\"dialogs\":{\"result\":[]}}");
	ck_assert_uint_eq(list.facts[0].snapshot.count, 0);
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
	static const char *const rows[][2] = {{"", ""}, {"[]", ""}, {"{}", "event"},
		{"{\"event\":\"ended\",\"callid\":\"c\"}", "time"},
		{"{\"event\":\"ended\",\"time\":\"5\",\"callid\":\"c\"}", "time"},
		{"{\"event\":\"ended\",\"time\":-1,\"callid\":\"c\"}", "time"},
		{"{\"event\":\"ended\",\"time\":1e300,\"callid\":\"c\"}", "time"},
		{"{\"event\":\"ended\",\"time\":5,\"callid\":\"\"}", "callid"},
		{"{\"event\":\"yodel\",\"time\":5,\"callid\":\"c\"}", "event"},
		{"{\"event\":\"ended\",\"time\":5,\"callid\":\"c\",\"caller\":\"\"}", "caller"},
		{"{\"event\":\"ended\",\"time\":5,\"callid\":\"c\",\"more\":1}", "more"},
		{"{\"event\":\"snapshot\",\"time\":5,\"dialogs\":{}}", "dialogs.result"},
		{"{\"event\":\"snapshot\",\"time\":5}", "dialogs"},
		{"{\"event\":\"snapshot\",\"time\":5,\"dialogs\":{\"result\":[7]}}",
			"dialogs.result[0].call-id"},
		{"{\"event\":\"snapshot\",\"time\":5,\"dialogs\":{\"result\":[{\"call-id\":\"c\",\"state\":4,"
		 "\"variables\":[{\"offhook_caller\":\"a\\u0007\"}]}]}}",
			"dialogs.result[0].offhook_caller"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(!parse(rows[i][0]), "taken: %s", rows[i][0]);
		ck_assert_str_eq(error.field, rows[i][1]);
		ck_assert(error.text[0] != '\0' && !too_many);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {an_event_speaks_of_caller_and_callee,
		only_the_same_bytes_are_a_duplicate, a_list_of_dialogs_is_a_snapshot, what_is_wrong_is_named};
	return run("kamailio", tests, sizeof(tests) / sizeof(*tests));
}
