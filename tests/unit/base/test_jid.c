/*
 * Addresses: how they split, what they are prepared to, which are refused.
 */
#include "base/jid.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

START_TEST(an_address_splits_into_its_parts)
{
	struct jid jid;

	ck_assert(jid_split("alice@example.org/phone", &jid));
	ck_assert_str_eq(jid.local, "alice");
	ck_assert_str_eq(jid.domain, "example.org");
	ck_assert_str_eq(jid.resource, "phone");

	ck_assert(jid_split("example.org", &jid));
	ck_assert_str_eq(jid.local, "");
	ck_assert_str_eq(jid.domain, "example.org");
	ck_assert_str_eq(jid.resource, "");

	ck_assert(jid_split("example.org/a@b/c", &jid));
	ck_assert_str_eq(jid.local, "");
	ck_assert_str_eq(jid.domain, "example.org");
	ck_assert_str_eq(jid.resource, "a@b/c");
}
END_TEST

START_TEST(a_missing_part_is_no_address)
{
	static const char *const bad[] = {
		"", "@", "/", "@example.org", "alice@", "alice@/x", "example.org/", "/x"};
	struct jid jid;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(!jid_split(bad[i], &jid), "%s", bad[i]);
		ck_assert_msg(!jid_parse(bad[i], &jid, NULL), "%s", bad[i]);
	}
}
END_TEST

START_TEST(each_part_has_at_most_1023_bytes)
{
	char part[LIMIT_JID_BYTES + 2], text[4 * 1024];
	struct jid jid;

	memset(part, 'a', sizeof(part));
	part[LIMIT_JID_BYTES] = '\0';
	snprintf(text, sizeof(text), "%s@%s/%s", part, part, part);
	ck_assert(jid_split(text, &jid));
	ck_assert_str_eq(jid.resource, part);
	ck_assert(jid_parse(text, &jid, NULL));

	char bare[JID_TEXT];
	jid_bare(&jid, bare);
	ck_assert_uint_eq(strlen(bare), 2 * LIMIT_JID_BYTES + 1);
	ck_assert_uint_eq(jid_bare_length(text), strlen(bare));

	part[LIMIT_JID_BYTES] = 'a';
	part[LIMIT_JID_BYTES + 1] = '\0';
	snprintf(text, sizeof(text), "%s@d/r", part);
	ck_assert(!jid_split(text, &jid));
	snprintf(text, sizeof(text), "l@%s/r", part);
	ck_assert(!jid_split(text, &jid));
	snprintf(text, sizeof(text), "l@d/%s", part);
	ck_assert(!jid_split(text, &jid));
}
END_TEST

START_TEST(parts_are_prepared)
{
	struct jid jid;
	char bare[JID_TEXT];

	ck_assert(jid_parse("\u00dcRG@EXAMPLE.Org/Home \u2160", &jid, NULL));
	ck_assert_str_eq(jid.local, "\u00fcrg");
	ck_assert_str_eq(jid.domain, "example.org");
	ck_assert_str_eq(jid.resource, "Home I");
	ck_assert_str_eq(jid_bare(&jid, bare), "\u00fcrg@example.org");

	ck_assert(jid_parse("B\u00dcCHER.example.", &jid, NULL));
	ck_assert_str_eq(jid.domain, "b\u00fccher.example");
	ck_assert_str_eq(jid_bare(&jid, bare), "b\u00fccher.example");
	ck_assert(jid_parse("x@127.0.0.1/\U0001F4DE", &jid, NULL));
	ck_assert(jid_parse("x@my_host", &jid, NULL));
}
END_TEST

START_TEST(what_a_profile_prohibits_is_refused)
{
	static const char *const bad[] = {"a b@example.org", "a\"b@example.org", "a&b@example.org",
		"a:b@example.org", "a<b@example.org", "a\uFF20b@example.org", "a@b@example.org",
		"\xFF@example.org", "a\x01@example.org", "\u00AD@example.org", "\u05D0a@example.org",
		"a@exa mple.org", "a@ex:5222", "a@.org", "a@b..c", "a@.", "a@ex\xC3.org", "a@\u00AD", "a@b,c",
		"a@<b>", "a@b/\x01", "a@b/\xFF", "a@b/\xC2\x85", "a@b/\u00AD", "a@b\u2068", "a\u2066@b"};
	struct jid jid;
	struct error error;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		error.text[0] = '\0';
		ck_assert_msg(!jid_parse(bad[i], &jid, &error), "%s", bad[i]);
		ck_assert_str_ne(error.text, "");
	}
}
END_TEST

START_TEST(preparing_never_writes_past_a_part)
{
	/* U+FB03 becomes three bytes of three bytes; U+0149 grows; the largest that fits still fits. */
	char text[2 * 1024] = "";
	struct jid jid;

	for (int i = 0; i < LIMIT_JID_BYTES / 2; i++)
		strcat(text, "\u0149");
	strcat(text, "@example.org");
	ck_assert(!jid_parse(text, &jid, NULL));
	ck_assert_uint_le(strlen(jid.local), LIMIT_JID_BYTES);
}
END_TEST

START_TEST(an_account_has_a_localpart_and_no_resource)
{
	char bare[JID_TEXT];
	struct error error;

	ck_assert(jid_parse_account("Alice@Example.ORG", bare, &error));
	ck_assert_str_eq(bare, "alice@example.org");
	ck_assert(!jid_parse_account("example.org", bare, &error));
	ck_assert_str_eq(error.text, "is not an account: expected name@domain");
	ck_assert(!jid_parse_account("alice@example.org/x", bare, &error));
	ck_assert(!jid_parse_account("a b@example.org", bare, &error));
	ck_assert(!jid_parse_account("", bare, NULL));
}
END_TEST

START_TEST(a_contact_is_a_prepared_localpart)
{
	char contact[1024], text[LIMIT_CONTACT_BYTES + 2];
	struct error error;

	ck_assert(jid_parse_contact("Bob.Miller", contact, &error));
	ck_assert_str_eq(contact, "bob.miller");
	ck_assert(!jid_parse_contact("", contact, &error));
	ck_assert_str_eq(error.text, "must not be empty");
	ck_assert(!jid_parse_contact("bob@example.org", contact, &error));
	ck_assert(!jid_parse_contact("a/b", contact, &error));
	ck_assert(!jid_parse_contact("\u00AD", contact, &error));
	memset(text, 'x', sizeof(text));
	text[LIMIT_CONTACT_BYTES + 1] = '\0';
	ck_assert(!jid_parse_contact(text, contact, &error));
	ck_assert_str_eq(error.text, "is longer than 256 bytes");
	text[LIMIT_CONTACT_BYTES] = '\0';
	ck_assert(jid_parse_contact(text, contact, &error));
}
END_TEST

START_TEST(the_bare_part_ends_at_the_first_slash)
{
	ck_assert_uint_eq(jid_bare_length("a@b/c/d"), 3);
	ck_assert_uint_eq(jid_bare_length("a@b"), 3);
	ck_assert_uint_eq(jid_bare_length(""), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("jid");
	TCase *tcase = tcase_create("jid");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, an_address_splits_into_its_parts);
	tcase_add_test(tcase, a_missing_part_is_no_address);
	tcase_add_test(tcase, each_part_has_at_most_1023_bytes);
	tcase_add_test(tcase, parts_are_prepared);
	tcase_add_test(tcase, what_a_profile_prohibits_is_refused);
	tcase_add_test(tcase, preparing_never_writes_past_a_part);
	tcase_add_test(tcase, an_account_has_a_localpart_and_no_resource);
	tcase_add_test(tcase, a_contact_is_a_prepared_localpart);
	tcase_add_test(tcase, the_bare_part_ends_at_the_first_slash);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
