/* Every recorded manager stream, replayed: what becomes of each extension, against what the phones did. */
#include <check.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pbx/asterisk_state.h"

enum { EXTENSIONS = 3 };

/* What facts made of an extension: its history as words, and how it stands. */
static struct model {
	char history[512];
	bool ringing, up, meeting, heard;
	bool registered;
} models[EXTENSIONS];
static struct asterisk_state *state;
static struct ami_reader reader;

static void begin(void)
{
	memset(models, 0, sizeof(models));
	ami_reader_init(&reader);
	state = asterisk_state_new("hq", NULL, 0);
}

static void end(void)
{
	asterisk_state_free(state);
}

static struct model *model_of(const char *number)
{
	ck_assert_msg(
		strlen(number) == 4 && memcmp(number, "100", 3) == 0 && number[3] >= '1' && number[3] <= '3',
		"a fact about %s", number);
	return &models[number[3] - '1'];
}

static void note(struct model *model, const char *word)
{
	if (model->history[0])
		strcat(model->history, " ");
	strcat(model->history, word);
	ck_assert_uint_lt(strlen(model->history), sizeof(model->history) - 20);
}

static void set(struct model *model, bool ringing, bool up, bool meeting)
{
	if (up && (!model->up || meeting != model->meeting))
		note(model, meeting ? "meeting" : "call");
	else if (ringing && !model->ringing)
		note(model, "rings");
	else if (!ringing && !up && (model->ringing || model->up))
		note(model, "ends");
	model->ringing = ringing;
	model->up = up;
	model->meeting = meeting;
}

static void apply_call(const struct fact_call *call)
{
	struct model *model = model_of(call->extension);
	ck_assert_int_eq(call->at, 0);
	switch (call->event) {
	case CALL_RINGING:
		ck_assert_msg(!model->up && !model->ringing, "%s rings twice", call->extension);
		set(model, call->direction == DIRECTION_INBOUND, call->direction == DIRECTION_OUTBOUND,
			call->kind == LEG_MEETING);
		break;
	case CALL_ENDED:
		ck_assert_msg(model->up || model->ringing, "%s ends twice", call->extension);
		set(model, false, false, false);
		break;
	default:
		/* The engine would drop it otherwise: without `at`, only ringing opens a leg again. */
		ck_assert_msg(model->up || model->ringing, "%s is answered unrung", call->extension);
		set(model, false, true, call->kind == LEG_MEETING);
	}
}

static void apply_snapshot(const struct fact_snapshot *snapshot)
{
	bool named[EXTENSIONS] = {false};
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_leg *leg = &snapshot->legs[i];
		struct model *model = model_of(leg->extension);
		named[model - models] = true;
		set(model, leg->state == LEG_RINGING, leg->state == LEG_ACTIVE, leg->kind == LEG_MEETING);
	}
	for (size_t i = 0; i < EXTENSIONS; i++)
		if (!named[i])
			set(&models[i], false, false, false);
}

static void apply(const struct fact_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct fact *fact = &list->facts[i];
		if (fact->kind == FACT_CALL) {
			apply_call(&fact->call);
		} else if (fact->kind == FACT_SNAPSHOT) {
			apply_snapshot(&fact->snapshot);
		} else {
			struct model *model = model_of(fact->phone.extension);
			ck_assert_msg(!model->heard || model->registered != fact->phone.registered,
				"the same registration of %s twice", fact->phone.extension);
			model->heard = true;
			model->registered = fact->phone.registered;
		}
	}
}

static void take(usec_t now)
{
	struct fact_list list;
	bool all;
	do {
		facts_init(&list);
		all = asterisk_state_take(state, &list, 1, now);
		apply(&list);
		facts_done(&list);
	} while (!all);
}

static void take_snapshot(usec_t now)
{
	struct fact_list list;
	facts_init(&list);
	asterisk_state_snapshot(state, &list, now);
	apply(&list);
	facts_done(&list);
}

/* As the link does, but each list on its own, as the recorder asked for them. */
static void on_block(const struct ami_block *block, usec_t now)
{
	const char *event = ami_text(block, "Event");
	bool listed = ami_get(block, "ActionID") != NULL;
	if (strcmp(ami_text(block, "EventList"), "start") == 0)
		asterisk_state_begin(state);
	if (listed || ami_get(block, "Privilege"))
		asterisk_state_event(state, block, listed, now);
	unsigned lists = strcmp(event, "DeviceStateListComplete") == 0      ? ASTERISK_DEVICES
			 : strcmp(event, "ExtensionStateListComplete") == 0 ? ASTERISK_EXTENSIONS
			 : strcmp(event, "CoreShowChannelsComplete") == 0   ? ASTERISK_CHANNELS
									    : 0;
	if (lists) {
		asterisk_state_complete(state, lists, now);
		take_snapshot(now);
	}
	take(now);
}

static void feed(const char *bytes, size_t length, usec_t now)
{
	while (ami_reader_read(&reader, &bytes, &length) == AMI_BLOCK)
		on_block(&reader.block, now);
}

static FILE *open_trace(const char *name)
{
	char here[] = __FILE__, path[1024];
	snprintf(path, sizeof(path), "%s/../../traces/%s.ami", dirname(here), name);
	FILE *file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	return file;
}

static void on_note(const char *line, usec_t *now)
{
	char stamp[CLOCK_TEXT];
	if (sscanf(line, "#%*c %31s", stamp) == 1 && stamp[0] == '2')
		ck_assert(clock_parse(stamp, now));
	take(*now);
	if (strstr(line, "CONNECTION CLOSED")) {
		take(*now + SECOND);
		ami_reader_init(&reader);
		asterisk_state_connected(state);
	}
}

/* `live`: as if lists had been read before and had nothing in them; else nothing is told before the first. */
static void replay(const char *name, bool live)
{
	FILE *file = open_trace(name);
	char line[8192];
	usec_t now = 1;
	if (live)
		asterisk_state_complete(state, ASTERISK_DEVICES, now);
	while (fgets(line, sizeof(line) - 1, file)) {
		if (line[0] == '#') {
			on_note(line, &now);
			continue;
		}
		strcpy(line + strcspn(line, "\n"), "\r\n");
		feed(line, strlen(line), now);
	}
	fclose(file);
	take(now + SECOND);
}

static void is(const char *number, const char *history)
{
	ck_assert_msg(strcmp(model_of(number)->history, history) == 0, "%s: %s, expected %s", number,
		model_of(number)->history, history);
}

START_TEST(ring_without_answer)
{
	replay("s01_ring_no_answer", true);
	is("1001", "call ends");
	is("1002", "rings ends");
}
END_TEST

START_TEST(answer_and_hangup)
{
	replay("s03_answered_hangup_by_caller", true);
	is("1001", "call ends");
	is("1002", "rings call ends");
	ck_assert(models[0].registered && models[1].registered);
}
END_TEST

START_TEST(hold_is_the_same_call)
{
	replay("s06_hold_resume", true);
	is("1001", "call ends");
	is("1002", "rings call ends");
}
END_TEST

START_TEST(a_conference_is_a_meeting)
{
	replay("s09_conference", true);
	is("1001", "call meeting ends");
	is("1002", "call meeting ends");
	is("1003", "call meeting ends");
}
END_TEST

START_TEST(two_calls_on_one_extension)
{
	replay("s12_two_calls_one_extension", true);
	is("1001", "rings call ends");
	is("1002", "call ends");
	is("1003", "call ends");
}
END_TEST

START_TEST(presence_is_no_call)
{
	replay("s20_presence_state", true);
	is("1001", "");
	is("1002", "");
}
END_TEST

START_TEST(do_not_disturb_is_no_call)
{
	replay("s21_device_state_custom", true);
	is("1001", "");
	is("1002", "");
}
END_TEST

START_TEST(lists_agree_with_events)
{
	replay("s22_lists", true);
	is("1001", "call ends");
	is("1002", "rings call ends");
	is("1003", "");
	ck_assert(models[0].registered && models[1].registered && models[2].registered);
}
END_TEST

START_TEST(a_session_in_mid_call)
{
	replay("s26_ami_reconnect_midcall", true);
	is("1001", "call ends");
	is("1002", "rings call ends");
}
END_TEST

START_TEST(a_session_that_begins_in_mid_call)
{
	replay("s26_ami_reconnect_midcall.newsession", false);
	/* Recorded twice; the first time 1001 and 1003 were still in a call of before, in which they stayed. */
	is("1001", "call ends");
	is("1002", "call ends call ends");
	is("1003", "call ends");
}
END_TEST

START_TEST(a_session_with_few_rights)
{
	replay("s27_narrow_user.narrow", false);
	is("1001", "call ends");
	is("1002", "call ends");
}
END_TEST

START_TEST(a_crash_in_mid_call)
{
	replay("s29_crash_kill9_midcall", true);
	is("1001", "call ends");
	is("1002", "rings call ends");
}
END_TEST

START_TEST(a_forged_block)
{
	replay("s31_injection", true);
	is("1001", "call ends");
	is("1002", "rings ends");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ami_traces");
	TCase *tests = tcase_create("traces");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, ring_without_answer);
	tcase_add_test(tests, answer_and_hangup);
	tcase_add_test(tests, hold_is_the_same_call);
	tcase_add_test(tests, a_conference_is_a_meeting);
	tcase_add_test(tests, two_calls_on_one_extension);
	tcase_add_test(tests, presence_is_no_call);
	tcase_add_test(tests, do_not_disturb_is_no_call);
	tcase_add_test(tests, lists_agree_with_events);
	tcase_add_test(tests, a_session_in_mid_call);
	tcase_add_test(tests, a_session_that_begins_in_mid_call);
	tcase_add_test(tests, a_session_with_few_rights);
	tcase_add_test(tests, a_crash_in_mid_call);
	tcase_add_test(tests, a_forged_block);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
