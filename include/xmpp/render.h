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

/* The address that a presence goes out from: today a contact address with the resource of this program. */
struct sender {
	const char *local, *domain, *resource;
};

/* A presence stanza, open at the place of its `to`: head, an escaped address, tail. Rendered once for all
 * watchers. */
struct rendered {
	struct buf head, tail;
	struct buf text; /* of <status/>, while it is being rendered */
};
void rendered_init(struct rendered *rendered);
void rendered_done(struct rendered *rendered);
/* Design section 6. `caps` is the ver of XEP-0115. Someone who is offline has the same bytes as everybody
 * who is offline. */
void render_presence(struct rendered *rendered, const struct sender *from, const struct presence *presence,
	const char *caps);
/* What a watcher sees, as a number: presence->digest, and PRESENCE_DIGEST_OFFLINE for all who are offline;
 * never 0. */
enum { PRESENCE_DIGEST_OFFLINE = 1 };
uint64_t render_digest(const struct presence *presence);

#endif
