/*
 * A PBX's own list of calls: random legs over its extensions, which ring, are answered, held, resumed and ended,
 * at most two of them on one extension at the same time. Pure; the caller tells the world.
 */
#ifndef OFFHOOK_BENCH_BURST_CALLS_H
#define OFFHOOK_BENCH_BURST_CALLS_H

#include <stdbool.h>
#include <stddef.h>

enum { CALLS_PER_EXTENSION = 2 };

enum call_state { STATE_NONE, STATE_RINGING, STATE_ACTIVE, STATE_HELD };

struct call_leg {
	enum call_state state;
	bool outbound, meeting;
	unsigned call;    /* the number of the call */
	const char *last; /* the last event, as in "answered"; NULL: there was none */
};

struct calls;

/* `meetings`: some of the calls are. The same seed makes the same calls. */
struct calls *calls_new(size_t extensions, bool meetings, unsigned seed);
void calls_free(struct calls *calls);

/* Something happens to a random leg; it is that of the extension `*extension`. */
const struct call_leg *calls_step(struct calls *calls, size_t *extension);
/* The next leg that stands ends; NULL when there is none. */
const struct call_leg *calls_end(struct calls *calls, size_t *extension);
const struct call_leg *calls_leg(const struct calls *calls, size_t extension, size_t number);
/* One chance in so many, from the same seed. */
bool calls_chance(struct calls *calls, unsigned in);

/* What everybody should see of who has the extension: the id of a status. */
const char *calls_status(const struct calls *calls, size_t extension);
/* The state of its phone in Asterisk's words. */
const char *calls_device(const struct calls *calls, size_t extension);

#endif
