/*
 * A tenant is read from PostgreSQL into its engine here.
 */
#include "store/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/read.h"

struct load {
	struct load *next;
	struct db *db;
	struct loop_timer *failing; /* a failure is told a little later, so that trying again has a pace */
	struct engine *engine;
	int64_t tenant;
	struct store_load_events events;
	struct policy policy;
	size_t step;
	bool in_flight, failed, over; /* over: nothing of it is called any more */
};

struct loads {
	struct loop *loop;
	struct db *db;
	struct load *first;
};

static void resume(struct load *load);

/* While loading, effects would tell only what is stored already. */
static void apply(struct load *load, struct fact *fact)
{
	struct error error;
	struct effect effect;

	if (!engine_apply(load->engine, fact, clock_now(), &error))
		log_warn("store", "a stored fact is left out: %s %s", error.field, error.text);
	while (engine_next_effect(load->engine, &effect))
		;
}

static void on_policy(struct load *load, const PGresult *row)
{
	read_policy(row, &load->policy);
}

static void after_policy(struct load *load)
{
	struct fact fact = {.kind = FACT_POLICY, .policy.policy = &load->policy};
	apply(load, &fact);
}

static void on_status(struct load *load, const PGresult *row)
{
	struct fact fact = {.kind = FACT_STATUS};
	if (read_status(row, &fact.status))
		apply(load, &fact);
}

static void on_person(struct load *load, const PGresult *row)
{
	const char *extensions[LIMIT_EXTENSIONS_PER_PERSON];
	struct fact fact = {.kind = FACT_PERSON};
	struct preferences preferences;
	read_person(row, &fact.person, extensions);
	read_preferences(row, &load->engine->catalogue, &preferences);
	fact.person.preferences = &preferences;
	apply(load, &fact);
}

static void on_admin(struct load *load, const PGresult *row)
{
	engine_add_admin(load->engine, PQgetvalue(row, 0, 0), ADMIN_STORED);
}

/* Five columns from `first`: status, message, source, at, until. */
static struct choice read_choice(const struct load *load, const PGresult *row, int first)
{
	const struct status *status = NULL;
	if (!PQgetisnull(row, 0, first))
		status = catalogue_by_row(&load->engine->catalogue, read_number(row, first));
	if (!status || status->deleted)
		return (struct choice){
			.at = read_number(row, first + 3), .until = read_number(row, first + 4)};
	struct choice choice = {
		.status = status,
		.message = PQgetvalue(row, 0, first + 1),
		.at = read_number(row, first + 3),
		.until = read_number(row, first + 4),
	};
	if (!source_parse(PQgetvalue(row, 0, first + 2), &choice.source))
		choice.source = SOURCE_PERSON;
	return choice;
}

/* Their ids, as PostgreSQL writes an array: {1,2}. */
static void read_recent(struct load *load, const PGresult *row, int column)
{
	const struct status *recent[LIMIT_RECENT];
	const char *at = PQgetvalue(row, 0, column);
	size_t count = 0;

	while (*at && count < LIMIT_RECENT) {
		char *end;
		const struct status *status =
			catalogue_by_row(&load->engine->catalogue, strtoll(at + 1, &end, 10));
		if (status && end > at + 1)
			recent[count++] = status;
		at = end > at + 1 ? end : "";
	}
	(void)engine_load_recent(load->engine, read_number(row, 0), recent, count);
}

static void on_choices(struct load *load, const PGresult *row)
{
	struct choices choices = {
		.standing = read_choice(load, row, 1),
		.timed = read_choice(load, row, 6),
		.ever = true,
	};
	(void)engine_load_choices(load->engine, read_number(row, 0), &choices);
	read_recent(load, row, 11);
}

static void on_message(struct load *load, const PGresult *row)
{
	(void)engine_load_message(
		load->engine, read_number(row, 0), PQgetvalue(row, 0, 1), read_number(row, 2));
}

static void on_feed(struct load *load, const PGresult *row)
{
	enum feed feed;
	if (!feed_parse(PQgetvalue(row, 0, 1), &feed) ||
		!engine_load_feed(load->engine, PQgetvalue(row, 0, 0), feed))
		log_info("store", "the feed of %s is left out: the account is nobody's",
			PQgetvalue(row, 0, 0));
}

static void on_phone(struct load *load, const PGresult *row)
{
	if (!engine_load_phone(load->engine, PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1), read_flag(row, 2)))
		log_warn("store", "the registration of %s is left out", PQgetvalue(row, 0, 1));
}

static void on_leg(struct load *load, const PGresult *row)
{
	enum leg_state state;
	struct fact_call call = {
		.pbx = PQgetvalue(row, 0, 0),
		.call = PQgetvalue(row, 0, 1),
		.extension = PQgetvalue(row, 0, 3),
		.has_kind = true,
		.at = read_number(row, 7),
	};
	if (PQgetvalue(row, 0, 2)[0] != '\0')
		call.leg = PQgetvalue(row, 0, 2);
	if (PQgetvalue(row, 0, 6)[0] != '\0' && !direction_parse(PQgetvalue(row, 0, 6), &call.direction))
		call.direction = DIRECTION_UNKNOWN;
	if (!leg_state_parse(PQgetvalue(row, 0, 4), &state) ||
		!leg_kind_parse(PQgetvalue(row, 0, 5), &call.kind) ||
		!engine_load_leg(load->engine, &call, state, read_number(row, 8), read_number(row, 9),
			read_number(row, 10)))
		log_warn("store", "a leg of call %s is left out", call.call);
}

static void on_event_id(struct load *load, const PGresult *row)
{
	engine_load_event_id(load->engine, PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1));
}

static void on_watcher(void *arg, char *line)
{
	struct load *load = arg;
	const char *contact = db_field(&line), *watcher = db_field(&line), *heard = db_field(&line);

	if (heard && !load->over)
		load->events.watcher(load->events.ctx, contact, watcher, strtoll(heard, NULL, 10));
}

static void on_published(struct load *load, const PGresult *row)
{
	load->events.published(load->events.ctx, PQgetvalue(row, 0, 0), (uint64_t)read_number(row, 1));
}

/* The newest ids of each PBX, found by leaping through the index from one PBX to the next; in the order in
 * which they came. */
#define EVENT_IDS_SQL                                                                                        \
	"WITH RECURSIVE p (pbx) AS ("                                                                        \
	"(SELECT pbx FROM event_ids WHERE tenant_id = $1::bigint ORDER BY pbx LIMIT 1) "                     \
	"UNION ALL SELECT (SELECT e.pbx FROM event_ids e WHERE e.tenant_id = $1::bigint AND e.pbx > p.pbx"   \
	" ORDER BY e.pbx LIMIT 1) FROM p WHERE p.pbx IS NOT NULL) "                                          \
	"SELECT e.pbx, e.id FROM p CROSS JOIN LATERAL (SELECT pbx, id, at FROM event_ids"                    \
	" WHERE tenant_id = $1::bigint AND pbx = p.pbx ORDER BY at DESC LIMIT $2::integer) e ORDER BY e.at"

static const struct load_step {
	const char *sql; /* $1: the tenant */
	void (*row)(struct load *load, const PGresult *row);
	void (*after)(struct load *load);
	int limit;         /* $2 */
	db_line_fn *lines; /* instead of `row`; the tenant is written after the end of `sql` */
} steps[] = {
	{.sql = read_policy_sql, .row = on_policy, .after = after_policy},
	{.sql = read_statuses_sql, .row = on_status},
	{.sql = read_people_sql, .row = on_person},
	{.sql = "SELECT jid FROM admins WHERE tenant_id = $1::bigint", .row = on_admin},
	{.sql = "SELECT person_id, standing_status, standing_message, standing_source, usec(standing_at), "
		"NULL,"
		" timed_status, timed_message, timed_source, usec(timed_at), usec(timed_until), recent "
		"FROM choices WHERE tenant_id = $1::bigint",
		.row = on_choices},
	{.sql = "SELECT person_id, text, usec(until_at) FROM messages WHERE tenant_id = $1::bigint",
		.row = on_message},
	{.sql = "SELECT account, state FROM feeds WHERE tenant_id = $1::bigint", .row = on_feed},
	{.sql = "SELECT pbx, number, registered FROM phones WHERE tenant_id = $1::bigint", .row = on_phone},
	{.sql = "SELECT pbx, call, leg, extension, state, kind, direction, usec(at), usec(changed_at), "
		"usec(since),"
		" usec(lease_until) FROM legs "
		"WHERE tenant_id = $1::bigint AND (state <> 'ended' OR lease_until > now()) ORDER BY "
		"changed_at",
		.row = on_leg},
	{.sql = EVENT_IDS_SQL, .row = on_event_id, .limit = LIMIT_EVENT_IDS},
	/* There may be millions of them. */
	{.sql = "SELECT contact, watcher, usec(heard_at) FROM watchers WHERE tenant_id =",
		.lines = on_watcher},
	{.sql = "SELECT contact, digest FROM published WHERE tenant_id = $1::bigint AND digest <> 0",
		.row = on_published},
};

static void finish(struct load *load, bool ok)
{
	load->over = true;
	load->events.done(load->events.ctx, ok);
}

static void on_failing(void *arg)
{
	struct load *load = arg;
	if (!load->over)
		finish(load, false);
}

static void on_row(void *arg, const PGresult *row)
{
	struct load *load = arg;
	if (!load->over)
		steps[load->step].row(load, row);
}

static void on_step_done(void *arg, const struct db_outcome *outcome)
{
	struct load *load = arg;

	load->in_flight = false;
	if (load->over)
		return;
	if (outcome->fault != DB_OK) {
		log_warn("store", "loading %s failed: %s", load->engine->domain, outcome->text);
		load->failed = true;
		loop_timer_set(load->failing, outcome->fault == DB_LOST ? 0 : SECOND);
		return;
	}
	if (steps[load->step].after)
		steps[load->step].after(load);
	if (++load->step == sizeof(steps) / sizeof(*steps))
		finish(load, true);
	else
		resume(load);
}

static void ask_for_rows(const struct load *load, struct query *query)
{
	const struct load_step *step = &steps[load->step];
	char tenant[24], limit[16];

	snprintf(tenant, sizeof(tenant), "%" PRId64, load->tenant);
	snprintf(limit, sizeof(limit), "%d", step->limit);
	query_add(query, step->sql, (const char *[]){tenant, limit}, step->limit > 0 ? 2 : 1);
	query_rows(query, on_row);
}

static void ask_for_lines(const struct load *load, struct query *query)
{
	const struct load_step *step = &steps[load->step];
	char sql[256];

	snprintf(sql, sizeof(sql), "COPY (%s %" PRId64 ") TO STDOUT", step->sql, load->tenant);
	query_copy(query, sql, step->lines);
}

static void resume(struct load *load)
{
	if (load->in_flight || load->failed || load->over || !db_up(load->db))
		return;
	struct query *query = query_new(on_step_done, load);
	if (steps[load->step].lines)
		ask_for_lines(load, query);
	else
		ask_for_rows(load, query);
	load->in_flight = db_submit(load->db, query);
}

void loads_add(struct loads *loads, struct engine *engine, const struct store_load_events *events)
{
	struct load *load = mem_new(sizeof(*load));
	load->db = loads->db;
	load->failing = loop_timer_new(loads->loop, on_failing, load);
	load->engine = engine;
	load->tenant = engine->row;
	load->events = *events;
	policy_init(&load->policy);
	load->next = loads->first;
	loads->first = load;
	loop_again(loads->loop);
}

static void load_free(struct load *load)
{
	loop_timer_free(load->failing);
	free(load);
}

void loads_run(struct loads *loads)
{
	for (struct load **at = &loads->first; *at;) {
		struct load *load = *at;
		resume(load);
		if (!load->over || load->in_flight) {
			at = &load->next;
			continue;
		}
		*at = load->next;
		load_free(load);
	}
}

void loads_cancel(struct loads *loads, int64_t tenant)
{
	for (struct load *load = loads->first; load; load = load->next) {
		if (load->tenant != tenant || load->over)
			continue;
		loop_timer_stop(load->failing);
		finish(load, false);
	}
}

struct loads *loads_new(struct loop *loop, struct db *db)
{
	struct loads *loads = mem_new(sizeof(*loads));
	loads->loop = loop;
	loads->db = db;
	return loads;
}

void loads_free(struct loads *loads)
{
	if (!loads)
		return;
	while (loads->first) {
		struct load *load = loads->first;
		loads->first = load->next;
		load_free(load);
	}
	free(loads);
}
