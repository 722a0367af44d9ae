/*
 * The two connections and all that uses them are held together here.
 */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "store/audit.h"
#include "store/batch.h"
#include "store/change.h"
#include "store/db.h"
#include "store/leader.h"
#include "store/load.h"
#include "store/migrate.h"
#include "store/put.h"
#include "store/reload.h"
#include "store/sweep.h"

/* A dead client must be found soon by the server as well, as its session holds the lock. What was committed
 * is promised to the PBX: a role, database or server that does not wait for its log may not weaken that. */
static const char writer_setup[] =
	"SET jit = off; SET statement_timeout = '5s'; SET lock_timeout = '2s';"
	" SET idle_in_transaction_session_timeout = '10s';"
	" SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
	" SELECT set_config('synchronous_commit', 'on', false)"
	" WHERE current_setting('synchronous_commit') = 'off'";
/* Loading may take as long as it takes. */
static const char reader_setup[] = "SET jit = off; SET lock_timeout = '2s'; LISTEN offhook";

struct tenant_state {
	bool announced;   /* events.leading was called */
	bool changed;     /* events.changed_outside is due */
	bool unsure;      /* a change of ours may have been made: look when the connection is back */
	uint64_t changes; /* made by this program */
};

struct store {
	struct loop *loop;
	struct db *writer, *reader;
	struct migrate *migrate;
	struct leader *leader;
	struct batch *batch;
	struct changes *changes;
	struct sweep *sweep;
	struct store_events events;
	struct tenant_state *tenants;
	size_t tenant_count;
	struct loads *loads;
	struct reloads *reloads;
	struct audits *audits;
	struct loop_timer *tick, *first;
	bool ready;    /* the writer is up and the schema is right */
	bool sure;     /* and so is the lead */
	bool hopeless; /* events.fatal was or will be called */
	bool bad_url;
	struct error url_error;
	unsigned writer_ups, reader_ups;
	char writer_reason[256], reader_reason[256]; /* the last logged, why there is no connection */
	bool stopping, stopped;
	usec_t stop_until; /* monotonic */
	void (*stop_done)(void *arg);
	void *stop_arg;
};

static void log_down(const char *name, char reason[256], const char *now)
{
	if (strncmp(reason, now, 255) == 0)
		return;
	snprintf(reason, 256, "%s", now);
	log_warn(name, "not connected to PostgreSQL: %s", now);
}

static void fail(struct store *store)
{
	if (store->hopeless)
		return;
	store->hopeless = true;
	store->events.fatal(store->events.ctx);
}

static void on_writer_up(void *ctx)
{
	struct store *store = ctx;

	store->writer_reason[0] = '\0';
	if (store->hopeless)
		return;
	if (store->writer_ups++ > 0)
		metrics_add(METRIC_STORE_RECONNECTS, 1);
	migrate_start(store->migrate);
}

static void on_writer_down(void *ctx, const char *reason)
{
	struct store *store = ctx;

	log_down("store writer", store->writer_reason, reason);
	store->ready = store->sure = false;
	metrics_set(METRIC_STORE_CONNECTED, 0);
	batch_close(store->batch);
	leader_down(store->leader);
}

static void on_applied(void *ctx, const char *name)
{
	(void)ctx;
	log_info("store", "applied migration %s", name);
}

static void on_migrated(void *ctx, enum migrate_result result, const char *reason)
{
	struct store *store = ctx;

	switch (result) {
	case MIGRATE_DONE:
		log_info("store", "connected to PostgreSQL");
		store->ready = true;
		metrics_set(METRIC_STORE_CONNECTED, 1);
		leader_up(store->leader);
		break;
	case MIGRATE_REFUSED:
		log_error("store", "%s", reason);
		fail(store);
		break;
	case MIGRATE_BROKEN:
		log_down("store writer", store->writer_reason, reason);
		break;
	}
}

static void on_led(void *ctx, size_t tenant, int64_t row)
{
	struct store *store = ctx;

	store->tenants[tenant].announced = true;
	sweep_start(store->sweep);
	store->events.leading(store->events.ctx, tenant, row);
}

static void on_lost(void *ctx, size_t tenant, int64_t row)
{
	struct store *store = ctx;

	store->tenants[tenant].announced = false;
	store->tenants[tenant].changed = store->tenants[tenant].unsure = false;
	batch_drop(store->batch, row);
	reloads_cancel(store->reloads, row);
	store->events.lost(store->events.ctx, tenant);
	loads_cancel(store->loads, row);
}

static void on_sure(void *ctx)
{
	struct store *store = ctx;

	store->sure = true;
	batch_open(store->batch);
	for (size_t i = 0; i < store->tenant_count; i++) {
		if (store->tenants[i].announced && store->tenants[i].unsure)
			store->tenants[i].changed = true;
		store->tenants[i].unsure = false;
	}
}

static void on_id_dropped(void *ctx, int64_t row, const char *key)
{
	struct store *store = ctx;
	char pbx[LIMIT_PBX_NAME + 1];
	const char *id;
	size_t tenant;

	if (store->events.id_dropped && !store->stopped && leader_find(store->leader, row, &tenant) &&
		store->tenants[tenant].announced && put_event_id_parse(key, pbx, &id))
		store->events.id_dropped(store->events.ctx, tenant, pbx, id);
}

static void on_committed(void *ctx, int64_t row)
{
	struct store *store = ctx;
	size_t tenant;

	if (leader_find(store->leader, row, &tenant))
		store->tenants[tenant].changes++;
}

static void on_unsure(void *ctx, int64_t row)
{
	struct store *store = ctx;
	size_t tenant;

	if (leader_find(store->leader, row, &tenant))
		store->tenants[tenant].unsure = true;
}

static void on_reloaded(void *ctx, int64_t row)
{
	struct store *store = ctx;
	size_t tenant;

	if (store->events.reloaded && leader_find(store->leader, row, &tenant))
		store->events.reloaded(store->events.ctx, tenant);
}

/* What was told while the reader was away was not heard. */
static void on_reader_up(void *ctx)
{
	struct store *store = ctx;

	store->reader_reason[0] = '\0';
	if (store->reader_ups++ == 0)
		return;
	for (size_t i = 0; i < store->tenant_count; i++)
		store->tenants[i].changed = store->tenants[i].announced;
}

static void on_reader_down(void *ctx, const char *reason)
{
	struct store *store = ctx;
	log_down("store reader", store->reader_reason, reason);
}

static void on_notice(void *ctx, const char *payload, int pid)
{
	struct store *store = ctx;
	size_t tenant;

	if (store->ready && pid == db_pid(store->writer))
		return;
	if (leader_find(store->leader, strtoll(payload, NULL, 10), &tenant) &&
		store->tenants[tenant].announced)
		store->tenants[tenant].changed = true;
}

static void tell_changes(struct store *store)
{
	for (size_t i = 0; i < store->tenant_count; i++) {
		if (!store->tenants[i].changed)
			continue;
		store->tenants[i].changed = false;
		store->events.changed_outside(store->events.ctx, i);
	}
}

static void close_connections(struct store *store)
{
	db_free(store->writer);
	db_free(store->reader);
	store->writer = store->reader = NULL;
	loads_free(store->loads);
	store->loads = NULL;
	reloads_free(store->reloads);
	store->reloads = NULL;
	audits_free(store->audits);
	store->audits = NULL;
	sweep_free(store->sweep);
	store->sweep = NULL;
	leader_free(store->leader);
	store->leader = NULL;
	store->ready = store->sure = false;
	metrics_set(METRIC_STORE_CONNECTED, 0);
}

/* May free the store. */
static void finish_stop(struct store *store)
{
	if (batch_rows(store->batch) > 0)
		log_warn("store", "%zu rows could not be written", batch_rows(store->batch));
	store->stopped = true;
	batch_close(store->batch);
	close_connections(store);
	batch_abandon(store->batch);
	store->stop_done(store->stop_arg);
}

static void on_turn(void *arg)
{
	struct store *store = arg;

	if (store->stopped)
		return;
	loads_run(store->loads);
	if (reloads_run(store->reloads))
		loop_again(store->loop);
	tell_changes(store);
	if (!store->stopping)
		return;
	bool idle = batch_rows(store->batch) == 0 && !changes_pending(store->changes);
	if (idle || clock_monotonic() >= store->stop_until)
		finish_stop(store);
}

/* So that steps which wait for a time run. */
static void on_tick(void *arg)
{
	struct store *store = arg;
	usec_t next = SECOND;

	if (store->stopping && store->stop_until - clock_monotonic() < next)
		next = store->stop_until - clock_monotonic();
	loop_timer_set(store->tick, next);
}

static void on_first_turn(void *arg)
{
	struct store *store = arg;

	loop_timer_set(store->tick, SECOND);
	if (!store->bad_url) {
		db_connect(store->writer);
		db_connect(store->reader);
		return;
	}
	log_error("store", "%s", store->url_error.text);
	fail(store);
}

static void make_parts(struct store *store, const char *url, const struct store_tenant_name *tenants)
{
	const struct db_events writer = {.ctx = store, .up = on_writer_up, .down = on_writer_down};
	const struct db_events reader = {
		.ctx = store, .up = on_reader_up, .down = on_reader_down, .notice = on_notice};
	const struct migrate_events migrated = {.ctx = store, .applied = on_applied, .done = on_migrated};
	const struct leader_events lead = {.ctx = store, .led = on_led, .lost = on_lost, .sure = on_sure};
	const struct changes_events changed = {.ctx = store, .committed = on_committed, .unsure = on_unsure};

	store->writer = db_new(store->loop, "store writer", url, writer_setup, &writer);
	store->reader = db_new(store->loop, "store reader", url, reader_setup, &reader);
	store->migrate = migrate_new(store->writer, migrations, &migrated);
	store->leader = leader_new(store->loop, store->writer, tenants, store->tenant_count, &lead);
	store->batch = batch_new(store->loop, store->writer);
	batch_on_dropped(store->batch, on_id_dropped, store);
	store->changes = changes_new(store->writer, &changed);
	store->loads = loads_new(store->loop, store->reader);
	store->reloads = reloads_new(store->reader, store->changes, on_reloaded, store);
	store->audits = audits_new(store->reader);
	store->sweep = sweep_new(store->loop, store->reader);
}

struct store *store_new(struct loop *loop, const char *url, const struct store_tenant_name *tenants,
	size_t tenant_count, const struct store_events *events)
{
	struct store *store = mem_new(sizeof(*store));
	store->loop = loop;
	store->events = *events;
	store->tenant_count = tenant_count;
	store->tenants = mem_new((tenant_count + 1) * sizeof(*store->tenants));
	store->bad_url = !store_url_valid(url, &store->url_error);
	make_parts(store, url, tenants);
	loop_add_step(loop, on_turn, store);
	store->tick = loop_timer_new(loop, on_tick, store);
	store->first = loop_timer_new(loop, on_first_turn, store);
	loop_timer_set(store->first, 0);
	return store;
}

void store_stop(struct store *store, usec_t patience, void (*done)(void *arg), void *arg)
{
	store->stopping = true;
	batch_hurry(store->batch);
	store->stop_until = clock_monotonic() + patience;
	store->stop_done = done;
	store->stop_arg = arg;
	loop_timer_set(store->tick, patience);
	loop_again(store->loop);
}

void store_free(struct store *store)
{
	if (!store)
		return;
	loop_remove_step(store->loop, on_turn, store);
	if (!store->stopped)
		close_connections(store);
	batch_free(store->batch);
	changes_free(store->changes);
	migrate_free(store->migrate);
	loop_timer_free(store->tick);
	loop_timer_free(store->first);
	free(store->tenants);
	free(store);
}

bool store_connected(const struct store *store)
{
	return store->ready;
}

bool store_leads(const struct store *store, size_t tenant)
{
	return !store->stopped && leader_leads(store->leader, tenant);
}

void store_load(
	struct store *store, size_t tenant, struct engine *engine, const struct store_load_events *events)
{
	(void)tenant;
	loads_add(store->loads, engine, events);
}

void store_reload(struct store *store, size_t tenant, struct engine *engine,
	void (*fact)(void *ctx, struct fact *fact), void *ctx)
{
	reloads_add(store->reloads, engine, &store->tenants[tenant].changes, fact, ctx);
	loop_again(store->loop);
}

bool store_has_room(const struct store *store, size_t rows)
{
	return !store->stopping && batch_rows(store->batch) + rows <= LIMIT_STORE_ROWS;
}

static bool leads(const struct store *store, const struct engine *engine)
{
	size_t tenant;
	return !store->stopped && leader_find(store->leader, engine->row, &tenant) &&
	       leader_leads(store->leader, tenant);
}

/* Rows of a tenant that this process does not lead are not its business any more. */
static bool takes(struct store *store, const struct engine *engine, enum row_kind kind)
{
	if (leads(store, engine))
		return true;
	batch_miss(store->batch, kind, COMMIT_LOST);
	return false;
}

void store_put_leg(struct store *store, const struct engine *engine, const struct leg *leg)
{
	if (takes(store, engine, ROW_LEG))
		put_leg(store->batch, engine->row, leg);
}

void store_put_phone(struct store *store, const struct engine *engine, const struct extension *extension)
{
	if (takes(store, engine, ROW_PHONE))
		put_phone(store->batch, engine->row, extension);
}

void store_put_choices(struct store *store, const struct engine *engine, const struct person *person)
{
	if (takes(store, engine, ROW_CHOICES))
		put_choices(store->batch, engine->row, person);
}

void store_put_message(struct store *store, const struct engine *engine, const struct person *person)
{
	if (takes(store, engine, ROW_MESSAGE))
		put_message(store->batch, engine->row, person);
}

void store_put_feed(struct store *store, const struct engine *engine, const char *account, enum feed feed)
{
	if (takes(store, engine, ROW_FEED))
		put_feed(store->batch, engine->row, account, feed);
}

void store_put_event_id(
	struct store *store, const struct engine *engine, const char *pbx, const char *id, usec_t at)
{
	if (takes(store, engine, ROW_EVENT_ID))
		put_event_id(store->batch, engine->row, pbx, id, at);
}

void store_put_watcher(struct store *store, const struct engine *engine, const char *contact,
	const char *watcher, usec_t heard)
{
	if (takes(store, engine, ROW_WATCHER))
		put_watcher(store->batch, engine->row, contact, watcher, heard);
}

void store_put_published(
	struct store *store, const struct engine *engine, const char *contact, uint64_t digest)
{
	if (takes(store, engine, ROW_PUBLISHED))
		put_published(store->batch, engine->row, contact, digest);
}

void store_commit(struct store *store, commit_fn *done, void *arg)
{
	batch_commit(store->batch, done, arg);
}

bool store_change(struct store *store, const struct engine *engine, const struct change *change,
	void (*done)(void *arg, bool ok, int64_t row, const struct error *error), void *arg,
	struct error *error)
{
	if (!store->sure || store->stopping)
		return error_set(error, NULL, "the database is away, nothing was changed: try again later");
	if (!leads(store, engine))
		return error_set(error, NULL, "another process serves this domain now");
	return changes_submit(store->changes, engine, change, done, arg, error);
}

bool store_read_audit(struct store *store, const struct engine *engine, size_t skip, size_t limit,
	audit_row_fn *row, read_fn *done, void *arg, struct error *error)
{
	if (!store->ready || store->stopping)
		return error_set(error, NULL, "the database is away: try again later");
	return audits_read(store->audits, engine->row, skip, limit, row, done, arg, error);
}

void store_forget(struct store *store, void *arg)
{
	batch_forget(store->batch, arg);
	changes_forget(store->changes, arg);
	if (store->audits)
		audits_forget(store->audits, arg);
}
