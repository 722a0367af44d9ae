/*
 * Stanzas are written down here.
 */
#include "xmpp/render.h"

#include <string.h>

#include "base/limits.h"
#include "xmpp/namespaces.h"

enum { PRESENCE_BYTES = 16 * 1024 };

static void add_attribute(struct buf *out, const char *name, const char *value)
{
	buf_add_char(out, ' ');
	buf_add_text(out, name);
	buf_add_text(out, "='");
	buf_add_xml(out, value);
	buf_add_char(out, '\'');
}

static void add_element(struct buf *out, const char *name, const char *text)
{
	buf_add_char(out, '<');
	buf_add_text(out, name);
	buf_add_char(out, '>');
	buf_add_xml(out, text);
	buf_add_text(out, "</");
	buf_add_text(out, name);
	buf_add_char(out, '>');
}

/* ---- trees ---- */

/* Opens an element, but for the final '>'. Returns the namespace that its children inherit. */
static const char *open_element(struct buf *out, xmpp_stanza_t *element, const char *inherited)
{
	enum { MOST = 2 * (LIMIT_STANZA_ATTRIBUTES + 1) };
	const char *attributes[MOST];
	int count = xmpp_stanza_get_attributes(element, attributes, MOST);
	const char *own = xmpp_stanza_get_ns(element);

	buf_add_char(out, '<');
	buf_add_text(out, xmpp_stanza_get_name(element));
	if (own == NULL || (inherited == NULL && strcmp(own, NS_CLIENT) == 0))
		own = inherited != NULL ? inherited : NS_COMPONENT;
	if (strcmp(own, inherited != NULL ? inherited : NS_COMPONENT) != 0)
		add_attribute(out, "xmlns", own);
	for (int i = 0; i + 1 < count; i += 2) {
		if (strcmp(attributes[i], "xmlns") != 0)
			add_attribute(out, attributes[i], attributes[i + 1]);
	}
	return own;
}

static void close_element(struct buf *out, xmpp_stanza_t *element)
{
	buf_add_text(out, "</");
	buf_add_text(out, xmpp_stanza_get_name(element));
	buf_add_char(out, '>');
}

static bool add_tree(struct buf *out, xmpp_stanza_t *stanza)
{
	struct {
		xmpp_stanza_t *element;
		const char *inherited;
	} path[RENDER_DEPTH];
	size_t depth = 0;
	const char *inherited = NULL;
	xmpp_stanza_t *at = stanza;

	for (;;) {
		if (xmpp_stanza_is_text(at)) {
			buf_add_xml(out, xmpp_stanza_get_text_ptr(at));
		} else {
			const char *own = open_element(out, at, inherited);
			xmpp_stanza_t *child = xmpp_stanza_get_children(at);
			if (child != NULL) {
				if (depth == RENDER_DEPTH)
					return false;
				path[depth].element = at;
				path[depth++].inherited = inherited;
				buf_add_char(out, '>');
				at = child;
				inherited = own;
				continue;
			}
			buf_add_text(out, "/>");
		}
		while (depth > 0 && xmpp_stanza_get_next(at) == NULL) {
			depth--;
			at = path[depth].element;
			inherited = path[depth].inherited;
			close_element(out, at);
		}
		if (depth == 0)
			return !out->overflow;
		at = xmpp_stanza_get_next(at);
	}
}

bool render_stanza(struct buf *out, xmpp_stanza_t *stanza)
{
	size_t before = out->length;

	if (out->overflow)
		return false;
	if (add_tree(out, stanza))
		return true;
	out->length = before;
	if (out->data != NULL)
		out->data[before] = '\0';
	return false;
}

/* ---- presence ---- */

void rendered_init(struct rendered *rendered)
{
	buf_init(&rendered->head, PRESENCE_BYTES);
	buf_init(&rendered->tail, PRESENCE_BYTES);
	buf_init(&rendered->text, PRESENCE_BYTES);
}

void rendered_done(struct rendered *rendered)
{
	buf_done(&rendered->head);
	buf_done(&rendered->tail);
	buf_done(&rendered->text);
}

uint64_t render_digest(const struct presence *presence)
{
	if (presence_is_offline(presence))
		return PRESENCE_DIGEST_OFFLINE;
	return presence->digest > PRESENCE_DIGEST_OFFLINE ? presence->digest : PRESENCE_DIGEST_OFFLINE + 1;
}

static void add_instant(struct buf *out, const char *name, usec_t at)
{
	char text[CLOCK_TEXT];
	if (at != 0)
		add_attribute(out, name, clock_text(at, text));
}

static void add_status(struct rendered *rendered, const struct presence *presence)
{
	buf_clear(&rendered->text);
	presence_text(presence, &rendered->text);
	if (rendered->text.length > 0)
		add_element(&rendered->tail, "status", buf_text(&rendered->text));
}

static void add_rich_status(struct buf *out, const struct presence *presence)
{
	const struct status *status = presence->status;

	buf_add_text(out, "<rich-status xmlns='" NS_OFFHOOK "'");
	add_attribute(out, "id", status->id);
	if (status->icon[0] != '\0')
		add_attribute(out, "icon", status->icon);
	add_attribute(out, "color", status->color);
	add_attribute(out, "automatic", presence->automatic ? "true" : "false");
	add_instant(out, "since", presence->since);
	add_instant(out, "until", presence->until);
	buf_add_char(out, '>');
	add_element(out, "name", status->name);
	if (presence->message != NULL && presence->message[0] != '\0')
		add_element(out, "message", presence->message);
	buf_add_text(out, "</rich-status>");
}

static void add_caps(struct buf *out, const char *caps)
{
	buf_add_text(out, "<c xmlns='" NS_CAPS "' hash='sha-1' node='" CAPS_NODE "'");
	add_attribute(out, "ver", caps);
	buf_add_text(out, "/>");
}

static void add_content(struct rendered *rendered, const struct presence *presence, const char *caps)
{
	struct buf *out = &rendered->tail;
	enum show show = presence->status->show;

	buf_add_char(out, '>');
	if (show != SHOW_AVAILABLE && show != SHOW_UNAVAILABLE)
		add_element(out, "show", show_to_text(show));
	add_status(rendered, presence);
	add_rich_status(out, presence);
	if (presence->idle_since != 0) {
		buf_add_text(out, "<idle xmlns='" NS_IDLE "'");
		add_instant(out, "since", presence->idle_since);
		buf_add_text(out, "/>");
	}
	if (show != SHOW_UNAVAILABLE)
		add_caps(out, caps);
	buf_add_text(out, "</presence>");
}

void render_presence(struct rendered *rendered, const struct sender *from, const struct presence *presence,
	const char *caps)
{
	struct buf *head = &rendered->head, *tail = &rendered->tail;
	bool offline = presence_is_offline(presence);

	buf_clear(head);
	buf_clear(tail);
	buf_add_text(head, "<presence from='");
	buf_add_xml(head, from->local);
	buf_add_char(head, '@');
	buf_add_xml(head, from->domain);
	buf_add_char(head, '/');
	buf_add_xml(head, from->resource);
	if (offline || presence->status->show == SHOW_UNAVAILABLE)
		buf_add_text(head, "' type='unavailable");
	buf_add_text(head, "' to='");
	buf_add_char(tail, '\'');
	if (offline)
		buf_add_text(tail, "/>");
	else
		add_content(rendered, presence, caps);
}
