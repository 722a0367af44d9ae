/*
 * A tenant's stream, watchers, publisher and answers are joined here.
 */
#include "xmpp/component.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "xmpp/activity.h"
#include "xmpp/auto_people.h"
#include "xmpp/chat.h"
#include "xmpp/command.h"
#include "xmpp/disco.h"
#include "xmpp/feed.h"
#include "xmpp/namespaces.h"
#include "xmpp/notices.h"
#include "xmpp/parser.h"
#include "xmpp/publisher.h"
#include "xmpp/route.h"
#include "xmpp/stream.h"
#include "xmpp/watchers.h"

/* The daily sweep of watchers: in slices, with pauses. */
#define SWEEP_FIRST MINUTE
#define SWEEP_PAUSE (SECOND / 20)
#define STREAM_END_PATIENCE SECOND
enum { SWEEP_SLICE = 500, SCREEN_SLICE = 500, LOADED_A_TURN = 50000 };

struct component {
	struct loop *loop;
	struct engine *engine;
	const struct ports *ports;
	char *address, *name;
	char subject[300];
	char caps[CAPS_TEXT];
	xmpp_ctx_t *context;
	struct stream *stream;
	struct watchers *watchers;
	struct publisher *publisher;
	struct activities *activities;
	struct commands *commands;
	struct chat *chat;
	struct auto_people *auto_people;
	struct feed_link *feed_link;
	char allowed[sizeof(((struct policy *)NULL)->allowed_domains)]; /* when watchers were last screened */
	uint32_t screen_at;
	bool screening;
	bool starting; /* the watchers that were stored are being built */
	struct notices notices;
	struct loop_timer *sweep;
	usec_t clocks_apart;         /* real time less monotonic time */
	struct loop_timer *deadline; /* of the sign-off */
	usec_t started;              /* monotonic */
	bool stopping;
	void (*done)(void *arg);
	void *done_arg;
};

/* ---- what the stream tells ---- */

static void on_up(void *ctx)
{
	struct component *component = ctx;
	feed_link_connected(component->feed_link);
	publisher_connected(component->publisher);
}

static void end_stream(struct component *component)
{
	loop_timer_stop(component->deadline);
	stream_stop(component->stream, STREAM_END_PATIENCE);
}

static void on_down(void *ctx)
{
	struct component *component = ctx;
	feed_link_disconnected(component->feed_link);
	publisher_disconnected(component->publisher);
	activities_disconnected(component->activities);
	if (component->stopping)
		end_stream(component);
}

static void on_stanza(void *ctx, xmpp_stanza_t *stanza, bool too_large)
{
	metrics_add(METRIC_STANZAS_IN, 1);
	if (too_large)
		route_too_large(ctx, stanza);
	else
		route_stanza(ctx, stanza);
}

static void on_announcement(void *ctx, const struct announcement *announcement)
{
	metrics_add(METRIC_STANZAS_IN, 1);
	route_announcement(ctx, announcement);
}

static void on_expected(void *ctx, const struct announcement *list, size_t count)
{
	route_expected(ctx, list, count);
}

static void on_acknowledged(void *ctx, uint32_t mark)
{
	struct component *component = ctx;
	publisher_acknowledged(component->publisher, mark);
	feed_link_acknowledged(component->feed_link, mark);
}

/* The component may be gone when `done` returns. */
static void on_ended(void *ctx)
{
	struct component *component = ctx;
	log_info(component->subject, "disconnected");
	if (component->done != NULL)
		component->done(component->done_arg);
}

/* ---- watchers ---- */

static void on_target_gone(void *ctx, struct target *target)
{
	struct component *component = ctx;
	publisher_target_gone(component->publisher, target);
}

/* Should such a watcher live after all, its client must not show an old presence for ever. */
static void on_dropped(void *ctx, const char *contact, const char *jid)
{
	struct component *component = ctx;
	component->ports->save_watcher(component->ports->ctx, component->engine, contact, jid, 0);
	publisher_answer_unavailable(component->publisher, contact, jid);
}

/* Neither clock alone tells whether days have passed: one can be set, the other begins at every start. */
static bool clock_was_set(struct component *component, usec_t now)
{
	usec_t apart = now - clock_monotonic(), before = component->clocks_apart;

	component->clocks_apart = apart;
	return apart - before > HOUR || before - apart > HOUR;
}

static enum sweep sweep(struct component *component)
{
	usec_t now = component_now(component);
	enum sweep result = SWEEP_REFUSED;

	if (!clock_was_set(component, now))
		result = watchers_sweep(component->watchers, now, SWEEP_SLICE, on_dropped, component);
	if (result == SWEEP_REFUSED)
		log_warn(component->subject,
			"the clock was set, or many watchers were not heard of for %d days: none is dropped",
			LIMIT_WATCHER_DAYS);
	return result;
}

/* Those who are dropped are told so: not while the server does not listen. */
static void on_sweep(void *arg)
{
	struct component *component = arg;

	if (stream_room(component->stream) == 0)
		loop_timer_set(component->sweep, SECOND);
	else
		loop_timer_set(component->sweep, sweep(component) == SWEEP_MORE ? SWEEP_PAUSE : DAY);
}

static bool is_allowed(void *ctx, const char *jid)
{
	const struct engine *engine = ((struct component *)ctx)->engine;
	const char *at = strchr(jid, '@');
	return at != NULL &&
	       (strcmp(at + 1, engine->domain) == 0 || policy_allows_domain(&engine->policy, at + 1));
}

static void begin_screening(struct component *component)
{
	memcpy(component->allowed, component->engine->policy.allowed_domains, sizeof(component->allowed));
	component->screen_at = 0;
	component->screening = true;
}

/* Watchers of domains that are no longer allowed are told so and dropped. True when there are none. */
static bool screen(struct component *component)
{
	if (strcmp(component->allowed, component->engine->policy.allowed_domains) != 0)
		begin_screening(component);
	if (component->screening && stream_room(component->stream) > 0)
		component->screening = !watchers_screen(component->watchers, &component->screen_at,
			SCREEN_SLICE, is_allowed, on_dropped, component);
	return !component->screening;
}

/* ---- the end of the turn ---- */

static void on_deadline(void *arg)
{
	struct component *component = arg;
	log_warn(component->subject, "not everybody could be told in time that their contacts go offline");
	end_stream(component);
}

/* Nothing is published until everybody who watches may. */
/* What presence leaves of the stream's room. True when more wait. */
static bool send_notices(struct component *component)
{
	const char *account, *text;

	while (stream_room(component->stream) > 0 && notices_next(&component->notices, &account, &text)) {
		xmpp_stanza_t *message = element_new(component->context, NULL, "message", NULL, "type",
			"chat", "from", component->address, "to", account, NULL);
		element_text(element_new(component->context, message, "body", NULL, NULL), text);
		component_send(component, message);
		xmpp_stanza_release(message);
	}
	return notices_waiting(&component->notices);
}

/* False: there is more to build first. */
static bool start(struct component *component)
{
	if (!watchers_loaded(component->watchers, LOADED_A_TURN))
		return false;
	component->starting = false;
	watchers_prune(component->watchers);
	log_info(component->subject, "%zu subscriptions in %zu KiB", watchers_count(component->watchers),
		watchers_memory(component->watchers) / 1024);
	loop_timer_set(component->sweep, SWEEP_FIRST);
	stream_start(component->stream);
	return true;
}

static void step(void *arg)
{
	struct component *component = arg;
	if (component->starting && !start(component)) {
		loop_again(component->loop);
		return;
	}
	bool screened = screen(component);
	bool more = !screened || publisher_step(component->publisher);
	more = (screened && activities_step(component->activities)) || more;
	more = feed_link_step(component->feed_link) || more;
	more = send_notices(component) || more;

	if (component->stopping && screened && stream_is_up(component->stream) &&
		publisher_idle(component->publisher) && activities_idle(component->activities))
		end_stream(component);
	stream_flush(component->stream);
	if (more && stream_room(component->stream) > 0)
		loop_again(component->loop);
}

/* ---- life ---- */

static struct stream_options stream_options(
	const struct component *component, const struct component_options *options)
{
	return (struct stream_options){
		.address = component->address,
		.domain = component->engine->domain,
		.host = options->host,
		.port = options->port,
		.secret = options->secret,
	};
}

static void make_parts(struct component *component, const struct component_options *options)
{
	const struct stream_events events = {
		.ctx = component,
		.up = on_up,
		.down = on_down,
		.stanza = on_stanza,
		.announcement = on_announcement,
		.expected = on_expected,
		.acknowledged = on_acknowledged,
		.ended = on_ended,
	};
	struct stream_options stream = stream_options(component, options);

	component->stream = stream_new(component->loop, component->context, &stream, &events);
	component->watchers = watchers_new(component->engine->domain, on_target_gone, component);
	const struct publisher_world world = {
		.loop = component->loop,
		.engine = component->engine,
		.ports = component->ports,
		.stream = component->stream,
		.watchers = component->watchers,
		.domain = component->address,
		.caps = component->caps,
	};
	component->publisher = publisher_new(&world);
	const struct activities_world activities = {
		.engine = component->engine,
		.stream = component->stream,
		.watchers = component->watchers,
		.domain = component->address,
	};
	component->activities = activities_new(&activities);
	component->auto_people = auto_people_new(component->engine, component->ports, component->subject);
	component->commands = commands_new(component);
	component->chat = chat_new(component);
	component->feed_link = feed_link_new(component, component->loop, component->stream);
}

struct component *component_new(struct loop *loop, const struct component_options *options,
	struct engine *engine, const struct ports *ports)
{
	struct component *component = mem_new(sizeof(*component));

	component->loop = loop;
	component->engine = engine;
	component->ports = ports;
	component->address = mem_string(options->component);
	component->name = mem_string(options->name);
	snprintf(component->subject, sizeof(component->subject), "xmpp %s", component->address);
	component->context = parser_context();
	disco_caps(component->context, component->caps);
	component->sweep = loop_timer_new(loop, on_sweep, component);
	component->deadline = loop_timer_new(loop, on_deadline, component);
	make_parts(component, options);
	loop_add_step(loop, step, component);
	return component;
}

void component_load_watcher(
	struct component *component, const char *contact, const char *watcher, usec_t heard)
{
	if (!watchers_load(component->watchers, contact, watcher, heard))
		log_warn(component->subject, "the subscription of %s to %s is ignored: too many", watcher,
			contact);
}

void component_load_published(struct component *component, const char *contact, uint64_t digest)
{
	publisher_load(component->publisher, contact, digest);
}

void component_start(struct component *component)
{
	component->started = clock_monotonic();
	component->starting = true;
	begin_screening(component);
	(void)clock_was_set(component, component_now(component));
	loop_again(component->loop);
}

void component_stop(struct component *component, void (*done)(void *arg), void *arg)
{
	component->done = done;
	component->done_arg = arg;
	if (component->stopping)
		return;
	component->stopping = true;
	component->starting = false;
	loop_timer_stop(component->sweep);
	if (!stream_is_up(component->stream) || !component->engine->policy.sign_off) {
		stream_stop(component->stream, STREAM_END_PATIENCE);
		return;
	}
	publisher_sign_off(component->publisher);
	activities_sign_off(component->activities);
	loop_timer_set(component->deadline, LIMIT_SIGN_OFF_SECONDS * SECOND - STREAM_END_PATIENCE);
}

void component_free(struct component *component)
{
	if (component == NULL)
		return;
	loop_remove_step(component->loop, step, component);
	auto_people_free(component->auto_people);
	commands_free(component->commands);
	chat_free(component->chat);
	feed_link_free(component->feed_link);
	stream_free(component->stream);
	publisher_free(component->publisher);
	activities_free(component->activities);
	watchers_free(component->watchers);
	notices_done(&component->notices);
	loop_timer_free(component->sweep);
	loop_timer_free(component->deadline);
	xmpp_ctx_free(component->context);
	free(component->address);
	free(component->name);
	free(component);
}

bool component_connected(const struct component *component)
{
	return stream_is_up(component->stream);
}

void component_reconfigure(struct component *component, const struct component_options *options)
{
	struct stream_options stream = stream_options(component, options);

	mem_replace(&component->name, options->name);
	if (!component->stopping)
		stream_configure(component->stream, &stream);
}

void component_presence_changed(struct component *component, const char *contact, struct person *person)
{
	publisher_changed(component->publisher, contact, person);
	activities_changed(component->activities, contact, person);
}

void component_device_listens(
	struct component *component, struct person *person, const char *resource, bool was_there)
{
	activities_wanted(component->activities, person, resource, was_there);
}

void component_account_added(struct component *component, struct person *person)
{
	feed_link_ask(component->feed_link, person);
}

void component_account_awaited(struct component *component, struct person *person)
{
	feed_link_hurry(component->feed_link, person);
}

void component_feed_over(struct component *component, const char *account)
{
	feed_link_over(component->feed_link, account);
}

void component_presence_changed_with_many(
	struct component *component, const char *contact, struct person *person)
{
	publisher_changed_with_many(component->publisher, contact, person);
}

void component_notice(struct component *component, const char *account, const char *text)
{
	if (!notices_add(&component->notices, account, text) && component->notices.dropped == 1)
		log_warn(component->subject, "%d messages wait to be sent: more are dropped", LIMIT_NOTICES);
}

/* ---- for handlers ---- */

struct engine *component_engine(struct component *component)
{
	return component->engine;
}

const struct ports *component_ports(struct component *component)
{
	return component->ports;
}

usec_t component_now(struct component *component)
{
	return component->ports->now(component->ports->ctx);
}

xmpp_ctx_t *component_context(struct component *component)
{
	return component->context;
}

const char *component_address(const struct component *component)
{
	return component->address;
}

const char *component_name(const struct component *component)
{
	return component->name;
}

usec_t component_uptime(const struct component *component)
{
	return clock_monotonic() - component->started;
}

struct watchers *component_watchers(struct component *component)
{
	return component->watchers;
}

struct publisher *component_publisher(struct component *component)
{
	return component->publisher;
}

struct activities *component_activities(struct component *component)
{
	return component->activities;
}

struct commands *component_commands(struct component *component)
{
	return component->commands;
}

struct chat *component_chat(struct component *component)
{
	return component->chat;
}

struct feed_link *component_feed_link(struct component *component)
{
	return component->feed_link;
}

struct auto_people *component_auto_people(struct component *component)
{
	return component->auto_people;
}

/* An answer that does not fit becomes an error; who asked must not wait for ever. */
static bool send_too_large(struct component *component, xmpp_stanza_t *stanza)
{
	xmpp_ctx_t *context = component->context;
	const char *id = xmpp_stanza_get_id(stanza);

	log_warn(component->subject, "a stanza for %s is too large and is not sent",
		xmpp_stanza_get_to(stanza));
	if (strcmp(xmpp_stanza_get_name(stanza), "iq") != 0 || id == NULL)
		return false;
	xmpp_stanza_t *answer = element_new(context, NULL, "iq", NULL, "type", "error", "id", id, "from",
		xmpp_stanza_get_from(stanza), "to", xmpp_stanza_get_to(stanza), NULL);
	xmpp_stanza_t *error = element_new(context, answer, "error", NULL, "type", "cancel", NULL);
	element_new(context, error, "resource-constraint", NS_STANZA_ERRORS, NULL);
	element_text(element_new(context, error, "text", NS_STANZA_ERRORS, "xml:lang", "en", NULL),
		"The answer is larger than a stanza may be; ask for less.");
	bool sent = stream_send(component->stream, answer);
	xmpp_stanza_release(answer);
	return sent;
}

void component_send(struct component *component, xmpp_stanza_t *stanza)
{
	if (xmpp_stanza_get_from(stanza) == NULL || xmpp_stanza_get_to(stanza) == NULL) {
		log_error(component->subject, "a stanza of our own has no address and is not sent");
		return;
	}
	bool sent = stream_send(component->stream, stanza) || send_too_large(component, stanza);
	metrics_add(METRIC_STANZAS_OUT, sent && stream_is_up(component->stream));
}
