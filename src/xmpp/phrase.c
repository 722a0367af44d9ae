/*
 * The few sentences of a stream are put together here.
 */
#include "xmpp/phrase.h"

#include <string.h>

#include "base/limits.h"
#include "base/secret.h"
#include "base/text.h"
#include "xmpp/namespaces.h"

#define PING_ID "offhook-ping-"

void phrase_opening(struct buf *out, const char *address)
{
	buf_clear(out);
	buf_add_text(out, "<?xml version='1.0'?><stream:stream xmlns='" NS_COMPONENT
			  "' xmlns:stream='" NS_STREAMS "' to='");
	buf_add_xml(out, address);
	buf_add_text(out, "'>");
}

void phrase_handshake(struct buf *out, const char *id, const char *secret)
{
	char digest[41];
	struct buf both;

	buf_init(&both, LIMIT_STANZA_BYTES);
	buf_add_text(&both, id);
	buf_add_text(&both, secret);
	secret_sha1_hex(buf_text(&both), both.length, digest);
	secret_wipe(both.data, both.length);
	buf_done(&both);
	buf_clear(out);
	buf_addf(out, "<handshake>%s</handshake>", digest);
}

void phrase_ping(struct buf *out, uint32_t number, const char *address, const char *domain)
{
	buf_clear(out);
	buf_addf(out, "<iq type='get' id='" PING_ID "%u' from='", number);
	buf_add_xml(out, address);
	buf_add_text(out, "' to='");
	buf_add_xml(out, domain);
	buf_add_text(out, "'><ping xmlns='" NS_PING "'/></iq>");
}

bool phrase_is_pong(xmpp_stanza_t *stanza, const char *domain, uint32_t *number)
{
	const char *id = xmpp_stanza_get_id(stanza);
	const char *from = xmpp_stanza_get_from(stanza);
	const char *type = xmpp_stanza_get_type(stanza);
	long long read;

	if (strcmp(xmpp_stanza_get_name(stanza), "iq") != 0 || id == NULL || from == NULL || type == NULL)
		return false;
	if (strcmp(from, domain) != 0 || (strcmp(type, "result") != 0 && strcmp(type, "error") != 0))
		return false;
	if (strncmp(id, PING_ID, sizeof(PING_ID) - 1) != 0 ||
		!text_number(id + sizeof(PING_ID) - 1, 0, UINT32_MAX, &read))
		return false;
	*number = (uint32_t)read;
	return true;
}
