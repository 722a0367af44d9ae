/*
 * The schema is brought up to date here, one step of the connection after the other.
 */
#include "store/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/secret.h"

struct migrate {
	struct db *db;
	const struct migration *steps;
	struct migrate_events events;
	const struct migration *next; /* to be applied */
};

static void apply_next(struct migrate *migrate);

/* For this script only: waiting for another process and changing large tables may take long. */
#define WITHOUT_LIMITS "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;\n"

static void finish(struct migrate *migrate, enum migrate_result result, const char *reason)
{
	migrate->events.done(migrate->events.ctx, result, reason);
}

static void run_script(struct migrate *migrate, const char *script, db_done_fn *done)
{
	struct query *query = query_new(done, migrate);
	query_script(query, script);
	if (!db_submit(migrate->db, query))
		finish(migrate, MIGRATE_BROKEN, "the connection is not up");
}

/* Ends with a failure of the server or the connection. The lock ends with the connection. */
static void give_up(struct migrate *migrate, const char *what, const struct db_outcome *outcome)
{
	char reason[512];

	snprintf(reason, sizeof(reason), "%s: %s", what, outcome->text);
	db_reset(migrate->db, reason);
	bool hopeless = outcome->fault == DB_REFUSED || strncmp(outcome->sqlstate, "42", 2) == 0;
	finish(migrate, hopeless ? MIGRATE_REFUSED : MIGRATE_BROKEN, reason);
}

static void refuse(struct migrate *migrate, const char *reason)
{
	db_reset(migrate->db, reason);
	finish(migrate, MIGRATE_REFUSED, reason);
}

static void on_unlocked(void *arg, const struct db_outcome *outcome)
{
	struct migrate *migrate = arg;

	if (outcome->fault == DB_OK)
		finish(migrate, MIGRATE_DONE, "");
	else
		give_up(migrate, "cannot unlock the schema", outcome);
}

static void digest(const struct migration *step, char text[SHA256_TEXT])
{
	unsigned char bytes[SHA256_BYTES];
	secret_sha256(step->sql, strlen(step->sql), bytes);
	secret_hex(bytes, sizeof(bytes), text);
}

static void on_applied(void *arg, const struct db_outcome *outcome)
{
	struct migrate *migrate = arg;
	char what[128];

	if (outcome->fault != DB_OK) {
		snprintf(what, sizeof(what), "migration %s", migrate->next->name);
		give_up(migrate, what, outcome);
		return;
	}
	migrate->events.applied(migrate->events.ctx, migrate->next->name);
	migrate->next++;
	apply_next(migrate);
}

/* Several statements in one text are one transaction. The name comes from a file name of ours. */
static void apply_next(struct migrate *migrate)
{
	const struct migration *step = migrate->next;
	char script[128];

	if (step->version == 0) {
		snprintf(script, sizeof(script), "SELECT pg_advisory_unlock(%d, 0)", STORE_LOCK_CLASS);
		run_script(migrate, script, on_unlocked);
		return;
	}
	struct buf text;
	char sha256[SHA256_TEXT];
	digest(step, sha256);
	buf_init(&text, strlen(step->sql) + 512);
	buf_addf(&text,
		WITHOUT_LIMITS
		"%s;\nINSERT INTO schema_version (version, name, sha256) VALUES (%d, '%s', '%s')",
		step->sql, step->version, step->name, sha256);
	run_script(migrate, buf_text(&text), on_applied);
	buf_done(&text);
}

static bool same(const struct migration *step, const PGresult *rows, int row)
{
	char sha256[SHA256_TEXT];
	digest(step, sha256);
	return strtol(PQgetvalue(rows, row, 0), NULL, 10) == step->version &&
	       strcmp(PQgetvalue(rows, row, 1), step->name) == 0 &&
	       strcmp(PQgetvalue(rows, row, 2), sha256) == 0;
}

static void on_versions(void *arg, const struct db_outcome *outcome)
{
	struct migrate *migrate = arg;
	const PGresult *rows = outcome->result;
	char reason[256];

	if (outcome->fault != DB_OK) {
		give_up(migrate, "cannot read the version of the schema", outcome);
		return;
	}
	migrate->next = migrate->steps;
	for (int row = 0; row < PQntuples(rows); row++, migrate->next++) {
		const struct migration *step = migrate->next;
		if (step->version == 0) {
			snprintf(reason, sizeof(reason),
				"the schema is newer than this program: it has migration %s",
				PQgetvalue(rows, row, 1));
			refuse(migrate, reason);
			return;
		}
		if (!same(step, rows, row)) {
			snprintf(reason, sizeof(reason),
				"migration %s was applied as another text than this program's %s",
				PQgetvalue(rows, row, 1), step->name);
			refuse(migrate, reason);
			return;
		}
	}
	apply_next(migrate);
}

static void read_versions(struct migrate *migrate)
{
	struct query *query = query_new(on_versions, migrate);
	query_add(query, "SELECT version, name, sha256 FROM schema_version ORDER BY version", NULL, 0);
	if (!db_submit(migrate->db, query))
		finish(migrate, MIGRATE_BROKEN, "the connection is not up");
}

static void on_looked(void *arg, const struct db_outcome *outcome)
{
	struct migrate *migrate = arg;

	if (outcome->fault != DB_OK) {
		give_up(migrate, "cannot look for the schema", outcome);
	} else if (PQgetisnull(outcome->result, 0, 0)) {
		migrate->next = migrate->steps;
		apply_next(migrate);
	} else {
		read_versions(migrate);
	}
}

static void on_locked(void *arg, const struct db_outcome *outcome)
{
	struct migrate *migrate = arg;

	if (outcome->fault == DB_OK)
		run_script(migrate, "SELECT to_regclass('schema_version')", on_looked);
	else
		give_up(migrate, "cannot lock the schema", outcome);
}

void migrate_start(struct migrate *migrate)
{
	char script[160];
	snprintf(script, sizeof(script), WITHOUT_LIMITS "SELECT pg_advisory_lock(%d, 0)", STORE_LOCK_CLASS);
	run_script(migrate, script, on_locked);
}

struct migrate *migrate_new(struct db *db, const struct migration *steps, const struct migrate_events *events)
{
	struct migrate *migrate = mem_new(sizeof(*migrate));
	migrate->db = db;
	migrate->steps = steps;
	migrate->events = *events;
	return migrate;
}

void migrate_free(struct migrate *migrate)
{
	free(migrate);
}
