/*
 * Digests against published vectors, and tokens.
 */
#include "base/secret.h"

#include <check.h>
#include <string.h>

START_TEST(sha256_gives_the_vectors_of_fips_180)
{
	unsigned char digest[SHA256_BYTES];
	char text[SHA256_TEXT];
	secret_sha256("abc", 3, digest);
	ck_assert_str_eq(secret_hex(digest, sizeof(digest), text),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	secret_sha256("", 0, digest);
	ck_assert_str_eq(secret_hex(digest, sizeof(digest), text),
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(sha1_gives_the_vector_of_fips_180)
{
	char text[41];
	ck_assert_str_eq(secret_sha1_hex("abc", 3, text), "a9993e364706816aba3e25717850c26c9cd0d89d");
}
END_TEST

START_TEST(hex_digits_are_read_in_both_cases)
{
	unsigned char bytes[4] = {0};
	ck_assert(secret_unhex("00fFA17e", bytes, 4));
	ck_assert_mem_eq(bytes, "\x00\xff\xa1\x7e", 4);
}
END_TEST

START_TEST(other_text_is_no_digest)
{
	unsigned char bytes[2];
	ck_assert(!secret_unhex("", bytes, 2));
	ck_assert(!secret_unhex("00f", bytes, 2));
	ck_assert(!secret_unhex("00ff0", bytes, 2));
	ck_assert(!secret_unhex("00ff00", bytes, 2));
	ck_assert(!secret_unhex("00fg", bytes, 2));
	ck_assert(!secret_unhex("0x0f", bytes, 2));
	ck_assert(!secret_unhex(" 0ff", bytes, 2));
	ck_assert(secret_unhex("", bytes, 0));
}
END_TEST

START_TEST(equality_looks_at_every_byte)
{
	char a[] = "0123456789", b[] = "0123456789";
	ck_assert(secret_equal(a, b, 10));
	for (size_t i = 0; i < 10; i++) {
		b[i] ^= 1;
		ck_assert(!secret_equal(a, b, 10));
		b[i] ^= 1;
	}
	ck_assert(secret_equal(a, "", 0));
}
END_TEST

START_TEST(a_token_is_oh_and_base64url_of_32_bytes)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char token[TOKEN_TEXT];
	for (int i = 0; i < 200; i++) { /* enough to meet all 64 characters */
		secret_token(token);
		ck_assert_uint_eq(strlen(token), 3 + 43);
		ck_assert_int_eq(strncmp(token, "oh_", 3), 0);
		ck_assert_uint_eq(strspn(token + 3, alphabet), 43);
	}
}
END_TEST

START_TEST(no_two_tokens_are_the_same)
{
	char first[TOKEN_TEXT], second[TOKEN_TEXT];
	secret_token(first);
	secret_token(second);
	ck_assert_str_ne(first, second);
}
END_TEST

START_TEST(wiped_bytes_are_gone)
{
	char secret[] = "s3cret", zero[sizeof(secret)] = {0};
	secret_wipe(secret, sizeof(secret));
	ck_assert_mem_eq(secret, zero, sizeof(secret));
}
END_TEST

START_TEST(random_bytes_fill_the_whole_room_and_no_more)
{
	unsigned char bytes[66] = {0}, zero[64] = {0};
	secret_random(bytes + 1, 64);
	ck_assert_mem_ne(bytes + 1, zero, 64);
	ck_assert_int_eq(bytes[0], 0);
	ck_assert_int_eq(bytes[65], 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("secret");
	tcase_add_test(tests, sha256_gives_the_vectors_of_fips_180);
	tcase_add_test(tests, sha1_gives_the_vector_of_fips_180);
	tcase_add_test(tests, hex_digits_are_read_in_both_cases);
	tcase_add_test(tests, other_text_is_no_digest);
	tcase_add_test(tests, equality_looks_at_every_byte);
	tcase_add_test(tests, a_token_is_oh_and_base64url_of_32_bytes);
	tcase_add_test(tests, no_two_tokens_are_the_same);
	tcase_add_test(tests, wiped_bytes_are_gone);
	tcase_add_test(tests, random_bytes_fill_the_whole_room_and_no_more);

	Suite *suite = suite_create("secret");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
