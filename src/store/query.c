/*
 * Queries are put together here.
 */
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct query *query_new(db_done_fn *done, void *arg)
{
	struct query *query = mem_new(sizeof(*query));
	query->done = done;
	query->arg = arg;
	return query;
}

void query_free(struct query *query)
{
	if (!query)
		return;
	for (int i = 0; i < query->count; i++)
		for (int v = 0; v < query->statements[i].count; v++)
			free(query->statements[i].values[v]);
	free(query->script);
	free(query);
}

void query_add(struct query *query, const char *sql, const char *const *values, int count)
{
	struct statement *statement = &query->statements[query->count++];
	statement->sql = sql;
	statement->count = count;
	for (int i = 0; i < count; i++)
		statement->values[i] = values[i] ? mem_string(values[i]) : NULL;
}

void query_add_prepared(
	struct query *query, const char *name, const char *sql, const char *const *values, int count)
{
	query_add(query, sql, values, count);
	query->statements[query->count - 1].name = name;
}

static bool is_prepared(const struct prepared *prepared, const char *name)
{
	for (int i = 0; i < prepared->count; i++)
		if (strcmp(prepared->names[i], name) == 0)
			return true;
	return false;
}

/* What was prepared in a transaction that failed may be there or not. */
static bool make_sure(PGconn *conn, struct prepared *prepared)
{
	if (!prepared->doubtful)
		return true;
	*prepared = (struct prepared){0};
	return PQsendQueryParams(conn, "DEALLOCATE ALL", 0, NULL, NULL, NULL, NULL, 0) == 1;
}

static bool send_prepared(const struct statement *statement, PGconn *conn, struct prepared *prepared)
{
	if (!make_sure(conn, prepared))
		return false;
	if (!is_prepared(prepared, statement->name)) {
		if (prepared->count == DB_PREPARED ||
			PQsendPrepare(conn, statement->name, statement->sql, 0, NULL) != 1)
			return false;
		prepared->names[prepared->count++] = statement->name;
	}
	return PQsendQueryPrepared(conn, statement->name, statement->count,
		       (const char *const *)statement->values, NULL, NULL, 0) == 1;
}

static bool send_statement(const struct statement *statement, PGconn *conn, struct prepared *prepared)
{
	if (statement->name)
		return send_prepared(statement, conn, prepared);
	return PQsendQueryParams(conn, statement->sql, statement->count, NULL,
		       (const char *const *)statement->values, NULL, NULL, 0) == 1;
}

bool query_send(const struct query *query, PGconn *conn, struct prepared *prepared)
{
	if (query->script)
		return PQsendQuery(conn, query->script) == 1;
	bool pipeline = query_is_pipeline(query);
	bool ok = !pipeline || PQenterPipelineMode(conn) == 1;
	for (int i = 0; ok && i < query->count; i++)
		ok = send_statement(&query->statements[i], conn, prepared);
	if (ok && query->row)
		ok = PQsetSingleRowMode(conn) == 1;
	return ok && (!pipeline || PQpipelineSync(conn) == 1);
}

void query_script(struct query *query, const char *sql)
{
	query->script = mem_string(sql);
}

void query_rows(struct query *query, db_row_fn *row)
{
	query->row = row;
}

void query_copy(struct query *query, const char *sql, db_line_fn *line)
{
	query->script = mem_string(sql);
	query->line = line;
}

static char unescape(char c)
{
	static const char names[] = "btnvfr", meant[] = "\b\t\n\v\f\r";
	const char *at = strchr(names, c);
	return at && c != '\0' ? meant[at - names] : c;
}

char *db_field(char **line)
{
	char *field = *line;

	if (!field)
		return NULL;
	*line = NULL;
	char *to = field;
	for (const char *from = field; *from != '\0' && *from != '\n'; from++) {
		if (*from == '\t') {
			*line = field + (from - field) + 1;
			break;
		}
		if (*from == '\\' && from[1] != '\0')
			from++, *to++ = unescape(*from);
		else
			*to++ = *from;
	}
	*to = '\0';
	return field;
}
