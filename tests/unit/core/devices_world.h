/* Short words for what feeds and devices do in the small tenant of world.h. */
#ifndef OFFHOOK_TESTS_DEVICES_WORLD_H
#define OFFHOOK_TESTS_DEVICES_WORLD_H

#include "core/devices.h"
#include "world.h"

#define GRACE (LIMIT_DEVICE_GRACE_SECONDS * SECOND)
#define SETTLE (LIMIT_FEED_SETTLE_SECONDS * SECOND)
#define ANSWERED (LIMIT_FEED_SETTLE_ANSWERED_SECONDS * SECOND)

static inline void feed_becomes(struct person *person, enum feed feed)
{
	ck_assert(apply((struct fact){.kind = FACT_FEED, .feed = {person, feed}}));
}

static inline void asked(struct person *person)
{
	ck_assert(apply((struct fact){.kind = FACT_PROBED, .probed = {person}}));
}

/* What a device says; any member of struct fact_device may follow. */
#define device_says(who, ...)                                                                                \
	ck_assert(apply((struct fact){.kind = FACT_DEVICE, .device = {.person = (who), __VA_ARGS__}}))
#define device_goes(who, name) device_says(who, .resource = (name), .show = SHOW_UNAVAILABLE)

/* Heard, and nothing of it is news any more. */
static inline void has_feed(struct person *person)
{
	feed_becomes(person, FEED_ACTIVE);
	pass(LIMIT_FEED_SETTLE_SECONDS * SECOND);
	changes_seen();
	memset(effects, 0, sizeof(effects));
}

/* The fields of a status as it is, to be edited. */
static inline struct status_fields fields_of(const char *id)
{
	struct status_fields fields;
	status_fields_of(catalogue_get(&engine->catalogue, id), &fields);
	return fields;
}

static inline void status_becomes(struct status_fields fields)
{
	ck_assert(apply((struct fact){.kind = FACT_STATUS, .status = fields}));
}

static inline struct status_fields own_status(const char *id, const char *name)
{
	return (struct status_fields){.id = id,
		.name = name,
		.icon = "📚",
		.color = "#123456",
		.text = "",
		.activity = "",
		.show = SHOW_DND,
		.enabled = true,
		.kind = STATUS_CUSTOM};
}

/* Bob alone, as he is loaded. */
static inline void restarted_with_feed(enum feed feed)
{
	engine_free(engine);
	engine = engine_new("example.org", 1, &timers);
	static const char *const of_bob[] = {"hq:1002"};
	add_person(2, "bob", "bob@example.org", of_bob, 1);
	bob = engine_person(engine, "bob");
	alice = NULL;
	ck_assert(engine_load_feed(engine, "bob@example.org", feed));
	ck_assert(!engine_load_feed(engine, "nobody@example.org", feed));
	engine_start(engine, now);
	drain();
	changes_seen();
}

#endif
