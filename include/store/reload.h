/*
 * Reads policy, statuses and people of a tenant again and hands out, as facts, what differs from the engine.
 *
 * All of it is collected first, and then handed out in slices, one a turn. When the program itself changed
 * something of the tenant meanwhile, what was read may be older than that: it is thrown away and read again.
 * So it is while a change is on its way: who asked for it applies it, and must not find it done by somebody else.
 */
#ifndef OFFHOOK_STORE_RELOAD_H
#define OFFHOOK_STORE_RELOAD_H

#include "core/engine.h"
#include "store/change.h"

typedef void reload_fact_fn(void *ctx, struct fact *fact);

/* Those under way. */
struct reloads;

struct reloads *reloads_new(struct db *db, const struct changes *pending);
/* After the connection was freed. NULL is allowed. */
void reloads_free(struct reloads *reloads);
/* Begins one at the next reloads_run with the connection up, a second after the last of that tenant began at
 * the earliest; of a tenant that is being read, once more after that. `changes` counts the program's own changes of the tenant; it is borrowed. */
void reloads_add(struct reloads *reloads, struct engine *engine, const uint64_t *changes,
	reload_fact_fn *fact, void *ctx);
/* Every turn. A read that failed begins again. True: there is more to hand out. */
bool reloads_run(struct reloads *reloads);
/* Ends that of a tenant now. */
void reloads_cancel(struct reloads *reloads, int64_t tenant);

#endif
