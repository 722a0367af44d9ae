/*
 * Old rows are swept out here.
 */
#include "store/sweep.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"

enum { SLICE = 1000 }; /* rows */
#define BETWEEN_SLICES (SECOND / 20)

struct sweep {
	struct db *db;
	struct loop_timer *timer;
	size_t step;
	bool in_flight;
};

/* $1 days, $2 rows. The condition stands twice, as a row may have changed since it was looked up. */
static const char *const steps[] = {
	"DELETE FROM legs WHERE ctid = ANY (ARRAY (SELECT ctid FROM legs"
	" WHERE state = 'ended' AND lease_until < now() AND $1::integer >= 0 LIMIT $2::integer))"
	" AND state = 'ended' AND lease_until < now()",
	"DELETE FROM event_ids WHERE ctid = ANY (ARRAY (SELECT ctid FROM event_ids"
	" WHERE at < now() - $1::integer * interval '1 day' LIMIT $2::integer))"
	" AND at < now() - $1::integer * interval '1 day'",
	"DELETE FROM published WHERE ctid = ANY (ARRAY (SELECT ctid FROM published"
	" WHERE digest = 0 AND $1::integer >= 0 LIMIT $2::integer))"
	" AND digest = 0",
};
enum { STEPS = sizeof(steps) / sizeof(*steps) };

static void on_swept(void *arg, const struct db_outcome *outcome)
{
	struct sweep *sweep = arg;

	sweep->in_flight = false;
	if (outcome->fault != DB_OK) {
		if (outcome->fault != DB_LOST)
			log_warn("store", "cannot throw old rows away: %s", outcome->text);
		sweep->step = STEPS;
	} else if (strtol(PQcmdTuples((PGresult *)outcome->result), NULL, 10) < SLICE) {
		sweep->step++;
	}
	loop_timer_set(sweep->timer, sweep->step < STEPS ? BETWEEN_SLICES : HOUR);
}

static void on_timer(void *arg)
{
	struct sweep *sweep = arg;
	struct query *query = query_new(on_swept, sweep);
	char days[16], rows[16];

	if (sweep->step >= STEPS)
		sweep->step = 0;
	snprintf(days, sizeof(days), "%d", LIMIT_EVENT_ID_DAYS);
	snprintf(rows, sizeof(rows), "%d", SLICE);
	query_add(query, steps[sweep->step], (const char *[]){days, rows}, 2);
	sweep->in_flight = db_submit(sweep->db, query);
	if (!sweep->in_flight)
		loop_timer_set(sweep->timer, MINUTE);
}

void sweep_start(struct sweep *sweep)
{
	if (!sweep->in_flight)
		loop_timer_set(sweep->timer, 0);
}

struct sweep *sweep_new(struct loop *loop, struct db *db)
{
	struct sweep *sweep = mem_new(sizeof(*sweep));
	sweep->db = db;
	sweep->timer = loop_timer_new(loop, on_timer, sweep);
	return sweep;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	loop_timer_free(sweep->timer);
	free(sweep);
}
