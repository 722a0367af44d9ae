/* Every policy key: its default passes its own check, reads back as written, refuses nonsense. */
#include <check.h>
#include <string.h>

#include "core/policy.h"

START_TEST(every_default_passes_its_check_and_reads_back)
{
	struct policy policy;
	char text[POLICY_TEXT];
	policy_init(&policy);
	for (const struct policy_key *key = policy_keys; key->name; key++) {
		struct error error = {0};
		ck_assert_msg(policy_set(&policy, key->name, key->standard, NULL, &error), "%s: %s",
			key->name, error.text);
		ck_assert_str_eq(policy_get(&policy, key, text), key->standard);
	}
	ck_assert(policy.auto_people);
	ck_assert(policy.sign_off);
	ck_assert(!policy.call_precedence);
	ck_assert_uint_eq(policy.call_max_minutes, 240);
}
END_TEST

static const struct {
	const char *key, *value;
	bool good;
} values[] = {
	{"call_precedence", "call", true},
	{"call_precedence", "phone", false},
	{"call_precedence", "", false},
	{"auto_away_minutes", "1", true},
	{"auto_away_minutes", "0", false},
	{"auto_away_minutes", "1441", false},
	{"auto_away_minutes", "-5", false},
	{"auto_away_minutes", "5 ", false},
	{"auto_away_minutes", "99999999999999999999", false},
	{"on_call_status", "none", true},
	{"ringing_status", "none", true},
	{"ringing_status", "", true},
	{"on_call_status", "", false},
	{"on_call_status", "On Call", false},
	{"sign_off", "maybe", false},
	{"sign_off", "1", true},
	{"allowed_domains", "a.example  B.example", true},
	{"allowed_domains", "a@b", false},
	{"allowed_domains", "<x>", false},
	{"time_zone", "", false},
	{"no_such_key", "1", false},
};

START_TEST(values_are_checked)
{
	struct policy policy, before;
	policy_init(&policy);
	before = policy;
	struct error error = {0};
	bool ok = policy_set(&policy, values[_i].key, values[_i].value, NULL, &error);
	ck_assert_msg(ok == values[_i].good, "%s = \"%s\"", values[_i].key, values[_i].value);
	if (!ok) {
		ck_assert_str_eq(error.field, values[_i].key);
		ck_assert_int_ne(error.text[0], 0);
		ck_assert_mem_eq(&policy, &before, sizeof(policy));
	}
}
END_TEST

START_TEST(allowed_domains_are_whole_words)
{
	struct policy policy;
	policy_init(&policy);
	ck_assert(policy_set(&policy, "allowed_domains", "partner.example  Other.Example", NULL, NULL));
	ck_assert_str_eq(policy.allowed_domains, "partner.example other.example");
	ck_assert(policy_allows_domain(&policy, "partner.example"));
	ck_assert(policy_allows_domain(&policy, "other.example"));
	ck_assert(!policy_allows_domain(&policy, "example"));
	ck_assert(!policy_allows_domain(&policy, "partner.example other.example"));
	ck_assert(!policy_allows_domain(&policy, ""));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *tests = tcase_create("keys");
	tcase_add_test(tests, every_default_passes_its_check_and_reads_back);
	tcase_add_loop_test(tests, values_are_checked, 0, sizeof(values) / sizeof(*values));
	tcase_add_test(tests, allowed_domains_are_whole_words);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
