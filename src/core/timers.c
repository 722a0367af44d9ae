/* A binary heap of timers that stand inside their owners. */
#include "core/timers.h"

#include <stdlib.h>

#include "base/memory.h"

void timers_init(struct timers *timers)
{
	*timers = (struct timers){0};
}

void timers_done(struct timers *timers)
{
	for (size_t i = 1; i <= timers->count; i++)
		timers->heap[i]->place = 0;
	free(timers->heap);
	timers_init(timers);
}

static void put(struct timers *timers, size_t place, struct timer *timer)
{
	timers->heap[place] = timer;
	timer->place = place;
}

static void rise(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;
	while (place > 1 && timers->heap[place / 2]->at > timer->at) {
		put(timers, place, timers->heap[place / 2]);
		place /= 2;
	}
	put(timers, place, timer);
}

static void sink(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;
	for (;;) {
		size_t child = 2 * place;
		if (child > timers->count)
			break;
		if (child < timers->count && timers->heap[child + 1]->at < timers->heap[child]->at)
			child++;
		if (timers->heap[child]->at >= timer->at)
			break;
		put(timers, place, timers->heap[child]);
		place = child;
	}
	put(timers, place, timer);
}

void timers_stop(struct timers *timers, struct timer *timer)
{
	if (timer->place == 0)
		return;
	struct timer *last = timers->heap[timers->count--];
	if (last != timer) {
		put(timers, timer->place, last);
		rise(timers, last);
		sink(timers, last);
	}
	timer->place = 0;
}

void timers_set(struct timers *timers, struct timer *timer, usec_t at)
{
	if (at == 0) {
		timers_stop(timers, timer);
		return;
	}
	timer->at = at;
	if (timer->place == 0) {
		if (timers->count + 1 >= timers->room) {
			timers->room = timers->room ? timers->room * 2 : 64;
			timers->heap = mem_resize(timers->heap, timers->room, sizeof(*timers->heap));
		}
		put(timers, ++timers->count, timer);
	}
	rise(timers, timer);
	sink(timers, timer);
}

usec_t timers_next(const struct timers *timers)
{
	return timers->count ? timers->heap[1]->at : 0;
}

size_t timers_run(struct timers *timers, usec_t now, size_t most)
{
	size_t fired = 0;
	while (fired < most && timers->count && timers->heap[1]->at <= now) {
		struct timer *timer = timers->heap[1];
		timers_stop(timers, timer);
		timer->fire(timer->arg, now);
		fired++;
	}
	return fired;
}
