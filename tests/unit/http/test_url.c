/* Paths and queries: one spelling, one meaning. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/url.h"

START_TEST(a_path_is_taken_apart_and_decoded)
{
	struct http_path path;
	ck_assert_int_eq(path_split("/v1/people/b%6Fb%2Fx+%C3%BC/", &path), PATH_OK);
	ck_assert_uint_eq(path.count, 4);
	ck_assert_str_eq(path.parts[0], "v1");
	ck_assert_str_eq(path.parts[1], "people");
	ck_assert_str_eq(path.parts[2], "bob/x+ü");
	ck_assert_str_eq(path.parts[3], "");
}
END_TEST

START_TEST(bad_escapes_and_bad_text_are_bad_paths)
{
	static const char *const bad[] = {"/%", "/%4", "/%4g", "/%g4", "/a/%/b", "/%00", "/%ff", "/%C3",
		"/%0a", "/%ED%A0%80", "/%C0%AF", "/\xff", "/% 1", "/%7F"};
	struct http_path path;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(path_split(bad[i], &path) == PATH_BAD, "%s", bad[i]);
}
END_TEST

START_TEST(paths_that_no_route_has_are_strange)
{
	struct http_path path;
	ck_assert_int_eq(path_split(NULL, &path), PATH_STRANGE);
	ck_assert_int_eq(path_split("", &path), PATH_STRANGE);
	ck_assert_int_eq(path_split("*", &path), PATH_STRANGE);
	ck_assert_int_eq(path_split("/1/2/3/4/5/6/7/8", &path), PATH_OK);
	ck_assert_int_eq(path_split("/1/2/3/4/5/6/7/8/9", &path), PATH_STRANGE);

	char large[LIMIT_HTTP_PATH + 2];
	memset(large, '/', sizeof(large));
	large[LIMIT_HTTP_PATH + 1] = '\0';
	ck_assert_int_eq(path_split(large, &path), PATH_TOO_LONG);
	large[LIMIT_HTTP_PATH] = '\0';
	ck_assert_int_eq(path_split(large, &path), PATH_STRANGE);
	memset(large + 1, 'x', LIMIT_HTTP_PATH - 1);
	ck_assert_int_eq(path_split(large, &path), PATH_OK);
	ck_assert_uint_eq(strlen(path.parts[0]), LIMIT_HTTP_PATH - 1);
}
END_TEST

START_TEST(a_query_gives_the_parameters_that_are_known)
{
	struct query_parameter query[] = {{"q", NULL}, {"limit", NULL}, {"cursor", NULL}, {NULL, NULL}};
	ck_assert(query_parse("limit=5&q=a+b%26c%3D&", query, NULL));
	ck_assert_str_eq(query[0].value, "a b&c=");
	ck_assert_str_eq(query[1].value, "5");
	ck_assert_ptr_null(query[2].value);
	query_done(query);
	ck_assert(query_parse(NULL, query, NULL));
	ck_assert(query_parse("", query, NULL));
	ck_assert(query_parse("q", query, NULL));
	ck_assert_str_eq(query[0].value, "");
	query_done(query);
}
END_TEST

START_TEST(a_strange_query_is_refused_with_the_parameter)
{
	static const struct {
		const char *query, *field;
	} rows[] = {{"color=red", "color"}, {"q=a&q=b", "q"}, {"q=%00", ""}, {"q=%F", ""}, {"%ff=1", ""},
		{"=1", ""}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct query_parameter query[] = {{"q", NULL}, {NULL, NULL}};
		struct error error = {0};
		ck_assert_msg(!query_parse(rows[i].query, query, &error), "%s", rows[i].query);
		ck_assert_str_eq(error.field, rows[i].field);
		ck_assert(error.text[0] != '\0');
		query_done(query);
	}
	char large[LIMIT_HTTP_PATH + 2];
	memset(large, '&', sizeof(large));
	large[LIMIT_HTTP_PATH + 1] = '\0';
	struct query_parameter query[] = {{"q", NULL}, {NULL, NULL}};
	ck_assert(!query_parse(large, query, NULL));
	ck_assert(query_parse(large + 1, query, NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("url");
	TCase *tests = tcase_create("url");
	tcase_add_test(tests, a_path_is_taken_apart_and_decoded);
	tcase_add_test(tests, bad_escapes_and_bad_text_are_bad_paths);
	tcase_add_test(tests, paths_that_no_route_has_are_strange);
	tcase_add_test(tests, a_query_gives_the_parameters_that_are_known);
	tcase_add_test(tests, a_strange_query_is_refused_with_the_parameter);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
