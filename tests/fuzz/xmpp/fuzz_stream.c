/* Any bytes as the server's stream, in any pieces: reading never crashes, and every stanza goes through the
 * routes of a component and can be written and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/jid.h"
#include "core/engine.h"
#include "xmpp/parser.h"
#include "xmpp/render.h"
#include "xmpp/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADER                                                                                               \
	"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' "    \
	"id='1'>"

static struct loop *loop;
static struct timers timers;
static struct engine *engine;
static struct component *component;
static xmpp_ctx_t *context;
static unsigned again;

static usec_t now(void *ctx)
{
	(void)ctx;
	return 1700000000 * SECOND;
}

static enum submit_result submit(void *ctx, struct engine *of, struct fact *facts, size_t count,
	commit_fn *done, void *arg, size_t *at, struct error *error)
{
	(void)ctx;
	(void)done;
	(void)arg;
	struct effect effect;

	for (*at = 0; *at < count; ++*at)
		if (!engine_apply(of, &facts[*at], now(NULL), error))
			return SUBMIT_INVALID;
	while (engine_next_effect(of, &effect))
		;
	return SUBMIT_OK;
}

static void forget(void *ctx, void *arg)
{
	(void)ctx;
	(void)arg;
}

static bool change(void *ctx, struct engine *of, const struct change *what, change_fn *done, void *arg,
	struct error *error)
{
	(void)ctx;
	(void)of;
	(void)what;
	(void)done;
	(void)arg;
	return error_set(error, NULL, "no database");
}

static bool read_audit(void *ctx, struct engine *of, size_t skip, size_t limit, audit_row_fn *row,
	read_fn *done, void *arg, struct error *error)
{
	(void)ctx;
	(void)of;
	(void)done;
	if (limit > LIMIT_AUDIT_PAGE || skip > (size_t)LIMIT_AUDIT_PAGE * LIMIT_AUDIT_PAGES)
		abort();
	row(arg,
		&(struct audit_row){.at = 1, .actor = "a", .action = "b", .subject = "c", .changes = "d: e"});
	return error_set(error, NULL, "no database");
}

static void save_watcher(void *ctx, struct engine *of, const char *contact, const char *watcher, usec_t heard)
{
	(void)ctx;
	(void)of;
	(void)heard;
	if (contact[0] == '\0' || strlen(contact) > LIMIT_CONTACT_BYTES || watcher[0] == '\0')
		abort();
}

static void save_published(void *ctx, struct engine *of, const char *contact, uint64_t digest)
{
	(void)ctx;
	(void)of;
	(void)contact;
	(void)digest;
}

static const struct ports ports = {.now = now,
	.submit = submit,
	.forget = forget,
	.change = change,
	.read_audit = read_audit,
	.save_watcher = save_watcher,
	.save_published = save_published};

static void begin(void)
{
	const struct component_options options = {.component = "presence.example.org",
		.host = "127.0.0.1",
		.port = 1,
		.secret = "s",
		.name = "Presence"};
	struct fact alice = {.kind = FACT_PERSON,
		.person = {.row = 1, .contact = "alice", .account = "alice@example.org", .name = "Alice"}};
	struct error error;

	loop = loop_new();
	timers_init(&timers);
	engine = engine_new("example.org", 1, &timers);
	if (!engine_apply(engine, &alice, now(NULL), &error))
		abort();
	engine_person(engine, "alice")->feed = FEED_ACTIVE;
	engine_add_admin(engine, "admin@example.org", ADMIN_CONFIGURED);
	engine_start(engine, now(NULL));
	component = component_new(loop, &options, engine, &ports);
	context = parser_context();
}

static void on_opened(void *ctx, const char *id)
{
	(void)ctx;
	(void)id;
}

static void on_again(void *ctx, xmpp_stanza_t *stanza, bool too_large)
{
	(void)ctx;
	(void)stanza;
	again += !too_large;
}

static void on_ended(void *ctx)
{
	(void)ctx;
}

/* What was read can be written, and that can be read. */
static void check_rendering(xmpp_stanza_t *stanza)
{
	const struct parser_events events = {.opened = on_opened, .stanza = on_again, .ended = on_ended};
	struct parser *parser = parser_new(context, &events);
	struct error error;
	struct buf out;

	buf_init(&out, 16 * 1024 * 1024);
	buf_add_text(&out, HEADER);
	if (!render_stanza(&out, stanza))
		abort();
	again = 0;
	if (!parser_feed(parser, out.data, out.length, &error))
		abort();
	/* Escaping can make it too large. */
	if (again != 1 && out.length < LIMIT_STANZA_BYTES)
		abort();
	parser_free(parser);
	buf_done(&out);
}

static void on_stanza(void *ctx, xmpp_stanza_t *stanza, bool too_large)
{
	(void)ctx;
	check_rendering(stanza);
	if (too_large)
		route_too_large(component, stanza);
	else
		route_stanza(component, stanza);
}

static void on_announcement(void *ctx, const struct announcement *announcement)
{
	(void)ctx;
	route_announcement(component, announcement);
}

static void on_expected(void *ctx, const struct announcement *list, size_t count)
{
	(void)ctx;
	route_expected(component, list, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct parser_events events = {.opened = on_opened,
		.stanza = on_stanza,
		.announcement = on_announcement,
		.expected = on_expected,
		.ended = on_ended};
	struct error error;

	if (size < 2)
		return 0;
	if (component == NULL)
		begin();
	struct parser *parser = parser_new(context, &events);
	/* The first byte: whether the header is given, and how large the pieces are: an announcement has to come in
	 * one. */
	size_t piece = (data[0] % 64 + 1U) * ((data[0] & 0x40) != 0 ? 16 : 1);
	bool ok = (data[0] & 0x80) != 0 || parser_feed(parser, HEADER, strlen(HEADER), &error);
	for (size_t at = 1; ok && at < size; at += piece) {
		size_t left = size - at;
		ok = parser_feed(parser, (const char *)data + at, left < piece ? left : piece, &error);
	}
	parser_free(parser);
	return 0;
}
