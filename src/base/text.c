/*
 * Unicode text is measured, checked, folded and cut here, through libunistring.
 */
#include "base/text.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/limits.h"
#include "base/memory.h"

static const ucs4_t REPLACEMENT = 0xFFFD;

static const uint8_t *bytes_of(const char *text)
{
	return (const uint8_t *)text;
}

static bool is_control(ucs4_t c)
{
	return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

/* They let a text change the order in which what stands after it is read. */
static bool is_direction_override(ucs4_t c)
{
	return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Surrogates and what lies beyond U+10FFFF are no UTF-8 to begin with. */
static bool is_xml_illegal(ucs4_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xFFFE || c == 0xFFFF;
}

static bool is_space(ucs4_t c)
{
	return uc_is_property_white_space(c);
}

static bool is_slug_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool text_valid(const char *text)
{
	const uint8_t *at = bytes_of(text), *end = at + strlen(text);

	if (u8_check(at, (size_t)(end - at)))
		return false;
	while (at < end) {
		ucs4_t c;

		at += u8_mbtouc_unsafe(&c, at, (size_t)(end - at));
		if (is_control(c) || is_xml_illegal(c) || is_direction_override(c))
			return false;
	}
	return true;
}

size_t text_length(const char *text)
{
	size_t characters = 0;

	for (; *text; text++)
		characters += ((unsigned char)*text & 0xC0) != 0x80;
	return characters;
}

static bool space_at_an_end(const char *text)
{
	const uint8_t *start = bytes_of(text), *end = start + strlen(text);
	ucs4_t first, last;

	if (start == end)
		return false;
	u8_next(&first, start);
	u8_prev(&last, end, start);
	return is_space(first) || is_space(last);
}

bool text_check(const char *text, size_t min, size_t max, const char *field, struct error *error)
{
	size_t length;

	if (!text_valid(text))
		return error_set(error, field, "is not valid UTF-8 or has control characters");
	if (space_at_an_end(text))
		return error_set(error, field, "must not begin or end with white space");
	length = text_length(text);
	if (length < min && length == 0)
		return error_set(error, field, "must not be empty");
	if (length < min)
		return error_set(error, field, "must have at least %zu characters", min);
	if (length > max)
		return error_set(error, field, "has %zu characters, the most is %zu", length, max);
	return true;
}

char *text_trim(const char *text)
{
	const uint8_t *at = bytes_of(text), *end = at + strlen(text);
	const uint8_t *first = end, *last = end;

	while (at < end) {
		ucs4_t c;
		int width = u8_mbtouc(&c, at, (size_t)(end - at));

		if (!is_space(c)) {
			if (first == end)
				first = at;
			last = at + width;
		}
		at += width;
	}
	return mem_bytes((const char *)first, (size_t)(last - first));
}

/* A cluster that begins so shows nothing, or would cling to the character before it. */
static bool is_invisible(ucs4_t c)
{
	return is_space(c) || uc_is_property_default_ignorable_code_point(c) ||
	       uc_is_property_grapheme_extend(c);
}

bool text_is_grapheme(const char *text)
{
	size_t length = strnlen(text, LIMIT_ICON_BYTES + 1);
	char breaks[LIMIT_ICON_BYTES];
	ucs4_t first;

	if (length == 0 || length > LIMIT_ICON_BYTES || !text_valid(text))
		return false;
	u8_next(&first, bytes_of(text));
	if (is_invisible(first))
		return false;
	/* u8_grapheme_next looks at pairs only and cuts flags and ZWJ sequences; this one does not. */
	u8_grapheme_breaks(bytes_of(text), length, breaks);
	return memchr(breaks + 1, 1, length - 1) == NULL;
}

/* The result has a NUL; the caller frees it. */
static uint8_t *fold_once(const uint8_t *bytes, size_t length, size_t *folded_length)
{
	uint8_t *folded = u8_casefold(bytes, length, NULL, UNINORM_NFKC, NULL, folded_length);

	if (!folded)
		return NULL;
	folded = mem_resize(folded, *folded_length + 1, 1);
	folded[*folded_length] = '\0';
	return folded;
}

/* Most names and texts are ASCII, and the tables of Unicode are slow; NULL when it is not. */
static char *fold_ascii(const char *text)
{
	size_t length = 0;

	for (; text[length]; length++)
		if ((unsigned char)text[length] >= 0x80)
			return NULL;
	char *folded = mem_bytes(text, length);
	for (size_t i = 0; i < length; i++)
		if (folded[i] >= 'A' && folded[i] <= 'Z')
			folded[i] = (char)(folded[i] + 'a' - 'A');
	return folded;
}

char *text_fold(const char *text)
{
	size_t once_length, twice_length;
	uint8_t *once, *twice;
	char *folded = fold_ascii(text);

	if (folded)
		return folded;
	if (u8_check(bytes_of(text), strlen(text)))
		return NULL;
	once = fold_once(bytes_of(text), strlen(text), &once_length);
	if (!once)
		return NULL;
	/* NFKC can bring capitals back (U+3392 becomes "MHz"), hence twice. */
	twice = fold_once(once, once_length, &twice_length);
	free(once);
	return (char *)twice;
}

char *text_slug(const char *name)
{
	char slug[LIMIT_SLUG + 1];
	size_t length = 0, size = 0, i;
	char *folded = text_fold(name);
	uint8_t *parts = NULL;

	if (folded)
		parts = u8_normalize(UNINORM_NFKD, bytes_of(folded), strlen(folded), NULL, &size);
	for (i = 0; parts && i < size && length < LIMIT_SLUG;) {
		ucs4_t c;

		i += (size_t)u8_mbtouc(&c, parts + i, size - i);
		if (c < 0x80 && is_slug_character((char)c) && c != '-')
			slug[length++] = (char)c;
		else if (!uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M) && length > 0 &&
			 slug[length - 1] != '-')
			slug[length++] = '-';
	}
	while (length > 0 && slug[length - 1] == '-')
		length--;
	free(folded);
	free(parts);
	return length ? mem_bytes(slug, length) : mem_string("status");
}

bool text_is_slug(const char *text)
{
	size_t length = 0;

	while (length <= LIMIT_SLUG && is_slug_character(text[length]))
		length++;
	return length >= 1 && length <= LIMIT_SLUG && text[length] == '\0';
}

static ucs4_t clean_character(ucs4_t c)
{
	if (is_xml_illegal(c))
		return REPLACEMENT;
	return is_control(c) || is_direction_override(c) ? ' ' : c;
}

char *text_clean(const char *bytes, size_t length, size_t max)
{
	const uint8_t *at = bytes_of(bytes), *end = at + length;
	size_t most = length < max ? length : max + 1; /* one more, to know whether a cluster ends there */
	uint8_t *text = mem_new(4 * most + 1);
	char *breaks = mem_new(4 * most + 1);
	size_t size = 0, characters = 0, cut = 0, over = 0;

	while (at < end && characters <= max) {
		ucs4_t c;

		at += u8_mbtouc(&c, at, (size_t)(end - at));
		if (characters == max)
			over = size;
		size += (size_t)u8_uctomb(text + size, clean_character(c), 4);
		characters++;
	}
	if (characters <= max) {
		cut = size;
	} else {
		u8_grapheme_breaks(text, size, breaks);
		for (cut = over; cut > 0 && !breaks[cut];)
			cut--;
	}
	text[cut] = '\0';
	free(breaks);
	return (char *)text;
}

size_t text_join(char *text, size_t room, char apart, const char *const *parts, size_t count)
{
	size_t length = 0, written = 0;

	for (size_t i = 0; i < count; i++) {
		size_t part = strlen(parts[i]), left = room - 1 - written;
		if (i > 0) {
			length++;
			if (left > 0) {
				text[written++] = apart;
				left--;
			}
		}
		memcpy(text + written, parts[i], part < left ? part : left);
		written += part < left ? part : left;
		length += part;
	}
	text[written] = '\0';
	return length;
}

bool text_number(const char *text, long long min, long long max, long long *number)
{
	long long value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		int digit = *text - '0';

		if (digit < 0 || digit > 9 || value > (LLONG_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value < min || value > max)
		return false;
	*number = value;
	return true;
}
