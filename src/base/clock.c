/*
 * Clocks are read here, and instants written and read as RFC 3339 text.
 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/limits.h"

enum { DAY_SECONDS = 24 * 60 * 60 };

static usec_t read_clock(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (usec_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

usec_t clock_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

usec_t clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* What is read between two clocks takes time at times, and several small steps are one: `*ahead` only grows until the
 * difference is worth a look. The monotonic clock stands still while the machine sleeps, which is a step ahead. */
bool clock_set_back(usec_t now, usec_t monotonic, usec_t *ahead)
{
	usec_t difference = now - monotonic;
	bool back = *ahead != 0 && difference <= *ahead - SECOND;
	if (back || difference > *ahead)
		*ahead = difference;
	return back;
}

/* Calendar arithmetic counts from 1 March: the leap day is then the last of its year, and the months
 * before it follow the pattern 31 30 31 30 31. An era is 400 years, 146097 days. */
static int64_t days_from_date(int64_t year, int month, int day)
{
	if (month <= 2)
		year--;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int64_t *year, int *month, int *day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * day_of_year + 2) / 153;
	*day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
	*month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
	*year = year_of_era + era * 400 + (*month <= 2);
}

/* Returns the end; printf would take most of the time that it takes to render presence. */
static char *write_digits(char *text, int number, int digits)
{
	for (int i = digits; i-- > 0; number /= 10)
		text[i] = (char)('0' + number % 10);
	return text + digits;
}

/* With a '-'. There are instants of six digits, and before the year 0. */
static char *write_year(char *text, int64_t year)
{
	if (year < 0 || year > 9999)
		return text + snprintf(text, CLOCK_TEXT, "%04lld-", (long long)year);
	text = write_digits(text, (int)year, 4);
	*text = '-';
	return text + 1;
}

char *clock_text(usec_t at, char text[CLOCK_TEXT])
{
	int64_t seconds = at / SECOND;
	int fraction = (int)(at % SECOND);
	if (fraction < 0) {
		fraction += (int)SECOND;
		seconds--;
	}
	int64_t days = seconds / DAY_SECONDS;
	int time = (int)(seconds % DAY_SECONDS);
	if (time < 0) {
		time += DAY_SECONDS;
		days--;
	}
	int64_t year;
	int month, day;
	date_from_days(days, &year, &month, &day);
	const struct {
		int number, digits;
		char behind;
	} parts[] = {{month, 2, '-'}, {day, 2, 'T'}, {time / 3600, 2, ':'}, {time / 60 % 60, 2, ':'},
		{time % 60, 2, fraction != 0 ? '.' : 'Z'}, {fraction, 6, 'Z'}};
	char *end = write_year(text, year);
	for (size_t i = 0; i < (fraction != 0 ? 6 : 5); i++) {
		end = write_digits(end, parts[i].number, parts[i].digits);
		*end++ = parts[i].behind;
	}
	*end = '\0';
	return text;
}

/* Exactly `digits` digits at *text, within [least, most]; moves *text behind them. */
static bool read_number(const char **text, int digits, int least, int most, int *number)
{
	*number = 0;
	for (; digits > 0; digits--) {
		char c = **text;
		if (c < '0' || c > '9')
			return false;
		*number = *number * 10 + (c - '0');
		(*text)++;
	}
	return *number >= least && *number <= most;
}

static bool read_char(const char **text, char wanted)
{
	if (**text != wanted)
		return false;
	(*text)++;
	return true;
}

static bool read_date(const char **text, int64_t *days)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;

	if (!read_number(text, 4, 1970, 9999, &year) || !read_char(text, '-') ||
		!read_number(text, 2, 1, 12, &month) || !read_char(text, '-') ||
		!read_number(text, 2, 1, 31, &day))
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > lengths[month - 1] + (month == 2 && leap))
		return false;
	*days = days_from_date(year, month, day);
	return true;
}

/* Digits beyond the microsecond are dropped. */
static bool read_fraction(const char **text, usec_t *fraction)
{
	*fraction = 0;
	if (!read_char(text, '.'))
		return true;
	const char *first = *text;
	for (usec_t unit = SECOND / 10; **text >= '0' && **text <= '9'; unit /= 10, (*text)++)
		*fraction += unit * (**text - '0');
	return *text > first;
}

/* Seconds east of Greenwich. */
static bool read_offset(const char **text, int *offset)
{
	int hour, minute;

	*offset = 0;
	if (read_char(text, 'Z') || read_char(text, 'z'))
		return true;
	bool west = **text == '-';
	if (!read_char(text, '+') && !read_char(text, '-'))
		return false;
	if (!read_number(text, 2, 0, 23, &hour) || !read_char(text, ':') ||
		!read_number(text, 2, 0, 59, &minute))
		return false;
	*offset = (hour * 3600 + minute * 60) * (west ? -1 : 1);
	return true;
}

bool clock_parse(const char *text, usec_t *at)
{
	int64_t days;
	int hour, minute, second, offset;
	usec_t fraction;

	if (!read_date(&text, &days) || (!read_char(&text, 'T') && !read_char(&text, 't')) ||
		!read_number(&text, 2, 0, 23, &hour) || !read_char(&text, ':') ||
		!read_number(&text, 2, 0, 59, &minute) || !read_char(&text, ':') ||
		!read_number(&text, 2, 0, 60, &second) || !read_fraction(&text, &fraction) ||
		!read_offset(&text, &offset) || *text != '\0')
		return false;

	bool leap = second == 60;
	int time = hour * 3600 + minute * 60 + second - leap;
	int64_t seconds = days * DAY_SECONDS + time - offset;
	if (seconds < 0 || seconds >= days_from_date(10000, 1, 1) * DAY_SECONDS)
		return false;
	/* Leap seconds end a day of UTC, whatever the offset says. */
	if (leap && seconds % DAY_SECONDS != DAY_SECONDS - 1)
		return false;
	*at = seconds * SECOND + fraction;
	return true;
}
