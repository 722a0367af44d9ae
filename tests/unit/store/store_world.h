/*
 * A store with a tenant, and what it told.
 */
#ifndef OFFHOOK_TESTS_STORE_WORLD_H
#define OFFHOOK_TESTS_STORE_WORLD_H

#include "pg_cluster.h"
#include "store/store.h"

enum { PATIENCE = 10 };

struct world {
	struct loop *loop;
	struct store *store;
	int led, lost, changed, reloaded, fatal, stopped;
	char id_dropped[64]; /* the last, with its PBX */
	int64_t row;
	struct timers timers;
	struct engine *engine;
	int answers, loads;
	enum commit_result result;
	bool load_ok, change_ok;
	int changes;
	int64_t person;
	struct error error;
};

static inline void world_leading(void *ctx, size_t tenant, int64_t row)
{
	struct world *world = ctx;
	ck_assert_uint_eq(tenant, 0);
	world->led++;
	world->row = row;
}

static inline void world_lost(void *ctx, size_t tenant)
{
	struct world *world = ctx;
	ck_assert_uint_eq(tenant, 0);
	world->lost++;
}

static inline void world_changed(void *ctx, size_t tenant)
{
	struct world *world = ctx;
	ck_assert_uint_eq(tenant, 0);
	world->changed++;
}

static inline void world_reloaded(void *ctx, size_t tenant)
{
	struct world *world = ctx;
	ck_assert_uint_eq(tenant, 0);
	world->reloaded++;
}

static inline void world_id_dropped(void *ctx, size_t tenant, const char *pbx, const char *id)
{
	struct world *world = ctx;
	ck_assert_uint_eq(tenant, 0);
	snprintf(world->id_dropped, sizeof(world->id_dropped), "%s:%s", pbx, id);
}

static inline void world_fatal(void *ctx)
{
	struct world *world = ctx;
	world->fatal++;
}

static inline void world_stopped(void *arg)
{
	struct world *world = arg;
	world->stopped++;
}

static inline bool leads(void *arg)
{
	struct world *world = arg;
	return world->led > 0;
}

static inline bool is_lost(void *arg)
{
	struct world *world = arg;
	return world->lost > 0;
}

static inline bool is_changed(void *arg)
{
	struct world *world = arg;
	return world->changed > 0;
}

static inline bool is_fatal(void *arg)
{
	struct world *world = arg;
	return world->fatal > 0;
}

static inline bool is_stopped(void *arg)
{
	struct world *world = arg;
	return world->stopped > 0;
}

static inline bool is_connected(void *arg)
{
	struct world *world = arg;
	return store_connected(world->store);
}

static inline void world_begin(struct world *world, struct loop *loop, const char *url)
{
	const struct store_tenant_name tenant = {"example.org", "presence.example.org"};
	struct store_events events = {.ctx = world,
		.leading = world_leading,
		.lost = world_lost,
		.changed_outside = world_changed,
		.reloaded = world_reloaded,
		.id_dropped = world_id_dropped,
		.fatal = world_fatal};

	*world = (struct world){.loop = loop};
	timers_init(&world->timers);
	world->store = store_new(loop, url, &tenant, 1, &events);
}

static inline void world_end(struct world *world)
{
	store_free(world->store);
	engine_free(world->engine);
	timers_done(&world->timers);
}

/* A new engine for the tenant, in place of the one before. */
static inline void world_engine(struct world *world)
{
	engine_free(world->engine);
	world->engine = engine_new("example.org", world->row, &world->timers);
}

static inline void world_answered(void *arg, enum commit_result result)
{
	struct world *world = arg;
	world->answers++;
	world->result = result;
}

static inline bool is_answered(void *arg)
{
	struct world *world = arg;
	return world->answers > 0;
}

static inline void world_commit(struct world *world)
{
	world->answers = 0;
	store_commit(world->store, world_answered, world);
	ck_assert(turn_until(world->loop, is_answered, world, PATIENCE * SECOND));
}

static inline void world_put_phone(struct world *world, const char *number)
{
	char pbx[] = "hq", copy[32];
	struct extension extension = {.pbx = pbx, .number = copy, .registered = PHONE_REGISTERED};

	snprintf(copy, sizeof(copy), "%s", number);
	store_put_phone(world->store, world->engine, &extension);
}

static inline void world_did(void *arg, bool ok, int64_t row, const struct error *error)
{
	struct world *world = arg;
	world->changes++;
	world->change_ok = ok;
	world->person = row;
	world->error = *error;
}

static inline bool is_done(void *arg)
{
	struct world *world = arg;
	return world->changes > 0;
}

/* Makes a change and waits for its end; the person's row, or 0 and world->error. */
static inline int64_t world_change(struct world *world, enum change_kind kind,
	const struct fact_person *person, const struct policy *policy)
{
	struct change change = {.kind = kind, .actor = "admin@example.org", .policy = policy};
	struct error error;

	if (person)
		change.person = *person;
	world->changes = 0;
	ck_assert_msg(store_change(world->store, world->engine, &change, world_did, world, &error), "%s",
		error.text);
	ck_assert(turn_until(world->loop, is_done, world, PATIENCE * SECOND));
	return world->change_ok ? world->person : 0;
}

static inline void world_watcher(void *ctx, const char *contact, const char *watcher, usec_t heard)
{
	(void)ctx;
	(void)contact;
	(void)watcher;
	(void)heard;
}

static inline void world_published(void *ctx, const char *contact, uint64_t digest)
{
	(void)ctx;
	(void)contact;
	(void)digest;
}

static inline void world_loaded(void *ctx, bool ok)
{
	struct world *world = ctx;
	world->loads++;
	world->load_ok = ok;
}

static inline bool is_loaded(void *arg)
{
	struct world *world = arg;
	return world->loads > 0;
}

/* Waits for the lead and loads the tenant into a new engine. */
static inline void world_lead(struct world *world)
{
	const struct store_load_events events = {
		.ctx = world, .watcher = world_watcher, .published = world_published, .done = world_loaded};

	ck_assert(turn_until(world->loop, leads, world, PATIENCE * SECOND));
	world_engine(world);
	world->loads = 0;
	store_load(world->store, 0, world->engine, &events);
	ck_assert(turn_until(world->loop, is_loaded, world, PATIENCE * SECOND));
	ck_assert(world->load_ok);
}

#endif
