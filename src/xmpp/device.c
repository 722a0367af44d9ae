/*
 * Presence of people's clients is read here.
 */
#include "xmpp/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "xmpp/namespaces.h"

/* What a client says, as it stands in the stanza; NULL: absent. */
struct words {
	const char *type, *show, *priority, *status, *idle_since, *delay_stamp;
};

static enum show read_show(const struct words *words)
{
	char *text = words->show != NULL ? text_trim(words->show) : NULL;
	enum show show;

	if (text == NULL || !show_parse(text, &show) || show == SHOW_UNAVAILABLE)
		show = SHOW_AVAILABLE;
	free(text);
	return words->type != NULL && strcmp(words->type, "unavailable") == 0 ? SHOW_UNAVAILABLE : show;
}

static int8_t read_priority(const struct words *words)
{
	char *text = words->priority != NULL ? text_trim(words->priority) : NULL;
	bool negative = text != NULL && text[0] == '-';
	long long number = 0;

	if (text == NULL ||
		!text_number(text + (negative || text[0] == '+'), 0, negative ? 128 : 127, &number))
		number = 0;
	free(text);
	return (int8_t)(negative ? -number : number);
}

/* Most texts are short and plain, and the tables of Unicode are slow. */
static bool is_simple(const char *text)
{
	size_t length = 0;

	for (; text[length] != '\0'; length++)
		if (text[length] < ' ' || text[length] > '~' || length == LIMIT_MESSAGE)
			return false;
	return length > 0 && text[0] != ' ' && text[length - 1] != ' ';
}

static char *read_status(const struct words *words)
{
	if (words->status == NULL || is_simple(words->status))
		return words->status != NULL ? mem_string(words->status) : NULL;
	char *text = text_trim(words->status);
	char *clean = text_clean(text, strlen(text), LIMIT_MESSAGE);
	char *trimmed = text_trim(clean); /* control characters have become blanks */
	free(text);
	free(clean);
	return trimmed;
}

static usec_t read_instant(const char *text)
{
	usec_t at;
	return text != NULL && clock_parse(text, &at) ? at : 0;
}

static void read_words(const struct words *words, struct fact_device *fact, char **text)
{
	fact->show = read_show(words);
	fact->priority = read_priority(words);
	fact->text = *text = read_status(words);
	fact->idle_since = read_instant(words->idle_since);
	fact->changed = read_instant(words->delay_stamp);
}

void device_read_announcement(const struct announcement *announcement, struct fact_device *fact, char **text)
{
	const struct words words = {.type = announcement->type,
		.show = announcement->show,
		.priority = announcement->priority,
		.status = announcement->status,
		.idle_since = announcement->idle_since,
		.delay_stamp = announcement->delay_stamp};

	read_words(&words, fact, text);
}

/* ---- stanzas ---- */

static int rank(xmpp_stanza_t *status)
{
	const char *language = xmpp_stanza_get_attribute(status, "xml:lang");

	if (language == NULL)
		return 3;
	return strncmp(language, "en", 2) == 0 ? 2 : 1;
}

static xmpp_stanza_t *best_status(xmpp_stanza_t *presence)
{
	xmpp_stanza_t *best = NULL;

	for (xmpp_stanza_t *child = xmpp_stanza_get_children(presence); child != NULL;
		child = xmpp_stanza_get_next(child)) {
		if (!xmpp_stanza_is_tag(child) || strcmp(xmpp_stanza_get_name(child), "status") != 0)
			continue;
		if (best == NULL || rank(child) > rank(best))
			best = child;
	}
	return best;
}

static const char *attribute_of(
	xmpp_stanza_t *presence, const char *name, const char *namespace_, const char *attribute)
{
	xmpp_stanza_t *child = xmpp_stanza_get_child_by_name_and_ns(presence, name, namespace_);
	return child != NULL ? xmpp_stanza_get_attribute(child, attribute) : NULL;
}

/* Allocated by the stanza's context; NULL: none. */
static char *text_of(xmpp_stanza_t *element)
{
	return element != NULL ? xmpp_stanza_get_text(element) : NULL;
}

void device_read(xmpp_stanza_t *presence, struct fact_device *fact, char **text)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(presence);
	char *texts[] = {text_of(xmpp_stanza_get_child_by_name(presence, "show")),
		text_of(xmpp_stanza_get_child_by_name(presence, "priority")), text_of(best_status(presence))};
	const struct words words = {.type = xmpp_stanza_get_type(presence),
		.show = texts[0],
		.priority = texts[1],
		.status = texts[2],
		.idle_since = attribute_of(presence, "idle", NS_IDLE, "since"),
		.delay_stamp = attribute_of(presence, "delay", NS_DELAY, "stamp")};

	read_words(&words, fact, text);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i] != NULL)
			xmpp_free(context, texts[i]);
}
