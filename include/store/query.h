/*
 * What a query is made of: for src/store/query.c, which makes it, and src/store/db.c and
 * src/store/shell.c, which send it. All others use db.h.
 */
#ifndef OFFHOOK_STORE_QUERY_H
#define OFFHOOK_STORE_QUERY_H

#include "store/db.h"

enum { QUERY_STATEMENTS = 12 };

struct statement {
	const char *name; /* under which it is prepared, or NULL */
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

/* The statements that the server of a connection has prepared. */
struct prepared {
	const char *names[DB_PREPARED];
	int count;
	bool doubtful; /* a query failed, which may have been to prepare some */
};

/* Whether it travels in pipeline mode. */
static inline bool query_is_pipeline(const struct query *query)
{
	return query->count > 1 || (query->count == 1 && query->statements[0].name);
}

/* Hands it to libpq. */
bool query_send(const struct query *query, PGconn *conn, struct prepared *prepared);

#endif
