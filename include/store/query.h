/*
 * What a query is made of: for src/store/query.c, which makes it, and src/store/db.c and
 * src/store/shell.c, which send it. All others use db.h.
 */
#ifndef OFFHOOK_STORE_QUERY_H
#define OFFHOOK_STORE_QUERY_H

#include "store/db.h"

enum { QUERY_STATEMENTS = 12 };

struct statement {
	const char *sql;
	char *values[DB_PARAMETERS];
	int count;
};

struct query {
	struct query *next;
	struct statement statements[QUERY_STATEMENTS];
	int count;
	char *script; /* instead of statements */
	db_row_fn *row;
	db_line_fn *line;
	db_done_fn *done;
	void *arg;
};

/* Whether it travels in pipeline mode. */
static inline bool query_is_pipeline(const struct query *query)
{
	return query->count > 1;
}

#endif
