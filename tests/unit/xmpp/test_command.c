/* Ad-hoc commands, from the request to what it changes in a real engine. */
#include "xmpp/fake_component.h"

#define ALICE "alice@example.org/desk"
#define BOB "bob@example.org/desk"
#define CAROL "carol@example.org/desk"
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"

static char session[64];

/* Sends <command/> with these attributes and fields (NULL: no form), and remembers the session. */
static const char *command(const char *from, const char *attributes, const char *fields)
{
	char payload[32768];
	const char *answer, *id;

	snprintf(payload, sizeof(payload),
		"<command xmlns='http://jabber.org/protocol/commands' %s>%s%s%s</command>", attributes,
		fields ? "<x xmlns='jabber:x:data' type='submit'>" : "", fields ? fields : "",
		fields ? "</x>" : "");
	answer = ask(command_routes, from, payload);
	id = strstr(answer, "sessionid=\"");
	if (id)
		snprintf(session, sizeof(session), "%.32s", id + 11);
	return answer;
}

/* The same, going on with the session. */
static const char *go_on(const char *from, const char *node, const char *action, const char *fields)
{
	char attributes[200];

	snprintf(attributes, sizeof(attributes), "node='%s' sessionid='%s' action='%s'", node, session,
		action);
	return command(from, attributes, fields);
}

static bool says(const char *answer, const char *part)
{
	bool found = strstr(answer, part) != NULL;
	if (!found)
		fprintf(stderr, "no %s in %s\n", part, answer);
	return found;
}

#define COMPLETED "status=\"completed\""
#define EXECUTING "status=\"executing\""

START_TEST(a_command_asks_with_a_form_and_completes_with_the_answer)
{
	const char *answer = command(BOB, "node='set-status' action='execute'", NULL);
	ck_assert(says(answer, EXECUTING));
	ck_assert(says(answer, "<actions execute=\"complete\"><complete/></actions>"));
	ck_assert(says(answer, "<value>urn:offhook:1:set-status</value>"));
	ck_assert(says(answer, "<value>available</value>"));
	ck_assert(says(answer, "<value>lunch-break</value>"));
	ck_assert(says(answer, "🍽️ Lunch Break"));
	ck_assert_ptr_null(strstr(answer, "<value>on-call</value>"));
	answer = go_on(BOB, "set-status", "complete",
		FIELD("status", "lunch-break") FIELD("message", "back at 2") FIELD("expires", "1h"));
	ck_assert(says(answer, COMPLETED));
	ck_assert(says(answer, "to=\"" BOB "\""));
	ck_assert(says(answer, "You are shown as 🍽️ Lunch Break (back at 2) until 23:13."));
	sees(bob, "lunch-break");
	ck_assert_int_eq(bob->presence.until, now + HOUR);
	ck_assert_int_eq(bob->choices.timed.source, SOURCE_PERSON);
}
END_TEST

START_TEST(a_form_submitted_at_once_is_as_good)
{
	ck_assert(says(command(BOB, "node='set-status'", FIELD("status", "dnd")), COMPLETED));
	sees(bob, "dnd");
	ck_assert_int_eq(bob->presence.until, 0);
	ck_assert(says(command(BOB, "node='clear-status'", NULL), "You are shown as ✅ Available."));
	sees(bob, "available");
}
END_TEST

START_TEST(only_who_may_can_run_a_command)
{
	ck_assert(says(command("eve@other.org/x", "node='list-statuses'", NULL), "<forbidden"));
	ck_assert(says(command("eve@other.org/x", "node='nothing'", NULL), "<forbidden"));
	ck_assert(says(command(BOB, "node='policy'", NULL), "<forbidden"));
	ck_assert(says(command(BOB, "node='add-person'", FIELD("contact", "x")), "<forbidden"));
	ck_assert(says(command(BOB, "node='nothing'", NULL), "<item-not-found"));
	ck_assert(says(command(BOB, "", NULL), "<item-not-found"));
	ck_assert_ptr_null(engine_person(engine, "x"));
}
END_TEST

START_TEST(actions_that_were_not_offered_are_refused)
{
	command(BOB, "node='set-status'", NULL);
	ck_assert(says(go_on(BOB, "set-status", "next", FIELD("status", "dnd")), "<bad-action"));
	ck_assert(says(go_on(BOB, "set-status", "prev", NULL), "<bad-action"));
	ck_assert(says(go_on(BOB, "set-status", "explode", NULL), "<malformed-action"));
	ck_assert(says(go_on(BOB, "set-status", "complete", NULL), "<bad-payload"));
	ck_assert(says(command(BOB, "node='set-status' action='complete'", FIELD("status", "dnd")),
		"<bad-sessionid"));
	ck_assert(says(go_on(BOB, "set-status", "execute", FIELD("status", "dnd")), COMPLETED));
}
END_TEST

START_TEST(a_session_is_its_owners_for_a_while_and_for_one_answer)
{
	const char *fields = FIELD("status", "dnd");

	command(BOB, "node='set-status'", NULL);
	ck_assert(says(go_on("bob@example.org/phone", "set-status", "complete", fields), "<bad-sessionid"));
	ck_assert(says(go_on(ALICE, "set-status", "complete", fields), "<bad-sessionid"));
	ck_assert(says(go_on(BOB, "set-message", "complete", FIELD("message", "hi")), "<bad-sessionid"));
	ck_assert(says(go_on(BOB, "set-status", "complete", fields), COMPLETED));
	ck_assert(says(go_on(BOB, "set-status", "complete", fields), "<bad-sessionid"));
	ck_assert(says(command(BOB, "node='set-status' sessionid=''", fields), "<bad-sessionid"));
	command(BOB, "node='set-status'", NULL);
	now += LIMIT_COMMAND_SESSION_MINUTES * MINUTE + 1;
	ck_assert(says(go_on(BOB, "set-status", "complete", fields), "<session-expired"));
	ck_assert(says(go_on(BOB, "set-status", "complete", fields), "<bad-sessionid"));
}
END_TEST

START_TEST(cancelling_ends_the_session)
{
	command(BOB, "node='set-status'", NULL);
	ck_assert(says(go_on(BOB, "set-status", "cancel", NULL), "status=\"canceled\""));
	ck_assert(says(go_on(BOB, "set-status", "complete", FIELD("status", "dnd")), "<bad-sessionid"));
	sees(bob, "available");
}
END_TEST

START_TEST(bad_values_bring_the_form_back_and_change_nothing)
{
	const char *answer = command(BOB, "node='set-status'",
		FIELD("status", "on-call") FIELD("message", "a&#9;b") FIELD("expires", "25:00"));
	ck_assert(says(answer, EXECUTING));
	ck_assert(says(answer, "<note type=\"error\">Status: must be one of those offered; Message: "));
	ck_assert(says(answer, "<desc>must be one of those offered</desc>"));
	answer = go_on(BOB, "set-status", "complete", FIELD("status", "dnd") FIELD("expires", "25:00"));
	ck_assert(says(answer, "<note type=\"error\">Expires: "));
	ck_assert(says(answer, "<value>25:00</value>"));
	answer = go_on(BOB, "set-status", "complete", FIELD("status", "available") FIELD("expires", "1h"));
	ck_assert(says(answer, "<note type=\"error\">Expires: "));
	sees(bob, "available");
	ck_assert(says(go_on(BOB, "set-status", "complete", FIELD("status", "dnd") FIELD("expires", "today")),
		COMPLETED));
	sees(bob, "dnd");
}
END_TEST

START_TEST(a_full_queue_is_an_error_to_wait_for)
{
	command(BOB, "node='set-status'", NULL);
	fake.busy = true;
	const char *answer = go_on(BOB, "set-status", "complete", FIELD("status", "dnd"));
	ck_assert(says(answer, "type=\"wait\""));
	ck_assert(says(answer, "<resource-constraint"));
	sees(bob, "available");
	fake.busy = false;
	ck_assert(says(go_on(BOB, "set-status", "complete", FIELD("status", "dnd")), COMPLETED));
	fake.busy = true;
	ck_assert(says(command(BOB, "node='clear-status'", NULL), "<resource-constraint"));
}
END_TEST

START_TEST(the_note_says_why_the_choice_is_not_what_is_shown)
{
	struct policy policy = engine->policy;
	policy.call_precedence = true;
	ck_assert(apply((struct fact){.kind = FACT_POLICY, .policy = {&policy}}));
	happens("answered", "1002");
	ck_assert(says(command(BOB, "node='set-status'", FIELD("status", "lunch-break")),
		"You are shown as 📞 On Call: a call or meeting is going on. Your choice is 🍽️ Lunch "
		"Break."));
	ck_assert(says(command(BOB, "node='set-status'", FIELD("status", "invisible")),
		"You are shown as offline: you are invisible."));
}
END_TEST

START_TEST(a_status_brings_its_own_expiry_when_nothing_is_said)
{
	struct fact status = {.kind = FACT_STATUS,
		.status = {.row = 50,
			.id = "break",
			.name = "Break",
			.icon = "",
			.color = "#000000",
			.text = "",
			.activity = "",
			.show = SHOW_AWAY,
			.default_expiry = 15,
			.position = 50,
			.enabled = true,
			.kind = STATUS_CUSTOM}};
	ck_assert(apply(status));
	ck_assert(says(command(BOB, "node='set-status'", FIELD("status", "break")), COMPLETED));
	ck_assert_int_eq(bob->presence.until, now + 15 * MINUTE);
	ck_assert(says(command(BOB, "node='set-status'", FIELD("status", "break") FIELD("expires", "never")),
		COMPLETED));
	ck_assert_int_eq(bob->presence.until, 0);
}
END_TEST

START_TEST(a_message_is_set_and_cleared)
{
	ck_assert(
		says(command(BOB, "node='set-message'", FIELD("message", "at home") FIELD("expires", "30m")),
			"Your message is set. You are shown as ✅ Available (at home)"));
	ck_assert_int_eq(bob->message.until, now + 30 * MINUTE);
	ck_assert(says(command(BOB, "node='set-message'", NULL), "<value>at home</value>"));
	ck_assert(says(
		go_on(BOB, "set-message", "complete", FIELD("message", "")), "Your message is cleared."));
	ck_assert_str_eq(bob->presence.message, "");
}
END_TEST

START_TEST(who_is_nobody_becomes_a_person_first)
{
	ck_assert_str_eq(command(CAROL, "node='set-status'", FIELD("status", "dnd")), "");
	ck_assert(fake.person_done);
	add_person(3, "carol", "carol@example.org", NULL, 0);
	fake.person_done(fake.person_arg, engine_person(engine, "carol"), NULL);
	ck_assert(says(fake.sent, COMPLETED));
	ck_assert(says(fake.sent, "to=\"" CAROL "\""));
	ck_assert(says(fake.sent, "id=\"i1\""));
	sees(engine_person(engine, "carol"), "dnd");
}
END_TEST

START_TEST(who_cannot_become_a_person_is_told_why)
{
	struct error error;
	ck_assert_str_eq(command(CAROL, "node='my-status'", NULL), "");
	ck_assert(!error_set(&error, NULL, "an administrator decides who is a person here"));
	fake.person_done(fake.person_arg, NULL, &error);
	ck_assert(says(fake.sent, "<not-allowed"));
	ck_assert(says(fake.sent, "an administrator decides who is a person here"));
}
END_TEST

START_TEST(a_component_that_goes_away_forgets_what_waits)
{
	ck_assert_str_eq(command(ALICE, "node='policy'", FIELD("sign_off", "0")), "");
	ck_assert_str_eq(command(CAROL, "node='my-status'", NULL), "");
	commands_free(fake.commands);
	ck_assert_uint_eq(fake.forgotten, 2);
	ck_assert(fake.done == NULL);
	fake.commands = commands_new(&fake);
}
END_TEST

START_TEST(my_status_tells_what_is_shown_and_why)
{
	chooses(bob, "business-trip", 0);
	chooses(bob, "lunch-break", now + HOUR);
	const char *answer = command(BOB, "node='my-status'", NULL);
	ck_assert(says(answer, COMPLETED));
	ck_assert(says(answer, "type=\"result\""));
	ck_assert(says(answer, "<value>lunch-break</value>"));
	ck_assert(says(answer, "<value>you chose it</value>"));
	ck_assert(says(answer, "<value>🍽️ Lunch Break until 23:13, chosen by you (22:13)</value>"));
	ck_assert(says(answer, "<value>💼 Business Trip, chosen by you (22:13)</value>"));
	ck_assert(says(answer, "<value>UTC</value>"));
}
END_TEST

static void add_statuses(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char id[32], name[32];
		snprintf(id, sizeof(id), "own-%zu", i);
		snprintf(name, sizeof(name), "Own %zu", i);
		ck_assert(apply((struct fact){.kind = FACT_STATUS,
			.status = {.row = 100 + (int64_t)i,
				.id = id,
				.name = name,
				.icon = "",
				.color = "#000000",
				.text = "",
				.activity = "",
				.position = (uint32_t)(100 + i),
				.enabled = i != 0,
				.kind = STATUS_CUSTOM}}));
	}
}

START_TEST(the_catalogue_is_listed_and_hidden_statuses_only_to_administrators)
{
	add_statuses(2);
	const char *answer = command(BOB, "node='list-statuses'", NULL);
	ck_assert(says(answer, "<reported>"));
	ck_assert(says(answer, "<item><field var=\"id\"><value>on-call</value></field>"));
	ck_assert(says(answer, "<value>own-1</value>"));
	ck_assert_ptr_null(strstr(answer, "<value>own-0</value>"));
	ck_assert(says(command(ALICE, "node='list-statuses'", NULL), "<value>own-0</value>"));
}
END_TEST

START_TEST(a_long_catalogue_comes_in_pages_and_is_typed_into_the_form)
{
	add_statuses(LIMIT_CHOICES_IN_LIST + 1);
	ck_assert(says(command(BOB, "node='list-statuses'", NULL), EXECUTING));
	const char *answer = go_on(BOB, "list-statuses", "complete", FIELD("page", "2"));
	ck_assert(says(answer, "Page 2 of 2."));
	ck_assert(says(answer, "<value>own-100</value>"));
	ck_assert_ptr_null(strstr(answer, "<value>on-call</value>"));
	ck_assert(says(
		command(BOB, "node='list-statuses'", FIELD("page", "3")), "<note type=\"error\">Page: "));
	ck_assert(says(command(BOB, "node='set-status'", FIELD("status", "own 7")), COMPLETED));
	sees(bob, "own-7");
	ck_assert(says(command(BOB, "node='set-status'", FIELD("status", "own-0")), "<note type=\"error\">"));
}
END_TEST

START_TEST(the_policy_is_shown_and_changed_in_part)
{
	const char *answer = command(ALICE, "node='policy'", NULL);
	ck_assert(says(answer, "<value>manual</value>"));
	ck_assert(says(answer, "<value>240</value>"));
	ck_assert(says(answer, "<value>UTC</value>"));
	answer = go_on(ALICE, "policy", "complete",
		FIELD("time_zone", "Mars/North") FIELD("meeting_status", "gone")
			FIELD("call_max_minutes", "0"));
	ck_assert(says(answer, EXECUTING));
	ck_assert(
		says(answer, "Minutes until a call without news is taken as ended: must be a whole number"));
	ck_assert(says(answer, "Status shown during a meeting: must be one of those offered"));
	ck_assert(says(answer, "<value>Mars/North</value>"));
	ck_assert(says(answer, "<value>manual</value>"));
	ck_assert(says(go_on(ALICE, "policy", "complete", FIELD("time_zone", "Mars/North")),
		"Time zone: is not a time zone"));
	ck_assert(!fake.done);
	ck_assert_str_eq(go_on(ALICE, "policy", "complete",
				 FIELD("time_zone", "Europe/Berlin") FIELD("allowed_domains", "b.test c.test")
					 FIELD("auto_people", "0") FIELD("ringing_status", "busy")),
		"");
	ck_assert_str_eq(fake.change.actor, "alice@example.org");
	commit();
	ck_assert(says(fake.sent, "The policy is saved."));
	ck_assert_str_eq(engine->policy.time_zone, "Europe/Berlin");
	ck_assert_str_eq(engine->policy.ringing_status, "busy");
	ck_assert(!engine->policy.auto_people);
	ck_assert(policy_allows_domain(&engine->policy, "c.test"));
	ck_assert_uint_eq(engine->policy.call_max_minutes, 240);
	ck_assert(says(command(ALICE, "node='policy'", FIELD("on_call_status", "invisible")),
		"<note type=\"error\">"));
}
END_TEST

START_TEST(a_change_that_is_refused_brings_the_form_back)
{
	fake.database_away = true;
	const char *answer = command(ALICE, "node='policy'", FIELD("sign_off", "0"));
	ck_assert(says(answer, EXECUTING));
	ck_assert(says(answer, "<note type=\"error\">the database is away.</note>"));
	fake.database_away = false;
	ck_assert_str_eq(go_on(ALICE, "policy", "complete", FIELD("sign_off", "0")), "");
	change_fn *done = fake.done;
	struct error error;
	ck_assert(!error_set(&error, "sign_off", "is not wanted"));
	done(fake.arg, false, NULL, &error);
	ck_assert(says(fake.sent, "is not wanted"));
	ck_assert(says(fake.sent, EXECUTING));
}
END_TEST

START_TEST(a_person_is_added)
{
	ck_assert_str_eq(command(ALICE, "node='add-person'",
				 FIELD("contact", "Dora") FIELD("jid", "Dora@Example.org") FIELD("name",
					 "Dora D") "<field "
						   "var='extensions'><value>hq:2001</value><value>lab:1</"
						   "value></field>" FIELD("time_zone", "Asia/Tokyo")),
		"");
	commit();
	ck_assert(says(fake.sent, "Dora D is added and can be watched at dora@presence.example.org."));
	const struct person *dora = engine_person(engine, "dora");
	ck_assert_ptr_nonnull(dora);
	ck_assert_str_eq(dora->account, "dora@example.org");
	ck_assert_str_eq(dora->time_zone, "Asia/Tokyo");
	ck_assert_uint_eq(dora->extension_count, 2);
	ck_assert_str_eq(command(ALICE, "node='add-person'", FIELD("contact", "desk")), "");
	commit();
	ck_assert_str_eq(engine_person(engine, "desk")->name, "desk");
	ck_assert_ptr_null(engine_person(engine, "desk")->account);
}
END_TEST

START_TEST(a_bad_person_is_refused_field_by_field)
{
	const char *answer = command(ALICE, "node='add-person'",
		FIELD("contact", "bob")
			FIELD("jid", "x@other.org") "<field "
						    "var='extensions'><value>hq:1002</value></field>" FIELD(
							    "time_zone", "Nowhere"));
	ck_assert(says(answer, "<desc>belongs to bob already</desc>"));
	ck_assert(says(answer, "<desc>must be an account of example.org</desc>"));
	ck_assert(says(answer, "<desc>hq:1002 belongs to bob (bob)</desc>"));
	ck_assert(says(answer, "Time zone: is not a time zone"));
	ck_assert(says(
		command(ALICE, "node='add-person'", FIELD("contact", "d") FIELD("jid", "bob@example.org")),
		"belongs to bob (bob)"));
	static const char *const extensions[] = {"1001", ":1", "hq:", "HQ:1", "hq:1 2", "hq:1\nhq:1"};
	for (size_t i = 0; i < 6; i++) {
		char fields[200];
		snprintf(fields, sizeof(fields), FIELD("contact", "d") FIELD("extensions", "%s"),
			extensions[i]);
		ck_assert(says(
			command(ALICE, "node='add-person'", fields), "<note type=\"error\">Extensions: "));
	}
	ck_assert(says(command(ALICE, "node='add-person'", FIELD("contact", "a b")),
		"<note type=\"error\">Contact: "));
	ck_assert(!fake.done);
}
END_TEST

START_TEST(an_edit_leaves_what_is_empty_and_clears_what_is_a_dash)
{
	ck_assert_str_eq(command(ALICE, "node='edit-person'",
				 FIELD("contact", "bob") FIELD("name", "Bob B") FIELD("jid", "")
					 FIELD("extensions", "") FIELD("time_zone", "UTC")),
		"");
	commit();
	ck_assert(says(fake.sent, "Bob B (bob) is changed."));
	ck_assert_str_eq(bob->name, "Bob B");
	ck_assert_str_eq(bob->account, "bob@example.org");
	ck_assert_uint_eq(bob->extension_count, 2);
	ck_assert_str_eq(command(ALICE, "node='edit-person'",
				 FIELD("contact", "bob") FIELD("extensions", "-") FIELD("jid", "-")
					 FIELD("time_zone", "-")),
		"");
	commit();
	ck_assert_ptr_null(bob->account);
	ck_assert_ptr_null(bob->time_zone);
	ck_assert_uint_eq(bob->extension_count, 0);
	ck_assert_str_eq(bob->name, "Bob B");
	ck_assert(says(
		command(ALICE, "node='edit-person'", FIELD("contact", "bob") FIELD("extensions", "hq:1001")),
		"hq:1001 belongs to alice (alice)"));
	ck_assert(says(command(ALICE, "node='edit-person'", FIELD("contact", "nobody")),
		"<note type=\"error\">Person: "));
}
END_TEST

START_TEST(a_person_is_deleted_only_when_confirmed)
{
	ck_assert(says(command(ALICE, "node='delete-person'", FIELD("contact", "bob")), "must not be empty"));
	ck_assert(
		says(go_on(ALICE, "delete-person", "complete", FIELD("contact", "bob") FIELD("confirm", "0")),
			"must be confirmed"));
	ck_assert(!fake.done);
	ck_assert_ptr_nonnull(engine_person(engine, "bob"));
	ck_assert_str_eq(
		go_on(ALICE, "delete-person", "complete", FIELD("contact", "bob") FIELD("confirm", "1")), "");
	commit();
	ck_assert(says(fake.sent, "bob is deleted."));
	ck_assert_ptr_null(engine_person(engine, "bob"));
}
END_TEST

START_TEST(people_are_listed_filtered_and_in_pages)
{
	const char *answer = command(ALICE, "node='list-people'", FIELD("filter", ""));
	ck_assert(says(answer, "<item><field var=\"contact\"><value>alice</value></field>"));
	ck_assert(says(
		answer, "<field var=\"extensions\"><value>hq:1002</value><value>hq:1003</value></field>"));
	answer = command(ALICE, "node='list-people'", FIELD("filter", "1003"));
	ck_assert(says(answer, "<value>bob</value>"));
	ck_assert_ptr_null(strstr(answer, "<value>alice</value>"));
	for (int64_t i = 0; i < 2 * LIMIT_PAGE; i++) {
		char contact[32];
		snprintf(contact, sizeof(contact), "p%03d", (int)i);
		add_person(10 + i, contact, NULL, NULL, 0);
	}
	ck_assert(
		says(command(ALICE, "node='list-people'", FIELD("filter", "P")), "there is more on page 2"));
	answer = command(ALICE, "node='list-people'", FIELD("filter", "p") FIELD("page", "2"));
	ck_assert(says(answer, "<value>p100</value>"));
	ck_assert(says(answer, "<value>p199</value>"));
	ck_assert_ptr_null(strstr(answer, "<value>p099</value>"));
	ck_assert_ptr_null(strstr(answer, "there is more"));
	ck_assert(says(command(ALICE, "node='list-people'", FIELD("filter", "nobody")), "There is nobody."));
}
END_TEST

static char *disco(bool insider, bool admin)
{
	struct request request = {.component = &fake, .insider = insider, .admin = admin};
	xmpp_stanza_t *query = element_new(fake.context, NULL, "query", NULL, NULL);
	char *text, *copy;
	size_t length;

	commands_add_items(&request, query);
	ck_assert_int_eq(xmpp_stanza_to_text(query, &text, &length), 0);
	copy = strdup(text);
	xmpp_free(fake.context, text);
	xmpp_stanza_release(query);
	return copy;
}

START_TEST(discovery_shows_what_the_asker_may_run)
{
	struct request request = {.component = &fake, .insider = true};
	xmpp_stanza_t *query = element_new(fake.context, NULL, "query", NULL, NULL);
	char *items = disco(true, true);
	ck_assert(says(items, "node=\"policy\""));
	free(items);
	items = disco(true, false);
	ck_assert(says(items, "node=\"set-status\""));
	ck_assert_ptr_null(strstr(items, "policy"));
	free(items);
	items = disco(false, false);
	ck_assert_ptr_null(strstr(items, "item"));
	free(items);
	ck_assert(!commands_add_info(&request, "policy", query));
	ck_assert(!commands_add_info(&request, "nothing", query));
	ck_assert(commands_add_info(&request, "my-status", query));
	ck_assert_str_eq(xmpp_stanza_get_attribute(xmpp_stanza_get_children(query), "type"), "command-node");
	xmpp_stanza_release(query);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("command");
	TCase *tests = tcase_create("command");
	tcase_add_checked_fixture(tests, fake_begin, fake_end);
	tcase_add_test(tests, a_command_asks_with_a_form_and_completes_with_the_answer);
	tcase_add_test(tests, a_form_submitted_at_once_is_as_good);
	tcase_add_test(tests, only_who_may_can_run_a_command);
	tcase_add_test(tests, actions_that_were_not_offered_are_refused);
	tcase_add_test(tests, a_session_is_its_owners_for_a_while_and_for_one_answer);
	tcase_add_test(tests, cancelling_ends_the_session);
	tcase_add_test(tests, bad_values_bring_the_form_back_and_change_nothing);
	tcase_add_test(tests, a_full_queue_is_an_error_to_wait_for);
	tcase_add_test(tests, the_note_says_why_the_choice_is_not_what_is_shown);
	tcase_add_test(tests, a_status_brings_its_own_expiry_when_nothing_is_said);
	tcase_add_test(tests, a_message_is_set_and_cleared);
	tcase_add_test(tests, who_is_nobody_becomes_a_person_first);
	tcase_add_test(tests, who_cannot_become_a_person_is_told_why);
	tcase_add_test(tests, a_component_that_goes_away_forgets_what_waits);
	tcase_add_test(tests, my_status_tells_what_is_shown_and_why);
	tcase_add_test(tests, the_catalogue_is_listed_and_hidden_statuses_only_to_administrators);
	tcase_add_test(tests, a_long_catalogue_comes_in_pages_and_is_typed_into_the_form);
	tcase_add_test(tests, the_policy_is_shown_and_changed_in_part);
	tcase_add_test(tests, a_change_that_is_refused_brings_the_form_back);
	tcase_add_test(tests, a_person_is_added);
	tcase_add_test(tests, a_bad_person_is_refused_field_by_field);
	tcase_add_test(tests, an_edit_leaves_what_is_empty_and_clears_what_is_a_dash);
	tcase_add_test(tests, a_person_is_deleted_only_when_confirmed);
	tcase_add_test(tests, people_are_listed_filtered_and_in_pages);
	tcase_add_test(tests, discovery_shows_what_the_asker_may_run);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
