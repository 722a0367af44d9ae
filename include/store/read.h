/*
 * Rows of the catalogue as the engine takes them: for loading and for reading again.
 *
 * Each statement takes the tenant's id as $1. What is read points into the row.
 */
#ifndef OFFHOOK_STORE_READ_H
#define OFFHOOK_STORE_READ_H

#include <libpq-fe.h>

#include "core/fact.h"
#include "core/policy.h"

extern const char read_policy_sql[];
extern const char read_statuses_sql[]; /* deleted ones as well */
extern const char read_people_sql[];   /* in order of their ids */

/* A key or a value that this program does not know is logged and left out. */
void read_policy(const PGresult *row, struct policy *policy);
/* False, and logged, when the row makes no sense. */
bool read_status(const PGresult *row, struct status_fields *fields) must_check;
void read_person(
	const PGresult *row, struct fact_person *person, const char *extensions[LIMIT_EXTENSIONS_PER_PERSON]);
/* Of the same row. One that is unknown or names a status that may not be set is left out. */
void read_preferences(
	const PGresult *row, const struct catalogue *catalogue, struct preferences *preferences);

/* Columns of other rows. */
int64_t read_number(const PGresult *row, int column);   /* null is 0 */
const char *read_text(const PGresult *row, int column); /* null is NULL */
bool read_flag(const PGresult *row, int column);

#endif
