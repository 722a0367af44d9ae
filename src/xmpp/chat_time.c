/* What people write about how long something lasts becomes an instant here. */
#include "xmpp/chat_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/zone.h"

#define WEEK (7 * DAY)

/* What is being read: `at` moves on, and is moved back where something turns out to be nothing. */
struct reading {
	const char *at;
	const char *zone;
	usec_t now;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return ((unsigned char)c | 0x20) >= 'a' && ((unsigned char)c | 0x20) <= 'z';
}

/* A full stop ends a word only before a blank or the end: "3.5" is one. */
static bool ends_word(const char *at)
{
	return *at == '\0' || *at == ' ' || strchr(",;:!)", *at) != NULL ||
	       (*at == '.' && (at[1] == '\0' || at[1] == ' '));
}

static void skip_blanks(struct reading *reading)
{
	reading->at += strspn(reading->at, " ");
}

/* One of the words, in any case. Returns which, from 0, or -1. */
static int take_word(struct reading *reading, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(words[i]);
		if (strncasecmp(reading->at, words[i], length) == 0 && ends_word(reading->at + length)) {
			reading->at += length;
			return (int)i;
		}
	}
	return -1;
}
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool take_number(struct reading *reading, size_t most_digits, long long most, long long *number)
{
	char digits[16];
	size_t length = strspn(reading->at, "0123456789");

	if (length == 0 || length > most_digits || length >= sizeof(digits))
		return false;
	memcpy(digits, reading->at, length);
	digits[length] = '\0';
	if (!text_number(digits, 0, most, number))
		return false;
	reading->at += length;
	return true;
}

/* ---- durations ---- */

struct unit {
	const char *name;
	usec_t length;
};
static const struct unit units[] = {
	{"weeks", WEEK},
	{"week", WEEK},
	{"w", WEEK},
	{"days", DAY},
	{"day", DAY},
	{"d", DAY},
	{"hours", HOUR},
	{"hour", HOUR},
	{"hrs", HOUR},
	{"hr", HOUR},
	{"h", HOUR},
	{"minutes", MINUTE},
	{"minute", MINUTE},
	{"mins", MINUTE},
	{"min", MINUTE},
	{"m", MINUTE},
};

static bool take_unit(struct reading *reading, usec_t *unit)
{
	size_t blanks = strspn(reading->at, " ");
	const char *name = reading->at + blanks;
	size_t length = 0;

	while (is_letter(name[length]))
		length++;
	for (size_t i = 0; i < COUNT(units); i++) {
		if (strlen(units[i].name) != length || strncasecmp(units[i].name, name, length) != 0 ||
			(length == 1 && blanks > 0))
			continue;
		*unit = units[i].length;
		reading->at = name + length;
		return true;
	}
	return false;
}

/* A number and its unit, which is smaller than `before`; the last minutes of "1h30" need none. */
static bool take_part(struct reading *reading, usec_t before, bool attached, usec_t *part, usec_t *unit)
{
	long long number;

	if (!take_number(reading, 6, 999999, &number))
		return false;
	if (!take_unit(reading, unit)) {
		if (before != HOUR || !attached || number > 59 || !ends_word(reading->at))
			return false;
		*unit = MINUTE;
	}
	*part = number * *unit;
	return *unit < before && (ends_word(reading->at) || is_digit(*reading->at));
}

static bool take_duration(struct reading *reading, usec_t *duration)
{
	usec_t before = 8 * WEEK, part, unit;
	const char *good = NULL;

	*duration = 0;
	while (*reading->at) {
		const char *start = reading->at;
		skip_blanks(reading);
		if (!take_part(reading, before, start == reading->at, &part, &unit))
			break;
		*duration += part;
		before = unit;
		good = reading->at;
	}
	/* "1h30x" is nothing at all. */
	if (good == NULL || !ends_word(good))
		return false;
	reading->at = good;
	return true;
}

/* ---- points ---- */

/* "am" or "pm" behind an hour of 1..12. */
static bool take_half_day(struct reading *reading, long long *hour)
{
	static const char *const halves[] = {"am", "pm"};
	const char *start = reading->at;

	skip_blanks(reading);
	int half = *hour >= 1 && *hour <= 12 ? take_word(reading, halves, COUNT(halves)) : -1;
	if (half < 0) {
		reading->at = start;
		return false;
	}
	*hour = *hour % 12 + (half ? 12 : 0);
	return true;
}

static bool take_clock(struct reading *reading, int *hour, int *minute)
{
	static const char *const words[] = {"noon"};
	const char *start = reading->at;
	long long h = 12, m = 0;
	bool good = take_word(reading, words, COUNT(words)) == 0;

	if (!good && take_number(reading, 2, 23, &h)) {
		if (*reading->at == ':') {
			const char *minutes = ++reading->at;
			good = take_number(reading, 2, 59, &m) && reading->at == minutes + 2;
			good = good && (take_half_day(reading, &h) || ends_word(reading->at));
		} else {
			good = take_half_day(reading, &h);
		}
	}
	if (!good)
		reading->at = start;
	*hour = (int)h;
	*minute = (int)m;
	return good;
}

/* The start of that day, or a clock time behind it. */
static usec_t take_time_of(struct reading *reading, int year, int month, int day)
{
	static const char *const joints[] = {"at"};
	const char *start = reading->at;
	int hour, minute;

	skip_blanks(reading);
	if (take_word(reading, joints, COUNT(joints)) == 0)
		skip_blanks(reading);
	if (!take_clock(reading, &hour, &minute)) {
		reading->at = start;
		hour = minute = 0;
	}
	return zone_instant(reading->zone, year, month, day, hour, minute);
}

static bool exists(int year, int month, int day)
{
	char text[CLOCK_TEXT];
	usec_t at;

	snprintf(text, sizeof(text), "%04d-%02d-%02dT00:00:00Z", year, month, day);
	return clock_parse(text, &at);
}

/* "2026-12-24", with or without "T15:00" or " 15:00". */
static bool take_date(struct reading *reading, usec_t *at)
{
	long long year, month, day;

	if (!take_number(reading, 4, 9999, &year) || *reading->at++ != '-' ||
		!take_number(reading, 2, 12, &month) || *reading->at++ != '-' ||
		!take_number(reading, 2, 31, &day) || !exists((int)year, (int)month, (int)day))
		return false;
	if ((*reading->at | 0x20) == 't' && is_digit(reading->at[1]))
		reading->at++;
	else if (!ends_word(reading->at))
		return false;
	*at = take_time_of(reading, (int)year, (int)month, (int)day);
	return ends_word(reading->at);
}

/* "24 Dec", "24 December 2027": without a year the next one. */
static bool take_day_and_month(struct reading *reading, usec_t *at)
{
	static const char *const months[] = {"january", "february", "march", "april", "may", "june", "july",
		"august", "september", "october", "november", "december", "jan", "feb", "mar", "apr", "may",
		"jun", "jul", "aug", "sep", "oct", "nov", "dec"};
	int year = zone_date(reading->zone, reading->now).year, month;
	long long day, said;

	if (!take_number(reading, 2, 31, &day) || *reading->at != ' ')
		return false;
	skip_blanks(reading);
	month = take_word(reading, months, COUNT(months)) % 12 + 1;
	if (month < 1)
		return false;
	struct reading before = *reading;
	skip_blanks(reading);
	bool has_year = take_number(reading, 4, 9999, &said) && said >= 1970 && ends_word(reading->at);
	if (has_year)
		year = (int)said;
	else
		*reading = before;
	before = *reading;
	for (int more = 0; more < (has_year ? 1 : 8); more++) {
		*reading = before;
		if (!exists(year + more, month, (int)day))
			continue;
		*at = take_time_of(reading, year + more, month, (int)day);
		if (has_year || *at > reading->now)
			return true;
	}
	return false;
}

static bool take_day(struct reading *reading, usec_t *at)
{
	static const char *const days[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday",
		"saturday", "sun", "mon", "tue", "wed", "thu", "fri", "sat"};
	static const char *const tomorrow[] = {"tomorrow"};
	struct zone_date today = zone_date(reading->zone, reading->now);
	int ahead = 1;

	if (take_word(reading, tomorrow, COUNT(tomorrow)) < 0) {
		int day = take_word(reading, days, COUNT(days));
		if (day < 0)
			return false;
		ahead = (day % 7 - today.weekday + 6) % 7 + 1;
	}
	*at = take_time_of(reading, today.year, today.month, today.day + ahead);
	return true;
}

static bool take_tonight(struct reading *reading, usec_t *at)
{
	static const char *const words[] = {"today", "midnight"};

	if (take_word(reading, words, COUNT(words)) < 0)
		return false;
	*at = zone_midnight(reading->zone, reading->now);
	return true;
}

static bool take_next_clock(struct reading *reading, usec_t *at)
{
	const char *start = reading->at;
	long long bare;
	int hour, minute = 0;

	if (!take_clock(reading, &hour, &minute)) {
		if (!take_number(reading, 2, 23, &bare) || !ends_word(reading->at)) {
			reading->at = start;
			return false;
		}
		hour = (int)bare;
	}
	*at = zone_next_clock(reading->zone, hour, minute, reading->now);
	return true;
}

static bool take_instant(struct reading *reading, usec_t *at)
{
	size_t length = strcspn(reading->at, " ,;!)");
	char text[64];

	if (length == 0 || length >= sizeof(text))
		return false;
	memcpy(text, reading->at, length);
	text[length] = '\0';
	if (!clock_parse(text, at))
		return false;
	reading->at += length;
	return true;
}

static bool take_point(struct reading *reading, usec_t *at)
{
	static bool (*const forms[])(struct reading *, usec_t *) = {
		take_instant, take_date, take_day_and_month, take_day, take_tonight, take_next_clock};
	const char *start = reading->at;

	for (size_t i = 0; i < COUNT(forms); i++) {
		reading->at = start;
		if (forms[i](reading, at))
			return true;
	}
	reading->at = start;
	return false;
}

/* ---- */

static enum chat_time bad(struct error *error, const char *at)
{
	char *word = text_clean(at, strcspn(at, " "), 24);

	error_set(error, NULL, "“%s” is no time that I understand", word);
	free(word);
	return CHAT_TIME_BAD;
}

static enum chat_time read_time(struct reading *reading, bool worded, usec_t *until, struct error *error)
{
	static const char *const words[] = {"until", "till", "til", "for", "forever"};
	static const char *const good[] = {"good", "ever"};
	int word = take_word(reading, words, COUNT(words));
	usec_t duration;

	skip_blanks(reading);
	*until = 0;
	if (word == 4)
		return CHAT_TIME_READ;
	if (word < 0 || word == 3) {
		struct reading before = *reading;
		if (word == 3 && take_word(reading, good, COUNT(good)) >= 0)
			return CHAT_TIME_READ;
		*reading = before;
		if ((worded && word < 0) || !take_duration(reading, &duration))
			return CHAT_TIME_NONE;
		*until = reading->now + duration;
		return CHAT_TIME_READ;
	}
	if (take_point(reading, until))
		return CHAT_TIME_READ;
	return is_digit(*reading->at) ? bad(error, reading->at) : CHAT_TIME_NONE;
}

enum chat_time chat_time_read(const char *text, bool worded, const char *zone, usec_t now, usec_t *until,
	size_t *length, struct error *error)
{
	struct reading reading = {text, zone, now};
	usec_t at;
	enum chat_time result = read_time(&reading, worded, &at, error);

	if (result != CHAT_TIME_READ)
		return result;
	if (at != 0 && at <= now)
		error_set(error, NULL, "the end must lie in the future");
	else if (at - now > LIMIT_EXPIRY_DAYS * DAY)
		error_set(error, NULL, "the end lies more than %d days ahead", LIMIT_EXPIRY_DAYS);
	else {
		*until = at;
		*length = (size_t)(reading.at - text);
		return CHAT_TIME_READ;
	}
	return CHAT_TIME_BAD;
}
