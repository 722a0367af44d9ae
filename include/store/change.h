/*
 * Changes of administrators: each is one statement that writes the change and its audit row.
 */
#ifndef OFFHOOK_STORE_CHANGE_H
#define OFFHOOK_STORE_CHANGE_H

#include "core/ports.h"
#include "store/db.h"

/* `row` is the person's or the status's that the change is about, else 0. Not ok: nothing was changed, unless
 * `unsure` was called: the connection was lost before the answer came. */
typedef void change_done_fn(void *arg, bool ok, int64_t row, const struct error *error);

struct changes;

struct changes_events {
	void *ctx;
	void (*committed)(void *ctx, int64_t tenant); /* before `done` is called */
	void (*unsure)(void *ctx, int64_t tenant);    /* whether it was done must be read from the database */
};

struct changes *changes_new(struct db *db, const struct changes_events *events);
/* After the connection was freed; callbacks are forgotten. NULL is allowed. */
void changes_free(struct changes *changes);
bool changes_submit(struct changes *changes, const struct engine *engine, const struct change *change,
	change_done_fn *done, void *arg, struct error *error) must_check;
bool changes_pending(const struct changes *changes);
/* Whether one of the tenant is on its way: what is read now may have it or not. */
bool changes_pending_of(const struct changes *changes, int64_t tenant);
void changes_forget(struct changes *changes, void *arg);

#endif
