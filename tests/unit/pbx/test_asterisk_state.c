/* What devices and hints become: the traps that were measured, one by one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pbx/asterisk_state.h"

#define NOW (1000 * DAY)
#define HINT "PJSIP/1001&Custom:DND1001,CustomPresence:1001"

static struct asterisk_state *state;
static usec_t now;
static char told[1024];

static void block_event(bool listed, const char *event, const char *name, const char *value,
	const char *name2, const char *value2)
{
	struct ami_block block = {.fields = {{"Event", event}, {name, value}, {name2, value2}}, .count = 3};
	asterisk_state_event(state, &block, listed, now);
}

static void device(const char *name, const char *value)
{
	block_event(false, "DeviceStateChange", "Device", name, "State", value);
}

static void listed_device(const char *name, const char *value)
{
	block_event(true, "DeviceStateChange", "Device", name, "State", value);
}

static void hint_in(
	const char *context, const char *number, const char *hint, const char *status, bool listed)
{
	struct ami_block block = {.fields = {{"Event", "ExtensionStatus"}, {"Exten", number},
					  {"Context", context}, {"Hint", hint}, {"Status", status}},
		.count = 5};
	asterisk_state_event(state, &block, listed, now);
}

static void extension(const char *number, const char *hint, const char *status)
{
	hint_in("ext-local", number, hint, status, false);
}

static void tell(const char *format, const char *number, const char *word)
{
	snprintf(told + strlen(told), sizeof(told) - strlen(told), format, told[0] ? " " : "", number, word);
}

static void tell_fact(const struct fact *fact)
{
	static const char *const events[] = {"ringing", "answered", "held", "resumed", "ended"};
	if (fact->kind == FACT_PHONE) {
		tell("%s%s:%s", fact->phone.extension,
			fact->phone.registered ? "registered" : "unregistered");
		return;
	}
	ck_assert_int_eq(fact->kind, FACT_CALL);
	const struct fact_call *call = &fact->call;
	tell("%s%s:%s", call->extension, events[call->event]);
	if (call->direction == DIRECTION_OUTBOUND)
		strcat(told, "(out)");
	if (call->has_kind && call->kind == LEG_MEETING)
		strcat(told, "(meeting)");
}

/* What is due, as "1001:ringing 1001:answered". */
static const char *facts(void)
{
	struct fact_list list;
	told[0] = '\0';
	facts_init(&list);
	ck_assert(asterisk_state_take(state, &list, 1000, now));
	for (size_t i = 0; i < list.count; i++)
		tell_fact(&list.facts[i]);
	facts_done(&list);
	return told;
}

static const char *facts_later(void)
{
	now += SECOND;
	return facts();
}

static const char *snapshot(void)
{
	struct fact_list list;
	told[0] = '\0';
	facts_init(&list);
	asterisk_state_snapshot(state, &list, now);
	ck_assert_uint_eq(list.count, 1);
	const struct fact_snapshot *calls = &list.facts[0].snapshot;
	ck_assert_int_eq(calls->at, now);
	ck_assert(calls->in_order);
	for (size_t i = 0; i < calls->count; i++)
		tell("%s%s:%s", calls->legs[i].extension, leg_state_to_text(calls->legs[i].state));
	facts_done(&list);
	return told;
}

static void begin(void)
{
	now = NOW;
	state = asterisk_state_new("hq", NULL, 0);
	asterisk_state_complete(state, ASTERISK_DEVICES, now);
	extension("1001", HINT, "0");
	device("PJSIP/1001", "NOT_INUSE");
	ck_assert_str_eq(facts(), "1001:registered");
}

static void end(void)
{
	asterisk_state_free(state);
}

START_TEST(one_leg_goes_up_and_down)
{
	device("PJSIP/1001", "RINGING");
	ck_assert_str_eq(facts(), "1001:ringing");
	device("PJSIP/1001", "INUSE");
	ck_assert_str_eq(facts(), "1001:answered");
	device("PJSIP/1001", "NOT_INUSE");
	ck_assert_str_eq(facts(), "");
	ck_assert_int_eq(asterisk_state_next(state), now + LIMIT_ASTERISK_IDLE_MS * (SECOND / 1000));
	ck_assert_str_eq(facts_later(), "1001:ended");
	ck_assert_int_eq(asterisk_state_next(state), 0);
}
END_TEST

START_TEST(a_call_of_ones_own_is_up_at_once)
{
	device("PJSIP/1001", "INUSE");
	ck_assert_str_eq(facts(), "1001:ringing(out) 1001:answered");
}
END_TEST

START_TEST(hold_is_on_call_whoever_holds)
{
	device("PJSIP/1001", "INUSE");
	facts();
	device("PJSIP/1001", "ONHOLD");
	device("PJSIP/1001", "INUSE");
	device("PJSIP/1001", "RINGINUSE");
	ck_assert_str_eq(facts_later(), "");
	device("PJSIP/1001", "ONHOLD");
	device("PJSIP/1001", "INUSE");
	device("PJSIP/1001", "NOT_INUSE");
	ck_assert_str_eq(facts_later(), "1001:ended");
}
END_TEST

START_TEST(an_end_and_a_new_call_at_once_are_one_call)
{
	device("PJSIP/1001", "INUSE");
	facts();
	device("PJSIP/1001", "NOT_INUSE");
	now += LIMIT_ASTERISK_IDLE_MS * (SECOND / 1000) / 2;
	ck_assert_str_eq(facts(), "");
	device("PJSIP/1001", "INUSE");
	ck_assert_str_eq(facts_later(), "");
	device("PJSIP/1001", "NOT_INUSE");
	device("PJSIP/1001", "RINGING");
	ck_assert_str_eq(facts_later(), "1001:ended 1001:ringing");
}
END_TEST

START_TEST(do_not_disturb_neither_is_a_call_nor_hides_one)
{
	device("Custom:DND1001", "BUSY");
	extension("1001", HINT, "2");
	ck_assert_str_eq(facts_later(), "");
	device("PJSIP/1001", "INUSE"); /* the status of the extension stays 2 */
	ck_assert_str_eq(facts(), "1001:ringing(out) 1001:answered");
	device("PJSIP/1001", "NOT_INUSE");
	ck_assert_str_eq(facts_later(), "1001:ended");
}
END_TEST

START_TEST(an_unregistration_is_seen_though_the_hint_hides_it)
{
	device("Custom:DND1001", "NOT_INUSE");
	device("PJSIP/1001", "UNAVAILABLE"); /* the status of the extension stays 0 */
	ck_assert_str_eq(facts(), "1001:unregistered");
	device("PJSIP/1001", "NOT_INUSE");
	ck_assert_str_eq(facts(), "1001:registered");
	device("PJSIP/1001", "UNKNOWN");
	ck_assert_str_eq(facts(), "");
}
END_TEST

START_TEST(what_is_no_phone_is_left_aside)
{
	extension("1002", "Local/1002@x&Queue:PJSIP/1001&MWI:1@default&confbridge:8000", "1");
	device("Local/1002@x", "INUSE");
	device("Queue:support_pause_PJSIP/1001", "INUSE");
	device("confbridge:8000", "INUSE");
	extension("_10XX", "PJSIP/${EXTEN}", "1");
	extension("901", "&Custom:DND901,CustomPresence:901", "1");
	ck_assert_str_eq(facts_later(), "");
}
END_TEST

START_TEST(reloads_say_nothing_new)
{
	device("PJSIP/1001", "INUSE");
	facts();
	for (int i = 0; i < 3; i++) {
		extension("1001", HINT, "1");
		device("PJSIP/1001", "INUSE");
	}
	ck_assert_str_eq(facts_later(), "");
}
END_TEST

START_TEST(several_devices_are_one_leg)
{
	extension("1003", "PJSIP/1003&SIP/1003&&PJSIP/1003", "0");
	device("PJSIP/1003", "RINGING");
	device("SIP/1003", "RINGING");
	ck_assert_str_eq(facts(), "1003:ringing 1003:registered");
	device("SIP/1003", "INUSE");
	device("PJSIP/1003", "NOT_INUSE");
	ck_assert_str_eq(facts(), "1003:answered");
	device("SIP/1003", "UNAVAILABLE");
	ck_assert_str_eq(facts_later(), "1003:ended");
	device("PJSIP/1003", "UNAVAILABLE");
	ck_assert_str_eq(facts(), "1003:unregistered");
}
END_TEST

START_TEST(a_conference_is_a_meeting_until_it_is_left)
{
	device("PJSIP/1001", "INUSE");
	facts();
	block_event(false, "ConfbridgeJoin", "Conference", "1", "Channel", "PJSIP/1001-0000005c");
	ck_assert_str_eq(facts(), "1001:answered(meeting)");
	block_event(false, "ConfbridgeLeave", "Conference", "1", "Channel", "PJSIP/1001-0000005c");
	device("PJSIP/1001", "NOT_INUSE");
	ck_assert_str_eq(facts_later(), "1001:ended");
	device("PJSIP/1001", "INUSE");
	ck_assert_str_eq(facts(), "1001:ringing(out) 1001:answered");
	block_event(false, "ConfbridgeJoin", "Conference", "1", "Channel", "PJSIP/1001-0000005d");
	facts();
	block_event(false, "ConfbridgeLeave", "Conference", "1", "Channel", "PJSIP/1001-0000005d");
	ck_assert_str_eq(facts(), "");
	ck_assert_str_eq(facts_later(), "1001:answered");
}
END_TEST

START_TEST(events_win_over_lists)
{
	asterisk_state_begin(state);
	device("PJSIP/1001", "INUSE");
	listed_device("PJSIP/1001", "NOT_INUSE");
	hint_in("ext-local", "1001", HINT, "0", true);
	asterisk_state_complete(state, ASTERISK_DEVICES | ASTERISK_EXTENSIONS, now);
	ck_assert_str_eq(snapshot(), "1001:active");
	asterisk_state_begin(state);
	listed_device("PJSIP/1001", "RINGING");
	hint_in("ext-local", "1001", HINT, "0", true);
	asterisk_state_complete(state, ASTERISK_DEVICES | ASTERISK_EXTENSIONS, now);
	/* Another call of the same id: that one ends, and this one begins. */
	ck_assert_str_eq(snapshot(), "");
	ck_assert_str_eq(facts(), "1001:ringing");
}
END_TEST

START_TEST(what_no_list_names_is_over)
{
	device("PJSIP/1001", "INUSE");
	facts();
	asterisk_state_connected(state);
	ck_assert_str_eq(facts_later(), "");
	asterisk_state_begin(state);
	hint_in("ext-local", "1001", HINT, "1", true);
	asterisk_state_complete(state, ASTERISK_DEVICES | ASTERISK_EXTENSIONS, now);
	ck_assert_str_eq(snapshot(), "");
	device("PJSIP/1001", "INUSE");
	ck_assert_str_eq(snapshot(), "1001:active");
	asterisk_state_begin(state);
	asterisk_state_complete(state, ASTERISK_EXTENSIONS, now); /* the hint is gone */
	ck_assert_str_eq(snapshot(), "");
}
END_TEST

START_TEST(without_devices_the_status_decides_as_far_as_it_can)
{
	asterisk_state_connected(state);
	asterisk_state_begin(state);
	hint_in("ext-local", "1001", HINT, "2", true);
	hint_in("ext-local", "1002", "PJSIP/1002", "9", true);
	hint_in("ext-local", "1003", "PJSIP/1003", "8", true);
	asterisk_state_complete(state, ASTERISK_EXTENSIONS, now);
	ck_assert(strcmp(snapshot(), "1002:active 1003:ringing") == 0 ||
		  strcmp(snapshot(), "1003:ringing 1002:active") == 0);
}
END_TEST

static void read_channels(const char *channel)
{
	asterisk_state_begin(state);
	if (channel)
		block_event(true, "CoreShowChannel", "Channel", channel, "Application", "Dial");
	asterisk_state_complete(state, ASTERISK_CHANNELS, now);
}

START_TEST(an_old_call_without_a_channel_is_a_ghost)
{
	device("PJSIP/1001", "INUSE");
	facts();
	read_channels(NULL);
	ck_assert_str_eq(facts_later(), "");
	now += LIMIT_ASTERISK_VERIFY_HOURS * HOUR;
	read_channels("PJSIP/1001-0000007b");
	ck_assert_str_eq(facts_later(), "");
	read_channels("PJSIP/10012-0000007b");
	ck_assert_str_eq(facts_later(), "1001:ended");
	device("PJSIP/1001", "INUSE"); /* heard again: it is true */
	ck_assert_str_eq(facts(), "1001:ringing(out) 1001:answered");
}
END_TEST

START_TEST(a_conference_is_found_among_the_channels)
{
	device("PJSIP/1001", "INUSE");
	facts();
	asterisk_state_begin(state);
	block_event(true, "CoreShowChannel", "Channel", "PJSIP/1001-0000007b", "Application", "ConfBridge");
	asterisk_state_complete(state, ASTERISK_CHANNELS, now);
	ck_assert_str_eq(facts(), "1001:answered(meeting)");
}
END_TEST

START_TEST(who_joins_a_conference_during_the_lists_is_in_a_meeting)
{
	asterisk_state_connected(state);
	asterisk_state_begin(state);
	block_event(false, "ConfbridgeJoin", "Conference", "1", "Channel", "PJSIP/1001-0000007b");
	listed_device("PJSIP/1001", "INUSE");
	hint_in("ext-local", "1001", HINT, "1", true);
	block_event(true, "CoreShowChannel", "Channel", "PJSIP/1001-0000007b", "Application", "Dial");
	asterisk_state_complete(state, ASTERISK_DEVICES | ASTERISK_EXTENSIONS | ASTERISK_CHANNELS, now);
	ck_assert_str_eq(facts(), "1001:ringing(out)(meeting) 1001:answered(meeting)");
}
END_TEST

START_TEST(a_lost_asterisk_has_no_calls)
{
	device("PJSIP/1001", "INUSE");
	facts();
	asterisk_state_lost(state);
	ck_assert_str_eq(snapshot(), "");
	device("PJSIP/1001", "INUSE");
	ck_assert_str_eq(facts_later(), "");
	ck_assert_int_eq(asterisk_state_next(state), 0);
}
END_TEST

START_TEST(contexts_do_not_mix)
{
	hint_in("other", "1001", "PJSIP/other", "1", false);
	device("PJSIP/other", "INUSE");
	ck_assert_str_eq(facts_later(), "");
	asterisk_state_free(state);
	state = asterisk_state_new("hq", "other", 0);
	asterisk_state_complete(state, ASTERISK_DEVICES, now);
	extension("1001", HINT, "0");
	device("PJSIP/1001", "INUSE");
	ck_assert_str_eq(facts_later(), "");
	hint_in("other", "1001", "PJSIP/1001", "1", false);
	ck_assert_str_eq(facts(), "1001:ringing(out) 1001:answered 1001:registered");
}
END_TEST

START_TEST(bad_names_make_no_extension)
{
	char long_name[LIMIT_ASTERISK_NAME_BYTES + 100];
	memset(long_name, '1', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	extension(long_name, "PJSIP/5", "1");
	extension("", "PJSIP/5", "1");
	extension("\xff\xfe", "PJSIP/5", "1");
	extension("6", long_name, "1");
	device(long_name, "INUSE");
	device("PJSIP/5", "INUSE");
	ck_assert_str_eq(facts_later(), "");
}
END_TEST

START_TEST(channels_name_their_device)
{
	char name[LIMIT_ASTERISK_NAME_BYTES + 1];
	asterisk_channel_device("PJSIP/1002-softphone-0000007b", name);
	ck_assert_str_eq(name, "PJSIP/1002-softphone");
	asterisk_channel_device("Local/1001@from-queue-00000001;2", name);
	ck_assert_str_eq(name, "");
	asterisk_channel_device("nonsense", name);
	ck_assert_str_eq(name, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("asterisk_state");
	TCase *tests = tcase_create("asterisk_state");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, one_leg_goes_up_and_down);
	tcase_add_test(tests, a_call_of_ones_own_is_up_at_once);
	tcase_add_test(tests, hold_is_on_call_whoever_holds);
	tcase_add_test(tests, an_end_and_a_new_call_at_once_are_one_call);
	tcase_add_test(tests, do_not_disturb_neither_is_a_call_nor_hides_one);
	tcase_add_test(tests, an_unregistration_is_seen_though_the_hint_hides_it);
	tcase_add_test(tests, what_is_no_phone_is_left_aside);
	tcase_add_test(tests, reloads_say_nothing_new);
	tcase_add_test(tests, several_devices_are_one_leg);
	tcase_add_test(tests, a_conference_is_a_meeting_until_it_is_left);
	tcase_add_test(tests, events_win_over_lists);
	tcase_add_test(tests, what_no_list_names_is_over);
	tcase_add_test(tests, without_devices_the_status_decides_as_far_as_it_can);
	tcase_add_test(tests, an_old_call_without_a_channel_is_a_ghost);
	tcase_add_test(tests, a_conference_is_found_among_the_channels);
	tcase_add_test(tests, who_joins_a_conference_during_the_lists_is_in_a_meeting);
	tcase_add_test(tests, a_lost_asterisk_has_no_calls);
	tcase_add_test(tests, contexts_do_not_mix);
	tcase_add_test(tests, bad_names_make_no_extension);
	tcase_add_test(tests, channels_name_their_device);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
