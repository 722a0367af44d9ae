/* Why a connection ended is told in words, and the next attempt waits as long as makes sense. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "xmpp/phrase.h"
#include "xmpp/retry.h"

static xmpp_ctx_t *context;
static struct retry retry;
static struct buf out;

static void begin(void)
{
	context = xmpp_ctx_new(NULL, NULL);
	retry = (struct retry){0};
	buf_init(&out, LIMIT_STANZA_OUT_BYTES);
}

static void end(void)
{
	buf_done(&out);
	xmpp_ctx_free(context);
}

static const char *words_for(const char *inside)
{
	char text[1024];

	snprintf(text, sizeof(text), "<error>%s</error>", inside);
	xmpp_stanza_t *error = xmpp_stanza_new_from_string(context, text);
	ck_assert_ptr_nonnull(error);
	buf_clear(&out);
	retry_read_error(&retry, error, &out);
	xmpp_stanza_release(error);
	return buf_text(&out);
}

#define ERROR(name) "<" name " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
#define ERROR_TEXT(words) "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" words "</text>"

static bool lasts_about(usec_t delay, usec_t wanted)
{
	return delay >= wanted * 3 / 4 && delay <= wanted * 5 / 4;
}

START_TEST(a_stream_error_is_told_with_advice)
{
	ck_assert_str_eq(
		words_for(ERROR("system-shutdown")), "the server closed the stream: system-shutdown");
	ck_assert_str_eq(words_for(ERROR("not-authorized") ERROR_TEXT("Given token &lt;")),
		"the server closed the stream: not-authorized (Given token <); is the secret the server's, "
		"and "
		"the component configured there?");
	ck_assert_ptr_nonnull(strstr(words_for(ERROR("conflict")), "component_conflict_resolve"));
	ck_assert_str_eq(words_for("<other xmlns='urn:x'/>words"),
		"the server closed the stream: undefined-condition");
}
END_TEST

START_TEST(attempts_come_ever_more_slowly_until_one_lasts)
{
	ck_assert(lasts_about(retry_delay(&retry), SECOND / 10));
	ck_assert(lasts_about(retry_delay(&retry), SECOND / 5));
	for (int i = 0; i < 100; i++)
		(void)retry_delay(&retry);
	ck_assert(lasts_about(retry_delay(&retry), 2 * SECOND));
	retry_up(&retry);
	retry_down(&retry);
	ck_assert(lasts_about(retry_delay(&retry), 2 * SECOND));
	retry_up(&retry);
	retry.up_since -= MINUTE;
	retry_down(&retry);
	ck_assert(lasts_about(retry_delay(&retry), SECOND / 10));
	retry_anew(&retry);
	ck_assert(lasts_about(retry_delay(&retry), SECOND / 10));
}
END_TEST

START_TEST(who_was_refused_waits_longer_once)
{
	(void)words_for(ERROR("not-authorized"));
	ck_assert(lasts_about(retry_delay(&retry), 4 * SECOND));
	ck_assert(lasts_about(retry_delay(&retry), SECOND / 10));
	(void)words_for(ERROR("host-unknown"));
	ck_assert(lasts_about(retry_delay(&retry), 4 * SECOND));
	(void)words_for(ERROR("conflict"));
	ck_assert(lasts_about(retry_delay(&retry), SECOND / 5));
}
END_TEST

START_TEST(the_same_reason_is_logged_again_after_a_while_or_after_a_success)
{
	retry_log(&retry, "xmpp", "gone", false);
	ck_assert_str_eq(retry.last_reason, "gone");
	usec_t logged = retry.reason_logged;
	retry_log(&retry, "xmpp", "gone", false);
	ck_assert_int_eq(retry.reason_logged, logged);
	retry.reason_logged -= HOUR;
	retry_log(&retry, "xmpp", "gone", false);
	ck_assert_int_ge(retry.reason_logged, logged);
	retry_log(&retry, "xmpp", "stopped", true);
	ck_assert_str_eq(retry.last_reason, "gone");
	retry_up(&retry);
	ck_assert_str_eq(retry.last_reason, "");
}
END_TEST

static bool is_pong(const char *text, uint32_t *number)
{
	xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(context, text);
	ck_assert_ptr_nonnull(stanza);
	bool pong = phrase_is_pong(stanza, "example.org", number);
	xmpp_stanza_release(stanza);
	return pong;
}

START_TEST(only_the_server_can_answer_a_ping)
{
	uint32_t number = 0;

	phrase_ping(&out, 7, "presence.example.org", "example.org");
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "id='offhook-ping-7'"));
	ck_assert(is_pong("<iq type='result' id='offhook-ping-7' from='example.org'/>", &number));
	ck_assert_uint_eq(number, 7);
	ck_assert(is_pong("<iq type='error' id='offhook-ping-4294967295' from='example.org'/>", &number));
	ck_assert_uint_eq(number, UINT32_MAX);
	static const char *const others[] = {
		"<iq type='result' id='offhook-ping-7' from='eve@example.org'/>",
		"<iq type='result' id='offhook-ping-7'/>",
		"<iq type='get' id='offhook-ping-7' from='example.org'/>",
		"<iq type='result' id='offhook-ping-x' from='example.org'/>",
		"<iq type='result' id='offhook-ping-4294967296' from='example.org'/>",
		"<iq type='result' id='ping-7' from='example.org'/>",
		"<message type='result' id='offhook-ping-7' from='example.org'/>",
	};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ck_assert_msg(!is_pong(others[i], &number), "%s", others[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("retry");
	TCase *tests = tcase_create("retry");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_stream_error_is_told_with_advice);
	tcase_add_test(tests, attempts_come_ever_more_slowly_until_one_lasts);
	tcase_add_test(tests, who_was_refused_waits_longer_once);
	tcase_add_test(tests, the_same_reason_is_logged_again_after_a_while_or_after_a_success);
	tcase_add_test(tests, only_the_server_can_answer_a_ping);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
