/* The routes: who may ask what, and what they answer. */
#include "server_world.h"

static json_t *body(void)
{
	json_t *value = json_read(heard.body, strlen(heard.body), NULL);
	ck_assert_msg(value != NULL, "no JSON: %s", heard.body);
	return value;
}

START_TEST(who_has_no_token_is_401_and_who_has_the_wrong_one_403)
{
	ask("POST", EVENTS, NULL, GOOD);
	is_problem(401);
	ck_assert_str_eq(header("WWW-Authenticate"), "Bearer");
	ask("POST", EVENTS, "wrong-token-0123456789", GOOD);
	is_problem(401);
	ask("POST", EVENTS, READER_TOKEN, GOOD);
	is_problem(403);
	ask("POST", EVENTS, OTHER_PBX_TOKEN, GOOD);
	is_problem(403);
	ask("POST", "/v1/pbx/nowhere/events", PBX_TOKEN, GOOD);
	is_problem(403);
	ask("GET", "/v1/people", PBX_TOKEN, "");
	is_problem(403);
	ask("PUT", "/v1/people/bob/status", PBX_TOKEN, "{\"status\":\"dnd\"}");
	is_problem(403);
	ask("GET", "/v1/pbx/foreign/extensions/1001/presence", READER_TOKEN, "");
	is_problem(403);
	ask("GET", "/v1/pbx/nowhere/extensions/1001/presence", READER_TOKEN, "");
	is_problem(404);
}
END_TEST

START_TEST(guesses_are_429_and_do_not_lock_out_who_has_a_token)
{
	for (int i = 0; i < LIMIT_FAILED_LOGINS; i++)
		ck_assert_int_eq(ask("GET", "/v1/people", "guess", ""), 401);
	ask("GET", "/v1/people", "guess", "");
	is_problem(429);
	ck_assert_int_ge(atoi(header("Retry-After")), 1);
	ck_assert_int_eq(ask("GET", "/v1/people", READER_TOKEN, ""), 200);
}
END_TEST

START_TEST(new_tokens_are_good_after_a_reload)
{
	ck_assert_int_eq(ask("GET", "/v1/people", "new-token-0123456789", ""), 401);
	token(clients[0].token, "new-token-0123456789");
	ck_assert(http_reconfigure(http, &config, NULL));
	ck_assert_int_eq(ask("GET", "/v1/people", "new-token-0123456789", ""), 200);
	ck_assert_int_eq(ask("GET", "/v1/people", READER_TOKEN, ""), 401);
}
END_TEST

START_TEST(metrics_are_open_on_this_machine_but_not_through_a_proxy)
{
	ck_assert_int_eq(ask("GET", "/metrics", NULL, ""), 200);
	heard_contains("offhook_http_requests_total");
	ck_assert(strncmp(header("Content-Type"), "text/plain; version=0.0.4", 25) == 0);
	int fd = dial();
	say(fd, "GET /metrics HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
	ck_assert_int_eq(hear(fd), 401);
	say(fd, "GET /metrics HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n"
		"Authorization: Bearer " READER_TOKEN "\r\n\r\n");
	ck_assert_int_eq(hear(fd), 200);
	close(fd);
}
END_TEST

START_TEST(two_slashes_lead_nowhere_and_a_whole_address_to_its_path)
{
	static const char *const strange[] = {
		"//x/metrics", "///metrics", "//healthz", "//x/v1/people", "//x:1/healthz?a=b"};
	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
		ask("GET", strange[i], READER_TOKEN, "");
		is_problem(404);
	}
	ck_assert_int_eq(ask("GET", "http://a/healthz", NULL, ""), 200);
}
END_TEST

START_TEST(readiness_names_what_is_missing)
{
	ck_assert_int_eq(ask("GET", "/readyz", NULL, ""), 200);
	is_ready = false;
	ask("GET", "/readyz", NULL, "");
	is_problem(503);
	heard_contains("PostgreSQL is not connected; presence.example.org is not connected\"");
	ck_assert_int_eq(ask("GET", "/healthz", NULL, ""), 200);
}
END_TEST

START_TEST(bodies_must_be_json_by_name_and_by_nature)
{
	int fd = dial();
	say(fd, "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " PBX_TOKEN "\r\n"
		"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n[]");
	hear(fd);
	is_problem(415);
	say(fd, "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " PBX_TOKEN "\r\n"
		"Content-Length: 2\r\n\r\n[]");
	hear(fd);
	is_problem(415);
	close(fd);
	ask("POST", EVENTS, PBX_TOKEN, "");
	is_problem(400);
	ask("PUT", "/v1/people/bob/status", READER_TOKEN, "{\"status\":\"dnd\",\"colour\":\"red\"}");
	is_problem(400);
	heard_contains("\"field\":\"colour\"");
}
END_TEST

START_TEST(too_many_events_are_413)
{
	struct buf events;
	buf_init(&events, LIMIT_HTTP_BODY);
	for (int i = 0; i <= LIMIT_EVENTS_PER_POST; i++)
		buf_add_text(&events, i == 0 ? "[" GOOD : "," GOOD);
	buf_add_char(&events, ']');
	ask("POST", EVENTS, PBX_TOKEN, buf_text(&events));
	is_problem(413);
	buf_done(&events);
}
END_TEST

START_TEST(a_person_is_shown_whole)
{
	ck_assert_int_eq(ask("GET", "/v1/people/alice/presence", READER_TOKEN, ""), 200);
	static const char *const names[] = {"contact", "name", "status", "show", "icon", "color", "text",
		"message", "automatic", "since", "until"};
	json_t *presence = body();
	ck_assert_uint_eq(json_object_size(presence), sizeof(names) / sizeof(*names));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		ck_assert_ptr_nonnull(json_object_get(presence, names[i]));
	ck_assert_str_eq(json_text(presence, "contact"), "alice");
	ck_assert_str_eq(json_text(presence, "name"), "Alice Ünlü");
	ck_assert_str_eq(json_text(presence, "status"), "available");
	ck_assert_str_eq(json_text(presence, "text"), "✅ Available");
	json_decref(presence);

	ck_assert_int_eq(ask("GET", "/v1/people/%41LICE/presence", READER_TOKEN, ""), 200);
	ask("GET", "/v1/people/nobody/presence", READER_TOKEN, "");
	is_problem(404);
	ask("GET", "/v1/people/a%00/presence", READER_TOKEN, "");
	is_problem(400);
	ask("GET", "/v1/people/%ff/presence", READER_TOKEN, "");
	is_problem(400);
	ask("GET", "/v1/people/a%2/presence", READER_TOKEN, "");
	is_problem(400);
}
END_TEST

START_TEST(a_person_picks_a_status_with_an_expiry)
{
	static const char path[] = "/v1/people/bob/status";
	ck_assert_int_eq(
		ask_and_commit("PUT", path, READER_TOKEN,
			"{\"status\":\"lunch-break\",\"message\":\"back at 2\",\"expires\":\"30m\"}"),
		200);
	json_t *presence = body();
	ck_assert_str_eq(json_text(presence, "status"), "lunch-break");
	ck_assert_str_eq(json_text(presence, "message"), "back at 2");
	ck_assert(json_is_false(json_object_get(presence, "automatic")));
	usec_t until;
	ck_assert(clock_parse(json_text(presence, "until"), &until));
	ck_assert_int_le(llabs(until - clock_now() - 30 * MINUTE), 2 * SECOND);
	json_decref(presence);
	ck_assert_int_eq(engine_person(engine, "bob")->choices.timed.source, SOURCE_API);

	ck_assert_int_eq(ask_and_commit("DELETE", path, READER_TOKEN, ""), 200);
	heard_contains("\"status\":\"available\"");
	ck_assert_int_eq(
		ask_and_commit("PUT", "/v1/people/bob/message", READER_TOKEN, "{\"message\":\"at home\"}"),
		200);
	heard_contains("(at home)");
	ck_assert_int_eq(
		ask_and_commit("PUT", "/v1/people/bob/message", READER_TOKEN, "{\"message\":\"\"}"), 200);
	heard_contains("\"message\":null");
}
END_TEST

START_TEST(the_expiry_of_a_status_is_taken_when_none_is_named)
{
	add_status("smoke", "Smoke", 10);
	static const char path[] = "/v1/people/bob/status";
	ck_assert_int_eq(ask_and_commit("PUT", path, READER_TOKEN, "{\"status\":\"smoke\"}"), 200);
	usec_t until = engine_person(engine, "bob")->choices.timed.until;
	ck_assert_int_le(llabs(until - clock_now() - 10 * MINUTE), 2 * SECOND);
	ck_assert_int_eq(
		ask_and_commit("PUT", path, READER_TOKEN, "{\"status\":\"smoke\",\"expires\":\"never\"}"),
		200);
	ck_assert_ptr_null(engine_person(engine, "bob")->choices.timed.status);
}
END_TEST

START_TEST(a_bad_choice_is_400_and_names_the_field)
{
	static const struct {
		const char *body, *field;
	} rows[] = {
		{"{\"status\":\"lunch-break\",\"expires\":30}", "expires"},
		{"{\"status\":\"lunch-break\",\"expires\":\"soon\"}", "expires"},
		{"{\"status\":\"lunch-break\",\"expires\":\"2001-01-01T00:00:00Z\"}", "expires"},
		{"{\"status\":\"on-call\"}", "status"},
		{"{\"status\":\"nonsense\"}", "status"},
		{"{\"status\":7}", "status"},
		{"{\"message\":\"no status\"}", "status"},
		{"{\"status\":\"dnd\",\"message\":\"tab\\there\"}", "message"},
		{"{\"status\":\"available\",\"expires\":\"1h\"}", "expires"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char field[64];
		snprintf(field, sizeof(field), "\"field\":\"%s\"", rows[i].field);
		ask("PUT", "/v1/people/bob/status", READER_TOKEN, rows[i].body);
		is_problem(400);
		heard_contains(field);
	}
	ck_assert(!engine_person(engine, "bob")->choices.ever);
	ck_assert_uint_eq(promise_count, 0);
}
END_TEST

START_TEST(invisible_and_offline_are_the_same_bytes)
{
	ck_assert_int_eq(
		ask_and_commit("PUT", "/v1/people/bob/message", READER_TOKEN, "{\"message\":\"at home\"}"),
		200);
	ck_assert_int_eq(ask_and_commit("PUT", "/v1/people/bob/status", READER_TOKEN,
				 "{\"status\":\"invisible\",\"expires\":\"1h\"}"),
		200);
	char invisible[sizeof(heard.body)];
	snprintf(invisible, sizeof(invisible), "%s", strstr(heard.body, "\"status\""));
	struct fact gone = {.kind = FACT_PHONE, .phone = {.pbx = "hq", .extension = "1001"}};
	ck_assert(engine_apply(engine, &gone, clock_now(), NULL));
	drain();
	ck_assert_int_eq(ask("GET", "/v1/people/alice/presence", READER_TOKEN, ""), 200);
	heard_contains("\"status\":\"offline\"");
	ck_assert_str_eq(strstr(heard.body, "\"status\""), invisible);
	ck_assert_int_eq(ask("GET", "/v1/people?status=offline", READER_TOKEN, ""), 200);
	heard_contains("\"bob\"");
	ck_assert_int_eq(ask("GET", "/v1/people?status=invisible", READER_TOKEN, ""), 200);
	ck_assert_str_eq(heard.body, "{\"items\":[],\"next\":null}");
}
END_TEST

START_TEST(a_dial_plan_learns_what_to_do_with_a_call)
{
	ck_assert_int_eq(ask("GET", "/v1/pbx/hq/extensions/1001/presence", PBX_TOKEN, ""), 200);
	heard_contains("\"accepts_calls\":true,\"action\":\"none\"}");
	ck_assert_int_eq(
		ask_and_commit("PUT", "/v1/pbx/hq/extensions/1001/status", PBX_TOKEN, "{\"status\":\"dnd\"}"),
		200);
	ck_assert_int_eq(engine_person(engine, "alice")->choices.standing.source, SOURCE_PHONE);
	ck_assert_int_eq(ask("GET", "/v1/pbx/hq/extensions/%31001/presence", READER_TOKEN, ""), 200);
	heard_contains("\"accepts_calls\":false,\"action\":\"dnd\"}");
	ck_assert_int_eq(ask_and_commit("DELETE", "/v1/pbx/hq/extensions/1001/status", PBX_TOKEN, ""), 200);
	heard_contains("\"status\":\"available\"");
	ask("GET", "/v1/pbx/hq/extensions/4711/presence", PBX_TOKEN, "");
	is_problem(404);
	ask("GET", "/v1/pbx/hq/extensions//presence", PBX_TOKEN, "");
	is_problem(400);
}
END_TEST

START_TEST(a_registration_is_kept_also_for_an_extension_that_is_nobodys)
{
	static const char path[] = "/v1/pbx/hq/extensions/1001/registration";
	ck_assert_int_eq(ask_and_commit("PUT", path, PBX_TOKEN, "{\"registered\":false}"), 200);
	ck_assert_str_eq(heard.body, "{\"accepted\":1,\"duplicates\":0,\"unknown_extensions\":[]}");
	ck_assert_str_eq(engine_person(engine, "alice")->presence.status->id, "offline");
	ck_assert_int_eq(ask_and_commit("PUT", "/v1/pbx/hq/extensions/4711/registration", PBX_TOKEN,
				 "{\"registered\":true}"),
		200);
	heard_contains("[\"4711\"]");
	ask("PUT", path, PBX_TOKEN, "{\"registered\":1}");
	is_problem(400);
	heard_contains("\"field\":\"registered\"");
}
END_TEST

START_TEST(people_come_in_pages_and_can_be_searched)
{
	ck_assert_int_eq(ask("GET", "/v1/people?limit=2", READER_TOKEN, ""), 200);
	json_t *page = body();
	ck_assert_uint_eq(json_array_size(json_object_get(page, "items")), 2);
	ck_assert_str_eq(json_text(page, "next"), "bob");
	json_decref(page);
	ck_assert_int_eq(ask("GET", "/v1/people?limit=2&cursor=bob", READER_TOKEN, ""), 200);
	page = body();
	ck_assert_uint_eq(json_array_size(json_object_get(page, "items")), 1);
	ck_assert(json_is_null(json_object_get(page, "next")));
	json_decref(page);

	static const struct {
		const char *query, *found;
	} searches[] = {{"q=%C3%BCNL%C3%BC", "alice"}, {"q=ALI", "alice"}, {"q=1003", "carol"}};
	for (size_t i = 0; i < sizeof(searches) / sizeof(*searches); i++) {
		char path[64];
		snprintf(path, sizeof(path), "/v1/people?%s", searches[i].query);
		ck_assert_int_eq(ask("GET", path, READER_TOKEN, ""), 200);
		page = body();
		ck_assert_uint_eq(json_array_size(json_object_get(page, "items")), 1);
		heard_contains(searches[i].found);
		json_decref(page);
	}

	static const char *const bad[] = {"limit=0", "limit=101", "limit=x", "status=%zz", "color=red",
		"limit=1&limit=2", "cursor=%27%3B--", "q=%00"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char path[64];
		snprintf(path, sizeof(path), "/v1/people?%s", bad[i]);
		ask("GET", path, READER_TOKEN, "");
		is_problem(400);
	}
}
END_TEST

START_TEST(statuses_are_listed_in_their_order_without_hidden_ones)
{
	size_t count = 0;
	char cursor[LIMIT_SLUG + 1] = "";
	char all[4096] = "";
	do {
		char path[128];
		snprintf(path, sizeof(path), "/v1/statuses?limit=4%s%s", cursor[0] != '\0' ? "&cursor=" : "",
			cursor);
		ck_assert_int_eq(ask("GET", path, READER_TOKEN, ""), 200);
		json_t *page = body();
		size_t i;
		json_t *item;
		json_array_foreach(json_object_get(page, "items"), i, item)
		{
			count++;
			strncat(all, json_text(item, "id"), sizeof(all) - strlen(all) - 2);
			strcat(all, " ");
		}
		const char *next = json_text(page, "next");
		snprintf(cursor, sizeof(cursor), "%s", next != NULL ? next : "");
		json_decref(page);
	} while (cursor[0] != '\0');
	ck_assert_uint_eq(count, 11);
	ck_assert_str_eq(all,
		"available chat away extended-away dnd busy lunch-break business-trip invisible "
		"on-call offline ");
	ask("GET", "/v1/statuses?cursor=nonsense", READER_TOKEN, "");
	is_problem(400);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("routes");
	TCase *tests = tcase_create("routes");
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, who_has_no_token_is_401_and_who_has_the_wrong_one_403);
	tcase_add_test(tests, guesses_are_429_and_do_not_lock_out_who_has_a_token);
	tcase_add_test(tests, new_tokens_are_good_after_a_reload);
	tcase_add_test(tests, metrics_are_open_on_this_machine_but_not_through_a_proxy);
	tcase_add_test(tests, two_slashes_lead_nowhere_and_a_whole_address_to_its_path);
	tcase_add_test(tests, readiness_names_what_is_missing);
	tcase_add_test(tests, bodies_must_be_json_by_name_and_by_nature);
	tcase_add_test(tests, too_many_events_are_413);
	tcase_add_test(tests, a_person_is_shown_whole);
	tcase_add_test(tests, a_person_picks_a_status_with_an_expiry);
	tcase_add_test(tests, the_expiry_of_a_status_is_taken_when_none_is_named);
	tcase_add_test(tests, a_bad_choice_is_400_and_names_the_field);
	tcase_add_test(tests, invisible_and_offline_are_the_same_bytes);
	tcase_add_test(tests, a_dial_plan_learns_what_to_do_with_a_call);
	tcase_add_test(tests, a_registration_is_kept_also_for_an_extension_that_is_nobodys);
	tcase_add_test(tests, people_come_in_pages_and_can_be_searched);
	tcase_add_test(tests, statuses_are_listed_in_their_order_without_hidden_ones);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
