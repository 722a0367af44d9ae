/*
 * One connection to PostgreSQL is kept up and fed with queries here.
 */
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/query.h"

#define BACKOFF_FIRST (SECOND / 10)
#define BACKOFF_MOST SECOND

enum db_state {
	DB_IDLE,       /* before db_connect */
	DB_WAITING,    /* for the next attempt; the timer is its time */
	DB_CONNECTING, /* the timer is the deadline, also of the next */
	DB_SETTING,    /* the setup script runs */
	DB_UP,         /* the timer is set when the connection shall be given up */
};

struct db {
	struct loop *loop;
	char *name, *url;
	const char *setup;
	struct db_events events;
	enum db_state state;
	PGconn *conn;
	int pid;
	struct event *readable, *writable;
	struct loop_timer *timer;
	unsigned attempt;
	char reason[320]; /* to give up */
	struct query *current, *first, **last;
	size_t waiting;
	struct db_outcome outcome; /* of the current query */
	PGresult *result;
	bool copying; /* lines come, not results */
	struct prepared prepared;
};

static void connect_now(struct db *db);
static void send_next(struct db *db);

/* The first line of what libpq says; its texts end with a newline and may go on with advice. */
static void set_reason(char *reason, size_t size, const char *message)
{
	snprintf(reason, size, "%.*s", (int)strcspn(message, "\n"), message);
}

static void unwatch(struct db *db)
{
	if (db->readable)
		event_free(db->readable);
	if (db->writable)
		event_free(db->writable);
	db->readable = db->writable = NULL;
}

static void hang_up(struct db *db)
{
	unwatch(db);
	PQclear(db->result);
	db->result = NULL;
	PQfinish(db->conn);
	db->conn = NULL;
	db->prepared = (struct prepared){0};
}

static void finish_query(struct query *query, const struct db_outcome *outcome)
{
	if (query->done)
		query->done(query->arg, outcome);
	query_free(query);
}

static void lose(struct db *db, const char *message)
{
	struct query *query = db->current, *rest = db->first;
	struct db_outcome outcome = {.fault = DB_LOST};

	set_reason(outcome.text, sizeof(outcome.text), message);
	hang_up(db);
	db->current = db->first = NULL;
	db->last = &db->first;
	db->waiting = 0;
	db->state = DB_WAITING;
	loop_timer_set(db->timer, loop_backoff(db->attempt++, BACKOFF_FIRST, BACKOFF_MOST));
	db->events.down(db->events.ctx, outcome.text);
	while (query || rest) {
		if (!query) {
			query = rest;
			rest = rest->next;
		}
		finish_query(query, &outcome);
		query = NULL;
	}
}

void db_reset(struct db *db, const char *reason)
{
	if (db->state != DB_UP && db->state != DB_SETTING)
		return;
	set_reason(db->reason, sizeof(db->reason), reason);
	loop_timer_set(db->timer, 0);
}

static void flush(struct db *db)
{
	int left = PQflush(db->conn);
	if (left > 0)
		event_add(db->writable, NULL);
	else
		event_del(db->writable);
	if (left < 0)
		db_reset(db, PQerrorMessage(db->conn));
}

/* What may pass without anybody touching the statement: trouble of the connection, a read-only server, a
 * deadlock, want of resources, another's lock, the operator, the system; a right that was taken away or a
 * table that is not there yet. Any other error comes back each time: a trigger's, a limit, a damaged row. */
static bool may_pass(const char *sqlstate)
{
	static const char *const beginnings[] = {"08", "25", "40", "53", "55", "57", "58", "42501", "42P01"};

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (strncmp(sqlstate, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

/* A server that says it is going away (57P01 to 57P03) has hung up. */
static enum db_fault classify(const char *sqlstate)
{
	if (sqlstate[0] == '\0' || strncmp(sqlstate, "57P", 3) == 0)
		return DB_LOST;
	return may_pass(sqlstate) ? DB_FAILED : DB_REFUSED;
}

static void copy_field(char *to, size_t size, const PGresult *result, int field)
{
	const char *text = PQresultErrorField(result, field);
	snprintf(to, size, "%s", text ? text : "");
}

static void take_error(struct db *db, const PGresult *result)
{
	struct db_outcome *outcome = &db->outcome;

	if (outcome->fault != DB_OK)
		return; /* the first one is the cause of the others */
	copy_field(outcome->sqlstate, sizeof(outcome->sqlstate), result, PG_DIAG_SQLSTATE);
	copy_field(outcome->constraint, sizeof(outcome->constraint), result, PG_DIAG_CONSTRAINT_NAME);
	copy_field(outcome->text, sizeof(outcome->text), result, PG_DIAG_MESSAGE_PRIMARY);
	if (outcome->text[0] == '\0')
		set_reason(outcome->text, sizeof(outcome->text), PQresultErrorMessage(result));
	outcome->fault = classify(outcome->sqlstate);
}

static void complete(struct db *db)
{
	struct query *query = db->current;
	struct db_outcome outcome = db->outcome;
	PGresult *result = db->result;

	db->current = NULL;
	db->result = NULL;
	if (outcome.fault == DB_OK)
		outcome.result = result;
	else
		db->prepared.doubtful = true;
	finish_query(query, &outcome);
	PQclear(result);
}

/* Takes one result; true when it was the query's last. */
static bool take_result(struct db *db, PGresult *result)
{
	if (!result)
		return !query_is_pipeline(db->current);
	switch (PQresultStatus(result)) {
	case PGRES_PIPELINE_SYNC:
		PQclear(result);
		if (!PQexitPipelineMode(db->conn))
			db_reset(db, PQerrorMessage(db->conn));
		return true;
	case PGRES_SINGLE_TUPLE:
		/* After a query that asked for rows, libpq gives the first of a pipeline so as well. */
		if (db->current->row)
			db->current->row(db->current->arg, result);
		PQclear(result);
		return false;
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		PQclear(db->result);
		db->result = result;
		return false;
	case PGRES_PIPELINE_ABORTED:
		PQclear(result);
		return false;
	case PGRES_COPY_OUT:
		PQclear(result);
		db->copying = true;
		return false;
	default:
		take_error(db, result);
		PQclear(result);
		return false;
	}
}

/* What has arrived of them; false when more must come first. */
static bool take_lines(struct db *db)
{
	char *line;
	int length;

	while ((length = PQgetCopyData(db->conn, &line, 1)) > 0) {
		if (db->current->line)
			db->current->line(db->current->arg, line);
		PQfreemem(line);
	}
	if (length < 0)
		db->copying = false;
	return length < 0;
}

static void take_results(struct db *db)
{
	while (db->current && !PQisBusy(db->conn)) {
		if (db->copying && !take_lines(db))
			return;
		PGresult *result = PQgetResult(db->conn);
		bool dead = !result && PQstatus(db->conn) == CONNECTION_BAD;
		if (take_result(db, result)) {
			complete(db);
			send_next(db);
		} else if (dead) {
			return;
		}
	}
}

static void take_notices(struct db *db)
{
	PGnotify *notice;
	while ((notice = PQnotifies(db->conn)) != NULL) {
		if (db->events.notice)
			db->events.notice(db->events.ctx, notice->extra, notice->be_pid);
		PQfreemem(notice);
	}
}

/* What came is used before a lost connection is looked at: an answer may have come with its end. */
static void on_io(evutil_socket_t fd, short what, void *arg)
{
	struct db *db = arg;
	bool alive = true;

	(void)fd;
	if (what & EV_READ)
		alive = PQconsumeInput(db->conn) == 1;
	take_results(db);
	take_notices(db);
	if (!alive || PQstatus(db->conn) == CONNECTION_BAD)
		lose(db, PQerrorMessage(db->conn));
	else
		flush(db);
}

static void watch(struct db *db, short what, event_callback_fn fn)
{
	struct event_base *base = loop_base(db->loop);
	int fd = PQsocket(db->conn);

	db->readable = event_new(base, fd, EV_READ | EV_PERSIST, fn, db);
	db->writable = event_new(base, fd, EV_WRITE, fn, db);
	if (what & EV_READ)
		event_add(db->readable, NULL);
	if (what & EV_WRITE)
		event_add(db->writable, NULL);
}

static void send_now(struct db *db, struct query *query)
{
	db->current = query;
	db->copying = false;
	db->outcome = (struct db_outcome){.fault = DB_OK};
	if (query_send(query, db->conn, &db->prepared))
		flush(db);
	else
		db_reset(db, PQerrorMessage(db->conn));
}

static void send_next(struct db *db)
{
	struct query *query = db->first;

	if (!query || db->current || db->state != DB_UP)
		return;
	db->first = query->next;
	if (!db->first)
		db->last = &db->first;
	db->waiting--;
	send_now(db, query);
}

bool db_submit(struct db *db, struct query *query)
{
	if (db->state != DB_UP || db->waiting >= LIMIT_STORE_REQUESTS) {
		query_free(query);
		return false;
	}
	*db->last = query;
	db->last = &query->next;
	db->waiting++;
	send_next(db);
	return true;
}

static void on_setup(void *arg, const struct db_outcome *outcome)
{
	struct db *db = arg;

	if (outcome->fault == DB_LOST)
		return;
	if (outcome->fault != DB_OK) {
		db_reset(db, outcome->text);
		return;
	}
	loop_timer_stop(db->timer);
	db->attempt = 0;
	db->state = DB_UP;
	db->events.up(db->events.ctx);
}

static void on_server_notice(void *arg, const PGresult *result)
{
	struct db *db = arg;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (!text)
		return;
	if (severity && strcmp(severity, "WARNING") == 0)
		log_warn(db->name, "PostgreSQL warns: %s", text);
	else
		log_debug(db->name, "PostgreSQL says: %s", text);
}

static void begin_setup(struct db *db)
{
	struct query *query = query_new(on_setup, db);

	db->state = DB_SETTING;
	db->pid = PQbackendPID(db->conn);
	PQsetNoticeReceiver(db->conn, on_server_notice, db);
	watch(db, EV_READ, on_io);
	if (PQsetnonblocking(db->conn, 1) != 0)
		db_reset(db, PQerrorMessage(db->conn));
	query_script(query, db->setup);
	send_now(db, query);
}

/* What libpq says before it has reached a server may quote any part of the URL, so it is not repeated. */
static const char *connect_error(const PGconn *conn)
{
	const char *message = PQerrorMessage(conn);

	if (strncmp(message, "connection to server ", 21) == 0)
		return message;
	return "libpq cannot begin to connect: is there a host of that name, and is each option right?";
}

/* libpq may close its socket and open another at each step, so it is watched anew. */
static void on_connecting(evutil_socket_t fd, short what, void *arg)
{
	struct db *db = arg;

	(void)fd;
	(void)what;
	unwatch(db);
	switch (PQconnectPoll(db->conn)) {
	case PGRES_POLLING_READING:
		watch(db, EV_READ, on_connecting);
		return;
	case PGRES_POLLING_WRITING:
		watch(db, EV_WRITE, on_connecting);
		return;
	case PGRES_POLLING_OK:
		begin_setup(db);
		return;
	default:
		lose(db, connect_error(db->conn));
	}
}

static void connect_now(struct db *db)
{
	/* What stands before the URL it may override. */
	const char *const keys[] = {"application_name", "tcp_user_timeout", "keepalives_idle",
		"keepalives_interval", "keepalives_count", "dbname", "client_encoding", NULL};
	const char *const values[] = {"offhook", "10000", "10", "5", "3", db->url, "UTF8", NULL};

	db->state = DB_CONNECTING;
	db->conn = PQconnectStartParams(keys, values, 1);
	loop_timer_set(db->timer, LIMIT_CONNECT_SECONDS * SECOND);
	if (!db->conn)
		lose(db, "out of memory");
	else if (PQstatus(db->conn) == CONNECTION_BAD)
		lose(db, connect_error(db->conn));
	else
		watch(db, EV_WRITE, on_connecting);
}

static void on_timer(void *arg)
{
	struct db *db = arg;

	if (db->state == DB_WAITING)
		connect_now(db);
	else if (db->reason[0] != '\0')
		lose(db, db->reason);
	else
		lose(db, "the server does not answer");
	db->reason[0] = '\0';
}

struct db *db_new(struct loop *loop, const char *name, const char *url, const char *setup,
	const struct db_events *events)
{
	struct db *db = mem_new(sizeof(*db));
	db->loop = loop;
	db->name = mem_string(name);
	db->url = mem_string(url);
	db->setup = setup;
	db->events = *events;
	db->last = &db->first;
	db->timer = loop_timer_new(loop, on_timer, db);
	return db;
}

void db_free(struct db *db)
{
	if (!db)
		return;
	hang_up(db);
	query_free(db->current);
	while (db->first) {
		struct query *query = db->first;
		db->first = query->next;
		query_free(query);
	}
	loop_timer_free(db->timer);
	free(db->name);
	free(db->url);
	free(db);
}

/* From the loop, so that no callback comes from inside this call. */
void db_connect(struct db *db)
{
	db->state = DB_WAITING;
	loop_timer_set(db->timer, 0);
}

bool db_up(const struct db *db)
{
	return db->state == DB_UP;
}

int db_pid(const struct db *db)
{
	return db->pid;
}
