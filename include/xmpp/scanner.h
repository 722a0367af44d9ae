/*
 * Where the stanzas of a stream begin and end, found without keeping or understanding them.
 *
 * An XML parser pays for what it reads: with the bytes of the tag it is in, and with every name for ever.
 * This pays nothing, so that a stanza can be passed over however long and deep it is.
 *
 * A unit is what stands on the stream's own level: the stream's header, a stanza, the end of the stream; or a
 * comment or an instruction there. Text between units belongs to none. Right for well-formed XML; of
 * anything else it makes something, and an XML parser has to refuse that.
 */
#ifndef OFFHOOK_XMPP_SCANNER_H
#define OFFHOOK_XMPP_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed before the first use. */
struct scanner {
	unsigned state;
	char quote;          /* that ends the value */
	char before, latest; /* the last two bytes of a comment, a section or an instruction */
	unsigned attributes; /* of the tag so far, declarations of namespaces among them */
	size_t depth;        /* of open elements, the stream itself included */
	size_t length;       /* of the unit so far */
	bool crowded;        /* a tag of the unit has more than twice LIMIT_STANZA_ATTRIBUTES */
	bool complete;       /* the unit ended with the last byte taken */
};

/* Goes on to the end of the unit, to the attribute that makes a tag crowded, or to the end of the bytes.
 * Returns how many bytes that are. */
size_t scanner_take(struct scanner *scanner, const char *bytes, size_t length);
/* Whether the next byte is between two units within the stream, or begins one. */
bool scanner_between(const struct scanner *scanner);

#endif
