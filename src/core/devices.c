/* Devices come, change, fall idle and go; and their people log in and out. */
#include "core/devices.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* device_count: there is none. */
static size_t place_of(const struct person *person, const char *resource)
{
	size_t place = 0;
	while (place < person->device_count && strcmp(person->devices[place].resource, resource) != 0)
		place++;
	return place;
}

static struct device *find(const struct person *person, const char *resource)
{
	size_t place = place_of(person, resource);
	return place < person->device_count ? &person->devices[place] : NULL;
}

const struct device *device_find(const struct person *person, const char *resource)
{
	return find(person, resource);
}

static void device_remove(struct person *person, size_t place)
{
	struct device *last = &person->devices[--person->device_count], gone = person->devices[place];
	person->devices[place] = *last;
	*last = (struct device){0};
	person->engine->activity_devices -= gone.wants_activity;
	free(gone.resource);
	free(gone.text);
}

void devices_forget(struct person *person)
{
	while (person->device_count)
		device_remove(person, 0);
	if (person->unheard)
		person->generation = 0; /* nothing was published of them yet */
	person->online = person->unheard = person->privileged = person->probed = false;
	person->settles = person->went_offline = 0;
}

static struct device *device_add(struct person *person, const char *resource)
{
	if (person->devices && person->device_count == LIMIT_DEVICES) {
		size_t oldest = 0;
		for (size_t i = 1; i < person->device_count; i++)
			if (person->devices[i].changed < person->devices[oldest].changed)
				oldest = i;
		device_remove(person, oldest);
	}
	person->devices = mem_resize(person->devices, person->device_count + 1, sizeof(*person->devices));
	struct device *device = &person->devices[person->device_count++];
	*device = (struct device){.resource = mem_string(resource)};
	return device;
}

/* ---- the feed ---- */

static void set_feed(struct engine *engine, const struct fact_feed *fact)
{
	struct person *person = fact->person;
	bool stored = person->feed == fact->feed && !person->feed_unsure;
	if (stored)
		return;
	person->feed = fact->feed;
	person->feed_unsure = fact->unsure;
	if (!fact->unsure)
		engine_add_effect(engine, &(struct effect){.kind = EFFECT_FEED,
						  .person = person,
						  .account = person->account,
						  .feed = fact->feed});
}

/* From now on the feed tells, but nothing is known yet. */
static void become_unheard(struct person *person, usec_t settles)
{
	person->unheard = true;
	person->settles = settles;
}

void devices_start(struct person *person)
{
	person->privileged = person->engine->privileged && person->account;
	if (person_feed(person) == FEED_ACTIVE)
		become_unheard(person, 0);
}

/* What the feed no longer tells is not known. */
static void feed_lost(struct person *person)
{
	bool privileged = person->privileged;
	if (person_feed(person) == FEED_ACTIVE)
		return;
	devices_forget(person);
	person->privileged = privileged;
}

void devices_apply_feed(struct engine *engine, const struct fact_feed *fact, usec_t now)
{
	struct person *person = fact->person;
	bool was_active = person_feed(person) == FEED_ACTIVE;
	if (!person->account)
		return;
	set_feed(engine, fact);
	if (!was_active && fact->feed == FEED_ACTIVE)
		become_unheard(person, now + LIMIT_FEED_SETTLE_SECONDS * SECOND);
	feed_lost(person);
	engine_touch(engine, person, now);
}

/* What was known stands until the account is asked again. */
static void stop_settling(struct engine *engine, struct person *person, usec_t now)
{
	for (size_t i = 0; i < person->device_count; i++)
		person->devices[i].confirmed = true;
	person->settles = 0;
	person->probed = false;
	engine_touch(engine, person, now);
}

static void begin_settling(struct engine *engine, struct person *person, usec_t now)
{
	for (size_t i = 0; i < person->device_count; i++)
		person->devices[i].confirmed = false;
	person->settles = now + LIMIT_FEED_SETTLE_SECONDS * SECOND;
	person->probed = true;
	engine_touch(engine, person, now);
}

void devices_apply_probed(struct engine *engine, const struct fact_probed *fact, usec_t now)
{
	if (person_feed(fact->person) != FEED_ACTIVE)
		return;
	if (!fact->lost)
		begin_settling(engine, fact->person, now);
	else if (fact->person->settles)
		stop_settling(engine, fact->person, now);
}

static void set_privileged(struct person *person, bool granted, usec_t now)
{
	bool was_active = person_feed(person) == FEED_ACTIVE;
	person->privileged = granted && person->account;
	if (!was_active && person->privileged)
		become_unheard(person, now + LIMIT_FEED_SETTLE_SECONDS * SECOND);
	if (!person->privileged)
		feed_lost(person);
}

/* Whoever comes into being later is privileged from the first word of the server on: it does not repeat what
 * it said before. */
void devices_apply_privilege(struct engine *engine, bool granted, usec_t now)
{
	if (engine->privileged != granted) {
		engine->privileged = granted;
		engine_add_effect(engine, &(struct effect){.kind = EFFECT_FEED,
						  .account = engine->domain,
						  .feed = granted ? FEED_ACTIVE : FEED_NONE});
	}
	for (size_t i = 0; i < engine->person_count; i++) {
		struct person *person = engine->rows[i];
		set_privileged(person, granted, now);
		if (person->privileged)
			begin_settling(engine, person, now);
		else
			engine_touch(engine, person, now);
	}
}

/* ---- what they say ---- */

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static void answered(struct person *person, usec_t now)
{
	usec_t soon = now + LIMIT_FEED_SETTLE_ANSWERED_SECONDS * SECOND;
	if (person->settles > soon)
		person->settles = soon;
}

static void device_gone(struct person *person, size_t place, usec_t now)
{
	if (place == person->device_count)
		return;
	struct device *device = &person->devices[place];
	if (!device->confirmed)
		device_remove(person, place);
	else if (!device->leaves)
		device->leaves = now + LIMIT_DEVICE_GRACE_SECONDS * SECOND;
}

/* Devices that were not heard of since they were asked for get all the time there is: a server that began anew
 * says so of clients that are about to come back. */
static void all_gone(struct person *person, usec_t now)
{
	bool awaited = false;
	for (size_t i = 0; i < person->device_count; i++)
		if (person->devices[i].confirmed)
			device_gone(person, i, now);
		else
			awaited = true;
	if (!awaited)
		answered(person, now);
}

static void tell_activities(struct person *person, const struct device *device, bool was_there)
{
	engine_add_effect(person->engine, &(struct effect){.kind = EFFECT_DEVICE,
						  .person = person,
						  .resource = device->resource,
						  .was_there = was_there});
}

static void find_named(const struct engine *engine, struct device *device)
{
	device->named = device->text ? catalogue_by_name(&engine->catalogue, device->text) : NULL;
}

bool devices_name_again(const struct engine *engine, struct person *person)
{
	bool different = false;
	for (size_t i = 0; i < person->device_count; i++) {
		const struct status *before = person->devices[i].named;
		find_named(engine, &person->devices[i]);
		different = different || person->devices[i].named != before;
	}
	return different;
}

static void device_here(struct person *person, const struct fact_device *fact, usec_t now)
{
	struct device *device = find(person, fact->resource);
	bool added = !device;
	const char *text = fact->text && fact->text[0] ? fact->text : NULL;
	if (added) {
		device = device_add(person, fact->resource);
		device->was_there = person->probed || (person->unheard && !person->settles);
	} else if (device->wants_activity && (device->leaves || !device->confirmed)) {
		tell_activities(person, device, true);
	}
	if (added || device->show != fact->show || device->priority != fact->priority ||
		!same_text(device->text, text)) {
		device->changed = fact->changed && fact->changed < now ? fact->changed : now;
		if (!same_text(device->text, text)) {
			mem_replace(&device->text, text);
			find_named(person->engine, device);
		}
	}
	device->show = fact->show;
	device->priority = fact->priority;
	device->idle_since = fact->idle_since < now ? fact->idle_since : now;
	device->leaves = 0;
	device->confirmed = true;
}

void devices_apply(struct engine *engine, const struct fact_device *fact, usec_t now)
{
	struct person *person = fact->person;
	if (engine->privileged && !person->privileged)
		set_privileged(person, true, now);
	if (person_feed(person) != FEED_ACTIVE)
		return;
	if (!fact->resource)
		all_gone(person, now);
	else if (fact->show != SHOW_UNAVAILABLE)
		device_here(person, fact, now);
	else
		device_gone(person, place_of(person, fact->resource), now);
	if (fact->resource)
		answered(person, now);
	engine_touch(engine, person, now);
}

static void set_wants_activity(struct person *person, struct device *device, bool wants)
{
	if (wants && !device->wants_activity) {
		person->engine->activity_devices++;
		tell_activities(person, device, device->was_there);
	} else if (!wants && device->wants_activity) {
		person->engine->activity_devices--;
	}
	device->wants_activity = wants;
}

void devices_apply_class(struct engine *engine, const struct fact_device_class *fact, usec_t now)
{
	struct device *device = find(fact->person, fact->resource);
	if (device && device->mobile != fact->mobile) {
		device->mobile = fact->mobile;
		engine_touch(engine, fact->person, now);
		device = find(fact->person, fact->resource); /* its time may have been over */
	}
	if (device)
		set_wants_activity(fact->person, device, fact->wants_activity);
}

/* ---- time passes ---- */

/* What is further ahead than it can have been set is from before the clock was set back: how much of the span has
 * passed is not known. */
static bool is_over(usec_t at, usec_t span, usec_t now)
{
	return at <= now || at > now + span;
}

static void pass_settling(struct person *person, usec_t now)
{
	if (!person->settles || !is_over(person->settles, LIMIT_FEED_SETTLE_SECONDS * SECOND, now))
		return;
	person->settles = 0;
	person->probed = false;
	if (person->unheard)
		person->generation = 0; /* what is known now is news, whatever it is */
	person->unheard = false;
	for (size_t i = person->device_count; i-- > 0;)
		if (!person->devices[i].confirmed)
			device_remove(person, i);
}

/* When the last of those that are over did go; `now` if there are none. */
static usec_t pass_grace(struct person *person, usec_t now)
{
	usec_t went = 0, grace = LIMIT_DEVICE_GRACE_SECONDS * SECOND;
	for (size_t i = person->device_count; i-- > 0;) {
		usec_t leaves = person->devices[i].leaves;
		if (!leaves || !is_over(leaves, grace, now))
			continue;
		usec_t at = leaves - grace < now ? leaves - grace : now;
		went = at > went ? at : went;
		device_remove(person, i);
	}
	return went ? went : now;
}

static void log_in_or_out(
	struct engine *engine, struct person *person, const struct status *status, usec_t now)
{
	const struct choice *choice = choice_in_force(&person->choices, now);
	if (status && status_selectable(status) && !(choice && choice->status->when_offline))
		engine_choose_at_login(engine, person, status, now);
}

static void pass_online(struct engine *engine, struct person *person, bool asked, usec_t went, usec_t now)
{
	bool online = false;
	for (size_t i = 0; i < person->device_count; i++)
		online = online || person->devices[i].priority >= 0;
	if (online == person->online)
		return;
	bool long_enough =
		person->went_offline && now - person->went_offline >= LIMIT_LOGIN_OFFLINE_MINUTES * MINUTE;
	person->online = online;
	person->went_offline = online ? 0 : went;
	if (!asked && (long_enough || !online))
		log_in_or_out(engine, person,
			online ? person->preferences.on_login : person->preferences.on_logout, now);
}

void devices_pass(struct engine *engine, struct person *person, usec_t now)
{
	bool asked = person->settles;
	pass_settling(person, now);
	usec_t went = pass_grace(person, now);
	if (person->unheard || person_feed(person) != FEED_ACTIVE)
		return;
	pass_online(engine, person, asked, went, now);
	if (!person->online && !person->went_offline)
		person->went_offline = now; /* at the latest */
}

usec_t devices_next(const struct person *person)
{
	usec_t next = person->settles;
	for (size_t i = 0; i < person->device_count; i++) {
		usec_t leaves = person->devices[i].leaves;
		if (leaves && (next == 0 || leaves < next))
			next = leaves;
	}
	return next;
}
