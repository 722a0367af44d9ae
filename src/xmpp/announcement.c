/*
 * Presence is read from its bytes here.
 */
#include "xmpp/announcement.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "xmpp/namespaces.h"

enum { MOST_ATTRIBUTES = 8, MOST_DEPTH = 4 };

struct reader {
	const char *at, *end;
	char *out; /* never outruns `at`, as nothing becomes longer */
};

struct name {
	const char *bytes;
	size_t length;
};

struct attribute {
	struct name name;
	const char *value;
};

struct tag {
	struct name name;
	struct attribute attributes[MOST_ATTRIBUTES];
	size_t count;
	bool empty;
};

/* ---- words ---- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_character(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':';
}

static bool same(const struct name *name, const char *text, size_t length)
{
	return name->length == length && memcmp(name->bytes, text, length) == 0;
}

static bool take(struct reader *reader, char c)
{
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

static bool read_name(struct reader *reader, struct name *name)
{
	name->bytes = reader->at;
	while (reader->at < reader->end && is_name_character(*reader->at))
		reader->at++;
	name->length = (size_t)(reader->at - name->bytes);
	return name->length > 0 && is_letter(name->bytes[0]);
}

/* The character that a reference stands for; '\0': it is none of the five. */
static char read_reference(struct reader *reader)
{
	static const struct {
		const char *text;
		size_t length;
		char c;
	} references[] = {{"&lt;", 4, '<'}, {"&gt;", 4, '>'}, {"&amp;", 5, '&'}, {"&apos;", 6, '\''},
		{"&quot;", 6, '"'}};
	size_t left = (size_t)(reader->end - reader->at);

	for (size_t i = 0; i < sizeof(references) / sizeof(*references); i++) {
		if (left < references[i].length ||
			memcmp(reader->at, references[i].text, references[i].length) != 0)
			continue;
		reader->at += references[i].length;
		return references[i].c;
	}
	return '\0';
}

/* Up to `stop`, which is a quote or '<'. A bare '>' could be the end of "]]>", which text must not have; the
 * reference is used in its place by all who write XML. NULL: not plain. */
static const char *read_text(struct reader *reader, char stop)
{
	char *begin = reader->out, *out = begin;
	const char *at = reader->at, *end = reader->end;
	unsigned char bits = 0;

	for (; at < end && *at != stop; out++) {
		char c = *at;
		if ((unsigned char)c < ' ' || c == '\x7F' || c == '<' || c == '>')
			return NULL;
		if (c == '&') {
			reader->at = at;
			c = read_reference(reader);
			if (c == '\0')
				return NULL;
			at = reader->at;
		} else {
			at++;
		}
		bits |= (unsigned char)c;
		*out = c;
	}
	*out = '\0';
	reader->at = at;
	reader->out = out + 1;
	return at < end && (bits < 0x80 || text_valid(begin)) ? begin : NULL;
}

/* ---- tags ---- */

static bool is_new(const struct tag *tag, const struct name *name)
{
	for (size_t i = 0; i < tag->count; i++)
		if (same(&tag->attributes[i].name, name->bytes, name->length))
			return false;
	return true;
}

static bool has_prefix(const struct name *name)
{
	return memchr(name->bytes, ':', name->length) != NULL;
}

/* Not those that only XML itself may declare, and not "none". */
static bool is_namespace(const char *value)
{
	return value[0] != '\0' && strncmp(value, "http://www.w3.org/", 18) != 0 &&
	       strlen(value) <= LIMIT_NAMESPACE_BYTES;
}

static bool is_right(const struct attribute *attribute)
{
	if (same(&attribute->name, "xmlns", 5))
		return is_namespace(attribute->value);
	return !has_prefix(&attribute->name) || same(&attribute->name, "xml:lang", 8);
}

static bool read_attribute(struct reader *reader, struct tag *tag)
{
	struct attribute *attribute = &tag->attributes[tag->count];

	if (tag->count == MOST_ATTRIBUTES || !read_name(reader, &attribute->name) ||
		!is_new(tag, &attribute->name) || !take(reader, '='))
		return false;
	char quote = take(reader, '\'') ? '\'' : '"';
	if (quote == '"' && !take(reader, '"'))
		return false;
	attribute->value = read_text(reader, quote);
	if (attribute->value == NULL || !is_right(attribute))
		return false;
	tag->count++;
	return take(reader, quote);
}

/* After its '<'. */
static bool read_tag(struct reader *reader, struct tag *tag)
{
	tag->count = 0;
	if (!read_name(reader, &tag->name) || has_prefix(&tag->name))
		return false;
	while (take(reader, ' ')) {
		if (!read_attribute(reader, tag))
			return false;
	}
	tag->empty = take(reader, '/');
	return take(reader, '>');
}

static const char *value_of(const struct tag *tag, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < tag->count; i++)
		if (same(&tag->attributes[i].name, name, length))
			return tag->attributes[i].value;
	return NULL;
}

static bool is_of(const struct tag *tag, const char *namespace_)
{
	const char *value = value_of(tag, "xmlns");
	return value != NULL && strcmp(value, namespace_) == 0;
}

/* ---- presence ---- */

enum element {
	ELEMENT_OTHER,
	ELEMENT_SHOW,
	ELEMENT_STATUS,
	ELEMENT_PRIORITY,
	ELEMENT_IDLE,
	ELEMENT_DELAY,
	ELEMENT_CAPS
};

static enum element element_of(const struct tag *tag)
{
	if (same(&tag->name, "show", 4))
		return ELEMENT_SHOW;
	if (same(&tag->name, "status", 6))
		return ELEMENT_STATUS;
	if (same(&tag->name, "priority", 8))
		return ELEMENT_PRIORITY;
	if (same(&tag->name, "idle", 4) && is_of(tag, NS_IDLE))
		return ELEMENT_IDLE;
	if (same(&tag->name, "delay", 5) && is_of(tag, NS_DELAY))
		return ELEMENT_DELAY;
	return same(&tag->name, "c", 1) && is_of(tag, NS_CAPS) ? ELEMENT_CAPS : ELEMENT_OTHER;
}

static bool has_text(enum element element)
{
	return element == ELEMENT_SHOW || element == ELEMENT_STATUS || element == ELEMENT_PRIORITY;
}

struct presence_reader {
	struct reader reader;
	struct announcement *announcement;
	struct name open[MOST_DEPTH]; /* [0] is the presence */
	size_t depth;
	enum element element; /* that is open below the presence */
	unsigned seen;        /* elements, as bits */
};

/* Which of two counts is not decided here. */
static bool begin_element(struct presence_reader *presence, const struct tag *tag)
{
	struct announcement *announcement = presence->announcement;
	enum element element = element_of(tag);

	if (element != ELEMENT_OTHER && (presence->seen & 1U << element) != 0)
		return false;
	presence->seen |= 1U << element;
	presence->element = element;
	if (element == ELEMENT_IDLE) {
		announcement->idle_since = value_of(tag, "since");
	} else if (element == ELEMENT_DELAY) {
		announcement->delay_stamp = value_of(tag, "stamp");
	} else if (element == ELEMENT_CAPS) {
		announcement->hash = value_of(tag, "hash");
		announcement->node = value_of(tag, "node");
		announcement->ver = value_of(tag, "ver");
	}
	return true;
}

static bool begin(struct presence_reader *presence)
{
	struct tag tag;
	bool below = presence->depth > 1;

	if (!read_tag(&presence->reader, &tag) || (below && has_text(presence->element)))
		return false;
	if (!below && !begin_element(presence, &tag))
		return false;
	if (tag.empty)
		return true;
	if (presence->depth == MOST_DEPTH)
		return false;
	presence->open[presence->depth++] = tag.name;
	return true;
}

/* After "</". */
static bool end(struct presence_reader *presence)
{
	const struct name *open = &presence->open[--presence->depth];
	struct name name;

	return read_name(&presence->reader, &name) && same(open, name.bytes, name.length) &&
	       take(&presence->reader, '>');
}

static bool read_content(struct presence_reader *presence)
{
	struct announcement *announcement = presence->announcement;
	const char **places[] = {[ELEMENT_SHOW] = &announcement->show,
		[ELEMENT_STATUS] = &announcement->status,
		[ELEMENT_PRIORITY] = &announcement->priority};
	const char *text = presence->depth > 1 ? read_text(&presence->reader, '<') : NULL;

	if (text == NULL)
		return false;
	if (has_text(presence->element))
		*places[presence->element] = text;
	return true;
}

static bool read_elements(struct presence_reader *presence)
{
	while (presence->depth > 0) {
		bool ok;
		if (!take(&presence->reader, '<'))
			ok = read_content(presence);
		else if (take(&presence->reader, '/'))
			ok = end(presence);
		else
			ok = begin(presence);
		if (!ok)
			return false;
	}
	return true;
}

/* Presence of a server speaks to components in their namespace or in that of clients. */
static bool take_addresses(struct announcement *announcement, const struct tag *tag)
{
	const char *type = value_of(tag, "type");

	announcement->from = value_of(tag, "from");
	announcement->to = value_of(tag, "to");
	announcement->id = value_of(tag, "id");
	announcement->type = type != NULL ? type : "";
	if (value_of(tag, "xmlns") != NULL && !is_of(tag, NS_COMPONENT) && !is_of(tag, NS_CLIENT))
		return false;
	return type == NULL || strcmp(type, "probe") == 0 || strcmp(type, "unavailable") == 0;
}

size_t announcement_read(const char *bytes, size_t length, struct announcement *announcement)
{
	struct presence_reader presence = {.announcement = announcement, .depth = 1};
	struct tag tag;

	presence.reader = (struct reader){.at = bytes,
		.end = bytes + (length < ANNOUNCEMENT_BYTES ? length : ANNOUNCEMENT_BYTES),
		.out = announcement->texts};
	memset(announcement, 0, offsetof(struct announcement, texts));
	if (!take(&presence.reader, '<') || !read_tag(&presence.reader, &tag) ||
		!same(&tag.name, "presence", 8) || !take_addresses(announcement, &tag))
		return 0;
	presence.open[0] = tag.name;
	if (!tag.empty && !read_elements(&presence))
		return 0;
	return (size_t)(presence.reader.at - bytes);
}
