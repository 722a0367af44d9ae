/* Listeners of the live stream hear what is true, in bounded memory, and lose nothing when they come back. */
#include "server_world.h"

#define STREAM "/v1/stream"

/* Everything that the listener of the last `listen` was sent, chunk headers included. */
static struct {
	char text[1024 * 1024];
	size_t length;
	bool closed;
} told;

static int listen_from(const char *id)
{
	char request[512], last[128] = "";
	int fd = dial();
	if (id != NULL)
		snprintf(last, sizeof(last), "Last-Event-ID: %s\r\n", id);
	snprintf(request, sizeof(request),
		"GET " STREAM " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " READER_TOKEN "\r\n%s\r\n",
		last);
	say(fd, request);
	hear_within(fd, false, 3 * SECOND);
	memset(&told, 0, sizeof(told));
	return fd;
}

/* Reads on until it has `part`. */
static bool hears_within(int fd, const char *part, usec_t time)
{
	usec_t end = clock_monotonic() + time;
	while (strstr(told.text, part) == NULL && clock_monotonic() < end && !told.closed) {
		size_t room = sizeof(told.text) - 1 - told.length;
		ssize_t got = recv(fd, told.text + told.length, room, MSG_DONTWAIT);
		if (got > 0)
			told.length += (size_t)got;
		else if (got == 0 || errno != EAGAIN)
			told.closed = true;
		else
			turn(2000);
	}
	return strstr(told.text, part) != NULL;
}

static bool hears(int fd, const char *part)
{
	return hears_within(fd, part, 3 * SECOND);
}

static void forget_told(void)
{
	told.text[told.length = 0] = '\0';
}

static size_t count_told(const char *part)
{
	size_t count = 0;
	for (const char *at = told.text; (at = strstr(at, part)) != NULL; at++)
		count++;
	return count;
}

/* The last id that was told. */
static const char *last_id(void)
{
	static char id[64];
	const char *found = NULL;
	for (const char *at = told.text; (at = strstr(at, "id: ")) != NULL; at++)
		found = at + 4;
	snprintf(id, sizeof(id), "%.*s", found != NULL ? (int)strcspn(found, "\n") : 0, found);
	return id;
}

static void choose(const char *contact, const char *status)
{
	struct fact fact = {.kind = FACT_CHOICE,
		.choice = {.person = engine_person(engine, contact), .status = status, .source = SOURCE_API}};
	ck_assert(engine_apply(engine, &fact, clock_now(), NULL));
	drain();
}

static int listen_and_settle(void)
{
	int fd = listen_from(NULL);
	ck_assert_int_eq(heard.status, 200);
	ck_assert(hears(fd, "event: complete\ndata: {}\n\n"));
	return fd;
}

START_TEST(who_comes_first_gets_everybody_and_then_changes)
{
	int fd = listen_and_settle();
	ck_assert_str_eq(header("Content-Type"), "text/event-stream");
	ck_assert_str_eq(header("Cache-Control"), "no-store");
	ck_assert_ptr_nonnull(strstr(told.text, "retry: 2000\nid:\nevent: reset\ndata: {}\n\n"));
	ck_assert_uint_eq(count_told("event: presence\n"), 3);
	ck_assert_uint_eq(count_told("id: "), 1);
	ck_assert_uint_eq(
		count_told("{\"contact\":\"carol\",\"name\":\"Carol\",\"status\":\"available\""), 1);
	forget_told();
	choose("bob", "dnd");
	ck_assert(hears(fd, "\n\n"));
	ck_assert_ptr_nonnull(strstr(told.text, "id: "));
	ck_assert_ptr_nonnull(strstr(told.text,
		"event: presence\ndata: {\"contact\":\"bob\",\"name\":\"Bob\",\"status\":\"dnd\""));
	close(fd);
	ck_assert(all_connections_end());
	ck_assert_int_eq(metrics_get(METRIC_HTTP_LISTENERS), 0);
}
END_TEST

START_TEST(who_comes_back_gets_what_was_missed_and_of_each_the_last)
{
	int fd = listen_and_settle();
	char id[64];
	snprintf(id, sizeof(id), "%s", last_id());
	close(fd);
	choose("bob", "dnd");
	choose("alice", "away");
	choose("bob", "lunch-break");
	fd = listen_from(id);
	ck_assert(hears(fd, "lunch-break"));
	ck_assert(hears(fd, "\n\n\r\n"));
	ck_assert_uint_eq(count_told("reset"), 0);
	ck_assert_uint_eq(count_told("event: presence\n"), 2);
	ck_assert_uint_eq(count_told("\"dnd\""), 0);
	ck_assert(strstr(told.text, "\"alice\"") < strstr(told.text, "\"bob\""));
	snprintf(id, sizeof(id), "%s", last_id());
	close(fd);
	fd = listen_from(id);
	ck_assert(!hears_within(fd, "event:", 50000));
	choose("carol", "dnd");
	ck_assert(hears(fd, "\"carol\""));
	ck_assert_uint_eq(count_told("event: "), 1);
	close(fd);
}
END_TEST

START_TEST(an_id_that_is_not_known_any_more_begins_anew)
{
	int fd = listen_and_settle();
	char id[64], other[64];
	snprintf(id, sizeof(id), "%s", last_id());
	close(fd);
	snprintf(other, sizeof(other), "%s", id);
	other[0] = other[0] == 'a' ? 'b' : 'a';
	const char *bad[] = {other, "", "nonsense", "-1", "0000000000000000-0", NULL, NULL};
	char ahead[80], negative[80];
	snprintf(ahead, sizeof(ahead), "%s9", id);
	snprintf(negative, sizeof(negative), "%.16s--1", id);
	bad[5] = ahead;
	bad[6] = negative;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		fd = listen_from(bad[i]);
		ck_assert_msg(hears(fd, "event: reset\n"), "%s", bad[i]);
		close(fd);
	}
	for (int i = 0; i <= LIMIT_LIVE_CHANGES; i++)
		http_presence_changed(http, engine, "bob");
	fd = listen_from(id);
	ck_assert(hears(fd, "event: reset\n"));
	ck_assert(hears(fd, "event: complete\n"));
	close(fd);
}
END_TEST

START_TEST(who_is_invisible_looks_offline_and_who_is_unheard_is_not_told)
{
	int fd = listen_and_settle();
	forget_told();
	choose("bob", "invisible");
	ck_assert(hears(fd, "\"bob\""));
	ck_assert(hears(fd, "\n\n\r\n"));
	ck_assert_ptr_nonnull(strstr(told.text, "\"status\":\"offline\""));
	ck_assert_ptr_null(strstr(told.text, "invisible"));
	forget_told();
	engine_person(engine, "alice")->unheard = true;
	http_presence_changed(http, engine, "alice");
	choose("carol", "dnd");
	ck_assert(hears(fd, "\"carol\""));
	ck_assert_ptr_null(strstr(told.text, "alice"));
	close(fd);
	fd = listen_and_settle();
	ck_assert_ptr_null(strstr(told.text, "alice"));
	engine_person(engine, "alice")->unheard = false;
	http_presence_changed(http, engine, "alice");
	ck_assert(hears(fd, "\"alice\""));
	close(fd);
}
END_TEST

START_TEST(who_is_deleted_is_gone)
{
	int fd = listen_and_settle();
	struct fact fact = {.kind = FACT_PERSON_GONE, .gone = {.row = 2}};
	ck_assert(engine_apply(engine, &fact, clock_now(), NULL));
	drain();
	ck_assert(hears(fd, "event: gone\ndata: {\"contact\":\"bob\"}\n\n"));
	close(fd);
}
END_TEST

START_TEST(silence_is_broken_every_15_seconds)
{
	int fd = listen_and_settle();
	forget_told();
	live_keep_alive(http->live, clock_monotonic() + (LIMIT_LIVE_KEEP_ALIVE_SECONDS - 5) * SECOND);
	ck_assert(!hears_within(fd, ":", 20000));
	live_keep_alive(http->live, clock_monotonic() + LIMIT_LIVE_KEEP_ALIVE_SECONDS * SECOND);
	ck_assert(hears(fd, ":\n\n"));
	conns_sweep(http->conns, clock_monotonic() + HOUR);
	choose("bob", "dnd");
	ck_assert(hears(fd, "\"bob\""));
	close(fd);
}
END_TEST

START_TEST(streams_end_when_the_engine_goes_the_tokens_change_and_the_server_stops)
{
	for (int i = 0; i < 3; i++) {
		int fd = listen_and_settle();
		forget_told();
		if (i == 0)
			http_engine_gone(http, engine);
		else if (i == 1)
			ck_assert(http_reconfigure(http, &config, NULL));
		else
			http_stop(http);
		ck_assert(hears(fd, "0\r\n\r\n"));
		ck_assert(is_closed(fd));
		close(fd);
	}
	ck_assert_int_eq(metrics_get(METRIC_HTTP_LISTENERS), 0);
}
END_TEST

START_TEST(half_of_the_connections_are_kept_for_requests)
{
	int fds[2];
	config.http_max_connections = 4;
	ck_assert(http_reconfigure(http, &config, NULL));
	for (size_t i = 0; i < 2; i++)
		fds[i] = listen_and_settle();
	ask("GET", STREAM, READER_TOKEN, "");
	is_problem(503);
	ck_assert_str_eq(header("Retry-After"), "1");
	ck_assert_int_eq(ask("GET", "/healthz", NULL, ""), 200);
	for (size_t i = 0; i < 2; i++)
		close(fds[i]);
}
END_TEST

START_TEST(the_stream_needs_a_token_that_may_read_and_no_parameters)
{
	ask("GET", STREAM, NULL, "");
	is_problem(401);
	ask("GET", STREAM, PBX_TOKEN, "");
	is_problem(403);
	heard_contains("read or board");
	clients[0].scopes = SCOPE_BOARD;
	close(listen_and_settle());
	ask("GET", STREAM "?since=1", READER_TOKEN, "");
	is_problem(400);
	int fd = dial();
	say(fd, "HEAD " STREAM " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " READER_TOKEN "\r\n\r\n");
	ck_assert_int_eq(hear_within(fd, false, 3 * SECOND), 200);
	ck_assert_str_eq(header("Content-Type"), "text/event-stream");
	close(fd);
}
END_TEST

static void change_many(int from, int to)
{
	char contact[32];
	for (int i = from; i < to; i++) {
		snprintf(contact, sizeof(contact), "nobody-%d", i);
		http_presence_changed(http, engine, contact);
	}
}

static void add_people(int count)
{
	char contact[32], extension[32];
	for (int i = 0; i < count; i++) {
		snprintf(contact, sizeof(contact), "person-%d", i);
		snprintf(extension, sizeof(extension), "hq:p%d", i);
		add_person(10 + i, contact, "Somebody", extension);
	}
}

START_TEST(who_falls_too_far_behind_begins_anew_and_is_cut_off_when_that_happens_again)
{
	int fd = listen_and_settle();
	forget_told();
	change_many(0, LIMIT_LIVE_CHANGES + 1);
	choose("bob", "dnd");
	ck_assert(hears(fd, "id:\nevent: reset\n"));
	ck_assert(hears(fd, "event: complete\n"));
	ck_assert_ptr_nonnull(strstr(told.text, "\"dnd\""));
	ck_assert_uint_eq(count_told("event: gone\n"), 0);
	close(fd);
	add_people(8000);
	fd = listen_from(NULL);
	change_many(0, LIMIT_LIVE_CHANGES + 1);
	ck_assert(!hears_within(fd, "event: complete", 300000) && told.closed);
	close(fd);
	ck_assert(all_connections_end());
}
END_TEST

START_TEST(who_does_not_read_holds_little_and_is_cut_off)
{
	int fd = listen_and_settle(), other = listen_and_settle();
	enum { ROUNDS = 40, CHANGES = 16000 };
	for (int i = 0; i < ROUNDS; i++) {
		change_many(i * CHANGES, (i + 1) * CHANGES);
		for (int turns = 0; turns < 40; turns++) {
			turn(500);
			told.length = 0;
			while (recv(other, told.text, sizeof(told.text), MSG_DONTWAIT) > 0)
				continue;
		}
	}
	forget_told();
	choose("bob", "dnd");
	ck_assert(hears(other, "\"bob\""));
	/* It may be cut off already, when it took a piece so late that its place was lost. */
	conns_sweep(http->conns, clock_monotonic() + (LIMIT_HTTP_IDLE_SECONDS + 1) * SECOND);
	for (int i = 0; i < 500 && metrics_get(METRIC_HTTP_LISTENERS) == 2; i++)
		turn(2000);
	ck_assert_int_eq(metrics_get(METRIC_HTTP_LISTENERS), 1);
	choose("bob", "away");
	ck_assert(hears(other, "\"away\""));
	close(fd);
	close(other);
}
END_TEST

START_TEST(many_people_come_in_slices_and_changes_meanwhile_are_not_lost)
{
	enum { PEOPLE = 1200 };
	add_people(PEOPLE);
	int fd = listen_from(NULL);
	choose("alice", "dnd");
	ck_assert(hears(fd, "event: complete\n"));
	ck_assert(hears(fd, "event: complete\ndata: {}\n\n"));
	ck_assert_uint_eq(count_told("event: presence\n"),
		PEOPLE + 3 + (strstr(told.text, "\"dnd\"") > strstr(told.text, "complete")));
	ck_assert(hears(fd, "\"status\":\"dnd\""));
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("live");
	TCase *tests = tcase_create("live");
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, who_comes_first_gets_everybody_and_then_changes);
	tcase_add_test(tests, who_comes_back_gets_what_was_missed_and_of_each_the_last);
	tcase_add_test(tests, an_id_that_is_not_known_any_more_begins_anew);
	tcase_add_test(tests, who_is_invisible_looks_offline_and_who_is_unheard_is_not_told);
	tcase_add_test(tests, who_is_deleted_is_gone);
	tcase_add_test(tests, silence_is_broken_every_15_seconds);
	tcase_add_test(tests, streams_end_when_the_engine_goes_the_tokens_change_and_the_server_stops);
	tcase_add_test(tests, half_of_the_connections_are_kept_for_requests);
	tcase_add_test(tests, the_stream_needs_a_token_that_may_read_and_no_parameters);
	tcase_add_test(tests, who_falls_too_far_behind_begins_anew_and_is_cut_off_when_that_happens_again);
	tcase_add_test(tests, who_does_not_read_holds_little_and_is_cut_off);
	tcase_add_test(tests, many_people_come_in_slices_and_changes_meanwhile_are_not_lost);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
