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
