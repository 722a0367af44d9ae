/* Any answer of a client about itself: reading it never crashes, and its hash does not depend on how often it is
 * computed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xmpp/caps_query.h"
#include "xmpp/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADER                                                                                               \
	"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' "    \
	"id='1'>"

static void on_opened(void *ctx, const char *id)
{
	(void)ctx;
	(void)id;
}

static void on_ended(void *ctx)
{
	(void)ctx;
}

static void on_stanza(void *ctx, xmpp_stanza_t *query, bool too_large)
{
	char once[CAPS_TEXT], again[CAPS_TEXT];

	(void)ctx;
	(void)too_large;
	(void)caps_class_of(query);
	if (!caps_verification(query, once))
		return;
	if (!caps_verification(query, again) || strcmp(once, again) != 0 || strlen(once) != CAPS_TEXT - 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static xmpp_ctx_t *context;
	const struct parser_events events = {.opened = on_opened, .stanza = on_stanza, .ended = on_ended};
	struct error error;

	if (context == NULL)
		context = parser_context();
	struct parser *parser = parser_new(context, &events);
	if (!parser_feed(parser, HEADER, strlen(HEADER), &error))
		abort();
	bool ok = parser_feed(parser, (const char *)data, size, &error);
	(void)ok;
	parser_free(parser);
	return 0;
}
