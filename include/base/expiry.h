/*
 * The field `expires` of forms and HTTP: "never" or "" (gives 0), a duration ("30m", "1h", "4h",
 * "1h30m", "2d"), "today" (the coming midnight), a clock time "HH:MM" (its next occurrence), or an
 * RFC 3339 instant. Local forms are in `zone`. An instant that is not after `now`, or lies more than
 * LIMIT_EXPIRY_DAYS ahead, is an error with the field "expires".
 */
#ifndef OFFHOOK_BASE_EXPIRY_H
#define OFFHOOK_BASE_EXPIRY_H

#include "base/clock.h"

bool expiry_parse(
	const char *text, const char *zone, usec_t now, usec_t *until, struct error *error) must_check;

#endif
