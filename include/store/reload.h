/*
 * Reads policy, statuses and people of a tenant again and hands out, as facts, what differs from the engine.
 *
 * All of it is collected first. When the program itself changed something of the tenant meanwhile, what was
 * read may be older than that: it is thrown away and read again.
 */
#ifndef OFFHOOK_STORE_RELOAD_H
#define OFFHOOK_STORE_RELOAD_H

#include "core/engine.h"
#include "store/db.h"

typedef void reload_fact_fn(void *ctx, struct fact *fact);

struct reload;

/* `changes` counts the program's own changes of the tenant; it is borrowed. */
struct reload *reload_new(struct db *db, struct engine *engine, const uint64_t *changes, reload_fact_fn *fact,
                          void *ctx);
/* Begins, when the connection is up; to be called every turn. A read that failed begins again. */
void reload_resume(struct reload *reload);
/* Once more after this time, if it has begun. */
void reload_again(struct reload *reload);
bool reload_over(const struct reload *reload);
void reload_cancel(struct reload *reload);
int64_t reload_tenant(const struct reload *reload);
/* When over and idle, or after the connection was freed. */
bool reload_idle(const struct reload *reload);
void reload_free(struct reload *reload);

#endif
