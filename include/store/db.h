/*
 * One asynchronous connection to PostgreSQL on the loop, which comes back by itself.
 *
 * A query is one statement with parameters, or several: those travel in libpq's pipeline mode with one
 * sync, which makes them one transaction and one round trip; or a text of many statements for
 * migrations. Queries wait in a bounded queue; one is in flight. Everything but connecting happens
 * without blocking; connecting blocks only to resolve a name (use a socket, an address or localhost).
 *
 * When the connection is lost, the query in flight and those waiting end with DB_LOST (whether the one
 * in flight was committed is then unknown) and a new connection is tried after 0.1 s, doubling to 1 s, so
 * that all is well soon after the server is back. Callbacks come from the loop, never from inside a call;
 * they may submit queries and reset the connection, but not free it.
 */
#ifndef OFFHOOK_STORE_DB_H
#define OFFHOOK_STORE_DB_H

#include <libpq-fe.h>

#include "base/loop.h"

enum { DB_PARAMETERS = 12 }; /* of one statement */
enum { DB_PREPARED = 8 };    /* statements of one connection */

enum db_fault {
	DB_OK,
	DB_REFUSED, /* this query will never work */
	DB_FAILED,  /* a reason that may pass: SQLSTATE class 08, 25, 40, 53, 55, 57, 58, and 42501, 42P01 */
	DB_LOST,    /* the connection ended */
};

struct db_outcome {
	enum db_fault fault;
	char sqlstate[6];       /* "" when the server said none */
	char constraint[64];    /* that was violated, or "" */
	char text[320];         /* of the error, one line */
	const PGresult *result; /* of the last statement when DB_OK; gone after the callback */
};

typedef void db_done_fn(void *arg, const struct db_outcome *outcome);
/* One row, as the only one of `row`; its values live as long as the call. */
typedef void db_row_fn(void *arg, const PGresult *row);
/* One line of COPY … TO STDOUT, with its newline; see db_field. */
typedef void db_line_fn(void *arg, char *line);

struct query;
/* `done` may be NULL. A query that was not submitted is freed with query_free. */
struct query *query_new(db_done_fn *done, void *arg);
void query_free(struct query *query);
/* Adds a statement; `sql` is borrowed for good (a literal), the values ($1, $2, …; NULL is null) are
 * copied. */
void query_add(struct query *query, const char *sql, const char *const *values, int count);
/* The same for one that is sent often: the server plans it once a connection, under this name (a literal). At
 * most DB_PREPARED names. */
void query_add_prepared(
	struct query *query, const char *name, const char *sql, const char *const *values, int count);
/* Makes it a text of statements without parameters, one transaction; the text is copied. */
void query_script(struct query *query, const char *sql);
/* Hands out rows one at a time as they arrive, of a query of one statement. */
void query_rows(struct query *query, db_row_fn *row);
/* Makes it a COPY … TO STDOUT, for millions of rows: several times cheaper than rows. The text is copied;
 * COPY takes no parameters, so nothing but numbers may be written into it. */
void query_copy(struct query *query, const char *sql, db_line_fn *line);
/* The next column of such a line, unescaped in place; null is "N". NULL at the end. */
char *db_field(char **line);

struct db_events {
	void *ctx;
	void (*up)(void *ctx);                                   /* queries are taken from now on */
	void (*down)(void *ctx, const char *reason);             /* was up, or could not get up */
	void (*notice)(void *ctx, const char *payload, int pid); /* NOTIFY from backend `pid`; may be NULL */
};

struct db;

/* `name` is for the log ("store writer"); the URL passes store_url_valid; `setup` is a script run on each new connection (borrowed). */
struct db *db_new(struct loop *loop, const char *name, const char *url, const char *setup,
	const struct db_events *events);
/* Ends the connection; no callback is called any more. NULL is allowed. */
void db_free(struct db *db);
void db_connect(struct db *db); /* begins; once */
bool db_up(const struct db *db);
/* Of the present or the last connection, 0 before the first. */
int db_pid(const struct db *db);
/* Takes the query over. False, and the query is freed: not up, or LIMIT_STORE_REQUESTS wait. */
bool db_submit(struct db *db, struct query *query) must_check;
/* Ends this connection at the end of the turn and tries a new one. */
void db_reset(struct db *db, const char *reason);

#endif
