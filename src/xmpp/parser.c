/*
 * The bytes of the server become stanzas here.
 */
#include "xmpp/parser.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "xmpp/namespaces.h"
#include "xmpp/scanner.h"

#define XML_NAMESPACE "http://www.w3.org/XML/1998/namespace"

enum { NAMESPACE_SEPARATOR = '\1', HEADER_BYTES = 4096 };

/* Without this, a tag of several KB that arrives in two pieces is held back until more data comes. Weak,
 * because not every expat that has the delay lets it be switched off, and older ones have neither. */
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled) __attribute__((weak));

struct parser {
	XML_Parser expat;
	struct scanner scanner; /* always ahead of expat */
	xmpp_ctx_t *context;
	struct parser_events events;
	struct buf header;                       /* as it came, to begin anew with */
	struct buf text;                         /* of the innermost open element, since its last child */
	xmpp_stanza_t *open[LIMIT_STANZA_DEPTH]; /* [0] is the stanza, and owned */
	unsigned children[LIMIT_STANZA_DEPTH];   /* of each of those */
	unsigned depth;                          /* of open elements, the stream itself included */
	unsigned elements;                       /* of the stanza so far */
	size_t fed;                              /* bytes that this expat has seen */
	size_t left;                             /* of the last feed, by a pause */
	bool opened, skipping, stopped, paused;
	bool plain; /* the stream's default namespace is that of components */
	struct announcement ahead[LIMIT_AHEAD];
	const char *problem;
};

static void *context_alloc(size_t size, void *userdata)
{
	(void)userdata;
	return mem_new(size);
}

static void context_free(void *memory, void *userdata)
{
	(void)userdata;
	free(memory);
}

static void *context_realloc(void *memory, size_t size, void *userdata)
{
	(void)userdata;
	return mem_resize(memory, size, 1);
}

xmpp_ctx_t *parser_context(void)
{
	static const xmpp_mem_t memory = {
		.alloc = context_alloc, .free = context_free, .realloc = context_realloc};
	return xmpp_ctx_new(&memory, NULL);
}

static void fail(struct parser *parser, const char *problem)
{
	if (parser->problem == NULL)
		parser->problem = problem;
	XML_StopParser(parser->expat, XML_FALSE);
}

static bool is_deaf(const struct parser *parser)
{
	return parser->stopped || parser->skipping || parser->problem != NULL;
}

static xmpp_stanza_t *without_children(xmpp_ctx_t *context, xmpp_stanza_t *stanza)
{
	const char *attributes[2 * (LIMIT_STANZA_ATTRIBUTES + 1)];
	int count = xmpp_stanza_get_attributes(stanza, attributes, 2 * (LIMIT_STANZA_ATTRIBUTES + 1));
	xmpp_stanza_t *copy = xmpp_stanza_new(context);

	xmpp_stanza_set_name(copy, xmpp_stanza_get_name(stanza));
	for (int i = 0; i + 1 < count; i += 2)
		xmpp_stanza_set_attribute(copy, attributes[i], attributes[i + 1]);
	return copy;
}

/* From here to its end, the stanza is for the scanner alone. */
static void skip_rest(struct parser *parser)
{
	parser->skipping = true;
	buf_clear(&parser->text);
	XML_StopParser(parser->expat, XML_FALSE);
	if (parser->open[0] == NULL || xmpp_stanza_get_children(parser->open[0]) == NULL)
		return;
	xmpp_stanza_t *bare = without_children(parser->context, parser->open[0]);
	xmpp_stanza_release(parser->open[0]);
	parser->open[0] = bare;
}

/* False: there are too many already, as libstrophe walks past all of them to add one more. */
static bool add_child(struct parser *parser, unsigned parent, xmpp_stanza_t *child)
{
	if (++parser->children[parent] > LIMIT_STANZA_CHILDREN) {
		xmpp_stanza_release(child);
		skip_rest(parser);
		return false;
	}
	xmpp_stanza_add_child_ex(parser->open[parent], child, 0);
	return true;
}

/* White space between elements is no content; white space that is all an element has may be. False: the
 * rest of the stanza is skipped. */
static bool flush_text(struct parser *parser, unsigned parent, bool at_end)
{
	struct buf *text = &parser->text;
	bool fits = true;
	if (text->length == 0)
		return true;
	bool blank = strspn(text->data, " \t\r\n") == text->length;
	if (!blank || (at_end && parser->children[parent] == 0)) {
		xmpp_stanza_t *node = xmpp_stanza_new(parser->context);
		xmpp_stanza_set_text_with_size(node, text->data, text->length);
		fits = add_child(parser, parent, node);
	}
	buf_clear(text);
	return fits;
}

static void set_name(xmpp_stanza_t *element, const char *name)
{
	const char *separator = strchr(name, NAMESPACE_SEPARATOR);
	if (separator == NULL) {
		xmpp_stanza_set_name(element, name);
		return;
	}
	char *namespace_ = mem_bytes(name, (size_t)(separator - name));
	xmpp_stanza_set_name(element, separator + 1);
	xmpp_stanza_set_ns(element, namespace_);
	free(namespace_);
}

static void set_attributes(xmpp_stanza_t *element, const char **attributes)
{
	for (size_t i = 0; attributes[i] != NULL; i += 2) {
		const char *separator = strchr(attributes[i], NAMESPACE_SEPARATOR);
		if (separator == NULL)
			xmpp_stanza_set_attribute(element, attributes[i], attributes[i + 1]);
		else if (strcmp(attributes[i], XML_NAMESPACE "\1lang") == 0)
			xmpp_stanza_set_attribute(element, "xml:lang", attributes[i + 1]);
	}
}

static bool too_many(const char **attributes)
{
	size_t count = 0;
	while (attributes[2 * count] != NULL && count <= LIMIT_STANZA_ATTRIBUTES)
		count++;
	return count > LIMIT_STANZA_ATTRIBUTES;
}

static bool has_long_namespace(const char *name)
{
	const char *separator = strchr(name, NAMESPACE_SEPARATOR);
	return separator != NULL && separator - name > LIMIT_NAMESPACE_BYTES;
}

/* Every element has a copy of its namespace, and expat makes one for every attribute with a prefix. */
static bool is_too_large(const char *name, const char **attributes)
{
	if (has_long_namespace(name) || too_many(attributes))
		return true;
	for (size_t i = 0; attributes[i] != NULL; i += 2) {
		if (has_long_namespace(attributes[i]))
			return true;
	}
	return false;
}

static void start_stream(struct parser *parser, const char *name, const char **attributes)
{
	if (parser->opened)
		return; /* the header once more, for a new expat */
	if (strcmp(name, NS_STREAMS "\1stream") != 0) {
		fail(parser, "this is not an XMPP stream");
		return;
	}
	parser->opened = true;
	const char *id = "";
	for (size_t i = 0; attributes[i] != NULL; i += 2) {
		if (strcmp(attributes[i], "id") == 0)
			id = attributes[i + 1];
	}
	parser->events.opened(parser->events.ctx, id);
}

static void start_stanza(struct parser *parser, const char *name, const char **attributes)
{
	if (is_too_large(name, attributes)) {
		skip_rest(parser);
		return;
	}
	parser->open[0] = xmpp_stanza_new(parser->context);
	parser->elements = 1;
	parser->children[0] = 0;
	set_name(parser->open[0], name);
	set_attributes(parser->open[0], attributes);
}

static void start_child(struct parser *parser, const char *name, const char **attributes)
{
	unsigned place = parser->depth - 2;

	if (place >= LIMIT_STANZA_DEPTH || ++parser->elements > LIMIT_STANZA_ELEMENTS ||
		is_too_large(name, attributes)) {
		skip_rest(parser);
		return;
	}
	if (!flush_text(parser, place - 1, false))
		return;
	xmpp_stanza_t *element = xmpp_stanza_new(parser->context);
	set_name(element, name);
	set_attributes(element, attributes);
	if (!add_child(parser, place - 1, element))
		return;
	parser->open[place] = element;
	parser->children[place] = 0;
}

static void on_start(void *data, const char *name, const char **attributes)
{
	struct parser *parser = data;
	if (is_deaf(parser))
		return;
	parser->depth++;
	if (parser->depth == 1)
		start_stream(parser, name, attributes);
	else if (parser->depth == 2)
		start_stanza(parser, name, attributes);
	else
		start_child(parser, name, attributes);
}

static void on_end(void *data, const char *name)
{
	(void)name;
	struct parser *parser = data;
	if (is_deaf(parser))
		return;
	if (parser->depth >= 2 && !flush_text(parser, parser->depth - 2, true))
		return;
	parser->depth--;
	if (parser->depth == 0)
		parser->events.ended(parser->events.ctx);
}

static void on_text(void *data, const char *text, int length)
{
	struct parser *parser = data;
	if (!is_deaf(parser) && parser->depth >= 2)
		buf_add(&parser->text, text, (size_t)length);
}

static void on_doctype(void *data, const char *name, const char *system, const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	fail(data, "a document type declaration is not allowed");
}

static void on_namespace(void *data, const char *prefix, const char *uri)
{
	struct parser *parser = data;
	if (parser->depth == 0 && prefix == NULL)
		parser->plain = uri != NULL && strcmp(uri, NS_COMPONENT) == 0;
}

static void make_expat(struct parser *parser)
{
	XML_Parser expat = XML_ParserCreateNS("UTF-8", NAMESPACE_SEPARATOR);

	if (expat == NULL)
		abort();
	if (XML_SetReparseDeferralEnabled != NULL)
		XML_SetReparseDeferralEnabled(expat, XML_FALSE);
	XML_SetUserData(expat, parser);
	XML_SetElementHandler(expat, on_start, on_end);
	XML_SetCharacterDataHandler(expat, on_text);
	XML_SetStartNamespaceDeclHandler(expat, on_namespace);
	XML_SetStartDoctypeDeclHandler(expat, on_doctype);
	parser->expat = expat;
	parser->fed = 0;
	parser->depth = 0;
}

struct parser *parser_new(xmpp_ctx_t *context, const struct parser_events *events)
{
	struct parser *parser = mem_new(sizeof(*parser));

	parser->context = context;
	parser->events = *events;
	buf_init(&parser->header, HEADER_BYTES);
	buf_init(&parser->text, LIMIT_STANZA_BYTES);
	make_expat(parser);
	return parser;
}

void parser_free(struct parser *parser)
{
	if (parser == NULL)
		return;
	if (parser->open[0] != NULL)
		xmpp_stanza_release(parser->open[0]);
	XML_ParserFree(parser->expat);
	buf_done(&parser->header);
	buf_done(&parser->text);
	free(parser);
}

void parser_stop(struct parser *parser)
{
	if (parser->stopped)
		return;
	parser->stopped = true;
	XML_StopParser(parser->expat, XML_FALSE);
}

void parser_pause(struct parser *parser)
{
	parser->paused = true;
}

size_t parser_left(const struct parser *parser)
{
	return parser->left;
}

static void parse(struct parser *parser, const char *bytes, size_t length)
{
	parser->fed += length;
	if (XML_Parse(parser->expat, bytes, (int)length, XML_FALSE) == XML_STATUS_OK || is_deaf(parser))
		return;
	parser->problem = XML_ErrorString(XML_GetErrorCode(parser->expat));
}

/* Expat keeps every name it ever met until it is freed, so whoever may send stanzas could make it grow
 * for as long as the stream lasts. A new one begins between two stanzas, with the header that came. */
static void renew(struct parser *parser)
{
	XML_ParserFree(parser->expat);
	make_expat(parser);
	parse(parser, parser->header.data, parser->header.length);
	parser->fed = 0;
}

/* Of a stanza whose first tag could not be read even the name is unknown. */
static xmpp_stanza_t *unreadable(struct parser *parser)
{
	xmpp_stanza_t *stanza = xmpp_stanza_new(parser->context);

	xmpp_stanza_set_name(stanza, "unreadable");
	xmpp_stanza_set_ns(stanza, NS_COMPONENT);
	return stanza;
}

static void end_stanza(struct parser *parser)
{
	xmpp_stanza_t *stanza = parser->open[0] != NULL ? parser->open[0] : unreadable(parser);
	bool skipped = parser->skipping;

	parser->open[0] = NULL;
	parser->skipping = false;
	parser->events.stanza(parser->events.ctx, stanza, skipped);
	xmpp_stanza_release(stanza);
	if (!parser->stopped && (skipped || parser->fed > LIMIT_PARSER_BYTES))
		renew(parser);
}

static void end_unit(struct parser *parser)
{
	if (parser->skipping && parser->scanner.depth == 1)
		end_stanza(parser);
	else if (parser->skipping)
		parser->problem = "the end of the stream is too long";
	else if (parser->open[0] != NULL && parser->depth == 1)
		end_stanza(parser);
	else if (parser->open[0] != NULL)
		parser->problem = "this is not well-formed";
}

static void read_header(struct parser *parser, const char *bytes, size_t length)
{
	buf_add(&parser->header, bytes, length);
	if (parser->header.overflow || parser->scanner.crowded)
		parser->problem = "the stream header is too long";
	else
		parse(parser, bytes, length);
}

static void read_unit(struct parser *parser, const char *bytes, size_t length)
{
	parse(parser, bytes, length);
	if (!is_deaf(parser) && (parser->scanner.length > LIMIT_STANZA_BYTES || parser->scanner.crowded))
		skip_rest(parser);
}

/* The length of the announcements that begin here and are dealt with; 0: there is none. Neither expat nor the
 * scanner sees them: before and behind them they stand between two stanzas. */
static size_t announce(struct parser *parser, const char *bytes, size_t length)
{
	const struct parser_events *events = &parser->events;
	size_t ends[LIMIT_AHEAD], count = 0, told = 0, at = 0, taken;

	if (!parser->plain || parser->skipping || events->announcement == NULL ||
		!scanner_between(&parser->scanner))
		return 0;
	while (count < LIMIT_AHEAD &&
		(taken = announcement_read(bytes + at, length - at, &parser->ahead[count])) > 0) {
		at += taken;
		ends[count++] = at;
	}
	if (count > 1 && events->expected != NULL)
		events->expected(events->ctx, parser->ahead, count);
	while (told < count && !parser->paused && !parser->stopped)
		events->announcement(events->ctx, &parser->ahead[told++]);
	return told > 0 ? ends[told - 1] : 0;
}

/* Goes on to the end of a stanza at most; returns how much of the bytes is done with. */
static size_t feed_some(struct parser *parser, const char *bytes, size_t length)
{
	struct scanner *scanner = &parser->scanner;
	size_t begun = scanner->complete ? 0 : scanner->length;
	size_t most = parser->skipping ? length : LIMIT_STANZA_BYTES + 1 - begun;
	size_t taken = scanner_take(scanner, bytes, length < most ? length : most);

	if (!parser->opened)
		read_header(parser, bytes, taken);
	else if (!parser->skipping)
		read_unit(parser, bytes, taken);
	if (scanner->complete && parser->problem == NULL && !parser->stopped)
		end_unit(parser);
	return taken;
}

bool parser_feed(struct parser *parser, const char *bytes, size_t length, struct error *error)
{
	parser->paused = false;
	while (length > 0 && parser->problem == NULL && !parser->stopped && !parser->paused) {
		size_t done = announce(parser, bytes, length);
		if (done == 0)
			done = feed_some(parser, bytes, length);
		bytes += done;
		length -= done;
	}
	parser->left = parser->paused ? length : 0;
	if (parser->problem != NULL)
		return error_set(error, NULL, "%s", parser->problem);
	return true;
}
