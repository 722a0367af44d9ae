/*
 * Presence of people's clients is read here.
 */
#include "xmpp/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "xmpp/namespaces.h"

static char *text_of(xmpp_stanza_t *element)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(element);
	char *text = xmpp_stanza_get_text(element);
	char *copy = text != NULL ? text_trim(text) : NULL;

	if (text != NULL)
		xmpp_free(context, text);
	return copy;
}

static char *child_text(xmpp_stanza_t *presence, const char *name)
{
	xmpp_stanza_t *child = xmpp_stanza_get_child_by_name(presence, name);
	return child != NULL ? text_of(child) : NULL;
}

static enum show read_show(xmpp_stanza_t *presence)
{
	const char *type = xmpp_stanza_get_type(presence);
	char *text = child_text(presence, "show");
	enum show show;

	if (text == NULL || !show_parse(text, &show) || show == SHOW_UNAVAILABLE)
		show = SHOW_AVAILABLE;
	free(text);
	return type != NULL && strcmp(type, "unavailable") == 0 ? SHOW_UNAVAILABLE : show;
}

static int8_t read_priority(xmpp_stanza_t *presence)
{
	char *text = child_text(presence, "priority");
	bool negative = text != NULL && text[0] == '-';
	long long number = 0;

	if (text == NULL ||
		!text_number(text + (negative || text[0] == '+'), 0, negative ? 128 : 127, &number))
		number = 0;
	free(text);
	return (int8_t)(negative ? -number : number);
}

static int rank(xmpp_stanza_t *status)
{
	const char *language = xmpp_stanza_get_attribute(status, "xml:lang");

	if (language == NULL)
		return 3;
	return strncmp(language, "en", 2) == 0 ? 2 : 1;
}

static char *read_status(xmpp_stanza_t *presence)
{
	xmpp_stanza_t *best = NULL;

	for (xmpp_stanza_t *child = xmpp_stanza_get_children(presence); child != NULL;
		child = xmpp_stanza_get_next(child)) {
		if (!xmpp_stanza_is_tag(child) || strcmp(xmpp_stanza_get_name(child), "status") != 0)
			continue;
		if (best == NULL || rank(child) > rank(best))
			best = child;
	}
	char *text = best != NULL ? text_of(best) : NULL;
	if (text == NULL)
		return NULL;
	char *clean = text_clean(text, strlen(text), LIMIT_MESSAGE);
	char *trimmed = text_trim(clean); /* control characters have become blanks */
	free(text);
	free(clean);
	return trimmed;
}

static usec_t read_instant(
	xmpp_stanza_t *presence, const char *name, const char *namespace_, const char *attribute)
{
	xmpp_stanza_t *child = xmpp_stanza_get_child_by_name_and_ns(presence, name, namespace_);
	const char *text = child != NULL ? xmpp_stanza_get_attribute(child, attribute) : NULL;
	usec_t at;

	return text != NULL && clock_parse(text, &at) ? at : 0;
}

void device_read(xmpp_stanza_t *presence, struct fact_device *fact, char **text)
{
	fact->show = read_show(presence);
	fact->priority = read_priority(presence);
	fact->text = *text = read_status(presence);
	fact->idle_since = read_instant(presence, "idle", NS_IDLE, "since");
	fact->changed = read_instant(presence, "delay", NS_DELAY, "stamp");
}
