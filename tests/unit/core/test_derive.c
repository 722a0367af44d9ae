/* The rules of presence as a table: what is known of a person, and what colleagues see. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/derive.h"

static struct catalogue catalogue;
enum { NOW = 1000000 };

/* Legs: "a" active call, "h" held call, "o" outbound ringing, "r" inbound ringing, "m" meeting. */
struct row {
	const char *given;
	const char *standing, *timed; /* ids of choices; timed until NOW + 60 unless `expired` */
	const char *legs;
	const char *ringing_status;
	enum phone phone;
	bool expired, account, extension, ever, call_first, hide_calls, voicemail;
	const char *seen;
	enum rule rule;
	bool automatic;
	const char *calls; /* "yes", "dnd", "no" (refused without an action) */
};

#define KNOWN .account = true, .extension = true
static const struct row rows[] = {
	{"nothing at all", .seen = "offline", .rule = 7, .automatic = true, .calls = "yes"},
	{"an account that never chose", .account = true, .seen = "offline", .rule = 7, .automatic = true,
		.calls = "yes"},
	{"a person with an extension of unknown state", .extension = true, .seen = "available", .rule = 6,
		.automatic = true, .calls = "yes"},
	{"a person who once chose", .account = true, .ever = true, .seen = "available", .rule = 6,
		.automatic = true, .calls = "yes"},
	{"a registered phone", .extension = true, .phone = PHONE_REGISTERED, .seen = "available", .rule = 6,
		.automatic = true, .calls = "yes"},
	{"an unregistered phone and no account", .extension = true, .phone = PHONE_UNREGISTERED,
		.seen = "offline", .rule = 7, .automatic = true, .calls = "yes"},
	{"the same, with callers to voicemail", .extension = true, .phone = PHONE_UNREGISTERED,
		.voicemail = true, .seen = "offline", .rule = 7, .automatic = true, .calls = "no"},

	{"a standing choice", KNOWN, .standing = "lunch-break", .seen = "lunch-break", .rule = 2,
		.calls = "yes"},
	{"a timed choice covers the standing one", KNOWN, .standing = "lunch-break", .timed = "dnd",
		.seen = "dnd", .rule = 2, .calls = "dnd"},
	{"an expired timed choice uncovers the standing one", KNOWN, .standing = "lunch-break",
		.timed = "dnd", .expired = true, .seen = "lunch-break", .rule = 2, .calls = "yes"},
	{"an expired timed choice and nothing below", KNOWN, .timed = "dnd", .expired = true,
		.seen = "available", .rule = 6, .automatic = true, .calls = "yes"},
	{"a choice of somebody whose only phone is gone", .extension = true, .phone = PHONE_UNREGISTERED,
		.standing = "lunch-break", .seen = "offline", .rule = 7, .automatic = true, .calls = "yes"},
	{"a choice that shows when offline", .extension = true, .phone = PHONE_UNREGISTERED,
		.standing = "business-trip", .seen = "business-trip", .rule = 2, .calls = "yes"},
	{"calls follow the choice even while it does not show", .extension = true,
		.phone = PHONE_UNREGISTERED, .standing = "dnd", .seen = "offline", .rule = 7,
		.automatic = true, .calls = "dnd"},

	{"invisible", KNOWN, .standing = "invisible", .seen = "offline", .rule = 1, .automatic = true,
		.calls = "yes"},
	{"invisible and a call", KNOWN, .standing = "invisible", .legs = "a", .seen = "offline", .rule = 1,
		.automatic = true, .calls = "yes"},
	{"invisible, a call, and calls first", KNOWN, .standing = "invisible", .legs = "a",
		.call_first = true, .seen = "offline", .rule = 1, .automatic = true, .calls = "yes"},

	{"a call", KNOWN, .legs = "a", .seen = "on-call", .rule = 4, .automatic = true, .calls = "yes"},
	{"a held call", KNOWN, .legs = "h", .seen = "on-call", .rule = 4, .automatic = true, .calls = "yes"},
	{"placing a call", KNOWN, .legs = "o", .seen = "on-call", .rule = 4, .automatic = true,
		.calls = "yes"},
	{"being rung is not a call", KNOWN, .legs = "r", .seen = "available", .rule = 6, .automatic = true,
		.calls = "yes"},
	{"being rung with a ringing_status", KNOWN, .legs = "r", .ringing_status = "chat", .seen = "chat",
		.rule = 4, .automatic = true, .calls = "yes"},
	{"being rung with a ringing_status and hide_calls", KNOWN, .legs = "r", .ringing_status = "chat",
		.hide_calls = true, .seen = "available", .rule = 6, .automatic = true, .calls = "yes"},
	{"being rung during a call", KNOWN, .legs = "ra", .ringing_status = "chat", .seen = "on-call",
		.rule = 4, .automatic = true, .calls = "yes"},
	{"a meeting", KNOWN, .legs = "m", .seen = "busy", .rule = 4, .automatic = true, .calls = "yes"},
	{"a meeting and a call", KNOWN, .legs = "ma", .seen = "on-call", .rule = 4, .automatic = true,
		.calls = "yes"},
	{"a call with hide_calls looks like a meeting", KNOWN, .legs = "a", .hide_calls = true,
		.seen = "busy", .rule = 4, .automatic = true, .calls = "yes"},
	{"a call of a desk phone that is said to be unregistered", .extension = true,
		.phone = PHONE_UNREGISTERED, .legs = "a", .seen = "on-call", .rule = 4, .automatic = true,
		.calls = "yes"},

	{"a choice and a call: the choice stays", KNOWN, .standing = "lunch-break", .legs = "a",
		.seen = "lunch-break", .rule = 2, .calls = "yes"},
	{"the same with calls first", KNOWN, .standing = "lunch-break", .legs = "a", .call_first = true,
		.seen = "on-call", .rule = 4, .automatic = true, .calls = "yes"},
	{"Do Not Disturb is spared when calls are first", KNOWN, .standing = "dnd", .legs = "a",
		.call_first = true, .seen = "dnd", .rule = 2, .calls = "dnd"},
	{"calls first, no call", KNOWN, .standing = "lunch-break", .call_first = true, .seen = "lunch-break",
		.rule = 2, .calls = "yes"},
};

static void add_legs(const char *letters, struct leg *legs, const struct leg **pointers)
{
	for (size_t i = 0; letters[i]; i++) {
		legs[i] = (struct leg){
			.state = letters[i] == 'h'                        ? LEG_HELD
				 : letters[i] == 'r' || letters[i] == 'o' ? LEG_RINGING
									  : LEG_ACTIVE,
			.direction = letters[i] == 'o' ? DIRECTION_OUTBOUND : DIRECTION_INBOUND,
			.kind = letters[i] == 'm' ? LEG_MEETING : LEG_CALL,
			.since = 500 + (usec_t)i,
		};
		pointers[i] = &legs[i];
	}
}

START_TEST(the_rules)
{
	const struct row *row = &rows[_i];
	struct policy policy;
	policy_init(&policy);
	policy.call_precedence = row->call_first;
	policy.offline_to_voicemail = row->voicemail;
	if (row->ringing_status)
		strcpy(policy.ringing_status, row->ringing_status);
	struct choices choices = {.ever = row->ever || row->standing || row->timed};
	if (row->standing)
		choices.standing =
			(struct choice){.status = catalogue_get(&catalogue, row->standing), .at = 10};
	if (row->timed)
		choices.timed = (struct choice){.status = catalogue_get(&catalogue, row->timed),
			.at = 20,
			.until = row->expired ? NOW : NOW + 60};
	struct preferences preferences = {.hide_calls = row->hide_calls};
	for (size_t i = 0; i < SHOW_COUNT; i++)
		preferences.actions[i] = ACTION_STATUS;
	struct message message = {0};
	struct leg legs[8];
	const struct leg *pointers[8];
	const char *letters = row->legs ? row->legs : "";
	add_legs(letters, legs, pointers);
	struct facts facts = {.choices = &choices,
		.message = &message,
		.legs = pointers,
		.leg_count = strlen(letters),
		.phone = row->phone,
		.has_account = row->account,
		.has_extension = row->extension,
		.preferences = &preferences,
		.policy = &policy,
		.catalogue = &catalogue,
		.now = NOW};

	struct presence presence;
	derive(&facts, &presence);
	ck_assert_msg(strcmp(presence.status->id, row->seen) == 0, "%s: %s", row->given, presence.status->id);
	ck_assert_msg(presence.rule == row->rule, "%s: rule %d", row->given, (int)presence.rule);
	ck_assert_msg(presence.automatic == row->automatic, "%s", row->given);
	const char *calls = derive_accepts_calls(&facts, &presence) ? "yes"
			    : derive_action(&facts) == ACTION_DND   ? "dnd"
								    : "no";
	ck_assert_msg(strcmp(calls, row->calls) == 0, "%s: calls %s", row->given, calls);
}
END_TEST

struct world {
	struct choices choices;
	struct message message;
	struct preferences preferences;
	struct policy policy;
	struct facts facts;
};

static void given(struct world *world, const char *timed, const char *said, const char *message)
{
	memset(world, 0, sizeof(*world));
	policy_init(&world->policy);
	for (size_t i = 0; i < SHOW_COUNT; i++)
		world->preferences.actions[i] = ACTION_STATUS;
	if (timed)
		world->choices.timed = (struct choice){catalogue_get(&catalogue, timed),
			(char *)(uintptr_t)said, NOW + 60, 20, SOURCE_PERSON};
	world->message.text = (char *)(uintptr_t)message;
	world->facts = (struct facts){.choices = &world->choices,
		.message = &world->message,
		.has_extension = true,
		.preferences = &world->preferences,
		.policy = &world->policy,
		.catalogue = &catalogue,
		.now = NOW};
}

START_TEST(the_choices_own_message_goes_before_the_persons_and_that_before_the_statuss)
{
	struct world world;
	struct presence presence;
	given(&world, "lunch-break", "back at 2", "in the Berlin office");
	derive(&world.facts, &presence);
	ck_assert_str_eq(presence.message, "back at 2");
	ck_assert_int_eq(presence.since, 20);
	ck_assert_int_eq(presence.until, NOW + 60);
	struct buf text;
	buf_init(&text, 1000);
	presence_text(&presence, &text);
	ck_assert_str_eq(buf_text(&text), "🍽️ Lunch Break (back at 2)");
	buf_done(&text);

	given(&world, "lunch-break", NULL, "in the Berlin office");
	derive(&world.facts, &presence);
	ck_assert_str_eq(presence.message, "in the Berlin office");

	world.message.until = NOW;
	derive(&world.facts, &presence);
	ck_assert_str_eq(presence.message, "");
}
END_TEST

START_TEST(offline_and_invisible_are_the_same_and_say_nothing)
{
	struct world invisible, offline;
	struct presence a, b;
	given(&invisible, "invisible", "secret", "in the Berlin office");
	given(&offline, NULL, NULL, "in the Berlin office");
	offline.facts.has_extension = false;
	derive(&invisible.facts, &a);
	derive(&offline.facts, &b);
	ck_assert_int_ne(a.rule, b.rule);
	ck_assert_ptr_eq(a.status, b.status);
	ck_assert_str_eq(a.message, "");
	ck_assert_str_eq(b.message, "");
	ck_assert_int_eq(a.since, b.since);
	ck_assert_int_eq(a.until, b.until);
	ck_assert_int_eq(a.automatic, b.automatic);
	ck_assert(a.digest == b.digest);
}
END_TEST

START_TEST(a_persons_own_action_for_a_show_goes_before_the_statuss)
{
	struct world world;
	given(&world, "dnd", NULL, NULL);
	ck_assert_int_eq(derive_action(&world.facts), ACTION_DND);
	world.preferences.actions[SHOW_DND] = ACTION_NONE;
	ck_assert_int_eq(derive_action(&world.facts), ACTION_NONE);
	world.preferences.actions[SHOW_DND] = ACTION_FOLLOW_ME;
	ck_assert_int_eq(derive_action(&world.facts), ACTION_FOLLOW_ME);
	given(&world, NULL, NULL, NULL);
	world.preferences.actions[SHOW_AVAILABLE] = ACTION_DND;
	ck_assert_int_eq(derive_action(&world.facts), ACTION_DND);
}
END_TEST

START_TEST(the_next_expiry_is_the_earlier_one_ahead)
{
	struct world world;
	given(&world, "dnd", NULL, "x");
	ck_assert_int_eq(derive_next(&world.facts), NOW + 60);
	world.message.until = NOW + 5;
	ck_assert_int_eq(derive_next(&world.facts), NOW + 5);
	world.message.until = NOW;
	ck_assert_int_eq(derive_next(&world.facts), NOW + 60);
	given(&world, NULL, NULL, NULL);
	ck_assert_int_eq(derive_next(&world.facts), 0);
}
END_TEST

int main(void)
{
	catalogue_init(&catalogue);
	Suite *suite = suite_create("derive");
	TCase *tests = tcase_create("rules");
	tcase_add_loop_test(tests, the_rules, 0, sizeof(rows) / sizeof(*rows));
	tcase_add_test(tests, the_choices_own_message_goes_before_the_persons_and_that_before_the_statuss);
	tcase_add_test(tests, offline_and_invisible_are_the_same_and_say_nothing);
	tcase_add_test(tests, a_persons_own_action_for_a_show_goes_before_the_statuss);
	tcase_add_test(tests, the_next_expiry_is_the_earlier_one_ahead);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	catalogue_done(&catalogue);
	return failed != 0;
}
