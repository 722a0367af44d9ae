/*
 * Bytes of a component stream into stanzas, within limits.
 *
 * A stanza that exceeds LIMIT_STANZA_BYTES, _DEPTH, _ELEMENTS, _CHILDREN or _ATTRIBUTES, or has a namespace
 * longer than LIMIT_NAMESPACE_BYTES, is passed over to its end, however far away that is: only its outermost element
 * is handed over, with `too_large` set; when that itself could not be read, an element "unreadable" of the
 * stream's namespace. What is no stream at all, not well-formed, or a document type declaration is an
 * error: the stream must be remade. Comments and processing instructions are ignored.
 *
 * Elements become libstrophe stanzas: name without prefix, namespace in the attribute "xmlns" of every
 * element, xml:lang as "xml:lang"; other attributes with a namespace are dropped.
 */
#ifndef OFFHOOK_XMPP_PARSER_H
#define OFFHOOK_XMPP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <strophe.h>

#include "base/error.h"
#include "xmpp/announcement.h"

/* Called from inside parser_feed. They must not free the parser; parser_stop is for them. */
struct parser_events {
	void *ctx;
	void (*opened)(void *ctx, const char *id); /* the stream header; id is "" when it has none */
	/* Borrowed. May call parser_pause. */
	void (*stanza)(void *ctx, xmpp_stanza_t *stanza, bool too_large);
	/* Presence that could be read so, instead of `stanza`; borrowed, may call parser_pause. NULL: none is. */
	void (*announcement)(void *ctx, const struct announcement *announcement);
	/* Up to LIMIT_AHEAD announcements that stand one behind the other and will be handed over next, for those
	 * who can prepare for them; a pause or a stop in between takes the rest back. Must change nothing. NULL:
	 * nobody can. */
	void (*expected)(void *ctx, const struct announcement *list, size_t count);
	void (*ended)(void *ctx); /* </stream:stream> */
};

struct parser;

/* `context` is borrowed. */
struct parser *parser_new(xmpp_ctx_t *context, const struct parser_events *events);
void parser_free(struct parser *parser); /* NULL is allowed */
/* False: the stream cannot be read on; every further call is false too. */
bool parser_feed(struct parser *parser, const char *bytes, size_t length, struct error *error) must_check;
/* No further stanza of the bytes being fed is read now; what is left of them is to be fed again. */
void parser_pause(struct parser *parser);
/* How many bytes at the end of those last fed a pause has left unread. */
size_t parser_left(const struct parser *parser);
/* Nothing is delivered from now on; what is left of the bytes being fed is ignored. */
void parser_stop(struct parser *parser);

/* A context for stanzas that ends the process when memory runs out; freed with xmpp_ctx_free. */
xmpp_ctx_t *parser_context(void);

#endif
