/*
 * The event loop: libevent's, with a written list of steps at the end of every turn.
 *
 * A turn is: wait, run what happened, then the steps in the order they were added, then the last steps in
 * theirs. Steps are where batches are sent, output is flushed and dead objects are reaped; they must not block.
 * A step that has more to do than fits a slice calls loop_again, so that the next wait returns at once.
 *
 * The CPU time of the longest turn of this minute and the last is METRIC_LOOP_TURN_MAX: nothing else happens
 * during a turn, and nothing in it waits.
 */
#ifndef OFFHOOK_BASE_LOOP_H
#define OFFHOOK_BASE_LOOP_H

#include <event2/event.h>

#include "base/clock.h"

struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop);
struct event_base *loop_base(struct loop *loop);
void loop_add_step(struct loop *loop, void (*step)(void *arg), void *arg);
void loop_add_last_step(struct loop *loop, void (*step)(void *arg), void *arg);
void loop_remove_step(struct loop *loop, void (*step)(void *arg), void *arg);
void loop_again(struct loop *loop);
/* Returns after loop_stop, at the end of the turn. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* One alarm on the wall clock, exact, woken also when that clock is set: `fn` is called at or after
 * `at`, or when the clock stepped; it asks its heap what is due. at == 0 disarms. */
void loop_alarm(struct loop *loop, usec_t at, void (*fn)(void *arg), void *arg);

/* A one-shot timer on the monotonic clock; 0 microseconds means the next turn. Owner: the caller. */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *loop, void (*fn)(void *arg), void *arg);
void loop_timer_set(struct loop_timer *timer, usec_t after);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer); /* NULL is allowed */

/* A delay for the attempt-th retry (from 0): doubles from `first` to `most`, then +-25 % of jitter. */
usec_t loop_backoff(unsigned attempt, usec_t first, usec_t most);

#endif
