/* docs/openapi.yaml has the routes that the server has, and no others. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/route.h"

enum { ROUTES = 64, ROUTE_TEXT = 128 };

struct names {
	char texts[ROUTES][ROUTE_TEXT];
	size_t count;
};

static void add(struct names *names, const char *method, const char *path)
{
	ck_assert_uint_lt(names->count, ROUTES);
	snprintf(names->texts[names->count++], ROUTE_TEXT, "%s %s", method, path);
}

static void add_group(struct names *names, const struct http_route *routes)
{
	for (; routes->pattern != NULL; routes++)
		add(names, http_method_to_text(routes->method), routes->pattern);
}

/* The methods and paths by their place: two blanks before a path, four before a method. */
static void add_documented(struct names *names)
{
	static const struct {
		const char *line, *method;
	} methods[] = {{"    get:\n", "GET"}, {"    put:\n", "PUT"}, {"    post:\n", "POST"},
		{"    delete:\n", "DELETE"}};
	static const char here[] = __FILE__;
	char path[4096], line[512], route[ROUTE_TEXT - 16] = "";
	snprintf(path, sizeof(path), "%.*s/../../../docs/openapi.yaml", (int)(strrchr(here, '/') - here),
		here);
	FILE *file = fopen(path, "re");
	ck_assert_msg(file != NULL, "cannot read %s", path);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "  /", 3) == 0)
			snprintf(route, sizeof(route), "%.*s", (int)strcspn(line + 2, ":"), line + 2);
		for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
			if (strcmp(line, methods[i].line) == 0)
				add(names, methods[i].method, route);
		}
	}
	fclose(file);
}

static bool has(const struct names *names, const char *text)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->texts[i], text) == 0)
			return true;
	}
	return false;
}

START_TEST(every_route_is_described_and_every_description_has_its_route)
{
	static struct names served, described;
	add_group(&served, pbx_routes);
	add_group(&served, people_routes);
	add_group(&served, process_routes);
	add_documented(&described);
	ck_assert_uint_gt(served.count, 0);
	for (size_t i = 0; i < served.count; i++)
		ck_assert_msg(has(&described, served.texts[i]), "not described: %s", served.texts[i]);
	for (size_t i = 0; i < described.count; i++)
		ck_assert_msg(has(&served, described.texts[i]), "not served: %s", described.texts[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("openapi");
	TCase *tests = tcase_create("openapi");
	tcase_add_test(tests, every_route_is_described_and_every_description_has_its_route);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
