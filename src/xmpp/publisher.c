/*
 * Changes are handed out to watchers here.
 */
#include "xmpp/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "xmpp/namespaces.h"
#include "xmpp/render.h"

/* Watchers served before another target has its turn, and targets a turn. */
enum { SLICE = 256, TARGETS_A_TURN = 1024 };

/* Of so many targets, one is of those who changed together, though others wait who changed alone. */
enum { MANY_SHARE = 4 };

enum { ADDRESS_BYTES = 6 * (3 * LIMIT_JID_BYTES + 2) }; /* of the longest address, all of it escaped */

#define PACE_STEP (SECOND / LIMIT_REPUBLISH_PER_SECOND)
#define PACE_WAIT (SECOND / 50)  /* a pause, so that paced stanzas go out in handfuls */
#define PACE_BURST (SECOND / 20) /* worth of stanzas at once */

/* Where a target stands. Changed by move() alone. */
enum queue_kind {
	QUEUE_NONE,        /* the watchers have seen it, and that is stored */
	QUEUE_URGENT,      /* the watchers' view is wrong */
	QUEUE_MANY,        /* likewise, but it changed with many: may be overtaken */
	QUEUE_PACED,       /* it should be right, and is sent again to be sure */
	QUEUE_HELD,        /* not known yet: waits for publisher_changed */
	QUEUE_UNCONFIRMED, /* sent, not yet acknowledged by the server */
	QUEUE_COUNT
};

struct queue {
	struct target *first, *last;
};

struct publisher {
	struct publisher_world world;
	struct queue queues[QUEUE_COUNT];
	struct rendered rendered;
	struct buf address;
	struct loop_timer *timer; /* ends a pause of the paced part; the end of the turn does the work */
	uint32_t turns;           /* of targets */
	usec_t paced;             /* when the next paced stanza may go out */
	bool signing_off;
};

/* ---- queues ---- */

static void move(struct publisher *publisher, struct target *target, enum queue_kind kind)
{
	struct queue *from = &publisher->queues[target->queue];
	struct queue *to = &publisher->queues[kind];

	if (target->queue != QUEUE_NONE) {
		*(target->before != NULL ? &target->before->after : &from->first) = target->after;
		*(target->after != NULL ? &target->after->before : &from->last) = target->before;
	}
	target->queue = (uint8_t)kind;
	target->before = target->after = NULL;
	if (kind == QUEUE_NONE)
		return;
	target->before = to->last;
	*(to->last != NULL ? &to->last->after : &to->first) = target;
	to->last = target;
}

static void store_digest(struct publisher *publisher, struct target *target, uint64_t digest)
{
	if (target->stored == digest)
		return;
	target->stored = digest;
	publisher->world.ports->save_published(
		publisher->world.ports->ctx, publisher->world.engine, target->contact, digest);
}

/* ---- what is seen ---- */

static struct presence presence_of(const struct publisher *publisher, const struct person *person)
{
	if (person != NULL && !publisher->signing_off)
		return person->presence;
	return (struct presence){
		.status = publisher->world.engine->catalogue.offline, .rule = RULE_OFFLINE, .message = ""};
}

static bool is_unheard(const struct publisher *publisher, const struct person *person)
{
	return person != NULL && person->unheard && !publisher->signing_off;
}

static void send_rendered(struct publisher *publisher, const char *to, size_t length)
{
	const struct buf *head = &publisher->rendered.head, *tail = &publisher->rendered.tail;
	char *place = stream_reserve(publisher->world.stream, head->length + length + tail->length);

	if (place == NULL)
		return;
	memcpy(place, head->data, head->length);
	memcpy(place + head->length, to, length);
	memcpy(place + head->length + length, tail->data, tail->length);
}

static void send_escaped(struct publisher *publisher, const char *to)
{
	buf_clear(&publisher->address);
	buf_add_xml(&publisher->address, to);
	send_rendered(publisher, buf_text(&publisher->address), publisher->address.length);
}

/* ---- fan-out ---- */

static void begin(struct publisher *publisher, struct target *target, uint64_t digest, enum queue_kind kind)
{
	target->sending = digest;
	target->remaining = target->count;
	if (kind == QUEUE_PACED)
		target->republish = true;
	if (target->queue != kind)
		move(publisher, target, kind);
}

static void confirm_later(struct publisher *publisher, struct target *target)
{
	target->mark = stream_mark(publisher->world.stream);
	target->unconfirmed = true;
	move(publisher, target, QUEUE_UNCONFIRMED);
}

static void complete(struct publisher *publisher, struct target *target)
{
	target->sent = target->sending;
	target->touched = target->republish = target->awaited = false;
	if (publisher->signing_off) {
		store_digest(publisher, target, target->sent);
		move(publisher, target, QUEUE_NONE);
	} else {
		confirm_later(publisher, target);
	}
}

/* From the first stanza on, the watchers have seen different things. */
static void touch(struct publisher *publisher, struct target *target)
{
	if (target->touched || target->sending == target->sent)
		return;
	target->touched = true;
	target->sent = 0;
	store_digest(publisher, target, 0);
}

static void serve_next(struct publisher *publisher, struct target *target)
{
	const struct watcher *watcher =
		watchers_name(publisher->world.watchers, target->watchers[target->cursor]);

	if (watcher->plain)
		send_rendered(publisher, watcher->jid, watcher->length);
	else
		send_escaped(publisher, watcher->jid);
	if (++target->cursor == target->count)
		target->cursor = 0;
	target->remaining--;
}

/* Fetches a handful of those to be served next; how many. */
static uint32_t fetch_next(const struct publisher *publisher, const struct target *target)
{
	uint32_t count = target->count - target->cursor;

	if (count > target->remaining)
		count = target->remaining;
	if (count > LIMIT_AHEAD)
		count = LIMIT_AHEAD;
	watchers_fetch_names(publisher->world.watchers, target->watchers + target->cursor, count);
	return count;
}

static uint32_t serve(struct publisher *publisher, struct target *target, uint32_t most)
{
	struct stream *stream = publisher->world.stream;
	uint32_t served = 0, fetched = 0;

	for (; target->remaining > 0 && served < most && stream_room(stream) > 0; served++, fetched--) {
		if (fetched == 0)
			fetched = fetch_next(publisher, target);
		serve_next(publisher, target);
	}
	metrics_add(METRIC_STANZAS_OUT, served);
	return served;
}

/* What was begun is begun again when it is known what to send. */
static void hold(struct publisher *publisher, struct target *target)
{
	target->remaining = 0;
	if (target->queue != QUEUE_HELD)
		move(publisher, target, QUEUE_HELD);
}

static void release(struct publisher *publisher, struct target *target, uint64_t digest)
{
	if (digest != target->sent || target->awaited)
		begin(publisher, target, digest, QUEUE_URGENT);
	else if (target->republish)
		begin(publisher, target, digest, QUEUE_PACED);
	else
		confirm_later(publisher, target); /* the fan-out that it interrupted is none any more */
}

/* One slice of one target; what is left of it queues up again, so that a crowd delays nobody else much. */
static uint32_t serve_slice(struct publisher *publisher, struct target *target, uint32_t most)
{
	const struct person *person = engine_person(publisher->world.engine, target->contact);
	struct presence presence = presence_of(publisher, person);
	uint64_t digest = render_digest(&presence);
	uint32_t served = 0;

	if (is_unheard(publisher, person)) {
		hold(publisher, target);
		return 0;
	}
	if (digest != target->sending)
		begin(publisher, target, digest, target->queue == QUEUE_MANY ? QUEUE_MANY : QUEUE_URGENT);
	if (target->remaining > 0) {
		touch(publisher, target);
		render_presence(&publisher->rendered, target->contact, &presence);
		served = serve(publisher, target, most);
	}
	if (target->remaining == 0)
		complete(publisher, target);
	else if (stream_room(publisher->world.stream) > 0)
		move(publisher, target, target->queue);
	return served;
}

static uint32_t paced_allowance(struct publisher *publisher)
{
	usec_t now = clock_monotonic();

	if (publisher->paced < now - PACE_BURST)
		publisher->paced = now - PACE_BURST;
	return publisher->paced < now ? (uint32_t)((now - publisher->paced) / PACE_STEP) : 0;
}

static bool serve_paced(struct publisher *publisher, struct target *target)
{
	uint32_t allowance = paced_allowance(publisher);

	if (allowance == 0) {
		loop_timer_set(publisher->timer, PACE_WAIT);
		return false;
	}
	uint32_t served = serve_slice(publisher, target, allowance < SLICE ? allowance : SLICE);
	publisher->paced += served * PACE_STEP;
	return true;
}

/* NULL: nobody's view is wrong. */
static struct target *next_wrong(struct publisher *publisher)
{
	struct target *urgent = publisher->queues[QUEUE_URGENT].first;
	struct target *many = publisher->queues[QUEUE_MANY].first;

	if (urgent == NULL || many == NULL)
		return urgent != NULL ? urgent : many;
	return ++publisher->turns % MANY_SHARE == 0 ? many : urgent;
}

bool publisher_step(struct publisher *publisher)
{
	const struct queue *paced = &publisher->queues[QUEUE_PACED];

	for (int i = 0; i < TARGETS_A_TURN; i++) {
		if (stream_room(publisher->world.stream) == 0)
			break;
		struct target *wrong = next_wrong(publisher);
		if (wrong != NULL)
			serve_slice(publisher, wrong, SLICE);
		else if (paced->first == NULL || !serve_paced(publisher, paced->first))
			return false;
	}
	return !publisher_idle(publisher) || paced->first != NULL;
}

/* The next turn is all that is needed. */
static void on_timer(void *arg)
{
	(void)arg;
}

/* ---- what happens ---- */

struct publisher *publisher_new(const struct publisher_world *world)
{
	struct publisher *publisher = mem_new(sizeof(*publisher));

	publisher->world = *world;
	rendered_init(&publisher->rendered,
		&(struct sender){.domain = world->domain, .resource = CONTACT_RESOURCE, .caps = world->caps});
	buf_init(&publisher->address, ADDRESS_BYTES);
	publisher->timer = loop_timer_new(world->loop, on_timer, publisher);
	return publisher;
}

void publisher_free(struct publisher *publisher)
{
	if (publisher == NULL)
		return;
	loop_timer_free(publisher->timer);
	rendered_done(&publisher->rendered);
	buf_done(&publisher->address);
	free(publisher);
}

void publisher_load(struct publisher *publisher, const char *contact, uint64_t digest)
{
	struct target *target = watchers_expect(publisher->world.watchers, contact);
	target->sent = target->stored = digest;
}

static void publish_all(struct publisher *publisher, bool republish)
{
	struct target *target;

	for (uint32_t at = 0; (target = watchers_next(publisher->world.watchers, &at)) != NULL;) {
		const struct person *person = engine_person(publisher->world.engine, target->contact);
		struct presence presence = presence_of(publisher, person);
		uint64_t digest = render_digest(&presence);
		if (is_unheard(publisher, person)) {
			target->republish = true;
			hold(publisher, target);
		} else if (digest != target->sent)
			begin(publisher, target, digest, QUEUE_URGENT);
		else if (republish)
			begin(publisher, target, digest, QUEUE_PACED);
		else
			move(publisher, target, QUEUE_NONE);
	}
}

void publisher_connected(struct publisher *publisher)
{
	publish_all(publisher, true);
}

/* What was not acknowledged may be lost. */
void publisher_disconnected(struct publisher *publisher)
{
	struct target *target;

	for (int kind = QUEUE_URGENT; kind < QUEUE_COUNT; kind++) {
		while ((target = publisher->queues[kind].first) != NULL) {
			if (target->unconfirmed)
				target->sent = 0;
			target->remaining = 0;
			target->touched = target->republish = target->unconfirmed = false;
			target->awaited = false;
			move(publisher, target, QUEUE_NONE);
		}
	}
	loop_timer_stop(publisher->timer);
}

void publisher_acknowledged(struct publisher *publisher, uint32_t mark)
{
	struct target *target;

	while ((target = publisher->queues[QUEUE_UNCONFIRMED].first) != NULL && target->mark <= mark) {
		store_digest(publisher, target, target->sent);
		target->unconfirmed = false;
		move(publisher, target, QUEUE_NONE);
	}
}

void publisher_target_gone(struct publisher *publisher, struct target *target)
{
	move(publisher, target, QUEUE_NONE);
	store_digest(publisher, target, 0);
}

static void changed(
	struct publisher *publisher, const char *contact, const struct person *person, enum queue_kind kind)
{
	struct target *target = watchers_target(publisher->world.watchers, contact);

	/* While disconnected nothing is queued: the next connect compares everything. */
	if (target == NULL || !stream_is_up(publisher->world.stream))
		return;
	struct presence presence = presence_of(publisher, person);
	uint64_t digest = render_digest(&presence);
	bool running = target->queue != QUEUE_NONE && target->queue != QUEUE_UNCONFIRMED;

	if (is_unheard(publisher, person)) {
		if (running)
			hold(publisher, target);
		return;
	}
	if (target->queue == QUEUE_HELD) {
		release(publisher, target, digest);
		return;
	}
	if (digest == (running ? target->sending : target->sent))
		return;
	if (running && digest == target->sent && !target->republish && !target->awaited) {
		target->remaining = 0; /* changed back before anybody saw it */
		confirm_later(publisher, target);
	} else {
		begin(publisher, target, digest, target->queue == QUEUE_URGENT ? QUEUE_URGENT : kind);
	}
}

void publisher_changed(struct publisher *publisher, const char *contact, const struct person *person)
{
	changed(publisher, contact, person, QUEUE_URGENT);
}

void publisher_changed_with_many(
	struct publisher *publisher, const char *contact, const struct person *person)
{
	changed(publisher, contact, person, QUEUE_MANY);
}

bool publisher_answer(struct publisher *publisher, const char *contact, const char *to)
{
	if (!stream_is_up(publisher->world.stream))
		return true;
	struct target *target = watchers_target(publisher->world.watchers, contact);
	const struct person *person = engine_person(publisher->world.engine, contact);
	struct presence presence = presence_of(publisher, person);
	if (is_unheard(publisher, person)) {
		if (target != NULL) {
			target->awaited = true;
			hold(publisher, target);
		}
		return false;
	}
	render_presence(&publisher->rendered, contact, &presence);
	send_escaped(publisher, to);
	metrics_add(METRIC_STANZAS_OUT, 1);
	/* The first watcher of a target: this was its whole fan-out. */
	if (target != NULL && target->count == 1 && target->queue == QUEUE_NONE && target->sent == 0) {
		target->sent = render_digest(&presence);
		confirm_later(publisher, target);
	}
	return true;
}

void publisher_answer_unavailable(struct publisher *publisher, const char *contact, const char *to)
{
	struct presence presence = presence_of(publisher, NULL);

	render_presence(&publisher->rendered, contact, &presence);
	send_escaped(publisher, to);
	metrics_add(METRIC_STANZAS_OUT, stream_is_up(publisher->world.stream));
}

void publisher_sign_off(struct publisher *publisher)
{
	publisher->signing_off = true;
	publish_all(publisher, false);
}

bool publisher_idle(const struct publisher *publisher)
{
	return publisher->queues[QUEUE_URGENT].first == NULL && publisher->queues[QUEUE_MANY].first == NULL;
}
