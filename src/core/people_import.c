/* Comma-separated values are made into people, or into a list of what is wrong with them, here. */
#include "core/people_import.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/csv.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/person_edit.h"

enum column { COLUMN_CONTACT, COLUMN_JID, COLUMN_NAME, COLUMN_EXTENSIONS, COLUMN_TIME_ZONE, COLUMNS };
static const char *const column_names[COLUMNS] = {"contact", "jid", "name", "extensions", "time_zone"};
enum { QUOTED = 60 /* characters of a bad text that a problem repeats */ };

/* One line of the file: the person as it shall be. */
struct row {
	size_t line;
	const struct person *old; /* NULL: is added */
	struct fact_person fields;
};

struct reading {
	struct people_import *import;
	const struct engine *engine;
	struct csv csv;
	int places[COLUMNS]; /* in a record, -1: there is no such column */
	size_t width;        /* columns of the header */
	struct row **rows;
	size_t count, room;
	struct map contacts, accounts, extensions; /* rows, by what they have in the end */
	const char *zone;                          /* the last good one: mostly it is the same in all lines */
};

/* Problems */

static void add_problem(struct reading *reading, size_t line, const struct error *error)
{
	struct people_import *import = reading->import;
	size_t count = import->problem_count++, place;

	if (count >= LIMIT_IMPORT_PROBLEMS) {
		if (line >= import->problems[LIMIT_IMPORT_PROBLEMS - 1].line)
			return;
		count = LIMIT_IMPORT_PROBLEMS - 1;
	}
	for (place = count; place > 0 && import->problems[place - 1].line > line; place--)
		import->problems[place] = import->problems[place - 1];
	import->problems[place] = (struct import_problem){.line = line, .error = *error};
}

static void refuse(struct reading *reading, size_t line, const char *field, const char *text)
{
	struct error error;

	error_set(&error, field, "%s", text);
	add_problem(reading, line, &error);
}

/* The header */

static bool read_column(struct reading *reading, int place, struct error *error)
{
	char *name = text_clean(reading->csv.fields[place],
		     strnlen(reading->csv.fields[place], (size_t)4 * QUOTED), QUOTED),
	     *trimmed = text_trim(name);
	int column = 0;
	bool ok = true;

	while (column < COLUMNS && strcasecmp(trimmed, column_names[column]) != 0)
		column++;
	if (column == COLUMNS)
		ok = error_set(error, NULL,
			"there is no column \"%s\": columns are contact, jid, name, extensions and time_zone",
			trimmed);
	else if (reading->places[column] >= 0)
		ok = error_set(error, NULL, "the column %s comes twice", column_names[column]);
	else
		reading->places[column] = place;
	free(name);
	free(trimmed);
	return ok;
}

static bool read_header(struct reading *reading, struct error *error)
{
	for (size_t i = 0; i < COLUMNS; i++)
		reading->places[i] = -1;
	if (!csv_next(&reading->csv, error))
		return error->text[0] ? false
				      : error_set(error, NULL, "is empty: the first line names the columns");
	reading->width = reading->csv.count;
	for (size_t i = 0; i < reading->width; i++)
		if (!read_column(reading, (int)i, error))
			return false;
	if (reading->places[COLUMN_CONTACT] < 0)
		return error_set(
			error, NULL, "the first line names the columns, and contact must be among them");
	return true;
}

/* Rows */

/* Trimmed, in memory of the list; NULL: there is no such column. */
static char *cell(struct reading *reading, enum column column)
{
	struct fact_list *list = &reading->import->people;
	char *trimmed, *copy;
	size_t size;

	if (reading->places[column] < 0)
		return NULL;
	trimmed = text_trim(reading->csv.fields[reading->places[column]]);
	size = strlen(trimmed) + 1;
	copy = memcpy(facts_memory(list, size), trimmed, size);
	free(trimmed);
	return copy;
}

static void read_account(struct reading *reading, struct row *row)
{
	const char *text = cell(reading, COLUMN_JID);
	char account[JID_TEXT];
	struct error error;

	if (!text)
		return;
	row->fields.account = NULL;
	if (text[0] == '\0')
		return;
	if (!text_valid(text))
		refuse(reading, row->line, "jid", "is not valid UTF-8 or has control characters");
	else if (person_account_parse(text, reading->engine->domain, account, &error))
		row->fields.account = facts_string(&reading->import->people, account);
	else
		add_problem(reading, row->line, &error);
}

static void read_name(struct reading *reading, struct row *row)
{
	const char *text = cell(reading, COLUMN_NAME);
	struct error error;

	if (text && text[0]) {
		row->fields.name = text;
		if (!person_name_check(text, &error))
			add_problem(reading, row->line, &error);
	} else if (text || !row->old) {
		char *made = person_name_made(row->fields.contact);
		row->fields.name = facts_string(&reading->import->people, made);
		free(made);
	}
}

static void read_extensions(struct reading *reading, struct row *row)
{
	char *rest = cell(reading, COLUMN_EXTENSIONS), *text;
	const char *found[LIMIT_EXTENSIONS_PER_PERSON];
	struct error error;
	bool ok = true;

	if (!rest)
		return;
	row->fields.extension_count = 0;
	while (ok && (text = strsep(&rest, " \t\r\n")))
		if (text[0])
			ok = person_extension_add(found, &row->fields.extension_count, text, &error);
	if (!ok)
		add_problem(reading, row->line, &error);
	if (row->fields.extension_count)
		memcpy((const char **)row->fields.extensions, found,
			row->fields.extension_count * sizeof(*found));
}

static void read_zone(struct reading *reading, struct row *row)
{
	const char *text = cell(reading, COLUMN_TIME_ZONE);
	struct error error;

	if (!text)
		return;
	row->fields.time_zone = text[0] ? text : NULL;
	if (text[0] == '\0' || (reading->zone && strcmp(text, reading->zone) == 0))
		return;
	if (person_zone_check(text, &error))
		reading->zone = text;
	else
		add_problem(reading, row->line, &error);
}

/* With what a person has who is there already. NULL: the contact is no contact, or came before. */
static struct row *row_new(struct reading *reading)
{
	struct fact_list *list = &reading->import->people;
	const char *text = cell(reading, COLUMN_CONTACT);
	struct row *row = facts_memory(list, sizeof(*row));
	const char **extensions = facts_memory(list, LIMIT_EXTENSIONS_PER_PERSON * sizeof(*extensions));
	const struct row *twin;
	char contact[1024];
	struct error error;

	row->line = reading->csv.line;
	if (!text_valid(text)) {
		refuse(reading, row->line, "contact", "is not valid UTF-8 or has control characters");
		return NULL;
	}
	if (!person_contact_parse(text, contact, &error)) {
		add_problem(reading, row->line, &error);
		return NULL;
	}
	if ((twin = map_get(&reading->contacts, contact))) {
		error_set(&error, "contact", "%s is in line %zu already", contact, twin->line);
		add_problem(reading, row->line, &error);
		return NULL;
	}
	row->old = engine_person(reading->engine, contact);
	if (row->old)
		person_fields_of(row->old, &row->fields, extensions);
	row->fields.contact = facts_string(list, contact);
	row->fields.extensions = extensions;
	return row;
}

static void read_row(struct reading *reading)
{
	struct row *row;
	struct error error;

	if (reading->csv.count != reading->width) {
		error_set(&error, NULL, "has %zu field%s, the first line has %zu", reading->csv.count,
			reading->csv.count == 1 ? "" : "s", reading->width);
		add_problem(reading, reading->csv.line, &error);
		return;
	}
	if (!(row = row_new(reading)))
		return;
	read_account(reading, row);
	read_name(reading, row);
	read_extensions(reading, row);
	read_zone(reading, row);
	if (reading->count == reading->room) {
		reading->room = reading->room ? 2 * reading->room : 64;
		reading->rows = mem_resize(reading->rows, reading->room, sizeof(struct row *));
	}
	reading->rows[reading->count++] = row;
	map_put(&reading->contacts, row->fields.contact, row);
}

static void read_rows(struct reading *reading)
{
	struct error error;

	while (csv_next(&reading->csv, &error)) {
		if (reading->count == LIMIT_IMPORT_PEOPLE) {
			error_set(&error, NULL, "has more than %d people: import it in parts",
				LIMIT_IMPORT_PEOPLE);
			break;
		}
		read_row(reading);
	}
	if (error.text[0])
		add_problem(reading, reading->csv.line, &error);
}

/* Who has what in the end */

/* False: another line has it. */
static bool claim(struct map *map, const char *key, struct row *row, const struct row **other)
{
	*other = map_get(map, key);
	if (!*other)
		map_put(map, key, row);
	return !*other;
}

/* Whether the person who has it now is in the file, and so gives it up or was found to claim it. */
static bool is_read(const struct reading *reading, const struct person *holder)
{
	return holder && map_get(&reading->contacts, holder->contact);
}

static void check_account(struct reading *reading, struct row *row)
{
	const char *account = row->fields.account;
	const struct row *other;
	struct error error;

	if (!account)
		return;
	if (!claim(&reading->accounts, account, row, &other)) {
		error_set(&error, "jid", "is given to %s in line %zu already", other->fields.contact,
			other->line);
		add_problem(reading, row->line, &error);
	} else if (!is_read(reading, engine_person_by_account(reading->engine, account)) &&
		   !person_account_free(reading->engine, account, row->old, &error)) {
		add_problem(reading, row->line, &error);
	}
}

static void check_extension(struct reading *reading, struct row *row, const char *key)
{
	const struct extension *extension = map_get(&reading->engine->extensions, key);
	const struct row *other;
	struct error error;

	if (!claim(&reading->extensions, key, row, &other)) {
		error_set(&error, "extensions", "%s is given to %s in line %zu already", key,
			other->fields.contact, other->line);
		add_problem(reading, row->line, &error);
	} else if (!is_read(reading, extension ? extension->person : NULL) &&
		   !person_extension_free(reading->engine, key, row->old, &error)) {
		add_problem(reading, row->line, &error);
	}
}

static void check_row(struct reading *reading, struct row *row)
{
	check_account(reading, row);
	for (size_t i = 0; i < row->fields.extension_count; i++)
		check_extension(reading, row, row->fields.extensions[i]);
}

static void count_row(struct people_import *import, const struct row *row)
{
	if (row->old && person_is(row->old, &row->fields)) {
		import->unchanged++;
		return;
	}
	facts_add(&import->people, FACT_PERSON)->person = row->fields;
	import->added += !row->old;
	import->changed += row->old != NULL;
}

static void check_rows(struct reading *reading)
{
	struct people_import *import = reading->import;
	struct error error;

	for (size_t i = 0; i < reading->count; i++)
		check_row(reading, reading->rows[i]);
	for (size_t i = 0; i < reading->count; i++)
		count_row(import, reading->rows[i]);
	if (reading->engine->person_count + import->added <= LIMIT_PEOPLE)
		return;
	error_set(&error, NULL, "there would be more than %d people, which is the limit", LIMIT_PEOPLE);
	add_problem(reading, 0, &error);
}

static void read_file(struct reading *reading)
{
	struct error error;

	if (read_header(reading, &error)) {
		read_rows(reading);
		check_rows(reading);
	} else {
		add_problem(reading, reading->csv.line, &error);
	}
}

/* A field would end at a NUL, and what stands behind it would be lost. */
static bool check_bytes(struct reading *reading, const char *text, size_t length)
{
	const char *nul = memchr(text, '\0', length);
	size_t line = 1;

	if (length > LIMIT_IMPORT_BYTES) {
		refuse(reading, 0, NULL, "is longer than 16 MiB: import it in parts");
		return false;
	}
	if (!nul)
		return true;
	for (const char *at = text; at < nul; at++)
		line += *at == '\n';
	refuse(reading, line, NULL, "has a NUL character: save it as CSV in UTF-8");
	return false;
}

bool people_import_read(
	struct people_import *import, const struct engine *engine, const char *text, size_t length)
{
	struct reading reading = {.import = import, .engine = engine};

	memset(import, 0, sizeof(*import));
	facts_init(&import->people);
	if (!check_bytes(&reading, text, length))
		return false;
	map_init(&reading.contacts);
	map_init(&reading.accounts);
	map_init(&reading.extensions);
	csv_init(&reading.csv, text, length);
	read_file(&reading);
	csv_done(&reading.csv);
	map_done(&reading.contacts);
	map_done(&reading.accounts);
	map_done(&reading.extensions);
	free(reading.rows);
	return import->problem_count == 0;
}

void people_import_done(struct people_import *import)
{
	facts_done(&import->people);
}

/* Words */

void people_import_say(const struct people_import *import, struct buf *out)
{
	buf_addf(out, "%zu %s added, %zu changed, %zu unchanged", import->added,
		import->added == 1 ? "person" : "people", import->changed, import->unchanged);
}

static void say_problem(const struct import_problem *problem, const char *file, struct buf *out)
{
	if (file)
		buf_addf(out, "%s:", file);
	else if (problem->line)
		buf_add_text(out, "line ");
	if (problem->line)
		buf_addf(out, "%zu:", problem->line);
	if (file || problem->line)
		buf_add_char(out, ' ');
	if (problem->error.field[0])
		buf_addf(out, "%s: ", problem->error.field);
	buf_add_text(out, problem->error.text);
}

void people_import_say_problems(const struct people_import *import, const char *file, struct buf *out)
{
	size_t shown =
		import->problem_count < LIMIT_IMPORT_PROBLEMS ? import->problem_count : LIMIT_IMPORT_PROBLEMS;

	for (size_t i = 0; i < shown; i++) {
		if (i > 0)
			buf_add_char(out, '\n');
		say_problem(&import->problems[i], file, out);
	}
	if (import->problem_count > shown)
		buf_addf(out, "\n… and %zu more", import->problem_count - shown);
}
