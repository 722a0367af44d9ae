/*
 * The presence stanzas that come in storms - what clients announce, goodbyes, probes - read without an XML parser
 * and without making a tree.
 *
 * Only what is written plainly is read so, and of that exactly what an XML parser would read: one space between
 * attributes, no prefixes but xml:lang, no namespaces of XML itself, no markup but elements, no references but
 * those to the five characters that XML escapes, no white space between elements, nothing invalid. Anything
 * else, however right, is left to xmpp/parser.h, and so are other types of presence and long stanzas.
 * tests/fuzz/xmpp/fuzz_announcement.c compares the two.
 */
#ifndef OFFHOOK_XMPP_ANNOUNCEMENT_H
#define OFFHOOK_XMPP_ANNOUNCEMENT_H

#include <stddef.h>

enum { ANNOUNCEMENT_BYTES = 2048 };

struct announcement {
	const char *from, *to, *id; /* NULL: absent */
	const char *type;           /* "", "unavailable", "probe" */
	/* Texts and attributes of elements; NULL: absent, a text also when it is empty. */
	const char *show, *status, *priority;
	const char *idle_since, *delay_stamp; /* XEP-0319, XEP-0203 */
	const char *hash, *node, *ver;        /* XEP-0115 */
	char texts[ANNOUNCEMENT_BYTES];
};

/* Reads the stanza that begins with the first byte, in a stream whose default namespace is that of components.
 * Returns its length; 0 when it is to be read with a parser, or does not end within these bytes. */
size_t announcement_read(const char *bytes, size_t length, struct announcement *announcement);

#endif
