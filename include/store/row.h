/*
 * The kinds of rows that are written in batches, each with its statement. $1 is a JSON array of objects.
 */
#ifndef OFFHOOK_STORE_ROW_H
#define OFFHOOK_STORE_ROW_H

#include <stdbool.h>

/* In this order they stand in a transaction. */
enum row_kind {
	ROW_LEG,
	ROW_PHONE,
	ROW_CHOICES,
	ROW_MESSAGE,
	ROW_FEED,
	ROW_WATCHER,
	ROW_PUBLISHED,
	ROW_EVENT_ID,
	ROW_KINDS,
};

struct row_statement {
	const char *name; /* for the log */
	bool prepared; /* its plan never changes with the size of tables, so it is made once a connection */
	const char *sql;
};

extern const struct row_statement row_statements[ROW_KINDS];

/* Whether those who wait for a commit asked for it: not for who watches, nor for what was published. */
bool row_is_awaited(enum row_kind kind);

#endif
