/* Messages, from the stanza to what they change in a real engine and what is answered. */
#include "xmpp/chat.h"
#include "xmpp/fake_component.h"
#include "xmpp/namespaces.h"

#define BOB "bob@example.org/desk"
#define CAROL "carol@example.org/desk"
#define EVE "eve@other.org/x"
#define COMPONENT "presence.example.org"

static struct chat *chat;

struct chat *component_chat(struct component *component)
{
	(void)component;
	return chat;
}

static void begin(void)
{
	fake_begin();
	chat = chat_new(&fake);
}

static void end(void)
{
	chat_free(chat);
	fake_end();
}

/* A message with these attributes and children; what was sent in answer, or "". */
static const char *message(const char *from, const char *to, const char *type, const char *children)
{
	char text[8192];
	size_t before = fake.sent_count;
	struct jid sender, addressee;
	struct request request = {.component = &fake, .from = from, .to = to, .id = "m1", .type = type};

	ck_assert(jid_split(from, &sender) && jid_split(to, &addressee));
	snprintf(text, sizeof(text), "<message id='m1' from='%s' to='%s'>%s</message>", from, to, children);
	request.stanza = xmpp_stanza_new_from_string(fake.context, text);
	ck_assert_ptr_nonnull(request.stanza);
	jid_bare(&sender, request.sender);
	request.contact = addressee.local;
	request.address = addressee.local[0] ? ADDRESS_CONTACT : ADDRESS_COMPONENT;
	request.insider = request.allowed = strcmp(sender.domain, "example.org") == 0;
	request.person = engine_person_by_account(engine, request.sender);
	chat_routes[0].handle(&request);
	xmpp_stanza_release(request.stanza);
	return fake.sent_count > before ? fake.sent : "";
}

static const char *writes(const char *from, const char *line)
{
	char body[4096];
	snprintf(body, sizeof(body), "<body>%s</body>", line);
	return message(from, COMPONENT, "chat", body);
}

static bool says(const char *answer, const char *part)
{
	bool found = strstr(answer, part) != NULL;
	if (!found)
		fprintf(stderr, "no %s in %s\n", part, answer);
	return found;
}

START_TEST(a_line_sets_the_status_and_the_answer_tells_what_is_seen)
{
	const char *answer = writes(BOB, "lunch 30m back soon");
	ck_assert(says(answer, "<body>You are shown as 🍽️ Lunch Break (back soon) until 22:43.</body>"));
	ck_assert(says(answer, "from=\"" COMPONENT "\""));
	ck_assert(says(answer, "to=\"" BOB "\""));
	ck_assert(says(answer, "type=\"chat\""));
	sees(bob, "lunch-break");
	ck_assert_int_eq(bob->presence.until, now + 30 * MINUTE);
	ck_assert_int_eq(bob->choices.timed.source, SOURCE_PERSON);
	ck_assert(
		says(writes(BOB, "status"), "You are shown as 🍽️ Lunch Break (back soon) until 22:43."));
	ck_assert(says(writes(BOB, "clear"), "You are shown as ✅ Available."));
	sees(bob, "available");
}
END_TEST

START_TEST(a_message_is_set_and_cleared)
{
	ck_assert(says(writes(BOB, "msg working from home"),
		"Your message is set. You are shown as ✅ Available (working from home)."));
	ck_assert(says(writes(BOB, "msg until 23:00 on a train"),
		"Your message is set until 23:00. You are shown as ✅ Available (on a train)"));
	ck_assert_int_eq(bob->message.until, now + 46 * MINUTE + 40 * SECOND);
	ck_assert(says(writes(BOB, "msg"), "Your message is cleared. You are shown as ✅ Available."));
	ck_assert_ptr_null(bob->message.text);
}
END_TEST

START_TEST(type_and_thread_come_back_and_the_own_contact_address_is_as_good)
{
	const char *answer =
		message(BOB, "bob@" COMPONENT, "normal", "<thread>t&lt;1</thread><body>dnd</body>");
	ck_assert(says(answer, "<thread>t&lt;1</thread>"));
	ck_assert(says(answer, "from=\"bob@" COMPONENT "\""));
	ck_assert_ptr_null(strstr(answer, "type="));
	sees(bob, "dnd");
}
END_TEST

START_TEST(what_is_not_understood_is_answered_with_help)
{
	ck_assert(says(writes(BOB, "siesta"), "There is no status “siesta”. Write list for"));
	ck_assert(
		says(writes(BOB, "b"), "That could be 🔴 Busy or 💼 Business Trip: please write more of it."));
	ck_assert(
		says(writes(BOB, "dnd until 25:00"), "did not work: “25:00” is no time that I understand."));
	ck_assert(says(writes(BOB, "available 1h"), "Available takes no expiry"));
	ck_assert(says(writes(BOB, "list"), "✅ Available\n💬 Free for Chat\n"));
	ck_assert_ptr_null(strstr(writes(BOB, "list"), "On Call"));
	ck_assert(says(writes(BOB, "help"), "msg working from home"));
	ck_assert(!bob->choices.ever);
}
END_TEST

START_TEST(a_full_queue_is_told_in_words)
{
	fake.busy = true;
	ck_assert(says(writes(BOB, "lunch"), "Nothing has changed"));
	ck_assert(says(writes(BOB, "msg x"), "Nothing has changed"));
	sees(bob, "available");
	ck_assert_ptr_null(bob->message.text);
}
END_TEST

START_TEST(who_shows_what_colleagues_see_and_no_more)
{
	chooses(bob, "lunch-break", now + HOUR);
	ck_assert(says(writes("alice@example.org/a", "who bob"),
		"<body>bob (bob) is shown as 🍽️ Lunch Break until 23:13.<"));
	ck_assert(says(writes("alice@example.org/a", "who 1003"), "bob (bob) is shown as"));
	ck_assert(says(writes("alice@example.org/a", "who hq:1002"), "bob (bob) is shown as"));
	ck_assert(says(writes("alice@example.org/a", "who BOB@example.org"), "bob (bob) is shown as"));
	ck_assert(says(writes("alice@example.org/a", "who bob@" COMPONENT), "bob (bob) is shown as"));
	ck_assert(says(writes("alice@example.org/a", "who bo"), "bob (bob) is shown as"));
	ck_assert(says(writes("alice@example.org/a", "who bob@other.org"), "There is nobody called"));
	ck_assert(says(writes("alice@example.org/a", "who"), "Whom do you mean?"));
	chooses(bob, "invisible", 0);
	ck_assert(says(writes("alice@example.org/a", "who bob"), "<body>bob (bob) is offline.<"));
	ck_assert(says(writes(BOB, "who bob"), "<body>bob (bob) is offline.<"));
	ck_assert(says(writes(BOB, "status"), "offline: you are invisible"));
}
END_TEST

START_TEST(a_number_that_got_somebody_later_is_found)
{
	static const char *const branch[] = {"branch:77"};

	ck_assert(says(writes(BOB, "who 77"), "There is nobody called “77” here."));
	add_person(3, "dora", NULL, branch, 1);
	pass(2 * MINUTE);
	ck_assert(says(writes(BOB, "who 77"), "dora (dora) is"));
}
END_TEST

START_TEST(who_is_nobody_yet_becomes_a_person_first)
{
	ck_assert(says(writes(CAROL, "list"), "Available"));
	ck_assert_ptr_null((void *)(uintptr_t)fake.person_done);
	ck_assert_str_eq(message(CAROL, "carol@" COMPONENT, "chat", "<body>lunch</body>"), "");
	add_person(3, "carol", "carol@example.org", NULL, 0);
	fake.person_done(fake.person_arg, engine_person(engine, "carol"), NULL);
	ck_assert(says(fake.sent, "Lunch Break."));
	ck_assert(says(fake.sent, "from=\"carol@" COMPONENT "\""));
	ck_assert_ptr_nonnull(engine_person(engine, "carol")->choices.standing.status);
}
END_TEST

START_TEST(who_cannot_become_a_person_is_told_why)
{
	struct error error;

	ck_assert_str_eq(writes(CAROL, "lunch"), "");
	ck_assert(!error_set(&error, NULL, "you are not in the list of people"));
	fake.person_done(fake.person_arg, NULL, &error);
	ck_assert(says(fake.sent, "That did not work: you are not in the list of people."));
	/* One that is still waiting ends with the component. */
	ck_assert_str_eq(writes(CAROL, "dnd"), "");
}
END_TEST

START_TEST(a_colleagues_address_says_once_a_day_where_to_write)
{
	const char *answer = message(BOB, "alice@" COMPONENT, "chat", "<body>hello</body>");
	ck_assert(says(answer, "type=\"error\""));
	ck_assert(says(answer, ">xmpp:alice@example.org</redirect>"));
	ck_assert_str_eq(message(BOB, "alice@" COMPONENT, "chat", "<body>hello</body>"), "");
	pass(25 * HOUR);
	ck_assert(says(message(BOB, "alice@" COMPONENT, "", "<body>hello</body>"), "<redirect"));
	add_person(3, "desk", NULL, NULL, 0);
	ck_assert(
		says(message(BOB, "desk@" COMPONENT, "chat", "<body>hello</body>"), "<service-unavailable"));
	ck_assert_str_eq(message(BOB, "desk@" COMPONENT, "chat", "<body>hello</body>"), "");
	ck_assert(says(
		message(BOB, "nobody@" COMPONENT, "chat", "<body>hello</body>"), "<service-unavailable"));
	add_person(4, "odd", "a?b&c@example.org", NULL, 0);
	ck_assert(says(
		message(BOB, "odd@" COMPONENT, "chat", "<body>x</body>"), "xmpp:a%3Fb%26c@example.org<"));
}
END_TEST

START_TEST(strangers_get_an_error_and_learn_nothing)
{
	ck_assert(says(writes(EVE, "who bob"), "<forbidden"));
	ck_assert(says(message(EVE, "bob@" COMPONENT, "chat", "<body>x</body>"), "<service-unavailable"));
	ck_assert_ptr_null(strstr(fake.sent, "<text"));
	ck_assert(says(message(EVE, "nobody@" COMPONENT, "chat", "<body>x</body>"), "<service-unavailable"));
	ck_assert(!bob->choices.ever);
}
END_TEST

START_TEST(what_waits_for_no_answer_gets_none)
{
	static const char *const types[] = {"error", "headline", "groupchat"};
	static const char *const children[] = {
		"<body>lunch</body><delay xmlns='" NS_DELAY "' stamp='2023-11-14T00:00:00Z'/>",
		"<body>lunch</body><received xmlns='" NS_CARBONS "'/>",
		"<body/>",
		"<active xmlns='http://jabber.org/protocol/chatstates'/>",
		"<subject>lunch</subject>",
		"",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		ck_assert_str_eq(message(BOB, COMPONENT, types[i], "<body>lunch</body>"), "");
	for (size_t i = 0; i < sizeof(children) / sizeof(*children); i++)
		ck_assert_str_eq(message(BOB, COMPONENT, "chat", children[i]), "");
	ck_assert(!bob->choices.ever);
	ck_assert(says(message(BOB, COMPONENT, "chat",
			       "<body>lunch</body><encryption xmlns='" NS_ENCRYPTION "' namespace='x'/>"),
		"cannot read encrypted messages"));
	ck_assert(!bob->choices.ever);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_refused)
{
	char line[LIMIT_CHAT_BYTES + 2];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	ck_assert(says(writes(BOB, line), "That is too long for me."));
	line[LIMIT_CHAT_BYTES] = '\0';
	ck_assert(says(writes(BOB, line), "There is no status “xxxxx"));
}
END_TEST

START_TEST(who_writes_too_fast_is_told_once_and_then_not_read)
{
	for (int i = 0; i < LIMIT_CHAT_LINES; i++)
		ck_assert(says(writes(BOB, "lunch"), "Lunch Break"));
	ck_assert(says(writes("bob@example.org/phone", "dnd"), "too much for me within a minute"));
	ck_assert_str_eq(writes(BOB, "dnd"), "");
	ck_assert_str_eq(message(BOB, "bob@" COMPONENT, "chat", "<body>dnd</body>"), "");
	sees(bob, "lunch-break");
	ck_assert(says(writes(CAROL, "help"), "<body>Write a status"));
	pass(MINUTE);
	ck_assert(says(writes(BOB, "dnd"), "Do Not Disturb"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chat");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_line_sets_the_status_and_the_answer_tells_what_is_seen);
	tcase_add_test(tests, a_message_is_set_and_cleared);
	tcase_add_test(tests, type_and_thread_come_back_and_the_own_contact_address_is_as_good);
	tcase_add_test(tests, what_is_not_understood_is_answered_with_help);
	tcase_add_test(tests, a_full_queue_is_told_in_words);
	tcase_add_test(tests, who_shows_what_colleagues_see_and_no_more);
	tcase_add_test(tests, a_number_that_got_somebody_later_is_found);
	tcase_add_test(tests, who_is_nobody_yet_becomes_a_person_first);
	tcase_add_test(tests, who_cannot_become_a_person_is_told_why);
	tcase_add_test(tests, a_colleagues_address_says_once_a_day_where_to_write);
	tcase_add_test(tests, strangers_get_an_error_and_learn_nothing);
	tcase_add_test(tests, what_waits_for_no_answer_gets_none);
	tcase_add_test(tests, a_line_that_is_too_long_is_refused);
	tcase_add_test(tests, who_writes_too_fast_is_told_once_and_then_not_read);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
