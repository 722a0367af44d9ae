/*
 * Rows one after the other.
 */
#ifndef OFFHOOK_STORE_QUEUE_H
#define OFFHOOK_STORE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/row.h"

struct row {
	struct row *next;
	uint64_t first, last; /* numbers of the first and the last put that it stands for */
	uint64_t turn;
	int64_t tenant;
	enum row_kind kind;
	bool gathers;
	char *json;
	char key[];
};

struct row *row_new(enum row_kind kind, int64_t tenant, const char *key);
void row_free(struct row *row);

struct queue {
	struct row *first, **last;
};

void queue_init(struct queue *queue);
void queue_done(struct queue *queue); /* frees the rows */
void queue_add(struct queue *queue, struct row *row);
struct row *queue_take(struct queue *queue); /* the first; there must be one */

/* Some of them: of one tenant or (0) of all, of puts numbered above `after` up to `to`. */
struct rows_which {
	int64_t tenant;
	uint64_t after, to;
	bool only_ids;
};

bool row_matches(const struct row *row, const struct rows_which *which);
/* Moves those that match to the end of `to`; both keep their order. */
void queue_sift(struct queue *queue, const struct rows_which *which, struct queue *to);

#endif
