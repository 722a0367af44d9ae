/* What a person prefers, chose last and is told of the own facts: the commands preferences, set-status, my-status. */
#include "xmpp/fake_component.h"

#define BOB "bob@example.org/desk"
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"
#define COMPLETED "status=\"completed\""
#define EXECUTING "status=\"executing\""

/* Runs a command in one go; NULL: asks for its form. */
static const char *run(const char *node, const char *fields)
{
	char payload[32768];

	snprintf(payload, sizeof(payload),
		"<command xmlns='http://jabber.org/protocol/commands' node='%s'>%s%s%s</command>", node,
		fields ? "<x xmlns='jabber:x:data' type='submit'>" : "", fields ? fields : "",
		fields ? "</x>" : "");
	return ask(command_routes, BOB, payload);
}

static const char *save(const char *fields)
{
	ck_assert_str_eq(run("preferences", fields), "");
	ck_assert_int_eq(fake.change.kind, CHANGE_PREFERENCES);
	ck_assert_str_eq(fake.change.actor, "bob@example.org");
	commit();
	return fake.sent;
}

static bool says(const char *answer, const char *part)
{
	bool found = strstr(answer, part) != NULL;
	if (!found)
		fprintf(stderr, "no %s in %s\n", part, answer);
	return found;
}

/* The field of a form, up to its end. */
static const char *field(const char *form, const char *var)
{
	static char text[32768];
	char start[64];

	snprintf(start, sizeof(start), "var=\"%s\"", var);
	const char *at = strstr(form, start);
	ck_assert_msg(at, "no field %s in %.2000s", var, form);
	while (strncmp(at, "<field", strlen("<field")) != 0)
		at--;
	snprintf(text, sizeof(text), "%.*s", (int)(strstr(at, "</field>") - at), at);
	return text;
}

static void custom(const char *id, const char *name, int64_t row, bool enabled, bool deleted)
{
	ck_assert(apply((struct fact){.kind = FACT_STATUS,
		.status = {.row = row,
			.id = id,
			.name = name,
			.icon = "☕",
			.color = "#000000",
			.text = "",
			.activity = "",
			.show = SHOW_AWAY,
			.position = (uint32_t)row,
			.enabled = enabled,
			.deleted = deleted,
			.kind = STATUS_CUSTOM}}));
}

static void the_feed_is(enum feed feed)
{
	ck_assert(apply((struct fact){.kind = FACT_FEED, .feed = {bob, feed}}));
}

static void has_device(
	const char *resource, enum show show, const char *text, usec_t idle_since, int8_t priority)
{
	ck_assert(apply((struct fact){.kind = FACT_DEVICE,
		.device = {.person = bob,
			.resource = resource,
			.show = show,
			.text = text,
			.idle_since = idle_since,
			.priority = priority}}));
}

START_TEST(the_form_shows_what_is_preferred)
{
	static const char *const vars[] = {"auto_away_minutes", "on_login", "on_logout", "time_zone",
		"hide_calls", "feed", "action_available", "action_chat", "action_away", "action_xa",
		"action_dnd", "action_unavailable"};
	const char *form = run("preferences", NULL), *at = form;

	ck_assert(says(form, EXECUTING));
	for (size_t i = 0; i < sizeof(vars) / sizeof(*vars); i++) {
		char start[64];
		snprintf(start, sizeof(start), "var=\"%s\"", vars[i]);
		ck_assert_msg((at = strstr(at, start)) != NULL, "%s is not in its place", vars[i]);
	}
	ck_assert(says(field(form, "auto_away_minutes"), "empty: as everybody's, which is 10"));
	ck_assert(says(field(form, "auto_away_minutes"), "<range max=\"1440\" min=\"1\"/>"));
	ck_assert(says(field(form, "time_zone"), "the organisation's, which is UTC"));
	ck_assert_ptr_null(strstr(field(form, "time_zone"), "<value>"));
	ck_assert(says(field(form, "on_login"), "<value>keep</value><option label=\"Keep it as it is\">"));
	ck_assert_ptr_null(strstr(field(form, "on_login"), "on-call"));
	ck_assert(says(field(form, "hide_calls"), "<value>0</value>"));
	ck_assert(says(field(form, "action_xa"), "<value>status</value><option"));
}
END_TEST

START_TEST(what_is_given_is_saved_and_the_rest_stays)
{
	ck_assert(says(save(FIELD("auto_away_minutes", "25") FIELD("on_login", "chat")
				       FIELD("time_zone", "Asia/Tokyo") FIELD("action_dnd", "follow-me")),
		"<note type=\"info\">Your preferences are saved.</note>"));
	save(FIELD("hide_calls", "1") FIELD("on_logout", "business-trip"));
	ck_assert_uint_eq(bob->preferences.auto_away_minutes, 25);
	ck_assert_str_eq(bob->preferences.on_login->id, "chat");
	ck_assert_str_eq(bob->preferences.on_logout->id, "business-trip");
	ck_assert_str_eq(bob->time_zone, "Asia/Tokyo");
	ck_assert_int_eq(bob->preferences.actions[SHOW_DND], ACTION_FOLLOW_ME);
	ck_assert(bob->preferences.hide_calls);
	ck_assert_uint_eq(bob->extension_count, 2);
	const char *form = run("preferences", NULL);
	ck_assert(says(field(form, "auto_away_minutes"), "<value>25</value>"));
	ck_assert(says(field(form, "time_zone"), "<value>Asia/Tokyo</value>"));
	ck_assert(says(field(form, "hide_calls"), "<value>1</value>"));
	save(FIELD("auto_away_minutes", "") FIELD("time_zone", "") FIELD("on_login", ""));
	ck_assert_uint_eq(bob->preferences.auto_away_minutes, 0);
	ck_assert_ptr_null(bob->time_zone);
	ck_assert_ptr_null(bob->preferences.on_login);
	ck_assert_uint_eq(fake.feeds_asked + fake.feeds_refused, 0);
}
END_TEST

START_TEST(a_bad_value_changes_nothing_and_is_named)
{
	static const char *const bad[][2] = {
		{"auto_away_minutes", FIELD("auto_away_minutes", "0")},
		{"auto_away_minutes", FIELD("auto_away_minutes", "1441")},
		{"auto_away_minutes", FIELD("auto_away_minutes", "soon")},
		{"on_login", FIELD("on_login", "on-call")},
		{"on_login", FIELD("on_login", "nonsense")},
		{"on_logout", FIELD("on_logout", "offline")},
		{"time_zone", FIELD("time_zone", "Mars/North")},
		{"hide_calls", FIELD("hide_calls", "maybe")},
		{"feed", FIELD("feed", "x")},
		{"action_away", FIELD("action_away", "voicemail")},
		{"action_away", FIELD("action_away", "none") FIELD("action_away", "dnd")},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char fields[1024];
		snprintf(fields, sizeof(fields), "%s%s", FIELD("action_chat", "dnd"), bad[i][1]);
		const char *answer = run("preferences", fields);
		ck_assert(says(answer, EXECUTING));
		ck_assert(says(answer, "<note type=\"error\">"));
		ck_assert_ptr_null(strstr(field(answer, bad[i][0]), "Just now"));
		ck_assert(says(field(answer, bad[i][0]), "<desc>"));
		ck_assert(says(field(answer, "action_chat"), "<value>dnd</value>"));
	}
	ck_assert_int_eq(bob->preferences.actions[SHOW_CHAT], ACTION_STATUS);
}
END_TEST

START_TEST(the_form_comes_again_with_what_was_preferred_when_the_database_is_away)
{
	save(FIELD("auto_away_minutes", "25"));
	fake.database_away = true;
	const char *answer = run("preferences", FIELD("hide_calls", "1") FIELD("feed", "0"));
	ck_assert(says(answer, "<note type=\"error\">the database is away"));
	ck_assert(says(field(answer, "auto_away_minutes"), "<value>25</value>"));
	ck_assert(says(field(answer, "hide_calls"), "<value>1</value>"));
	ck_assert(!bob->preferences.hide_calls);
	ck_assert_uint_eq(fake.feeds_refused, 0);
}
END_TEST

START_TEST(a_status_that_is_hidden_or_deleted_since_shows_as_keep)
{
	custom("coffee", "Coffee", 50, true, false);
	save(FIELD("on_login", "coffee") FIELD("on_logout", "coffee"));
	ck_assert(says(field(run("preferences", NULL), "on_login"), "<value>coffee</value><option"));
	custom("coffee", "Coffee", 50, false, false);
	ck_assert(says(field(run("preferences", NULL), "on_login"), "<value>keep</value><option"));
	ck_assert(says(run("preferences", FIELD("on_login", "coffee")), "<note type=\"error\">"));
	save(FIELD("hide_calls", "1") FIELD("on_logout", "keep"));
	custom("coffee", "Coffee", 50, true, false);
	ck_assert(says(field(run("preferences", NULL), "on_login"), "<value>coffee</value><option"));
	ck_assert(says(field(run("preferences", NULL), "on_logout"), "<value>keep</value><option"));
	custom("coffee", "Coffee", 50, true, true);
	ck_assert(says(field(run("preferences", NULL), "on_login"), "<value>keep</value><option"));
	save(FIELD("hide_calls", "0"));
}
END_TEST

START_TEST(a_long_catalogue_is_typed_by_name)
{
	for (int i = 0; i <= LIMIT_CHOICES_IN_LIST; i++) {
		char id[32], name[32];
		snprintf(id, sizeof(id), "own-%d", i);
		snprintf(name, sizeof(name), "Own %d", i);
		custom(id, name, 100 + i, i > 0, false);
	}
	ck_assert(says(field(run("preferences", NULL), "on_login"), "type=\"text-single\""));
	save(FIELD("on_login", "own 7") FIELD("on_logout", "☕ Own 8"));
	ck_assert_str_eq(bob->preferences.on_login->id, "own-7");
	ck_assert_str_eq(bob->preferences.on_logout->id, "own-8");
	save(FIELD("on_login", "keep"));
	ck_assert_ptr_null(bob->preferences.on_login);
	ck_assert(says(run("preferences", FIELD("on_login", "own 0")), "there is no such status to choose"));
}
END_TEST

START_TEST(the_feed_is_asked_for_and_refused)
{
	ck_assert(says(field(run("preferences", NULL), "feed"), "Just now: not asked for yet"));
	ck_assert(says(save(FIELD("feed", "1")), "Your client may ask you now"));
	ck_assert_uint_eq(fake.feeds_asked, 1);
	the_feed_is(FEED_ACTIVE);
	ck_assert(says(field(run("preferences", NULL), "feed"), "Just now: allowed</desc><value>1</value>"));
	save(FIELD("feed", "1"));
	ck_assert_uint_eq(fake.feeds_asked, 1);
	ck_assert(says(save(FIELD("feed", "0")), "Your devices are not followed any more."));
	ck_assert_uint_eq(fake.feeds_refused, 1);
	the_feed_is(FEED_REFUSED);
	ck_assert(says(field(run("preferences", NULL), "feed"), "Just now: refused</desc><value>0</value>"));
	save(FIELD("feed", "0"));
	ck_assert_uint_eq(fake.feeds_refused, 1);
	ck_assert(apply((struct fact){.kind = FACT_PRIVILEGE, .privilege = {true}}));
	ck_assert(says(field(run("preferences", NULL), "feed"), "Just now: your server tells it"));
	ck_assert(says(run("preferences", FIELD("feed", "0")), "your server tells it of everybody"));
	save(FIELD("feed", "1"));
	ck_assert_uint_eq(fake.feeds_asked, 1);
}
END_TEST

START_TEST(what_was_chosen_last_is_offered_first)
{
	static const char *const chosen[] = {
		"away", "dnd", "busy", "lunch-break", "away", "business-trip", "chat"};
	static const char *const offered[] = {
		"chat", "business-trip", "away", "lunch-break", "busy", "available", "dnd", NULL};

	for (size_t i = 0; i < sizeof(chosen) / sizeof(*chosen); i++)
		ck_assert(chooses(bob, chosen[i], 0));
	ck_assert(chooses(bob, "available", 0));
	const char *form = run("set-status", NULL), *at = strstr(form, "<option");
	for (size_t i = 0; offered[i]; i++) {
		char value[64];
		snprintf(value, sizeof(value), "<value>%s</value></option>", offered[i]);
		const char *found = strstr(form, value);
		ck_assert_msg(found && found > at, "%s is not in its place", offered[i]);
		ck_assert_ptr_null(strstr(found + 1, value));
		at = found;
	}
}
END_TEST

START_TEST(a_recent_status_that_cannot_be_chosen_any_more_is_not_offered)
{
	custom("coffee", "Coffee", 50, true, false);
	custom("tea", "Tea", 51, true, false);
	ck_assert(chooses(bob, "coffee", 0) && chooses(bob, "tea", 0));
	custom("coffee", "Coffee", 50, false, false);
	custom("tea", "Tea", 51, true, true);
	const char *form = run("set-status", NULL);
	ck_assert_ptr_null(strstr(form, "<value>coffee</value></option>"));
	ck_assert_ptr_null(strstr(form, "<value>tea</value></option>"));
}
END_TEST

START_TEST(my_status_tells_all_that_is_known)
{
	struct fact_message message = {.person = bob, .text = "in room 5", .until = now + 2 * HOUR};
	struct fact leg = call_fact(CALL_ANSWERED, "c1", NULL, "1002", 0);

	leg.call.direction = DIRECTION_INBOUND;
	ck_assert(apply((struct fact){.kind = FACT_CHOICE,
		.choice = {.person = bob, .status = "business-trip", .source = SOURCE_ADMIN}}));
	ck_assert(chooses(bob, "lunch-break", now + HOUR));
	ck_assert(apply((struct fact){.kind = FACT_MESSAGE, .message = message}));
	ck_assert(apply((struct fact){.kind = FACT_PHONE, .phone = {"hq", "1003", true}}));
	ck_assert(apply(leg));
	the_feed_is(FEED_ACTIVE);
	has_device("desk", SHOW_AVAILABLE, NULL, now - 10 * MINUTE, 0);
	pass(10 * SECOND);
	has_device("old <1>", SHOW_XA, "at the \"sea\"", 0, -1);
	const char *answer = run("my-status", NULL);
	ck_assert(says(field(answer, "rule"), "<value>you chose it</value>"));
	ck_assert(says(field(answer, "timed_choice"),
		"<value>🍽️ Lunch Break until 23:13, chosen by you (22:13)</value>"));
	ck_assert(
		says(field(answer, "choice"), "<value>💼 Business Trip, chosen by an administrator (22:13)<"));
	ck_assert(says(field(answer, "message"), "<value>in room 5<"));
	ck_assert(says(field(answer, "message_until"), "<value>Wed 00:13<"));
	ck_assert(says(field(answer, "feed"), "<value>allowed<"));
	ck_assert(says(field(answer, "devices"), "type=\"text-multi\""));
	ck_assert(says(field(answer, "devices"), "<value>old &lt;1&gt;: xa, priority -1, so it does not "
						 "count, “at the &quot;sea&quot;”</value>"
						 "<value>desk: available, idle since 22:03</value>"));
	ck_assert(says(field(answer, "phone"), "<value>registered<"));
	ck_assert(says(field(answer, "calls"), "<value>hq:1002: call, inbound, active since 22:13</value>"));
	ck_assert(says(field(answer, "action"), "<value>your phones ring<"));
	ck_assert(chooses(bob, "dnd", 0));
	ck_assert(says(field(run("my-status", NULL), "action"), "your phones do not ring"));
}
END_TEST

START_TEST(my_status_leaves_out_what_there_is_not)
{
	const char *answer = run("my-status", NULL);

	ck_assert(says(field(answer, "feed"), "<value>not asked for yet<"));
	ck_assert(says(field(answer, "phone"), "<value>not known<"));
	static const char *const vars[] = {
		"timed_choice", "choice", "message", "message_until", "devices", "calls"};
	for (size_t i = 0; i < sizeof(vars) / sizeof(*vars); i++) {
		char start[64];
		snprintf(start, sizeof(start), "var=\"%s\"", vars[i]);
		ck_assert_msg(!strstr(answer, start), "%s is there", vars[i]);
	}
	the_feed_is(FEED_ACTIVE);
	ck_assert(says(field(run("my-status", NULL), "devices"), "<value>not known yet<"));
	pass(LIMIT_FEED_SETTLE_SECONDS * SECOND);
	ck_assert(says(field(run("my-status", NULL), "devices"), "<value>none is online<"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("preferences command");
	TCase *tests = tcase_create("preferences command");

	tcase_add_checked_fixture(tests, fake_begin, fake_end);
	tcase_add_test(tests, the_form_shows_what_is_preferred);
	tcase_add_test(tests, what_is_given_is_saved_and_the_rest_stays);
	tcase_add_test(tests, a_bad_value_changes_nothing_and_is_named);
	tcase_add_test(tests, the_form_comes_again_with_what_was_preferred_when_the_database_is_away);
	tcase_add_test(tests, a_status_that_is_hidden_or_deleted_since_shows_as_keep);
	tcase_add_test(tests, a_long_catalogue_is_typed_by_name);
	tcase_add_test(tests, the_feed_is_asked_for_and_refused);
	tcase_add_test(tests, what_was_chosen_last_is_offered_first);
	tcase_add_test(tests, a_recent_status_that_cannot_be_chosen_any_more_is_not_offered);
	tcase_add_test(tests, my_status_tells_all_that_is_known);
	tcase_add_test(tests, my_status_leaves_out_what_there_is_not);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
