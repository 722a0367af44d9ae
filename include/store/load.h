/*
 * Reads all that is stored of a tenant into its engine, row by row.
 *
 * One statement after the other on the reading connection, each in order of what the engine needs first.
 * Rows are used as they arrive, a socket buffer at a time, so the loop goes on turning.
 */
#ifndef OFFHOOK_STORE_LOAD_H
#define OFFHOOK_STORE_LOAD_H

#include "store/db.h"
#include "store/store.h"

/* Those under way. */
struct loads;

struct loads *loads_new(struct loop *loop, struct db *db);
/* After the connection was freed; nothing is called any more. NULL is allowed. */
void loads_free(struct loads *loads);
/* Begins one at the next loads_run with the connection up. */
void loads_add(struct loads *loads, struct engine *engine, const struct store_load_events *events);
/* Every turn. */
void loads_run(struct loads *loads);
/* Ends those of a tenant: calls their done(false) before it returns, and nothing of them afterwards, though an
 * answer may still be on its way. `done` may add another. */
void loads_cancel(struct loads *loads, int64_t tenant);

#endif
