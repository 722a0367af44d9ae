/*
 * Sentences for a person about statuses and about what colleagues see of them just now.
 */
#ifndef OFFHOOK_XMPP_SAY_H
#define OFFHOOK_XMPP_SAY_H

#include "base/buf.h"
#include "core/engine.h"

enum { SAY_BYTES = 4096 }; /* enough for each of them */

/* "🍽️ Lunch Break" */
void say_status(const struct status *status, struct buf *out);
/* " until 15:00" in the person's time zone; nothing when until is 0. */
void say_until(const struct person *person, usec_t until, usec_t now, struct buf *out);
/* "🍽️ Lunch Break (back at 2) until 15:00" or "offline": what colleagues see. */
void say_shown(const struct person *person, usec_t now, struct buf *out);
/* How it stands with the feed, to its person: "your client allows it". */
const char *say_feed(const struct person *person);
/* "You are shown as 🍽️ Lunch Break (back at 2) until 15:00." and, when the choice in force is not
 * what is shown, why. */
void say_presence(const struct person *person, usec_t now, struct buf *out);

#endif
