/*
 * PostgreSQL: what is kept, and who leads.
 *
 * Two connections: the writer (migrations, leadership locks, batches, changes) and the reader (loading,
 * LISTEN, the audit, later reports). All asynchronous on the loop; when PostgreSQL is away the store holds rows up
 * to LIMIT_STORE_ROWS, reconnects with back-off and jitter, and sends them again (every row is the whole
 * state of its key, so sending twice is harmless).
 *
 * Natural batching: one transaction is in flight; what comes meanwhile is the next one, sent at the end
 * of the turn. A row for a key that already waits replaces it. A row that PostgreSQL refuses for a reason
 * that will not pass is isolated by halving, logged, counted and dropped.
 */
#ifndef OFFHOOK_STORE_STORE_H
#define OFFHOOK_STORE_STORE_H

#include "base/loop.h"
#include "core/engine.h"
#include "core/ports.h"

struct store;

struct store_tenant_name {
	const char *domain;
	const char *component;
};

/* What the store tells; all called from the loop, never from inside a call into the store, and none may
 * free the store. `tenant` is the index into `tenants` of store_new. */
struct store_events {
	void *ctx;
	/* This process now leads the tenant, whose row is given: load it with store_load. */
	void (*leading)(void *ctx, size_t tenant, int64_t row);
	/* The lock was lost to another process, or another led while the database could not be reached (then
	 * `leading` follows): stop serving the tenant at once. What waited to be written is
	 * dropped (COMMIT_LOST) and reading again has ended. Loading has not yet: as soon as this returns its
	 * done(false) is called, from the same turn, and the engine must live until then. */
	void (*lost)(void *ctx, size_t tenant);
	/* Another process or a person with psql changed the tenant's people, statuses or policy, or may have
	 * done so unheard: see store_reload. */
	void (*changed_outside)(void *ctx, size_t tenant);
	/* All that store_reload found was handed out, nothing older than this program's last change. May be NULL. */
	void (*reloaded)(void *ctx, size_t tenant);
	/* An event with that id was applied but PostgreSQL refused a row put with it: forget the id, so that the
	 * event can come again; before store_commit's `done`. May be NULL. */
	void (*id_dropped)(void *ctx, size_t tenant, const char *pbx, const char *id);
	/* Cannot go on (schema newer than this program, migration failed): the reason was logged. */
	void (*fatal)(void *ctx);
};

/* Whether libpq understands the URL and no character of the password seems to have ended a part of it too
 * early. The error quotes nothing of it. store_new takes any, and calls `fatal` for a bad one. */
bool store_url_valid(const char *url, struct error *error) must_check;

struct store *store_new(struct loop *loop, const char *url, const struct store_tenant_name *tenants,
	size_t tenant_count, const struct store_events *events);
/* Stops taking, writes what waits for at most `patience`, releases the locks, then calls `done`, which may
 * free the store. Commits that did not come about end with COMMIT_LOST before that. */
void store_stop(struct store *store, usec_t patience, void (*done)(void *arg), void *arg);
void store_free(struct store *store);
bool store_connected(const struct store *store); /* the writer is up and the schema is right */
bool store_leads(const struct store *store, size_t tenant);

/* Only migrates, printing one line per migration to standard output; for --migrate. */
bool store_migrate(const char *url, struct error *error) must_check;

/* Imports people on a connection of its own, for --import-people: also while a process serves the tenant, which
 * learns of it as of everything that others change. Tries again when people were changed at the same time. Of
 * `import` the counts and the problems stay, nothing of it must be freed. */
struct store_import {
	const char *url, *domain, *component;
	const char *actor; /* for the audit */
	const char *text;
	size_t length;
	void (*progress)(const char *doing, unsigned seconds); /* each second; NULL: nobody looks */
};
enum store_import_result {
	STORE_IMPORT_DONE,
	STORE_IMPORT_PROBLEMS, /* import->problems says which */
	STORE_IMPORT_FAILED,   /* `error` says why */
};
enum store_import_result store_import_people(
	const struct store_import *task, struct people_import *import, struct error *error) must_check;

/* Loads a tenant into its engine (not started) row by row without blocking the loop, and its watchers and
 * digests through the two callbacks. `done` is called once and says whether all was read; if not, begin again
 * with a fresh engine, from `done` at the earliest. Loading waits for a connection to begin; it is given up,
 * with ok = false, when that dies, when a statement fails and when the lead is lost. The engine must live
 * until `done` has been called or the store has ended, by store_stop or store_free, after which `done` is
 * not called. */
struct store_load_events {
	void *ctx;
	void (*watcher)(void *ctx, const char *contact, const char *watcher, usec_t heard);
	void (*published)(void *ctx, const char *contact, uint64_t digest);
	void (*done)(void *ctx, bool ok);
};
void store_load(
	struct store *store, size_t tenant, struct engine *engine, const struct store_load_events *events);
/* Reads policy, statuses and people again and hands each that differs to `fact` (FACT_POLICY, FACT_STATUS,
 * FACT_PERSON, FACT_PERSON_GONE); administrators that were added it adds. For changed_outside. No order of people
 * can conflict: who loses an extension or the account is handed over twice, first with what stays, and contacts are
 * swapped. In slices; store_events.reloaded is called at the end. At most once a second; asked for more often, it
 * reads once for all of them. */
void store_reload(struct store *store, size_t tenant, struct engine *engine,
	void (*fact)(void *ctx, struct fact *fact), void *ctx);

/* Rows to be written. Room is asked for first: when false, refuse upstream. */
bool store_has_room(const struct store *store, size_t rows);
void store_put_leg(struct store *store, const struct engine *engine, const struct leg *leg);
void store_put_phone(struct store *store, const struct engine *engine, const struct extension *extension);
void store_put_choices(struct store *store, const struct engine *engine, const struct person *person);
void store_put_message(struct store *store, const struct engine *engine, const struct person *person);
void store_put_feed(struct store *store, const struct engine *engine, const char *account, enum feed feed);
void store_put_event_id(
	struct store *store, const struct engine *engine, const char *pbx, const char *id, usec_t at);
void store_put_watcher(struct store *store, const struct engine *engine, const char *contact,
	const char *watcher, usec_t heard);
void store_put_published(
	struct store *store, const struct engine *engine, const char *contact, uint64_t digest);
/* Calls `done` when everything put so far is committed; COMMIT_REFUSED when a row put since the last
 * call of store_commit was dropped, watchers and published digests aside. Never from inside the call. */
void store_commit(struct store *store, commit_fn *done, void *arg);
/* A change with its audit row in one transaction. `row` is the person's or the status's, or 0. False: the queue is full or
 * PostgreSQL is away. Constraint violations come as errors with a field. */
bool store_change(struct store *store, const struct engine *engine, const struct change *change,
	void (*done)(void *arg, bool ok, int64_t row, const struct error *error), void *arg,
	struct error *error) must_check;
/* As ports.read_audit. */
bool store_read_audit(struct store *store, const struct engine *engine, size_t skip, size_t limit,
	audit_row_fn *row, read_fn *done, void *arg, struct error *error) must_check;
/* Forgets the callbacks of store_commit, store_change and store_read_audit that have this `arg`. */
void store_forget(struct store *store, void *arg);

#endif
