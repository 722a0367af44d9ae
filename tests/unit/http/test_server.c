/* The server: what it takes for a request, when it answers, and whom it lets go. */
#include "server_world.h"

static void refuses(const char *bytes, int status)
{
	int fd = dial();
	say(fd, bytes);
	hear(fd);
	is_problem(status);
	ck_assert_msg(is_closed(fd), "the connection stays open after: %s", bytes);
	close(fd);
}

START_TEST(ambiguous_requests_are_refused_and_the_connection_ends)
{
	refuses("GET /healthz HTTP/1.1\r\n\r\n", 400);
	refuses("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400);
	refuses("GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n", 400);
	refuses("GET /healthz HTTP/1.1\r\nHost: a\r\nX Y: a\r\n\r\n", 400);
	refuses("POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		400);
	refuses("POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
		400);
	refuses("POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nab", 400);
	refuses("POST " EVENTS " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		400);
	refuses("POST " EVENTS " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400);
	refuses("POST " EVENTS
		" HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n"
		"Content-Length: 0\r\n\r\n",
		400);
}
END_TEST

START_TEST(what_evhttp_itself_refuses_ends_the_connection_too)
{
	static const char *const requests[] = {
		"POST " EVENTS
		" HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost\r\n\r\n",
		"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n",
		"nonsense\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		int fd = dial();
		say(fd, requests[i]);
		ck_assert_msg(hear(fd) == 400, "%d to %s", heard.status, requests[i]);
		ck_assert(is_closed(fd));
		close(fd);
	}
}
END_TEST

/* The body would be read as a second request. */
START_TEST(a_request_hidden_in_a_body_is_never_answered)
{
	static const char *const methods[] = {"HEAD", "GET", "DELETE", "TRACE", "BREW", "OPTIONS"};
	static const char hidden[] = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n";
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		char bytes[256];
		snprintf(bytes, sizeof(bytes),
			"%s /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s", methods[i],
			strlen(hidden), hidden);
		int fd = dial();
		say(fd, bytes);
		ck_assert_int_ne(hear_within(fd, strcmp(methods[i], "HEAD") != 0, SECOND), 0);
		hear_within(fd, true, 100000);
		ck_assert_msg(strstr(heard.body, "ready") == NULL, "%s let a second request in", methods[i]);
		close(fd);
	}
}
END_TEST

START_TEST(what_is_too_large_is_named)
{
	char *bytes = malloc(4 * LIMIT_HTTP_BODY);
	ck_assert_ptr_nonnull(bytes);

	int length = snprintf(bytes, 64, "GET /healthz HTTP/1.1\r\nHost: a\r\nX: ");
	memset(bytes + length, 'x', LIMIT_HTTP_HEADERS);
	snprintf(bytes + length + LIMIT_HTTP_HEADERS, 8, "\r\n\r\n");
	refuses(bytes, 431);

	length = snprintf(bytes, 128, "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
		LIMIT_HTTP_BODY + 1);
	memset(bytes + length, ' ', LIMIT_HTTP_BODY + 1);
	bytes[length + LIMIT_HTTP_BODY + 1] = '\0';
	refuses(bytes, 413);

	length = snprintf(bytes, 128, "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
		3 * LIMIT_HTTP_BODY);
	memset(bytes + length, ' ', 3 * LIMIT_HTTP_BODY);
	int fd = dial();
	say_bytes(fd, bytes, (size_t)length + 3 * LIMIT_HTTP_BODY);
	ck_assert_int_eq(hear(fd), 413);
	ck_assert(is_closed(fd));
	close(fd);
	free(bytes);
}
END_TEST

START_TEST(a_connection_serves_several_requests_also_pipelined)
{
	int fd = dial();
	ask_on(fd, "GET", "/healthz", NULL, "");
	ck_assert_int_eq(hear(fd), 200);
	ck_assert_str_eq(heard.body, "{\"status\":\"ok\"}");
	ck_assert_str_eq(header("Cache-Control"), "no-store");
	ck_assert_str_eq(header("Content-Type"), "application/json");
	say(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"
		"HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
	ck_assert_int_eq(hear(fd), 200);
	ck_assert_int_eq(hear(fd), 404);
	ck_assert_int_eq(hear_within(fd, false, SECOND), 200);
	ck_assert_str_eq(header("Content-Length"), "15");
	ck_assert_int_eq(hear(fd), 200);
	ck_assert_str_eq(heard.body, "{\"status\":\"ready\"}");
	close(fd);
}
END_TEST

START_TEST(a_body_may_come_in_chunks_and_after_100_continue)
{
	int fd = dial();
	say(fd, "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nAuthorization: bearer " PBX_TOKEN "\r\n"
		"Content-Type: Application/JSON; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
		"5\r\n{\"ext\r\nf\r\nension\":\"1001\"}\r\n0\r\n\r\n");
	wait_for_promises(1);
	ck_assert_uint_eq(commit(COMMIT_DONE), 1);
	ck_assert_int_eq(hear(fd), 200);

	say(fd, "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " PBX_TOKEN "\r\n"
		"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 20\r\n\r\n");
	ck_assert_int_eq(hear(fd), 100);
	say(fd, GOOD);
	wait_for_promises(1);
	ck_assert_uint_eq(commit(COMMIT_DONE), 1);
	ck_assert_int_eq(hear(fd), 200);
	close(fd);
}
END_TEST

static size_t turns;

static void count_turn(void *arg)
{
	(void)arg;
	turns++;
}

/* The loop waits, whatever the kernel could go on telling of. */
static void loop_rests(void)
{
	turn(1000);
	turns = 0;
	loop_add_step(loop, count_turn, NULL);
	turn(100000);
	loop_remove_step(loop, count_turn, NULL);
	ck_assert_uint_le(turns, 10);
}

static int dial_and_be_held(void)
{
	int fd = dial();
	ask_on(fd, "POST", EVENTS, PBX_TOKEN, GOOD);
	wait_for_promises(1);
	return fd;
}

START_TEST(what_comes_while_a_request_is_held_waits_and_does_not_keep_the_loop_busy)
{
	int fd = dial();
	for (int i = 0; i < 3; i++) {
		ask_on(fd, "POST", EVENTS, PBX_TOKEN, GOOD);
		wait_for_promises(1);
		say(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
		loop_rests();
		ck_assert_uint_eq(commit(COMMIT_DONE), 1);
		ck_assert_int_eq(hear(fd), 200);
		ck_assert_ptr_nonnull(strstr(heard.body, "accepted"));
		ck_assert_int_eq(hear(fd), 200);
		ck_assert_str_eq(heard.body, "{\"status\":\"ok\"}");
	}
	close(fd);
}
END_TEST

START_TEST(a_client_that_will_say_no_more_gets_its_answer)
{
	int fd = dial_and_be_held();
	shutdown(fd, SHUT_WR);
	loop_rests();
	ck_assert_uint_eq(commit(COMMIT_DONE), 1);
	ck_assert_int_eq(hear(fd), 200);
	ck_assert(is_closed(fd));
	close(fd);
	ck_assert(all_connections_end());
}
END_TEST

START_TEST(a_client_that_resets_while_its_request_is_held_does_not_keep_the_loop_busy)
{
	const struct linger at_once = {.l_onoff = 1};
	int fd = dial_and_be_held();
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	loop_rests();
	ck_assert_uint_eq(commit(COMMIT_DONE), 1);
	ck_assert(all_connections_end());
}
END_TEST

START_TEST(methods_that_a_path_has_not_are_405_and_those_it_has_are_named)
{
	ck_assert_int_eq(ask("DELETE", EVENTS, NULL, ""), 405);
	is_problem(405);
	ck_assert_str_eq(header("Allow"), "POST");
	ck_assert_int_eq(ask("POST", "/healthz", NULL, ""), 405);
	ck_assert_str_eq(header("Allow"), "GET, HEAD");
	ck_assert_int_eq(ask("PATCH", "/v1/people/bob/status", NULL, "{}"), 405);
	ck_assert_str_eq(header("Allow"), "PUT, DELETE");
	int fd = dial();
	say(fd, "BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	ck_assert_int_eq(hear(fd), 405);
	close(fd);
}
END_TEST

START_TEST(a_client_that_drips_is_cut_and_others_are_not)
{
	int dripping = dial(), silent = dial(), idle = dial(), held = dial();
	say(dripping, "GET /healthz HTTP/1.1\r\nHost: a\r\nX: ");
	ask_on(idle, "GET", "/healthz", NULL, "");
	ck_assert_int_eq(hear(idle), 200);
	ask_on(held, "POST", EVENTS, PBX_TOKEN, GOOD);
	wait_for_promises(1);

	usec_t now = clock_monotonic();
	for (int seconds = 1; seconds < LIMIT_HTTP_REQUEST_SECONDS; seconds++) {
		say(dripping, "x");
		conns_sweep(http->conns, now + (seconds - 1) * SECOND);
	}
	say(dripping, "x");
	ck_assert_int_eq(hear_within(dripping, true, 10000), 0);
	ck_assert(!heard.closed);
	conns_sweep(http->conns, now + (LIMIT_HTTP_REQUEST_SECONDS + 1) * SECOND);
	ck_assert(is_closed(dripping));
	ck_assert(is_closed(silent));

	ask_on(idle, "GET", "/healthz", NULL, "");
	ck_assert_int_eq(hear(idle), 200);
	conns_sweep(http->conns, clock_monotonic() + (LIMIT_HTTP_IDLE_SECONDS + 1) * SECOND);
	ck_assert(is_closed(idle));

	ck_assert_uint_eq(commit(COMMIT_DONE), 1);
	ck_assert_int_eq(hear(held), 200);
	close(dripping);
	close(silent);
	close(idle);
	close(held);
}
END_TEST

START_TEST(at_the_cap_new_connections_wait_and_idle_ones_go)
{
	config.http_max_connections = 3;
	ck_assert(http_reconfigure(http, &config, NULL));
	int fds[4];
	for (size_t i = 0; i < 4; i++)
		fds[i] = dial();
	for (size_t i = 0; i < 3; i++) {
		ask_on(fds[i], "GET", "/healthz", NULL, "");
		ck_assert_int_eq(hear(fds[i]), 200);
	}
	ask_on(fds[3], "GET", "/healthz", NULL, "");
	ck_assert_int_eq(hear_within(fds[3], true, 100000), 0);
	conns_sweep(http->conns, clock_monotonic() + 2 * SECOND);
	ck_assert_int_eq(hear(fds[3]), 200);
	for (size_t i = 0; i < 4; i++)
		close(fds[i]);
}
END_TEST

START_TEST(connections_that_end_are_forgotten)
{
	for (int i = 0; i < 20; i++)
		ask("GET", "/healthz", NULL, "");
	int fd = dial();
	say(fd, "nonsense\r\n\r\n");
	ck_assert(is_closed(fd));
	close(fd);
	close(dial());
	ck_assert(all_connections_end());
}
END_TEST

static bool is_cut(int fd)
{
	char byte;
	ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
	return got == 0 || (got < 0 && errno != EAGAIN);
}

START_TEST(many_large_requests_at_once_lose_the_largest)
{
	enum { CLIENTS = LIMIT_HTTP_RECEIVING / LIMIT_HTTP_BODY + 2, LARGEST = 7 };
	static char part[LIMIT_HTTP_BODY];
	static int fds[CLIENTS];
	memset(part, ' ', sizeof(part));
	for (size_t i = 0; i < CLIENTS; i++) {
		char head[128];
		snprintf(head, sizeof(head),
			"POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", LIMIT_HTTP_BODY);
		fds[i] = dial();
		say(fds[i], head);
		say_bytes(fds[i], part, i == LARGEST ? sizeof(part) - 1 : sizeof(part) - 2);
	}
	for (int i = 0; i < 500 && !is_cut(fds[LARGEST]); i++)
		turn(20000);
	ck_assert(is_cut(fds[LARGEST]));
	size_t cut = 0;
	for (size_t i = 0; i < CLIENTS; i++) {
		cut += is_cut(fds[i]);
		close(fds[i]);
	}
	ck_assert_uint_le(cut, 3);
}
END_TEST

/* A request to the PBX hq, with these headers. */
static int post(const char *method, const char *path, const char *headers, const char *body)
{
	char text[2048];
	int fd = dial();
	snprintf(text, sizeof(text),
		"%s %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n%sContent-Length: "
		"%zu\r\n\r\n%s",
		method, path, headers, strlen(body), body);
	say(fd, text);
	for (int i = 0; i < 50 && promise_count == 0; i++)
		turn(1000);
	commit(COMMIT_DONE);
	hear(fd);
	close(fd);
	return heard.status;
}

static const char *signed_header(const char *secret, const char *head, const char *body)
{
	static char text[256];
	unsigned char digest[SHA256_BYTES];
	char hex[SHA256_TEXT];
	secret_hmac_sha256(secret, head, body, strlen(body), digest);
	secret_hex(digest, sizeof(digest), hex);
	if (head[0] != '\0')
		snprintf(text, sizeof(text), "X-Signature: t=%.*s,v1=%s\r\n", (int)strcspn(head, "."), head,
			hex);
	else
		snprintf(text, sizeof(text), "X-Signature: %s\r\n", hex);
	return text;
}

static char secret[] = "hunter2";

START_TEST(a_pbx_that_signs_must_sign)
{
	char both[512];
	pbxes[0].signature.secret = secret;
	ck_assert_int_eq(post("POST", EVENTS, signed_header(secret, "", GOOD), GOOD), 200);
	ck_assert_int_eq(post("POST", EVENTS, signed_header("other", "", GOOD), GOOD), 401);
	is_problem(401);
	heard_contains("X-Signature");
	ck_assert_int_eq(post("POST", EVENTS, "Authorization: Bearer " PBX_TOKEN "\r\n", GOOD), 401);
	heard_contains("is missing");
	snprintf(both, sizeof(both), "Authorization: Bearer " PBX_TOKEN "\r\n%s",
		signed_header(secret, "", GOOD));
	ck_assert_int_eq(post("POST", EVENTS, both, GOOD), 200);
	snprintf(both, sizeof(both), "Authorization: Bearer wrong\r\n%s", signed_header(secret, "", GOOD));
	ck_assert_int_eq(post("POST", EVENTS, both, GOOD), 401);
	snprintf(both, sizeof(both), "Authorization: Bearer " OTHER_PBX_TOKEN "\r\n%s",
		signed_header(secret, "", GOOD));
	ck_assert_int_eq(post("POST", EVENTS, both, GOOD), 403);
	/* Another PBX's path is not its own. */
	ck_assert_int_eq(post("POST", "/v1/pbx/branch/events", signed_header(secret, "", GOOD), GOOD), 401);
	/* To ask, a token will do; there is nothing to sign. */
	ck_assert_int_eq(ask("GET", "/v1/pbx/hq/extensions/1001/presence", PBX_TOKEN, ""), 200);
	ck_assert_int_eq(post("DELETE", "/v1/pbx/hq/extensions/1001/status",
				 "Authorization: Bearer " PBX_TOKEN "\r\n", ""),
		401);
}
END_TEST

START_TEST(a_signature_with_a_time_counts_once)
{
	long long seconds = clock_now() / SECOND;
	char head[32];
	pbxes[0].signature = (struct signature_scheme){.secret = secret, .timestamp = true};
	snprintf(head, sizeof(head), "%lld.", seconds);
	ck_assert_int_eq(post("POST", EVENTS, signed_header(secret, head, GOOD), GOOD), 200);
	ck_assert_int_eq(post("POST", EVENTS, signed_header(secret, head, GOOD), GOOD), 401);
	heard_contains("used before");
	/* What was not taken may be sent again, as it was. */
	is_busy = true;
	snprintf(head, sizeof(head), "%lld.", seconds - 1);
	ck_assert_int_eq(post("POST", EVENTS, signed_header(secret, head, GOOD), GOOD), 503);
	is_busy = false;
	ck_assert_int_eq(post("POST", EVENTS, signed_header(secret, head, GOOD), GOOD), 200);
	ck_assert_int_eq(post("POST", EVENTS, signed_header(secret, head, GOOD), GOOD), 401);
	snprintf(head, sizeof(head), "%lld.", seconds - 400);
	ck_assert_int_eq(post("POST", EVENTS, signed_header(secret, head, GOOD), GOOD), 401);
	heard_contains("another time");
}
END_TEST

START_TEST(a_format_has_its_own_media_type)
{
	int fd = dial();
	say(fd, "POST /v1/pbx/hq/events/telegraph HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " PBX_TOKEN
		"\r\nContent-Type: application/morse\r\nContent-Length: 0\r\n\r\n");
	ck_assert_int_eq(hear(fd), 400); /* by the parser */
	close(fd);
	ck_assert_int_eq(ask("POST", "/v1/pbx/hq/events/telegraph", PBX_TOKEN, "{}"), 415);
	heard_contains("application/morse");
	ck_assert_int_eq(ask("POST", "/v1/pbx/hq/events/smoke", PBX_TOKEN, "{}"), 404);
	ck_assert_int_eq(ask("POST", "/v1/pbx/hq/events/events", PBX_TOKEN, "{}"), 404);
	ck_assert_int_eq(ask("POST", "/v1/pbx/hq/events/telegraph", NULL, "{}"), 401);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("server");
	TCase *tests = tcase_create("server");
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_pbx_that_signs_must_sign);
	tcase_add_test(tests, a_signature_with_a_time_counts_once);
	tcase_add_test(tests, a_format_has_its_own_media_type);
	tcase_add_test(tests, ambiguous_requests_are_refused_and_the_connection_ends);
	tcase_add_test(tests, what_evhttp_itself_refuses_ends_the_connection_too);
	tcase_add_test(tests, a_request_hidden_in_a_body_is_never_answered);
	tcase_add_test(tests, what_is_too_large_is_named);
	tcase_add_test(tests, a_connection_serves_several_requests_also_pipelined);
	tcase_add_test(tests, a_body_may_come_in_chunks_and_after_100_continue);
	tcase_add_test(tests, what_comes_while_a_request_is_held_waits_and_does_not_keep_the_loop_busy);
	tcase_add_test(tests, a_client_that_will_say_no_more_gets_its_answer);
	tcase_add_test(tests, a_client_that_resets_while_its_request_is_held_does_not_keep_the_loop_busy);
	tcase_add_test(tests, methods_that_a_path_has_not_are_405_and_those_it_has_are_named);
	tcase_add_test(tests, a_client_that_drips_is_cut_and_others_are_not);
	tcase_add_test(tests, at_the_cap_new_connections_wait_and_idle_ones_go);
	tcase_add_test(tests, connections_that_end_are_forgotten);
	tcase_add_test(tests, many_large_requests_at_once_lose_the_largest);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
