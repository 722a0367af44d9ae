/* Preferences: their defaults, and every key from text and back. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/preferences.h"

static struct catalogue catalogue;
static struct preferences preferences;

static void begin(void)
{
	catalogue_init(&catalogue);
	preferences_init(&preferences);
}

static void end(void)
{
	catalogue_done(&catalogue);
}

static bool set(const char *key, const char *value)
{
	struct error error = {0};
	bool ok = preferences_set(&preferences, &catalogue, key, value, &error);
	ck_assert(ok || strcmp(error.field, key) == 0);
	return ok;
}

static const struct preference_key *key_named(const char *name)
{
	const struct preference_key *key = preference_keys;
	while (key->name && strcmp(key->name, name) != 0)
		key++;
	ck_assert_ptr_nonnull(key->name);
	return key;
}

static const char *get(const char *name)
{
	static char text[PREFERENCE_TEXT];
	return preferences_get(&preferences, key_named(name), text);
}

START_TEST(the_defaults_prefer_nothing)
{
	char text[PREFERENCE_TEXT];
	size_t count = 0;
	for (const struct preference_key *key = preference_keys; key->name; key++, count++) {
		ck_assert_msg(preferences_is_default(&preferences, key), "%s", key->name);
		/* And every default passes its own check. */
		ck_assert_msg(set(key->name, preferences_get(&preferences, key, text)), "%s", key->name);
		ck_assert_msg(preferences_is_default(&preferences, key), "%s", key->name);
	}
	ck_assert_uint_eq(count, 4 + SHOW_COUNT);
	ck_assert_str_eq(get("auto_away_minutes"), "");
	ck_assert_str_eq(get("on_login"), "keep");
	ck_assert_str_eq(get("hide_calls"), "no");
	ck_assert_str_eq(get("action_dnd"), "status");
}
END_TEST

START_TEST(what_is_set_is_what_is_read)
{
	static const char *const values[][3] = {{"auto_away_minutes", "1", "1"},
		{"auto_away_minutes", "1440", "1440"}, {"auto_away_minutes", "", ""},
		{"on_login", "dnd", "dnd"}, {"on_login", "available", "available"}, {"on_login", "", "keep"},
		{"on_logout", "business-trip", "business-trip"}, {"on_logout", "keep", "keep"},
		{"hide_calls", "true", "yes"}, {"hide_calls", "0", "no"},
		{"action_available", "none", "none"}, {"action_xa", "follow-me", "follow-me"},
		{"action_unavailable", "dnd", "dnd"}, {"action_unavailable", "status", "status"}};
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		ck_assert_msg(set(values[i][0], values[i][1]), "%s %s", values[i][0], values[i][1]);
		ck_assert_str_eq(get(values[i][0]), values[i][2]);
	}
}
END_TEST

START_TEST(each_show_has_an_action_of_its_own)
{
	char name[32];
	for (int show = 0; show < SHOW_COUNT; show++) {
		preferences_init(&preferences);
		snprintf(name, sizeof(name), "action_%s", show_to_text((enum show)show));
		ck_assert(set(name, "dnd"));
		for (int other = 0; other < SHOW_COUNT; other++)
			ck_assert_int_eq(
				preferences.actions[other], other == show ? ACTION_DND : ACTION_STATUS);
	}
}
END_TEST

START_TEST(what_makes_no_sense_changes_nothing)
{
	static const char *const bad[][2] = {{"auto_away_minutes", "0"}, {"auto_away_minutes", "1441"},
		{"auto_away_minutes", "-5"}, {"auto_away_minutes", "5m"}, {"auto_away_minutes", " 5"},
		{"auto_away_minutes", "99999999999999999999"}, {"on_login", "on-call"},
		{"on_login", "offline"}, {"on_logout", "no-such-status"}, {"hide_calls", "perhaps"},
		{"hide_calls", ""}, {"action_dnd", "reject"}, {"action_dnd", ""}, {"time_zone", "UTC"},
		{"", "x"}};
	ck_assert(set("auto_away_minutes", "7"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!set(bad[i][0], bad[i][1]), "%s %s", bad[i][0], bad[i][1]);
	ck_assert_str_eq(get("auto_away_minutes"), "7");
	ck_assert_str_eq(get("on_login"), "keep");
	ck_assert_str_eq(get("hide_calls"), "no");
	ck_assert_str_eq(get("action_dnd"), "status");
}
END_TEST

START_TEST(a_status_that_is_hidden_or_deleted_later)
{
	struct status_fields fields;
	ck_assert(set("on_login", "lunch-break"));
	status_fields_of(preferences.on_login, &fields);
	fields.enabled = false;
	catalogue_put(&catalogue, &fields);
	/* Whether it is offered is the form's business. */
	ck_assert_str_eq(get("on_login"), "lunch-break");
	ck_assert(set("on_login", "lunch-break"));
	fields.deleted = true;
	catalogue_put(&catalogue, &fields);
	ck_assert_str_eq(get("on_login"), "keep");
	ck_assert(preferences_is_default(&preferences, key_named("on_login")));
	ck_assert(!set("on_login", "lunch-break"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("preferences");
	TCase *tests = tcase_create("preferences");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, the_defaults_prefer_nothing);
	tcase_add_test(tests, what_is_set_is_what_is_read);
	tcase_add_test(tests, each_show_has_an_action_of_its_own);
	tcase_add_test(tests, what_makes_no_sense_changes_nothing);
	tcase_add_test(tests, a_status_that_is_hidden_or_deleted_later);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
