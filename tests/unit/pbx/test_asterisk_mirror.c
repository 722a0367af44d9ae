/* Agreement with an Asterisk that is played here: every rule of pbx/asterisk_mirror.h. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "pbx/asterisk_mirror_inside.h"

#define WAIT (SECOND / 5)

/* What Asterisk keeps of 1001 to 1009. */
static struct kept {
	char show[16], subtype[128], message[512];
	bool dnd, dnd_known, key;
	char ddial[16];
} kept[10];

static struct timers timers;
static struct engine *engine;
static struct person *alice, *bob;
static struct asterisk_mirror *mirror;
static usec_t now;
static size_t writes, choices;
static bool may_write_keys, snippet, deaf, mute, refusing, rival;

static struct kept *of(const char *number)
{
	return &kept[number[strlen(number) - 1] - '0'];
}

/* --- events */

static void event(bool listed, const char *name, const char *a, const char *a_value, const char *b,
	const char *b_value, const char *c, const char *c_value, const char *d, const char *d_value)
{
	struct ami_block block = {
		.fields = {{"Event", name}, {a, a_value}, {b, b_value}, {c, c_value}, {d, d_value}},
		.count = 5};
	asterisk_mirror_event(mirror, &block, listed, now);
}

static void say_presence(const char *number, bool listed)
{
	const struct kept *at = of(number);
	char presentity[64];
	snprintf(presentity, sizeof(presentity), "CustomPresence:%s", number);
	event(listed, "PresenceStateChange", "Presentity", presentity, "Status", at->show, "Subtype",
		at->subtype, "Message", at->message);
}

static void say_dnd(const char *number, bool listed)
{
	char device[64];
	snprintf(device, sizeof(device), "Custom:DND%s", number);
	event(listed, "DeviceStateChange", "Device", device, "State",
		of(number)->dnd ? "BUSY" : "UNAVAILABLE", "X", "", "X", "");
}

/* --- actions */

static void unbase64(const char *text, size_t length, char *out, size_t room)
{
	char copy[2048];
	size_t got;
	snprintf(copy, sizeof(copy), "%.*s", (int)length, text);
	got = 0;
	ck_assert(copy[0] == '\0' || secret_unbase64(copy, out, room - 1, &got));
	out[got] = '\0';
}

static void keep_presence(const char *number, const char *value)
{
	struct kept *at = of(number);
	const char *subtype = strchr(value, ',') + 1, *message = strchr(subtype, ',') + 1;
	const char *end = strrchr(value, ',');
	ck_assert_str_eq(end, ",e");
	snprintf(at->show, sizeof(at->show), "%.*s", (int)(subtype - value - 1), value);
	unbase64(subtype, (size_t)(message - subtype - 1), at->subtype, sizeof(at->subtype));
	unbase64(message, (size_t)(end - message), at->message, sizeof(at->message));
}

static void answer(const struct mirror_step *step, const char *name, const char *value, const char *more,
	const char *more_value)
{
	struct ami_block block = {.fields = {{name, value}, {more, more_value}}, .count = 2};
	asterisk_mirror_answer(mirror, step->serial, &block, now);
}

static const char *field(const struct mirror_step *step, const char *name)
{
	for (size_t i = 0; i < step->field_count; i++)
		if (strcmp(step->fields[i].name, name) == 0)
			return step->fields[i].value;
	return "";
}

static void set_variable(const struct mirror_step *step)
{
	char function[32], device[32], number[32];
	ck_assert_int_eq(
		sscanf(field(step, "Variable"), "%31[A-Z_](%31[A-Za-z:]%31[0-9])", function, device, number),
		3);
	if (refusing) {
		answer(step, "Response", "Error", "Message", "Variable not set");
		return;
	}
	bool presence = strcmp(device, "CustomPresence:") == 0;
	if (presence) {
		keep_presence(number, field(step, "Value"));
	} else {
		ck_assert_str_eq(device, "Custom:DND");
		of(number)->dnd = strcmp(field(step, "Value"), "BUSY") == 0;
		of(number)->dnd_known = true;
	}
	writes++;
	answer(step, "Response", "Success", "Message", "Variable Set");
	if (!mute)
		(presence ? say_presence : say_dnd)(number, false);
	if (rival && presence) {
		strcpy(of(number)->subtype, "offhook rival");
		say_presence(number, false);
	}
}

static void database(const struct mirror_step *step)
{
	const char *family = field(step, "Family"), *key = field(step, "Key"), *value = field(step, "Val");
	if (!may_write_keys && strcmp(step->action, "DBGet") != 0) {
		answer(step, "Response", "Error", "Message", "Permission denied");
		return;
	}
	char number[8] = "";
	snprintf(number, sizeof(number), "%.4s", key);
	if (strcmp(step->action, "DBGet") == 0) {
		answer(step, "Response", "Success", "Message", "Result will follow");
		answer(step, "Event", "DBGetResponse", "Val", of(number)->ddial);
		return;
	}
	if (strcmp(family, "DND") == 0)
		of(number)->key = strcmp(step->action, "DBPut") == 0;
	else if (strcmp(family, "AMPUSER") == 0)
		snprintf(of(number)->ddial, sizeof(kept->ddial), "%s", value);
	answer(step, "Response", "Success", "Message", "x");
}

/* --- life */

static void drain(void)
{
	struct effect effect;
	while (engine_next_effect(engine, &effect))
		if (effect.kind == EFFECT_TOUCH)
			asterisk_mirror_person(mirror, effect.person);
}

static void apply(struct fact fact)
{
	struct error error = {0};
	ck_assert_msg(engine_apply(engine, &fact, now, &error), "%s", error.text);
	drain();
}

static void step_once(const struct mirror_step *step)
{
	if (step->kind == MIRROR_CHOOSE) {
		apply(step->choice);
		asterisk_mirror_chosen(mirror);
		choices++;
	} else if (strcmp(step->action, "Setvar") == 0) {
		if (!deaf)
			set_variable(step);
	} else if (strcmp(step->action, "Getvar") == 0) {
		answer(step, "Response", "Success", "Value", snippet ? "yes" : "");
	} else {
		database(step);
	}
}

/* Lets time pass, and all happen that is due meanwhile. */
static void pass(usec_t time)
{
	for (usec_t end = now + time; now < end; now += SECOND / 100) {
		struct mirror_step step;
		while (timers_run(&timers, now, 100))
			drain();
		drain();
		while (asterisk_mirror_next(mirror, now, &step))
			step_once(&step);
	}
}

static void connect_link(void)
{
	asterisk_mirror_lost(mirror);
	asterisk_mirror_begin(mirror);
	for (int i = 0; i < 10; i++) {
		char number[16];
		snprintf(number, sizeof(number), "100%d", i);
		if (kept[i].dnd_known)
			say_dnd(number, true);
		if (kept[i].show[0])
			say_presence(number, true);
	}
	asterisk_mirror_complete(mirror, true, true);
	pass(WAIT);
	pass(WAIT);
}

static void person(int64_t row, const char *name, const char *const *extensions, size_t count)
{
	apply((struct fact){.kind = FACT_PERSON,
		.person = {.row = row,
			.contact = name,
			.name = name,
			.extensions = extensions,
			.extension_count = count}});
}

static void restart(void)
{
	asterisk_mirror_free(mirror);
	mirror = asterisk_mirror_new("hq", engine, now);
}

static void begin_world(void)
{
	static const char *const of_alice[] = {"hq:1001"}, *const of_bob[] = {
								   "hq:1002", "hq:1003", "dc:1004"};
	memset(kept, 0, sizeof(kept));
	now = 1700000000 * SECOND;
	timers_init(&timers);
	engine = engine_new("example.org", 1, &timers);
	mirror = asterisk_mirror_new("hq", engine, now);
	engine->tells_touches = true;
	person(1, "alice", of_alice, 1);
	person(2, "bob", of_bob, 3);
	engine_start(engine, now);
	drain();
	alice = engine_person(engine, "alice");
	bob = engine_person(engine, "bob");
	may_write_keys = true;
	snippet = deaf = mute = refusing = rival = false;
	writes = choices = 0;
}

static void begin(void)
{
	begin_world();
	connect_link();
	writes = choices = 0;
}

static void end(void)
{
	asterisk_mirror_free(mirror);
	engine_free(engine);
	timers_done(&timers);
}

static void choose_with(struct person *who, const char *status, const char *message, usec_t until)
{
	apply((struct fact){.kind = FACT_CHOICE,
		.choice = {.person = who, .status = status, .message = message, .until = until}});
	pass(WAIT);
}

static void choose(struct person *who, const char *status)
{
	choose_with(who, status, NULL, 0);
}

/* At a phone, over Asterisk's own ways. */
static void key_presence(const char *number, const char *show, const char *subtype, const char *message)
{
	struct kept *at = of(number);
	snprintf(at->show, sizeof(at->show), "%s", show);
	snprintf(at->subtype, sizeof(at->subtype), "%s", subtype);
	snprintf(at->message, sizeof(at->message), "%s", message);
	if (!deaf)
		say_presence(number, false);
}

static void key_dnd(const char *number, bool on)
{
	of(number)->dnd = of(number)->key = on;
	of(number)->dnd_known = true;
	if (!deaf)
		say_dnd(number, false);
}

static void call(const char *number, enum call_event what)
{
	apply((struct fact){
		.kind = FACT_CALL, .call = {.pbx = "hq", .call = "c", .extension = number, .event = what}});
	pass(WAIT);
}

static void shows(const char *number, const char *show, const char *subtype, const char *message)
{
	ck_assert_str_eq(of(number)->show, show);
	ck_assert_str_eq(of(number)->subtype, subtype);
	ck_assert_str_eq(of(number)->message, message);
}

static void chose(struct person *who, const char *status, const char *message)
{
	const struct choice *choice = choice_in_force(&who->choices, now);
	ck_assert_str_eq(choice ? choice->status->id : "available", status);
	ck_assert_str_eq(choice && choice->message ? choice->message : "", message);
}

/* --- what we say */

START_TEST(a_choice_reaches_all_extensions_of_the_person_on_this_pbx)
{
	choose_with(bob, "lunch-break", "back at 2, \"maybe\"", 0);
	shows("1002", "away", "offhook lunch-break", "Lunch Break (back at 2, \"maybe\")");
	shows("1003", "away", "offhook lunch-break", "Lunch Break (back at 2, \"maybe\")");
	shows("1004", "", "", "");
	shows("1001", "available", "offhook available", "Available");
	ck_assert_uint_eq(writes, 2);
}
END_TEST

START_TEST(do_not_disturb_is_a_device_state_and_a_key)
{
	choose(alice, "dnd");
	ck_assert(of("1001")->dnd && of("1001")->key);
	shows("1001", "dnd", "offhook dnd dnd", "Do Not Disturb");
	choose(alice, "available");
	ck_assert(!of("1001")->dnd && !of("1001")->key);
	shows("1001", "available", "offhook available", "Available");
	ck_assert_uint_eq(choices, 0);
}
END_TEST

START_TEST(a_call_changes_nothing)
{
	call("1001", CALL_ANSWERED);
	ck_assert_str_eq(alice->presence.status->id, "on-call");
	ck_assert_uint_eq(writes, 0);
	call("1001", CALL_ENDED);
	ck_assert_uint_eq(writes, 0);
}
END_TEST

START_TEST(invisible_is_offline)
{
	choose(alice, "invisible");
	shows("1001", "unavailable", "offhook offline", "");
	ck_assert_uint_eq(choices, 0);
}
END_TEST

START_TEST(a_timed_choice_ends_there_too)
{
	choose_with(alice, "dnd", NULL, now + 10 * SECOND);
	ck_assert(of("1001")->dnd && of("1001")->key);
	pass(11 * SECOND);
	ck_assert(!of("1001")->dnd && !of("1001")->key);
	shows("1001", "available", "offhook available", "Available");
}
END_TEST

START_TEST(control_characters_do_not_get_there)
{
	choose_with(alice, "away", "a\r\nEvent: PresenceStateChange\r\n\r\nb", 0);
	shows("1001", "away", "offhook away", "Away (a  Event: PresenceStateChange    b)");
}
END_TEST

START_TEST(follow_me_is_switched_and_switched_back)
{
	struct preferences preferences = alice->preferences;
	preferences.actions[SHOW_AWAY] = ACTION_FOLLOW_ME;
	apply((struct fact){
		.kind = FACT_PREFERENCES, .preferences = {.row = 1, .preferences = &preferences}});
	snprintf(of("1001")->ddial, sizeof(kept->ddial), "EXTENSION");
	choose(alice, "away");
	ck_assert_str_eq(of("1001")->ddial, "DIRECT");
	shows("1001", "away", "offhook away follow-me", "Away");
	choose(alice, "available");
	ck_assert_str_eq(of("1001")->ddial, "EXTENSION");
	shows("1001", "available", "offhook available", "Available");
}
END_TEST

START_TEST(follow_me_that_is_on_anyway_stays_on)
{
	struct preferences preferences = alice->preferences;
	preferences.actions[SHOW_AWAY] = ACTION_FOLLOW_ME;
	apply((struct fact){
		.kind = FACT_PREFERENCES, .preferences = {.row = 1, .preferences = &preferences}});
	snprintf(of("1001")->ddial, sizeof(kept->ddial), "DIRECT");
	choose(alice, "away");
	choose(alice, "available");
	ck_assert_str_eq(of("1001")->ddial, "DIRECT");
	of("1001")->ddial[0] = '\0'; /* there is none */
	choose(alice, "away");
	choose(alice, "available");
	ck_assert_str_eq(of("1001")->ddial, "");
}
END_TEST

START_TEST(without_the_right_only_the_device_state_is_written)
{
	may_write_keys = false;
	connect_link();
	choose(alice, "dnd");
	ck_assert(of("1001")->dnd && !of("1001")->key);
}
END_TEST

START_TEST(what_is_refused_is_not_tried_for_ever)
{
	struct mirror_step step;
	refusing = true;
	choose(alice, "away");
	ck_assert(!asterisk_mirror_next(mirror, now, &step));
	refusing = false;
	choose(alice, "lunch-break");
	shows("1001", "away", "offhook lunch-break", "Lunch Break");
}
END_TEST

START_TEST(without_echoes_writes_go_on)
{
	mute = true;
	choose(alice, "dnd");
	pass(4 * SECOND);
	choose(alice, "away");
	pass(4 * SECOND);
	shows("1001", "away", "offhook away", "Away");
	ck_assert(!of("1001")->dnd && !of("1001")->key);
	ck_assert_uint_eq(choices, 0);
}
END_TEST

/* --- what phones say */

START_TEST(a_presence_set_at_a_phone_is_a_choice)
{
	key_presence("1001", "away", "", "gone fishing");
	pass(WAIT);
	chose(alice, "away", "gone fishing");
	ck_assert_int_eq(alice->choices.standing.source, SOURCE_PHONE);
	ck_assert_uint_eq(choices, 1);
	shows("1001", "away", "", "gone fishing");
	key_presence("1001", "available", "", "");
	pass(WAIT);
	chose(alice, "available", "");
	ck_assert_uint_eq(choices, 2);
	ck_assert_uint_eq(writes, 0);
}
END_TEST

START_TEST(it_reaches_the_persons_other_phones)
{
	key_presence("1002", "dnd", "", "deadline");
	pass(WAIT);
	chose(bob, "dnd", "deadline");
	shows("1003", "dnd", "offhook dnd dnd", "Do Not Disturb (deadline)");
	shows("1002", "dnd", "", "deadline");
	ck_assert(of("1002")->dnd && of("1002")->key && of("1003")->dnd && of("1003")->key);
	ck_assert_uint_eq(choices, 1);
}
END_TEST

START_TEST(names_and_ids_of_statuses_are_understood)
{
	static const struct {
		const char *show, *subtype, *message, *status, *said;
	} rows[] = {
		{"away", "lunch-break", "", "lunch-break", ""},
		{"away", "", "LUNCH break", "lunch-break", ""},
		{"away", "", "🍽️ Lunch Break", "lunch-break", ""},
		{"away", "lunch-break", "back at 2", "lunch-break", "back at 2"},
		{"xa", "", "", "extended-away", ""},
		{"chat", "", "hello", "chat", "hello"},
		{"dnd", "", "Do Not Disturb", "dnd", ""},
		{"away", "", "On Call", "away", "On Call"},
		{"away", "no-such", "", "away", ""},
		{"unavailable", "", "", "invisible", ""},
		{"not_set", "", "", "invisible", ""}, /* lost: ours is written again */
		{"available", "", "hello", "available", ""},
		{"away", "", "a \\\"b\\\"\\r\\nEvent: x", "away", "a \"b\"  Event: x"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		key_presence("1001", rows[i].show, rows[i].subtype, rows[i].message);
		pass(WAIT);
		chose(alice, rows[i].status, rows[i].said);
	}
}
END_TEST

START_TEST(do_not_disturb_dialled_is_a_choice)
{
	key_dnd("1001", true);
	pass(WAIT);
	chose(alice, "dnd", "");
	shows("1001", "dnd", "offhook dnd dnd", "Do Not Disturb");
	key_dnd("1001", false);
	pass(WAIT);
	chose(alice, "available", "");
	ck_assert_uint_eq(choices, 2);
	ck_assert(!of("1001")->dnd && !of("1001")->key);
}
END_TEST

START_TEST(do_not_disturb_that_means_nothing_here_is_left_to_the_phone)
{
	struct preferences preferences = alice->preferences;
	preferences.actions[SHOW_DND] = ACTION_NONE;
	apply((struct fact){
		.kind = FACT_PREFERENCES, .preferences = {.row = 1, .preferences = &preferences}});
	key_dnd("1001", true);
	pass(WAIT);
	chose(alice, "dnd", "");
	apply((struct fact){.kind = FACT_MESSAGE, .message = {.person = alice, .text = "at home"}});
	pass(WAIT);
	shows("1001", "dnd", "offhook dnd", "Do Not Disturb (at home)");
	ck_assert(of("1001")->dnd && of("1001")->key);
	connect_link();
	ck_assert(of("1001")->dnd && of("1001")->key);
	choose(alice, "away");
	ck_assert(!of("1001")->dnd && !of("1001")->key);
	ck_assert_uint_eq(choices, 1);
}
END_TEST

START_TEST(the_same_on_two_ways_is_one_choice)
{
	key_dnd("1001", true);
	key_presence("1001", "dnd", "", "");
	pass(WAIT);
	chose(alice, "dnd", "");
	ck_assert_uint_eq(choices, 1);
	key_dnd("1001", false);
	key_presence("1001", "away", "", "");
	pass(WAIT);
	chose(alice, "away", "");
	ck_assert_uint_eq(choices, 2);
}
END_TEST

START_TEST(do_not_disturb_off_leaves_another_choice_alone)
{
	choose(alice, "lunch-break");
	key_dnd("1001", false);
	pass(WAIT);
	chose(alice, "lunch-break", "");
	ck_assert_uint_eq(choices, 0);
}
END_TEST

START_TEST(what_is_not_offered_is_set_back)
{
	struct status_fields fields;
	status_fields_of(engine->catalogue.invisible, &fields);
	fields.enabled = false;
	apply((struct fact){.kind = FACT_STATUS, .status = fields});
	key_presence("1001", "unavailable", "", "");
	pass(WAIT);
	chose(alice, "available", "");
	shows("1001", "available", "offhook available", "Available");
}
END_TEST

START_TEST(nobodys_extension_is_left_alone)
{
	key_presence("1009", "away", "", "x");
	key_dnd("1009", true);
	pass(WAIT);
	shows("1009", "away", "", "x");
	ck_assert(of("1009")->dnd);
	ck_assert_uint_eq(writes + choices, 0);
}
END_TEST

START_TEST(what_was_set_before_it_was_somebodys_ends_no_choice)
{
	static const char *const of_alice[] = {"hq:1001", "hq:1008"}, *const of_bob[] = {
									      "hq:1002", "hq:1009"};
	key_dnd("1008", true);
	key_dnd("1009", true);
	choose(alice, "lunch-break");
	person(1, "alice", of_alice, 2);
	person(2, "bob", of_bob, 2);
	pass(2 * WAIT);
	chose(alice, "lunch-break", "");
	ck_assert(!of("1008")->dnd);
	chose(bob, "dnd", "");
	ck_assert(of("1009")->dnd && of("1002")->dnd);
}
END_TEST

START_TEST(of_changes_that_cross_the_last_wins)
{
	struct mirror_step step;
	apply((struct fact){.kind = FACT_CHOICE, .choice = {.person = alice, .status = "away"}});
	ck_assert(asterisk_mirror_next(mirror, now, &step));
	ck_assert_str_eq(step.action, "Setvar");
	key_presence("1001", "chat", "", ""); /* before it got there */
	step_once(&step);
	pass(2 * SECOND);
	chose(alice, "away", "");
	shows("1001", "away", "offhook away", "Away");

	apply((struct fact){.kind = FACT_CHOICE, .choice = {.person = alice, .status = "dnd"}});
	pass(SECOND / 50);
	key_presence("1001", "chat", "", ""); /* after it */
	pass(2 * SECOND);
	chose(alice, "chat", "");
	ck_assert(!of("1001")->dnd);
}
END_TEST

START_TEST(there_is_no_echo_loop)
{
	for (int i = 0; i < 20; i++) {
		choose(alice, i % 2 ? "dnd" : "away");
		key_presence("1001", i % 2 ? "away" : "dnd", "", "x");
		pass(WAIT);
	}
	size_t before = writes;
	pass(60 * SECOND);
	ck_assert_uint_eq(writes, before);
	ck_assert_uint_le(writes, 20 * 4);
	ck_assert_uint_eq(choices, 20);
}
END_TEST

/* --- losses */

START_TEST(what_changed_here_without_the_link_gets_there)
{
	deaf = true;
	asterisk_mirror_lost(mirror);
	choose(alice, "dnd");
	deaf = false;
	connect_link();
	ck_assert(of("1001")->dnd && of("1001")->key);
	shows("1001", "dnd", "offhook dnd dnd", "Do Not Disturb");
	ck_assert_uint_eq(choices, 0);
}
END_TEST

START_TEST(what_changed_there_without_the_link_is_a_choice)
{
	deaf = true;
	asterisk_mirror_lost(mirror);
	key_dnd("1001", true);
	key_presence("1002", "away", "", "");
	deaf = false;
	connect_link();
	chose(alice, "dnd", "");
	chose(bob, "away", "");
	ck_assert_uint_eq(choices, 2);
}
END_TEST

START_TEST(after_changes_on_both_sides_ours_stands)
{
	deaf = true;
	asterisk_mirror_lost(mirror);
	key_presence("1001", "xa", "", "");
	choose(alice, "lunch-break");
	deaf = false;
	connect_link();
	chose(alice, "lunch-break", "");
	shows("1001", "away", "offhook lunch-break", "Lunch Break");
	ck_assert_uint_eq(choices, 0);
}
END_TEST

START_TEST(a_lost_database_gets_ours_again)
{
	choose(alice, "dnd");
	memset(kept, 0, sizeof(kept));
	connect_link();
	chose(alice, "dnd", "");
	ck_assert(of("1001")->dnd && of("1001")->key);
	shows("1001", "dnd", "offhook dnd dnd", "Do Not Disturb");
	ck_assert_uint_eq(choices, 0);
}
END_TEST

START_TEST(a_database_that_went_back_gets_ours_again)
{
	struct kept before[10];
	choose(alice, "dnd");
	memcpy(before, kept, sizeof(kept));
	choose(alice, "lunch-break");
	memcpy(kept, before, sizeof(kept));
	of("1001")->dnd = of("1001")->key = false;
	connect_link();
	chose(alice, "lunch-break", "");
	shows("1001", "away", "offhook lunch-break", "Lunch Break");
	ck_assert_uint_eq(choices, 0);
}
END_TEST

START_TEST(a_write_that_was_lost_with_the_link_is_made_again)
{
	deaf = true;
	choose(alice, "dnd");
	deaf = false;
	connect_link();
	ck_assert(of("1001")->dnd && of("1001")->key);
	shows("1001", "dnd", "offhook dnd dnd", "Do Not Disturb");
	chose(alice, "dnd", "");
}
END_TEST

/* --- a new process */

START_TEST(after_our_restart_what_we_wrote_is_no_news)
{
	choose_with(alice, "dnd", NULL, now + 10 * SECOND);
	restart();
	for (; now < 1700000020 * SECOND; now += SECOND)
		while (timers_run(&timers, now, 100))
			drain();
	connect_link();
	chose(alice, "available", "");
	ck_assert(!of("1001")->dnd && !of("1001")->key);
	shows("1001", "available", "offhook available", "Available");
	ck_assert_uint_eq(choices, 0);
}
END_TEST

START_TEST(after_our_restart_what_was_set_at_phones_is_a_choice)
{
	choose(alice, "lunch-break");
	choose(bob, "dnd");
	deaf = true;
	key_dnd("1001", true);
	key_dnd("1002", false);
	deaf = false;
	restart();
	connect_link();
	chose(alice, "dnd", "");
	chose(bob, "available", "");
	ck_assert(of("1001")->dnd && !of("1002")->dnd && !of("1003")->dnd && !of("1003")->key);
	ck_assert_uint_eq(choices, 2);
}
END_TEST

START_TEST(at_the_first_link_a_plain_available_means_nothing)
{
	end();
	begin_world();
	choose(alice, "lunch-break");
	snprintf(of("1001")->show, sizeof(kept->show), "available");
	snprintf(of("1002")->show, sizeof(kept->show), "xa");
	snprintf(of("1002")->message, sizeof(kept->message), "on tour");
	connect_link();
	chose(alice, "lunch-break", "");
	shows("1001", "away", "offhook lunch-break", "Lunch Break");
	chose(bob, "extended-away", "on tour");
}
END_TEST

/* --- losses at a bad moment */

START_TEST(do_not_disturb_of_ours_that_was_on_its_way_is_no_news)
{
	struct mirror_step step;
	apply((struct fact){.kind = FACT_CHOICE, .choice = {.person = alice, .status = "dnd"}});
	ck_assert(asterisk_mirror_next(mirror, now, &step));
	ck_assert_str_eq(field(&step, "Variable"), "DEVICE_STATE(Custom:DND1001)");
	of("1001")->dnd = of("1001")->dnd_known = true;
	asterisk_mirror_lost(mirror);
	apply((struct fact){.kind = FACT_CHOICE, .choice = {.person = alice}});
	connect_link();
	chose(alice, "available", "");
	ck_assert(!of("1001")->dnd && !of("1001")->key);
	ck_assert_uint_eq(choices, 0);
}
END_TEST

static void follow_me_when_away(void)
{
	struct preferences preferences = alice->preferences;
	preferences.actions[SHOW_AWAY] = ACTION_FOLLOW_ME;
	apply((struct fact){
		.kind = FACT_PREFERENCES, .preferences = {.row = 1, .preferences = &preferences}});
	snprintf(of("1001")->ddial, sizeof(kept->ddial), "EXTENSION");
	apply((struct fact){.kind = FACT_CHOICE, .choice = {.person = alice, .status = "away"}});
}

START_TEST(follow_me_that_was_on_its_way_ends_all_the_same)
{
	deaf = true;
	follow_me_when_away();
	struct mirror_step step;
	while (asterisk_mirror_next(mirror, now, &step) && strcmp(step.action, "DBPut") != 0)
		step_once(&step);
	ck_assert_str_eq(step.action, "DBPut");
	snprintf(of("1001")->ddial, sizeof(kept->ddial), "DIRECT");
	asterisk_mirror_lost(mirror);
	deaf = false;
	apply((struct fact){.kind = FACT_CHOICE, .choice = {.person = alice}});
	connect_link();
	ck_assert_str_eq(of("1001")->ddial, "EXTENSION");
}
END_TEST

START_TEST(follow_me_is_switched_each_time)
{
	for (int i = 0; i < 3; i++) {
		follow_me_when_away();
		pass(WAIT);
		ck_assert_str_eq(of("1001")->ddial, "DIRECT");
		choose(alice, "available");
		ck_assert_str_eq(of("1001")->ddial, "EXTENSION");
	}
}
END_TEST

START_TEST(follow_me_that_got_lost_is_switched_again)
{
	for (int nth = 0; nth < 2; nth++) {
		static const char *const lost[] = {"DBGet", "DBPut"};
		struct mirror_step step;
		follow_me_when_away();
		while (asterisk_mirror_next(mirror, now, &step) && strcmp(step.action, lost[nth]) != 0)
			step_once(&step);
		ck_assert_str_eq(step.action, lost[nth]);
		connect_link();
		ck_assert_str_eq(of("1001")->ddial, "DIRECT");
		shows("1001", "away", "offhook away follow-me", "Away");
		choose(alice, "available");
		ck_assert_str_eq(of("1001")->ddial, "EXTENSION");
	}
}
END_TEST

START_TEST(what_was_heard_of_before_the_loss_does_not_end_what_was_chosen_after_it)
{
	key_presence("1001", "xa", "", "");
	key_dnd("1002", true);
	asterisk_mirror_lost(mirror);
	choose(alice, "lunch-break");
	choose(bob, "away");
	connect_link();
	chose(alice, "lunch-break", "");
	chose(bob, "away", "");
	ck_assert(!of("1002")->dnd);
	ck_assert_uint_eq(choices, 0);
}
END_TEST

START_TEST(what_a_starting_asterisk_tells_is_as_old_as_its_lists)
{
	choose(alice, "dnd");
	struct kept before = *of("1001");
	choose(alice, "available");
	asterisk_mirror_lost(mirror);
	*of("1001") = before; /* its database went back */
	say_dnd("1001", false);
	say_presence("1001", false);
	connect_link();
	chose(alice, "available", "");
	ck_assert(!of("1001")->dnd && !of("1001")->key);
	ck_assert_uint_eq(choices, 0);
}
END_TEST

START_TEST(what_was_refused_is_tried_again_with_the_next_link)
{
	refusing = true;
	choose(alice, "dnd");
	ck_assert(!of("1001")->dnd);
	refusing = false;
	connect_link();
	ck_assert(of("1001")->dnd);
	shows("1001", "dnd", "offhook dnd dnd", "Do Not Disturb");
	chose(alice, "dnd", "");
}
END_TEST

/* A status of an hour's length. */
static void limit_lunch(void)
{
	struct status_fields fields;
	status_fields_of(catalogue_get(&engine->catalogue, "lunch-break"), &fields);
	fields.default_expiry = 60;
	apply((struct fact){.kind = FACT_STATUS, .status = fields});
}

START_TEST(a_choice_of_a_phone_that_has_ended_does_not_come_back_with_a_restart)
{
	limit_lunch();
	key_presence("1001", "away", "lunch-break", "");
	pass(WAIT);
	chose(alice, "lunch-break", "");
	pass(WAIT);
	restart();
	now += HOUR;
	while (timers_run(&timers, now, 100))
		drain();
	connect_link();
	chose(alice, "available", "");
	shows("1001", "available", "offhook available", "Available");
	ck_assert_uint_eq(choices, 1);
}
END_TEST

START_TEST(what_was_chosen_before_the_first_link_stands)
{
	key_presence("1001", "away", "", "");
	pass(WAIT);
	restart();
	now += SECOND;
	choose(alice, "lunch-break");
	connect_link();
	chose(alice, "lunch-break", "");
	shows("1001", "away", "offhook lunch-break", "Lunch Break");
}
END_TEST

START_TEST(what_was_set_while_it_was_nobodys_is_written_over_for_the_same_choice)
{
	static const char *const none[] = {"dc:1005"}, *const of_alice[] = {"hq:1001"};
	choose(alice, "lunch-break");
	person(1, "alice", none, 1);
	key_presence("1001", "xa", "", "");
	pass(WAIT);
	person(1, "alice", of_alice, 1);
	pass(WAIT);
	chose(alice, "lunch-break", "");
	shows("1001", "away", "offhook lunch-break", "Lunch Break");
}
END_TEST

/* --- limits */

static void add_crowd(int count)
{
	for (int i = 0; i < count; i++) {
		char name[16], key[16];
		const char *extensions[] = {key};
		snprintf(name, sizeof(name), "p%d", i);
		snprintf(key, sizeof(key), "hq:2%03d", i);
		person(10 + i, name, extensions, 1);
	}
}

START_TEST(writes_are_limited)
{
	struct mirror_step step;
	size_t sent = 0;
	add_crowd(400);
	for (usec_t stop = now + SECOND; now < stop; now += SECOND / 1000)
		while (asterisk_mirror_next(mirror, now, &step)) {
			ck_assert_uint_lt(sent, 32); /* none is answered */
			sent++;
		}
	ck_assert_uint_eq(sent, LIMIT_ASTERISK_WRITES);
	sent = 0;
	asterisk_mirror_lost(mirror);
	asterisk_mirror_begin(mirror);
	asterisk_mirror_complete(mirror, false, false);
	for (usec_t stop = now + 2 * SECOND; now < stop; now += SECOND / 1000)
		while (asterisk_mirror_next(mirror, now, &step)) {
			answer(&step, "Response", "Error", "Message", "no");
			sent++;
		}
	ck_assert_uint_le(sent, 2 * LIMIT_ASTERISK_WRITES_PER_SECOND + 11);
	ck_assert_uint_ge(sent, 2 * LIMIT_ASTERISK_WRITES_PER_SECOND);
	ck_assert_int_gt(asterisk_mirror_wake(mirror, now), 0);
}
END_TEST

START_TEST(choices_of_phones_do_not_wait_for_writes)
{
	add_crowd(400);
	pass(SECOND);
	ck_assert_uint_lt(writes, 100);
	key_dnd("1001", true);
	pass(WAIT);
	chose(alice, "dnd", "");

	deaf = true; /* so that all slots are taken */
	pass(SECOND);
	of("1002")->dnd = true;
	say_dnd("1002", false);
	pass(WAIT);
	chose(bob, "dnd", "");
}
END_TEST

START_TEST(a_choice_that_can_not_be_taken_now_is_offered_again)
{
	struct mirror_step step;
	key_dnd("1001", true);
	key_presence("1001", "dnd", "", "deadline");
	now += WAIT;
	for (int i = 0; i < 3; i++) {
		ck_assert(asterisk_mirror_next(mirror, now, &step));
		ck_assert_int_eq(step.kind, MIRROR_CHOOSE);
		asterisk_mirror_put_off(mirror, now);
		ck_assert(!asterisk_mirror_next(mirror, now, &step));
		ck_assert_int_eq(asterisk_mirror_wake(mirror, now), now + 3 * SECOND / 20);
		now += WAIT;
	}
	ck_assert(asterisk_mirror_next(mirror, now, &step));
	asterisk_mirror_put_off(mirror, now);
	apply((struct fact){.kind = FACT_CHOICE, .choice = {.person = bob, .status = "away"}});
	ck_assert(asterisk_mirror_next(mirror, now, &step));
	ck_assert_int_eq(step.kind, MIRROR_SEND); /* writes go on */
	step_once(&step);
	pass(WAIT);
	chose(alice, "dnd", "deadline");
	ck_assert_uint_eq(choices, 1);
}
END_TEST

START_TEST(whether_the_database_may_be_written_is_asked_until_it_is_answered)
{
	struct mirror_step step;
	asterisk_mirror_lost(mirror);
	asterisk_mirror_begin(mirror);
	asterisk_mirror_complete(mirror, false, false);
	ck_assert(asterisk_mirror_next(mirror, now, &step));
	ck_assert_str_eq(step.action, "DBDel");
	pass(11 * SECOND);
	choose(alice, "dnd");
	ck_assert(of("1001")->dnd && of("1001")->key);
}
END_TEST

START_TEST(whether_the_database_may_be_written_is_not_asked_for_ever)
{
	struct mirror_step step;
	unsigned asked = 0;
	asterisk_mirror_lost(mirror);
	asterisk_mirror_begin(mirror);
	asterisk_mirror_complete(mirror, false, false);
	for (int minutes = 0; minutes < 60; minutes++) {
		for (; asterisk_mirror_next(mirror, now, &step); asked += strcmp(step.action, "DBDel") == 0)
			;
		now += MINUTE;
	}
	ck_assert_uint_eq(asked, 3);
	ck_assert_int_eq(asterisk_mirror_wake(mirror, now), 0);
}
END_TEST

START_TEST(an_answer_to_nothing_and_events_of_others_are_ignored)
{
	struct ami_block block = {.fields = {{"Response", "Success"}}, .count = 1};
	asterisk_mirror_answer(mirror, 4711, &block, now);
	event(false, "PresenceStateChange", "Presentity", "SIP:1001", "Status", "dnd", "Subtype", "",
		"Message", "");
	event(false, "PresenceStateChange", "Presentity", "CustomPresence:", "Status", "dnd", "Subtype", "",
		"Message", "");
	event(false, "DeviceStateChange", "Device", "Custom:DEVDND1001", "State", "BUSY", "X", "", "X", "");
	event(false, "PresenceStatus", "Presentity", "CustomPresence:1001", "Status", "dnd", "Subtype", "",
		"Message", "");
	pass(WAIT);
	chose(alice, "available", "");
	ck_assert_uint_eq(writes + choices, 0);
}
END_TEST

START_TEST(another_offhook_is_not_written_against_for_ever)
{
	rival = true;
	choose(alice, "lunch-break");
	pass(5 * SECOND);
	ck_assert_uint_eq(writes, LIMIT_ASTERISK_REPLACED);
	ck_assert(mirror->warned_replaced);
	ck_assert_uint_eq(choices, 0);
	/* Ours is new: it is told once more. */
	choose(alice, "away");
	pass(5 * SECOND);
	ck_assert_uint_eq(writes, LIMIT_ASTERISK_REPLACED + 1);
	/* The other is gone. */
	rival = false;
	connect_link();
	shows("1001", "away", "offhook away", "Away");
	ck_assert_uint_eq(writes, LIMIT_ASTERISK_REPLACED + 2);
	ck_assert_uint_eq(choices, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_choice_reaches_all_extensions_of_the_person_on_this_pbx,
		do_not_disturb_is_a_device_state_and_a_key, a_call_changes_nothing, invisible_is_offline,
		a_timed_choice_ends_there_too, control_characters_do_not_get_there,
		follow_me_is_switched_and_switched_back, follow_me_that_is_on_anyway_stays_on,
		without_the_right_only_the_device_state_is_written, what_is_refused_is_not_tried_for_ever,
		without_echoes_writes_go_on, a_presence_set_at_a_phone_is_a_choice,
		it_reaches_the_persons_other_phones, names_and_ids_of_statuses_are_understood,
		do_not_disturb_dialled_is_a_choice,
		do_not_disturb_that_means_nothing_here_is_left_to_the_phone,
		the_same_on_two_ways_is_one_choice, do_not_disturb_off_leaves_another_choice_alone,
		what_is_not_offered_is_set_back, nobodys_extension_is_left_alone,
		what_was_set_before_it_was_somebodys_ends_no_choice, of_changes_that_cross_the_last_wins,
		there_is_no_echo_loop, what_changed_here_without_the_link_gets_there,
		what_changed_there_without_the_link_is_a_choice, after_changes_on_both_sides_ours_stands,
		a_lost_database_gets_ours_again, a_database_that_went_back_gets_ours_again,
		a_write_that_was_lost_with_the_link_is_made_again, after_our_restart_what_we_wrote_is_no_news,
		after_our_restart_what_was_set_at_phones_is_a_choice,
		at_the_first_link_a_plain_available_means_nothing, writes_are_limited,
		do_not_disturb_of_ours_that_was_on_its_way_is_no_news,
		follow_me_that_was_on_its_way_ends_all_the_same, follow_me_is_switched_each_time,
		follow_me_that_got_lost_is_switched_again,
		what_was_heard_of_before_the_loss_does_not_end_what_was_chosen_after_it,
		what_a_starting_asterisk_tells_is_as_old_as_its_lists,
		what_was_refused_is_tried_again_with_the_next_link,
		a_choice_of_a_phone_that_has_ended_does_not_come_back_with_a_restart,
		what_was_chosen_before_the_first_link_stands,
		what_was_set_while_it_was_nobodys_is_written_over_for_the_same_choice,
		choices_of_phones_do_not_wait_for_writes, a_choice_that_can_not_be_taken_now_is_offered_again,
		whether_the_database_may_be_written_is_asked_until_it_is_answered,
		whether_the_database_may_be_written_is_not_asked_for_ever,
		another_offhook_is_not_written_against_for_ever,
		an_answer_to_nothing_and_events_of_others_are_ignored};
	Suite *suite = suite_create("asterisk_mirror");
	TCase *rules = tcase_create("rules");
	tcase_add_checked_fixture(rules, begin, end);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(rules, tests[i]);
	suite_add_tcase(suite, rules);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
