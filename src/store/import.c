/*
 * Many people are written in one transaction here.
 */
#include "store/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/person_edit.h"
#include "store/object.h"

enum { PEOPLE_BYTES = 256 * 1024 * 1024 }; /* PostgreSQL takes a little less than 1 GiB */

/* Each knows whether the first found the people as they were by a setting of the transaction. */
#define SAME "current_setting('offhook.import') = 'same'"
#define GIVEN                                                                                                \
	"x AS (SELECT id, before, after FROM jsonb_to_recordset($2::jsonb)"                                  \
	" AS x (id bigint, before jsonb, after jsonb)"

/* In one order, so that two who import do not wait for each other. $1 tenant, $2 ids. A statement of its own: the
 * next sees what those committed for whom this one waited. */
static const char lock_sql[] =
	"SELECT count(*) FROM (SELECT FROM people"
	" WHERE tenant_id = $1::bigint AND id = ANY ($2::bigint[]) ORDER BY id FOR UPDATE) AS l";

/* What one loses another may get, so first everybody gives it up. $1 tenant, $2 people. */
static const char clear_sql[] =
	"WITH " GIVEN " WHERE id IS NOT NULL), "
	"s AS MATERIALIZED (SELECT NOT EXISTS (SELECT FROM x LEFT JOIN people p"
	" ON p.tenant_id = $1::bigint AND p.id = x.id"
	" WHERE x.before IS DISTINCT FROM " IMPORT_PERSON_SQL ") AS same), "
	"e AS (DELETE FROM extensions e USING x, s WHERE s.same AND e.tenant_id = $1::bigint"
	" AND e.person_id = x.id AND NOT x.after -> 'extensions' ? (e.pbx || ':' || e.number)), "
	"p AS (UPDATE people p SET account = NULL FROM x, s WHERE s.same AND p.tenant_id = $1::bigint"
	" AND p.id = x.id AND p.account IS DISTINCT FROM x.after ->> 'jid' AND p.account IS NOT NULL) "
	"SELECT set_config('offhook.import', CASE WHEN s.same THEN 'same' ELSE 'changed' END, true) FROM s";

/* $1 tenant, $2 people, $3 actor. */
static const char write_sql[] =
	"WITH " GIVEN " WHERE " SAME "), "
	"new AS (INSERT INTO people (tenant_id, contact, account, name, time_zone)"
	" SELECT $1::bigint, after ->> 'contact', after ->> 'jid', after ->> 'name', after ->> 'time_zone'"
	" FROM x WHERE id IS NULL RETURNING id, contact), "
	"old AS (UPDATE people p SET account = x.after ->> 'jid', name = x.after ->> 'name',"
	" time_zone = x.after ->> 'time_zone' FROM x"
	" WHERE p.tenant_id = $1::bigint AND p.id = x.id), "
	"w AS (SELECT x.id, x.after -> 'extensions' AS extensions FROM x WHERE x.id IS NOT NULL UNION ALL"
	" SELECT new.id, x.after -> 'extensions' FROM new JOIN x ON x.after ->> 'contact' = new.contact), "
	"n AS (SELECT w.id, split_part(key, ':', 1) AS pbx, substr(key, strpos(key, ':') + 1) AS number"
	" FROM w CROSS JOIN jsonb_array_elements_text(w.extensions) AS key), "
	"e AS (INSERT INTO extensions (tenant_id, pbx, number, person_id)"
	" SELECT $1::bigint, n.pbx, n.number, n.id FROM n WHERE NOT EXISTS (SELECT FROM extensions h"
	" WHERE h.tenant_id = $1::bigint AND h.pbx = n.pbx AND h.number = n.number AND h.person_id = n.id)), "
	"a AS (INSERT INTO audit (tenant_id, actor, action, subject, before, after)"
	" SELECT $1::bigint, $3::text, 'import-people', after ->> 'contact', before, after FROM x) "
	"SELECT 0 FROM x LIMIT 1";

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void import_add_person(struct buf *out, const char *name, const struct fact_person *person)
{
	const char *sorted[LIMIT_EXTENSIONS_PER_PERSON];
	size_t count = person->extension_count;

	if (count)
		memcpy(sorted, person->extensions, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_bytes);
	buf_addf(out, "\"%s\":", name);
	object_open(out);
	object_text(out, "contact", person->contact);
	object_text(out, "jid", person->account);
	object_text(out, "name", person->name);
	object_text(out, "time_zone", person->time_zone);
	buf_add_text(out, "\"extensions\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		object_string(out, sorted[i]);
	}
	buf_add_text(out, "],");
	object_close(out);
	buf_add_char(out, ',');
}

static void add_row(
	struct buf *people, struct buf *ids, const struct engine *engine, const struct fact_person *person)
{
	const struct person *old = engine_person_by_row(engine, person->row);
	const char *extensions[LIMIT_EXTENSIONS_PER_PERSON];
	struct fact_person before;

	object_open(people);
	if (old) {
		buf_addf(ids, "%s%" PRId64, ids->length > 1 ? "," : "", old->row);
		person_fields_of(old, &before, extensions);
		object_number(people, "id", old->row);
		import_add_person(people, "before", &before);
	}
	import_add_person(people, "after", person);
	object_close(people);
}

bool import_add_statements(struct query *query, const struct engine *engine,
	const struct people_import *import, const char *actor, struct error *error)
{
	struct buf people, ids;
	char tenant[24];
	bool ok;

	buf_init(&people, PEOPLE_BYTES);
	buf_init(&ids, PEOPLE_BYTES);
	snprintf(tenant, sizeof(tenant), "%" PRId64, engine->row);
	buf_add_char(&people, '[');
	buf_add_char(&ids, '{');
	for (size_t i = 0; i < import->people.count; i++) {
		if (i > 0)
			buf_add_char(&people, ',');
		add_row(&people, &ids, engine, &import->people.facts[i].person);
	}
	buf_add_char(&people, ']');
	buf_add_char(&ids, '}');
	ok = !people.overflow && !ids.overflow;
	if (ok) {
		query_add(query, lock_sql, (const char *[]){tenant, ids.data}, 2);
		query_add(query, clear_sql, (const char *[]){tenant, people.data}, 2);
		query_add(query, write_sql, (const char *[]){tenant, people.data, actor}, 3);
	} else {
		error_set(error, NULL, "these are too many people at once: import them in parts");
	}
	buf_done(&people);
	buf_done(&ids);
	return ok;
}

bool import_met_another(const struct db_outcome *outcome)
{
	static const char *const constraints[] = {"people_contact", "people_account", "extensions_number"};

	if (outcome->fault == DB_OK)
		return PQntuples(outcome->result) == 0;
	for (size_t i = 0; i < sizeof(constraints) / sizeof(*constraints); i++)
		if (strcmp(outcome->constraint, constraints[i]) == 0)
			return true;
	return strcmp(outcome->sqlstate, "40P01") == 0; /* a deadlock */
}
