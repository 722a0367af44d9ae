/*
 * People, policy and statuses are changed in the database here.
 */
#include "store/change.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/person_edit.h"
#include "store/audit.h"
#include "store/import.h"
#include "store/object.h"
#include "store/status_change.h"

enum { EXTENSIONS_BYTES = 64 * 1024, POLICY_BYTES = 64 * 1024 };

struct request {
	struct request *next;
	struct changes *changes;
	enum change_kind kind;
	int64_t tenant, row;               /* of the person or status; 0 for a new one */
	char *account, *extensions, *name; /* what another may have already; the name is folded */
	const char *subject;               /* the field that says whom or what it is about */
	change_done_fn *done;
	void *arg;
	struct error error;
};

struct changes {
	struct db *db;
	struct changes_events events;
	struct request *first;
};

/* What the audit shows of a person: the fields of the form. */
#define AFTER                                                                                                \
	"jsonb_build_object('contact', $3::text, 'jid', $4::text, 'name', $5::text, 'time_zone', $6::text,"  \
	" 'extensions', (SELECT coalesce(jsonb_agg(x.pbx || ':' || x.number ORDER BY x.pbx, x.number), "     \
	"'[]') FROM x))"
#define BEFORE                                                                                               \
	"jsonb_build_object('contact', p.contact, 'jid', p.account, 'name', p.name, 'time_zone', "           \
	"p.time_zone,"                                                                                       \
	" 'extensions', (SELECT coalesce(jsonb_agg(e.pbx || ':' || e.number ORDER BY e.pbx, e.number), "     \
	"'[]')"                                                                                              \
	" FROM extensions e WHERE e.tenant_id = p.tenant_id AND e.person_id = p.id))"
#define GIVEN                                                                                                \
	"x AS (SELECT DISTINCT pbx, number FROM jsonb_to_recordset($7::jsonb) AS x (pbx text, number text))"

/* $1 tenant, $2 person, $3 contact, $4 account, $5 name, $6 time zone, $7 extensions, $8 actor. */
static const char add_sql[] = "WITH " GIVEN ", "
			      "p AS (INSERT INTO people (tenant_id, contact, account, name, time_zone)"
			      " SELECT $1::bigint, $3::text, $4::text, $5::text, $6::text WHERE $2::bigint = "
			      "0 RETURNING tenant_id, id), "
			      "e AS (INSERT INTO extensions (tenant_id, pbx, number, person_id)"
			      " SELECT p.tenant_id, x.pbx, x.number, p.id FROM p, x), "
			      "a AS (INSERT INTO audit (tenant_id, actor, action, subject, after)"
			      " SELECT $1::bigint, $8::text, 'add-person', $3::text, " AFTER " FROM p) "
			      "SELECT id FROM p";

/* Others may have changed the person since: what they did would be undone by writing the whole. So the person is
 * compared with $9, what the engine knows, in a statement after the one that waited for their commit. */
static const char lock_sql[] =
	"SELECT FROM people WHERE tenant_id = $1::bigint AND id = $2::bigint FOR UPDATE";
static const char edit_sql[] =
	"WITH " GIVEN ", "
	"old AS (SELECT " BEFORE
	" AS fields FROM people p WHERE p.tenant_id = $1::bigint AND p.id = $2::bigint"
	" AND ($9::jsonb IS NULL OR $9::jsonb -> 'before' = " IMPORT_PERSON_SQL ")), "
	"p AS (UPDATE people SET contact = $3::text, account = $4::text, name = $5::text, time_zone = "
	"$6::text"
	" WHERE tenant_id = $1::bigint AND id = $2::bigint AND EXISTS (SELECT FROM old)"
	" RETURNING tenant_id, id), "
	"gone AS (DELETE FROM extensions e USING p WHERE e.tenant_id = p.tenant_id AND e.person_id = p.id"
	" AND NOT EXISTS (SELECT FROM x WHERE x.pbx = e.pbx AND x.number = e.number)), "
	"e AS (INSERT INTO extensions (tenant_id, pbx, number, person_id)"
	" SELECT p.tenant_id, x.pbx, x.number, p.id FROM p, x WHERE NOT EXISTS (SELECT FROM extensions h"
	" WHERE h.tenant_id = p.tenant_id AND h.person_id = p.id AND h.pbx = x.pbx AND h.number = "
	"x.number)), "
	"a AS (INSERT INTO audit (tenant_id, actor, action, subject, before, after)"
	" SELECT $1::bigint, $8::text, 'edit-person', $3::text, old.fields, " AFTER " FROM p, old) "
	"SELECT id FROM p";

/* $1 tenant, $2 person, $3 actor. */
static const char delete_sql[] =
	"WITH old AS (SELECT " BEFORE
	" AS fields FROM people p WHERE p.tenant_id = $1::bigint AND p.id = $2::bigint), "
	"p AS (DELETE FROM people WHERE tenant_id = $1::bigint AND id = $2::bigint RETURNING id, contact), "
	"a AS (INSERT INTO audit (tenant_id, actor, action, subject, before)"
	" SELECT $1::bigint, $3::text, 'delete-person', p.contact, old.fields FROM p, old) "
	"SELECT id FROM p";

/* $1 tenant, $2 person, $3 time zone, $4 preferences. */
static const char preferences_sql[] = "UPDATE people SET time_zone = $3::text, preferences = $4::jsonb"
				      " WHERE tenant_id = $1::bigint AND id = $2::bigint RETURNING id";

/* $1 tenant, $2 all keys with their values, $3 actor. */
static const char policy_sql[] =
	"WITH old AS (SELECT coalesce(jsonb_object_agg(key, value), '{}') AS fields FROM policies"
	" WHERE tenant_id = $1::bigint), "
	"p AS (INSERT INTO policies (tenant_id, key, value)"
	" SELECT $1::bigint, key, value FROM jsonb_each_text($2::jsonb)"
	" ON CONFLICT (tenant_id, key) DO UPDATE SET value = EXCLUDED.value WHERE policies.value <> "
	"EXCLUDED.value), "
	"a AS (INSERT INTO audit (tenant_id, actor, action, subject, before, after)"
	" SELECT $1::bigint, $3::text, 'policy', 'policy', old.fields, $2::jsonb FROM old) "
	"SELECT 0";

/* Who has what was asked for, and what of it. $1 tenant, $2 person, then the account or the extensions. */
static const char account_holder_sql[] =
	"SELECT p.account, p.contact FROM people p"
	" WHERE p.tenant_id = $1::bigint AND p.id <> $2::bigint AND p.account = $3::text";
static const char extension_holder_sql[] =
	"SELECT e.pbx || ':' || e.number, p.contact"
	" FROM jsonb_to_recordset($3::jsonb) AS x (pbx text, number text)"
	" JOIN extensions e ON e.tenant_id = $1::bigint AND e.pbx = x.pbx AND e.number = x.number"
	" JOIN people p ON p.tenant_id = e.tenant_id AND p.id = e.person_id"
	" WHERE p.id <> $2::bigint ORDER BY e.pbx, e.number LIMIT 1";

static void request_free(struct request *request)
{
	free(request->account);
	free(request->extensions);
	free(request->name);
	free(request);
}

static void finish(struct request *request, bool ok, int64_t row)
{
	struct request **at = &request->changes->first;

	while (*at != request)
		at = &(*at)->next;
	*at = request->next;
	if (ok)
		request->changes->events.committed(request->changes->events.ctx, request->tenant);
	if (request->done)
		request->done(request->arg, ok, row, &request->error);
	request_free(request);
}

static void on_holder(void *arg, const struct db_outcome *outcome)
{
	struct request *request = arg;

	if (outcome->fault == DB_OK && PQntuples(outcome->result) > 0)
		error_set(&request->error, request->error.field, "%s belongs to %s",
			PQgetvalue(outcome->result, 0, 0), PQgetvalue(outcome->result, 0, 1));
	finish(request, false, 0);
}

static void name_holder(struct request *request, const char *sql, const char *wanted)
{
	struct query *query = query_new(on_holder, request);
	char tenant[24], row[24];

	snprintf(tenant, sizeof(tenant), "%" PRId64, request->tenant);
	snprintf(row, sizeof(row), "%" PRId64, request->row);
	query_add(query, sql, (const char *[]){tenant, row, wanted}, 3);
	if (!db_submit(request->changes->db, query))
		finish(request, false, 0);
}

/* The statement was well, but what it is about is not what it was. */
static void say_nothing_changed(struct request *request)
{
	if (request->kind == CHANGE_PEOPLE_IMPORT)
		error_set(&request->error, NULL,
			"people were changed at the same time, nobody was imported: try again in a moment");
	else if (request->kind == CHANGE_PERSON_EDIT)
		error_set(&request->error, "contact",
			"was changed or deleted by somebody else at the same time: look, and try again");
	else if (strcmp(request->subject, "status") == 0)
		error_set(&request->error, "status", "was deleted meanwhile");
	else
		audit_say_nothing_changed(request->kind, &request->error);
}

static void on_refused(struct request *request, const struct db_outcome *outcome)
{
	if (request->kind == CHANGE_PEOPLE_IMPORT && import_met_another(outcome)) {
		say_nothing_changed(request);
		finish(request, false, 0);
	} else if (strcmp(outcome->constraint, "people_contact") == 0) {
		error_set(&request->error, "contact", "is somebody else's");
		finish(request, false, 0);
	} else if (strcmp(outcome->constraint, "people_account") == 0) {
		error_set(&request->error, "jid", "belongs to somebody else");
		name_holder(request, account_holder_sql, request->account);
	} else if (strcmp(outcome->constraint, "extensions_number") == 0) {
		error_set(&request->error, "extensions", "one of them belongs to somebody else");
		name_holder(request, extension_holder_sql, request->extensions);
	} else if (strcmp(outcome->constraint, "statuses_name") == 0) {
		error_set(&request->error, "name", "belongs to another status");
		name_holder(request, name_holder_sql, request->name);
	} else if (strcmp(outcome->constraint, "statuses_slug") == 0) {
		error_set(&request->error, "name", "is too much like one that was added just now: try again");
		name_holder(request, name_holder_sql, request->name);
	} else {
		log_warn("store", "PostgreSQL refused a change: %s (%s)", outcome->text, outcome->sqlstate);
		error_set(&request->error, NULL, "the database refused it: %s", outcome->text);
		finish(request, false, 0);
	}
}

static void on_done(void *arg, const struct db_outcome *outcome)
{
	struct request *request = arg;
	struct changes *changes = request->changes;

	switch (outcome->fault) {
	case DB_OK:
		if (PQntuples(outcome->result) > 0) {
			finish(request, true, strtoll(PQgetvalue(outcome->result, 0, 0), NULL, 10));
			return;
		}
		say_nothing_changed(request);
		finish(request, false, 0);
		return;
	case DB_REFUSED:
		on_refused(request, outcome);
		return;
	case DB_FAILED:
		log_warn("store", "PostgreSQL did not make a change: %s (%s)", outcome->text,
			outcome->sqlstate);
		error_set(&request->error, NULL, "the database failed, nothing was changed: try again later");
		finish(request, false, 0);
		return;
	case DB_LOST:
		error_set(&request->error, NULL,
			"the database went away: see whether it was done, then try again");
		changes->events.unsure(changes->events.ctx, request->tenant);
		finish(request, false, 0);
		return;
	}
}

static char *extensions_json(const struct fact_person *person)
{
	struct buf out;
	char pbx[LIMIT_PBX_NAME + 1];

	buf_init(&out, EXTENSIONS_BYTES);
	buf_add_char(&out, '[');
	for (size_t i = 0; i < person->extension_count; i++) {
		const char *key = person->extensions[i];
		size_t length = strcspn(key, ":");
		snprintf(pbx, sizeof(pbx), "%.*s", (int)length, key);
		if (i > 0)
			buf_add_char(&out, ',');
		object_open(&out);
		object_text(&out, "pbx", pbx);
		object_text(&out, "number", key[length] == ':' ? key + length + 1 : "");
		object_close(&out);
	}
	buf_add_char(&out, ']');
	return buf_take(&out);
}

static char *preferences_json(const struct preferences *preferences)
{
	struct buf out;
	char text[PREFERENCE_TEXT];

	buf_init(&out, POLICY_BYTES);
	object_open(&out);
	for (const struct preference_key *key = preference_keys; key->name; key++)
		if (!preferences_is_default(preferences, key))
			object_text(&out, key->name, preferences_get(preferences, key, text));
	object_close(&out);
	return buf_take(&out);
}

static char *policy_json(const struct policy *policy)
{
	struct buf out;
	char text[POLICY_TEXT];

	buf_init(&out, POLICY_BYTES);
	object_open(&out);
	for (const struct policy_key *key = policy_keys; key->name; key++)
		object_text(&out, key->name, policy_get(policy, key, text));
	object_close(&out);
	return buf_take(&out);
}

/* What the engine knows of the person; NULL: nothing. The caller frees it. */
static char *basis_json(const struct engine *engine, int64_t row)
{
	const struct person *person = engine_person_by_row(engine, row);
	const char *extensions[LIMIT_EXTENSIONS_PER_PERSON];
	struct fact_person fields;
	struct buf out;

	if (!person)
		return NULL;
	person_fields_of(person, &fields, extensions);
	buf_init(&out, EXTENSIONS_BYTES);
	object_open(&out);
	import_add_person(&out, "before", &fields);
	object_close(&out);
	return buf_take(&out);
}

static void add_person_statement(struct query *query, struct request *request, const struct engine *engine,
	const struct change *change)
{
	const struct fact_person *p = &change->person;
	bool edits = change->kind == CHANGE_PERSON_EDIT;
	char *basis = edits ? basis_json(engine, request->row) : NULL;
	char tenant[24], row[24];

	snprintf(tenant, sizeof(tenant), "%" PRId64, request->tenant);
	snprintf(row, sizeof(row), "%" PRId64, request->row);
	request->account = p->account ? mem_string(p->account) : NULL;
	request->extensions = extensions_json(p);
	if (edits)
		query_add(query, lock_sql, (const char *[]){tenant, row}, 2);
	query_add(query, edits ? edit_sql : add_sql,
		(const char *[]){tenant, row, p->contact, p->account, p->name, p->time_zone,
			request->extensions, change->actor, basis},
		edits ? 9 : 8);
	free(basis);
}

static void add_statement(struct query *query, struct request *request, const struct engine *engine,
	const struct change *change)
{
	char tenant[24], row[24];

	if (audit_add_statement(query, request->tenant, change))
		return;
	snprintf(tenant, sizeof(tenant), "%" PRId64, request->tenant);
	snprintf(row, sizeof(row), "%" PRId64, request->row);
	if (is_status_change(change)) {
		request->name = change->edit && (change->edit->given & EDIT_NAME)
					? text_fold(change->edit->name)
					: NULL;
		status_change_add(query, tenant, row, change);
		return;
	}
	if (change->kind == CHANGE_POLICY) {
		char *policy = policy_json(change->policy);
		query_add(query, policy_sql, (const char *[]){tenant, policy, change->actor}, 3);
		free(policy);
		return;
	}
	if (change->kind == CHANGE_PREFERENCES) {
		char *preferences = preferences_json(change->preferences->preferences);
		query_add(query, preferences_sql,
			(const char *[]){tenant, row, change->preferences->time_zone, preferences}, 4);
		free(preferences);
		return;
	}
	if (change->kind == CHANGE_PERSON_DELETE) {
		query_add(query, delete_sql, (const char *[]){tenant, row, change->actor}, 3);
		return;
	}
	add_person_statement(query, request, engine, change);
}

/* The row that an edit or a deletion is about. A status whose row is unknown is not in the database any more. */
static int64_t row_of(const struct engine *engine, const struct change *change)
{
	const char *id = change->kind == CHANGE_STATUS_EDIT     ? change->edit->id
			 : change->kind == CHANGE_STATUS_DELETE ? change->status
								: NULL;
	const struct status *status = id ? catalogue_get(&engine->catalogue, id) : NULL;

	if (is_status_change(change))
		return status ? status->row : 0;
	if (change->kind == CHANGE_PREFERENCES)
		return change->preferences->row;
	return change->kind == CHANGE_PERSON_ADD ? 0 : change->person.row;
}

bool changes_submit(struct changes *changes, const struct engine *engine, const struct change *change,
	change_done_fn *done, void *arg, struct error *error)
{
	struct request *request = mem_new(sizeof(*request));
	request->changes = changes;
	request->tenant = engine->row;
	request->kind = change->kind;
	request->row = row_of(engine, change);
	request->subject = is_status_change(change) ? "status" : "contact";
	request->done = done;
	request->arg = arg;

	struct query *query = query_new(on_done, request);
	if (change->kind != CHANGE_PEOPLE_IMPORT) {
		add_statement(query, request, engine, change);
	} else if (!import_add_statements(query, engine, change->import, change->actor, error)) {
		query_free(query);
		request_free(request);
		return false;
	}
	if (!db_submit(changes->db, query)) {
		request_free(request);
		return error_set(error, NULL, "the database is away, nothing was changed: try again later");
	}
	request->next = changes->first;
	changes->first = request;
	return true;
}

bool changes_pending(const struct changes *changes)
{
	return changes->first != NULL;
}

bool changes_pending_of(const struct changes *changes, int64_t tenant)
{
	for (const struct request *request = changes->first; request; request = request->next)
		if (request->tenant == tenant)
			return true;
	return false;
}

void changes_forget(struct changes *changes, void *arg)
{
	for (struct request *request = changes->first; request; request = request->next)
		if (request->arg == arg)
			request->done = NULL;
}

struct changes *changes_new(struct db *db, const struct changes_events *events)
{
	struct changes *changes = mem_new(sizeof(*changes));
	changes->db = db;
	changes->events = *events;
	return changes;
}

void changes_free(struct changes *changes)
{
	if (!changes)
		return;
	while (changes->first) {
		struct request *request = changes->first;
		changes->first = request->next;
		request_free(request);
	}
	free(changes);
}
