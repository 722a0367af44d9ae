/*
 * Reads all that is stored of one tenant into its engine, row by row.
 *
 * One statement after the other on the reading connection, each in order of what the engine needs first.
 * Rows are used as they arrive, a socket buffer at a time, so the loop goes on turning.
 */
#ifndef OFFHOOK_STORE_LOAD_H
#define OFFHOOK_STORE_LOAD_H

#include "store/db.h"
#include "store/store.h"

struct load;

struct load *load_new(struct loop *loop, struct db *db, struct engine *engine, const struct store_load_events *events);
/* Begins, when the connection is up; to be called every turn. */
void load_resume(struct load *load);
/* Over: nothing of it will be called any more. */
bool load_over(const struct load *load);
/* Ends it now with done(false). */
void load_cancel(struct load *load);
int64_t load_tenant(const struct load *load); /* engine->row */
/* When over and load_idle, or after the connection was freed. */
bool load_idle(const struct load *load);
void load_free(struct load *load);

#endif
