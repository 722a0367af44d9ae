/*
 * What administrators changed is written down and read here.
 */
#include "store/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/object.h"
#include "store/read.h"

enum { ROWS_BYTES = 1024 * 1024 };

/* $1 tenant, $2 account, $3 actor. */
static const char add_admin_sql[] =
	"WITH d AS (INSERT INTO admins (tenant_id, jid) VALUES ($1::bigint, $2::text)"
	" ON CONFLICT DO NOTHING RETURNING jid), "
	"a AS (INSERT INTO audit (tenant_id, actor, action, subject)"
	" SELECT $1::bigint, $3::text, 'add-admin', d.jid FROM d) "
	"SELECT 0 FROM d";
static const char remove_admin_sql[] =
	"WITH d AS (DELETE FROM admins WHERE tenant_id = $1::bigint AND jid = $2::text RETURNING jid), "
	"a AS (INSERT INTO audit (tenant_id, actor, action, subject)"
	" SELECT $1::bigint, $3::text, 'remove-admin', d.jid FROM d) "
	"SELECT 0 FROM d";

/* Rows of the audit alone, for what is written behind. $1 tenant, $2 rows, $3 actor, $4 action. */
static const char rows_sql[] =
	"WITH a AS (INSERT INTO audit (tenant_id, actor, action, subject, before, after)"
	" SELECT $1::bigint, $3::text, $4::text, x.subject, x.before, x.after"
	" FROM jsonb_to_recordset($2::jsonb) AS x (subject text, before jsonb, after jsonb)) "
	"SELECT 0";

/* Long changes are cut, so that a page fits into a stanza. $1 tenant, $2 limit, $3 how many to skip. */
static const char read_sql[] =
	"SELECT usec(at), actor, action, subject, left(audit_changes(before, after), 1000)"
	" FROM audit WHERE tenant_id = $1::bigint ORDER BY id DESC LIMIT $2::bigint OFFSET $3::bigint";

static void open_row(struct buf *out, const char *subject)
{
	object_open(out);
	object_text(out, "subject", subject);
}

static void add_choice(
	struct buf *out, const char *name, const char *status, const char *message, usec_t until)
{
	char text[CLOCK_TEXT];

	buf_addf(out, "\"%s\":", name);
	object_open(out);
	object_text(out, "status", status);
	object_text(out, "message", message ? message : "");
	object_text(out, "expires", until ? clock_text(until, text) : "");
	object_close(out);
	buf_add_char(out, ',');
}

static void add_choice_row(struct buf *out, const struct fact_choice *choice)
{
	const struct choice *before = choice_in_force(&choice->person->choices, clock_now());

	open_row(out, choice->person->contact);
	if (before)
		add_choice(out, "before", before->status->id, before->message, before->until);
	else
		add_choice(out, "before", "available", NULL, 0);
	add_choice(
		out, "after", choice->status ? choice->status : "available", choice->message, choice->until);
	object_close(out);
}

static void add_leg_row(struct buf *out, const struct leg *leg)
{
	char since[CLOCK_TEXT];

	open_row(out, leg->extension->key);
	buf_add_text(out, "\"before\":");
	object_open(out);
	object_text(out, "call", leg->call);
	object_text(out, "leg", leg->id);
	object_text(out, "state", leg_state_to_text(leg->state));
	object_text(out, "since", leg->since ? clock_text(leg->since, since) : "");
	object_close(out);
	object_close(out);
}

static void add_rows(struct query *query, const char *tenant, const struct change *change)
{
	bool is_choice = change->kind == CHANGE_CHOICE;
	struct buf rows;

	buf_init(&rows, ROWS_BYTES);
	buf_add_char(&rows, '[');
	if (is_choice)
		add_choice_row(&rows, change->choice);
	for (size_t i = 0; !is_choice && i < change->leg_count; i++) {
		if (i > 0)
			buf_add_char(&rows, ',');
		add_leg_row(&rows, change->legs[i]);
	}
	buf_add_char(&rows, ']');
	query_add(query, rows_sql,
		(const char *[]){
			tenant, buf_text(&rows), change->actor, is_choice ? "set-person-status" : "end-call"},
		4);
	buf_done(&rows);
}

bool audit_add_statement(struct query *query, int64_t tenant_row, const struct change *change)
{
	char tenant[24];

	snprintf(tenant, sizeof(tenant), "%" PRId64, tenant_row);
	switch (change->kind) {
	case CHANGE_ADMIN_ADD:
	case CHANGE_ADMIN_REMOVE:
		query_add(query, change->kind == CHANGE_ADMIN_ADD ? add_admin_sql : remove_admin_sql,
			(const char *[]){tenant, change->account, change->actor}, 3);
		return true;
	case CHANGE_CHOICE:
	case CHANGE_CALLS_END:
		add_rows(query, tenant, change);
		return true;
	default:
		return false;
	}
}

void audit_say_nothing_changed(enum change_kind kind, struct error *error)
{
	if (kind == CHANGE_ADMIN_ADD)
		error_set(error, "jid", "is an administrator already");
	else if (kind == CHANGE_ADMIN_REMOVE)
		error_set(error, "jid", "is not an administrator any more");
	else
		error_set(error, "contact", "is nobody's any more");
}

/* ---- reading ---- */

struct reading {
	struct reading *next;
	struct audits *audits;
	audit_row_fn *row;
	read_fn *done; /* NULL: forgotten */
	void *arg;
};

struct audits {
	struct db *db;
	struct reading *first;
};

static void on_row(void *arg, const PGresult *row)
{
	const struct reading *reading = arg;
	const struct audit_row fields = {
		.at = read_number(row, 0),
		.actor = PQgetvalue(row, 0, 1),
		.action = PQgetvalue(row, 0, 2),
		.subject = PQgetvalue(row, 0, 3),
		.changes = PQgetvalue(row, 0, 4),
	};

	if (reading->done)
		reading->row(reading->arg, &fields);
}

static void on_done(void *arg, const struct db_outcome *outcome)
{
	struct reading *reading = arg, **at = &reading->audits->first;

	if (outcome->fault != DB_OK)
		log_warn("store", "the audit could not be read: %s", outcome->text);
	while (*at != reading)
		at = &(*at)->next;
	*at = reading->next;
	if (reading->done)
		reading->done(reading->arg, outcome->fault == DB_OK);
	free(reading);
}

bool audits_read(struct audits *audits, int64_t tenant_row, size_t skip, size_t limit, audit_row_fn *row,
	read_fn *done, void *arg, struct error *error)
{
	struct reading *reading = mem_new(sizeof(*reading));
	struct query *query = query_new(on_done, reading);
	char tenant[24], most[24], offset[24];

	*reading = (struct reading){.audits = audits, .row = row, .done = done, .arg = arg};
	snprintf(tenant, sizeof(tenant), "%" PRId64, tenant_row);
	snprintf(most, sizeof(most), "%zu", limit);
	snprintf(offset, sizeof(offset), "%zu", skip);
	query_add(query, read_sql, (const char *[]){tenant, most, offset}, 3);
	query_rows(query, on_row);
	if (!db_submit(audits->db, query)) {
		free(reading);
		return error_set(error, NULL, "the database is away: try again later");
	}
	reading->next = audits->first;
	audits->first = reading;
	return true;
}

void audits_forget(struct audits *audits, void *arg)
{
	for (struct reading *reading = audits->first; reading; reading = reading->next)
		if (reading->arg == arg)
			reading->done = NULL;
}

struct audits *audits_new(struct db *db)
{
	struct audits *audits = mem_new(sizeof(*audits));
	audits->db = db;
	return audits;
}

void audits_free(struct audits *audits)
{
	if (!audits)
		return;
	while (audits->first) {
		struct reading *reading = audits->first;
		audits->first = reading->next;
		free(reading);
	}
	free(audits);
}
