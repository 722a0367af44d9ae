/*
 * Which process serves a tenant: the one that holds its advisory lock on its writing connection.
 *
 * Once the connection is up and the schema right: the tenants' rows are made, a lock is tried for each;
 * who gets it writes the built-in statuses and leads. Who does not, tries again every second. When the
 * connection is lost the lead goes on in memory until the next connection tells: the lock is tried for
 * LEADER_TRIES times, as a session of our own may still be dying (and is ended if it is the one that holds
 * the lock); if another process has it by then, the lead is lost.
 *
 * That the lock is free says only that nobody leads now. Each lead has a number, which tenants.lead keeps: who
 * finds another there than that of its own lead has missed one that began and ended. What it has in memory is
 * outdated then, so its lead is lost, and a new one begins at once.
 */
#ifndef OFFHOOK_STORE_LEADER_H
#define OFFHOOK_STORE_LEADER_H

#include "store/db.h"
#include "store/store.h"

enum { LEADER_TRIES = 10 };

struct leader_events {
	void *ctx;
	void (*led)(void *ctx, size_t tenant, int64_t row);
	/* `led` may follow. */
	void (*lost)(void *ctx, size_t tenant, int64_t row);
	/* All that was led before the connection was lost is sure again (or lost): rows may be written. */
	void (*sure)(void *ctx);
};

struct leader;

struct leader *leader_new(struct loop *loop, struct db *db, const struct store_tenant_name *tenants,
	size_t count, const struct leader_events *events);
/* After the connection was freed. NULL is allowed. */
void leader_free(struct leader *leader);
void leader_up(struct leader *leader);
void leader_down(struct leader *leader);
bool leader_leads(const struct leader *leader, size_t tenant);
/* The index of the tenant with that row, led or not; false when there is none. */
bool leader_find(const struct leader *leader, int64_t row, size_t *tenant) must_check;

#endif
