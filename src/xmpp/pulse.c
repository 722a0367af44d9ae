/*
 * The server's pulse is felt here.
 */
#include "xmpp/pulse.h"

#include "base/limits.h"

void pulse_start(struct pulse *pulse, usec_t now)
{
	pulse->life = pulse->sent = now;
	pulse->awaiting = false;
	pulse->answered = pulse->pings;
	pulse->place = pulse->proven = 0;
}

void pulse_life(struct pulse *pulse, usec_t now)
{
	pulse->life = now;
}

static usec_t due(const struct pulse *pulse)
{
	return pulse->sent + (pulse->marked > pulse->pings ? pulse->soon : pulse->ping);
}

/* Until then the last ping may be without an answer and all be well. */
static usec_t patience(const struct pulse *pulse)
{
	uint64_t before = pulse->place - pulse->proven;

	if (before > LIMIT_UNREAD_BYTES)
		before = LIMIT_UNREAD_BYTES;
	return pulse->sent + pulse->pong + (usec_t)before * SECOND / LIMIT_READ_BYTES_PER_SECOND;
}

usec_t pulse_next(const struct pulse *pulse)
{
	return pulse->awaiting ? patience(pulse) : due(pulse);
}

enum pulse_verdict pulse_check(struct pulse *pulse, usec_t now, uint64_t sent)
{
	if (pulse->awaiting) {
		if (now < patience(pulse))
			return PULSE_WAIT;
		if (pulse->life <= pulse->sent)
			return PULSE_DEAD;
		pulse->awaiting = false; /* alive, though it leaves pings unanswered */
	}
	if (now < due(pulse))
		return PULSE_WAIT;
	pulse->pings++;
	pulse->sent = now;
	pulse->place = sent;
	pulse->awaiting = true;
	return PULSE_PING;
}

bool pulse_pong(struct pulse *pulse, uint32_t number)
{
	if (number <= pulse->answered || number > pulse->pings)
		return false;
	pulse->answered = number;
	if (number == pulse->pings) {
		pulse->awaiting = false;
		pulse->proven = pulse->place;
	}
	return true;
}

uint32_t pulse_mark(struct pulse *pulse)
{
	pulse->marked = pulse->pings + 1;
	return pulse->marked;
}
