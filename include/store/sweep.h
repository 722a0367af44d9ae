/*
 * Throws away what is not remembered any longer: ended legs past their lease, event ids past
 * LIMIT_EVENT_ID_DAYS, and published rows without a digest. Once an hour, in slices, on the reading connection, so
 * that no batch waits for it.
 */
#ifndef OFFHOOK_STORE_SWEEP_H
#define OFFHOOK_STORE_SWEEP_H

#include "store/db.h"

struct sweep;

struct sweep *sweep_new(struct loop *loop, struct db *db);
/* After the connection was freed. NULL is allowed. */
void sweep_free(struct sweep *sweep);
/* Sweeps now, and from then on every hour. */
void sweep_start(struct sweep *sweep);

#endif
