/*
 * Random calls happen here.
 */
#include "bench/burst_calls.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

struct calls {
	struct call_leg (*legs)[CALLS_PER_EXTENSION];
	size_t extensions;
	bool meetings;
	unsigned last_call;
	uint64_t random;
	size_t ended; /* where calls_end goes on */
};

/* xorshift64 */
static unsigned draw(struct calls *calls, unsigned below)
{
	calls->random ^= calls->random << 13;
	calls->random ^= calls->random >> 7;
	calls->random ^= calls->random << 17;
	return (unsigned)((calls->random >> 16) % below);
}

bool calls_chance(struct calls *calls, unsigned in)
{
	return draw(calls, in) == 0;
}

static void begin(struct calls *calls, struct call_leg *leg)
{
	leg->state = STATE_RINGING;
	leg->outbound = calls_chance(calls, 2);
	leg->meeting = calls->meetings && calls_chance(calls, 8);
	leg->call = ++calls->last_call;
	leg->last = "ringing";
}

static void set(struct call_leg *leg, enum call_state state, const char *event)
{
	leg->state = state;
	leg->last = event;
}

const struct call_leg *calls_step(struct calls *calls, size_t *extension)
{
	*extension = draw(calls, (unsigned)calls->extensions);
	struct call_leg *leg = &calls->legs[*extension][calls_chance(calls, 5)];
	switch (leg->state) {
	case STATE_NONE:
		begin(calls, leg);
		break;
	case STATE_RINGING:
		if (calls_chance(calls, 4))
			set(leg, STATE_NONE, "ended");
		else
			set(leg, STATE_ACTIVE, "answered");
		break;
	case STATE_ACTIVE:
		if (calls_chance(calls, 3))
			set(leg, STATE_HELD, "held");
		else
			set(leg, STATE_NONE, "ended");
		break;
	case STATE_HELD:
		if (calls_chance(calls, 3))
			set(leg, STATE_NONE, "ended");
		else
			set(leg, STATE_ACTIVE, "resumed");
		break;
	}
	return leg;
}

const struct call_leg *calls_end(struct calls *calls, size_t *extension)
{
	for (; calls->ended < calls->extensions * CALLS_PER_EXTENSION; calls->ended++) {
		*extension = calls->ended / CALLS_PER_EXTENSION;
		struct call_leg *leg = &calls->legs[*extension][calls->ended % CALLS_PER_EXTENSION];
		if (leg->state == STATE_NONE)
			continue;
		set(leg, STATE_NONE, "ended");
		return leg;
	}
	return NULL;
}

const struct call_leg *calls_leg(const struct calls *calls, size_t extension, size_t number)
{
	return &calls->legs[extension][number];
}

/* A leg that rings inbound is no call yet. */
static bool is_up(const struct call_leg *leg)
{
	return leg->state > STATE_RINGING || (leg->state == STATE_RINGING && leg->outbound);
}

const char *calls_status(const struct calls *calls, size_t extension)
{
	const char *status = "available";
	for (size_t i = 0; i < CALLS_PER_EXTENSION; i++) {
		const struct call_leg *leg = &calls->legs[extension][i];
		if (is_up(leg) && !leg->meeting)
			return "on-call";
		if (is_up(leg))
			status = "busy";
	}
	return status;
}

const char *calls_device(const struct calls *calls, size_t extension)
{
	size_t up = 0, held = 0, rings = 0;
	for (size_t i = 0; i < CALLS_PER_EXTENSION; i++) {
		const struct call_leg *leg = &calls->legs[extension][i];
		up += is_up(leg);
		held += leg->state == STATE_HELD;
		rings += leg->state == STATE_RINGING && !leg->outbound;
	}
	if (rings)
		return up ? "RINGINUSE" : "RINGING";
	if (up)
		return up == held ? "ONHOLD" : "INUSE";
	return "NOT_INUSE";
}

struct calls *calls_new(size_t extensions, bool meetings, unsigned seed)
{
	struct calls *calls = mem_new(sizeof(*calls));
	calls->legs = mem_new(extensions * sizeof(*calls->legs));
	calls->extensions = extensions;
	calls->meetings = meetings;
	calls->random = seed + UINT64_C(0x9E3779B97F4A7C15);
	return calls;
}

void calls_free(struct calls *calls)
{
	free(calls->legs);
	free(calls);
}
