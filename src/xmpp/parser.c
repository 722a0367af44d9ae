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

#define XML_NAMESPACE "http://www.w3.org/XML/1998/namespace"

enum { NAMESPACE_SEPARATOR = '\1', HEADER_BYTES = 4096 };

/* Without this, a tag of several KB that arrives in two pieces is held back until more data comes. Weak,
 * because not every expat that has the delay lets it be switched off, and older ones have neither. */
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled) __attribute__((weak));

struct parser {
	XML_Parser expat;
	xmpp_ctx_t *context;
	struct parser_events events;
	struct buf header;                       /* as it came, to begin anew with */
	struct buf text;                         /* of the innermost open element, since its last child */
	xmpp_stanza_t *open[LIMIT_STANZA_DEPTH]; /* [0] is the stanza, and owned */
	unsigned depth;                          /* of open elements, the stream itself included */
	unsigned elements;                       /* of the stanza so far */
	bool opened, skipping, stopped, renew;
	const char *problem;
	/* Positions are counted in the bytes that this expat has seen. */
	XML_Index chunk;   /* where the piece being fed begins */
	XML_Index fed;     /* bytes given to expat */
	XML_Index start;   /* of the stanza */
	XML_Index seen;    /* end of the last thing that expat told of */
	XML_Index settled; /* end of the last thing outside of stanzas, or of the last stanza */
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
	return parser->stopped || parser->renew || parser->problem != NULL;
}

static void take_position(struct parser *parser)
{
	parser->seen = XML_GetCurrentByteIndex(parser->expat) + XML_GetCurrentByteCount(parser->expat);
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

static void skip_rest(struct parser *parser)
{
	parser->skipping = true;
	buf_clear(&parser->text);
	if (xmpp_stanza_get_children(parser->open[0]) == NULL)
		return;
	xmpp_stanza_t *bare = without_children(parser->context, parser->open[0]);
	xmpp_stanza_release(parser->open[0]);
	parser->open[0] = bare;
}

/* White space between elements is no content; white space that is all an element has may be. */
static void flush_text(struct parser *parser, xmpp_stanza_t *parent, bool at_end)
{
	struct buf *text = &parser->text;
	if (text->length == 0)
		return;
	bool blank = strspn(text->data, " \t\r\n") == text->length;
	if (!blank || (at_end && xmpp_stanza_get_children(parent) == NULL)) {
		xmpp_stanza_t *node = xmpp_stanza_new(parser->context);
		xmpp_stanza_set_text_with_size(node, text->data, text->length);
		xmpp_stanza_add_child_ex(parent, node, 0);
	}
	buf_clear(text);
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

static bool is_too_long(const struct parser *parser)
{
	return parser->seen - parser->start > LIMIT_STANZA_BYTES;
}

static void start_stream(struct parser *parser, const char *name, const char **attributes)
{
	parser->settled = parser->seen;
	if (parser->opened)
		return; /* the header once more, for a new expat */
	if (strcmp(name, NS_STREAMS "\1stream") != 0) {
		fail(parser, "this is not an XMPP stream");
		return;
	}
	if ((size_t)parser->seen > parser->header.length) {
		fail(parser, "the stream header is too long");
		return;
	}
	parser->header.length = (size_t)parser->seen;
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
	bool fits = !is_too_long(parser) && !too_many(attributes);

	parser->open[0] = xmpp_stanza_new(parser->context);
	parser->skipping = !fits;
	parser->elements = 1;
	set_name(parser->open[0], name);
	if (fits)
		set_attributes(parser->open[0], attributes);
}

static void start_child(struct parser *parser, const char *name, const char **attributes)
{
	unsigned place = parser->depth - 2;

	if (place >= LIMIT_STANZA_DEPTH || ++parser->elements > LIMIT_STANZA_ELEMENTS ||
		is_too_long(parser) || too_many(attributes)) {
		skip_rest(parser);
		return;
	}
	flush_text(parser, parser->open[place - 1], false);
	xmpp_stanza_t *element = xmpp_stanza_new(parser->context);
	set_name(element, name);
	set_attributes(element, attributes);
	xmpp_stanza_add_child_ex(parser->open[place - 1], element, 0);
	parser->open[place] = element;
}

static void on_start(void *data, const char *name, const char **attributes)
{
	struct parser *parser = data;
	if (is_deaf(parser))
		return;
	take_position(parser);
	parser->depth++;
	if (parser->depth == 1) {
		start_stream(parser, name, attributes);
	} else if (parser->depth == 2) {
		parser->start = XML_GetCurrentByteIndex(parser->expat);
		start_stanza(parser, name, attributes);
	} else if (parser->depth > LIMIT_STANZA_HARD_DEPTH) {
		fail(parser, "a stanza is nested too deep");
	} else if (!parser->skipping) {
		start_child(parser, name, attributes);
	}
}

static void end_stanza(struct parser *parser)
{
	xmpp_stanza_t *stanza = parser->open[0];

	parser->open[0] = NULL;
	parser->settled = parser->seen;
	parser->events.stanza(parser->events.ctx, stanza, parser->skipping);
	xmpp_stanza_release(stanza);
	parser->skipping = false;
	if (parser->stopped || parser->seen <= parser->chunk)
		return;
	if (parser->seen - (XML_Index)parser->header.length > LIMIT_PARSER_BYTES) {
		parser->renew = true;
		XML_StopParser(parser->expat, XML_FALSE);
	}
}

static void on_end(void *data, const char *name)
{
	(void)name;
	struct parser *parser = data;
	if (is_deaf(parser))
		return;
	take_position(parser);
	if (parser->depth >= 2 && !parser->skipping) {
		if (is_too_long(parser))
			skip_rest(parser);
		else
			flush_text(parser, parser->open[parser->depth - 2], true);
	}
	parser->depth--;
	if (parser->depth == 1)
		end_stanza(parser);
	else if (parser->depth == 0)
		parser->events.ended(parser->events.ctx);
}

static void on_text(void *data, const char *text, int length)
{
	struct parser *parser = data;
	if (is_deaf(parser))
		return;
	take_position(parser);
	if (parser->depth < 2) {
		parser->settled = parser->seen;
	} else if (!parser->skipping) {
		if (is_too_long(parser))
			skip_rest(parser);
		else
			buf_add(&parser->text, text, (size_t)length);
	}
}

static void on_doctype(void *data, const char *name, const char *system, const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	fail(data, "a document type declaration is not allowed");
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
	XML_SetStartDoctypeDeclHandler(expat, on_doctype);
	parser->expat = expat;
	parser->chunk = parser->fed = parser->seen = parser->settled = 0;
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

/* Expat keeps every name it ever met until it is freed, so whoever may send stanzas could make it grow
 * for as long as the stream lasts. A new one begins between two stanzas, with the header that came. */
static void renew(struct parser *parser)
{
	XML_ParserFree(parser->expat);
	make_expat(parser);
	parser->renew = false;
	parser->fed = (XML_Index)parser->header.length;
	if (XML_Parse(parser->expat, parser->header.data, (int)parser->header.length, XML_FALSE) !=
		XML_STATUS_OK)
		parser->problem = "the stream header cannot be read again";
}

static void keep_header(struct parser *parser, const char *bytes, size_t length)
{
	size_t room = HEADER_BYTES - parser->header.length;
	if (!parser->opened)
		buf_add(&parser->header, bytes, length < room ? length : room);
}

/* Gives expat a piece; returns how much of it is done with. */
static size_t feed_piece(struct parser *parser, const char *bytes, size_t length)
{
	keep_header(parser, bytes, length);
	parser->chunk = parser->fed;
	parser->fed += (XML_Index)length;
	enum XML_Status status = XML_Parse(parser->expat, bytes, (int)length, XML_FALSE);

	if (parser->problem != NULL || parser->stopped)
		return length;
	if (parser->renew) {
		size_t done = (size_t)(parser->settled - parser->chunk);
		renew(parser);
		return done;
	}
	if (status != XML_STATUS_OK)
		parser->problem = XML_ErrorString(XML_GetErrorCode(parser->expat));
	else if (parser->fed - parser->seen > LIMIT_STANZA_TAG_BYTES)
		parser->problem = "a tag is too long";
	else if (parser->fed - parser->settled > LIMIT_STANZA_HARD_BYTES)
		parser->problem = "a stanza is too long";
	return length;
}

bool parser_feed(struct parser *parser, const char *bytes, size_t length, struct error *error)
{
	enum { PIECE = 64 * 1024 };

	while (length > 0 && parser->problem == NULL && !parser->stopped) {
		size_t done = feed_piece(parser, bytes, length < PIECE ? length : PIECE);
		bytes += done;
		length -= done;
	}
	if (parser->problem != NULL)
		return error_set(error, NULL, "%s", parser->problem);
	return true;
}
