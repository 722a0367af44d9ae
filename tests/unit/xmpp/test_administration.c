/* Commands by which administrators act for others: choices, calls, rights and the audit. */
#include "xmpp/fake_component.h"

#define ALICE "alice@example.org/desk"
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"
#define COMPLETED "status=\"completed\""
#define EXECUTING "status=\"executing\""

/* Runs a command in one go; NULL: asks for its form. */
static const char *run(const char *from, const char *node, const char *fields)
{
	char payload[128 * 1024];

	snprintf(payload, sizeof(payload),
		"<command xmlns='http://jabber.org/protocol/commands' node='%s'>%s%s%s</command>", node,
		fields ? "<x xmlns='jabber:x:data' type='submit'>" : "", fields ? fields : "",
		fields ? "</x>" : "");
	return ask(command_routes, from, payload);
}

static bool says(const char *answer, const char *part)
{
	bool found = strstr(answer, part) != NULL;
	if (!found)
		fprintf(stderr, "no %s in %s\n", part, answer);
	return found;
}

START_TEST(others_may_run_none_of_them)
{
	static const char *const nodes[] = {
		"set-person-status", "active-calls", "add-admin", "remove-admin", "audit", "import-people"};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		ck_assert(says(run("bob@example.org/desk", nodes[i], ""), "<forbidden"));
}
END_TEST

START_TEST(a_status_is_set_for_somebody)
{
	ck_assert_str_eq(run(ALICE, "set-person-status",
				 FIELD("contact", "bob") FIELD("status", "lunch-break")
					 FIELD("message", "back at 2") FIELD("expires", "1h")),
		"");
	ck_assert_int_eq(fake.change.kind, CHANGE_CHOICE);
	ck_assert_str_eq(fake.change.actor, "alice@example.org");
	commit();
	ck_assert(says(fake.sent, "bob is shown as 🍽️ Lunch Break (back at 2) until 23:13."));
	sees(bob, "lunch-break");
	ck_assert_int_eq(bob->choices.timed.source, SOURCE_ADMIN);
	ck_assert_str_eq(
		run(ALICE, "set-person-status", FIELD("contact", "bob") FIELD("status", "invisible")), "");
	commit();
	ck_assert(says(fake.sent, "bob is shown as offline."));
}
END_TEST

START_TEST(clock_times_are_the_persons)
{
	struct fact_person fields = {.row = 2,
		.contact = "bob",
		.account = "bob@example.org",
		.name = "bob",
		.time_zone = "Asia/Tokyo"};

	ck_assert(apply((struct fact){.kind = FACT_PERSON, .person = fields}));
	run(ALICE, "set-person-status",
		FIELD("contact", "bob") FIELD("status", "dnd") FIELD("expires", "08:00"));
	commit();
	/* It is 07:13:20 in Tokyo. */
	ck_assert_int_eq(bob->presence.until, now + 46 * MINUTE + 40 * SECOND);
	ck_assert(says(fake.sent, "until 08:00."));
}
END_TEST

START_TEST(a_bad_choice_for_somebody_is_refused)
{
	static const char *const fields[] = {
		FIELD("contact", "nobody") FIELD("status", "dnd"),
		FIELD("contact", "bob") FIELD("status", "on-call"),
		FIELD("contact", "bob"),
		FIELD("contact", "bob") FIELD("status", "dnd") FIELD("expires", "25:00"),
		FIELD("contact", "bob") FIELD("status", "available") FIELD("expires", "1h"),
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const char *answer = run(ALICE, "set-person-status", fields[i]);
		ck_assert(says(answer, EXECUTING));
		ck_assert(says(answer, "<note type=\"error\">"));
	}
	sees(bob, "available");
}
END_TEST

/* The ids that the form of active-calls offers, in order. */
static size_t offered(const char *form, char ids[][17], size_t most)
{
	size_t count = 0;

	for (const char *at = form; count < most && (at = strstr(at, "<option ")) != NULL; at++)
		snprintf(ids[count++], 17, "%s", strstr(at, "<value>") + strlen("<value>"));
	return count;
}

START_TEST(calls_are_listed_with_their_age)
{
	ck_assert(says(run(ALICE, "active-calls", NULL), "There are no calls."));
	happens("answered", "1002");
	pass(90 * MINUTE);
	happens("ringing", "1001");
	happens("answered", "77");
	const char *answer = run(ALICE, "active-calls", NULL);
	ck_assert(says(answer, EXECUTING));
	ck_assert(says(answer, "label=\"bob (hq:1002), active for 1 h 30 min\""));
	ck_assert(says(answer, "label=\"alice (hq:1001), ringing for 0 s\""));
	ck_assert(says(answer, "label=\"Nobody (hq:77), active for 0 s\""));
	answer = run(ALICE, "active-calls", FIELD("page", "1"));
	ck_assert(says(answer, COMPLETED));
	ck_assert(says(answer, "<field var=\"contact\"><value>bob</value></field>"
			       "<field var=\"extension\"><value>hq:1002</value></field>"
			       "<field var=\"state\"><value>active</value></field>"
			       "<field var=\"kind\"><value>call</value></field>"
			       "<field var=\"direction\"><value>inbound</value></field>"
			       "<field var=\"age\"><value>1 h 30 min</value></field>"
			       "<field var=\"call\"><value>c1</value></field>"));
}
END_TEST

START_TEST(a_stuck_call_is_ended_and_no_other)
{
	char ids[4][17], fields[200];

	outcome_of(call_fact(CALL_ANSWERED, "c1", NULL, "1002", 0));
	outcome_of(call_fact(CALL_ANSWERED, "c1", "leg", "1002", 0));
	happens("answered", "1001");
	ck_assert_uint_eq(offered(run(ALICE, "active-calls", NULL), ids, 4), 3);
	snprintf(fields, sizeof(fields), FIELD("end", "%s"), ids[0]);
	ck_assert_str_eq(run(ALICE, "active-calls", fields), "");
	ck_assert_int_eq(fake.change.kind, CHANGE_CALLS_END);
	ck_assert_str_eq(fake.change.actor, "alice@example.org");
	commit();
	ck_assert(says(fake.sent, "1 call is ended."));
	ck_assert_uint_eq(engine->live.count, 2);
	sees(bob, "on-call");
	ck_assert(says(run(ALICE, "active-calls", fields), "must be one of those offered"));
	snprintf(fields, sizeof(fields), "<field var='end'><value>%s</value><value>%s</value></field>",
		ids[1], ids[2]);
	ck_assert_str_eq(run(ALICE, "active-calls", fields), "");
	commit();
	ck_assert(says(fake.sent, "2 calls are ended."));
	ck_assert_uint_eq(engine->live.count, 0);
	sees(bob, "available");
}
END_TEST

START_TEST(many_calls_come_in_pages_and_are_ended_by_id)
{
	char call[32];

	for (int i = 0; i < 150; i++) {
		snprintf(call, sizeof(call), "many-%d", i);
		char number[16];
		snprintf(number, sizeof(number), "9%03d", i);
		outcome_of(call_fact(CALL_ANSWERED, call, NULL, number, 0));
	}
	ck_assert(says(run(ALICE, "active-calls", NULL), "type=\"text-multi\""));
	const char *answer = run(ALICE, "active-calls", FIELD("page", "2"));
	ck_assert(says(answer, "Page 2 of 2."));
	ck_assert(says(answer, "<value>many-149</value>"));
	ck_assert_ptr_null(strstr(answer, "<value>many-99</value>"));
	ck_assert(says(run(ALICE, "active-calls", FIELD("end", "zzz")), "is not an id of the list"));
	ck_assert(says(run(ALICE, "active-calls", FIELD("end", "0123456789abcdef")), "has ended already"));
}
END_TEST

START_TEST(an_administrator_is_added_and_removed)
{
	ck_assert_str_eq(run(ALICE, "add-admin", FIELD("jid", "Bob@Example.org")), "");
	ck_assert_str_eq(fake.change.account, "bob@example.org");
	commit();
	ck_assert(says(fake.sent, " is an administrator now."));
	ck_assert(engine_is_admin(engine, "bob@example.org"));
	ck_assert(says(run(ALICE, "remove-admin", NULL), "<value>bob@example.org</value>"));
	ck_assert_ptr_null(strstr(fake.sent, "<value>alice@example.org</value>"));
	ck_assert(says(run("bob@example.org/desk", "remove-admin", FIELD("jid", "alice@example.org")),
		"is an administrator by the configuration file"));
	ck_assert_str_eq(run(ALICE, "remove-admin", FIELD("jid", "bob@example.org")), "");
	commit();
	ck_assert(says(fake.sent, "bob@example.org is not an administrator any more."));
	ck_assert(says(run("bob@example.org/desk", "policy", NULL), "<forbidden"));
}
END_TEST

START_TEST(a_bad_administrator_is_refused)
{
	ck_assert(says(run(ALICE, "add-admin", FIELD("jid", "a b@example.org")), "<note type=\"error\">"));
	ck_assert(says(
		run(ALICE, "add-admin", FIELD("jid", "eve@other.org")), "must be an account of example.org"));
	ck_assert(says(
		run(ALICE, "add-admin", FIELD("jid", "alice@example.org")), "is an administrator already"));
	ck_assert(says(
		run(ALICE, "remove-admin", FIELD("jid", "carol@example.org")), "is not an administrator"));
	ck_assert(says(run(ALICE, "remove-admin", FIELD("jid", "a@")), "<note type=\"error\">"));
}
END_TEST

static void row(usec_t at, const char *subject, const char *lines)
{
	struct audit_row fields = {.at = at,
		.actor = "alice@example.org",
		.action = "edit-person",
		.subject = subject,
		.changes = lines};
	fake.row(fake.read_arg, &fields);
}

START_TEST(the_audit_is_read_in_the_askers_time_zone)
{
	struct fact_person fields = {.row = 1,
		.contact = "alice",
		.account = "alice@example.org",
		.name = "alice",
		.time_zone = "Asia/Tokyo"};

	ck_assert(apply((struct fact){.kind = FACT_PERSON, .person = fields}));
	ck_assert_str_eq(run(ALICE, "audit", FIELD("page", "3")), "");
	ck_assert_uint_eq(fake.skip, 2 * LIMIT_AUDIT_PAGE);
	ck_assert_uint_eq(fake.limit, LIMIT_AUDIT_PAGE);
	row(now, "bob", "jid: none → bob@example.org\nname: Bob → Robert");
	row(now - DAY, "carol", "");
	fake.read_done(fake.read_arg, true);
	ck_assert(says(fake.sent, COMPLETED));
	ck_assert(says(fake.sent, "<item><field var=\"at\"><value>2023-11-15 07:13:20</value></field>"
				  "<field var=\"actor\"><value>alice@example.org</value></field>"
				  "<field var=\"action\"><value>edit-person</value></field>"
				  "<field var=\"subject\"><value>bob</value></field>"
				  "<field var=\"changes\"><value>jid: none → bob@example.org</value>"
				  "<value>name: Bob → Robert</value></field></item>"));
	ck_assert(says(fake.sent, "on page 4. Times are in Asia/Tokyo."));
}
END_TEST

START_TEST(an_audit_without_rows_or_without_a_database_says_so)
{
	ck_assert_str_eq(run(ALICE, "audit", FIELD("page", "1")), "");
	fake.read_done(fake.read_arg, true);
	ck_assert(says(fake.sent, "There are no changes."));
	run(ALICE, "audit", FIELD("page", "1"));
	row(now, "bob", "");
	fake.read_done(fake.read_arg, false);
	ck_assert(says(fake.sent, EXECUTING));
	ck_assert(says(fake.sent, "the database could not be read"));
	fake.database_away = true;
	ck_assert(says(run(ALICE, "audit", FIELD("page", "1")), "the database is away"));
	ck_assert(says(run(ALICE, "audit", FIELD("page", "0")), "must be a whole number"));
}
END_TEST

START_TEST(a_component_that_goes_away_forgets_its_reader)
{
	ck_assert_str_eq(run(ALICE, "audit", FIELD("page", "1")), "");
	row(now, "bob", "");
	commands_free(fake.commands);
	ck_assert(!fake.read_done);
	fake.commands = commands_new(&fake);
}
END_TEST

START_TEST(people_are_imported_line_by_line)
{
	ck_assert_str_eq(run(ALICE, "import-people",
				 "<field var='csv'><value>contact\tname\textensions</value><value>bob\tRobert"
				 "\t</value><value/><value>zoe\tZoë\thq:7</value></field>"),
		"");
	ck_assert_int_eq(fake.change.kind, CHANGE_PEOPLE_IMPORT);
	ck_assert_str_eq(fake.change.actor, "alice@example.org");
	commit();
	ck_assert(says(fake.sent, "1 person added, 1 changed, 0 unchanged."));
	ck_assert(says(fake.sent, COMPLETED));
	/* Nothing to write: nobody is asked. */
	size_t sent = fake.sent_count;
	ck_assert(says(run(ALICE, "import-people", FIELD("csv", "contact\nbob")), "1 unchanged."));
	ck_assert_uint_eq(fake.sent_count, sent + 1);
}
END_TEST

START_TEST(lines_with_problems_come_back_with_them)
{
	const char *answer = run(
		ALICE, "import-people", FIELD("csv", "contact,extensions\n\nbob,hq:1001\r\nzoe,&lt;x&gt;"));
	ck_assert(says(answer, EXECUTING));
	ck_assert(says(answer, "CSV: line 3: extensions: hq:1001 belongs to alice (alice)\n"
			       "line 4: extensions: &lt;x&gt;: must be pbx:number"));
	ck_assert(says(answer, "<desc>line 3: "));
	ck_assert(says(answer, "<value>zoe,&lt;x&gt;</value>"));
	ck_assert(says(run(ALICE, "import-people", FIELD("csv", "")), "is empty"));
	ck_assert(says(run(ALICE, "import-people", "<field var='csv'/>"), "must not be empty"));
	ck_assert_str_eq(bob->name, "bob");
}
END_TEST

/* Imports so many times the line, which is wrong; how many values the form has then. */
static unsigned values_shown(unsigned lines, const char *line)
{
	struct buf fields;
	unsigned values = 0;

	buf_init(&fields, 128 * 1024);
	buf_add_text(&fields, "<field var='csv'><value>");
	for (unsigned i = 0; i < lines; i++)
		buf_addf(&fields, "%s\n", line);
	buf_add_text(&fields, "</value></field>");
	ck_assert(!fields.overflow);
	const char *answer = run(ALICE, "import-people", buf_text(&fields));
	buf_done(&fields);
	ck_assert(says(answer, EXECUTING));
	ck_assert(says(answer, "CSV: line 1: "));
	ck_assert(says(answer, "<desc>line 1: "));
	for (const char *at = answer; (at = strstr(at, "<value>")) != NULL; at++)
		values++;
	return values;
}

/* A part of them would be taken for all. */
START_TEST(too_many_lines_do_not_come_back)
{
	char quotes[100] = "";

	ck_assert_uint_gt(values_shown(900, "x"), 900);
	ck_assert(strstr(fake.sent, "send all of it.") == NULL);
	ck_assert_uint_lt(values_shown(LIMIT_FORM_LINES + 1, "x"), 10);
	ck_assert(says(fake.sent, "send all of it. A person a line."));
	ck_assert_uint_lt(strlen(fake.sent), 4096);
	/* Each of these is six in XML. */
	memset(quotes, '"', sizeof(quotes) - 1);
	ck_assert_uint_lt(values_shown(900, quotes), 10);
	ck_assert_uint_lt(strlen(fake.sent), 4096);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("administration");
	TCase *tests = tcase_create("administration");

	tcase_add_checked_fixture(tests, fake_begin, fake_end);
	tcase_add_test(tests, others_may_run_none_of_them);
	tcase_add_test(tests, a_status_is_set_for_somebody);
	tcase_add_test(tests, clock_times_are_the_persons);
	tcase_add_test(tests, a_bad_choice_for_somebody_is_refused);
	tcase_add_test(tests, calls_are_listed_with_their_age);
	tcase_add_test(tests, a_stuck_call_is_ended_and_no_other);
	tcase_add_test(tests, many_calls_come_in_pages_and_are_ended_by_id);
	tcase_add_test(tests, an_administrator_is_added_and_removed);
	tcase_add_test(tests, a_bad_administrator_is_refused);
	tcase_add_test(tests, the_audit_is_read_in_the_askers_time_zone);
	tcase_add_test(tests, an_audit_without_rows_or_without_a_database_says_so);
	tcase_add_test(tests, a_component_that_goes_away_forgets_its_reader);
	tcase_add_test(tests, people_are_imported_line_by_line);
	tcase_add_test(tests, too_many_lines_do_not_come_back);
	tcase_add_test(tests, lines_with_problems_come_back_with_them);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
