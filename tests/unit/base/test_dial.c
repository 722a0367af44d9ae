/* A name is looked up when its addresses are of no use, and not at the cost of everything else. */
#include <check.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/dial.h"
#include "base/limits.h"

#define UNKNOWN "offhook.invalid" /* RFC 6761: never found */

static struct dial dial;
static struct error error;

static void begin(void)
{
	memset(&dial, 0, sizeof(dial));
}

static bool dials(const char *host)
{
	int fd = dial_next(&dial, host, 9, "test", &error);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void know(uint32_t address)
{
	const struct sockaddr_in known = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(address)};
	memcpy(&dial.addresses[dial.count], &known, sizeof(known));
	dial.lengths[dial.count++] = sizeof(known);
}

START_TEST(an_address_needs_no_name)
{
	ck_assert(dials("127.0.0.1"));
	ck_assert(!dial_has_more(&dial));
	ck_assert_uint_eq(dial.count, 1);
	ck_assert_int_eq(dial.addresses[0].ss_family, AF_INET);
	ck_assert(dials("127.0.0.1"));
	memset(&dial, 0, sizeof(dial));
	ck_assert(dials("::1") || strstr(error.text, "connecting to ::1") != NULL);
	ck_assert_int_eq(dial.addresses[0].ss_family, AF_INET6);
}
END_TEST

START_TEST(a_name_that_is_not_found_is_an_error)
{
	ck_assert(!dials(UNKNOWN));
	ck_assert_ptr_nonnull(strstr(error.text, "looking up " UNKNOWN));
}
END_TEST

START_TEST(the_last_addresses_do_while_the_name_is_not_found)
{
	know(INADDR_LOOPBACK);
	know(INADDR_LOOPBACK + 1);
	for (int i = 0; i < 3; i++) {
		ck_assert(dials(UNKNOWN));
		ck_assert(dial_has_more(&dial));
		ck_assert(dials(UNKNOWN));
		ck_assert(!dial_has_more(&dial));
	}
}
END_TEST

START_TEST(one_that_worked_is_tried_again_first)
{
	know(INADDR_LOOPBACK);
	know(INADDR_LOOPBACK + 1);
	ck_assert(dials(UNKNOWN));
	ck_assert(dials(UNKNOWN));
	dial_worked(&dial);
	ck_assert_uint_eq(dial.next, 1);
	ck_assert(dial_has_more(&dial));
}
END_TEST

START_TEST(a_slow_look_up_is_not_repeated_soon)
{
	dial.look_up_after = clock_monotonic() + MINUTE;
	ck_assert(!dials("127.0.0.1"));
	ck_assert_ptr_nonnull(strstr(error.text, "not yet again"));
	know(INADDR_LOOPBACK);
	ck_assert(dials(UNKNOWN));
	dial.look_up_after = clock_monotonic();
	ck_assert(dials("127.0.0.1"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dial");
	TCase *tests = tcase_create("dial");

	tcase_add_checked_fixture(tests, begin, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, an_address_needs_no_name);
	tcase_add_test(tests, a_name_that_is_not_found_is_an_error);
	tcase_add_test(tests, the_last_addresses_do_while_the_name_is_not_found);
	tcase_add_test(tests, one_that_worked_is_tried_again_first);
	tcase_add_test(tests, a_slow_look_up_is_not_repeated_soon);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
