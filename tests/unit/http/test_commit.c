/* Answers wait for the commit, and nothing waits for ever. */
#include "server_world.h"

/* A request that is submitted and not yet answered, on a connection of its own. */
static int submit(const char *body)
{
	int fd = dial();
	size_t before = promise_count;
	ask_on(fd, "POST", EVENTS, PBX_TOKEN, body);
	wait_for_promises(before + 1);
	ck_assert_int_eq(hear_within(fd, true, 20000), 0);
	return fd;
}

START_TEST(an_answer_comes_after_the_commit_and_counts)
{
	int fd = submit("[{\"extension\":\"1001\",\"id\":\"a\"},{\"extension\":\"7\"},{\"extension\":\"7\"},"
			"{\"extension\":\"1002\",\"id\":\"a\"}]");
	ck_assert_str_eq(engine_person(engine, "alice")->presence.status->id, "on-call");
	ck_assert_uint_eq(commit(COMMIT_DONE), 1);
	ck_assert_int_eq(hear(fd), 200);
	ck_assert_str_eq(heard.body, "{\"accepted\":3,\"duplicates\":1,\"unknown_extensions\":[\"7\"]}");
	close(fd);
}
END_TEST

START_TEST(nothing_to_do_is_answered_at_once)
{
	ck_assert_int_eq(ask("POST", EVENTS, PBX_TOKEN, "[]"), 200);
	ck_assert_str_eq(heard.body, "{\"accepted\":0,\"duplicates\":0,\"unknown_extensions\":[]}");
}
END_TEST

START_TEST(a_slow_commit_is_503_and_its_end_finds_nothing)
{
	int fd = dial();
	ask_on(fd, "POST", EVENTS, PBX_TOKEN, GOOD);
	usec_t begun = clock_monotonic();
	ck_assert_int_eq(hear(fd), 503);
	usec_t lasted = clock_monotonic() - begun;
	ck_assert_int_ge(lasted, LIMIT_COMMIT_SECONDS * SECOND - 100000);
	is_problem(503);
	ck_assert_str_eq(header("Retry-After"), "1");
	heard_contains("harmless");
	ck_assert_uint_eq(commit(COMMIT_DONE), 0);
	ask_on(fd, "GET", "/healthz", NULL, "");
	ck_assert_int_eq(hear(fd), 200);
	close(fd);
}
END_TEST

START_TEST(requests_held_one_after_the_other_expire_each_in_its_time)
{
	int first = submit(GOOD);
	usec_t between = clock_monotonic();
	int second = submit(GOOD);
	requests_expire(http, between + LIMIT_COMMIT_SECONDS * SECOND);
	ck_assert_int_eq(hear(first), 503);
	ck_assert_uint_eq(commit(COMMIT_DONE), 1);
	ck_assert_int_eq(hear(second), 200);
	close(first);
	close(second);
}
END_TEST

START_TEST(a_client_that_leaves_before_the_commit_leaves_nothing_behind)
{
	int gone = submit(GOOD), also_gone = submit(GOOD), stays = submit(GOOD);
	close(gone);
	struct linger reset = {.l_onoff = 1, .l_linger = 0};
	setsockopt(also_gone, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(also_gone);
	turn(20000);
	ck_assert_uint_eq(commit(COMMIT_DONE), 3);
	ck_assert_int_eq(hear(stays), 200);
	close(stays);
	ck_assert(all_connections_end());
}
END_TEST

/* After Expect: 100-continue evhttp still listens to the socket while a request is held. */
START_TEST(a_client_that_is_seen_leaving_before_the_commit_does_no_harm)
{
	for (int i = 0; i < 4; i++) {
		int fd = dial();
		say(fd, "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " PBX_TOKEN "\r\n"
			"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: "
			"20\r\n\r\n");
		if (i % 2 == 0)
			hear(fd);
		say(fd, GOOD);
		turn(5000);
		close(fd);
		turn(5000);
	}
	commit(COMMIT_DONE);
	turn(20000);
	ck_assert_int_eq(ask("GET", "/healthz", NULL, ""), 200);
}
END_TEST

/* The first event is applied but not yet committed when its sender, or another, sends it again. */
START_TEST(a_repeated_event_shares_the_fate_of_the_first)
{
	static const char event[] = "{\"extension\":\"1001\",\"id\":\"a\"}";
	int first = submit(event), again = submit(event), other = submit("{\"extension\":\"1002\"}");
	http_event_dropped(http, engine, "branch", "a");
	http_event_dropped(http, engine, "hq", "b");
	ck_assert_uint_eq(commit(COMMIT_DONE), 3);
	ck_assert_int_eq(hear(first), 200);
	ck_assert_int_eq(hear(again), 200);
	heard_contains("\"duplicates\":1");
	ck_assert_int_eq(hear(other), 200);

	ask_on(again, "POST", EVENTS, PBX_TOKEN, event);
	ask_on(other, "POST", EVENTS, PBX_TOKEN, "{\"extension\":\"1002\"}");
	wait_for_promises(2);
	engine_forget_event_id(engine, "hq", "a");
	http_event_dropped(http, engine, "hq", "a");
	ck_assert_uint_eq(commit(COMMIT_DONE), 2);
	hear(again);
	is_problem(503);
	ck_assert_str_eq(header("Retry-After"), "1");
	ck_assert_int_eq(hear(other), 200);

	ask_on(again, "POST", EVENTS, PBX_TOKEN, event);
	wait_for_promises(1);
	commit(COMMIT_DONE);
	ck_assert_int_eq(hear(again), 200);
	heard_contains("\"duplicates\":0");
	close(first);
	close(again);
	close(other);
}
END_TEST

START_TEST(what_the_database_refuses_is_500_and_what_is_lost_503)
{
	int fd = submit(GOOD);
	ck_assert_uint_eq(commit(COMMIT_REFUSED), 1);
	hear(fd);
	is_problem(500);
	ask_on(fd, "POST", EVENTS, PBX_TOKEN, GOOD);
	wait_for_promises(1);
	ck_assert_uint_eq(commit(COMMIT_LOST), 1);
	hear(fd);
	is_problem(503);
	ck_assert_str_eq(header("Retry-After"), "1");
	close(fd);
}
END_TEST

START_TEST(a_full_queue_is_503_and_an_impossible_fact_400_with_its_place)
{
	is_busy = true;
	ask("POST", EVENTS, PBX_TOKEN, GOOD);
	is_problem(503);
	ck_assert_str_eq(header("Retry-After"), "1");
	is_busy = false;
	ask("POST", EVENTS, PBX_TOKEN, "  [{\"extension\":\"impossible\"}]");
	is_problem(400);
	heard_contains("\"field\":\"[0].extension\"");
	heard_contains("\"item\":0");
	ask("POST", EVENTS, PBX_TOKEN, "{\"extension\":\"impossible\"}");
	is_problem(400);
	heard_contains("\"field\":\"extension\"");
	ck_assert_uint_eq(promise_count, 0);
}
END_TEST

START_TEST(an_engine_that_goes_takes_its_requests_along)
{
	int fd = submit(GOOD);
	http_engine_gone(http, engine);
	hear(fd);
	is_problem(503);
	ck_assert_uint_eq(commit(COMMIT_DONE), 0);
	close(fd);
	engine_away = true;
	ask("POST", EVENTS, PBX_TOKEN, GOOD);
	is_problem(503);
	ck_assert_str_eq(header("Retry-After"), "1");
	ck_assert_int_eq(ask("GET", "/healthz", NULL, ""), 200);
}
END_TEST

START_TEST(a_stopped_server_takes_no_new_connections_and_answers_the_old)
{
	int fd = submit(GOOD);
	http_stop(http);
	ck_assert_uint_eq(commit(COMMIT_DONE), 1);
	ck_assert_int_eq(hear(fd), 200);
	ck_assert_str_eq(header("Connection"), "close");
	ck_assert(is_closed(fd));
	close(fd);
	int late = dial();
	say(late, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	ck_assert_int_eq(hear_within(late, true, 100000), 0);
	close(late);
}
END_TEST

/* The server is freed here, not by the fixture. */
START_TEST(the_last_words_of_a_server_reach_who_still_waits)
{
	world_begin();
	int held = submit(GOOD), committed = submit(GOOD);
	commit(COMMIT_DONE);
	int waiting = submit(GOOD);
	http_free(http);
	http = NULL;
	ck_assert_int_eq(hear(held), 200);
	ck_assert_int_eq(hear(committed), 200);
	ck_assert_int_eq(hear(waiting), 503);
	ck_assert(is_closed(waiting));
	ck_assert_uint_eq(commit(COMMIT_DONE), 0);
	close(held);
	close(committed);
	close(waiting);
	world_end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("commit");
	TCase *tests = tcase_create("commit");
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, an_answer_comes_after_the_commit_and_counts);
	tcase_add_test(tests, nothing_to_do_is_answered_at_once);
	tcase_add_test(tests, a_slow_commit_is_503_and_its_end_finds_nothing);
	tcase_add_test(tests, requests_held_one_after_the_other_expire_each_in_its_time);
	tcase_add_test(tests, a_client_that_leaves_before_the_commit_leaves_nothing_behind);
	tcase_add_test(tests, a_client_that_is_seen_leaving_before_the_commit_does_no_harm);
	tcase_add_test(tests, a_repeated_event_shares_the_fate_of_the_first);
	tcase_add_test(tests, what_the_database_refuses_is_500_and_what_is_lost_503);
	tcase_add_test(tests, a_full_queue_is_503_and_an_impossible_fact_400_with_its_place);
	tcase_add_test(tests, an_engine_that_goes_takes_its_requests_along);
	tcase_add_test(tests, a_stopped_server_takes_no_new_connections_and_answers_the_old);
	suite_add_tcase(suite, tests);
	TCase *end = tcase_create("end");
	tcase_set_timeout(end, 60);
	tcase_add_test(end, the_last_words_of_a_server_reach_who_still_waits);
	suite_add_tcase(suite, end);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
