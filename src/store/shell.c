/* The command line reads and writes PostgreSQL here, waiting for each answer. */
#include "store/shell.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/migrations.h"
#include "store/query.h"
#include "store/read.h"
#include "store/status_change.h"

struct shell {
	PGconn *connection;
	char tenant[24];
};

typedef bool row_fn(void *arg, const PGresult *row, struct error *error);

static bool fail(struct shell *shell, const PGresult *result, struct error *error)
{
	const char *reason = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	if (!reason)
		reason = PQerrorMessage(shell->connection);
	return error_set(error, NULL, "the database: %.*s", (int)strcspn(reason, "\n"), reason);
}

/* Runs one statement and hands out its rows one by one; `row` may be NULL. */
static bool run(struct shell *shell, const char *sql, const char *const *values, int count, row_fn *row,
	void *arg, struct error *error)
{
	PGresult *result;
	bool ok = PQsendQueryParams(shell->connection, sql, count, NULL, values, NULL, NULL, 0) &&
		  PQsetSingleRowMode(shell->connection);
	if (!ok)
		return fail(shell, NULL, error);
	while ((result = PQgetResult(shell->connection))) {
		ExecStatusType status = PQresultStatus(result);
		if (status == PGRES_SINGLE_TUPLE && ok && row)
			ok = row(arg, result, error);
		else if (ok && status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK &&
			 status != PGRES_COMMAND_OK)
			ok = fail(shell, result, error);
		PQclear(result);
	}
	return ok;
}

static bool run_plain(struct shell *shell, const char *sql, struct error *error)
{
	return run(shell, sql, NULL, 0, NULL, NULL, error);
}

static bool take_text(void *arg, const PGresult *row, struct error *error)
{
	char *text = arg;
	(void)error;
	snprintf(text, 24, "%s", PQgetvalue(row, 0, 0));
	return true;
}

static bool check_schema(struct shell *shell, struct error *error)
{
	char version[24] = "", table[24] = "";
	int last = 0;

	for (const struct migration *step = migrations; step->version; step++)
		last = step->version;
	if (!run(shell, "SELECT to_regclass('schema_version')::text", NULL, 0, take_text, table, error))
		return false;
	if (table[0] &&
		!run(shell, "SELECT max(version) FROM schema_version", NULL, 0, take_text, version, error))
		return false;
	long present = strtol(version, NULL, 10);
	if (present > last)
		return error_set(error, NULL, "the database's tables are newer than this program");
	if (present < last)
		return error_set(error, NULL,
			"the database's tables are older than this program: run offhook --migrate");
	return true;
}

static bool begin(struct shell *shell, const char *domain, enum shell_access access, struct error *error)
{
	static const char *const beginnings[][4] = {
		[SHELL_READS] = {"SET jit = off", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL},
		/* Whoever changes a status meanwhile waits for the end, which is near. */
		[SHELL_WRITES] = {"SET lock_timeout = '10s'", "BEGIN ISOLATION LEVEL READ COMMITTED",
			"LOCK TABLE statuses IN SHARE ROW EXCLUSIVE MODE", NULL},
	};

	if (!check_schema(shell, error))
		return false;
	for (const char *const *sql = beginnings[access]; *sql; sql++)
		if (!run_plain(shell, *sql, error))
			return false;
	if (!run(shell, "SELECT id FROM tenants WHERE domain = $1", &domain, 1, take_text, shell->tenant,
		    error))
		return false;
	return shell->tenant[0] ||
	       error_set(error, NULL,
		       "the database does not know %s yet: start offhook with this configuration once",
		       domain);
}

struct shell *shell_open(const char *url, const char *domain, enum shell_access access, struct error *error)
{
	static const char *const keywords[] = {
		"connect_timeout", "dbname", "client_encoding", "fallback_application_name", NULL};
	const char *const values[] = {"10", url, "UTF8", "offhook", NULL};
	struct shell *shell = mem_new(sizeof(*shell));

	shell->connection = PQconnectdbParams(keywords, values, 1);
	bool ok = PQstatus(shell->connection) == CONNECTION_OK || fail(shell, NULL, error);
	if (ok && begin(shell, domain, access, error))
		return shell;
	shell_close(shell);
	return NULL;
}

void shell_close(struct shell *shell)
{
	if (!shell)
		return;
	PQfinish(shell->connection);
	free(shell);
}

bool shell_commit(struct shell *shell, struct error *error)
{
	return run_plain(shell, "COMMIT", error);
}

static bool take_status(void *arg, const PGresult *row, struct error *error)
{
	struct status_fields fields;

	if (!read_status(row, &fields))
		return error_set(error, NULL, "a status in the database cannot be read");
	catalogue_put(arg, &fields);
	return true;
}

bool shell_read_catalogue(struct shell *shell, struct catalogue *catalogue, struct error *error)
{
	const char *tenant = shell->tenant;
	return run(shell, read_statuses_sql, &tenant, 1, take_status, catalogue, error);
}

struct people {
	shell_person_fn *fn;
	void *arg;
};

static bool take_person(void *arg, const PGresult *row, struct error *error)
{
	const struct people *people = arg;
	const char *extensions[LIMIT_EXTENSIONS_PER_PERSON];
	struct fact_person person;

	(void)error;
	read_person(row, &person, extensions);
	people->fn(people->arg, &person);
	return true;
}

bool shell_read_people(struct shell *shell, shell_person_fn *fn, void *arg, struct error *error)
{
	struct people people = {.fn = fn, .arg = arg};
	const char *tenant = shell->tenant;
	char sql[1024];

	snprintf(sql, sizeof(sql), "SELECT * FROM (%s) AS p ORDER BY contact", read_people_sql);
	return run(shell, sql, &tenant, 1, take_person, &people, error);
}

bool shell_change(struct shell *shell, const struct change *change, int64_t row, struct error *error)
{
	struct query *query = query_new(NULL, NULL);
	char id[24];
	bool ok = true;

	snprintf(id, sizeof(id), "%" PRId64, row);
	status_change_add(query, shell->tenant, id, change);
	for (int i = 0; ok && i < query->count; i++) {
		const struct statement *statement = &query->statements[i];
		ok = run(shell, statement->sql, (const char *const *)statement->values, statement->count,
			NULL, NULL, error);
	}
	query_free(query);
	return ok;
}
