/*
 * Rows on their way into PostgreSQL: collected, coalesced by key, sent a transaction at a time.
 *
 * Natural batching: while one transaction is in flight, what comes waits; at the end of a turn in which
 * nothing is in flight, up to LIMIT_STORE_BATCH rows go as one statement a kind in one transaction. A row
 * whose key already waits takes that one's place. Rows go in the order in which their keys were first
 * put, except that the ids of events go after everything else put in the same turn: an id that is
 * committed says that what its event changed is committed too, now or before. When a row is refused, the
 * ids that were put for the same calls of batch_commit and are not committed yet are dropped with it.
 * Rows that may come later gather: they go behind all others, a tenth of a second after the first of them was put,
 * as each alone would cost a transaction.
 *
 * A transaction that PostgreSQL refuses is halved until the row at fault stands alone; that one is logged,
 * counted and dropped. After a failure that may pass the same rows are sent again, later, and fewer of
 * them when it does not pass, so that what can be written is. No row is dropped for it, except one that
 * stands alone and is cancelled (57014) BATCH_TRIES_ALONE times in a row: it is the row that takes too long.
 */
#ifndef OFFHOOK_STORE_BATCH_H
#define OFFHOOK_STORE_BATCH_H

#include "base/loop.h"
#include "core/ports.h"
#include "store/db.h"
#include "store/row.h"

enum {
	BATCH_TRIES = 3,        /* of the same rows, then half of them */
	BATCH_TRIES_ALONE = 10, /* about a minute, with the writer's statement_timeout */
};

struct batch;

/* The id of an event, by its row's key, that was put and is not and will not be written. */
typedef void batch_dropped_fn(void *ctx, int64_t tenant, const char *key);

struct batch *batch_new(struct loop *loop, struct db *db);
/* After the connection was freed. Callbacks of batch_commit are forgotten. NULL is allowed. */
void batch_free(struct batch *batch);

/* To be told, from the loop, before the commits that it concerns are answered. */
void batch_on_dropped(struct batch *batch, batch_dropped_fn *dropped, void *ctx);

/* Whether it may send: from when the connection is up, the schema right and the lead sure, until the
 * connection is lost. */
void batch_open(struct batch *batch);
void batch_close(struct batch *batch);

/* From now on nothing gathers: the program ends. */
void batch_hurry(struct batch *batch);

/* `key` is the row's whole identity, kind and tenant included; `json` is the object that the kind's
 * statement reads, at most LIMIT_STORE_ROW_BYTES. */
void batch_put(struct batch *batch, enum row_kind kind, int64_t tenant, const char *key, const char *json);
/* The same for a row that may come later, of a kind that nobody awaits. Where its key waits already, it takes that
 * row's place, and so does one that may not wait. */
void batch_put_later(
	struct batch *batch, enum row_kind kind, int64_t tenant, const char *key, const char *json);
/* A row of that kind was not put and never will be: the next batch_commit ends with that result. */
void batch_miss(struct batch *batch, enum row_kind kind, enum commit_result result);
/* Waiting and in flight. */
size_t batch_rows(const struct batch *batch);
/* `done` is called from the loop when all rows put so far, but for those that gather, are committed or gone:
 * COMMIT_REFUSED when one put since the last call was refused, COMMIT_LOST when one was dropped by batch_drop.
 * (A row that was replaced while it waited counts for all the calls from its first put to its last; one that
 * nobody awaits, see row.h, counts for none.) */
void batch_commit(struct batch *batch, commit_fn *done, void *arg);
void batch_forget(struct batch *batch, void *arg);
/* Drops the rows of a tenant; only while closed. */
void batch_drop(struct batch *batch, int64_t tenant);
/* All waiting commits end with COMMIT_LOST, now. */
void batch_abandon(struct batch *batch);

#endif
