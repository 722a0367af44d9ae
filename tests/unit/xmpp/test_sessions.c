/* Sessions: whose they are, how long they last, and how many there can be. */
#include <check.h>
#include <stdio.h>

#include "base/limits.h"
#include "xmpp/sessions.h"

static struct sessions sessions;
static const char set_status[] = "set-status", policy[] = "policy";
static const usec_t start = 1700000000 * SECOND;

static void begin(void)
{
	sessions_init(&sessions);
}

static void end(void)
{
	sessions_done(&sessions);
}

static enum session_state state(const char *id, const char *from, usec_t now)
{
	return sessions_state(&sessions, id, from, set_status, now);
}

START_TEST(a_session_is_known_by_id_owner_and_command)
{
	sessions_open(&sessions, "1", "bob@b/x", set_status, start);
	ck_assert_int_eq(state("1", "bob@b/x", start), SESSION_OPEN);
	ck_assert_int_eq(state("1", "bob@b/y", start), SESSION_UNKNOWN);
	ck_assert_int_eq(state("2", "bob@b/x", start), SESSION_UNKNOWN);
	ck_assert_int_eq(sessions_state(&sessions, "1", "bob@b/x", policy, start), SESSION_UNKNOWN);
	sessions_close(&sessions, "1", "bob@b/x");
	ck_assert_int_eq(state("1", "bob@b/x", start), SESSION_UNKNOWN);
	sessions_close(&sessions, "1", "bob@b/x");
}
END_TEST

START_TEST(a_session_expires_and_is_remembered_as_expired_for_a_while)
{
	const usec_t open = LIMIT_COMMAND_SESSION_MINUTES * MINUTE;

	sessions_open(&sessions, "1", "bob@b/x", set_status, start);
	ck_assert_int_eq(state("1", "bob@b/x", start + open), SESSION_OPEN);
	ck_assert_int_eq(state("1", "bob@b/x", start + open + 1), SESSION_EXPIRED);
	sessions_open(&sessions, "2", "bob@b/x", set_status, start + 2 * open);
	ck_assert_int_eq(state("1", "bob@b/x", start + 2 * open), SESSION_EXPIRED);
	sessions_open(&sessions, "3", "bob@b/x", set_status, start + 2 * open + 1);
	ck_assert_int_eq(state("1", "bob@b/x", start + 2 * open + 1), SESSION_UNKNOWN);
}
END_TEST

START_TEST(opening_again_gives_more_time)
{
	sessions_open(&sessions, "1", "bob@b/x", set_status, start);
	sessions_open(&sessions, "2", "bob@b/x", set_status, start + MINUTE);
	sessions_open(&sessions, "1", "bob@b/x", set_status, start + 10 * MINUTE);
	ck_assert_int_eq(state("1", "bob@b/x", start + 20 * MINUTE), SESSION_OPEN);
	ck_assert_int_eq(state("2", "bob@b/x", start + 20 * MINUTE), SESSION_EXPIRED);
	ck_assert_uint_eq(sessions.map.count, 2);
}
END_TEST

START_TEST(the_oldest_goes_when_there_are_too_many)
{
	char id[24];

	for (int i = 0; i <= LIMIT_COMMAND_SESSIONS; i++) {
		snprintf(id, sizeof(id), "%d", i);
		sessions_open(&sessions, id, "bob@b/x", set_status, start);
	}
	ck_assert_uint_eq(sessions.map.count, LIMIT_COMMAND_SESSIONS);
	ck_assert_int_eq(state("0", "bob@b/x", start), SESSION_UNKNOWN);
	ck_assert_int_eq(state("1", "bob@b/x", start), SESSION_OPEN);
	ck_assert_int_eq(state(id, "bob@b/x", start), SESSION_OPEN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sessions");
	TCase *tests = tcase_create("sessions");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_session_is_known_by_id_owner_and_command);
	tcase_add_test(tests, a_session_expires_and_is_remembered_as_expired_for_a_while);
	tcase_add_test(tests, opening_again_gives_more_time);
	tcase_add_test(tests, the_oldest_goes_when_there_are_too_many);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
