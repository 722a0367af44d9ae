/*
 * Listeners are told here what changes.
 */
#include "http/live.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "base/text.h"
#include "http/message.h"
#include "http/render.h"
#include "http/request.h"
#include "http/server.h"

enum {
	SLICE = 64,         /* people looked at in one go for a listener who needs all */
	CACHE = 256,        /* latest changes whose text is kept, as most listeners stand at the same place */
	EVENT_MOST = 32768, /* bytes of one */
	EPOCH_BYTES = 8,
	ID_TEXT = 2 * EPOCH_BYTES + 24,
};

static const char reset[] = "id:\nevent: reset\ndata: {}\n\n"; /* an empty id is none */

/* Somebody's presence changed. Older places in the ring may still point to it; only that of its number counts. */
struct live_change {
	uint64_t number;
	char contact[];
};

/* The changes of one tenant, numbered from 1. */
struct channel {
	struct channel *next;
	struct engine *engine;
	char epoch[2 * EPOCH_BYTES + 1]; /* tells our numbers from those of another time or process */
	uint64_t last;
	struct live_change *ring[LIMIT_LIVE_CHANGES];
	struct map changes; /* by contact */
	struct {
		uint64_t number;
		char *text;
	} cache[CACHE];
	size_t listeners;
};

struct listener {
	TAILQ_ENTRY(listener) link;
	struct live *live;
	struct channel *channel;
	struct evhttp_request *message;
	struct conn *conn;
	uint64_t told; /* all changes up to this one */
	bool listing;  /* everybody, of whom those up to `after` were told */
	bool pushing;
	char after[LIMIT_CONTACT_BYTES + 1];
	usec_t pushed; /* monotonic */
};

TAILQ_HEAD(listeners, listener);

struct live {
	struct http *http;
	struct channel *channels;
	struct listeners listeners; /* who was served longest ago is the first */
	size_t count;
	struct loop_timer *timer;
};

static struct channel *channel_find(const struct live *live, const struct engine *engine)
{
	struct channel *channel = live->channels;
	while (channel != NULL && channel->engine != engine)
		channel = channel->next;
	return channel;
}

static struct channel *channel_new(struct live *live, struct engine *engine)
{
	unsigned char epoch[EPOCH_BYTES];
	struct channel *channel = mem_new(sizeof(*channel));
	channel->engine = engine;
	secret_random(epoch, sizeof(epoch));
	secret_hex(epoch, sizeof(epoch), channel->epoch);
	map_init(&channel->changes);
	channel->next = live->channels;
	live->channels = channel;
	return channel;
}

static void channel_free(struct channel *channel)
{
	struct live_change *change;
	size_t at = 0;
	while ((change = map_next(&channel->changes, &at)) != NULL)
		free(change);
	map_done(&channel->changes);
	for (size_t i = 0; i < CACHE; i++)
		free(channel->cache[i].text);
	free(channel);
}

static struct live_change *change_get(struct channel *channel, const char *contact)
{
	struct live_change *change = map_get(&channel->changes, contact);
	if (change != NULL)
		return change;
	size_t length = strlen(contact) + 1;
	change = mem_new(sizeof(*change) + length);
	memcpy(change->contact, contact, length);
	map_put(&channel->changes, change->contact, change);
	return change;
}

void live_changed(struct live *live, const struct engine *engine, const char *contact)
{
	struct channel *channel = channel_find(live, engine);
	if (channel == NULL) /* nobody ever listened */
		return;
	struct live_change *change = change_get(channel, contact);
	change->number = ++channel->last;
	struct live_change **slot = &channel->ring[change->number % LIMIT_LIVE_CHANGES], *old = *slot;
	*slot = change;
	if (old != NULL && old->number + LIMIT_LIVE_CHANGES == change->number) {
		map_remove(&channel->changes, old->contact);
		free(old);
	}
}

/* ---- events as text ---- */

static void add_id(struct buf *out, const struct channel *channel, uint64_t number)
{
	buf_addf(out, "id: %s-%" PRIu64 "\n", channel->epoch, number);
}

static void add_event(struct buf *out, const char *name, json_t *data)
{
	char *text = json_dumps(data, JSON_COMPACT);
	buf_addf(out, "event: %s\ndata: %s\n\n", name, text);
	free(text);
	json_decref(data);
}

static void add_change(struct buf *out, const struct channel *channel, const struct live_change *change)
{
	const struct person *person = engine_person(channel->engine, change->contact);
	if (person != NULL && person->unheard)
		return;
	add_id(out, channel, change->number);
	if (person != NULL)
		add_event(out, "presence", render_person(channel->engine, person));
	else
		add_event(out, "gone", json_pack("{s:s}", "contact", change->contact));
}

/* Appends to `chunk` what is true now of a change; takes from the `budget` of the turn. */
static void tell_change(
	struct channel *channel, const struct live_change *change, struct evbuffer *chunk, size_t *budget)
{
	char **text = &channel->cache[change->number % CACHE].text;
	uint64_t *number = &channel->cache[change->number % CACHE].number;
	if (*text == NULL || *number != change->number) {
		struct buf out;
		buf_init(&out, EVENT_MOST);
		add_change(&out, channel, change);
		free(*text);
		*text = buf_take(&out);
		*number = change->number;
		(*budget)--;
	}
	evbuffer_add(chunk, *text, strlen(*text));
}

/* The number in "EPOCH-NUMBER", if what came after it is still known. */
static bool resume_from(const struct channel *channel, const char *id, uint64_t *told)
{
	size_t length = strlen(channel->epoch);
	long long number;
	if (id == NULL || strncmp(id, channel->epoch, length) != 0 || id[length] != '-' ||
		!text_number(id + length + 1, 0, INT64_MAX, &number))
		return false;
	*told = (uint64_t)number;
	return *told <= channel->last && channel->last - *told <= LIMIT_LIVE_CHANGES;
}

/* ---- listeners ---- */

static void listener_free(struct listener *listener)
{
	struct live *live = listener->live;
	TAILQ_REMOVE(&live->listeners, listener, link);
	listener->channel->listeners--;
	live->count--;
	metrics_set(METRIC_HTTP_LISTENERS, (int64_t)live->count);
	if (live->count == 0)
		loop_timer_stop(live->timer);
	free(listener);
}

static void listener_gone(void *arg)
{
	struct listener *listener = arg;
	if (evhttp_request_get_connection(listener->message) == NULL)
		evhttp_request_free(listener->message);
	listener_free(listener);
}

static void listener_end(struct listener *listener)
{
	struct evhttp_request *message = listener->message;
	conn_answering(listener->conn, message);
	listener_free(listener);
	evhttp_send_reply_end(message);
}

static void on_pushed(struct evhttp_connection *connection, void *arg)
{
	(void)connection;
	struct listener *listener = arg;
	listener->pushing = false;
	conn_pushing(listener->conn, false);
}

static void push(struct listener *listener, struct evbuffer *chunk)
{
	listener->pushing = true;
	listener->pushed = clock_monotonic();
	conn_pushing(listener->conn, true);
	evhttp_send_reply_chunk_with_cb(listener->message, chunk, on_pushed, listener);
}

static void push_text(struct listener *listener, const char *text)
{
	struct evbuffer *chunk = evbuffer_new();
	evbuffer_add(chunk, text, strlen(text));
	push(listener, chunk);
	evbuffer_free(chunk);
}

/* The next slice of everybody. */
static void tell_people(struct listener *listener, struct evbuffer *chunk, size_t *budget)
{
	struct engine *engine = listener->channel->engine;
	struct person *people[SLICE];
	struct buf out;
	size_t most = *budget < SLICE ? *budget : SLICE;
	size_t count =
		engine_people(engine, listener->after[0] != '\0' ? listener->after : NULL, people, most);
	buf_init(&out, (size_t)SLICE * EVENT_MOST);
	for (size_t i = 0; i < count; i++) {
		if (!people[i]->unheard)
			add_event(&out, "presence", render_person(engine, people[i]));
	}
	if (count > 0)
		snprintf(listener->after, sizeof(listener->after), "%s", people[count - 1]->contact);
	if (count < most) {
		listener->listing = false;
		add_id(&out, listener->channel, listener->told);
		add_event(&out, "complete", json_object());
	}
	*budget -= count;
	evbuffer_add(chunk, buf_text(&out), out.length);
	buf_done(&out);
}

static void tell_changes(struct listener *listener, struct evbuffer *chunk, size_t *budget)
{
	struct channel *channel = listener->channel;
	while (listener->told<channel->last && * budget> 0 && evbuffer_get_length(chunk) < LIMIT_LIVE_BYTES) {
		uint64_t number = ++listener->told;
		const struct live_change *change = channel->ring[number % LIMIT_LIVE_CHANGES];
		if (change->number == number)
			tell_change(channel, change, chunk, budget);
	}
}

static bool is_waiting(const struct listener *listener)
{
	return !listener->pushing && !listener->conn->cut &&
	       (listener->listing || listener->told < listener->channel->last);
}

static void begin_listing(struct listener *listener)
{
	listener->listing = true;
	listener->after[0] = '\0';
	listener->told = listener->channel->last;
}

static void serve(struct listener *listener, struct evbuffer *chunk, size_t *budget)
{
	if (listener->channel->last - listener->told > LIMIT_LIVE_CHANGES) {
		if (listener->listing) {
			log_info("http", "a listener of the stream reads too slowly, and is cut off");
			conn_cut(listener->conn);
			return;
		}
		begin_listing(listener);
		evbuffer_add(chunk, reset, strlen(reset));
	}
	while (listener->listing && *budget > 0 && evbuffer_get_length(chunk) < LIMIT_LIVE_BYTES)
		tell_people(listener, chunk, budget);
	if (!listener->listing)
		tell_changes(listener, chunk, budget);
	if (evbuffer_get_length(chunk) > 0)
		push(listener, chunk);
}

/* At the end of a turn, so that what changed in it goes out in one piece. */
static void on_turn(void *arg)
{
	struct live *live = arg;
	struct listener *listener, *next;
	struct listeners served;
	size_t budget = LIMIT_LIVE_RENDERED;
	if (live->count == 0)
		return;
	struct evbuffer *chunk = evbuffer_new();
	TAILQ_INIT(&served);
	for (listener = TAILQ_FIRST(&live->listeners); listener != NULL && budget > 0; listener = next) {
		next = TAILQ_NEXT(listener, link);
		if (!is_waiting(listener))
			continue;
		TAILQ_REMOVE(&live->listeners, listener, link);
		TAILQ_INSERT_TAIL(&served, listener, link);
		serve(listener, chunk, &budget);
	}
	TAILQ_CONCAT(&live->listeners, &served, link);
	evbuffer_free(chunk);
	if (budget == 0)
		loop_again(live->http->loop);
}

void live_keep_alive(struct live *live, usec_t now)
{
	struct listener *listener;
	TAILQ_FOREACH(listener, &live->listeners, link)
	{
		if (!listener->pushing && now - listener->pushed >= LIMIT_LIVE_KEEP_ALIVE_SECONDS * SECOND)
			push_text(listener, ":\n\n");
	}
}

static void on_timer(void *arg)
{
	struct live *live = arg;
	live_keep_alive(live, clock_monotonic());
	loop_timer_set(live->timer, SECOND);
}

/* Whether there is room for one more; else answers. The other half of the connections is for requests. */
static bool check_room(const struct live *live, const struct channel *channel, struct http_request *request)
{
	if (live->http->stopping)
		request_unavailable(request, "this process stops serving");
	else if (channel->listeners >= LIMIT_LISTENERS || live->count >= conns_most(live->http->conns) / 2)
		request_unavailable(request, "there are too many listeners");
	else
		return true;
	return false;
}

static void begin(struct live *live, struct channel *channel, struct http_request *request)
{
	struct listener *listener = mem_new(sizeof(*listener));
	const char *id = message_header(request->message, "Last-Event-ID");
	char hello[64];
	listener->live = live;
	listener->channel = channel;
	listener->conn = request->conn;
	if (!resume_from(channel, id, &listener->told))
		begin_listing(listener);
	TAILQ_INSERT_TAIL(&live->listeners, listener, link);
	channel->listeners++;
	live->count++;
	metrics_set(METRIC_HTTP_LISTENERS, (int64_t)live->count);
	if (live->count == 1)
		loop_timer_set(live->timer, SECOND);
	listener->message = request_answer_stream(request, "text/event-stream", listener_gone, listener);
	snprintf(hello, sizeof(hello), "retry: %d\n%s", LIMIT_LIVE_RETRY_MILLISECONDS,
		listener->listing ? reset : "\n");
	push_text(listener, hello);
}

void live_begin(struct live *live, struct http_request *request)
{
	if (request->method == EVHTTP_REQ_HEAD) {
		request_answer_text(request, "text/event-stream", "");
		return;
	}
	struct channel *channel = channel_find(live, request->engine);
	if (channel == NULL)
		channel = channel_new(live, request->engine);
	if (check_room(live, channel, request))
		begin(live, channel, request);
}

static void end_streams_of(struct live *live, const struct channel *channel)
{
	struct listener *listener, *next;
	for (listener = TAILQ_FIRST(&live->listeners); listener != NULL; listener = next) {
		next = TAILQ_NEXT(listener, link);
		if (channel == NULL || listener->channel == channel)
			listener_end(listener);
	}
}

void live_end_streams(struct live *live)
{
	end_streams_of(live, NULL);
}

void live_forget(struct live *live, const struct engine *engine)
{
	struct channel *channel = channel_find(live, engine);
	if (channel == NULL)
		return;
	end_streams_of(live, channel);
	struct channel **at = &live->channels;
	while (*at != channel)
		at = &(*at)->next;
	*at = channel->next;
	channel_free(channel);
}

struct live *live_new(struct http *http)
{
	struct live *live = mem_new(sizeof(*live));
	live->http = http;
	TAILQ_INIT(&live->listeners);
	live->timer = loop_timer_new(http->loop, on_timer, live);
	loop_add_step(http->loop, on_turn, live);
	return live;
}

void live_free(struct live *live)
{
	if (live == NULL)
		return;
	live_end_streams(live);
	for (struct channel *channel = live->channels, *next; channel != NULL; channel = next) {
		next = channel->next;
		channel_free(channel);
	}
	loop_remove_step(live->http->loop, on_turn, live);
	loop_timer_free(live->timer);
	free(live);
}
