/* What a link brings to an engine that has no room for it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "pbx/asterisk_link_inside.h"

#define HINT "PJSIP/1001"

static struct loop *loop;
static struct timers timers;
static struct engine *engine;
static struct asterisk_link *link_;
static usec_t now;
static bool busy;
static size_t offers;
static char offered[128]; /* the last, as "call 1001", "snapshot 1001:active" */

static usec_t port_now(void *ctx)
{
	(void)ctx;
	return now;
}

static void note(const struct fact *fact)
{
	const struct fact_snapshot *snapshot = &fact->snapshot;
	if (fact->kind == FACT_CALL)
		snprintf(offered, sizeof(offered), "call %s", fact->call.extension);
	else if (fact->kind == FACT_SNAPSHOT && snapshot->count == 0)
		snprintf(offered, sizeof(offered), "snapshot");
	else if (fact->kind == FACT_SNAPSHOT)
		snprintf(offered, sizeof(offered), "snapshot %s:%s", snapshot->legs[0].extension,
			leg_state_to_text(snapshot->legs[0].state));
}

static enum submit_result port_submit(void *ctx, struct engine *of, struct fact *facts, size_t count,
	commit_fn *done, void *arg, size_t *at, struct error *error)
{
	(void)ctx, (void)of, (void)done, (void)arg, (void)at, (void)error;
	offers++;
	for (size_t i = 0; i < count; i++)
		note(&facts[i]);
	return busy ? SUBMIT_BUSY : SUBMIT_OK;
}

static const struct ports ports = {.now = port_now, .submit = port_submit};

static void event(const char *name, const char *a, const char *a_value, const char *b, const char *b_value,
	const char *c, const char *c_value)
{
	struct ami_block block = {.fields = {{"Event", name}, {a, a_value}, {b, b_value}, {c, c_value},
					  {"Context", "internal"}},
		.count = 5};
	asterisk_state_event(link_->asterisk, &block, false, now);
}

static void device(const char *state)
{
	event("DeviceStateChange", "Device", HINT, "State", state, "X", "");
}

static void begin(void)
{
	const struct asterisk_options options = {
		.pbx = "hq", .host = "127.0.0.1", .username = "x", .password = "x"};
	now = 1000 * DAY;
	busy = false;
	offers = 0;
	offered[0] = '\0';
	loop = loop_new();
	timers_init(&timers);
	engine = engine_new("example.org", 1, &timers);
	link_ = asterisk_link_new(loop, &options, engine, &ports);
	event("ExtensionStatus", "Exten", "1001", "Hint", HINT, "Status", "0");
	device("INUSE");
	asterisk_state_complete(link_->asterisk, ASTERISK_DEVICES, now);
	link_->wants_snapshot = true;
}

static void end(void)
{
	asterisk_link_free(link_);
	engine_free(engine);
	timers_done(&timers);
	loop_free(loop);
}

START_TEST(a_snapshot_that_finds_no_room_is_made_anew)
{
	busy = true;
	asterisk_link_flush(link_);
	ck_assert_str_eq(offered, "snapshot 1001:active");
	device("NOT_INUSE");
	asterisk_link_flush(link_); /* put off */
	ck_assert_uint_eq(offers, 1);
	asterisk_link_flush_now(link_);
	ck_assert_str_eq(offered, "snapshot");
	device("INUSE");
	busy = false;
	asterisk_link_flush_now(link_);
	ck_assert_str_eq(offered, "snapshot 1001:active");
	ck_assert(!link_->wants_snapshot);
}
END_TEST

START_TEST(what_was_not_taken_was_not_told)
{
	asterisk_link_flush(link_);
	ck_assert_str_eq(offered, "snapshot 1001:active");
	/* Another call: the first has to end before it, which a snapshot cannot say. */
	device("RINGING");
	link_->wants_snapshot = busy = true;
	for (int i = 0; i < 3; i++) {
		asterisk_link_flush_now(link_);
		ck_assert_str_eq(offered, "snapshot");
	}
	busy = false;
	asterisk_link_flush_now(link_);
	ck_assert_str_eq(offered, "snapshot");
	asterisk_link_flush(link_);
	ck_assert_str_eq(offered, "call 1001");
}
END_TEST

START_TEST(news_that_find_no_room_are_kept)
{
	asterisk_link_flush(link_);
	device("NOT_INUSE");
	now += SECOND;
	busy = true;
	asterisk_link_flush(link_);
	ck_assert_str_eq(offered, "call 1001");
	size_t count = link_->facts.count;
	ck_assert_uint_gt(count, 0);
	busy = false;
	asterisk_link_flush_now(link_);
	ck_assert_uint_eq(link_->facts.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("asterisk_exchange");
	TCase *tests = tcase_create("asterisk_exchange");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_snapshot_that_finds_no_room_is_made_anew);
	tcase_add_test(tests, what_was_not_taken_was_not_told);
	tcase_add_test(tests, news_that_find_no_room_are_kept);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
