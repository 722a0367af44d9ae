/* What concerns many people reaches each of them, a slice at a time, and everybody ends with the latest. */
#include <stdlib.h>

#include "core/touch.h"
#include "world.h"

enum { PEOPLE = 3000, MOST = 3 * 250 /* effects of a slice */ };

static unsigned told[PEOPLE + 1], shown[PEOPLE + 1]; /* by row */
static size_t saved;
static char last_notice[400];

static bool look(void)
{
	struct effect effect;
	size_t count = 0;

	for (; engine_next_effect(engine, &effect); count++) {
		int64_t row = effect.person->row;
		shown[row] += effect.kind == EFFECT_PRESENCE;
		told[row] += effect.kind == EFFECT_NOTICE;
		saved += effect.kind == EFFECT_CHOICES;
		ck_assert(effect.kind != EFFECT_PRESENCE || effect.of_many);
		if (effect.kind == EFFECT_NOTICE)
			snprintf(last_notice, sizeof(last_notice), "%s", effect.text);
	}
	ck_assert_uint_le(count, MOST);
	return count > 0;
}

static void forget(void)
{
	memset(told, 0, sizeof(told));
	memset(shown, 0, sizeof(shown));
	saved = 0;
}

static size_t sum(const unsigned *of)
{
	size_t total = 0;
	for (size_t i = 0; i <= PEOPLE; i++)
		total += of[i];
	return total;
}

static bool turn(void)
{
	bool more = engine_continue(engine, now);
	look();
	return more;
}

static void finish(void)
{
	size_t turns = 0;
	while (turn())
		ck_assert_uint_lt(++turns, 1000);
	ck_assert(!engine_continue(engine, now));
}

static void change_status(struct status_fields fields)
{
	struct fact fact = {.kind = FACT_STATUS, .status = fields};
	struct error error;
	ck_assert(engine_apply(engine, &fact, now, &error));
	look();
}

static struct status_fields tea(const char *name, const char *text)
{
	return (struct status_fields){.row = 50,
		.id = "tea",
		.name = name,
		.icon = "T",
		.color = "#00FF00",
		.text = text,
		.activity = "",
		.show = SHOW_AWAY,
		.position = 500,
		.enabled = true,
		.kind = STATUS_CUSTOM};
}

static struct person *at(int64_t row)
{
	return engine_person_by_row(engine, row);
}

/* Everybody from row 3 on has tea. */
static void given_many_with_tea(void)
{
	char contact[16];

	world_begin();
	change_status(tea("Tea", "hot"));
	for (int64_t row = 3; row <= PEOPLE; row++) {
		snprintf(contact, sizeof(contact), "p%d", (int)row);
		add_person(row, contact, NULL, NULL, 0);
		ck_assert(chooses(at(row), "tea", 0));
	}
	finish();
	forget();
}

static void ck_all_show(const char *name, const char *text)
{
	for (int64_t row = 3; row <= PEOPLE; row++) {
		ck_assert_str_eq(at(row)->presence.status->name, name);
		ck_assert_str_eq(at(row)->presence.message, text);
		ck_assert(at(row)->presence.digest == presence_digest(&at(row)->presence));
	}
}

START_TEST(an_edit_reaches_everybody_once_in_slices)
{
	change_status(tea("Green Tea", "hot"));
	ck_assert_uint_gt(sum(shown), 0);
	ck_assert_uint_lt(sum(shown), PEOPLE / 2);
	finish();
	for (int64_t row = 3; row <= PEOPLE; row++)
		ck_assert_uint_eq(shown[row], 1);
	ck_assert_uint_eq(shown[1] + shown[2], 0);
	ck_all_show("Green Tea", "hot");
}
END_TEST

START_TEST(others_go_on_meanwhile_and_are_not_of_many)
{
	struct effect effect;
	struct fact fact = call_fact(CALL_ANSWERED, "c1", NULL, "1001", 0);
	struct error error;

	change_status(tea("Green Tea", "hot"));
	ck_assert(engine_apply(engine, &fact, now, &error));
	sees(alice, "on-call");
	bool seen = false;
	while (engine_next_effect(engine, &effect)) {
		ck_assert(!effect.of_many);
		seen = seen || effect.kind == EFFECT_PRESENCE;
	}
	ck_assert(seen);
	finish();
	ck_all_show("Green Tea", "hot");
}
END_TEST

START_TEST(a_change_during_the_walk_reaches_those_who_were_met_again)
{
	change_status(tea("Green Tea", "warm"));
	turn();
	turn();
	change_status(tea("Black Tea", "cold"));
	/* Whoever was not met yet still points to a text that is no more the status's. */
	ck_assert_str_eq(at(PEOPLE)->presence.message, "hot");
	finish();
	ck_all_show("Black Tea", "cold");
	ck_assert_uint_eq(shown[3], 2);
	ck_assert_uint_eq(shown[PEOPLE], 1);
}
END_TEST

START_TEST(changes_all_the_time_keep_nobody_waiting)
{
	char name[32];

	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "Tea %d", i);
		change_status(tea(name, "hot"));
		turn();
	}
	for (int64_t row = 3; row <= PEOPLE; row++)
		ck_assert_uint_gt(shown[row], 0);
	finish();
	ck_all_show("Tea 59", "hot");
}
END_TEST

START_TEST(who_had_a_deleted_status_is_told_once_and_who_left_it_is_not)
{
	struct status_fields gone = tea("Tea", "hot");

	gone.deleted = true;
	change_status(gone);
	ck_assert(chooses(at(PEOPLE), "dnd", 0));
	ck_assert(chooses(at(PEOPLE - 1), NULL, 0));
	pass(SECOND);
	finish();
	for (int64_t row = 3; row <= PEOPLE - 2; row++) {
		ck_assert_uint_eq(told[row], 1);
		ck_assert_ptr_null(at(row)->choices.standing.status);
		sees(at(row), "available");
	}
	ck_assert_uint_eq(told[PEOPLE] + told[PEOPLE - 1], 0);
	ck_assert_uint_eq(saved, PEOPLE - 4);
	sees(at(PEOPLE), "dnd");
	ck_assert_str_eq(last_notice,
		"The status T Tea, which you had chosen, was deleted by an administrator. "
		"Your choice is now Available.");
}
END_TEST

START_TEST(a_timed_choice_that_ran_out_is_not_told_of)
{
	struct status_fields gone = tea("Tea", "hot");

	ck_assert(chooses(at(4), "dnd", 0));
	ck_assert(chooses(at(4), "tea", now + HOUR));
	ck_assert(chooses(at(5), "dnd", 0));
	ck_assert(chooses(at(5), "tea", now + MINUTE));
	pass(2 * MINUTE);
	forget();
	gone.deleted = true;
	change_status(gone);
	finish();
	ck_assert_uint_eq(told[4], 1);
	ck_assert_uint_eq(told[5], 0);
	sees(at(4), "dnd");
	sees(at(5), "dnd");
}
END_TEST

START_TEST(people_may_come_and_go_during_the_walk)
{
	change_status(tea("Green Tea", "hot"));
	for (int64_t row = 3; row <= PEOPLE; row += 2)
		ck_assert(apply((struct fact){.kind = FACT_PERSON_GONE, .gone.row = row}));
	add_person(3, "new", NULL, NULL, 0);
	ck_assert(chooses(at(3), "tea", 0));
	finish();
	ck_assert_str_eq(at(3)->presence.status->name, "Green Tea");
	for (int64_t row = 4; row <= PEOPLE; row += 2)
		ck_assert_uint_eq(shown[row], 1);
	change_status(tea("Black Tea", "hot"));
	turn();
	for (int64_t row = 4; row <= PEOPLE; row += 2)
		ck_assert(apply((struct fact){.kind = FACT_PERSON_GONE, .gone.row = row}));
	change_status(tea("Tea", "hot"));
	finish();
	ck_assert_str_eq(at(3)->presence.status->name, "Tea");
}
END_TEST

START_TEST(a_policy_concerns_everybody)
{
	struct policy policy = engine->policy;

	for (int64_t row = 3; row <= PEOPLE; row++)
		ck_assert(chooses(at(row), NULL, 0));
	happens("answered", "1001");
	ck_assert(policy_set(&policy, "on_call_status", "busy", NULL, NULL));
	ck_assert(policy_set(&policy, "call_precedence", "call", NULL, NULL));
	ck_assert(chooses(alice, "lunch-break", 0));
	forget();
	struct fact fact = {.kind = FACT_POLICY, .policy = {&policy}};
	struct error error;
	ck_assert(engine_apply(engine, &fact, now, &error));
	look();
	finish();
	sees(alice, "busy");
	ck_assert_uint_eq(sum(shown), 1);
}
END_TEST

START_TEST(a_thousand_changes_together_cost_one_walk)
{
	struct status_fields fields = tea("Tea", "hot");
	char id[16];

	change_status(tea("Green Tea", "hot"));
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "own-%d", i);
		fields.id = fields.name = id;
		fields.row = 100 + i;
		change_status(fields);
	}
	ck_assert_uint_lt(sum(shown), PEOPLE / 2); /* not a slice each */
	finish();
	for (int64_t row = 3; row <= PEOPLE; row++)
		ck_assert_uint_eq(shown[row], 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("touch");
	TCase *tests = tcase_create("walk");
	tcase_add_checked_fixture(tests, given_many_with_tea, world_end);
	tcase_add_test(tests, an_edit_reaches_everybody_once_in_slices);
	tcase_add_test(tests, others_go_on_meanwhile_and_are_not_of_many);
	tcase_add_test(tests, a_change_during_the_walk_reaches_those_who_were_met_again);
	tcase_add_test(tests, changes_all_the_time_keep_nobody_waiting);
	tcase_add_test(tests, who_had_a_deleted_status_is_told_once_and_who_left_it_is_not);
	tcase_add_test(tests, a_timed_choice_that_ran_out_is_not_told_of);
	tcase_add_test(tests, people_may_come_and_go_during_the_walk);
	tcase_add_test(tests, a_policy_concerns_everybody);
	tcase_add_test(tests, a_thousand_changes_together_cost_one_walk);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
