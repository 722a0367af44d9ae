/* The session with an Asterisk's manager is kept here, from the connection to its loss. */
#include "pbx/asterisk_link_inside.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "base/text.h"

#define RETRY_FIRST (SECOND / 10)
#define RETRY_MOST (2 * SECOND)
#define RETRY_REFUSED (10 * SECOND)
#define SETTLED_AFTER (10 * SECOND)
#define FILTER                                                                                               \
	"^Event: (DeviceStateChange|ExtensionStatus|PresenceStateChange|FullyBooted|Shutdown|"               \
	"ConfbridgeJoin|ConfbridgeLeave)"

/* Questions; their ids are the session's nonce and this. */
enum question {
	ASK_LOGIN,
	ASK_FILTER,
	ASK_PING,
	ASK_DEVICES,
	ASK_EXTENSIONS,
	ASK_PRESENCES,
	ASK_CHANNELS,
	ASK_COUNT
};

static const struct {
	const char *action;
	const char *complete; /* the event that ends the list; NULL: no list */
	unsigned list;
} questions[ASK_COUNT] = {
	[ASK_LOGIN] = {"Login", NULL, 0},
	[ASK_FILTER] = {"Filter", NULL, 0},
	[ASK_PING] = {"Ping", NULL, 0},
	[ASK_DEVICES] = {"DeviceStateList", "DeviceStateListComplete", ASTERISK_DEVICES},
	[ASK_EXTENSIONS] = {"ExtensionStateList", "ExtensionStateListComplete", ASTERISK_EXTENSIONS},
	[ASK_PRESENCES] = {"PresenceStateList", "PresenceStateListComplete", ASTERISK_PRESENCES},
	[ASK_CHANNELS] = {"CoreShowChannels", "CoreShowChannelsComplete", ASTERISK_CHANNELS},
};

static void set_state(struct asterisk_link *link, enum state state)
{
	link->state = state;
	link->since = clock_monotonic();
}

/* --- the end of a session */

static void plan_tick(struct asterisk_link *link)
{
	usec_t delay = SECOND;
	if (link->state == STATE_WAITING)
		delay = link->refused ? loop_backoff(0, RETRY_REFUSED, RETRY_REFUSED)
				      : loop_backoff(link->attempts++, RETRY_FIRST, RETRY_MOST);
	loop_timer_set(link->tick, delay);
}

static void lose(struct asterisk_link *link, const char *format, ...) printf_like(2, 3);

/* The one way out of a session. The same reason is said once. */
static void lose(struct asterisk_link *link, const char *format, ...)
{
	char reason[sizeof(link->last_reason)];
	va_list args;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	if (strcmp(reason, link->last_reason) != 0)
		log_warn(link->subject, "%s", reason);
	snprintf(link->last_reason, sizeof(link->last_reason), "%s", reason);

	if (link->stream)
		bufferevent_free(link->stream);
	link->stream = NULL;
	asterisk_mirror_lost(link->mirror);
	if (!link->lost && clock_monotonic() - link->up_since > SETTLED_AFTER)
		link->attempts = 0;
	if (!link->lost) {
		link->lost = clock_monotonic();
		metrics_add(METRIC_PBX_LINKED, -1);
	}
	set_state(link, STATE_WAITING);
	plan_tick(link);
}

static void end_calls(struct asterisk_link *link)
{
	asterisk_state_lost(link->asterisk);
	link->wants_snapshot = true;
	loop_timer_set(link->flush, 0);
}

/* --- output */

static void make_id(const struct asterisk_link *link, enum question question, char id[32])
{
	snprintf(id, 32, "%s-%d", link->nonce, (int)question);
}

void asterisk_link_send(struct asterisk_link *link, const struct buf *out)
{
	struct evbuffer *waiting = bufferevent_get_output(link->stream);
	if (evbuffer_get_length(waiting) + out->length > LIMIT_AMI_OUT_BYTES)
		lose(link, "Asterisk does not read");
	else
		bufferevent_write(link->stream, out->data, out->length);
}

/* Name and value pairs follow, up to a NULL. */
static void ask(struct asterisk_link *link, enum question question, ...)
{
	struct buf out;
	char id[32];
	va_list args;
	const char *name;
	if (!link->stream)
		return;
	make_id(link, question, id);
	buf_init(&out, LIMIT_AMI_BLOCK_BYTES);
	ami_begin(&out, questions[question].action, id);
	va_start(args, question);
	while ((name = va_arg(args, const char *)))
		ami_add(&out, name, va_arg(args, const char *));
	va_end(args);
	ami_end(&out);
	asterisk_link_send(link, &out);
	secret_wipe(out.data, out.length);
	buf_done(&out);
}

static void log_in(struct asterisk_link *link)
{
	unsigned char random[8];
	secret_random(random, sizeof(random));
	secret_hex(random, sizeof(random), link->nonce);
	ask(link, ASK_LOGIN, "Username", link->username, "Secret", link->password, "Events", "system,call",
		NULL);
}

static void ask_lists(struct asterisk_link *link)
{
	set_state(link, STATE_LISTING);
	link->awaited = ASTERISK_DEVICES | ASTERISK_EXTENSIONS | ASTERISK_PRESENCES | ASTERISK_CHANNELS;
	link->got = 0;
	asterisk_state_begin(link->asterisk);
	asterisk_mirror_begin(link->mirror);
	for (enum question question = ASK_DEVICES; question < ASK_COUNT && link->stream; question++)
		ask(link, question, NULL);
}

/* --- input */

static void lists_complete(struct asterisk_link *link)
{
	asterisk_state_complete(link->asterisk, link->got, link->ports->now(link->ports->ctx));
	asterisk_mirror_complete(link->mirror, link->got & ASTERISK_DEVICES, link->got & ASTERISK_PRESENCES);
	loop_timer_set(link->sync, 0);
	if (link->lost) {
		metrics_add(METRIC_PBX_LINKED, 1);
		log_info(link->subject, "connected to %s port %u", link->host, link->port);
		link->up_since = clock_monotonic();
	}
	link->lost = 0;
	link->calls_ended = false;
	link->last_reason[0] = '\0';
	link->listed = clock_monotonic();
	link->wants_snapshot = true;
	set_state(link, STATE_UP);
}

static void end_list(struct asterisk_link *link, enum question question, bool good)
{
	unsigned list = questions[question].list;
	if (!(link->awaited & list))
		return;
	link->awaited &= ~list;
	link->got |= good ? list : 0;
	if (!link->awaited && link->state == STATE_LISTING)
		lists_complete(link);
}

static void on_login_answer(struct asterisk_link *link, const struct ami_block *block, bool good)
{
	char reason[128];
	if (!good) {
		snprintf(reason, sizeof(reason), "%s", ami_text(block, "Message"));
		link->refused = true;
		lose(link,
			"the login is refused: %s; are username, password and permit those of manager.conf?",
			reason);
		return;
	}
	dial_worked(&link->dial);
	set_state(link, STATE_BOOTING);
	asterisk_state_connected(link->asterisk);
	link->wants_snapshot = false;
	ask(link, ASK_FILTER, "Operation", "Add", "Filter", FILTER, NULL);
}

/* Without a list, what can be known otherwise has to do. */
static void on_denied(struct asterisk_link *link, enum question question, const struct ami_block *block)
{
	if (!link->warned_denied)
		log_warn(link->subject,
			"%s is refused: %s; read = system,call,reporting and write = "
			"call,reporting are needed",
			questions[question].action, ami_text(block, "Message"));
	link->warned_denied = true;
	end_list(link, question, false);
}

static void on_answer(struct asterisk_link *link, enum question question, const struct ami_block *block)
{
	bool good = strcmp(ami_text(block, "Response"), "Success") == 0;
	if (question == ASK_LOGIN && link->state == STATE_LOGIN)
		on_login_answer(link, block, good);
	else if (!good && questions[question].list)
		on_denied(link, question, block);
	else if (!good && question == ASK_FILTER)
		log_info(link->subject, "Asterisk lets us set no filter: %s; manager.conf should have one",
			ami_text(block, "Message"));
}

/* Events of other kinds than wanted cost time, and PresenceStatus has texts of others in it as they are. */
static void check_filter(struct asterisk_link *link, const char *event)
{
	if (link->warned_filter || strcmp(event, "PresenceStatus") != 0)
		return;
	link->warned_filter = true;
	log_warn(link->subject,
		"Asterisk sends PresenceStatus, through which a text can forge other events: add "
		"eventfilter lines to manager.conf");
}

static void on_news(struct asterisk_link *link, const struct ami_block *block, bool listed)
{
	usec_t now = link->ports->now(link->ports->ctx);
	asterisk_state_event(link->asterisk, block, listed, now);
	asterisk_mirror_event(link->mirror, block, listed, now);
}

static void on_event(struct asterisk_link *link, const struct ami_block *block)
{
	const char *event = ami_text(block, "Event");
	check_filter(link, event);
	if (strcmp(event, "FullyBooted") == 0) {
		if (link->state == STATE_BOOTING)
			ask_lists(link);
	} else if (strcmp(event, "Shutdown") == 0) {
		log_info(link->subject, "Asterisk shuts down");
		end_calls(link);
	} else {
		on_news(link, block, false);
	}
}

static bool find_question(const struct asterisk_link *link, const char *id, enum question *question)
{
	char ours[32];
	for (*question = 0; *question < ASK_COUNT; (*question)++) {
		make_id(link, *question, ours);
		if (strcmp(id, ours) == 0)
			return true;
	}
	return false;
}

/* What is written has ids of its own. */
static bool answers_step(struct asterisk_link *link, const char *id, const struct ami_block *block)
{
	size_t nonce = strlen(link->nonce);
	long long serial;
	if (strncmp(id, link->nonce, nonce) != 0 || strncmp(id + nonce, "-w", 2) != 0 ||
		!text_number(id + nonce + 2, 1, INT64_MAX, &serial))
		return false;
	asterisk_mirror_answer(link->mirror, (uint64_t)serial, block, link->ports->now(link->ports->ctx));
	return true;
}

static void on_block(struct asterisk_link *link, const struct ami_block *block)
{
	const char *id = ami_get(block, "ActionID"), *event = ami_get(block, "Event");
	enum question question;
	if (!id) {
		if (event && ami_get(block, "Privilege") && link->state >= STATE_BOOTING)
			on_event(link, block);
		return;
	}
	if (answers_step(link, id, block) || !find_question(link, id, &question))
		return;
	if (ami_get(block, "Response"))
		on_answer(link, question, block);
	else if (event && questions[question].complete && strcmp(event, questions[question].complete) == 0)
		end_list(link, question, true);
	else if (event && (link->awaited & questions[question].list))
		on_news(link, block, true);
}

static void on_bytes(struct asterisk_link *link, const char *bytes, size_t length)
{
	while (link->stream) {
		enum ami_read read = ami_reader_read(&link->reader, &bytes, &length);
		if (read == AMI_ENDLESS)
			lose(link, "%d bytes without the end of a block: this is no manager interface",
				LIMIT_AMI_ENDLESS_BYTES);
		if (read != AMI_BLOCK)
			return;
		on_block(link, &link->reader.block);
	}
}

static void on_readable(struct bufferevent *stream, void *arg)
{
	struct asterisk_link *link = arg;
	char bytes[4096];
	size_t got;
	link->heard = clock_monotonic();
	link->pinged = false;
	while (link->stream == stream && (got = bufferevent_read(stream, bytes, sizeof(bytes))) > 0)
		on_bytes(link, bytes, got);
	asterisk_link_flush(link);
	asterisk_link_sync(link);
}

static void on_stream_event(struct bufferevent *stream, short what, void *arg)
{
	struct asterisk_link *link = arg;
	(void)stream;
	if ((what & BEV_EVENT_EOF) && link->state == STATE_LOGIN)
		lose(link,
			"%s port %u closed the connection before it answered the login: is it a manager "
			"interface?",
			link->host, link->port);
	else if (what & BEV_EVENT_EOF)
		lose(link, "Asterisk closed the connection");
	else if (what & BEV_EVENT_ERROR)
		lose(link, "connection to %s port %u: %s", link->host, link->port,
			evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
}

/* --- life */

static void begin_session(struct asterisk_link *link)
{
	struct error error = {0};
	int fd = dial_next(&link->dial, link->host, link->port, link->subject, &error);
	if (fd < 0) {
		lose(link, "%s", error.text);
		return;
	}
	link->stream = bufferevent_socket_new(loop_base(link->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!link->stream)
		abort();
	ami_reader_init(&link->reader);
	link->heard = clock_monotonic();
	link->pinged = false;
	link->awaited = 0;
	link->refused = false;
	set_state(link, STATE_LOGIN);
	bufferevent_setcb(link->stream, on_readable, NULL, on_stream_event, link);
	bufferevent_enable(link->stream, EV_READ | EV_WRITE);
	log_in(link);
}

static usec_t refresh_after(const struct asterisk_link *link)
{
	usec_t most = LIMIT_ASTERISK_REFRESH_SECONDS * SECOND, third = link->lease_seconds * SECOND / 3;
	return third && third < most ? third : most;
}

static void check_up(struct asterisk_link *link, usec_t now)
{
	if (now - link->listed > refresh_after(link)) {
		ask_lists(link);
	} else if (now - link->heard > (LIMIT_PING_SECONDS + LIMIT_PONG_SECONDS) * SECOND) {
		lose(link, "Asterisk does not answer");
	} else if (now - link->heard > LIMIT_PING_SECONDS * SECOND && !link->pinged) {
		link->pinged = true;
		ask(link, ASK_PING, NULL);
	}
}

static void check_life(struct asterisk_link *link, usec_t now)
{
	switch (link->state) {
	case STATE_WAITING:
		begin_session(link);
		break;
	case STATE_LOGIN:
		if (now - link->since > LIMIT_AMI_LOGIN_SECONDS * SECOND)
			lose(link, "%s port %u does not answer the login", link->host, link->port);
		break;
	case STATE_BOOTING:
		/* Who may not read the class `system` is not told. */
		if (now - link->since > LIMIT_AMI_LOGIN_SECONDS * SECOND)
			ask_lists(link);
		break;
	case STATE_LISTING:
		if (now - link->heard > LIMIT_AMI_LIST_SECONDS * SECOND ||
			now - link->since > LIMIT_AMI_LISTS_SECONDS * SECOND)
			lose(link, "Asterisk does not end its lists");
		break;
	case STATE_UP:
		check_up(link, now);
		break;
	}
}

/* In a session that is logged in the lists are about to tell: what of them was heard must not be forgotten. They come
 * to an end, or the session does. */
static bool grace_is_over(const struct asterisk_link *link, usec_t now)
{
	return link->lost && !link->calls_ended && link->state < STATE_BOOTING &&
	       now - link->lost > LIMIT_ASTERISK_GRACE_SECONDS * SECOND;
}

static void tick(void *arg)
{
	struct asterisk_link *link = arg;
	usec_t now = clock_monotonic();
	if (grace_is_over(link, now)) {
		log_warn(link->subject, "no link for %d s: its calls are taken as ended",
			LIMIT_ASTERISK_GRACE_SECONDS);
		end_calls(link);
		link->calls_ended = true;
	}
	check_life(link, now);
	if (link->state != STATE_WAITING) /* else it is planned */
		plan_tick(link);
}

struct asterisk_link *asterisk_link_new(struct loop *loop, const struct asterisk_options *options,
	struct engine *engine, const struct ports *ports)
{
	struct asterisk_link *link = mem_new(sizeof(*link));
	link->host = mem_string(options->host);
	link->port = options->port;
	link->username = mem_string(options->username);
	link->password = mem_string(options->password);
	link->lease_seconds = options->lease_seconds;
	snprintf(link->subject, sizeof(link->subject), "pbx %s", options->pbx);
	link->loop = loop;
	link->engine = engine;
	link->ports = ports;
	link->asterisk = asterisk_state_new(options->pbx, options->context, options->lease_seconds);
	link->tick = loop_timer_new(loop, tick, link);
	link->mirror = asterisk_mirror_new(options->pbx, engine, ports->now(ports->ctx));
	engine->tells_touches = true;
	link->flush = loop_timer_new(loop, asterisk_link_flush_now, link);
	link->sync = loop_timer_new(loop, asterisk_link_sync, link);
	link->lost = clock_monotonic();
	facts_init(&link->facts);
	loop_timer_set(link->tick, 0);
	return link;
}

void asterisk_link_free(struct asterisk_link *link)
{
	if (!link)
		return;
	if (link->stream)
		bufferevent_free(link->stream);
	if (!link->lost)
		metrics_add(METRIC_PBX_LINKED, -1);
	loop_timer_free(link->tick);
	loop_timer_free(link->flush);
	loop_timer_free(link->sync);
	asterisk_state_free(link->asterisk);
	asterisk_mirror_free(link->mirror);
	facts_done(&link->facts);
	secret_wipe(link->password, strlen(link->password));
	free(link->host);
	free(link->username);
	free(link->password);
	free(link);
}
