/*
 * Error texts and allocation helpers.
 */
#include "base/error.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

START_TEST(an_error_says_field_and_reason_and_returns_false)
{
	struct error error;
	ck_assert(!error_set(&error, "name", "is longer than %d characters", 64));
	ck_assert_str_eq(error.field, "name");
	ck_assert_str_eq(error.text, "is longer than 64 characters");
}
END_TEST

START_TEST(field_and_error_may_be_absent)
{
	struct error error;
	ck_assert(!error_set(&error, NULL, "cannot connect"));
	ck_assert_str_eq(error.field, "");
	ck_assert(!error_set(NULL, "name", "is empty"));
}
END_TEST

START_TEST(an_error_may_quote_itself)
{
	struct error error;
	error_set(&error, "calls", "is empty");
	error_set(&error, error.field, "in the snapshot: %s", error.text);
	ck_assert_str_eq(error.field, "calls");
	ck_assert_str_eq(error.text, "in the snapshot: is empty");
}
END_TEST

START_TEST(a_cut_text_ends_with_a_whole_character)
{
	struct error error;
	/* One ASCII character more each time moves the cut through all places within the emoji. */
	for (int shift = 0; shift < 4; shift++) {
		char text[600] = "xxx";
		text[shift] = '\0';
		while (strlen(text) + 4 < sizeof(text))
			strcat(text, "😀");
		error_set(&error, text, "%s", text);
		ck_assert_uint_eq((strlen(error.field) - (size_t)shift) % 4, 0);
		ck_assert_uint_ge(strlen(error.field), sizeof(error.field) - 4);
		ck_assert_uint_eq((strlen(error.text) - (size_t)shift) % 4, 0);
		ck_assert_uint_ge(strlen(error.text), sizeof(error.text) - 4);
	}
}
END_TEST

START_TEST(new_memory_is_zeroed_and_resizing_keeps_content)
{
	int *numbers = mem_new(4 * sizeof(*numbers));
	ck_assert_int_eq(numbers[3], 0);
	numbers[3] = 7;
	numbers = mem_resize(numbers, 1000, sizeof(*numbers));
	ck_assert_int_eq(numbers[3], 7);
	numbers = mem_resize(numbers, 0, sizeof(*numbers));
	ck_assert_ptr_nonnull(numbers);
	free(numbers);
}
END_TEST

START_TEST(copies_end_with_a_nul)
{
	char *text = mem_bytes("lunch-break", 5);
	ck_assert_str_eq(text, "lunch");
	free(text);
	text = mem_bytes(NULL, 0);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

START_TEST(a_string_can_be_replaced_even_by_itself)
{
	char *slot = NULL;
	mem_replace(&slot, "busy");
	ck_assert_str_eq(slot, "busy");
	mem_replace(&slot, slot + 2);
	ck_assert_str_eq(slot, "sy");
	mem_replace(&slot, NULL);
	ck_assert_ptr_null(slot);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("error");
	tcase_add_test(tests, an_error_says_field_and_reason_and_returns_false);
	tcase_add_test(tests, field_and_error_may_be_absent);
	tcase_add_test(tests, an_error_may_quote_itself);
	tcase_add_test(tests, a_cut_text_ends_with_a_whole_character);
	tcase_add_test(tests, new_memory_is_zeroed_and_resizing_keeps_content);
	tcase_add_test(tests, copies_end_with_a_nul);
	tcase_add_test(tests, a_string_can_be_replaced_even_by_itself);

	Suite *suite = suite_create("error");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
