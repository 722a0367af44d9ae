/*
 * Whether the server is alive: when to ping it (XEP-0199), and when to give it up. Pure: instants of the
 * monotonic clock in, decisions out.
 *
 * Everything received is a sign of life, and so is that the server takes what it did not take before; only silence
 * after a ping is death. How long it must last depends on what stands before the ping, at most LIMIT_UNREAD_BYTES: the
 * server may have megabytes yet to read that its kernel has taken, and nothing is seen of that from here.
 *
 * A pong, however late, also proves that the server has taken what was sent before that ping, which is what marks
 * are for.
 */
#ifndef OFFHOOK_XMPP_PULSE_H
#define OFFHOOK_XMPP_PULSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct pulse {
	usec_t ping; /* between two pings */
	usec_t pong; /* until silence is death, when nothing stands before the ping */
	usec_t soon; /* between two pings while a mark waits */
	usec_t life; /* when something last came */
	usec_t sent; /* the last ping */
	bool awaiting;
	uint32_t pings, marked;
	uint32_t answered; /* the last ping that was, or one of an earlier connection */
	uint64_t place;    /* of the last ping, in bytes sent before it */
	uint64_t proven;   /* so many are known to be taken */
};

enum pulse_verdict { PULSE_WAIT, PULSE_PING, PULSE_DEAD };

void pulse_start(struct pulse *pulse, usec_t now);
void pulse_life(struct pulse *pulse, usec_t now);
/* PULSE_PING: send ping number pulse->pings now, behind the `sent` bytes since pulse_start. */
enum pulse_verdict pulse_check(struct pulse *pulse, usec_t now, uint64_t sent);
usec_t pulse_next(const struct pulse *pulse); /* when to check again */
/* The server answered ping `number`; false: that is none of this connection, or nothing new. */
bool pulse_pong(struct pulse *pulse, uint32_t number);
/* The number of the ping that will confirm what is sent by now. */
uint32_t pulse_mark(struct pulse *pulse);

#endif
