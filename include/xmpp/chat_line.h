/*
 * A chat line: what a person writes to the component or to the own contact address, understood.
 *
 *     STATUS [TIME] [TEXT]     lunch · lunch 30m · dnd until 15:00 on a deadline · busy: on a deadline
 *     msg [TIME] [TEXT]        msg working from home · msg until friday in Berlin · msg (clears it)
 *     clear · status · who WHOM · list · help
 *
 * STATUS is the name (in any case, with or without icon), the id, the icon, or the start of one of them that
 * no other status shares; the longest that fits, whole names before beginnings. Only statuses that a person
 * may set are looked at. TIME is that of xmpp/chat_time.h; of a status it may also end the line ("dnd on a
 * deadline until 15:00"). `set STATUS …` and `status STATUS …` are the same as `STATUS …`, for statuses that
 * are called like one of the words above. Nothing but blanks asks for help.
 *
 * Pure: any bytes go in, no XMPP is known here.
 */
#ifndef OFFHOOK_XMPP_CHAT_LINE_H
#define OFFHOOK_XMPP_CHAT_LINE_H

#include "base/limits.h"
#include "core/status.h"
#include "xmpp/chat_time.h"

enum chat_verb {
	CHAT_SET,
	CHAT_CLEAR,
	CHAT_MESSAGE,
	CHAT_STATUS,
	CHAT_WHO,
	CHAT_LIST,
	CHAT_HELP,
	CHAT_UNKNOWN,   /* `text` is the line */
	CHAT_AMBIGUOUS, /* several statuses begin so */
	CHAT_BAD,       /* the error says why */
};

struct chat_line {
	enum chat_verb verb;
	const struct status *status; /* of CHAT_SET; lives as long as its catalogue */
	bool timed;                  /* a time was given, and be it for good */
	usec_t until;                /* 0: for good */
	char *text; /* the message, or who is asked for; valid (base/text.h), without blanks at the ends; "" for none */
	const struct status *candidates[LIMIT_CHAT_CANDIDATES]; /* of CHAT_AMBIGUOUS */
	size_t candidate_count;                                 /* may be more than stand there */
};

/* What the line is read against. */
struct chat_world {
	const struct catalogue *catalogue;
	const char *zone; /* the person's */
	usec_t now;
};

/* Of more than LIMIT_CHAT_BYTES, only so many are read. Whoever calls this calls chat_line_done. */
void chat_line_parse(struct chat_line *line, const char *bytes, size_t length, const struct chat_world *world,
	struct error *error);
void chat_line_done(struct chat_line *line);

#endif
