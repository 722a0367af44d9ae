/*
 * The server's pulse is felt here.
 */
#include "xmpp/pulse.h"

void pulse_start(struct pulse *pulse, usec_t now)
{
	pulse->life = pulse->sent = now;
	pulse->awaiting = false;
}

void pulse_life(struct pulse *pulse, usec_t now)
{
	pulse->life = now;
}

static usec_t due(const struct pulse *pulse)
{
	return pulse->sent + (pulse->marked > pulse->pings ? pulse->soon : pulse->ping);
}

usec_t pulse_next(const struct pulse *pulse)
{
	return pulse->awaiting ? pulse->sent + pulse->pong : due(pulse);
}

enum pulse_verdict pulse_check(struct pulse *pulse, usec_t now)
{
	if (pulse->awaiting) {
		if (now < pulse->sent + pulse->pong)
			return PULSE_WAIT;
		if (pulse->life <= pulse->sent)
			return PULSE_DEAD;
		pulse->awaiting = false; /* alive, though it leaves pings unanswered */
	}
	if (now < due(pulse))
		return PULSE_WAIT;
	pulse->pings++;
	pulse->sent = now;
	pulse->awaiting = true;
	return PULSE_PING;
}

bool pulse_pong(struct pulse *pulse, uint32_t number)
{
	if (number != pulse->pings || !pulse->awaiting)
		return false;
	pulse->awaiting = false;
	return true;
}

uint32_t pulse_mark(struct pulse *pulse)
{
	pulse->marked = pulse->pings + 1;
	return pulse->marked;
}
