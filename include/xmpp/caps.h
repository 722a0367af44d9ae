/*
 * What people's devices are: mobile or not, and what they want to be told (XEP-0115).
 *
 * Kinds of clients are remembered by the hash that they send with their presence; a device of an unknown kind
 * is asked (XEP-0030), one for each kind at a time, and the others of the kind wait for that answer. An answer
 * that does not match the hash, or that cannot be checked, is believed for the device that gave it alone;
 * one that does not answer is taken for a desktop, and those of other accounts are asked before others of its own.
 * Who sends no hash is not asked.
 */
#ifndef OFFHOOK_XMPP_CAPS_H
#define OFFHOOK_XMPP_CAPS_H

#include "base/loop.h"
#include "xmpp/route.h"

struct caps;

struct caps *caps_new(struct component *component, struct loop *loop);
void caps_free(struct caps *caps); /* NULL is allowed */
/* Questions are not answered any more. */
void caps_disconnected(struct caps *caps);
/* What a device says of its kind; NULL: absent. */
struct caps_words {
	const char *hash, *node, *ver;
};

struct caps_words caps_words_of(xmpp_stanza_t *presence);
/* A device of the person, which the engine knows, sent presence with these words from `from`. */
void caps_note(struct caps *caps, struct person *person, const char *from, const struct caps_words *words);

#endif
