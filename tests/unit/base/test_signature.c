/* Signatures: each way of writing them, and everything that is none. */
#include "base/signature.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

#define BODY "what do ya want for nothing?"
static char key[] = "Jefe", own[] = "X-PS-Signature";
static const usec_t now = 1795344059 * SECOND;
/* RFC 4231 test case 2, in its three spellings. */
#define HEX "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
#define BASE64 "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
#define BASE64URL "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM"

static struct signature signature;
static struct error error;

static bool check_at(const struct signature_scheme *scheme, const char *value, usec_t at)
{
	error = (struct error){0};
	return signature_check(scheme, value, BODY, strlen(BODY), at, &signature, &error);
}

START_TEST(each_encoding_is_read)
{
	struct signature_scheme hex = {.secret = key}, base64 = {.secret = key, .encoding = SIGNATURE_BASE64},
				url = {.secret = key, .encoding = SIGNATURE_BASE64URL};
	ck_assert(check_at(&hex, HEX, now));
	ck_assert_str_eq(signature.key, HEX);
	ck_assert_int_eq(signature.at, 0);
	ck_assert(check_at(&hex, "sha256=" HEX, now));
	ck_assert(check_at(&hex, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843", now));
	ck_assert(check_at(&base64, BASE64, now));
	ck_assert(check_at(&base64, BASE64URL, now)); /* without padding */
	ck_assert(check_at(&url, BASE64URL, now));
	ck_assert(check_at(&url, BASE64URL "=", now));
	ck_assert(!check_at(&base64, HEX, now));
	ck_assert(!check_at(&hex, BASE64, now));
}
END_TEST

START_TEST(the_two_alphabets_of_base64_differ)
{
	static const unsigned char bytes[] = {0xfb, 0xff, 0xfe};
	char text[16];
	ck_assert_str_eq(secret_base64(bytes, 3, false, text), "+//+");
	ck_assert_str_eq(secret_base64(bytes, 3, true, text), "-__-");
	ck_assert_str_eq(secret_base64(bytes, 1, false, text), "+w==");
	ck_assert_str_eq(secret_base64(bytes, 1, true, text), "-w");
}
END_TEST

START_TEST(everything_else_is_no_signature)
{
	static const char *const values[] = {"", "sha256=", "5bdc", HEX "0", HEX HEX, " " HEX, HEX " ",
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3844",
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384", "t=1795344059,v1=" HEX};
	struct signature_scheme hex = {.secret = key}, other = {.secret = own};
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		ck_assert_msg(!check_at(&hex, values[i], now), "taken: %s", values[i]);
		ck_assert_str_eq(error.field, "X-Signature");
		ck_assert_ptr_null(strstr(error.text, "5bdc"));
	}
	ck_assert(!check_at(&hex, NULL, now));
	ck_assert(!check_at(&other, HEX, now));
	ck_assert(!signature_check(&hex, HEX, BODY, strlen(BODY) - 1, now, &signature, &error));
	hex.header = own;
	ck_assert(!check_at(&hex, NULL, now));
	ck_assert_str_eq(error.field, "X-PS-Signature");
}
END_TEST

static const char *timed(long long seconds, const char *format)
{
	static char text[512];
	unsigned char digest[SHA256_BYTES];
	char head[32], hex[SHA256_TEXT];
	snprintf(head, sizeof(head), "%lld.", seconds);
	secret_hmac_sha256(key, head, BODY, strlen(BODY), digest);
	snprintf(text, sizeof(text), format, seconds, secret_hex(digest, sizeof(digest), hex));
	return text;
}

START_TEST(a_signed_time_has_to_be_near)
{
	struct signature_scheme scheme = {.secret = key, .timestamp = true};
	const long long t = 1795344059;
	ck_assert(check_at(&scheme, timed(t, "t=%lld,v1=%s"), now));
	ck_assert_int_eq(signature.at, now);
	ck_assert(check_at(&scheme, timed(t, "t=%lld, v1=00,v0=x,v1=%s"), now));
	ck_assert(check_at(&scheme, timed(t - 300, "t=%lld,v1=%s"), now));
	ck_assert(check_at(&scheme, timed(t + 300, "t=%lld,v1=%s"), now));
	ck_assert(!check_at(&scheme, timed(t - 301, "t=%lld,v1=%s"), now));
	ck_assert(!check_at(&scheme, timed(t + 301, "t=%lld,v1=%s"), now));
	/* The time is signed too. */
	char moved[512];
	snprintf(moved, sizeof(moved), "t=1795344058%s", strchr(timed(t, "t=%lld,v1=%s"), ','));
	ck_assert(!check_at(&scheme, moved, now));
	static const char *const values[] = {"", "t=", "t=1795344059", "v1=" HEX, HEX, "t=x,v1=" HEX,
		"t=-1,v1=" HEX, "t=1795344059,v1=", ",,,", "t=1795344059999999999,v1=" HEX,
		"t=1795344059,v1=" HEX};
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		ck_assert_msg(!check_at(&scheme, values[i], now), "taken: %s", values[i]);
	ck_assert(!check_at(&scheme, timed(t, "t=%lld,v1=a,v1=b,v1=c,v1=d,v1=%s"), now)); /* too many */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("signature");
	TCase *tests = tcase_create("signature");
	tcase_add_test(tests, each_encoding_is_read);
	tcase_add_test(tests, the_two_alphabets_of_base64_differ);
	tcase_add_test(tests, everything_else_is_no_signature);
	tcase_add_test(tests, a_signed_time_has_to_be_near);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
