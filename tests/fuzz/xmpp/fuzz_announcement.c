/* Any bytes as presence: what is read without an XML parser is well-formed, ends where it should, and says the same
 * as what the parser reads. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xmpp/caps.h"
#include "xmpp/device.h"
#include "xmpp/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADER                                                                                               \
	"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' "    \
	"id='1'>"

static xmpp_ctx_t *context;
static const struct announcement *announced;
static unsigned stanzas;

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void check_device(xmpp_stanza_t *stanza)
{
	struct fact_device left = {0}, right = {0};
	char *left_text, *right_text;

	device_read(stanza, &left, &left_text);
	device_read_announcement(announced, &right, &right_text);
	check(same(left_text, right_text) && left.show == right.show && left.priority == right.priority &&
		left.idle_since == right.idle_since && left.changed == right.changed);
	free(left_text);
	free(right_text);
}

static void on_opened(void *ctx, const char *id)
{
	(void)ctx;
	(void)id;
}

static void on_stanza(void *ctx, xmpp_stanza_t *stanza, bool too_large)
{
	const char *type = xmpp_stanza_get_type(stanza);
	struct caps_words words = caps_words_of(stanza);

	(void)ctx;
	stanzas++;
	check(!too_large && strcmp(xmpp_stanza_get_name(stanza), "presence") == 0);
	check(same(xmpp_stanza_get_from(stanza), announced->from) &&
		same(xmpp_stanza_get_to(stanza), announced->to) &&
		same(xmpp_stanza_get_id(stanza), announced->id) &&
		same(type != NULL ? type : "", announced->type));
	check(same(words.hash, announced->hash) && same(words.node, announced->node) &&
		same(words.ver, announced->ver));
	check_device(stanza);
}

static void on_ended(void *ctx)
{
	(void)ctx;
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct announcement announcement;
	const struct parser_events events = {.opened = on_opened, .stanza = on_stanza, .ended = on_ended};
	const char *bytes = (const char *)data;
	struct error error;

	size_t length = announcement_read(bytes, size, &announcement);
	if (length == 0)
		return 0;
	check(length <= size && length <= ANNOUNCEMENT_BYTES);
	if (context == NULL)
		context = parser_context();
	announced = &announcement;
	stanzas = 0;
	struct parser *parser = parser_new(context, &events);
	check(parser_feed(parser, HEADER, strlen(HEADER), &error));
	check(parser_feed(parser, bytes, length - 1, &error) && stanzas == 0);
	check(parser_feed(parser, bytes + length - 1, 1, &error) && stanzas == 1);
	parser_free(parser);
	return 0;
}
