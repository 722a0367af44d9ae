/*
 * Measures how many call events a second become durable.
 *
 * "post" is a PBX that keeps so many HTTP connections busy with posts of so many events: calls of p0, p1, …,
 * first answered, then, when that is acknowledged, ended. "insert" is what one would write instead: as many
 * connections to PostgreSQL, each of which inserts one leg after the other in a transaction of its own; a
 * single one calls libpq synchronously. Prints one line of JSON.
 */
#include <event2/event.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "bench/pbx.h"

enum { FIRST_EXTENSION = 1000, MOST_CONNECTIONS = 1000 };

struct run {
	struct event_base *base;
	size_t connections, batch, people;
	unsigned long number; /* of the run, for calls of its own */
	usec_t begun, until, ended;
	size_t open;         /* posts or statements under way */
	size_t events, done; /* done: posts or statements */
	size_t refused;
	bool failed;
	struct pbx *pbx;
	struct buf body;
	size_t posts;
	int64_t tenant;
};

static void fail(void *ctx, const char *reason)
{
	struct run *run = ctx;
	fprintf(stderr, "bench_ingest: %s\n", reason);
	run->failed = true;
	event_base_loopbreak(run->base);
}

static void begin(struct run *run, usec_t duration)
{
	run->begun = clock_monotonic();
	run->until = run->begun + duration;
}

static void done_one(struct run *run, size_t events)
{
	run->ended = clock_monotonic();
	run->events += events;
	run->done++;
	run->open--;
}

static bool goes_on(const struct run *run)
{
	return run->ended < run->until && !run->failed;
}

/* ---- HTTP ---- */

/* Posts come in pairs: even ones answer calls, odd ones end the same. */
static void post(struct run *run, size_t number)
{
	const char *event = number % 2 == 0 ? "answered" : "ended";

	buf_clear(&run->body);
	buf_add_char(&run->body, '[');
	for (size_t i = 0; i < run->batch; i++) {
		size_t call = number / 2 * run->batch + i;
		buf_addf(&run->body,
			"%s{\"event\":\"%s\",\"call\":\"run-%lu-call-%zu\",\"extension\":\"%zu\","
			"\"direction\":\"inbound\"}",
			i == 0 ? "" : ",", event, run->number, call, FIRST_EXTENSION + call % run->people);
	}
	buf_add_char(&run->body, ']');
	run->open++;
	pbx_post(run->pbx, number, buf_text(&run->body));
}

static void post_next_pair(struct run *run)
{
	post(run, run->posts);
	run->posts += 2;
}

static void on_ready(void *ctx)
{
	struct run *run = ctx;
	begin(run, run->until);
	for (size_t i = 0; i < run->connections; i++)
		post_next_pair(run);
}

static void on_sent(void *ctx, size_t number, usec_t at)
{
	(void)ctx;
	(void)number;
	(void)at;
}

static void on_answered(void *ctx, size_t number, int status, usec_t at)
{
	struct run *run = ctx;
	(void)at;
	done_one(run, status == 200 ? run->batch : 0);
	run->refused += status != 200;
	if (number % 2 == 0)
		post(run, number + 1);
	else if (goes_on(run))
		post_next_pair(run);
	else if (run->open == 0)
		event_base_loopbreak(run->base);
}

static void run_posts(struct run *run, uint16_t port, const char *token)
{
	const struct pbx_events events = {
		.ctx = run, .ready = on_ready, .sent = on_sent, .answered = on_answered, .failed = fail};

	buf_init(&run->body, (size_t)LIMIT_HTTP_BODY);
	run->base = event_base_new();
	run->pbx = pbx_new(run->base, port, token, run->connections, &events);
	event_base_dispatch(run->base);
	pbx_free(run->pbx);
	event_base_free(run->base);
	buf_done(&run->body);
}

/* ---- PostgreSQL ---- */

#define STATEMENT                                                                                            \
	"INSERT INTO legs (tenant_id, pbx, call, leg, extension, state, kind, direction, at, changed_at, "   \
	"since, lease_until) VALUES ($1, 'bare', $2, '', $3, 'active', 'call', 'inbound', NULL, "            \
	"instant($4), instant($4), instant($5)) ON CONFLICT (tenant_id, pbx, call, leg, extension) "         \
	"DO UPDATE SET state = EXCLUDED.state, kind = EXCLUDED.kind, direction = EXCLUDED.direction, "       \
	"at = EXCLUDED.at, changed_at = EXCLUDED.changed_at, since = EXCLUDED.since, "                       \
	"lease_until = EXCLUDED.lease_until"

struct line {
	struct run *run;
	PGconn *conn;
	struct event *readable;
};

struct row {
	char tenant[24], call[64], extension[24], now[24], lease[24];
	const char *values[5];
};

static void make_row(struct run *run, struct row *row)
{
	usec_t now = clock_now();
	size_t call = run->posts++;

	snprintf(row->tenant, sizeof(row->tenant), "%" PRId64, run->tenant);
	snprintf(row->call, sizeof(row->call), "run-%lu-call-%zu", run->number, call);
	snprintf(row->extension, sizeof(row->extension), "%zu", FIRST_EXTENSION + call % run->people);
	snprintf(row->now, sizeof(row->now), "%" PRId64, (int64_t)now);
	snprintf(row->lease, sizeof(row->lease), "%" PRId64, (int64_t)(now + HOUR));
	row->values[0] = row->tenant;
	row->values[1] = row->call;
	row->values[2] = row->extension;
	row->values[3] = row->now;
	row->values[4] = row->lease;
	run->open++;
}

static bool succeeded(PGresult *result)
{
	bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return ok;
}

static PGconn *open_connection(struct run *run, const char *url)
{
	PGconn *conn = PQconnectdb(url);
	PGresult *result = PQexec(conn, "SELECT id FROM tenants");
	if (PQntuples(result) == 1)
		run->tenant = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	if (run->tenant == 0 || !succeeded(PQprepare(conn, "leg", STATEMENT, 5, NULL)))
		fail(run, PQerrorMessage(conn));
	return conn;
}

static void insert_one_by_one(struct run *run, PGconn *conn)
{
	struct row row;
	do {
		make_row(run, &row);
		if (!succeeded(PQexecPrepared(conn, "leg", 5, row.values, NULL, NULL, 0)))
			fail(run, PQerrorMessage(conn));
		done_one(run, 1);
	} while (goes_on(run));
}

static void insert_next(struct line *line)
{
	struct row row;
	make_row(line->run, &row);
	if (PQsendQueryPrepared(line->conn, "leg", 5, row.values, NULL, NULL, 0) != 1)
		fail(line->run, PQerrorMessage(line->conn));
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct line *line = arg;
	struct run *run = line->run;
	PGresult *result;
	(void)fd;
	(void)what;
	if (PQconsumeInput(line->conn) != 1)
		fail(run, PQerrorMessage(line->conn));
	if (run->failed || PQisBusy(line->conn))
		return;
	while ((result = PQgetResult(line->conn)))
		if (!succeeded(result))
			fail(run, PQerrorMessage(line->conn));
	done_one(run, 1);
	if (goes_on(run))
		insert_next(line);
	else if (run->open == 0)
		event_base_loopbreak(run->base);
}

static void insert_all_at_once(struct run *run, struct line *lines)
{
	for (size_t i = 0; i < run->connections && !run->failed; i++) {
		lines[i].readable = event_new(
			run->base, PQsocket(lines[i].conn), EV_READ | EV_PERSIST, on_readable, &lines[i]);
		event_add(lines[i].readable, NULL);
		insert_next(&lines[i]);
	}
	if (!run->failed)
		event_base_dispatch(run->base);
}

static void run_inserts(struct run *run, const char *url)
{
	struct line *lines = mem_new(run->connections * sizeof(*lines));

	run->base = event_base_new();
	for (size_t i = 0; i < run->connections && !run->failed; i++)
		lines[i] = (struct line){.run = run, .conn = open_connection(run, url)};
	begin(run, run->until);
	if (!run->failed && run->connections == 1)
		insert_one_by_one(run, lines[0].conn);
	else if (!run->failed)
		insert_all_at_once(run, lines);
	for (size_t i = 0; i < run->connections; i++) {
		if (lines[i].readable)
			event_free(lines[i].readable);
		PQfinish(lines[i].conn);
	}
	event_base_free(run->base);
	free(lines);
}

/* ---- life ---- */

static int report(const struct run *run)
{
	if (run->failed)
		return 1;
	printf("{\"events\": %zu, \"requests\": %zu, \"refused\": %zu, \"microseconds\": %" PRId64 "}\n",
		run->events, run->done, run->refused, (int64_t)(run->ended - run->begun));
	return 0;
}

int main(int argc, char **argv)
{
	bool posts = argc == 9 && strcmp(argv[1], "post") == 0;
	bool inserts = argc == 7 && strcmp(argv[1], "insert") == 0;
	if (!posts && !inserts) {
		fputs("Usage: bench_ingest post   RUN MILLISECONDS CONNECTIONS PEOPLE BATCH PORT TOKEN\n"
		      "       bench_ingest insert RUN MILLISECONDS CONNECTIONS PEOPLE URL\n",
			stderr);
		return 2;
	}
	struct run run = {.number = strtoul(argv[2], NULL, 10),
		.until = (usec_t)strtoul(argv[3], NULL, 10) * 1000,
		.connections = strtoul(argv[4], NULL, 10),
		.people = strtoul(argv[5], NULL, 10),
		.batch = posts ? strtoul(argv[6], NULL, 10) : 1};
	if (run.connections == 0 || run.connections > MOST_CONNECTIONS || run.people == 0 || run.batch == 0 ||
		run.batch > LIMIT_EVENTS_PER_POST) {
		fputs("bench_ingest: a number is not allowed\n", stderr);
		return 2;
	}
	if (posts)
		run_posts(&run, (uint16_t)atoi(argv[7]), argv[8]);
	else
		run_inserts(&run, argv[6]);
	return report(&run);
}
