/*
 * Time. One type: microseconds since 1970-01-01T00:00:00Z, as PostgreSQL's timestamptz resolves.
 * 0 means "none" wherever a usec_t is optional.
 */
#ifndef OFFHOOK_BASE_CLOCK_H
#define OFFHOOK_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef int64_t usec_t;

usec_t clock_now(void);       /* wall clock; may step */
usec_t clock_monotonic(void); /* for intervals; never steps */
/* Whether the wall clock was set back since the last call, by a second or more. `*ahead` is kept between calls, and 0
 * before the first: how far the wall clock is ahead of the monotonic one. */
bool clock_set_back(usec_t now, usec_t monotonic, usec_t *ahead) must_check;

enum { CLOCK_TEXT = 32 };
/* RFC 3339 in UTC, "2026-11-22T10:00:00Z", with ".123456" only when the fraction is not 0.
 * XEP-0082 is the same format. Returns `text`. */
char *clock_text(usec_t at, char text[CLOCK_TEXT]);
/* RFC 3339: date, 'T', time, optional fraction, 'Z' or offset. Years 1970..9999, leap seconds as :59. */
bool clock_parse(const char *text, usec_t *at) must_check;

#endif
