/* Tokens, and the addresses that guess them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "http/auth.h"

static char hq[] = "hq", board[] = "board", silent[] = "silent";
static struct config_pbx pbxes[2];
static struct config_client clients[1];
static struct config config = {.pbxes = pbxes, .pbx_count = 2, .clients = clients, .client_count = 1};

static void configure(void)
{
	pbxes[0] = (struct config_pbx){.name = silent}; /* has no token, and an empty digest */
	pbxes[1] = (struct config_pbx){.name = hq, .tenant = 1, .has_token = true};
	clients[0] = (struct config_client){.name = board, .tenant = 2, .scopes = SCOPE_READ | SCOPE_BOARD};
	secret_sha256("pbx-token", 9, pbxes[1].token);
	secret_sha256("client-token", 12, clients[0].token);
	secret_sha256("silent-token", 12, pbxes[0].token);
}

START_TEST(a_token_tells_who_asks)
{
	struct identity who;
	ck_assert(auth_identify(&config, "Bearer pbx-token", &who));
	ck_assert_int_eq(who.kind, IDENTITY_PBX);
	ck_assert_uint_eq(who.index, 1);
	ck_assert_uint_eq(who.tenant, 1);
	ck_assert_uint_eq(who.scopes, SCOPE_EVENTS | SCOPE_ROUTE | SCOPE_WRITE);
	ck_assert_str_eq(who.name, "hq");
	ck_assert(auth_identify(&config, "Basic b2ZmaG9vazpwYngtdG9rZW4=", &who)); /* offhook:pbx-token */
	ck_assert_str_eq(who.name, "hq");
	ck_assert(auth_identify(&config, "basic OnBieC10b2tlbg==", &who)); /* without a user */
	ck_assert_str_eq(who.name, "hq");
	ck_assert(auth_identify(&config, "bEARER   client-token", &who));
	ck_assert_int_eq(who.kind, IDENTITY_CLIENT);
	ck_assert_uint_eq(who.tenant, 2);
	ck_assert_uint_eq(who.scopes, SCOPE_READ | SCOPE_BOARD);
}
END_TEST

START_TEST(everything_else_is_nobody)
{
	static const char *const headers[] = {NULL, "", "Bearer", "Bearer ", "Bearerpbx-token",
		"Basic cGJ4LXRva2Vu", "Basic", "Basic ", "Basic OnBieC10b2tlbg",
		"Basic OnBieC10b2tlbg=", "Basic =", "Basic ====", "Basic Ong=", "Basic OnBieC10b2tlbgA=",
		"Basic OnBieC10b2\tbg==", "pbx-token", "Bearer pbx-toke", "Bearer pbx-tokens",
		"Bearer PBX-TOKEN", "Bearer silent-token", "Bearer pbx-token "};
	struct identity who;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		ck_assert(!auth_identify(&config, headers[i], &who));
		ck_assert_int_eq(who.kind, IDENTITY_NOBODY);
		ck_assert_uint_eq(who.scopes, 0);
	}
	char large[LIMIT_SECRET_BYTES + 16] = "Bearer ";
	memset(large + 7, 'x', LIMIT_SECRET_BYTES + 1);
	ck_assert(!auth_identify(&config, large, &who));
}
END_TEST

START_TEST(an_address_that_guesses_waits_until_its_minute_is_over)
{
	struct auth *auth = auth_new();
	usec_t now = 1000 * SECOND;
	for (int i = 0; i < LIMIT_FAILED_LOGINS; i++)
		ck_assert_uint_eq(auth_failed(auth, "192.0.2.1", now + i), 0);
	ck_assert_uint_eq(auth_failed(auth, "192.0.2.1", now + 20 * SECOND), 40);
	ck_assert_uint_eq(auth_failed(auth, "192.0.2.2", now + 20 * SECOND), 0);
	ck_assert_uint_eq(auth_failed(auth, "192.0.2.1", now + MINUTE - 1), 1);
	ck_assert_uint_eq(auth_failed(auth, "192.0.2.1", now + MINUTE), 0);
	auth_free(auth);
}
END_TEST

START_TEST(an_ipv6_network_counts_as_one)
{
	struct auth *auth = auth_new();
	char peer[64];
	for (int i = 0; i < LIMIT_FAILED_LOGINS; i++) {
		snprintf(peer, sizeof(peer), "2001:db8:0:1::%x", i);
		ck_assert_uint_eq(auth_failed(auth, peer, SECOND), 0);
	}
	ck_assert_uint_gt(auth_failed(auth, "2001:db8:0:1:ffff::1", SECOND), 0);
	ck_assert_uint_eq(auth_failed(auth, "2001:db8:0:2::1", SECOND), 0);
	auth_free(auth);
}
END_TEST

START_TEST(any_number_of_addresses_fits)
{
	struct auth *auth = auth_new();
	char peer[64];
	for (int i = 0; i < 4 * LIMIT_FAILED_LOGIN_ADDRESSES; i++) {
		snprintf(peer, sizeof(peer), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		ck_assert_uint_eq(auth_failed(auth, peer, SECOND), 0);
	}
	auth_free(auth);
}
END_TEST

START_TEST(this_machine_is_known_by_its_addresses)
{
	ck_assert(auth_is_loopback("127.0.0.1"));
	ck_assert(auth_is_loopback("127.8.8.8"));
	ck_assert(auth_is_loopback("::1"));
	ck_assert(auth_is_loopback("::ffff:127.0.0.1"));
	ck_assert(!auth_is_loopback("128.0.0.1"));
	ck_assert(!auth_is_loopback("::ffff:192.0.2.1"));
	ck_assert(!auth_is_loopback("fe80::1"));
	ck_assert(!auth_is_loopback("localhost"));
	ck_assert(!auth_is_loopback(""));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("auth");
	TCase *tests = tcase_create("auth");
	tcase_add_checked_fixture(tests, configure, NULL);
	tcase_add_test(tests, a_token_tells_who_asks);
	tcase_add_test(tests, everything_else_is_nobody);
	tcase_add_test(tests, an_address_that_guesses_waits_until_its_minute_is_over);
	tcase_add_test(tests, an_ipv6_network_counts_as_one);
	tcase_add_test(tests, any_number_of_addresses_fits);
	tcase_add_test(tests, this_machine_is_known_by_its_addresses);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
