/*
 * People are imported from the command line here, on a connection and a loop of their own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "store/import.h"
#include "store/migrate.h"
#include "store/read.h"
#include "store/store.h"

static const char setup[] = "SET jit = off; SET statement_timeout = '120s'; SET lock_timeout = '10s';"
			    " SET idle_in_transaction_session_timeout = '10s';"
			    " SELECT set_config('synchronous_commit', 'on', false)"
			    " WHERE current_setting('synchronous_commit') = 'off'";
static const char make_tenant_sql[] = "INSERT INTO tenants (domain, component) VALUES ($1::text, $2::text)"
				      " ON CONFLICT (domain) DO NOTHING";
static const char find_tenant_sql[] = "SELECT id FROM tenants WHERE domain = $1::text";

struct once {
	const struct store_import *task;
	struct people_import *import;
	struct error *error;
	struct loop *loop;
	struct loop_timer *timer;
	struct db *db;
	struct migrate *migrate;
	struct timers timers;
	struct engine *engine; /* the tenant's people as they are; nothing else */
	int64_t tenant;
	unsigned tries, seconds;
	const char *doing;
	enum store_import_result result;
};

static void read_people(struct once *once);

static void end(struct once *once, enum store_import_result result)
{
	once->result = result;
	loop_stop(once->loop);
}

static void fail(struct once *once, const char *reason)
{
	error_set(once->error, NULL, "%s", reason);
	end(once, STORE_IMPORT_FAILED);
}

static void submit(struct once *once, struct query *query, const char *doing)
{
	once->doing = doing;
	if (!db_submit(once->db, query))
		fail(once, "the database is away, nobody was imported");
}

static void on_written(void *arg, const struct db_outcome *outcome)
{
	struct once *once = arg;

	if (!import_met_another(outcome)) {
		if (outcome->fault == DB_OK)
			end(once, STORE_IMPORT_DONE);
		else if (outcome->fault == DB_LOST)
			fail(once, "the database went away: see whether it was done, then try again");
		else
			fail(once, outcome->text);
	} else if (++once->tries < LIMIT_IMPORT_TRIES) {
		people_import_done(once->import);
		read_people(once);
	} else {
		fail(once, "others keep changing people at the same time, nobody was imported: try again");
	}
}

static void write_people(struct once *once)
{
	struct query *query = query_new(on_written, once);

	if (import_add_statements(query, once->engine, once->import, once->task->actor, once->error)) {
		submit(once, query, "writing people");
	} else {
		query_free(query);
		end(once, STORE_IMPORT_FAILED);
	}
}

static void on_person(void *arg, const PGresult *row)
{
	struct once *once = arg;
	const char *extensions[LIMIT_EXTENSIONS_PER_PERSON];
	struct fact fact = {.kind = FACT_PERSON};
	struct effect effect;

	read_person(row, &fact.person, extensions);
	if (!engine_apply(once->engine, &fact, clock_now(), once->error))
		log_warn("store", "a person of the database is left out: %s", once->error->text);
	while (engine_next_effect(once->engine, &effect))
		;
}

static void on_people(void *arg, const struct db_outcome *outcome)
{
	struct once *once = arg;

	if (outcome->fault != DB_OK)
		fail(once, outcome->text);
	else if (!people_import_read(once->import, once->engine, once->task->text, once->task->length))
		end(once, STORE_IMPORT_PROBLEMS);
	else if (once->import->people.count == 0)
		end(once, STORE_IMPORT_DONE);
	else
		write_people(once);
}

static void read_people(struct once *once)
{
	struct query *query = query_new(on_people, once);
	char tenant[24];

	engine_free(once->engine);
	once->engine = engine_new(once->task->domain, once->tenant, &once->timers);
	snprintf(tenant, sizeof(tenant), "%lld", (long long)once->tenant);
	query_add(query, read_people_sql, (const char *[]){tenant}, 1);
	query_rows(query, on_person);
	submit(once, query, "reading people");
}

static void on_tenant(void *arg, const struct db_outcome *outcome)
{
	struct once *once = arg;

	if (outcome->fault != DB_OK || PQntuples(outcome->result) == 0) {
		fail(once, outcome->fault != DB_OK ? outcome->text : "the tenant could not be made");
		return;
	}
	once->tenant = strtoll(PQgetvalue(outcome->result, 0, 0), NULL, 10);
	read_people(once);
}

static void on_migrated(void *ctx, enum migrate_result result, const char *reason)
{
	struct once *once = ctx;
	struct query *query;

	if (result != MIGRATE_DONE) {
		fail(once, reason);
		return;
	}
	query = query_new(on_tenant, once);
	query_add(query, make_tenant_sql, (const char *[]){once->task->domain, once->task->component}, 2);
	query_add(query, find_tenant_sql, (const char *[]){once->task->domain}, 1);
	submit(once, query, "looking for the tenant");
}

static void on_applied(void *ctx, const char *name)
{
	(void)ctx;
	log_info("store", "applied migration %s", name);
}

static void on_up(void *ctx)
{
	struct once *once = ctx;
	migrate_start(once->migrate);
}

/* The query in flight ends after this and says what is known of it. */
static void on_down(void *ctx, const char *reason)
{
	struct once *once = ctx;
	fail(once, reason);
}

static void on_second(void *arg)
{
	struct once *once = arg;

	once->task->progress(once->doing, ++once->seconds);
	loop_timer_set(once->timer, SECOND);
}

enum store_import_result store_import_people(
	const struct store_import *task, struct people_import *import, struct error *error)
{
	struct once once = {.task = task,
		.import = import,
		.error = error,
		.loop = loop_new(),
		.doing = "connecting",
		.result = STORE_IMPORT_FAILED};
	const struct db_events events = {.ctx = &once, .up = on_up, .down = on_down};
	const struct migrate_events told = {.ctx = &once, .applied = on_applied, .done = on_migrated};

	facts_init(&import->people);
	timers_init(&once.timers);
	once.db = db_new(once.loop, "store", task->url, setup, &events);
	once.migrate = migrate_new(once.db, migrations, &told);
	once.timer = loop_timer_new(once.loop, on_second, &once);
	if (task->progress)
		loop_timer_set(once.timer, SECOND);
	db_connect(once.db);
	loop_run(once.loop);
	db_free(once.db);
	migrate_free(once.migrate);
	loop_timer_free(once.timer);
	people_import_done(import);
	engine_free(once.engine);
	timers_done(&once.timers);
	loop_free(once.loop);
	return once.result;
}
