/* Remembering ids and lists of facts: bounded, and with strings of their own. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/fact.h"
#include "core/seen.h"

START_TEST(an_id_is_news_once_until_it_is_forgotten)
{
	struct seen *seen = seen_new("hq", 3);
	ck_assert(seen_add(seen, "a"));
	ck_assert(!seen_add(seen, "a"));
	ck_assert(seen_add(seen, "b"));
	ck_assert(seen_add(seen, "c"));
	ck_assert(!seen_add(seen, "a"));
	ck_assert(seen_add(seen, "d")); /* pushes out a, the oldest */
	ck_assert(seen_add(seen, "a"));
	ck_assert(!seen_add(seen, "c"));
	ck_assert(!seen_add(seen, "d"));
	ck_assert_uint_eq(seen->ids.count, 3);
	seen_free(seen);
}
END_TEST

START_TEST(an_id_that_is_taken_back_is_news_again)
{
	struct seen *seen = seen_new("hq", 2);
	seen_add(seen, "a");
	seen_forget(seen, "a");
	seen_forget(seen, "never");
	ck_assert(!seen_has(seen, "a"));
	ck_assert(seen_add(seen, "b"));
	ck_assert(seen_add(seen, "c")); /* takes the place of what was a */
	ck_assert(seen_has(seen, "b"));
	ck_assert(seen_add(seen, "a"));
	ck_assert_uint_eq(seen->ids.count, 2);
	seen_free(seen);
}
END_TEST

START_TEST(ten_thousand_ids_through_a_ring_of_a_hundred)
{
	struct seen *seen = seen_new("hq", 100);
	char id[16];
	for (int i = 0; i < 10000; i++) {
		snprintf(id, sizeof(id), "e%d", i);
		ck_assert(seen_add(seen, id));
	}
	ck_assert_uint_eq(seen->ids.count, 100);
	ck_assert(!seen_add(seen, "e9900"));
	ck_assert(seen_add(seen, "e9899"));
	seen_free(seen);
}
END_TEST

START_TEST(a_list_of_facts_keeps_its_own_strings)
{
	struct fact_list list;
	facts_init(&list);
	char word[5000];
	const char *kept[300];
	for (size_t i = 0; i < 300; i++) {
		memset(word, 'a' + (int)(i % 26), i * 16);
		word[i * 16] = '\0';
		kept[i] = facts_string(&list, word);
		facts_add(&list, FACT_CALL)->call.call = kept[i];
	}
	ck_assert_ptr_null(facts_string(&list, NULL));
	for (size_t i = 0; i < 300; i++) {
		ck_assert_uint_eq(strlen(list.facts[i].call.call), i * 16);
		ck_assert_int_eq(list.facts[i].call.call[0], i ? 'a' + (int)(i % 26) : 0);
		ck_assert_int_eq(list.facts[i].call.event, CALL_RINGING);
	}
	facts_done(&list);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("seen");
	TCase *tests = tcase_create("seen");
	tcase_add_test(tests, an_id_is_news_once_until_it_is_forgotten);
	tcase_add_test(tests, an_id_that_is_taken_back_is_news_again);
	tcase_add_test(tests, ten_thousand_ids_through_a_ring_of_a_hundred);
	tcase_add_test(tests, a_list_of_facts_keeps_its_own_strings);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
