/*
 * Sessions of ad-hoc commands (XEP-0050 section 3.3): which command somebody has begun and not finished.
 *
 * A session belongs to one (id, full JID) and is open for LIMIT_COMMAND_SESSION_MINUTES; as long again it is
 * remembered as expired. There are at most LIMIT_COMMAND_SESSIONS; the oldest goes first.
 */
#ifndef OFFHOOK_XMPP_SESSIONS_H
#define OFFHOOK_XMPP_SESSIONS_H

#include "base/clock.h"
#include "base/map.h"

struct session;
struct sessions {
	struct map map;
	struct session *oldest, *newest;
};

void sessions_init(struct sessions *sessions);
void sessions_done(struct sessions *sessions);
/* Opens it, or keeps it open for longer. `command` is borrowed. */
void sessions_open(
	struct sessions *sessions, const char *id, const char *from, const void *command, usec_t now);
enum session_state { SESSION_UNKNOWN, SESSION_OPEN, SESSION_EXPIRED };
/* Unknown also when it is another's, or of another command. */
enum session_state sessions_state(
	const struct sessions *sessions, const char *id, const char *from, const void *command, usec_t now);
void sessions_close(struct sessions *sessions, const char *id, const char *from);

#endif
