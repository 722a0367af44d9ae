/*
 * The audit: what administrators changed. Most changes write their row themselves (store/change.h); here are
 * those of rights and of things that are kept elsewhere, and reading.
 */
#ifndef OFFHOOK_STORE_AUDIT_H
#define OFFHOOK_STORE_AUDIT_H

#include "core/ports.h"
#include "store/db.h"

/* Adds the statement of a change of these kinds; false: it is of another. */
bool audit_add_statement(struct query *query, int64_t tenant, const struct change *change);
/* Why such a statement, which was well, changed nothing. */
void audit_say_nothing_changed(enum change_kind kind, struct error *error);

/* Those who read it. */
struct audits;

struct audits *audits_new(struct db *db);
/* After the connection was freed; callbacks are forgotten. NULL is allowed. */
void audits_free(struct audits *audits);
/* As ports.read_audit. */
bool audits_read(struct audits *audits, int64_t tenant, size_t skip, size_t limit, audit_row_fn *row,
	read_fn *done, void *arg, struct error *error) must_check;
void audits_forget(struct audits *audits, void *arg);

#endif
