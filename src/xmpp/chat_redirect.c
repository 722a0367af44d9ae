/* Who writes to a colleague's contact address is turned away here. */
#include "xmpp/chat_redirect.h"

#include <string.h>

#include "xmpp/namespaces.h"

enum {
	KEY_BYTES = 2 * JID_TEXT,
	REDIRECT_BYTES = 4 * JID_TEXT, /* every byte of the account may become three */
};

void chat_redirects_done(struct chat_redirects *redirects)
{
	seen_free(redirects->told);
}

/* True once a day for each sender and contact. */
static bool is_news(struct chat_redirects *redirects, const struct request *request)
{
	int64_t day = component_now(request->component) / DAY;
	struct buf key;

	if (!redirects->told || redirects->day != day) {
		seen_free(redirects->told);
		redirects->told = seen_new("", LIMIT_REDIRECTS);
		redirects->day = day;
	}
	buf_init(&key, KEY_BYTES);
	buf_addf(&key, "%s %s", request->sender, request->contact);
	bool news = seen_add(redirects->told, buf_text(&key));
	buf_done(&key);
	return news;
}

/* RFC 5122 section 2. */
static void add_uri(struct buf *out, const char *account)
{
	buf_add_text(out, "xmpp:");
	for (const char *at = account; *at; at++) {
		unsigned char c = (unsigned char)*at;
		if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || strchr("-._~@", c))
			buf_add_char(out, *at);
		else
			buf_addf(out, "%%%02X", c);
	}
}

/* RFC 6120 section 8.3.3.14. */
static void redirect(struct request *request, const char *account)
{
	xmpp_ctx_t *context = component_context(request->component);
	xmpp_stanza_t *answer = element_new(context, NULL, "message", NULL, "type", "error", "from",
			      request->to, "to", request->from, NULL),
		      *error;
	struct buf text;

	if (request->id)
		xmpp_stanza_set_id(answer, request->id);
	error = element_new(context, answer, "error", NULL, "type", "modify", NULL);
	buf_init(&text, REDIRECT_BYTES);
	add_uri(&text, account);
	element_text(element_new(context, error, "redirect", NS_STANZA_ERRORS, NULL), buf_text(&text));
	buf_clear(&text);
	buf_addf(&text, "Nobody reads messages to this address; please write to %s.", account);
	element_text(element_new(context, error, "text", NS_STANZA_ERRORS, "xml:lang", "en", NULL),
		buf_text(&text));
	buf_done(&text);
	component_send(request->component, answer);
	xmpp_stanza_release(answer);
}

void chat_turn_away(struct chat_redirects *redirects, struct request *request)
{
	const struct person *person =
		request->allowed ? engine_person(component_engine(request->component), request->contact)
				 : NULL;

	if (person && !is_news(redirects, request))
		return;
	if (person && person->account)
		redirect(request, person->account);
	else
		reply_error(request, "cancel", "service-unavailable",
			person ? "Nobody reads messages to this address." : NULL);
}
