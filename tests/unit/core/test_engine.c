/* The engine: people, choices, messages, effects, restarts, and random histories against deriving afresh. */
#include "world.h"

#include <stdlib.h>

START_TEST(a_choice_stays_through_a_call_and_is_never_lost)
{
	ck_assert(chooses(bob, "dnd", 0));
	happens("answered", "1002");
	sees(bob, "dnd");
	happens("ended", "1002");
	sees(bob, "dnd");
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(a_choice_made_during_a_call_shows_at_once_and_after_it)
{
	happens("answered", "1002");
	ck_assert(chooses(bob, "lunch-break", 0));
	sees(bob, "lunch-break");
	happens("ended", "1002");
	sees(bob, "lunch-break");
}
END_TEST

START_TEST(available_during_a_call_returns_to_automatic)
{
	chooses(bob, "lunch-break", 0);
	chooses(bob, "dnd", now + HOUR);
	happens("answered", "1002");
	ck_assert(chooses(bob, "available", 0));
	sees(bob, "on-call");
	happens("ended", "1002");
	sees(bob, "available");
}
END_TEST

START_TEST(a_timed_choice_covers_the_standing_one_and_ends_by_itself)
{
	chooses(bob, "business-trip", 0);
	chooses(bob, "lunch-break", now + 30 * MINUTE);
	sees(bob, "lunch-break");
	ck_assert_int_eq(bob->presence.until, now + 30 * MINUTE);
	pass(30 * MINUTE - 1);
	sees(bob, "lunch-break");
	pass(1);
	sees(bob, "business-trip");
	ck_assert_int_eq(bob->presence.since, now);
	chooses(bob, "away", 0);
	sees(bob, "away");
}
END_TEST

START_TEST(an_expiry_that_passes_during_a_call_takes_effect)
{
	chooses(bob, "lunch-break", now + MINUTE);
	happens("answered", "1002");
	sees(bob, "lunch-break");
	pass(MINUTE);
	sees(bob, "on-call");
	happens("ended", "1002");
	sees(bob, "available");
}
END_TEST

START_TEST(since_does_not_tell_what_was_invisible)
{
	chooses(bob, "invisible", 0);
	happens("answered", "1002");
	pass(MINUTE);
	usec_t cleared = now;
	chooses(bob, "available", 0);
	sees(bob, "on-call");
	ck_assert_int_eq(bob->presence.since, cleared);
	pass(MINUTE);
	happens("held", "1002");
	ck_assert_int_eq(bob->presence.since, cleared);

	chooses(bob, "invisible", now + MINUTE);
	pass(MINUTE);
	sees(bob, "on-call");
	ck_assert_int_eq(bob->presence.since, now);
	/* The same facts after a restart say the same. */
	struct facts facts;
	struct presence fresh;
	engine_facts(engine, bob, now + HOUR, &facts);
	derive(&facts, &fresh);
	ck_assert_int_eq(fresh.since, now);
}
END_TEST

START_TEST(since_stays_when_a_choice_that_does_not_decide_is_made)
{
	struct policy policy = engine->policy;
	policy.call_precedence = true;
	ck_assert(apply((struct fact){.kind = FACT_POLICY, .policy = {&policy}}));
	usec_t begun = now;
	happens("answered", "1002");
	pass(MINUTE);
	chooses(bob, "lunch-break", 0);
	sees(bob, "on-call");
	ck_assert_int_eq(bob->presence.since, begun); /* colleagues saw the call all the time */
	pass(MINUTE);
	chooses(bob, "invisible", 0);
	pass(MINUTE);
	chooses(bob, "lunch-break", 0);
	sees(bob, "on-call");
	ck_assert_int_eq(bob->presence.since, now);
}
END_TEST

START_TEST(administrators_come_from_two_sources)
{
	engine_add_admin(engine, "a@example.org", ADMIN_CONFIGURED);
	engine_add_admin(engine, "b@example.org", ADMIN_STORED);
	engine_add_admin(engine, "a@example.org", ADMIN_STORED);
	engine_clear_admins(engine, ADMIN_CONFIGURED);
	ck_assert(engine_is_admin(engine, "a@example.org"));
	engine_clear_admins(engine, ADMIN_STORED);
	ck_assert(!engine_is_admin(engine, "a@example.org"));
	ck_assert(!engine_is_admin(engine, "b@example.org"));
}
END_TEST

START_TEST(bad_choices_change_nothing)
{
	chooses(bob, "lunch-break", 0);
	changes_seen();
	static const struct {
		const char *status;
		usec_t after;
		const char *message, *field;
	} bad[] = {
		{"no-such-status", 0, NULL, "status"},
		{"on-call", 0, NULL, "status"},
		{"offline", 0, NULL, "status"},
		{"dnd", -1, NULL, "expires"},
		{"available", 60, NULL, "expires"},
		{"available", 0, "x", "message"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct error error = {0};
		struct fact fact = {.kind = FACT_CHOICE,
			.choice = {.person = bob,
				.status = bad[i].status,
				.until = bad[i].after ? now + bad[i].after : 0,
				.message = bad[i].message}};
		ck_assert(!engine_apply(engine, &fact, now, &error));
		ck_assert_str_eq(error.field, bad[i].field);
		struct effect effect;
		ck_assert(!engine_next_effect(engine, &effect));
	}
	sees(bob, "lunch-break");
}
END_TEST

START_TEST(a_message_is_shown_until_it_expires)
{
	ck_assert(apply((struct fact){.kind = FACT_MESSAGE,
		.message = {.person = bob, .text = "working from home", .until = now + HOUR}}));
	ck_assert_str_eq(bob->presence.message, "working from home");
	happens("answered", "1002");
	ck_assert_str_eq(bob->presence.message, "working from home");
	pass(HOUR);
	ck_assert_str_eq(bob->presence.message, "");
	ck_assert_uint_eq(changes_seen(), 3);
	ck_assert(apply((struct fact){.kind = FACT_MESSAGE, .message = {.person = bob, .text = ""}}));
	ck_assert_uint_eq(changes_seen(), 0);
}
END_TEST

START_TEST(registration_makes_a_desk_phone_user_come_and_go)
{
	static const char *const extensions[] = {"hq:1500"};
	add_person(3, "desk", NULL, extensions, 1);
	struct person *desk = engine_person(engine, "desk");
	struct fact phone = {.kind = FACT_PHONE, .phone = {"hq", "1500", false}};
	ck_assert_int_eq(outcome_of(phone), OUTCOME_APPLIED);
	sees(desk, "offline");
	ck_assert_int_eq(outcome_of(phone), OUTCOME_STALE);
	phone.phone.registered = true;
	outcome_of(phone);
	sees(desk, "available");
}
END_TEST

START_TEST(an_extension_belongs_to_one_person_and_the_error_names_the_holder)
{
	static const char *const extensions[] = {"hq:1002"};
	struct error error = {0};
	struct fact fact = {.kind = FACT_PERSON,
		.person = {.row = 9,
			.contact = "eve",
			.name = "Eve",
			.extensions = extensions,
			.extension_count = 1}};
	ck_assert(!engine_apply(engine, &fact, now, &error));
	ck_assert_str_eq(error.field, "extensions");
	ck_assert_ptr_nonnull(strstr(error.text, "bob"));
	ck_assert_ptr_null(engine_person(engine, "eve"));
	fact.person.extension_count = 0;
	fact.person.account = "bob@example.org";
	ck_assert(!engine_apply(engine, &fact, now, &error));
	ck_assert_str_eq(error.field, "jid");
	fact.person.account = NULL;
	fact.person.contact = "bob";
	ck_assert(!engine_apply(engine, &fact, now, &error));
	ck_assert_str_eq(error.field, "contact");
}
END_TEST

START_TEST(an_edit_moves_extensions_with_their_calls)
{
	happens("answered", "1002");
	static const char *const none[] = {"hq:1003"}, *const both[] = {"hq:1001", "hq:1002"};
	add_person(2, "bob", "bob@example.org", none, 1);
	sees(bob, "available");
	add_person(1, "alice", "alice@example.org", both, 2);
	sees(alice, "on-call");
}
END_TEST

START_TEST(a_person_removed_leaves_nothing_behind_but_the_calls)
{
	happens("answered", "1002");
	struct fact gone = {.kind = FACT_PERSON_GONE, .gone = {2}};
	struct error error;
	ck_assert(engine_apply(engine, &gone, now, &error));
	struct effect effect;
	ck_assert(engine_next_effect(engine, &effect));
	ck_assert_int_eq(effect.kind, EFFECT_CONTACT);
	ck_assert_str_eq(effect.contact, "bob");
	ck_assert_ptr_null(effect.person);
	drain();
	ck_assert_ptr_null(engine_person(engine, "bob"));
	ck_assert_ptr_null(engine_person_by_account(engine, "bob@example.org"));
	ck_assert_uint_eq(engine->live.count, 1);
	ck_assert(!engine_apply(engine, &gone, now, &error));
}
END_TEST

START_TEST(people_are_listed_in_order_of_contact)
{
	add_person(3, "aaron", NULL, NULL, 0);
	struct person *people[2];
	ck_assert_uint_eq(engine_people(engine, NULL, people, 2), 2);
	ck_assert_str_eq(people[0]->contact, "aaron");
	ck_assert_str_eq(people[1]->contact, "alice");
	ck_assert_uint_eq(engine_people(engine, "alice", people, 2), 1);
	ck_assert_str_eq(people[0]->contact, "bob");
	/* The order is kept through coming and going. */
	add_person(4, "al", NULL, NULL, 0);
	add_person(5, "zoe", NULL, NULL, 0);
	ck_assert(apply((struct fact){.kind = FACT_PERSON_GONE, .gone = {1}}));
	ck_assert_uint_eq(engine_people(engine, "aaron", people, 2), 2);
	ck_assert_str_eq(people[0]->contact, "al");
	ck_assert_str_eq(people[1]->contact, "bob");
	ck_assert_uint_eq(engine_people(engine, "bob", people, 2), 1);
	ck_assert_str_eq(people[0]->contact, "zoe");
	alice = NULL;
}
END_TEST

START_TEST(contacts_are_swapped_and_what_they_show_with_them)
{
	struct fact fact = {.kind = FACT_PERSON, .person = {.contact = "bob", .name = "x", .swaps = true}};
	struct person *people[2];
	struct effect effect;
	struct error error;

	ck_assert_uint_eq(engine_people(engine, NULL, people, 2), 2);
	fact.person.row = 9; /* somebody new has nothing to give */
	ck_assert(!engine_apply(engine, &fact, now, &error));
	fact.person.row = 1;
	ck_assert(engine_apply(engine, &fact, now, &error));
	ck_assert(engine_next_effect(engine, &effect));
	ck_assert_int_eq(effect.kind, EFFECT_PRESENCE);
	ck_assert_ptr_eq(effect.person, alice);
	ck_assert_str_eq(effect.contact, "bob");
	drain();
	fact.person.row = 2;
	fact.person.contact = "alice";
	ck_assert(engine_apply(engine, &fact, now, &error));
	ck_assert(engine_next_effect(engine, &effect));
	ck_assert_int_eq(effect.kind, EFFECT_PRESENCE);
	ck_assert_ptr_eq(effect.person, bob);
	ck_assert_str_eq(effect.contact, "alice");
	drain();
	ck_assert_uint_eq(engine_people(engine, NULL, people, 2), 2);
	ck_assert_ptr_eq(people[0], bob);
	ck_assert_ptr_eq(people[1], alice);
}
END_TEST

START_TEST(a_policy_or_a_status_that_changes_reaches_everybody_it_touches)
{
	happens("answered", "1002");
	changes_seen();
	struct policy policy = engine->policy;
	ck_assert(policy_set(&policy, "on_call_status", "busy", NULL, NULL));
	ck_assert(apply((struct fact){.kind = FACT_POLICY, .policy = {&policy}}));
	sees(bob, "busy");
	ck_assert_uint_eq(changes_seen(), 1);
	struct status_fields fields = *status_builtins(&(size_t){0});
	for (size_t i = 0, count; i < (status_builtins(&count), count); i++)
		if (strcmp(status_builtins(&count)[i].id, "busy") == 0)
			fields = status_builtins(&count)[i];
	fields.name = "Occupied";
	ck_assert(apply((struct fact){.kind = FACT_STATUS, .status = fields}));
	ck_assert_str_eq(bob->presence.status->name, "Occupied");
	ck_assert_uint_eq(changes_seen(), 1);
}
END_TEST

START_TEST(after_a_restart_the_same_facts_show_the_same_and_passed_expiries_have_passed)
{
	struct engine *again = engine_new("example.org", 1, &timers);
	static const char *const extensions[] = {"hq:1002"};
	struct error error;
	struct fact person = {.kind = FACT_PERSON,
		.person = {.row = 2,
			.contact = "bob",
			.name = "Bob",
			.extensions = extensions,
			.extension_count = 1}};
	ck_assert(engine_apply(again, &person, now, &error));
	struct choices choices = {.ever = true,
		.standing = {catalogue_get(&again->catalogue, "away"), NULL, 0, now - HOUR, SOURCE_PERSON},
		.timed = {catalogue_get(&again->catalogue, "dnd"), NULL, now - 1, now - HOUR, SOURCE_PERSON}};
	ck_assert(engine_load_choices(again, 2, &choices));
	ck_assert(!engine_load_choices(again, 77, &choices));
	struct fact_call over = {
		.pbx = "hq", .call = "old", .extension = "1002", .direction = DIRECTION_INBOUND};
	ck_assert(engine_load_leg(again, &over, LEG_ACTIVE, now - 5 * HOUR, now - 5 * HOUR, now - HOUR));
	engine_start(again, now);
	struct effect effect;
	size_t legs = 0;
	while (engine_next_effect(again, &effect)) {
		ck_assert_int_ne(effect.kind, EFFECT_PRESENCE);
		legs += effect.kind == EFFECT_LEG;
	}
	ck_assert_uint_eq(legs, 1);
	ck_assert_str_eq(engine_person(again, "bob")->presence.status->id, "away");
	engine_free(again);
}
END_TEST

/* Random histories: whatever happened in whatever order, the engine shows what deriving afresh shows, no
 * call left means no On Call, Invisible never leaks, and a choice never goes away unasked. */
static unsigned long long random_state;

static unsigned roll(unsigned sides)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(random_state >> 33) % sides;
}

/* What was chosen, kept beside the engine in the simplest way. */
static struct {
	const char *standing, *timed;
	usec_t until;
} model[2];

static void choose_both(struct person *person, const char *status, usec_t until)
{
	size_t who = person == bob;
	ck_assert(chooses(person, status, until));
	model[who].timed = until ? status : NULL;
	model[who].until = until;
	if (!until)
		model[who].standing = strcmp(status, "available") == 0 ? NULL : status;
}

static void random_step(void)
{
	static const char *const calls[] = {"a", "b", "c"}, *const numbers[] = {"1001", "1002", "1003"};
	static const char *const legs[] = {NULL, "x", "y"};
	static const char *const statuses[] = {
		"available", "dnd", "invisible", "lunch-break", "business-trip"};
	struct person *person = roll(2) ? alice : bob;
	struct fact fact;
	switch (roll(10)) {
	default:
		fact = call_fact((enum call_event)roll(5), calls[roll(3)], legs[roll(3)], numbers[roll(3)],
			roll(2) ? now - 50 + roll(100) : 0);
		fact.call.direction = (enum direction)roll(3);
		fact.call.has_kind = roll(2);
		fact.call.kind = (enum leg_kind)roll(2);
		outcome_of(fact);
		break;
	case 7:
		choose_both(person, statuses[1 + roll(4)], roll(2) ? now + 1 + roll(100) * SECOND : 0);
		break;
	case 8:
		if (roll(3) == 0)
			choose_both(person, "available", 0);
		else if (roll(2))
			outcome_of((struct fact){
				.kind = FACT_PHONE, .phone = {"hq", numbers[roll(3)], roll(2)}});
		else
			apply((struct fact){.kind = FACT_MESSAGE,
				.message = {.person = person,
					.text = roll(2) ? "m" : "",
					.until = roll(2) ? now + SECOND : 0}});
		break;
	case 9:
		pass(roll(20) == 0 ? 5 * MINUTE : (usec_t)roll(30) * SECOND);
		break;
	}
}

static void check_person(struct person *person)
{
	struct facts facts;
	struct presence fresh;
	engine_facts(engine, person, now, &facts);
	derive(&facts, &fresh);
	ck_assert_ptr_eq(fresh.status, person->presence.status);
	ck_assert_str_eq(fresh.message, person->presence.message);
	ck_assert(fresh.digest == person->presence.digest);
	size_t up = 0;
	for (size_t i = 0; i < facts.leg_count; i++)
		up += leg_is_up(facts.legs[i]);
	if (up == 0)
		ck_assert_int_ne(person->presence.rule, RULE_CALL);
	const struct choice *choice = choice_in_force(&person->choices, now);
	size_t who = person == bob;
	const char *chosen =
		model[who].timed && model[who].until > now ? model[who].timed : model[who].standing;
	ck_assert_pstr_eq(choice ? choice->status->id : NULL, chosen);
	if (choice && strcmp(choice->status->id, "invisible") == 0) {
		sees(person, "offline");
		ck_assert_str_eq(person->presence.message, "");
	}
}

START_TEST(random_histories_show_what_deriving_afresh_shows)
{
	random_state = (unsigned long long)_i + 1;
	memset(model, 0, sizeof(model));
	for (int step = 0; step < 300; step++) {
		random_step();
		check_person(alice);
		check_person(bob);
	}
	/* When every call has ended, nobody is on a call. */
	ck_assert(apply((struct fact){.kind = FACT_SNAPSHOT, .snapshot = {.pbx = "hq", .at = now + DAY}}));
	ck_assert_uint_eq(engine->live.count, 0);
	ck_assert_int_ne(alice->presence.rule, RULE_CALL);
	ck_assert_int_ne(bob->presence.rule, RULE_CALL);
}
END_TEST

START_TEST(the_same_events_with_at_in_any_order_show_the_same)
{
	random_state = (unsigned long long)_i + 77;
	struct fact events[6];
	static const enum call_event story[] = {
		CALL_RINGING, CALL_ANSWERED, CALL_HELD, CALL_RESUMED, CALL_ANSWERED, CALL_ENDED};
	size_t count = 2 + roll(5);
	for (size_t i = 0; i < count; i++)
		events[i] = call_fact(i + 1 == count ? (roll(2) ? CALL_ENDED : CALL_HELD) : story[i], "s",
			NULL, "1002", now + (usec_t)i);
	const char *expected = events[count - 1].call.event == CALL_ENDED ? "available" : "on-call";
	for (size_t i = count - 1; i > 0; i--) {
		size_t other = roll((unsigned)i + 1);
		struct fact swap = events[i];
		events[i] = events[other];
		events[other] = swap;
	}
	for (size_t i = 0; i < count; i++)
		outcome_of(events[i]);
	sees(bob, expected);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine");
	TCase *tests = tcase_create("engine");
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_choice_stays_through_a_call_and_is_never_lost);
	tcase_add_test(tests, a_choice_made_during_a_call_shows_at_once_and_after_it);
	tcase_add_test(tests, available_during_a_call_returns_to_automatic);
	tcase_add_test(tests, a_timed_choice_covers_the_standing_one_and_ends_by_itself);
	tcase_add_test(tests, an_expiry_that_passes_during_a_call_takes_effect);
	tcase_add_test(tests, since_does_not_tell_what_was_invisible);
	tcase_add_test(tests, since_stays_when_a_choice_that_does_not_decide_is_made);
	tcase_add_test(tests, administrators_come_from_two_sources);
	tcase_add_test(tests, bad_choices_change_nothing);
	tcase_add_test(tests, a_message_is_shown_until_it_expires);
	tcase_add_test(tests, registration_makes_a_desk_phone_user_come_and_go);
	tcase_add_test(tests, an_extension_belongs_to_one_person_and_the_error_names_the_holder);
	tcase_add_test(tests, an_edit_moves_extensions_with_their_calls);
	tcase_add_test(tests, a_person_removed_leaves_nothing_behind_but_the_calls);
	tcase_add_test(tests, people_are_listed_in_order_of_contact);
	tcase_add_test(tests, contacts_are_swapped_and_what_they_show_with_them);
	tcase_add_test(tests, a_policy_or_a_status_that_changes_reaches_everybody_it_touches);
	tcase_add_test(tests, after_a_restart_the_same_facts_show_the_same_and_passed_expiries_have_passed);
	tcase_add_loop_test(tests, random_histories_show_what_deriving_afresh_shows, 0, 300);
	tcase_add_loop_test(tests, the_same_events_with_at_in_any_order_show_the_same, 0, 300);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
