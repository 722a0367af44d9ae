/*
 * What people write as the end of a status becomes an instant here.
 */
#include "base/expiry.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/zone.h"

/* The digits at *text as a number up to `most`; moves *text behind them. */
static bool take_number(const char **text, long long most, long long *number)
{
	char digits[8];
	size_t length = strspn(*text, "0123456789");

	if (length == 0 || length >= sizeof(digits))
		return false;
	memcpy(digits, *text, length);
	digits[length] = '\0';
	*text += length;
	return text_number(digits, 0, most, number);
}

/* "1h30m": each unit at most once, the larger first. */
static bool parse_duration(const char *text, usec_t *duration)
{
	static const struct {
		char letter;
		usec_t length;
	} units[] = {{'d', DAY}, {'h', HOUR}, {'m', MINUTE}};
	const size_t count = sizeof(units) / sizeof(*units);
	size_t next = 0;

	*duration = 0;
	do {
		long long number;

		if (!take_number(&text, 9999999, &number))
			return false;
		while (next < count && (*text | 0x20) != units[next].letter)
			next++;
		if (next == count)
			return false;
		*duration += number * units[next].length;
		next++;
		text++;
	} while (*text);
	return true;
}

static bool parse_clock(const char *text, int *hour, int *minute)
{
	long long h, m;

	if (!take_number(&text, 23, &h) || *text++ != ':' || strlen(text) != 2 || !take_number(&text, 59, &m))
		return false;
	*hour = (int)h;
	*minute = (int)m;
	return *text == '\0';
}

static bool parse(const char *text, const char *zone, usec_t now, usec_t *until)
{
	usec_t duration;
	int hour, minute;

	if (strcasecmp(text, "today") == 0) {
		*until = zone_midnight(zone, now);
		return true;
	}
	if (parse_duration(text, &duration)) {
		*until = now + duration;
		return true;
	}
	if (parse_clock(text, &hour, &minute)) {
		*until = zone_next_clock(zone, hour, minute, now);
		return true;
	}
	return clock_parse(text, until);
}

bool expiry_parse(const char *text, const char *zone, usec_t now, usec_t *until, struct error *error)
{
	usec_t at;

	if (!*text || strcasecmp(text, "never") == 0) {
		*until = 0;
		return true;
	}
	if (!parse(text, zone, now, &at))
		return error_set(error, "expires",
			"must be never, a duration like 30m or 1h30m, today, a time like 15:00, "
			"or a date and time like 2026-12-24T15:00:00Z");
	if (at <= now)
		return error_set(error, "expires", "must lie in the future");
	if (at - now > LIMIT_EXPIRY_DAYS * DAY)
		return error_set(error, "expires", "lies more than %d days ahead", LIMIT_EXPIRY_DAYS);
	*until = at;
	return true;
}
