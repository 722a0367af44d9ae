/* Problem documents are JSON whatever is wrong. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "http/problem.h"

START_TEST(a_problem_names_status_detail_field_and_item)
{
	char *text = problem_render(400, "must be a string", "[3].call");
	ck_assert_str_eq(text, "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
			       "\"detail\":\"must be a string\",\"field\":\"[3].call\",\"item\":3}");
	free(text);
	text = problem_render(404, "there is nothing here", "");
	ck_assert_str_eq(text, "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
			       "\"detail\":\"there is nothing here\"}");
	free(text);
}
END_TEST

START_TEST(only_a_place_in_an_array_is_an_item)
{
	static const char *const fields[] = {"call", "calls[0].state", "[x].call", "[", "[]", "[12"};
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		char *text = problem_render(400, "is wrong", fields[i]);
		json_t *problem = json_read(text, strlen(text), NULL);
		ck_assert_ptr_nonnull(problem);
		ck_assert_str_eq(json_text(problem, "field"), fields[i]);
		ck_assert_ptr_null(json_object_get(problem, "item"));
		json_decref(problem);
		free(text);
	}
}
END_TEST

START_TEST(strange_bytes_do_not_break_the_document)
{
	char *text = problem_render(400, "no \"status\" \xff\x01\n", "\xc3.\x1b[31m");
	json_t *problem = json_read(text, strlen(text), NULL);
	ck_assert_msg(problem != NULL, "%s", text);
	ck_assert(strstr(json_text(problem, "detail"), "no \"status\"") != NULL);
	json_decref(problem);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("problem");
	TCase *tests = tcase_create("problem");
	tcase_add_test(tests, a_problem_names_status_detail_field_and_item);
	tcase_add_test(tests, only_a_place_in_an_array_is_an_item);
	tcase_add_test(tests, strange_bytes_do_not_break_the_document);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
