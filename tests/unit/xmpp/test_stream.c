/* The connection is made, kept, measured and given up rightly, against a server in the same loop. */
#include "fake_server.h"

#include "base/metrics.h"
#include "xmpp/parser.h"
#include "xmpp/route.h"
#include "xmpp/stream.h"

#define SOON (5 * SECOND)

static struct loop *loop;
static struct fake_server server;
static xmpp_ctx_t *context;
static struct stream *stream;
static unsigned ups, downs, stanzas, large, ended;
static uint32_t acknowledged;
static bool free_at_end;

static void on_up(void *ctx)
{
	(void)ctx;
	ups++;
}

static void on_down(void *ctx)
{
	(void)ctx;
	downs++;
}

static char *answer; /* to every stanza; NULL: none */

static void on_stanza(void *ctx, xmpp_stanza_t *stanza, bool too_large)
{
	(void)ctx;
	if (answer != NULL)
		stream_write(stream, answer, strlen(answer));
	ck_assert_ptr_nonnull(xmpp_stanza_get_name(stanza));
	stanzas++;
	large += too_large;
}

static void on_acknowledged(void *ctx, uint32_t mark)
{
	(void)ctx;
	acknowledged = mark;
}

static void on_ended(void *ctx)
{
	(void)ctx;
	ended++;
	if (free_at_end) {
		stream_free(stream);
		stream = NULL;
	}
}

static void step(void *arg)
{
	(void)arg;
	if (stream != NULL)
		stream_flush(stream);
}

static void make(usec_t ping, usec_t pong)
{
	const struct stream_options options = {.address = "presence.example.org",
		.domain = "example.org",
		.host = "127.0.0.1",
		.port = server.port,
		.secret = "s3cret",
		.ping = ping,
		.pong = pong};
	const struct stream_events events = {.up = on_up,
		.down = on_down,
		.stanza = on_stanza,
		.acknowledged = on_acknowledged,
		.ended = on_ended};
	stream = stream_new(loop, context, &options, &events);
}

static void begin(void)
{
	loop = loop_new();
	context = parser_context();
	fake_begin(&server, loop);
	loop_add_step(loop, step, NULL);
	ups = downs = stanzas = large = ended = 0;
	acknowledged = 0;
	free_at_end = false;
}

static void end(void)
{
	stream_free(stream);
	stream = NULL;
	fake_end(&server);
	xmpp_ctx_free(context);
	loop_free(loop);
	ck_assert_int_eq(metrics_get(METRIC_XMPP_CONNECTED), 0);
}

static bool is_up(void *arg)
{
	return stream_is_up(stream) && ups >= *(unsigned *)arg;
}

static void wait_up(unsigned times)
{
	ck_assert(turn_until(loop, is_up, &times, SOON));
}

static bool reached(void *arg)
{
	const unsigned *const *pair = arg;
	return *pair[0] >= *pair[1];
}

static void wait_for(unsigned *counter, unsigned value)
{
	const unsigned *pair[2] = {counter, &value};
	ck_assert(turn_until(loop, reached, pair, SOON));
}

static void connect_it(void)
{
	make(0, 0);
	stream_start(stream);
	wait_up(1);
}

START_TEST(the_handshake_is_made)
{
	connect_it();
	ck_assert_uint_eq(server.handshakes, 1);
	ck_assert_uint_eq(downs, 0);
	ck_assert_int_eq(metrics_get(METRIC_XMPP_CONNECTED), 1);
}
END_TEST

START_TEST(stanzas_come_and_go)
{
	connect_it();
	fake_say(&server, "<message from='a@b' to='c'><body>1</body></message> <presence from='a@b' to='c'/>"
			  "<unknown xmlns='urn:x'/>");
	wait_for(&stanzas, 2);
	xmpp_stanza_t *message =
		element_new(context, NULL, "message", NULL, "from", "x@y", "to", "z\x01", NULL);
	ck_assert(stream_send(stream, message));
	xmpp_stanza_release(message);
	turn_until(loop, NULL, NULL, SECOND / 20);
	ck_assert_uint_eq(fake_count(&server, "to='z\uFFFD'"), 1);
}
END_TEST

START_TEST(a_stanza_too_large_is_told_and_nothing_breaks)
{
	connect_it();
	fake_say(&server, "<iq type='set' id='1' from='a@b' to='c'>");
	for (int i = 0; i < 40; i++)
		fake_say(&server, "<q><a><a><a><a><a/></a></a></a></a></q>");
	for (int i = 0; i <= LIMIT_STANZA_DEPTH; i++)
		fake_say(&server, "<deep>");
	for (int i = 0; i <= LIMIT_STANZA_DEPTH; i++)
		fake_say(&server, "</deep>");
	fake_say(&server, "</iq><message/>");
	wait_for(&stanzas, 2);
	ck_assert_uint_eq(large, 1);
	ck_assert_uint_eq(downs, 0);
}
END_TEST

START_TEST(a_lost_connection_is_made_again)
{
	connect_it();
	fake_drop(&server);
	wait_up(2);
	ck_assert_uint_eq(downs, 1);
	ck_assert_uint_eq(server.connections, 2);
}
END_TEST

START_TEST(a_server_that_comes_late_is_found)
{
	fake_close(&server);
	make(0, 0);
	stream_start(stream);
	turn_until(loop, NULL, NULL, SECOND / 2);
	ck_assert(!stream_is_up(stream));
	fake_listen(&server);
	wait_up(1);
}
END_TEST

START_TEST(a_mute_server_is_given_up)
{
	server.mute = true;
	make(SECOND / 20, SECOND / 10);
	stream_start(stream);
	wait_up(2);
	ck_assert_uint_eq(downs, 1);
	ck_assert_uint_ge(server.pings, 1);
}
END_TEST

static void chatter(void *arg)
{
	struct loop_timer **timer = arg;
	if (server.fd >= 0 && stream_is_up(stream))
		fake_say(&server, "<message/>");
	loop_timer_set(*timer, SECOND / 50);
}

START_TEST(a_mute_server_that_talks_is_alive)
{
	struct loop_timer *timer;

	server.mute = true;
	timer = loop_timer_new(loop, chatter, &timer);
	make(SECOND / 20, SECOND / 10);
	stream_start(stream);
	loop_timer_set(timer, 0);
	wait_up(1);
	turn_until(loop, NULL, NULL, SECOND);
	ck_assert_uint_eq(downs, 0);
	ck_assert_uint_ge(server.pings, 2);
	loop_timer_free(timer);
}
END_TEST

static void fill_output(size_t bytes)
{
	char *block = calloc(1, 65537);
	memset(block, ' ', 65536);
	for (size_t written = 0; written < bytes; written += 65536)
		stream_write(stream, block, 65536);
	free(block);
}

static void read_slowly(void *arg)
{
	static char bytes[256 * 1024];
	struct loop_timer **timer = arg;
	if (server.fd >= 0)
		(void)!recv(server.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	loop_timer_set(*timer, SECOND / 200);
}

START_TEST(a_server_that_reads_slowly_is_alive)
{
	struct loop_timer *timer;
	int little = 64 * 1024;

	server.mute = true;
	ck_assert_int_eq(setsockopt(server.listener, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little)), 0);
	timer = loop_timer_new(loop, read_slowly, &timer);
	make(SECOND / 5, SECOND / 2);
	stream_start(stream);
	wait_up(1);
	event_del(server.readable);
	loop_timer_set(timer, 0);
	for (usec_t until = clock_monotonic() + 3 * SECOND; clock_monotonic() < until;) {
		while (stream_room(stream) > 0)
			fill_output(65536);
		turn_until(loop, NULL, NULL, 0);
	}
	ck_assert_uint_eq(downs, 0);
	loop_timer_free(timer);
}
END_TEST

/* As fake_readable does it, but a little at a time. */
static void read_a_little(void *arg)
{
	static char bytes[4096];
	struct loop_timer **timer = arg;
	ssize_t length = recv(server.fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (length > 0) {
		buf_add(&server.in, bytes, (size_t)length);
		fake_answer(&server);
	}
	loop_timer_set(*timer, SECOND / 50);
}

static bool acknowledged_it(void *arg)
{
	return acknowledged >= *(uint32_t *)arg || downs > 0;
}

/* Its pong comes several times later than a pong usually may, and for most of that time all has been written. */
START_TEST(a_server_that_reads_the_rest_slowly_is_alive)
{
	struct loop_timer *timer;
	int little = 64 * 1024;

	ck_assert_int_eq(setsockopt(server.listener, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little)), 0);
	timer = loop_timer_new(loop, read_a_little, &timer);
	make(SECOND / 5, SECOND / 4);
	stream_start(stream);
	wait_up(1);
	event_del(server.readable);
	for (int turn = 0; turn < 100; turn++) {
		while (stream_room(stream) > 0)
			fill_output(LIMIT_STREAM_OUT_LOW / 2);
		turn_until(loop, NULL, NULL, 0);
	}
	uint32_t mark = stream_mark(stream);
	loop_timer_set(timer, 0);
	ck_assert(turn_until(loop, acknowledged_it, &mark, 6 * SOON));
	ck_assert_uint_eq(downs, 0);
	ck_assert_uint_eq(server.connections, 1);
	loop_timer_free(timer);
}
END_TEST

START_TEST(a_mark_is_acknowledged)
{
	make(SECOND / 10, SECOND);
	stream_start(stream);
	wait_up(1);
	uint32_t mark = stream_mark(stream);
	ck_assert_uint_gt(mark, acknowledged);
	wait_for((unsigned *)&acknowledged, mark);
}
END_TEST

START_TEST(a_forged_pong_is_none)
{
	server.mute = true;
	make(SECOND / 20, SECOND / 5);
	stream_start(stream);
	wait_up(1);
	wait_for(&server.pings, 1);
	fake_say(&server, "<iq type='result' id='offhook-ping-1' from='mallory@example.org/x' "
			  "to='presence.example.org'/>");
	wait_for(&stanzas, 1);
	ck_assert_uint_eq(acknowledged, 0);
}
END_TEST

START_TEST(a_wrong_secret_is_tried_slowly)
{
	server.secret = "other";
	make(0, 0);
	stream_start(stream);
	turn_until(loop, NULL, NULL, 2 * SECOND);
	ck_assert_uint_eq(server.connections, 1);
	ck_assert_uint_eq(ups, 0);

	/* And at once with the right one. */
	const struct stream_options options = {.address = "presence.example.org",
		.domain = "example.org",
		.host = "127.0.0.1",
		.port = server.port,
		.secret = "other"};
	stream_configure(stream, &options);
	wait_up(1);
	ck_assert_uint_eq(server.connections, 2);
	stream_configure(stream, &options);
	turn_until(loop, NULL, NULL, SECOND / 10);
	ck_assert_uint_eq(downs, 0);
}
END_TEST

static bool tried(void *arg)
{
	return server.connections >= *(unsigned *)arg && server.fd < 0;
}

/* How often `text` is in what is written to standard error while the server is tried that often. */
static unsigned count_logged(const char *text, unsigned times)
{
	FILE *file = tmpfile();
	int before = dup(STDERR_FILENO);
	char line[1024];
	unsigned count = 0;

	dup2(fileno(file), STDERR_FILENO);
	bool came = turn_until(loop, tried, &times, (usec_t)times * SOON);
	dup2(before, STDERR_FILENO);
	close(before);
	ck_assert(came);
	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL)
		count += strstr(line, text) != NULL;
	fclose(file);
	return count;
}

START_TEST(a_reason_is_not_logged_at_every_attempt)
{
	server.secret = "other";
	make(0, 0);
	stream_start(stream);
	ck_assert_uint_eq(count_logged("not-authorized", 2), 1);
}
END_TEST

START_TEST(a_conflict_is_tried_again_soon)
{
	connect_it();
	fake_say(&server,
		"<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
		"xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Replaced</text></stream:error></stream:stream>");
	wait_up(2);
	ck_assert_uint_eq(downs, 1);
}
END_TEST

START_TEST(a_stream_error_may_say_nothing)
{
	static const char *const errors[] = {
		"<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
		"xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>",
		"<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'><b xmlns='urn:b'/></text>",
		"<conflict/>text",
		"",
	};
	connect_it();
	for (unsigned i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		fake_say(&server, "<stream:error>");
		fake_say(&server, errors[i]);
		fake_say(&server, "</stream:error>");
		wait_up(i + 2);
	}
}
END_TEST

START_TEST(bad_xml_and_document_types_remake_the_stream)
{
	connect_it();
	fake_say(&server, "<message></presence>");
	wait_up(2);
	fake_say(&server, "<!DOCTYPE x>");
	wait_up(3);
	ck_assert_uint_eq(stanzas, 0);
}
END_TEST

#define LINE "<presence n='%u' to='%0100u'/>"

static bool all_read(void *arg)
{
	size_t *last = arg;
	bool same = *last == server.in.length && *last > 0;
	*last = server.in.length;
	return same && stream_room(stream) == LIMIT_STREAM_OUT_LOW;
}

START_TEST(a_server_that_does_not_read_stops_the_filling)
{
	char line[160];
	size_t last = 0;
	unsigned sent = 0;

	connect_it();
	event_del(server.readable);
	for (int turn = 0; turn < 400; turn++) {
		while (stream_room(stream) > 0) {
			int length = snprintf(line, sizeof(line), LINE, sent++, 0U);
			stream_write(stream, line, (size_t)length);
		}
		turn_until(loop, NULL, NULL, 0);
	}
	ck_assert_uint_eq(stream_room(stream), 0);
	event_add(server.readable, NULL);
	ck_assert(turn_until(loop, all_read, &last, SOON));
	ck_assert_uint_gt(stream_room(stream), 0);
	ck_assert_uint_eq(downs, 0);
	const char *at = strstr(server.in.data, "<presence"), *stop = server.in.data + server.in.length;
	for (unsigned seen = 0; seen < sent; seen++) {
		int length = snprintf(line, sizeof(line), LINE, seen, 0U);
		ck_assert(stop - at >= length && memcmp(at, line, (size_t)length) == 0);
		at += length;
	}
}
END_TEST

START_TEST(nothing_is_read_while_much_waits)
{
	connect_it();
	event_del(server.readable);
	fill_output(8 * LIMIT_STREAM_OUT_HIGH);
	turn_until(loop, NULL, NULL, SECOND / 10);
	fake_say(&server, "<message/>");
	turn_until(loop, NULL, NULL, SECOND / 5);
	ck_assert_uint_eq(stanzas, 0);
	event_add(server.readable, NULL);
	wait_for(&stanzas, 1);
	ck_assert_uint_eq(downs, 0);
}
END_TEST

static bool received(void *arg)
{
	return server.in.length >= *(size_t *)arg;
}

START_TEST(answers_to_one_read_do_not_pile_up)
{
	enum { ANSWER = 100000, REQUESTS = 400 };
	struct buf requests;
	size_t all = (size_t)ANSWER * REQUESTS;

	connect_it();
	answer = malloc(ANSWER + 1);
	memset(answer, ' ', ANSWER);
	answer[ANSWER] = '\0';
	buf_init(&requests, 64 * 1024);
	for (int i = 0; i < REQUESTS; i++)
		buf_add_text(
			&requests, "<iq type='get' id='1' from='a@b/c' to='d'><query xmlns='urn:q'/></iq>");
	event_del(server.readable);
	fake_say(&server, requests.data);
	turn_until(loop, NULL, NULL, SECOND / 5);
	ck_assert_uint_gt(stanzas, 0);
	/* What the sockets hold comes on top of what waits here. */
	ck_assert_uint_lt(stanzas, REQUESTS / 4);
	event_add(server.readable, NULL);
	wait_for(&stanzas, REQUESTS);
	ck_assert(turn_until(loop, received, &all, SOON));
	ck_assert_uint_eq(downs, 0);
	free(answer);
	answer = NULL;
	buf_done(&requests);
}
END_TEST

START_TEST(a_server_that_never_reads_is_given_up)
{
	connect_it();
	event_del(server.readable);
	for (int i = 0; i < 4; i++) {
		fill_output(LIMIT_STREAM_OUT_MAX / 2);
		turn_until(loop, NULL, NULL, 0);
	}
	wait_for(&downs, 1);
}
END_TEST

START_TEST(a_stop_ends_the_stream_properly)
{
	connect_it();
	free_at_end = true;
	stream_write(stream, "<last/>", 7);
	stream_stop(stream, SECOND);
	wait_for(&ended, 1);
	ck_assert_uint_eq(fake_count(&server, "<last/></stream:stream>"), 1);
	ck_assert(server.ended);
	ck_assert_uint_eq(downs, 0);
	ck_assert_ptr_null(stream);
}
END_TEST

START_TEST(a_stop_does_not_wait_for_ever)
{
	connect_it();
	server.silent = true;
	stream_stop(stream, SECOND / 10);
	wait_for(&ended, 1);
	stream_stop(stream, SECOND / 10);
	turn_until(loop, NULL, NULL, SECOND / 10);
	ck_assert_uint_eq(ended, 1);
}
END_TEST

START_TEST(a_stop_works_without_a_connection)
{
	fake_close(&server);
	make(0, 0);
	stream_start(stream);
	turn_until(loop, NULL, NULL, SECOND / 20);
	stream_stop(stream, SECOND);
	wait_for(&ended, 1);
	fake_listen(&server);
	turn_until(loop, NULL, NULL, SECOND / 2);
	ck_assert_uint_eq(server.connections, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream");
	TCase *tests = tcase_create("stream");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, the_handshake_is_made);
	tcase_add_test(tests, stanzas_come_and_go);
	tcase_add_test(tests, a_stanza_too_large_is_told_and_nothing_breaks);
	tcase_add_test(tests, a_lost_connection_is_made_again);
	tcase_add_test(tests, a_server_that_comes_late_is_found);
	tcase_add_test(tests, a_mute_server_is_given_up);
	tcase_add_test(tests, a_mute_server_that_talks_is_alive);
	tcase_add_test(tests, a_server_that_reads_slowly_is_alive);
	tcase_add_test(tests, a_server_that_reads_the_rest_slowly_is_alive);
	tcase_add_test(tests, a_mark_is_acknowledged);
	tcase_add_test(tests, a_forged_pong_is_none);
	tcase_add_test(tests, a_wrong_secret_is_tried_slowly);
	tcase_add_test(tests, a_reason_is_not_logged_at_every_attempt);
	tcase_add_test(tests, a_conflict_is_tried_again_soon);
	tcase_add_test(tests, a_stream_error_may_say_nothing);
	tcase_add_test(tests, bad_xml_and_document_types_remake_the_stream);
	tcase_add_test(tests, a_server_that_does_not_read_stops_the_filling);
	tcase_add_test(tests, nothing_is_read_while_much_waits);
	tcase_add_test(tests, answers_to_one_read_do_not_pile_up);
	tcase_add_test(tests, a_server_that_never_reads_is_given_up);
	tcase_add_test(tests, a_stop_ends_the_stream_properly);
	tcase_add_test(tests, a_stop_does_not_wait_for_ever);
	tcase_add_test(tests, a_stop_works_without_a_connection);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
