/* What the tests of PBXes' own formats have in common. */
#ifndef OFFHOOK_TESTS_NATIVE_H
#define OFFHOOK_TESTS_NATIVE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "pbx/format.h"

static struct pbx_source source = {.pbx = "hq", .lease_seconds = 90, .received = 1795344059 * SECOND};
static struct fact_list list;
static struct error error;
static bool too_many;

static inline bool parse_bytes(const char *format, const char *bytes, size_t length)
{
	facts_done(&list);
	error = (struct error){0};
	return pbx_format_find(format)->parse(bytes, length, &source, &list, &too_many, &error);
}

/* "1001 ringing outbound" and the like, of the call in that place. */
static inline const char *call_text(size_t at)
{
	static const char *const events[] = {"ringing", "answered", "held", "resumed", "ended"};
	static char text[256];
	ck_assert_uint_lt(at, list.count);
	ck_assert_int_eq(list.facts[at].kind, FACT_CALL);
	const struct fact_call *call = &list.facts[at].call;
	ck_assert_str_eq(call->pbx, "hq");
	ck_assert_uint_eq(call->lease_seconds, 90);
	snprintf(text, sizeof(text), "%s %s%s", call->extension, events[call->event],
		call->direction == DIRECTION_INBOUND    ? " inbound"
		: call->direction == DIRECTION_OUTBOUND ? " outbound"
							: "");
	return text;
}

static inline int run(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	facts_done(&list);
	return failures != 0;
}

#endif
