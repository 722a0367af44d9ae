/*
 * Why a connection to the XMPP server ended, said once, and when to try again: after 0.1 s, doubling up to 2 s;
 * after a wrong secret or an unknown host about every 4 s. The same reason is logged once, then every ten minutes.
 */
#ifndef OFFHOOK_XMPP_RETRY_H
#define OFFHOOK_XMPP_RETRY_H

#include <strophe.h>

#include "base/buf.h"
#include "base/clock.h"

/* Zeroed before the first use. */
struct retry {
	unsigned attempts;
	bool refused;          /* by a stream error that time will not heal; for the next delay */
	char last_reason[448]; /* so that the same is not logged at every attempt */
	usec_t reason_logged;  /* monotonic */
	usec_t up_since;       /* monotonic, of the last that was */
};

/* The stream error (RFC 6120 section 4.9) in words, with advice where there is some. */
void retry_read_error(struct retry *retry, xmpp_stanza_t *error, struct buf *reason);
/* Logs why it ended; `expected`: in passing only. */
void retry_log(struct retry *retry, const char *subject, const char *reason, bool expected);
void retry_up(struct retry *retry);
/* After up: the next loss of one that lasted is a first one again. */
void retry_down(struct retry *retry);
/* How long to wait; counts as an attempt. */
usec_t retry_delay(struct retry *retry);
/* Another server or another secret. */
void retry_anew(struct retry *retry);

#endif
