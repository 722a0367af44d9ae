/*
 * Stanzas into bytes. Every text passes buf_add_xml, so that nothing a person, a PBX or the database
 * said can close the stream.
 */
#ifndef OFFHOOK_XMPP_RENDER_H
#define OFFHOOK_XMPP_RENDER_H

#include <strophe.h>

#include "base/buf.h"
#include "core/presence.h"

/* A tree of libstrophe's. The namespaces of component and client streams are left out (Prosody refuses
 * jabber:client), and an element's own when its parent has the same. At most RENDER_DEPTH deep; false, and
 * nothing added, when it is deeper or does not fit. */
enum { RENDER_DEPTH = 64 };
bool render_stanza(struct buf *out, xmpp_stanza_t *stanza) must_check;

/* Where presences go out from, as what: today contact addresses with the resource of this program. `caps` is the
 * ver of XEP-0115. */
struct sender {
	const char *domain, *resource, *caps;
};

/* Of the tail, what all who have a status share. Found by the status's look, so that it is never out of date. */
struct rendered_status {
	uint64_t look;
	struct buf bytes;              /* empty: not in use */
	size_t text_end, automatic_at; /* where the message goes, and whether it is automatic */
};

/* A presence stanza, open at the place of its `to`: head, an escaped address, tail. Rendered once for all
 * watchers. */
enum { RENDERED_STATUSES = 64 };
struct rendered {
	struct buf head, tail;
	/* For render_presence. */
	struct buf behind_local; /* of the sender's address */
	struct buf end, message; /* caps and what follows; the escaped message */
	struct rendered_status statuses[RENDERED_STATUSES];
};
void rendered_init(struct rendered *rendered, const struct sender *sender);
void rendered_done(struct rendered *rendered);
/* Design section 6, from `local` at the sender's domain. Someone who is offline has the same bytes as everybody
 * who is offline. */
void render_presence(struct rendered *rendered, const char *local, const struct presence *presence);
/* What a watcher sees, as a number: presence->digest, and PRESENCE_DIGEST_OFFLINE for all who are offline;
 * never 0. */
enum { PRESENCE_DIGEST_OFFLINE = 1 };
uint64_t render_digest(const struct presence *presence);

#endif
