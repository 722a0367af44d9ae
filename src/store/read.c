/*
 * Rows of policy, statuses and people are turned into facts here.
 */
#include "store/read.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/zone.h"

const char read_policy_sql[] = "SELECT key, value FROM policies WHERE tenant_id = $1::bigint";

const char read_statuses_sql[] = "SELECT id, slug, name, show, kind, call_action, icon, color, text, "
				 "activity, default_expiry, when_offline,"
				 " position, enabled, deleted_at IS NOT NULL "
				 "FROM statuses WHERE tenant_id = $1::bigint ORDER BY id";

const char read_people_sql[] =
	"SELECT p.id, p.contact, p.account, p.name, p.time_zone, e.list, "
	"(SELECT string_agg(key || '=' || value, E'\\n') FROM jsonb_each_text("
	"CASE jsonb_typeof(p.preferences) WHEN 'object' THEN p.preferences END)) "
	"FROM people p LEFT JOIN (SELECT person_id, string_agg(pbx || ':' || number, E'\\n' ORDER BY pbx, "
	"number) AS list"
	" FROM extensions WHERE tenant_id = $1::bigint GROUP BY person_id) e ON e.person_id = p.id "
	"WHERE p.tenant_id = $1::bigint ORDER BY p.id";

int64_t read_number(const PGresult *row, int column)
{
	return strtoll(PQgetvalue(row, 0, column), NULL, 10);
}

const char *read_text(const PGresult *row, int column)
{
	return PQgetisnull(row, 0, column) ? NULL : PQgetvalue(row, 0, column);
}

bool read_flag(const PGresult *row, int column)
{
	return PQgetvalue(row, 0, column)[0] == 't';
}

void read_policy(const PGresult *row, struct policy *policy)
{
	struct error error;
	if (!policy_set(policy, PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1), zone_valid, &error))
		log_warn("store", "policy %s is left out: %s", PQgetvalue(row, 0, 0), error.text);
}

static bool parse_kind(const char *text, enum status_kind *kind)
{
	for (*kind = STATUS_BUILTIN; *kind <= STATUS_CUSTOM; (*kind)++)
		if (strcmp(text, status_kind_to_text(*kind)) == 0)
			return true;
	return false;
}

/* Whether an administrator may hide a built-in status is not in the database. */
static bool may_be_hidden(const struct status_fields *fields)
{
	size_t count;
	const struct status_fields *builtins = status_builtins(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(builtins[i].id, fields->id) == 0)
			return builtins[i].hideable;
	return true;
}

bool read_status(const PGresult *row, struct status_fields *fields)
{
	*fields = (struct status_fields){
		.row = read_number(row, 0),
		.id = PQgetvalue(row, 0, 1),
		.name = PQgetvalue(row, 0, 2),
		.icon = PQgetvalue(row, 0, 6),
		.color = PQgetvalue(row, 0, 7),
		.text = PQgetvalue(row, 0, 8),
		.activity = PQgetvalue(row, 0, 9),
		.default_expiry = (uint32_t)read_number(row, 10),
		.when_offline = read_flag(row, 11),
		.position = (uint32_t)read_number(row, 12),
		.enabled = read_flag(row, 13),
		.deleted = read_flag(row, 14),
	};
	fields->hideable = may_be_hidden(fields);
	if (show_parse(PQgetvalue(row, 0, 3), &fields->show) &&
		parse_kind(PQgetvalue(row, 0, 4), &fields->kind) &&
		call_action_parse(PQgetvalue(row, 0, 5), &fields->call_action))
		return true;
	log_warn("store", "status %s is left out: it has a word that this program does not know", fields->id);
	return false;
}

void read_preferences(const PGresult *row, const struct catalogue *catalogue, struct preferences *preferences)
{
	char *list = PQgetvalue(row, 0, 6), *key;

	preferences_init(preferences);
	while (list && (key = strsep(&list, "\n")) != NULL && *key) {
		struct error error;
		char *value = key + strcspn(key, "=");
		if (*value)
			*value++ = '\0';
		if (!preferences_set(preferences, catalogue, key, value, &error))
			log_info("store", "preference %s of %s is left out: %s", key, PQgetvalue(row, 0, 1),
				error.text);
	}
}

void read_person(
	const PGresult *row, struct fact_person *person, const char *extensions[LIMIT_EXTENSIONS_PER_PERSON])
{
	char *list = PQgetvalue(row, 0, 5); /* belongs to the row, which nobody reads again */
	size_t count = 0;

	while (count < LIMIT_EXTENSIONS_PER_PERSON && list && *list)
		extensions[count++] = strsep(&list, "\n");
	if (list && *list)
		log_warn("store", "%s has more than %d extensions: the others are left out",
			PQgetvalue(row, 0, 1), LIMIT_EXTENSIONS_PER_PERSON);
	*person = (struct fact_person){
		.row = read_number(row, 0),
		.contact = PQgetvalue(row, 0, 1),
		.account = read_text(row, 2),
		.name = PQgetvalue(row, 0, 3),
		.time_zone = read_text(row, 4),
		.extensions = extensions,
		.extension_count = count,
	};
}
