/*
 * The schema is brought up to date from the command line here, on a loop of its own.
 */
#include <stdio.h>

#include "base/loop.h"
#include "store/migrate.h"
#include "store/store.h"

struct once {
	struct loop *loop;
	struct migrate *migrate;
	struct error *error;
	bool ok;
};

static void on_up(void *ctx)
{
	struct once *once = ctx;
	migrate_start(once->migrate);
}

static void on_down(void *ctx, const char *reason)
{
	struct once *once = ctx;
	error_set(once->error, NULL, "%s", reason);
	loop_stop(once->loop);
}

static void on_applied(void *ctx, const char *name)
{
	(void)ctx;
	printf("applied %s\n", name);
}

static void on_done(void *ctx, enum migrate_result result, const char *reason)
{
	struct once *once = ctx;
	once->ok = result == MIGRATE_DONE;
	if (!once->ok)
		error_set(once->error, NULL, "%s", reason);
	loop_stop(once->loop);
}

bool store_migrate(const char *url, struct error *error)
{
	if (!store_url_valid(url, error))
		return false;
	struct once once = {.loop = loop_new(), .error = error};
	const struct db_events events = {.ctx = &once, .up = on_up, .down = on_down};
	const struct migrate_events told = {.ctx = &once, .applied = on_applied, .done = on_done};
	struct db *db = db_new(once.loop, "store", url, "SET jit = off", &events);

	once.migrate = migrate_new(db, migrations, &told);
	db_connect(db);
	loop_run(once.loop);
	db_free(db);
	migrate_free(once.migrate);
	loop_free(once.loop);
	return once.ok;
}
