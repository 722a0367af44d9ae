/*
 * What concerns many people at once: a status that looks different or was deleted, a policy that changed, a clock
 * that was set back.
 *
 * One walk over all people, a slice at a time, derives again whom it concerns and ends choices of deleted
 * statuses. A change that comes during a walk lengthens it until everybody was met after that change, so many
 * changes together cost little more than one, and everybody ends with the latest. Whoever the walk has not yet
 * met is shown with the status as it is now, derived from before. A person who changes meanwhile is derived
 * from all that is new, and met again without harm.
 */
#ifndef OFFHOOK_CORE_TOUCH_H
#define OFFHOOK_CORE_TOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct engine;

struct touch {
	bool running;
	bool all;          /* everybody is concerned */
	bool slicing;      /* effects made now are those of many */
	uint64_t looks;    /* statuses whose `looks` is above are new to those not yet met */
	int64_t at;        /* row of the person met last */
	int64_t upto;      /* row where this lap ends */
	int64_t next_upto; /* where another lap ends, 0: none is needed */
	char **texts;      /* of notices, until the next slice or fact */
	size_t text_count, text_room;
};

/* Begins the walk with its first slice, or lengthens the one that is under way. */
void touch_begin(struct engine *engine, bool all, usec_t now);
/* Everybody in one go, at the start. */
void touch_everybody(struct engine *engine, usec_t now);
void touch_forget_texts(struct engine *engine);
void touch_done(struct engine *engine);

#endif
