/*
 * IANA time zones, through ICU; the only file that knows it.
 */
#ifndef OFFHOOK_BASE_ZONE_H
#define OFFHOOK_BASE_ZONE_H

#include <stdbool.h>

#include "base/clock.h"

/* A zone of the IANA database in its exact spelling ("Europe/Berlin", "UTC"). */
bool zone_valid(const char *zone) must_check;
/* The coming midnight (first instant of the next local day) after `now` in `zone`. */
usec_t zone_midnight(const char *zone, usec_t now);
/* The next occurrence, strictly after `now`, of hour:minute in `zone`. A time skipped by a change to
 * daylight saving gives the instant after the gap; one that occurs twice gives the first still ahead. */
usec_t zone_next_clock(const char *zone, int hour, int minute, usec_t now);
/* The instant of a local date and time (month 1..12); a day beyond the month's last goes on in the next. */
usec_t zone_instant(const char *zone, int year, int month, int day, int hour, int minute);
/* The local date at an instant. */
struct zone_date {
	int year, month, day, weekday; /* month 1..12, weekday 0 (Sunday)..6 */
};
struct zone_date zone_date(const char *zone, usec_t at);
/* "15:00", or "Mon 15:00" within a week, or "24 Dec 15:00", as seen at `now` in `zone`. Returns text. */
enum { ZONE_TEXT = 40 };
char *zone_text(const char *zone, usec_t at, usec_t now, char text[ZONE_TEXT]);
/* "2026-11-22 15:00:05" in `zone`. Returns text. */
char *zone_stamp(const char *zone, usec_t at, char text[ZONE_TEXT]);

#endif
