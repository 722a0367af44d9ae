/*
 * XMPP addresses (RFC 6122): split, prepare, compare.
 */
#ifndef OFFHOOK_BASE_JID_H
#define OFFHOOK_BASE_JID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { JID_TEXT = 3 * 1023 + 3 };

/* Parts of an address, as copies. `local` and `resource` may be empty; `domain` never is. */
struct jid {
	char local[1024];
	char domain[1024];
	char resource[1024];
};

/* Splits and applies nodeprep, nameprep and resourceprep. For everything that people, files and HTTP
 * give us; an address that the XMPP server stamped is prepared already and may use jid_split. */
bool jid_parse(const char *text, struct jid *jid, struct error *error) must_check;
/* Splits only; false when a part is missing or too long. */
bool jid_split(const char *text, struct jid *jid) must_check;
/* "local@domain" or "domain". Returns `text`. */
char *jid_bare(const struct jid *jid, char text[JID_TEXT]);
/* Length in bytes of the bare part of an address. */
size_t jid_bare_length(const char *text);
/* A bare JID with a localpart in prepared form, or an error. Returns in `bare`. */
bool jid_parse_account(const char *text, char bare[JID_TEXT], struct error *error) must_check;
/* A prepared localpart (a `contact`), 1..LIMIT_CONTACT_BYTES bytes. */
bool jid_parse_contact(const char *text, char contact[1024], struct error *error) must_check;

#endif
