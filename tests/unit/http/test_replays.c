/* Signatures count once. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "http/replays.h"

static const usec_t now = 1795344059 * SECOND;

static struct signature numbered(int number, usec_t at)
{
	struct signature signature = {.at = at};
	snprintf(signature.key, sizeof(signature.key), "%064d", number);
	return signature;
}

static bool add(struct replays *replays, const char *pbx, int number, usec_t at)
{
	struct signature signature = numbered(number, at);
	return replays_add(replays, pbx, &signature, now);
}

START_TEST(a_signature_counts_once_for_each_pbx)
{
	struct replays *replays = replays_new();
	ck_assert(add(replays, "hq", 1, now));
	ck_assert(!add(replays, "hq", 1, now));
	ck_assert(add(replays, "branch", 1, now));
	ck_assert(add(replays, "hq", 2, now));
	replays_free(replays);
}
END_TEST

START_TEST(what_was_not_taken_may_come_again)
{
	struct replays *replays = replays_new();
	struct signature signature = numbered(1, now);
	ck_assert(add(replays, "hq", 1, now));
	replays_forget(replays, "hq", signature.key);
	replays_forget(replays, "hq", signature.key);
	replays_forget(replays, "elsewhere", signature.key);
	ck_assert(add(replays, "hq", 1, now));
	ck_assert(!add(replays, "hq", 1, now));
	ck_assert(replays_add(replays, "hq", &(struct signature){.key = "late", .at = now + 400 * SECOND},
		now + 400 * SECOND)); /* the two of before are let go */
	replays_free(replays);
}
END_TEST

START_TEST(what_had_to_be_forgotten_is_refused)
{
	struct replays *replays = replays_new();
	for (int i = 0; i < LIMIT_SIGNATURES; i++)
		ck_assert(add(replays, "hq", i, now + i));
	ck_assert(add(replays, "hq", LIMIT_SIGNATURES, now + LIMIT_SIGNATURES));
	ck_assert(!add(replays, "hq", 0, now));
	ck_assert(!add(replays, "hq", 1, now + 1));
	ck_assert(!add(replays, "hq", LIMIT_SIGNATURES + 1, now));
	ck_assert(add(replays, "hq", LIMIT_SIGNATURES + 1, now + 5));
	replays_free(replays);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replays");
	TCase *tests = tcase_create("replays");
	tcase_add_test(tests, a_signature_counts_once_for_each_pbx);
	tcase_add_test(tests, what_was_not_taken_may_come_again);
	tcase_add_test(tests, what_had_to_be_forgotten_is_refused);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
