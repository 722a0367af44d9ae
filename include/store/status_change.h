/*
 * The statements of an administrator's changes of statuses: for src/store/change.c.
 */
#ifndef OFFHOOK_STORE_STATUS_CHANGE_H
#define OFFHOOK_STORE_STATUS_CHANGE_H

#include "core/ports.h"
#include "store/db.h"

bool is_status_change(const struct change *change);
/* Adds the statement for the tenant's id `tenant` and the status's row id `row` ("0" for a new one). It gives the
 * status's row, and none when there is no such status any more; an order gives 0. */
void status_change_add(struct query *query, const char *tenant, const char *row, const struct change *change);

/* Who bears a name. $1 tenant, $2 status that is not meant, $3 the name, folded. Gives the name and the id. */
extern const char name_holder_sql[];

#endif
