/*
 * Rows are strung together here.
 */
#include "store/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct row *row_new(enum row_kind kind, int64_t tenant, const char *key)
{
	size_t length = strlen(key);
	struct row *row = mem_new(sizeof(*row) + length + 1);

	memcpy(row->key, key, length);
	row->kind = kind;
	row->tenant = tenant;
	return row;
}

void row_free(struct row *row)
{
	free(row->json);
	free(row);
}

void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

void queue_done(struct queue *queue)
{
	while (queue->first)
		row_free(queue_take(queue));
}

void queue_add(struct queue *queue, struct row *row)
{
	row->next = NULL;
	*queue->last = row;
	queue->last = &row->next;
}

struct row *queue_take(struct queue *queue)
{
	struct row *row = queue->first;

	queue->first = row->next;
	if (!queue->first)
		queue->last = &queue->first;
	return row;
}

bool row_matches(const struct row *row, const struct rows_which *which)
{
	return (which->tenant == 0 || row->tenant == which->tenant) && row->last > which->after &&
	       row->first <= which->to && (!which->only_ids || row->kind == ROW_EVENT_ID);
}

void queue_sift(struct queue *queue, const struct rows_which *which, struct queue *to)
{
	struct row **at = &queue->first;

	while (*at) {
		struct row *row = *at;
		if (!row_matches(row, which)) {
			at = &row->next;
			continue;
		}
		*at = row->next;
		queue_add(to, row);
	}
	queue->last = at;
}
