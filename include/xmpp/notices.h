/*
 * Messages to people that wait until the stream has room: one change can make one for everybody. At most
 * LIMIT_NOTICES wait; they outlive a connection, not the program.
 */
#ifndef OFFHOOK_XMPP_NOTICES_H
#define OFFHOOK_XMPP_NOTICES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct notice;

/* Zeroed before its first use. */
struct notices {
	struct notice *first, *last;
	struct notice *taken; /* what notices_next gave last */
	size_t count;
	size_t dropped; /* since none waited */
};

void notices_done(struct notices *notices);
/* Copies. False: too many wait, it is dropped. */
bool notices_add(struct notices *notices, const char *account, const char *text) must_check;
/* The oldest, which lives until the next call. False: none waits. */
bool notices_next(struct notices *notices, const char **account, const char **text) must_check;
bool notices_waiting(const struct notices *notices);

#endif
