/*
 * Devices that asked for it hear here what people do.
 */
#include "xmpp/activity.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "core/activity.h"
#include "core/devices.h"
#include "xmpp/namespaces.h"

/* Watchers or contacts looked at before others have their turn, and in one turn. */
enum { SLICE = 256, A_TURN = 2048 };

enum {
	EVENT_BYTES = 8 * 1024,
	ADDRESS_BYTES = 6 * (3 * LIMIT_JID_BYTES + 2), /* of the longest address, all of it escaped */
};

/* Digests of activities. */
enum { NOTHING = 0, NOT_KNOWN = 1 };

/* What is to be heard of a contact. Without it, no device knows of an activity of that contact. */
struct news {
	struct news *before, *after; /* in the queue */
	bool queued;
	uint64_t digest; /* what they are to hear */
	uint64_t heard;  /* what all of them have heard last */
	uint32_t left; /* watchers still to be looked at, which have the lowest places: new ones come last */
	char contact[];
};

/* A device that has come online. */
struct listener {
	struct listener *next;
	const char *account, *resource; /* in `texts` */
	uint32_t from;                  /* the number of the next target */
	bool was_there;
	char texts[]; /* its full address, which is the key in the map, and its account */
};

struct activities {
	struct activities_world world;
	struct map news;      /* by contact */
	struct map listeners; /* by full address */
	struct news *first, *last;
	struct listener *first_listener, *last_listener;
	struct buf head, tail, address;
	size_t budget; /* what is left of A_TURN */
	bool signing_off;
};

/* ---- what is seen ---- */

static struct activity visible(const struct activities *activities, const struct person *person)
{
	struct activity activity = {0};

	if (person == NULL || activities->signing_off || presence_is_offline(&person->presence))
		return activity;
	/* Of one that is half known the known half is shown. */
	(void)!activity_parse(person->presence.status->activity, &activity);
	return activity;
}

static uint64_t digest_of(struct activity activity)
{
	if (activity.general == NULL)
		return NOTHING;
	uint64_t digest = hash_stable(activity.general, strlen(activity.general) + 1, 0);
	if (activity.specific != NULL)
		digest = hash_stable(activity.specific, strlen(activity.specific) + 1, digest);
	return digest > NOT_KNOWN ? digest : NOT_KNOWN + 1;
}

/* An event, open at the place of its `to`. */
static void render(struct activities *activities, const char *contact, struct activity activity)
{
	struct buf *head = &activities->head, *tail = &activities->tail;

	buf_clear(head);
	buf_clear(tail);
	buf_add_text(head, "<message type='headline' from='");
	buf_add_xml(head, contact);
	buf_add_char(head, '@');
	buf_add_xml(head, activities->world.domain);
	buf_add_text(head, "' to='");
	buf_add_text(tail, "'><event xmlns='" NS_PUBSUB_EVENT "'><items node='" NS_ACTIVITY "'>"
			   "<item id='current'><activity xmlns='" NS_ACTIVITY "'");
	if (activity.general == NULL)
		buf_add_text(tail, "/>");
	else if (activity.specific == NULL)
		buf_addf(tail, "><%s/></activity>", activity.general);
	else
		buf_addf(tail, "><%s><%s/></%s></activity>", activity.general, activity.specific,
			activity.general);
	buf_add_text(tail, "</item></items></event></message>");
}

static void send_rendered(struct activities *activities, const char *account, const char *resource)
{
	struct stream *stream = activities->world.stream;
	struct buf *address = &activities->address;

	buf_clear(address);
	buf_add_xml(address, account);
	buf_add_char(address, '/');
	buf_add_xml(address, resource);
	stream_write(stream, activities->head.data, activities->head.length);
	stream_write(stream, address->data, address->length);
	stream_write(stream, activities->tail.data, activities->tail.length);
	metrics_add(METRIC_STANZAS_OUT, 1);
}

static bool listens(const struct device *device)
{
	return device->wants_activity && !device->leaves;
}

/* A listener that has not come to the target hears of it as it stands then. */
static bool hears_later(
	struct activities *activities, const char *account, const char *resource, uint32_t target)
{
	if (activities->listeners.count == 0)
		return false;
	buf_clear(&activities->address);
	buf_addf(&activities->address, "%s/%s", account, resource);
	const struct listener *listener = map_get(&activities->listeners, buf_text(&activities->address));
	return listener != NULL && listener->from <= target;
}

/* True when one of the account's devices was told. */
static bool tell_account(struct activities *activities, const char *account, uint32_t target)
{
	const struct person *person = engine_person_by_account(activities->world.engine, account);
	bool told = false;

	for (size_t i = 0; person != NULL && i < person->device_count; i++) {
		const struct device *device = &person->devices[i];
		if (!listens(device) || hears_later(activities, account, device->resource, target))
			continue;
		send_rendered(activities, account, device->resource);
		told = true;
	}
	return told;
}

/* ---- news ---- */

static void queue_remove(struct activities *activities, struct news *news)
{
	if (!news->queued)
		return;
	*(news->before != NULL ? &news->before->after : &activities->first) = news->after;
	*(news->after != NULL ? &news->after->before : &activities->last) = news->before;
	news->before = news->after = NULL;
	news->queued = false;
}

static void queue_append(struct activities *activities, struct news *news)
{
	queue_remove(activities, news);
	news->before = activities->last;
	*(activities->last != NULL ? &activities->last->after : &activities->first) = news;
	activities->last = news;
	news->queued = true;
}

static struct news *news_new(struct activities *activities, const char *contact, uint64_t digest)
{
	size_t size = strlen(contact) + 1;
	struct news *news = mem_new(sizeof(*news) + size);

	memcpy(news->contact, contact, size);
	news->digest = news->heard = digest;
	map_put(&activities->news, news->contact, news);
	return news;
}

static void news_free(struct activities *activities, struct news *news)
{
	queue_remove(activities, news);
	map_remove(&activities->news, news->contact);
	free(news);
}

/* All have heard the latest. */
static void news_told(struct activities *activities, struct news *news)
{
	queue_remove(activities, news);
	news->heard = news->digest;
	if (news->heard == NOTHING)
		news_free(activities, news);
}

static void news_begin(struct activities *activities, struct news *news, uint64_t digest)
{
	const struct target *target = watchers_target(activities->world.watchers, news->contact);

	news->digest = digest;
	news->left = target != NULL ? target->count : 0;
	if (news->left == 0 || digest == news->heard) /* changed back before anybody heard of it */
		news_told(activities, news);
	else if (!news->queued)
		queue_append(activities, news);
}

/* A device hears of it without a change. It may be ahead of those who are still to be told of one. */
static void news_note(struct activities *activities, const char *contact, uint64_t digest)
{
	struct news *news = map_get(&activities->news, contact);

	if (news == NULL && digest != NOTHING)
		(void)news_new(activities, contact, digest);
	else if (news != NULL && news->heard != digest)
		news->heard = NOT_KNOWN;
}

static void news_serve(struct activities *activities, struct news *news)
{
	const struct target *target = watchers_target(activities->world.watchers, news->contact);
	const struct person *person = engine_person(activities->world.engine, news->contact);

	if (person != NULL && person->unheard) { /* what is heard will be a change */
		news->digest = NOT_KNOWN;
		news_told(activities, news);
		return;
	}
	if (target == NULL || news->left > target->count)
		news->left = target != NULL ? target->count : 0;
	render(activities, news->contact, visible(activities, person));
	for (size_t looked = 0; news->left > 0 && looked < SLICE; looked++) {
		if (stream_room(activities->world.stream) == 0)
			return;
		uint32_t id = target->watchers[--news->left];
		if (tell_account(activities, watchers_name(activities->world.watchers, id)->jid, target->id))
			news->heard = NOT_KNOWN;
		activities->budget--;
	}
	if (news->left == 0)
		news_told(activities, news);
	else
		queue_append(activities, news);
}

/* ---- listeners ---- */

static struct listener *listener_new(const char *account, const char *resource)
{
	size_t account_size = strlen(account) + 1, resource_size = strlen(resource) + 1;
	struct listener *listener = mem_new(sizeof(*listener) + 2 * account_size + resource_size);
	char *at = listener->texts;

	memcpy(at, account, account_size);
	at[account_size - 1] = '/';
	listener->resource = memcpy(at + account_size, resource, resource_size);
	listener->account = memcpy(at + account_size + resource_size, account, account_size);
	return listener;
}

static void listener_append(struct activities *activities, struct listener *listener)
{
	*(activities->last_listener != NULL ? &activities->last_listener->next
					    : &activities->first_listener) = listener;
	activities->last_listener = listener;
}

static struct listener *listener_take(struct activities *activities)
{
	struct listener *listener = activities->first_listener;

	activities->first_listener = listener->next;
	if (listener->next == NULL)
		activities->last_listener = NULL;
	listener->next = NULL;
	return listener;
}

static void listener_free(struct activities *activities, struct listener *listener)
{
	map_remove(&activities->listeners, listener->texts);
	free(listener);
}

static void listener_hear(struct activities *activities, struct listener *listener, const char *contact)
{
	const struct person *person = engine_person(activities->world.engine, contact);
	struct activity activity = visible(activities, person);

	if (person != NULL && person->unheard)
		return;
	news_note(activities, contact, digest_of(activity));
	if (activity.general == NULL && !listener->was_there)
		return;
	render(activities, contact, activity);
	send_rendered(activities, listener->account, listener->resource);
}

/* What is to be told to the device, which may be gone or have changed its mind. */
static const struct watcher *watcher_of(struct activities *activities, const struct listener *listener)
{
	const struct person *person = engine_person_by_account(activities->world.engine, listener->account);
	const struct device *device = person != NULL ? device_find(person, listener->resource) : NULL;

	if (device == NULL || !listens(device))
		return NULL;
	return watchers_find(activities->world.watchers, listener->account);
}

static void listener_serve(struct activities *activities)
{
	struct listener *listener = listener_take(activities);
	const struct watcher *watcher = watcher_of(activities, listener);
	uint32_t place = watcher != NULL ? watchers_place(watcher, listener->from) : 0;
	uint32_t end = watcher != NULL ? watcher->count : 0;

	for (size_t looked = 0; place < end && looked < SLICE; looked++) {
		if (stream_room(activities->world.stream) == 0)
			break;
		uint32_t id = watcher->targets[place++];
		listener_hear(
			activities, listener, watchers_target_at(activities->world.watchers, id)->contact);
		listener->from = id + 1;
		activities->budget--;
	}
	if (place == end)
		listener_free(activities, listener);
	else
		listener_append(activities, listener);
}

/* ---- what happens ---- */

struct activities *activities_new(const struct activities_world *world)
{
	struct activities *activities = mem_new(sizeof(*activities));

	activities->world = *world;
	map_init(&activities->news);
	map_init(&activities->listeners);
	buf_init(&activities->head, EVENT_BYTES);
	buf_init(&activities->tail, EVENT_BYTES);
	buf_init(&activities->address, ADDRESS_BYTES);
	return activities;
}

/* Nobody listens: those who come are told everything. */
static void forget(struct activities *activities)
{
	struct news *news;

	for (size_t at = 0; activities->news.count > 0 && (news = map_next(&activities->news, &at)) != NULL;)
		news_free(activities, news);
	while (activities->first_listener != NULL)
		listener_free(activities, listener_take(activities));
}

void activities_free(struct activities *activities)
{
	if (activities == NULL)
		return;
	forget(activities);
	map_done(&activities->news);
	map_done(&activities->listeners);
	buf_done(&activities->head);
	buf_done(&activities->tail);
	buf_done(&activities->address);
	free(activities);
}

/* Who is still there when the stream is back has been asked, and answers. */
void activities_disconnected(struct activities *activities)
{
	forget(activities);
}

static bool nobody_listens(const struct activities *activities)
{
	return activities->world.engine->activity_devices == 0 || !stream_is_up(activities->world.stream);
}

void activities_changed(struct activities *activities, const char *contact, const struct person *person)
{
	if (nobody_listens(activities)) {
		forget(activities);
		return;
	}
	if (person != NULL && person->unheard)
		return;
	uint64_t digest = digest_of(visible(activities, person));
	struct news *news = map_get(&activities->news, contact);
	if (digest == (news != NULL ? news->digest : NOTHING))
		return;
	if (news == NULL)
		news = news_new(activities, contact, NOTHING);
	news_begin(activities, news, digest);
}

void activities_wanted(
	struct activities *activities, const struct person *person, const char *resource, bool was_there)
{
	struct listener *listener = listener_new(person->account, resource);
	struct listener *known = map_get(&activities->listeners, listener->texts);

	if (known != NULL || nobody_listens(activities) ||
		activities->listeners.count == LIMIT_ACTIVITY_DEVICES) {
		free(listener);
		if (known != NULL) {
			known->from = 0;
			known->was_there |= was_there;
		}
		return;
	}
	listener->was_there = was_there;
	map_put(&activities->listeners, listener->texts, listener);
	listener_append(activities, listener);
}

void activities_watched(struct activities *activities, const char *contact, const char *account)
{
	const struct target *target = watchers_target(activities->world.watchers, contact);
	const struct person *person = engine_person(activities->world.engine, contact);
	struct activity activity = visible(activities, person);

	if (target == NULL || nobody_listens(activities) || (person != NULL && person->unheard))
		return;
	render(activities, contact, activity);
	if (activity.general == NULL || tell_account(activities, account, target->id))
		news_note(activities, contact, digest_of(activity));
}

bool activities_step(struct activities *activities)
{
	if (nobody_listens(activities))
		forget(activities);
	activities->budget = A_TURN;
	for (; activities->budget > SLICE && stream_room(activities->world.stream) > 0;
		activities->budget--) {
		if (activities->first != NULL)
			news_serve(activities, activities->first);
		else if (activities->first_listener != NULL)
			listener_serve(activities);
		else
			return false;
	}
	return activities->first != NULL || activities->first_listener != NULL;
}

void activities_sign_off(struct activities *activities)
{
	struct news *news;

	activities->signing_off = true;
	for (size_t at = 0; (news = map_next(&activities->news, &at)) != NULL;)
		news_begin(activities, news, NOTHING);
}

bool activities_idle(const struct activities *activities)
{
	return activities->first == NULL;
}
