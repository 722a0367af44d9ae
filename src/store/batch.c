/*
 * Rows are herded into transactions here.
 */
#include "store/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "store/queue.h"

#define RETRY_FIRST (SECOND / 10)
#define RETRY_MOST SECOND
#define GATHER (SECOND / 10)

/* Somebody waits for the commit of the puts numbered above `after`, up to `to`. */
struct waiter {
	struct waiter *next;
	uint64_t after, to;
	commit_fn *done;
	void *arg;
	enum commit_result result;
};

struct batch {
	struct loop *loop;
	struct db *db;
	bool opened, in_flight;
	struct loop_timer *pause; /* after a failure */
	bool paused;
	unsigned failures; /* in a row */
	unsigned tries;    /* of those, with the rows that are being sent */
	uint64_t turn, puts, commits_to;
	struct queue state, ids, gathering; /* waiting */
	struct loop_timer *gather;          /* ends the gathering */
	bool gathered;                      /* it has ended, until none of them waits */
	bool hurry;                         /* and none is gathered any more */
	struct map keys;                    /* of those waiting */
	size_t waiting;
	struct queue dropped; /* ids, to be told at the end of the turn */
	batch_dropped_fn *on_dropped;
	void *on_dropped_ctx;
	struct row *taken[LIMIT_STORE_BATCH]; /* in the order in which they must be committed */
	size_t taken_count, sending;          /* `sending` of them, from the first, are in this try */
	struct waiter *first_waiter, **last_waiter;
	enum commit_result next_result; /* for the next batch_commit */
	bool full;
};

size_t batch_rows(const struct batch *batch)
{
	return batch->waiting + batch->taken_count;
}

static void show_rows(const struct batch *batch)
{
	metrics_set(METRIC_STORE_WAITING, (int64_t)batch_rows(batch));
}

/* Tells those who wait for one of the row's puts how that ended. */
static void set_result(struct batch *batch, const struct row *row, enum commit_result result)
{
	if (!row_is_awaited(row->kind))
		return;
	for (struct waiter *waiter = batch->first_waiter; waiter; waiter = waiter->next)
		if (row->first <= waiter->to && row->last > waiter->after)
			waiter->result = result;
	if (row->last > batch->commits_to)
		batch->next_result = result;
}

void batch_miss(struct batch *batch, enum row_kind kind, enum commit_result result)
{
	if (row_is_awaited(kind))
		batch->next_result = result;
}

static void drop_for_want_of_room(struct batch *batch, enum row_kind kind, int64_t tenant, const char *key)
{
	if (!batch->full)
		log_warn("store", "%zu rows wait for PostgreSQL: more are dropped", batch->waiting);
	batch->full = true;
	batch_miss(batch, kind, COMMIT_REFUSED);
	metrics_add(METRIC_STORE_POISON, 1);
	if (kind == ROW_EVENT_ID)
		queue_add(&batch->dropped, row_new(kind, tenant, key));
}

static void enqueue(struct batch *batch, struct row *row)
{
	struct queue *queue = row->gathers                ? &batch->gathering
			      : row->kind == ROW_EVENT_ID ? &batch->ids
							  : &batch->state;

	if (row->gathers && !queue->first && !batch->hurry)
		loop_timer_set(batch->gather, GATHER);
	queue_add(queue, row);
}

static struct row *add_row(
	struct batch *batch, enum row_kind kind, int64_t tenant, const char *key, bool gathers)
{
	struct row *row = row_new(kind, tenant, key);

	row->turn = batch->turn;
	row->first = batch->puts;
	row->gathers = gathers;
	map_put(&batch->keys, row->key, row);
	enqueue(batch, row);
	batch->waiting++;
	return row;
}

static void put(struct batch *batch, enum row_kind kind, int64_t tenant, const char *key, const char *json,
	bool gathers)
{
	struct row *row = map_get(&batch->keys, key);

	batch->puts++;
	if (!row && batch->waiting >= LIMIT_STORE_ROWS_MOST) {
		drop_for_want_of_room(batch, kind, tenant, key);
		return;
	}
	if (!row)
		row = add_row(batch, kind, tenant, key, gathers);
	row->last = batch->puts;
	mem_replace(&row->json, json);
	show_rows(batch);
}

void batch_put(struct batch *batch, enum row_kind kind, int64_t tenant, const char *key, const char *json)
{
	put(batch, kind, tenant, key, json, false);
}

void batch_put_later(
	struct batch *batch, enum row_kind kind, int64_t tenant, const char *key, const char *json)
{
	put(batch, kind, tenant, key, json, true);
}

/* The number of the oldest put that is neither committed nor gone; of those that gather nobody asks. */
static uint64_t oldest_put(const struct batch *batch)
{
	uint64_t oldest = UINT64_MAX;

	if (batch->state.first)
		oldest = batch->state.first->first;
	if (batch->ids.first && batch->ids.first->first < oldest)
		oldest = batch->ids.first->first;
	for (size_t i = 0; i < batch->taken_count; i++)
		if (!batch->taken[i]->gathers && batch->taken[i]->first < oldest)
			oldest = batch->taken[i]->first;
	return oldest;
}

/* Moves them from where they wait, and from those taken if none is in flight, to `to`. */
static void take_out(struct batch *batch, const struct rows_which *which, struct queue *to)
{
	struct queue found;
	size_t kept = 0;

	queue_init(&found);
	queue_sift(&batch->state, which, &found);
	queue_sift(&batch->ids, which, &found);
	queue_sift(&batch->gathering, which, &found);
	while (found.first) {
		struct row *row = queue_take(&found);
		map_remove(&batch->keys, row->key);
		batch->waiting--;
		queue_add(to, row);
	}
	if (batch->in_flight)
		return;
	for (size_t i = 0; i < batch->taken_count; i++) {
		if (row_matches(batch->taken[i], which))
			queue_add(to, batch->taken[i]);
		else
			batch->taken[kept++] = batch->taken[i];
	}
	batch->taken_count = kept;
	batch->sending = 0;
}

/* An event that is refused may come again with its id, so that must not be known then. */
static void drop_ids(struct batch *batch, uint64_t after, uint64_t to)
{
	struct rows_which which = {.after = after, .to = to, .only_ids = true};
	take_out(batch, &which, &batch->dropped);
}

/* Those of all commits that wait for the row. */
static void drop_ids_beside(struct batch *batch, const struct row *row)
{
	uint64_t after = UINT64_MAX, to = 0;

	if (!row_is_awaited(row->kind))
		return;
	for (const struct waiter *waiter = batch->first_waiter; waiter; waiter = waiter->next) {
		if (row->first > waiter->to || row->last <= waiter->after)
			continue;
		after = waiter->after < after ? waiter->after : after;
		to = waiter->to;
	}
	if (row->last > batch->commits_to) {
		after = batch->commits_to < after ? batch->commits_to : after;
		to = batch->puts;
	}
	drop_ids(batch, after, to);
}

static void tell_dropped(struct batch *batch)
{
	while (batch->dropped.first) {
		struct row *row = queue_take(&batch->dropped);
		if (batch->on_dropped)
			batch->on_dropped(batch->on_dropped_ctx, row->tenant, row->key);
		row_free(row);
	}
}

void batch_on_dropped(struct batch *batch, batch_dropped_fn *dropped, void *ctx)
{
	batch->on_dropped = dropped;
	batch->on_dropped_ctx = ctx;
}

void batch_commit(struct batch *batch, commit_fn *done, void *arg)
{
	struct waiter *waiter = mem_new(sizeof(*waiter));

	if (batch->next_result == COMMIT_REFUSED)
		drop_ids(batch, batch->commits_to, batch->puts);
	*waiter = (struct waiter){.after = batch->commits_to,
		.to = batch->puts,
		.done = done,
		.arg = arg,
		.result = batch->next_result};
	*batch->last_waiter = waiter;
	batch->last_waiter = &waiter->next;
	batch->commits_to = batch->puts;
	batch->next_result = COMMIT_DONE;
	loop_again(batch->loop);
}

void batch_forget(struct batch *batch, void *arg)
{
	for (struct waiter *waiter = batch->first_waiter; waiter; waiter = waiter->next)
		if (waiter->arg == arg)
			waiter->done = NULL;
}

static void answer_first(struct batch *batch)
{
	struct waiter *waiter = batch->first_waiter;

	batch->first_waiter = waiter->next;
	if (!batch->first_waiter)
		batch->last_waiter = &batch->first_waiter;
	if (waiter->done)
		waiter->done(waiter->arg, waiter->result);
	free(waiter);
}

/* Only those who wait by now: one that is added by a callback has its turn next time. */
static void answer_waiters(struct batch *batch)
{
	size_t due = 0;

	if (!batch->first_waiter)
		return;
	uint64_t oldest = oldest_put(batch);
	for (const struct waiter *waiter = batch->first_waiter; waiter && waiter->to < oldest;
		waiter = waiter->next)
		due++;
	for (; due > 0; due--)
		answer_first(batch);
}

void batch_abandon(struct batch *batch)
{
	for (struct waiter *waiter = batch->first_waiter; waiter; waiter = waiter->next)
		waiter->result = COMMIT_LOST;
	size_t due = 0;
	for (const struct waiter *waiter = batch->first_waiter; waiter; waiter = waiter->next)
		due++;
	for (; due > 0; due--)
		answer_first(batch);
}

/* By turns: state first, then the ids of the same turn; last what has gathered. NULL: nothing is due. */
static struct queue *next_queue(struct batch *batch)
{
	struct queue *state = &batch->state, *ids = &batch->ids;

	if (ids->first && (!state->first || ids->first->turn < state->first->turn))
		return ids;
	if (state->first)
		return state;
	return batch->gathered && batch->gathering.first ? &batch->gathering : NULL;
}

static void take_rows(struct batch *batch)
{
	struct queue *queue;

	while (batch->taken_count < LIMIT_STORE_BATCH && (queue = next_queue(batch))) {
		struct row *row = queue_take(queue);
		map_remove(&batch->keys, row->key);
		batch->taken[batch->taken_count++] = row;
		batch->waiting--;
	}
	batch->gathered = batch->hurry || (batch->gathered && batch->gathering.first);
	if (batch->waiting < LIMIT_STORE_ROWS)
		batch->full = false;
}

static void add_statement(struct batch *batch, struct query *query, enum row_kind kind)
{
	struct buf array;
	size_t count = 0;

	buf_init(&array, (size_t)LIMIT_STORE_BATCH * (LIMIT_STORE_ROW_BYTES + 1) + 2);
	for (size_t i = 0; i < batch->sending; i++) {
		if (batch->taken[i]->kind != kind)
			continue;
		buf_add_char(&array, count++ == 0 ? '[' : ',');
		buf_add_text(&array, batch->taken[i]->json);
	}
	buf_add_char(&array, ']');
	if (count > 0 && row_statements[kind].prepared)
		query_add_prepared(query, row_statements[kind].name, row_statements[kind].sql,
			(const char *[]){buf_text(&array)}, 1);
	else if (count > 0)
		query_add(query, row_statements[kind].sql, (const char *[]){buf_text(&array)}, 1);
	buf_done(&array);
}

/* The first `count` of the taken rows are done with. */
static void release(struct batch *batch, size_t count)
{
	for (size_t i = 0; i < count; i++)
		row_free(batch->taken[i]);
	batch->taken_count -= count;
	memmove(batch->taken, batch->taken + count, batch->taken_count * sizeof(*batch->taken));
	batch->sending = 0;
	batch->tries = 0;
	show_rows(batch);
}

static void send_half(struct batch *batch)
{
	batch->sending /= 2;
	batch->tries = 0;
}

static void drop_poison(struct batch *batch, const struct db_outcome *outcome)
{
	struct row *row = batch->taken[0];

	log_error("store", "PostgreSQL refuses a row, which is dropped: %s %s: %s (%s)",
		row_statements[row->kind].name, row->key, outcome->text, outcome->sqlstate);
	metrics_add(METRIC_STORE_POISON, 1);
	set_result(batch, row, COMMIT_REFUSED);
	drop_ids_beside(batch, row);
	bool there = batch->taken_count > 0 && batch->taken[0] == row; /* no id that was moved */
	release(batch, there ? 1 : 0);
}

static void pause_sending(struct batch *batch)
{
	batch->paused = true;
	loop_timer_set(batch->pause, loop_backoff(batch->failures++, RETRY_FIRST, RETRY_MOST));
}

/* A server that has become a standby (class 25: read-only) is left, so that the URL is tried anew. */
static void on_failure(struct batch *batch, const struct db_outcome *outcome)
{
	if (batch->failures == 0)
		log_warn("store", "PostgreSQL does not take rows, trying again: %s (%s)", outcome->text,
			outcome->sqlstate);
	pause_sending(batch);
	batch->tries++;
	if (strncmp(outcome->sqlstate, "25", 2) == 0)
		db_reset(batch->db, outcome->text);
	else if (batch->sending > 1 && batch->tries >= BATCH_TRIES)
		send_half(batch);
	else if (batch->sending == 1 && batch->tries >= BATCH_TRIES_ALONE &&
		 strcmp(outcome->sqlstate, "57014") == 0)
		drop_poison(batch, outcome);
}

static void on_sent(void *arg, const struct db_outcome *outcome)
{
	struct batch *batch = arg;

	batch->in_flight = false;
	switch (outcome->fault) {
	case DB_OK:
		batch->failures = 0;
		metrics_add(METRIC_STORE_BATCHES, 1);
		metrics_add(METRIC_STORE_ROWS, (int64_t)batch->sending);
		release(batch, batch->sending);
		break;
	case DB_REFUSED:
		if (batch->sending > 1)
			send_half(batch);
		else
			drop_poison(batch, outcome);
		break;
	case DB_FAILED:
		on_failure(batch, outcome);
		break;
	case DB_LOST:
		break;
	}
}

static void send_rows(void *arg)
{
	struct batch *batch = arg;

	if (!batch->opened || batch->in_flight || batch->paused)
		return;
	if (batch->taken_count == 0)
		take_rows(batch);
	if (batch->taken_count == 0)
		return;
	if (batch->sending == 0)
		batch->sending = batch->taken_count;
	struct query *query = query_new(on_sent, batch);
	for (enum row_kind kind = 0; kind < ROW_KINDS; kind++)
		add_statement(batch, query, kind);
	batch->in_flight = db_submit(batch->db, query);
	if (!batch->in_flight)
		pause_sending(batch);
}

static void on_turn(void *arg)
{
	struct batch *batch = arg;

	batch->turn++;
	tell_dropped(batch);
	answer_waiters(batch);
}

static void on_pause_over(void *arg)
{
	struct batch *batch = arg;
	batch->paused = false;
}

static void on_gathered(void *arg)
{
	struct batch *batch = arg;
	batch->gathered = true;
}

void batch_hurry(struct batch *batch)
{
	batch->hurry = batch->gathered = true;
	loop_again(batch->loop);
}

void batch_open(struct batch *batch)
{
	batch->opened = true;
	batch->sending = 0;
	batch->tries = 0;
	batch->paused = false;
	loop_again(batch->loop);
}

void batch_close(struct batch *batch)
{
	batch->opened = false;
	batch->in_flight = false;
}

void batch_drop(struct batch *batch, int64_t tenant)
{
	struct rows_which which = {.tenant = tenant, .to = UINT64_MAX};
	struct queue gone;

	queue_init(&gone);
	take_out(batch, &which, &gone);
	for (const struct row *row = gone.first; row; row = row->next)
		set_result(batch, row, COMMIT_LOST);
	queue_done(&gone);
	show_rows(batch);
	loop_again(batch->loop);
}

struct batch *batch_new(struct loop *loop, struct db *db)
{
	struct batch *batch = mem_new(sizeof(*batch));
	batch->loop = loop;
	batch->db = db;
	batch->next_result = COMMIT_DONE;
	batch->last_waiter = &batch->first_waiter;
	queue_init(&batch->state);
	queue_init(&batch->ids);
	queue_init(&batch->gathering);
	queue_init(&batch->dropped);
	map_init(&batch->keys);
	batch->pause = loop_timer_new(loop, on_pause_over, batch);
	batch->gather = loop_timer_new(loop, on_gathered, batch);
	loop_add_step(loop, on_turn, batch);
	/* PostgreSQL may run in our place as soon as it is written to: what colleagues see is not to wait for it. */
	loop_add_last_step(loop, send_rows, batch);
	return batch;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	loop_remove_step(batch->loop, on_turn, batch);
	loop_remove_step(batch->loop, send_rows, batch);
	loop_timer_free(batch->pause);
	loop_timer_free(batch->gather);
	release(batch, batch->taken_count);
	queue_done(&batch->state);
	queue_done(&batch->ids);
	queue_done(&batch->gathering);
	queue_done(&batch->dropped);
	batch->waiting = 0;
	while (batch->first_waiter) {
		batch->first_waiter->done = NULL;
		answer_first(batch);
	}
	map_done(&batch->keys);
	show_rows(batch);
	free(batch);
}
