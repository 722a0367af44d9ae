/*
 * What a stream says for itself: its opening and its handshake (XEP-0114), and its pings (XEP-0199).
 *
 * Each of these replaces what is in `out`.
 */
#ifndef OFFHOOK_XMPP_PHRASE_H
#define OFFHOOK_XMPP_PHRASE_H

#include <stdint.h>
#include <strophe.h>

#include "base/buf.h"

void phrase_opening(struct buf *out, const char *address);
/* `id` is the server's for the stream. */
void phrase_handshake(struct buf *out, const char *id, const char *secret);
void phrase_ping(struct buf *out, uint32_t number, const char *address, const char *domain);
/* Whether that is the answer of `domain` to a ping, and to which. Any will do, an error as well. Ids can be
 * guessed, the sender cannot be forged. */
bool phrase_is_pong(xmpp_stanza_t *stanza, const char *domain, uint32_t *number) must_check;

#endif
