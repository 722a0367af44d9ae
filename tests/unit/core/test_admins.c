/* Who may administer: two sources of one right, and never nobody. */
#include "core/admins.h"

#include "core/world.h"

START_TEST(a_right_lasts_as_long_as_one_of_its_sources)
{
	engine_add_admin(engine, "root@example.org", ADMIN_CONFIGURED);
	engine_add_admin(engine, "root@example.org", ADMIN_STORED);
	admins_remove(engine, "root@example.org", ADMIN_CONFIGURED);
	ck_assert(engine_is_admin(engine, "root@example.org"));
	admins_remove(engine, "root@example.org", ADMIN_STORED);
	ck_assert(!engine_is_admin(engine, "root@example.org"));
	admins_remove(engine, "root@example.org", ADMIN_STORED);
}
END_TEST

START_TEST(those_of_one_source_are_listed)
{
	size_t at = 0;

	engine_add_admin(engine, "root@example.org", ADMIN_CONFIGURED);
	ck_assert_ptr_null(admins_next(engine, ADMIN_STORED, &at));
	engine_add_admin(engine, "alice@example.org", ADMIN_STORED);
	at = 0;
	ck_assert_str_eq(admins_next(engine, ADMIN_STORED, &at), "alice@example.org");
	ck_assert_ptr_null(admins_next(engine, ADMIN_STORED, &at));
}
END_TEST

START_TEST(who_may_be_added)
{
	struct error error;
	char account[64];

	ck_assert(admins_check_add(engine, "alice@example.org", &error));
	ck_assert(!admins_check_add(engine, "eve@other.org", &error));
	ck_assert_str_eq(error.text, "must be an account of example.org");
	ck_assert(!admins_check_add(engine, "example.org", &error));
	engine_add_admin(engine, "alice@example.org", ADMIN_CONFIGURED);
	ck_assert(!admins_check_add(engine, "alice@example.org", &error));
	ck_assert_str_eq(error.text, "is an administrator already");
	for (int i = 1; i < LIMIT_ADMINS; i++) {
		snprintf(account, sizeof(account), "a%d@example.org", i);
		ck_assert(admins_check_add(engine, account, &error));
		engine_add_admin(engine, account, ADMIN_STORED);
	}
	ck_assert(!admins_check_add(engine, "bob@example.org", &error));
}
END_TEST

START_TEST(who_may_be_removed)
{
	struct error error;

	ck_assert(!admins_check_remove(engine, "alice@example.org", &error));
	ck_assert_str_eq(error.text, "is not an administrator");
	engine_add_admin(engine, "alice@example.org", ADMIN_STORED);
	ck_assert(!admins_check_remove(engine, "alice@example.org", &error));
	ck_assert_str_eq(error.text, "is the last administrator; add another one first");
	engine_add_admin(engine, "root@example.org", ADMIN_CONFIGURED);
	ck_assert(admins_check_remove(engine, "alice@example.org", &error));
	ck_assert(!admins_check_remove(engine, "root@example.org", &error));
	ck_assert_ptr_nonnull(strstr(error.text, "configuration file"));
	ck_assert_str_eq(error.field, "jid");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("admins");
	TCase *tests = tcase_create("admins");

	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_right_lasts_as_long_as_one_of_its_sources);
	tcase_add_test(tests, those_of_one_source_are_listed);
	tcase_add_test(tests, who_may_be_added);
	tcase_add_test(tests, who_may_be_removed);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
