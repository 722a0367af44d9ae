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

static void add_caps(struct buf *out, const char *caps)
{
	buf_add_text(out, "<c xmlns='" NS_CAPS "' hash='sha-1' node='" CAPS_NODE "'");
	add_attribute(out, "ver", caps);
	buf_add_text(out, "/>");
}

void rendered_init(struct rendered *rendered, const struct sender *sender)
{
	*rendered = (struct rendered){0};
	buf_init(&rendered->head, PRESENCE_BYTES);
	buf_init(&rendered->tail, PRESENCE_BYTES);
	buf_init(&rendered->behind_local, PRESENCE_BYTES);
	buf_init(&rendered->end, PRESENCE_BYTES);
	buf_init(&rendered->message, PRESENCE_BYTES);
	for (size_t i = 0; i < RENDERED_STATUSES; i++)
		buf_init(&rendered->statuses[i].bytes, PRESENCE_BYTES);
	buf_add_char(&rendered->behind_local, '@');
	buf_add_xml(&rendered->behind_local, sender->domain);
	buf_add_char(&rendered->behind_local, '/');
	buf_add_xml(&rendered->behind_local, sender->resource);
	buf_add_char(&rendered->behind_local, '\'');
	add_caps(&rendered->end, sender->caps);
	buf_add_text(&rendered->end, "</presence>");
}

void rendered_done(struct rendered *rendered)
{
	buf_done(&rendered->head);
	buf_done(&rendered->tail);
	buf_done(&rendered->behind_local);
	buf_done(&rendered->end);
	buf_done(&rendered->message);
	for (size_t i = 0; i < RENDERED_STATUSES; i++)
		buf_done(&rendered->statuses[i].bytes);
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

	if (at == 0)
		return;
	buf_add_text(out, name);
	buf_add_text(out, clock_text(at, text));
	buf_add_char(out, '\'');
}

static void render_status(struct rendered_status *rendered, const struct status *status)
{
	struct buf *out = &rendered->bytes;

	buf_clear(out);
	buf_add_text(out, "'>");
	if (status->show != SHOW_AVAILABLE && status->show != SHOW_UNAVAILABLE)
		add_element(out, "show", show_to_text(status->show));
	buf_add_text(out, "<status>");
	if (status->icon[0] != '\0') {
		buf_add_xml(out, status->icon);
		buf_add_char(out, ' ');
	}
	buf_add_xml(out, status->name);
	rendered->text_end = out->length;
	buf_add_text(out, "</status><rich-status xmlns='" NS_OFFHOOK "'");
	add_attribute(out, "id", status->id);
	if (status->icon[0] != '\0')
		add_attribute(out, "icon", status->icon);
	add_attribute(out, "color", status->color);
	buf_add_text(out, " automatic='");
	rendered->automatic_at = out->length;
	add_element(out, "name", status->name);
	rendered->look = status->look;
}

static const struct rendered_status *find_status(struct rendered *rendered, const struct status *status)
{
	struct rendered_status *found = &rendered->statuses[status->look % RENDERED_STATUSES];

	if (found->look != status->look || found->bytes.length == 0)
		render_status(found, status);
	return found;
}

static void add_content(struct rendered *rendered, const struct presence *presence)
{
	const struct rendered_status *status = find_status(rendered, presence->status);
	const char *bytes = status->bytes.data;
	struct buf *out = &rendered->tail, *message = &rendered->message;

	buf_clear(message);
	buf_add_xml(message, presence->message);
	buf_add(out, bytes, status->text_end);
	if (message->length > 0) {
		buf_add_text(out, " (");
		buf_add(out, message->data, message->length);
		buf_add_char(out, ')');
	}
	buf_add(out, bytes + status->text_end, status->automatic_at - status->text_end);
	buf_add_text(out, presence->automatic ? "true'" : "false'");
	add_instant(out, " since='", presence->since);
	add_instant(out, " until='", presence->until);
	buf_add_char(out, '>');
	buf_add(out, bytes + status->automatic_at, status->bytes.length - status->automatic_at);
	if (message->length > 0) {
		buf_add_text(out, "<message>");
		buf_add(out, message->data, message->length);
		buf_add_text(out, "</message>");
	}
	buf_add_text(out, "</rich-status>");
	if (presence->idle_since != 0) {
		add_instant(out, "<idle xmlns='" NS_IDLE "' since='", presence->idle_since);
		buf_add_text(out, "/>");
	}
}

void render_presence(struct rendered *rendered, const char *local, const struct presence *presence)
{
	struct buf *head = &rendered->head, *tail = &rendered->tail;
	bool offline = presence_is_offline(presence);
	bool unavailable = offline || presence->status->show == SHOW_UNAVAILABLE;

	buf_clear(head);
	buf_clear(tail);
	buf_add_text(head, "<presence from='");
	buf_add_xml(head, local);
	buf_add(head, rendered->behind_local.data, rendered->behind_local.length);
	buf_add_text(head, unavailable ? " type='unavailable' to='" : " to='");
	if (offline) {
		buf_add_text(tail, "'/>");
		return;
	}
	add_content(rendered, presence);
	if (unavailable)
		buf_add_text(tail, "</presence>");
	else
		buf_add(tail, rendered->end.data, rendered->end.length);
}
