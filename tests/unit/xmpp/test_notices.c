/* Messages that wait for the stream. */
#include "xmpp/real_component.h"

#include "xmpp/notices.h"

static struct notices notices;

static void given_none(void)
{
	memset(&notices, 0, sizeof(notices));
}

static void clean_up(void)
{
	notices_done(&notices);
}

static void then_comes(const char *account, const char *text)
{
	const char *found_account, *found_text;

	ck_assert(notices_next(&notices, &found_account, &found_text));
	ck_assert_str_eq(found_account, account);
	ck_assert_str_eq(found_text, text);
}

START_TEST(they_come_in_order_whether_their_texts_are_the_same_or_not)
{
	const char *account, *text;

	ck_assert(notices_add(&notices, "a@example.org", "one"));
	ck_assert(notices_add(&notices, "b@example.org", "one"));
	ck_assert(notices_add(&notices, "a@example.org", "two"));
	then_comes("a@example.org", "one");
	then_comes("b@example.org", "one");
	ck_assert(notices_add(&notices, "c@example.org", "one"));
	then_comes("a@example.org", "two");
	then_comes("c@example.org", "one");
	ck_assert(!notices_waiting(&notices));
	ck_assert(!notices_next(&notices, &account, &text));
	ck_assert(notices_add(&notices, "d@example.org", "three"));
	ck_assert(notices_waiting(&notices));
}
END_TEST

START_TEST(there_is_a_bound)
{
	for (size_t i = 0; i < LIMIT_NOTICES; i++)
		ck_assert(notices_add(&notices, "a@example.org", "same"));
	ck_assert(!notices_add(&notices, "b@example.org", "same"));
	ck_assert(!notices_add(&notices, "c@example.org", "same"));
	ck_assert_uint_eq(notices.dropped, 2);
	then_comes("a@example.org", "same");
	ck_assert(notices_add(&notices, "b@example.org", "same"));
}
END_TEST

START_TEST(a_message_waits_for_the_connection)
{
	component_begin();
	component_notice(component, "bob@example.org", "Tea <&> is deleted");
	turns(SECOND / 20);
	connect_now();
	expect("<body>Tea &lt;&amp;&gt; is deleted</body>", 1);
	ck_assert_ptr_nonnull(strstr(buf_text(&server.in), "to='bob@example.org'"));
	ck_assert_ptr_nonnull(strstr(buf_text(&server.in), "from='presence.example.org'"));
	ck_assert_ptr_nonnull(strstr(buf_text(&server.in), "type='chat'"));
	component_end();
}
END_TEST

START_TEST(many_messages_never_fill_the_stream_and_all_arrive)
{
	enum { MANY = 3000 }; /* far more than the stream may hold at once */
	char text[400];

	component_begin();
	connect_now();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < MANY; i++)
		component_notice(component, "bob@example.org", text);
	expect("</message>", MANY);
	ck_assert(component_connected(component));
	component_end();
}
END_TEST

int main(void)
{
	TCase *queue = tcase_create("queue"), *sent = tcase_create("sent");
	tcase_add_checked_fixture(queue, given_none, clean_up);
	tcase_add_test(queue, they_come_in_order_whether_their_texts_are_the_same_or_not);
	tcase_add_test(queue, there_is_a_bound);
	tcase_set_timeout(sent, 30);
	tcase_add_test(sent, a_message_waits_for_the_connection);
	tcase_add_test(sent, many_messages_never_fill_the_stream_and_all_arrive);
	Suite *suite = suite_create("notices");
	suite_add_tcase(suite, queue);
	suite_add_tcase(suite, sent);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
