/*
 * One heap of pending instants; whoever drives the program asks it for the next deadline.
 *
 * A timer stands inside the object it belongs to (no allocation of its own), is zeroed before its
 * first use, and must be stopped before that object is freed. Setting, moving and stopping are
 * O(log n); 100,000 pending cost nothing until they are due. Pure: it never looks at a clock.
 */
#ifndef OFFHOOK_CORE_TIMERS_H
#define OFFHOOK_CORE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

struct timer {
	usec_t at;
	size_t place; /* in the heap, from 1; 0: not pending */
	void (*fire)(void *arg, usec_t now);
	void *arg;
};

struct timers {
	struct timer **heap;
	size_t count, room;
};

void timers_init(struct timers *timers);
void timers_done(struct timers *timers);
/* (Re)schedules; at == 0 stops. `timer->fire` must be set. */
void timers_set(struct timers *timers, struct timer *timer, usec_t at);
void timers_stop(struct timers *timers, struct timer *timer);
usec_t timers_next(const struct timers *timers); /* 0: nothing pending */
/* Fires, in order of time, timers due at `now`, each removed before it fires; at most `most` of them, so
 * that a storm is sliced. Returns how many fired. */
size_t timers_run(struct timers *timers, usec_t now, size_t most);

#endif
