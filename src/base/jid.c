/*
 * XMPP addresses are split, and prepared with libidn's stringprep profiles, here.
 */
#include "base/jid.h"

#include <string.h>

#include <stringprep.h>
#include <unistr.h>

#include "base/limits.h"
#include "base/text.h"

enum { PART = LIMIT_JID_BYTES + 1 };
_Static_assert(PART == sizeof(((struct jid *)0)->local), "a part of an address fits exactly");

static bool copy_part(char part[PART], const char *text, size_t length)
{
	if (length == 0 || length > LIMIT_JID_BYTES)
		return false;
	memcpy(part, text, length);
	part[length] = '\0';
	return true;
}

bool jid_split(const char *text, struct jid *jid)
{
	size_t bare = jid_bare_length(text);
	const char *at = memchr(text, '@', bare);

	jid->local[0] = jid->domain[0] = jid->resource[0] = '\0';
	if (text[bare] == '/' && !copy_part(jid->resource, text + bare + 1, strlen(text + bare + 1)))
		return false;
	if (at) {
		if (!copy_part(jid->local, text, (size_t)(at - text)))
			return false;
		bare -= (size_t)(at + 1 - text);
		text = at + 1;
	}
	return copy_part(jid->domain, text, bare);
}

/* In place; false also when nothing is left, as of a lone soft hyphen. Characters newer than Unicode 3.2
 * are let through, as servers do it, but for the controls among them. */
static bool prepare(char part[PART], const Stringprep_profile *profile)
{
	return stringprep(part, PART, 0, profile) == STRINGPREP_OK && part[0] != '\0' && text_valid(part);
}

/* nameprep leaves the question open which ASCII characters a host name has. */
static bool prepare_domain(char domain[PART])
{
	size_t length, label = 0, i;

	if (!prepare(domain, stringprep_nameprep))
		return false;
	length = strlen(domain);
	if (length > 1 && domain[length - 1] == '.')
		domain[--length] = '\0'; /* RFC 7622 section 3.2 */
	for (i = 0; i < length; i++) {
		unsigned char c = (unsigned char)domain[i];

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (c < 0x80 && !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
		label++;
	}
	return label > 0;
}

bool jid_parse(const char *text, struct jid *jid, struct error *error)
{
	if (!jid_split(text, jid))
		return error_set(error, NULL, "is not an XMPP address: a part is missing or too long");
	if (jid->local[0] && !prepare(jid->local, stringprep_xmpp_nodeprep))
		return error_set(error, NULL, "is not an XMPP address: the part before the @ is not allowed");
	if (!prepare_domain(jid->domain))
		return error_set(error, NULL, "is not an XMPP address: the domain is not allowed");
	if (jid->resource[0] && !prepare(jid->resource, stringprep_xmpp_resourceprep))
		return error_set(error, NULL, "is not an XMPP address: the part after the / is not allowed");
	return true;
}

char *jid_bare(const struct jid *jid, char text[JID_TEXT])
{
	size_t local = strlen(jid->local), domain = strlen(jid->domain), used = 0;

	if (local) {
		memcpy(text, jid->local, local);
		text[local] = '@';
		used = local + 1;
	}
	memcpy(text + used, jid->domain, domain + 1);
	return text;
}

size_t jid_bare_length(const char *text)
{
	return strcspn(text, "/");
}

bool jid_parse_account(const char *text, char bare[JID_TEXT], struct error *error)
{
	struct jid jid;

	if (!jid_parse(text, &jid, error))
		return false;
	if (!jid.local[0])
		return error_set(error, NULL, "is not an account: expected name@domain");
	if (jid.resource[0])
		return error_set(error, NULL, "is not an account: expected name@domain without a /resource");
	jid_bare(&jid, bare);
	return true;
}

bool jid_parse_contact(const char *text, char contact[1024], struct error *error)
{
	if (!*text)
		return error_set(error, NULL, "must not be empty");
	if (!copy_part(contact, text, strlen(text)) || !prepare(contact, stringprep_xmpp_nodeprep))
		return error_set(error, NULL, "is not allowed as the part of an address before the @");
	if (strlen(contact) > LIMIT_CONTACT_BYTES)
		return error_set(error, NULL, "is longer than %d bytes", LIMIT_CONTACT_BYTES);
	return true;
}
