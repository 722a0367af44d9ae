/* The life of legs: late, double and out-of-order events, re-ringing, two calls, leases, snapshots. */
#include "world.h"

#include <stdlib.h>

START_TEST(a_call_comes_and_goes)
{
	sees(bob, "available");
	ck_assert_int_eq(happens("ringing", "1002"), OUTCOME_APPLIED);
	sees(bob, "available");
	happens("answered", "1002");
	sees(bob, "on-call");
	happens("held", "1002");
	sees(bob, "on-call");
	happens("resumed", "1002");
	happens("ended", "1002");
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 2);
	ck_assert_uint_eq(engine->live.count, 0);
}
END_TEST

START_TEST(an_outbound_ring_is_a_call_already)
{
	struct fact fact = call_fact(CALL_RINGING, "c1", NULL, "1002", 0);
	fact.call.direction = DIRECTION_OUTBOUND;
	outcome_of(fact);
	sees(bob, "on-call");
	happens("ended", "1002");
	sees(bob, "available");
}
END_TEST

START_TEST(repeated_events_change_nothing_that_is_seen)
{
	for (int i = 0; i < 3; i++)
		happens("ringing", "1002");
	for (int i = 0; i < 3; i++)
		happens("answered", "1002");
	for (int i = 0; i < 3; i++)
		happens("ended", "1002");
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 2);
}
END_TEST

START_TEST(an_active_leg_does_not_ring_again)
{
	happens("answered", "1002");
	happens("ringing", "1002");
	sees(bob, "on-call");
}
END_TEST

START_TEST(a_late_answer_revives_nothing)
{
	happens("ringing", "1002");
	happens("ended", "1002");
	ck_assert_int_eq(happens("answered", "1002"), OUTCOME_STALE);
	ck_assert_int_eq(happens("held", "1002"), OUTCOME_STALE);
	sees(bob, "available");
}
END_TEST

START_TEST(an_answer_that_overtook_its_ring_and_its_end)
{
	ck_assert_int_eq(outcome_of(call_fact(CALL_ENDED, "c1", NULL, "1002", now)), OUTCOME_APPLIED);
	ck_assert_int_eq(outcome_of(call_fact(CALL_ANSWERED, "c1", NULL, "1002", now - 5)), OUTCOME_STALE);
	ck_assert_int_eq(outcome_of(call_fact(CALL_RINGING, "c1", NULL, "1002", now - 9)), OUTCOME_STALE);
	sees(bob, "available");
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(a_late_leg_of_a_call_that_ended_as_a_whole_opens_nothing)
{
	outcome_of(call_fact(CALL_ENDED, "c1", NULL, "1002", now));
	ck_assert_int_eq(outcome_of(call_fact(CALL_ANSWERED, "c1", "leg-7", "1002", now - 5)), OUTCOME_STALE);
	ck_assert_int_eq(outcome_of(call_fact(CALL_ANSWERED, "c1", "leg-7", "1002", 0)), OUTCOME_STALE);
	sees(bob, "available");
}
END_TEST

START_TEST(a_queue_agent_is_rung_again_in_the_same_call)
{
	happens("ringing", "1002");
	happens("ended", "1002");
	ck_assert_int_eq(happens("ringing", "1002"), OUTCOME_APPLIED);
	happens("answered", "1002");
	sees(bob, "on-call");
}
END_TEST

START_TEST(a_newer_at_reopens_an_older_or_equal_one_does_not)
{
	outcome_of(call_fact(CALL_ANSWERED, "c1", NULL, "1002", now));
	outcome_of(call_fact(CALL_ENDED, "c1", NULL, "1002", now + 10));
	ck_assert_int_eq(outcome_of(call_fact(CALL_ANSWERED, "c1", NULL, "1002", now + 10)), OUTCOME_STALE);
	ck_assert_int_eq(outcome_of(call_fact(CALL_ANSWERED, "c1", NULL, "1002", now + 5)), OUTCOME_STALE);
	sees(bob, "available");
	ck_assert_int_eq(outcome_of(call_fact(CALL_ANSWERED, "c1", NULL, "1002", now + 11)), OUTCOME_APPLIED);
	sees(bob, "on-call");
}
END_TEST

START_TEST(events_with_an_older_at_are_dropped_and_equal_ones_apply_as_received)
{
	outcome_of(call_fact(CALL_ANSWERED, "c1", NULL, "1002", now));
	ck_assert_int_eq(outcome_of(call_fact(CALL_ENDED, "c1", NULL, "1002", now - 1)), OUTCOME_STALE);
	sees(bob, "on-call");
	ck_assert_int_eq(outcome_of(call_fact(CALL_ENDED, "c1", NULL, "1002", now)), OUTCOME_APPLIED);
	sees(bob, "available");
}
END_TEST

START_TEST(two_calls_on_one_extension_end_in_either_order)
{
	for (int order = 0; order < 2; order++) {
		changes_seen();
		outcome_of(call_fact(CALL_ANSWERED, order ? "x1" : "y1", NULL, "1002", 0));
		outcome_of(call_fact(CALL_ANSWERED, order ? "x2" : "y2", NULL, "1002", 0));
		outcome_of(call_fact(CALL_ENDED, order ? "x1" : "y2", NULL, "1002", 0));
		sees(bob, "on-call");
		outcome_of(call_fact(CALL_ENDED, order ? "x2" : "y1", NULL, "1002", 0));
		sees(bob, "available");
		ck_assert_uint_eq(changes_seen(), 2);
	}
}
END_TEST

START_TEST(legs_of_one_call_end_one_by_one_or_together)
{
	outcome_of(call_fact(CALL_ANSWERED, "c1", "a", "1002", 0));
	outcome_of(call_fact(CALL_ANSWERED, "c1", "b", "1002", 0));
	outcome_of(call_fact(CALL_ENDED, "c1", "a", "1002", 0));
	sees(bob, "on-call");
	outcome_of(call_fact(CALL_ANSWERED, "c1", "c", "1002", 0));
	outcome_of(call_fact(CALL_ENDED, "c1", NULL, "1002", 0));
	sees(bob, "available");
	ck_assert_uint_eq(engine->live.count, 0);
}
END_TEST

START_TEST(calls_of_two_extensions_of_one_person_are_apart)
{
	happens("answered", "1002");
	happens("answered", "1003");
	happens("ended", "1002");
	sees(bob, "on-call");
	happens("ended", "1003");
	sees(bob, "available");
	sees(alice, "available");
}
END_TEST

START_TEST(a_missed_hangup_heals_by_the_lease)
{
	happens("answered", "1002");
	pass(239 * MINUTE);
	sees(bob, "on-call");
	happens("answered", "1002"); /* renews */
	pass(239 * MINUTE);
	sees(bob, "on-call");
	pass(1 * MINUTE);
	sees(bob, "available");

	struct fact fact = call_fact(CALL_ANSWERED, "c2", NULL, "1002", 0);
	fact.call.lease_seconds = 90;
	outcome_of(fact);
	pass(89 * SECOND);
	sees(bob, "on-call");
	pass(1 * SECOND);
	sees(bob, "available");

	struct fact ring = call_fact(CALL_RINGING, "c3", NULL, "1002", 0);
	ring.call.direction = DIRECTION_OUTBOUND;
	outcome_of(ring);
	pass(5 * MINUTE);
	sees(bob, "available");
}
END_TEST

START_TEST(ended_legs_are_forgotten_after_a_day)
{
	happens("ringing", "1002");
	happens("ended", "1002");
	ck_assert_uint_eq(engine->ended.count, 1);
	pass(23 * HOUR);
	ck_assert_int_eq(happens("answered", "1002"), OUTCOME_STALE);
	pass(1 * HOUR + 1);
	outcome_of(call_fact(CALL_ENDED, "other", NULL, "1001", 0));
	ck_assert_uint_eq(engine->ended.count, 1);
}
END_TEST

START_TEST(an_end_that_is_repeated_holds_back_no_other_from_being_forgotten)
{
	happens("ended", "1002");
	outcome_of(call_fact(CALL_ENDED, "c2", NULL, "1002", 0));
	pass(23 * HOUR);
	happens("ended", "1002");
	pass(2 * HOUR);
	outcome_of(call_fact(CALL_ENDED, "other", NULL, "1001", 0));
	ck_assert_uint_eq(engine->ended.count, 2);
	ck_assert_str_eq(engine->ended.first->call, "c1");
	ck_assert_uint_eq(bob->extensions[0]->ended_legs, 1);
}
END_TEST

static void snapshot(usec_t at, const struct snapshot_leg *legs, size_t count)
{
	ck_assert(apply((struct fact){
		.kind = FACT_SNAPSHOT, .snapshot = {.pbx = "hq", .at = at, .legs = legs, .count = count}}));
}

START_TEST(a_snapshot_replaces_all_legs_of_its_pbx)
{
	outcome_of(call_fact(CALL_ANSWERED, "gone", NULL, "1002", now - 50));
	outcome_of(call_fact(CALL_ANSWERED, "stays", NULL, "1001", now - 50));
	struct fact other = call_fact(CALL_ANSWERED, "elsewhere", NULL, "1003", now - 50);
	other.call.pbx = "branch";
	outcome_of(other);
	const struct snapshot_leg legs[] = {
		{.call = "stays", .extension = "1001", .state = LEG_ACTIVE},
		{.call = "missed", .extension = "1003", .state = LEG_HELD, .since = now - 100},
	};
	snapshot(now, legs, 2);
	sees(alice, "on-call");
	sees(bob, "on-call");
	ck_assert_uint_eq(engine->live.count, 3);
	snapshot(now + 1, NULL, 0);
	sees(alice, "available");
	sees(bob, "available");
	ck_assert_uint_eq(engine->live.count, 1); /* the other PBX's */
}
END_TEST

START_TEST(a_snapshot_of_an_extension_leaves_the_others_alone)
{
	outcome_of(call_fact(CALL_ANSWERED, "gone", NULL, "1002", now - 50));
	outcome_of(call_fact(CALL_HELD, "gone-too", "a", "1002", now - 50));
	outcome_of(call_fact(CALL_ANSWERED, "stays", NULL, "1001", now - 50));
	struct fact fact = {.kind = FACT_SNAPSHOT, .snapshot = {.pbx = "hq", .extension = "1002", .at = now}};
	ck_assert_uint_eq(engine_replaced_legs(engine, &fact.snapshot), 2);
	ck_assert(engine_has_room(engine, &fact, 1));
	ck_assert(apply(fact));
	sees(bob, "available");
	sees(alice, "on-call");
	ck_assert_uint_eq(engine->live.count, 1);

	const struct snapshot_leg legs[] = {{.call = "new", .extension = "1002", .state = LEG_HELD}};
	fact.snapshot.at = now + 1;
	fact.snapshot.legs = legs;
	fact.snapshot.count = 1;
	ck_assert(apply(fact));
	sees(bob, "on-call");
	fact.snapshot.extension = "4711"; /* of nobody, and without any leg */
	fact.snapshot.count = 0;
	ck_assert_uint_eq(engine_replaced_legs(engine, &fact.snapshot), 0);
	ck_assert(apply(fact));
	ck_assert_uint_eq(engine->live.count, 2);
}
END_TEST

START_TEST(a_snapshot_leaves_alone_what_changed_after_it)
{
	outcome_of(call_fact(CALL_ANSWERED, "new", NULL, "1002", now));
	outcome_of(call_fact(CALL_ENDED, "over", NULL, "1001", now));
	const struct snapshot_leg legs[] = {{.call = "over", .extension = "1001", .state = LEG_ACTIVE}};
	snapshot(now - 10, legs, 1);
	sees(bob, "on-call");
	sees(alice, "available");
	/* Without `at` our own clock stands in. */
	pass(5);
	outcome_of(call_fact(CALL_ANSWERED, "late", NULL, "1001", 0));
	snapshot(now - 1, NULL, 0);
	sees(alice, "on-call");
	snapshot(now + 1, NULL, 0);
	sees(alice, "available");
}
END_TEST

START_TEST(a_late_snapshot_does_not_undo_an_event_without_at)
{
	const struct snapshot_leg legs[] = {{.call = "c1", .extension = "1002", .state = LEG_ACTIVE}};
	happens("answered", "1002");
	pass(SECOND);
	snapshot(now, legs, 1);
	pass(MINUTE);
	happens("ended", "1002");
	snapshot(now - 1, legs, 1);
	sees(bob, "available");
	pass(SECOND);
	snapshot(now, legs, 1); /* the next one corrects what was wrong */
	sees(bob, "on-call");
}
END_TEST

START_TEST(a_late_snapshot_does_not_end_what_rings_again_without_at)
{
	happens("ringing", "1002");
	pass(SECOND);
	snapshot(now, NULL, 0);
	ck_assert_uint_eq(engine->live.count, 0);
	pass(MINUTE);
	happens("ringing", "1002");
	snapshot(now - 1, NULL, 0);
	ck_assert_int_eq(happens("answered", "1002"), OUTCOME_APPLIED);
	sees(bob, "on-call");
	pass(SECOND);
	snapshot(now, NULL, 0);
	sees(bob, "available");
}
END_TEST

/* What is stored of a leg. */
static void loaded(const char *call, enum leg_state state, usec_t at, usec_t changed)
{
	const struct fact_call identity = {.pbx = "hq", .call = call, .extension = "1002", .at = at};
	ck_assert(engine_load_leg(engine, &identity, state, changed, changed, changed + HOUR));
}

START_TEST(a_snapshot_leaves_alone_what_changed_after_it_before_a_restart)
{
	struct snapshot_leg legs[] = {{.call = "c1", .extension = "1002", .state = LEG_ACTIVE}};
	loaded("c1", LEG_ENDED, now - MINUTE, now); /* by an event without `at` */
	snapshot(now - 1, legs, 1);
	sees(bob, "available");
	loaded("c2", LEG_ENDED, 0, now);
	legs[0].call = "c2";
	snapshot(now - 1, legs, 1);
	sees(bob, "available");
	loaded("c3", LEG_ACTIVE, now - HOUR, now); /* by one of a PBX whose clock is an hour late */
	snapshot(now - HOUR + SECOND, NULL, 0);
	ck_assert_uint_eq(engine->live.count, 0);
}
END_TEST

START_TEST(a_snapshot_in_order_counts_whatever_the_clock_says)
{
	const struct snapshot_leg legs[] = {{.call = "c1", .extension = "1002", .state = LEG_ACTIVE},
		{.call = "c2", .extension = "1002", .leg = "a", .state = LEG_ACTIVE}};
	struct fact fact = {.kind = FACT_SNAPSHOT,
		.snapshot = {.pbx = "hq", .at = now, .in_order = true, .legs = legs, .count = 2}};
	ck_assert(apply(fact));
	sees(bob, "on-call");
	ck_assert_int_eq(engine->live.first->at, 0);
	now -= HOUR;
	fact.snapshot.at = now;
	fact.snapshot.count = 0;
	ck_assert(apply(fact));
	sees(bob, "available");
	ck_assert_int_eq(engine->ended.first->at, 0);
	now -= HOUR;
	fact.snapshot.at = now;
	fact.snapshot.count = 1;
	ck_assert(apply(fact));
	sees(bob, "on-call");
	/* The ended leg of a call of which no leg is named. */
	const struct snapshot_leg whole = {.call = "c2", .extension = "1002", .state = LEG_ACTIVE};
	fact.snapshot.legs = &whole;
	ck_assert(apply(fact));
	sees(bob, "on-call");
	ck_assert_str_eq(engine->live.first->call, "c2");
	ck_assert_int_eq(happens("ended", "1002"), OUTCOME_APPLIED); /* the first, once more */
	ck_assert_int_eq(outcome_of(call_fact(CALL_ENDED, "c2", NULL, "1002", 0)), OUTCOME_APPLIED);
	sees(bob, "available");
}
END_TEST

START_TEST(a_leg_left_out_of_a_snapshot_has_ended_at_its_instant)
{
	outcome_of(call_fact(CALL_ANSWERED, "c1", NULL, "1002", now - 10));
	snapshot(now, NULL, 0);
	sees(bob, "available");
	ck_assert_int_eq(outcome_of(call_fact(CALL_HELD, "c1", NULL, "1002", now - 5)), OUTCOME_STALE);
	ck_assert_int_eq(outcome_of(call_fact(CALL_HELD, "c1", NULL, "1002", now + 5)), OUTCOME_APPLIED);
	sees(bob, "on-call");
}
END_TEST

START_TEST(a_snapshot_without_leg_ids_speaks_of_the_legs_that_have_them)
{
	outcome_of(call_fact(CALL_ANSWERED, "c1", "a", "1002", now - 10));
	const struct snapshot_leg legs[] = {{.call = "c1", .extension = "1002", .state = LEG_ACTIVE}};
	snapshot(now, legs, 1);
	ck_assert_uint_eq(engine->live.count, 1);
	sees(bob, "on-call");
}
END_TEST

START_TEST(a_snapshot_that_does_not_say_the_kind_leaves_a_meeting_a_meeting)
{
	struct fact fact = call_fact(CALL_ANSWERED, "c1", NULL, "1002", now - 10);
	fact.call.has_kind = true;
	fact.call.kind = LEG_MEETING;
	outcome_of(fact);
	struct snapshot_leg legs[] = {{.call = "c1", .extension = "1002", .state = LEG_ACTIVE}};
	snapshot(now, legs, 1);
	sees(bob, "busy");
	legs[0].has_kind = true;
	legs[0].kind = LEG_CALL;
	snapshot(now + 1, legs, 1);
	sees(bob, "on-call");
}
END_TEST

START_TEST(a_snapshot_from_before_the_end_of_a_leg_does_not_bring_the_call_back)
{
	outcome_of(call_fact(CALL_ANSWERED, "c1", "a", "1002", now - 10));
	outcome_of(call_fact(CALL_ENDED, "c1", "a", "1002", now - 2));
	struct snapshot_leg legs[] = {{.call = "c1", .extension = "1002", .state = LEG_ACTIVE}};
	snapshot(now - 5, legs, 1);
	sees(bob, "available");
	outcome_of(call_fact(CALL_ENDED, "c2", NULL, "1002", now - 2));
	legs[0].call = "c2";
	legs[0].leg = "b";
	snapshot(now - 5, legs, 1);
	sees(bob, "available");
	snapshot(now - 1, legs, 1);
	sees(bob, "on-call");
}
END_TEST

enum { ENDED = 20000, OPENED = 20 };

/* An entry of what has ended, or, from ENDED on, of what was never heard of. */
static void old_entry(struct snapshot_leg *entry, char call[16], size_t i)
{
	snprintf(call, 16, "c%zu", i);
	*entry = (struct snapshot_leg){.call = call,
		.extension = i % 2 ? "1001" : "4711",
		.leg = i % 4 < 2 ? NULL : "a",
		.state = LEG_ACTIVE};
}

/* Of a call one leg has ended where the snapshot names none, and all of it where it names one. */
START_TEST(a_snapshot_of_long_ago_brings_back_nothing_of_what_has_ended)
{
	struct snapshot_leg *legs = calloc(ENDED + OPENED, sizeof(*legs));
	char(*calls)[16] = calloc(ENDED + OPENED, sizeof(*calls));
	for (size_t i = 0; i < ENDED + OPENED; i++) {
		old_entry(&legs[i], calls[i], i);
		if (i < ENDED)
			outcome_of(call_fact(CALL_ENDED, calls[i], legs[i].leg ? NULL : "b",
				legs[i].extension, i % 3 ? now : 0));
	}
	ck_assert_uint_gt(engine->ended.count, 0);
	ck_assert_uint_gt(engine->ended_of_nobody.count, 0);
	/* On another PBX, and of another extension. */
	struct fact other = call_fact(CALL_ENDED, calls[ENDED], "b", legs[ENDED].extension, now);
	other.call.pbx = "branch";
	outcome_of(other);
	outcome_of(call_fact(CALL_ENDED, calls[ENDED], "b", "1003", now));

	snapshot(365 * DAY, legs, ENDED + OPENED);
	ck_assert_uint_eq(engine->live.count, OPENED);
	for (const struct leg *leg = engine->live.first; leg; leg = leg->list_after)
		ck_assert_uint_ge(strtoul(leg->call + 1, NULL, 10), ENDED);
	sees(alice, "on-call");
	free(legs);
	free(calls);
}
END_TEST

START_TEST(a_phone_has_only_so_many_calls)
{
	char call[16];
	for (int i = 0; i < 1000; i++) {
		snprintf(call, sizeof(call), "c%d", i);
		outcome_of(call_fact(CALL_ANSWERED, call, NULL, "1002", 0));
	}
	ck_assert_uint_eq(engine->live.count, LIMIT_LEGS_PER_EXTENSION);
	ck_assert_uint_eq(bob->extensions[0]->live_legs, LIMIT_LEGS_PER_EXTENSION);
	ck_assert_str_eq(engine->live.first->call, "c936"); /* the oldest were taken as ended */
	sees(bob, "on-call");
}
END_TEST

START_TEST(ends_and_snapshots_are_taken_when_there_is_no_room_for_more_calls)
{
	char number[16], call[16];
	for (int i = 0; engine->live.count < LIMIT_LIVE_LEGS; i++) {
		snprintf(number, sizeof(number), "8%d", i % 9000);
		snprintf(call, sizeof(call), "c%d", i);
		outcome_of(call_fact(CALL_ANSWERED, call, NULL, number, 0));
	}
	struct fact more = call_fact(CALL_ANSWERED, "more", NULL, "1002", 0);
	struct fact end = call_fact(CALL_ENDED, "c0", NULL, "80", 0);
	struct fact hold = call_fact(CALL_HELD, "c0", NULL, "80", 0);
	struct fact empty = {.kind = FACT_SNAPSHOT, .snapshot = {.pbx = "hq", .at = now + 1}};
	ck_assert(!engine_has_room(engine, &more, 1));
	ck_assert(engine_has_room(engine, &end, 1));
	ck_assert(engine_has_room(engine, &hold, 1));
	ck_assert(engine_has_room(engine, &empty, 1));
	snapshot(now + 1, NULL, 0);
	ck_assert_uint_eq(engine->live.count, 0);
	ck_assert(engine_has_room(engine, &more, 1));
}
END_TEST

START_TEST(a_lease_that_ended_too_early_is_healed_by_a_snapshot)
{
	outcome_of(call_fact(CALL_ANSWERED, "c1", NULL, "1002", 0));
	pass(240 * MINUTE);
	sees(bob, "available");
	const struct snapshot_leg legs[] = {{.call = "c1", .extension = "1002", .state = LEG_ACTIVE}};
	pass(1);
	snapshot(now, legs, 1);
	sees(bob, "on-call");
}
END_TEST

START_TEST(an_unknown_extension_is_kept_for_its_later_owner)
{
	happens("answered", "1999");
	ck_assert_uint_eq(engine->unknown_extensions, 1);
	static const char *const extensions[] = {"hq:1999"};
	add_person(3, "carol", NULL, extensions, 1);
	sees(engine_person(engine, "carol"), "on-call");
	ck_assert_uint_eq(engine->unknown_extensions, 0);
	happens("ended", "1999");
	sees(engine_person(engine, "carol"), "available");
}
END_TEST

START_TEST(too_many_unknown_extensions_are_not_kept_and_harm_nobody)
{
	char number[16];
	for (int i = 0; i < LIMIT_UNKNOWN_EXTENSIONS + 10; i++) {
		snprintf(number, sizeof(number), "9%d", i);
		outcome_of(call_fact(CALL_ANSWERED, "c1", NULL, number, 0));
	}
	ck_assert_uint_eq(engine->unknown_extensions, LIMIT_UNKNOWN_EXTENSIONS);
	struct fact refused = call_fact(CALL_ANSWERED, "c1", NULL, "newer", 0);
	refused.call.id = "e1";
	ck_assert_int_eq(outcome_of(refused), OUTCOME_NO_ROOM);
	ck_assert_int_eq(outcome_of(refused), OUTCOME_NO_ROOM); /* not remembered as seen */
	/* Calls of nobody that are over make room. */
	outcome_of(call_fact(CALL_ENDED, "c1", NULL, "95", 0));
	ck_assert_int_eq(outcome_of(refused), OUTCOME_APPLIED);
	ck_assert_uint_eq(engine->unknown_extensions, LIMIT_UNKNOWN_EXTENSIONS);
	happens("answered", "1002");
	sees(bob, "on-call");
	static const char *const extensions[] = {"hq:new"};
	add_person(3, "carol", NULL, extensions, 1);
	ck_assert_uint_eq(engine_person(engine, "carol")->extension_count, 1);
}
END_TEST

START_TEST(an_idempotency_id_counts_once)
{
	struct fact fact = call_fact(CALL_RINGING, "c1", NULL, "1002", 0);
	fact.call.id = "e1";
	ck_assert_int_eq(outcome_of(fact), OUTCOME_APPLIED);
	happens("ended", "1002");
	ck_assert_int_eq(outcome_of(fact), OUTCOME_DUPLICATE);
	ck_assert_uint_eq(engine->live.count, 0);
	fact.call.pbx = "branch";
	ck_assert_int_eq(outcome_of(fact), OUTCOME_APPLIED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("legs");
	TCase *tests = tcase_create("life");
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_call_comes_and_goes);
	tcase_add_test(tests, an_outbound_ring_is_a_call_already);
	tcase_add_test(tests, repeated_events_change_nothing_that_is_seen);
	tcase_add_test(tests, an_active_leg_does_not_ring_again);
	tcase_add_test(tests, a_late_answer_revives_nothing);
	tcase_add_test(tests, an_answer_that_overtook_its_ring_and_its_end);
	tcase_add_test(tests, a_late_leg_of_a_call_that_ended_as_a_whole_opens_nothing);
	tcase_add_test(tests, a_queue_agent_is_rung_again_in_the_same_call);
	tcase_add_test(tests, a_newer_at_reopens_an_older_or_equal_one_does_not);
	tcase_add_test(tests, events_with_an_older_at_are_dropped_and_equal_ones_apply_as_received);
	tcase_add_test(tests, two_calls_on_one_extension_end_in_either_order);
	tcase_add_test(tests, legs_of_one_call_end_one_by_one_or_together);
	tcase_add_test(tests, calls_of_two_extensions_of_one_person_are_apart);
	tcase_add_test(tests, a_missed_hangup_heals_by_the_lease);
	tcase_add_test(tests, ended_legs_are_forgotten_after_a_day);
	tcase_add_test(tests, an_end_that_is_repeated_holds_back_no_other_from_being_forgotten);
	tcase_add_test(tests, a_snapshot_replaces_all_legs_of_its_pbx);
	tcase_add_test(tests, a_snapshot_of_an_extension_leaves_the_others_alone);
	tcase_add_test(tests, a_snapshot_leaves_alone_what_changed_after_it);
	tcase_add_test(tests, a_late_snapshot_does_not_undo_an_event_without_at);
	tcase_add_test(tests, a_late_snapshot_does_not_end_what_rings_again_without_at);
	tcase_add_test(tests, a_snapshot_leaves_alone_what_changed_after_it_before_a_restart);
	tcase_add_test(tests, a_snapshot_in_order_counts_whatever_the_clock_says);
	tcase_add_test(tests, a_leg_left_out_of_a_snapshot_has_ended_at_its_instant);
	tcase_add_test(tests, a_snapshot_without_leg_ids_speaks_of_the_legs_that_have_them);
	tcase_add_test(tests, a_snapshot_that_does_not_say_the_kind_leaves_a_meeting_a_meeting);
	tcase_add_test(tests, a_snapshot_from_before_the_end_of_a_leg_does_not_bring_the_call_back);
	tcase_add_test(tests, a_snapshot_of_long_ago_brings_back_nothing_of_what_has_ended);
	tcase_add_test(tests, a_phone_has_only_so_many_calls);
	tcase_add_test(tests, ends_and_snapshots_are_taken_when_there_is_no_room_for_more_calls);
	tcase_add_test(tests, a_lease_that_ended_too_early_is_healed_by_a_snapshot);
	tcase_add_test(tests, an_unknown_extension_is_kept_for_its_later_owner);
	tcase_add_test(tests, too_many_unknown_extensions_are_not_kept_and_harm_nobody);
	tcase_add_test(tests, an_idempotency_id_counts_once);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
