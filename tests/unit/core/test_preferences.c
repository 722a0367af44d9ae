/* The table of preferences: what each key takes, and what it gives back. */
#include "core/world.h"

static struct preferences preferences;
static struct error error;

static void begin(void)
{
	world_begin();
	preferences_init(&preferences);
}

static bool set(const char *key, const char *value)
{
	error = (struct error){0};
	return preferences_set(&preferences, &engine->catalogue, key, value, &error);
}

static const char *get(const char *name)
{
	static char text[PREFERENCE_TEXT];
	const struct preference_key *key = preference_keys;

	while (strcmp(key->name, name) != 0)
		key++;
	return preferences_get(&preferences, key, text);
}

static void put_status(const char *id, bool enabled, bool deleted)
{
	ck_assert(apply((struct fact){.kind = FACT_STATUS,
		.status = {.row = 50,
			.id = id,
			.name = "Break",
			.icon = "",
			.color = "#000000",
			.text = "",
			.activity = "",
			.show = SHOW_AWAY,
			.position = 50,
			.enabled = enabled,
			.deleted = deleted,
			.kind = STATUS_CUSTOM}}));
}

START_TEST(nothing_is_preferred_at_first)
{
	for (const struct preference_key *key = preference_keys; key->name; key++)
		ck_assert_msg(preferences_is_default(&preferences, key), "%s", key->name);
	ck_assert_str_eq(get("auto_away_minutes"), "");
	ck_assert_str_eq(get("on_login"), "keep");
	ck_assert_str_eq(get("hide_calls"), "no");
	ck_assert_str_eq(get("action_dnd"), "status");
}
END_TEST

START_TEST(what_is_set_is_given_back)
{
	static const char *const values[][3] = {
		{"auto_away_minutes", "1440", "1440"},
		{"auto_away_minutes", "", ""},
		{"on_login", "dnd", "dnd"},
		{"on_login", "", "keep"},
		{"on_logout", "business-trip", "business-trip"},
		{"on_logout", "keep", "keep"},
		{"hide_calls", "1", "yes"},
		{"hide_calls", "no", "no"},
		{"action_available", "follow-me", "follow-me"},
		{"action_unavailable", "dnd", "dnd"},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		ck_assert_msg(set(values[i][0], values[i][1]), "%s: %s", values[i][0], error.text);
		ck_assert_str_eq(get(values[i][0]), values[i][2]);
	}
	ck_assert_int_eq(preferences.actions[SHOW_AVAILABLE], ACTION_FOLLOW_ME);
	ck_assert_int_eq(preferences.actions[SHOW_UNAVAILABLE], ACTION_DND);
	ck_assert_int_eq(preferences.actions[SHOW_AWAY], ACTION_STATUS);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused_and_changes_nothing)
{
	static const char *const values[][2] = {
		{"auto_away_minutes", "0"},
		{"auto_away_minutes", "1441"},
		{"auto_away_minutes", "-1"},
		{"auto_away_minutes", "+5"},
		{"auto_away_minutes", " 5"},
		{"auto_away_minutes", "5x"},
		{"auto_away_minutes", "99999999999999999999"},
		{"on_login", "nonsense"},
		{"on_login", "on-call"},
		{"on_logout", "offline"},
		{"hide_calls", ""},
		{"hide_calls", "maybe"},
		{"action_away", ""},
		{"action_xa", "voicemail"},
		{"action_", "none"},
		{"time_zone", "UTC"},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		ck_assert_msg(!set(values[i][0], values[i][1]), "%s %s", values[i][0], values[i][1]);
		ck_assert_str_eq(error.field, values[i][0]);
	}
	for (const struct preference_key *key = preference_keys; key->name; key++)
		ck_assert_msg(preferences_is_default(&preferences, key), "%s", key->name);
}
END_TEST

START_TEST(a_hidden_status_is_remembered_and_a_deleted_one_is_not)
{
	put_status("break", true, false);
	ck_assert(set("on_login", "break"));
	put_status("break", false, false);
	ck_assert_str_eq(get("on_login"), "break");
	ck_assert(set("on_logout", "break"));
	put_status("break", false, true);
	ck_assert_str_eq(get("on_login"), "keep");
	ck_assert(!set("on_login", "break"));
}
END_TEST

static enum call_action action_of(const char *status)
{
	ck_assert(chooses(bob, status, 0));
	return engine_action(engine, bob, now);
}

START_TEST(calls_are_treated_as_the_person_prefers_else_as_the_status_says)
{
	struct fact fact = {.kind = FACT_PREFERENCES, .preferences = {2, NULL, &preferences}};

	ck_assert_int_eq(action_of("dnd"), ACTION_DND);
	ck_assert_int_eq(action_of("away"), ACTION_NONE);
	ck_assert(set("action_dnd", "none"));
	ck_assert(set("action_away", "follow-me"));
	ck_assert(set("action_available", "dnd"));
	ck_assert(apply(fact));
	ck_assert_int_eq(action_of("dnd"), ACTION_NONE);
	ck_assert_int_eq(action_of("away"), ACTION_FOLLOW_ME);
	ck_assert_int_eq(action_of("available"), ACTION_DND);
	ck_assert(!engine_accepts_calls(engine, bob, now));
}
END_TEST

START_TEST(a_hidden_call_is_one_meeting_with_those_that_go_on)
{
	struct fact fact = {.kind = FACT_PREFERENCES, .preferences = {2, "Asia/Tokyo", &preferences}};
	struct fact meeting = call_fact(CALL_ANSWERED, "c1", NULL, "1002", 0);
	usec_t first = now;

	meeting.call.kind = LEG_MEETING;
	meeting.call.has_kind = true;
	ck_assert_int_eq(outcome_of(meeting), OUTCOME_APPLIED);
	pass(MINUTE);
	ck_assert_int_eq(outcome_of(call_fact(CALL_ANSWERED, "c2", NULL, "1003", 0)), OUTCOME_APPLIED);
	sees(bob, "on-call");
	ck_assert(set("hide_calls", "yes"));
	ck_assert(apply(fact));
	sees(bob, "busy");
	ck_assert_int_eq(bob->presence.since, first);
	ck_assert_str_eq(person_zone(engine, bob), "Asia/Tokyo");
	preferences_init(&preferences);
	fact.preferences.time_zone = NULL;
	ck_assert(apply(fact));
	sees(bob, "on-call");
	ck_assert_str_eq(person_zone(engine, bob), "UTC");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("preferences");
	TCase *tests = tcase_create("preferences");

	tcase_add_checked_fixture(tests, begin, world_end);
	tcase_add_test(tests, nothing_is_preferred_at_first);
	tcase_add_test(tests, what_is_set_is_given_back);
	tcase_add_test(tests, what_makes_no_sense_is_refused_and_changes_nothing);
	tcase_add_test(tests, a_hidden_status_is_remembered_and_a_deleted_one_is_not);
	tcase_add_test(tests, calls_are_treated_as_the_person_prefers_else_as_the_status_says);
	tcase_add_test(tests, a_hidden_call_is_one_meeting_with_those_that_go_on);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
