/*
 * Brings the schema to where this program wants it, over a connection that is up.
 *
 * Under an advisory lock, so that of several processes one does it and the others find it done. Each
 * migration is one transaction, with its row in schema_version. What was applied must be the beginning
 * of `migrations`, name and text: a newer schema or a file changed afterwards is an error.
 */
#ifndef OFFHOOK_STORE_MIGRATE_H
#define OFFHOOK_STORE_MIGRATE_H

#include "store/db.h"
#include "store/migrations.h"

/* First key of all advisory locks of ours. The second is 0 for migrations, else the tenant's id. */
enum { STORE_LOCK_CLASS = 0x0FF40000 };

enum migrate_result {
	MIGRATE_DONE,
	MIGRATE_REFUSED, /* a person must look: the reason says at what */
	MIGRATE_BROKEN,  /* the connection or the server failed: try again when it is up again */
};

struct migrate_events {
	void *ctx;
	void (*applied)(void *ctx, const char *name);
	void (*done)(void *ctx, enum migrate_result result, const char *reason);
};

struct migrate;

struct migrate *migrate_new(
	struct db *db, const struct migration *steps, const struct migrate_events *events);
/* Begins; `done` is called once for each start. Not before the last one is done. */
void migrate_start(struct migrate *migrate);
/* After the database connection was freed, or when not started. NULL is allowed. */
void migrate_free(struct migrate *migrate);

#endif
