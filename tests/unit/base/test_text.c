/*
 * What counts as text, as one icon, as the same name, and how text is made safe and short.
 */
#include "base/text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define ck_take_eq(taken, expected)                                                                          \
	do {                                                                                                 \
		char *text_taken = taken;                                                                    \
		ck_assert_str_eq(text_taken, expected);                                                      \
		free(text_taken);                                                                            \
	} while (0)

START_TEST(valid_text_is_utf8_without_controls)
{
	static const char *const good[] = {"", "Lunch", "Mittag \u00fc\u00df", "\U0001F37D\uFE0F", "a\u200Db",
		"\u05D0\u200F!", "\uFFFD", "\U0010FFFD"};
	static const char *const bad[] = {"\x01", "a\tb", "a\nb", "\r", "\x1B[31m", "\x7F", "\xC2\x80",
		"\xC2\x85", "\xC2\x9F", "\u2028", "\u2029", "\u202A", "\u202E", "\u2066", "\u2069", "\uFFFE",
		"\uFFFF", "\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "ok\xE2\x82"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(text_valid(good[i]), "good %zu", i);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!text_valid(bad[i]), "bad %zu", i);
}
END_TEST

START_TEST(length_counts_characters)
{
	ck_assert_uint_eq(text_length(""), 0);
	ck_assert_uint_eq(text_length("abc"), 3);
	ck_assert_uint_eq(text_length("\u00fc\u20ac\U0001F4DE"), 3);
	ck_assert_uint_eq(text_length("e\u0301"), 2);
}
END_TEST

START_TEST(check_says_what_is_wrong)
{
	struct error error;

	ck_assert(text_check("", 0, 5, "name", &error));
	ck_assert(text_check("\u00e4\u00e4\u00e4\u00e4\u00e4", 1, 5, "name", &error));
	ck_assert(text_check("a b", 3, 3, "name", NULL));

	ck_assert(!text_check("", 1, 5, "name", &error));
	ck_assert_str_eq(error.field, "name");
	ck_assert_str_eq(error.text, "must not be empty");
	ck_assert(!text_check("a", 2, 5, "name", &error));
	ck_assert_str_eq(error.text, "must have at least 2 characters");
	ck_assert(!text_check("abcdef", 1, 5, "name", &error));
	ck_assert_str_eq(error.text, "has 6 characters, the most is 5");
	ck_assert(!text_check(" a", 1, 5, "name", &error));
	ck_assert(!text_check("a\u00a0", 1, 5, "name", &error));
	ck_assert(!text_check("\u3000", 1, 5, "name", &error));
	ck_assert_str_eq(error.text, "must not begin or end with white space");
	ck_assert(!text_check("a\xFF", 1, 5, "name", &error));
	ck_assert(!text_check("a\nb", 1, 5, "name", NULL));
}
END_TEST

START_TEST(trim_takes_unicode_space_off_both_ends)
{
	ck_take_eq(text_trim(""), "");
	ck_take_eq(text_trim(" \t\r\n"), "");
	ck_take_eq(text_trim("  a  b\u00a0\u3000\n"), "a  b");
	ck_take_eq(text_trim("a"), "a");
	ck_take_eq(text_trim(" \xFF "), "\xFF");
}
END_TEST

START_TEST(an_icon_is_one_grapheme_cluster)
{
	static const char *const good[] = {
		"A", "\u00e9", "e\u0301", "#", "\u26d4", "\U0001F4DE", /* telephone */
		"\U0001F37D\uFE0F",                                    /* plate, emoji style */
		"\U0001F44D\U0001F3FD",                                /* skin tone */
		"#\uFE0F\u20E3", "1\uFE0F\u20E3",                      /* keycaps */
		"\U0001F1E9\U0001F1EA", "\U0001F1E9",                  /* flag, half a flag */
		"\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", /* England */
		"\U0001F3F3\uFE0F\u200D\U0001F308",                                       /* rainbow flag */
		"\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466",             /* family */
		"\U0001F469\U0001F3FD\u200D\U0001F4BB",                                   /* technologist */
		"\u2764\uFE0F\u200D\U0001F525",                                           /* heart on fire */
		"\uD55C", "\u1112\u1161\u11AB", /* Hangul, both ways */
		"\u0928\u093F",                 /* Devanagari ni */
	};
	static const char *const bad[] = {
		"",
		" ",
		"\u00a0",
		"\u3000",
		"\n",
		"ab",
		"12",
		"\u200B",
		"\u200D",
		"\uFE0F",
		"\u0301",
		"\u00AD",
		"\xFF",
		"\U0001F4DE\U0001F4DE",
		"\U0001F4DE ",
		" \U0001F4DE",
		"\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", /* two flags */
		"\U0001F1E9\U0001F1EA\U0001F1EB",           /* a flag and a half */
		"1\uFE0F\u20E3"
		"2\uFE0F\u20E3",                        /* two keycaps */
		"\U0001F44D\U0001F468\u200D\U0001F469", /* a thumb, then a couple */
		"a\u200Db",
	};
	char accents[LIMIT_ICON_BYTES + 3] = "a";

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(text_is_grapheme(good[i]), "good %zu: %s", i, good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!text_is_grapheme(bad[i]), "bad %zu: %s", i, bad[i]);

	while (strlen(accents) + 2 <= LIMIT_ICON_BYTES)
		strcat(accents, "\u0301");
	ck_assert(text_is_grapheme(accents));
	strcat(accents, "\u0301");
	ck_assert(!text_is_grapheme(accents));
}
END_TEST

START_TEST(every_builtin_icon_is_one_grapheme)
{
	static const char *const icons[] = {
		"✅", "💬", "🕑", "🚪", "⛔", "🔴", "🍽️", "💼", "👻", "📞", "⚪", "🏖️"};

	for (size_t i = 0; i < sizeof(icons) / sizeof(*icons); i++)
		ck_assert_msg(text_is_grapheme(icons[i]), "%s", icons[i]);
}
END_TEST

START_TEST(equal_names_fold_to_equal_bytes)
{
	ck_take_eq(text_fold(""), "");
	ck_take_eq(text_fold("Lunch Break"), "lunch break");
	ck_take_eq(text_fold("STRASSE"), "strasse");
	ck_take_eq(text_fold("Stra\u00dfe"), "strasse");
	ck_take_eq(text_fold("e\u0301"), "\u00e9");
	ck_take_eq(text_fold("\uFF26\uFF55\uFF4C\uFF4C"), "full");
	ck_take_eq(text_fold("\uFB01ne"), "fine");
	ck_take_eq(text_fold("\u3392"), "mhz");
	ck_take_eq(text_fold("\u03A3\u03C2"), "\u03C3\u03C3");
	ck_take_eq(text_fold("I"), "i");
	ck_assert_ptr_null(text_fold("\xFF"));
	ck_assert_ptr_null(text_fold("a\xE2\x82"));
}
END_TEST

static size_t encode(unsigned c, char *text)
{
	if (c < 0x800) {
		text[0] = (char)(0xC0 | c >> 6);
		text[1] = (char)(0x80 | (c & 0x3F));
		text[2] = '\0';
		return 2;
	}
	text[0] = (char)(0xE0 | c >> 12);
	text[1] = (char)(0x80 | (c >> 6 & 0x3F));
	text[2] = (char)(0x80 | (c & 0x3F));
	text[3] = '\0';
	return 3;
}

START_TEST(folding_a_folded_name_changes_nothing)
{
	char text[4];

	for (unsigned c = 0x80; c < 0xFFFE; c++) {
		char *once;

		if (c >= 0xD800 && c < 0xE000)
			continue;
		encode(c, text);
		once = text_fold(text);
		ck_assert_ptr_nonnull(once);
		ck_take_eq(text_fold(once), once);
		free(once);
	}
}
END_TEST

START_TEST(a_slug_is_made_of_a_name)
{
	char name[200];

	ck_take_eq(text_slug("Back at 2"), "back-at-2");
	ck_take_eq(text_slug("  Caf\u00e9 -- Cr\u00e8me!  "), "cafe-creme");
	ck_take_eq(text_slug("Stra\u00dfe"), "strasse");
	ck_take_eq(text_slug("\U0001F3D6\uFE0F Vacation"), "vacation");
	ck_take_eq(text_slug("\u4f1a\u8bae"), "status");
	ck_take_eq(text_slug(""), "status");
	ck_take_eq(text_slug("\xFF"), "status");
	memset(name, 'A', sizeof(name) - 1);
	name[63] = ' ';
	name[sizeof(name) - 1] = '\0';
	name[0] = 'B';
	char *slug = text_slug(name);
	ck_assert_uint_eq(strlen(slug), 63); /* the dash would have been the 64th */
	ck_assert(text_is_slug(slug));
	free(slug);
}
END_TEST

START_TEST(a_slug_is_known_by_its_letters)
{
	char name[66];

	ck_assert(text_is_slug("a"));
	ck_assert(text_is_slug("on-call-2"));
	ck_assert(!text_is_slug(""));
	ck_assert(!text_is_slug("On"));
	ck_assert(!text_is_slug("a_b"));
	ck_assert(!text_is_slug("a b"));
	ck_assert(!text_is_slug("\u00e9"));
	memset(name, 'a', 65);
	name[65] = '\0';
	ck_assert(!text_is_slug(name));
	name[64] = '\0';
	ck_assert(text_is_slug(name));
}
END_TEST

static char *clean(const char *text, size_t max)
{
	return text_clean(text, strlen(text), max);
}

START_TEST(clean_makes_any_bytes_text)
{
	ck_take_eq(clean("", 10), "");
	ck_take_eq(clean("plain", 10), "plain");
	ck_take_eq(clean("a\xFFz", 10), "a\uFFFDz");
	ck_take_eq(clean("a\x01z", 10), "a\uFFFDz");
	ck_take_eq(text_clean("a\0z", 3, 10), "a\uFFFDz");
	ck_take_eq(clean("a\tb\nc\x7F"
			 "d\xC2\x85"
			 "e\u2028f\u202Eg",
			   20),
		"a b c d e f g");
	ck_take_eq(clean("\uFFFE", 10), "\uFFFD");
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			const char bytes[] = {(char)a, (char)b, 'x'};
			char *text = text_clean(bytes, sizeof(bytes), 3);

			ck_assert_msg(text_valid(text), "%02x %02x", a, b);
			free(text);
		}
	}
}
END_TEST

START_TEST(clean_cuts_between_graphemes)
{
	ck_take_eq(clean("abcdef", 3), "abc");
	ck_take_eq(clean("abc", 3), "abc");
	ck_take_eq(clean("abc", 0), "");
	ck_take_eq(clean("ae\u0301", 2), "a");
	ck_take_eq(clean("ae\u0301", 3), "ae\u0301");
	ck_take_eq(clean("ae\u0301x", 3), "ae\u0301");
	ck_take_eq(clean("x\U0001F468\u200D\U0001F469\u200D\U0001F467", 4), "x");
	ck_take_eq(clean("\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", 3), "\U0001F1E9\U0001F1EA");
	ck_take_eq(clean("e\u0301\u0301\u0301", 2), "");
}
END_TEST

START_TEST(a_number_has_digits_only)
{
	long long number = -1;

	ck_assert(text_number("0", 0, 9, &number) && number == 0);
	ck_assert(text_number("65535", 1, 65535, &number) && number == 65535);
	ck_assert(text_number("9223372036854775807", 0, 9223372036854775807LL, &number));
	ck_assert_int_eq(number, 9223372036854775807LL);
	number = 7;
	ck_assert(!text_number("", 0, 9, &number));
	ck_assert(!text_number("10", 0, 9, &number));
	ck_assert(!text_number("0", 1, 9, &number));
	ck_assert(!text_number("-1", -5, 9, &number));
	ck_assert(!text_number("+1", 0, 9, &number));
	ck_assert(!text_number(" 1", 0, 9, &number));
	ck_assert(!text_number("1 ", 0, 9, &number));
	ck_assert(!text_number("1e1", 0, 99, &number));
	ck_assert(!text_number("9223372036854775808", 0, 9223372036854775807LL, &number));
	ck_assert(!text_number("99999999999999999999999", 0, 9223372036854775807LL, &number));
	ck_assert_int_eq(number, 7);
}
END_TEST

START_TEST(parts_are_joined_as_far_as_there_is_room)
{
	const char *const parts[] = {"hq", "", "1001"};
	char text[16], small[6];

	ck_assert_uint_eq(text_join(text, sizeof(text), ':', parts, 3), 8);
	ck_assert_str_eq(text, "hq::1001");
	ck_assert_uint_eq(text_join(text, 9, ':', parts, 3), 8);
	ck_assert_str_eq(text, "hq::1001");
	ck_assert_uint_eq(text_join(small, sizeof(small), ':', parts, 3), 8);
	ck_assert_str_eq(small, "hq::1");
	ck_assert_uint_eq(text_join(small, 3, ':', parts, 3), 8);
	ck_assert_str_eq(small, "hq");
	ck_assert_uint_eq(text_join(small, 1, ':', parts, 3), 8);
	ck_assert_str_eq(small, "");
	ck_assert_uint_eq(text_join(small, sizeof(small), ':', parts, 1), 2);
	ck_assert_str_eq(small, "hq");
	ck_assert_uint_eq(text_join(small, sizeof(small), ':', parts, 0), 0);
	ck_assert_str_eq(small, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("text");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, valid_text_is_utf8_without_controls);
	tcase_add_test(tcase, length_counts_characters);
	tcase_add_test(tcase, check_says_what_is_wrong);
	tcase_add_test(tcase, trim_takes_unicode_space_off_both_ends);
	tcase_add_test(tcase, an_icon_is_one_grapheme_cluster);
	tcase_add_test(tcase, every_builtin_icon_is_one_grapheme);
	tcase_add_test(tcase, equal_names_fold_to_equal_bytes);
	tcase_add_test(tcase, folding_a_folded_name_changes_nothing);
	tcase_add_test(tcase, a_slug_is_made_of_a_name);
	tcase_add_test(tcase, a_slug_is_known_by_its_letters);
	tcase_add_test(tcase, clean_makes_any_bytes_text);
	tcase_add_test(tcase, clean_cuts_between_graphemes);
	tcase_add_test(tcase, a_number_has_digits_only);
	tcase_add_test(tcase, parts_are_joined_as_far_as_there_is_room);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
