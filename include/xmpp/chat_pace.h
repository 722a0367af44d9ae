/*
 * How many chat lines of one sender are answered, so that a program that answers our answers cannot keep us
 * talking for ever.
 *
 * A minute begins with a line. LIMIT_CHAT_LINES of it are to be answered, the next one is to be told so, and
 * all others are to be left alone until the minute is over. At most LIMIT_CHAT_WRITERS are remembered; whose
 * minute began first goes first.
 */
#ifndef OFFHOOK_XMPP_CHAT_PACE_H
#define OFFHOOK_XMPP_CHAT_PACE_H

#include "base/clock.h"
#include "base/map.h"

struct chat_writer;
struct chat_pace {
	struct map writers;
	struct chat_writer *oldest, *newest; /* by when their minute began */
};

void chat_pace_init(struct chat_pace *pace);
void chat_pace_done(struct chat_pace *pace);

enum pace { PACE_ANSWER, PACE_TELL, PACE_IGNORE };
/* Counts a line; `sender` is a bare JID. */
enum pace chat_pace_take(struct chat_pace *pace, const char *sender, usec_t now) must_check;

#endif
