/*
 * Local times become instants, and instants local times, here.
 */
#include "base/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/limits.h"

enum { ROOM = LIMIT_ZONE_BYTES + 1, MILLISECOND = 1000 };

/* The wall clock at an instant; `day` counts days without gaps. */
struct local {
	int year, month, day_of_month, day_of_week, hour, minute;
	int day;
};

static bool widen(const char *zone, UChar wide[ROOM])
{
	size_t length = strnlen(zone, ROOM);

	if (length == 0 || length == ROOM)
		return false;
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)zone[i] >= 0x80)
			return false;
	}
	u_charsToUChars(zone, wide, (int32_t)length + 1);
	return true;
}

/* Names that ICU knows beside those of the IANA database. Most of the three-letter ones mean another
 * place to almost everybody: BST is Dhaka. */
static bool is_icu_only(const char *zone)
{
	static const char *const names[] = {"ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT",
		"CST", "CTT", "EAT", "ECT", "IET", "IST", "JST", "MIT", "NET", "NST", "PLT", "PNT", "PRT",
		"PST", "SST", "VST"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(zone, names[i]) == 0)
			return true;
	}
	return strncmp(zone, "SystemV/", 8) == 0;
}

bool zone_valid(const char *zone)
{
	UErrorCode code = U_ZERO_ERROR;
	UBool system = false;
	UChar wide[ROOM], canonical[2 * ROOM];

	if (!widen(zone, wide) || is_icu_only(zone))
		return false;
	ucal_getCanonicalTimeZoneID(wide, -1, canonical, 2 * ROOM, &system, &code);
	/* "GMT+5" and "Etc/Unknown" are legal to ICU, but not of the system's zones. */
	return U_SUCCESS(code) && system;
}

/* An unknown zone counts as UTC. Opening takes some microseconds, so none is kept. */
static UCalendar *calendar_open(const char *zone)
{
	UErrorCode code = U_ZERO_ERROR;
	UChar wide[ROOM];
	UCalendar *calendar;

	if (!widen(zone, wide))
		u_charsToUChars("UTC", wide, 4);
	calendar = ucal_open(wide, -1, "en", UCAL_GREGORIAN, &code);
	if (!calendar || U_FAILURE(code))
		abort(); /* out of memory, or ICU without its data: nothing sensible could follow */
	ucal_setAttribute(calendar, UCAL_SKIPPED_WALL_TIME, UCAL_WALLTIME_NEXT_VALID);
	ucal_setAttribute(calendar, UCAL_REPEATED_WALL_TIME, UCAL_WALLTIME_FIRST);
	return calendar;
}

static struct local local_at(UCalendar *calendar, usec_t at)
{
	UErrorCode code = U_ZERO_ERROR;
	usec_t milliseconds = at / MILLISECOND;
	struct local local;

	ucal_setMillis(calendar, (double)milliseconds, &code);
	local.year = ucal_get(calendar, UCAL_YEAR, &code);
	local.month = ucal_get(calendar, UCAL_MONTH, &code) + 1;
	local.day_of_month = ucal_get(calendar, UCAL_DATE, &code);
	local.day_of_week = ucal_get(calendar, UCAL_DAY_OF_WEEK, &code) - UCAL_SUNDAY;
	local.hour = ucal_get(calendar, UCAL_HOUR_OF_DAY, &code);
	local.minute = ucal_get(calendar, UCAL_MINUTE, &code);
	local.day = ucal_get(calendar, UCAL_JULIAN_DAY, &code);
	return local;
}

/* Days beyond the month's last go on in the next. */
static usec_t instant_of(UCalendar *calendar, int year, int month, int day, int hour, int minute)
{
	UErrorCode code = U_ZERO_ERROR;

	ucal_clear(calendar);
	ucal_setDateTime(calendar, year, month - 1, day, hour, minute, 0, &code);
	return (usec_t)ucal_getMillis(calendar, &code) * MILLISECOND;
}

/* The earliest instant after `now` at which the wall clock shows hour:minute on the days first..last,
 * counted from today. Yesterday counts: where clocks go back over midnight, it comes again. */
static usec_t next_instant(UCalendar *calendar, int first, int last, int hour, int minute, usec_t now)
{
	static const UCalendarWallTimeOption passes[] = {UCAL_WALLTIME_FIRST, UCAL_WALLTIME_LAST};
	struct local today = local_at(calendar, now);
	usec_t best = 0;

	for (int day = first; day <= last; day++) {
		for (size_t i = 0; i < sizeof(passes) / sizeof(*passes); i++) {
			usec_t at;

			ucal_setAttribute(calendar, UCAL_REPEATED_WALL_TIME, passes[i]);
			at = instant_of(
				calendar, today.year, today.month, today.day_of_month + day, hour, minute);
			if (at > now && (best == 0 || at < best))
				best = at;
		}
	}
	return best;
}

usec_t zone_midnight(const char *zone, usec_t now)
{
	UCalendar *calendar = calendar_open(zone);
	usec_t at = next_instant(calendar, 1, 2, 0, 0, now);

	ucal_close(calendar);
	return at;
}

usec_t zone_next_clock(const char *zone, int hour, int minute, usec_t now)
{
	UCalendar *calendar = calendar_open(zone);
	usec_t at = next_instant(calendar, -1, 2, hour, minute, now);

	ucal_close(calendar);
	return at;
}

usec_t zone_instant(const char *zone, int year, int month, int day, int hour, int minute)
{
	UCalendar *calendar = calendar_open(zone);
	usec_t at = instant_of(calendar, year, month, day, hour, minute);

	ucal_close(calendar);
	return at;
}

struct zone_date zone_date(const char *zone, usec_t at)
{
	UCalendar *calendar = calendar_open(zone);
	struct local local = local_at(calendar, at);

	ucal_close(calendar);
	return (struct zone_date){local.year, local.month, local.day_of_month, local.day_of_week};
}

char *zone_text(const char *zone, usec_t at, usec_t now, char text[ZONE_TEXT])
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	UCalendar *calendar = calendar_open(zone);
	struct local then = local_at(calendar, at), today = local_at(calendar, now);
	int away = abs(then.day - today.day);

	ucal_close(calendar);
	if (away == 0)
		snprintf(text, ZONE_TEXT, "%02d:%02d", then.hour, then.minute);
	else if (away < 7)
		snprintf(text, ZONE_TEXT, "%s %02d:%02d", days[then.day_of_week], then.hour, then.minute);
	else if (away < 365)
		snprintf(text, ZONE_TEXT, "%d %s %02d:%02d", then.day_of_month, months[then.month - 1],
			then.hour, then.minute);
	else
		snprintf(text, ZONE_TEXT, "%d %s %d %02d:%02d", then.day_of_month, months[then.month - 1],
			then.year, then.hour, then.minute);
	return text;
}

char *zone_stamp(const char *zone, usec_t at, char text[ZONE_TEXT])
{
	UCalendar *calendar = calendar_open(zone);
	struct local then = local_at(calendar, at);
	UErrorCode code = U_ZERO_ERROR;
	int second = ucal_get(calendar, UCAL_SECOND, &code);

	ucal_close(calendar);
	snprintf(text, ZONE_TEXT, "%04d-%02d-%02d %02d:%02d:%02d", then.year, then.month, then.day_of_month,
		then.hour, then.minute, second);
	return text;
}
