/*
 * How long something lasts, as people write it in a chat line.
 *
 * A duration: "30m", "1h30", "1h 30m", "2 hours", "90 minutes", "2d", "1 week"; also after "for". Each unit
 * once, the larger first; a one-letter unit stands at its number.
 * A point, after "until" or "till", in the person's zone: a clock time ("15:00", "3pm", "noon"; its next
 * occurrence), a bare hour; "today" and "midnight" (the coming midnight); "tomorrow", a weekday or a date
 * ("2026-12-24", "24 Dec", "24 December 2027"), which are the start of that day or, with a clock time behind,
 * that time of it; an RFC 3339 instant. The name of today's weekday is a week ahead.
 * "forever" and "for good" say that there is no end.
 */
#ifndef OFFHOOK_XMPP_CHAT_TIME_H
#define OFFHOOK_XMPP_CHAT_TIME_H

#include <stddef.h>

#include "base/clock.h"

enum chat_time {
	CHAT_TIME_NONE, /* what stands there is no time */
	CHAT_TIME_READ,
	CHAT_TIME_BAD, /* is meant as one, but cannot be; the error says why */
};

/* Reads the time at the start of `text`, which ends at the end of a word: `*until` is an instant after `now`,
 * or 0 for no end, and `*length` the bytes that it took. With `worded` only those forms count that begin with
 * a word ("until", "for", "forever"), so that a sentence such as "2 hours late" is left alone. */
enum chat_time chat_time_read(const char *text, bool worded, const char *zone, usec_t now, usec_t *until,
	size_t *length, struct error *error) must_check;

#endif
