/* The catalogue is written to files and files are taken apart into rows. */
#include "core/status_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"

const char *const status_columns[STATUS_COLUMNS] = {
	[COLUMN_ID] = "id",
	[COLUMN_NAME] = "name",
	[COLUMN_SHOW] = "show",
	[COLUMN_ICON] = "icon",
	[COLUMN_COLOR] = "color",
	[COLUMN_TEXT] = "text",
	[COLUMN_ACTIVITY] = "activity",
	[COLUMN_DEFAULT_EXPIRY] = "default_expiry",
	[COLUMN_WHEN_OFFLINE] = "when_offline",
	[COLUMN_CALL_ACTION] = "call_action",
	[COLUMN_POSITION] = "position",
	[COLUMN_KIND] = "kind",
	[COLUMN_ENABLED] = "enabled",
};

enum { UNKNOWN = -1, IGNORED = -2 };

static int column_of(const char *name)
{
	for (int i = 0; i < STATUS_COLUMNS; i++)
		if (strcmp(status_columns[i], name) == 0)
			return i;
	return UNKNOWN;
}

static struct status_row *add_row(struct status_file *file, size_t at)
{
	if ((file->count & (file->count - 1)) == 0)
		file->rows = mem_resize(file->rows, file->count ? file->count * 2 : 1, sizeof(*file->rows));
	struct status_row *row = &file->rows[file->count++];
	*row = (struct status_row){.at = at};
	return row;
}

void status_file_done(struct status_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		for (int k = 0; k < STATUS_COLUMNS; k++)
			free(file->rows[i].values[k]);
	free(file->rows);
	*file = (struct status_file){0};
}

/* ---- CSV ---- */

static bool has_field(const struct csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->count; i++)
		if (strcmp(csv->fields[i], name) == 0)
			return true;
	return false;
}

/* Which column stands where. The ids that FreePBX gives to its rows mean nothing here. */
static bool read_header(struct status_file *file, const struct csv *csv, int *columns, struct error *error)
{
	file->freepbx = has_field(csv, "type") && has_field(csv, "message");
	for (size_t i = 0; i < csv->count; i++) {
		const char *name = csv->fields[i];
		if (!file->freepbx)
			columns[i] = column_of(name);
		else if (strcmp(name, "type") == 0)
			columns[i] = COLUMN_SHOW;
		else if (strcmp(name, "message") == 0)
			columns[i] = COLUMN_NAME;
		else
			columns[i] = strcmp(name, "id") == 0 ? IGNORED : UNKNOWN;
		if (columns[i] == UNKNOWN)
			return error_set(
				error, NULL, "column %zu of the header is not a field of a status", i + 1);
		for (size_t k = 0; k < i; k++)
			if (columns[k] == columns[i])
				return error_set(error, NULL, "column %zu of the header comes twice", i + 1);
	}
	return true;
}

/* FreePBX checks nothing, and a database's own export has a word for what is not there. */
static char *freepbx_value(const char *text)
{
	char *value = text_trim(text);
	if (strcmp(value, "NULL") == 0 || strcmp(value, "\\N") == 0)
		value[0] = '\0';
	return value;
}

static bool read_record(struct status_file *file, const struct csv *csv, const int *columns, size_t count,
	struct error *error)
{
	if (csv->count > count)
		return error_set(error, NULL, "there are %zu fields, but %zu columns", csv->count, count);
	struct status_row *row = add_row(file, csv->line);
	for (size_t i = 0; i < csv->count; i++) {
		if (columns[i] < 0)
			continue;
		row->values[columns[i]] =
			file->freepbx ? freepbx_value(csv->fields[i]) : mem_string(csv->fields[i]);
	}
	return true;
}

static bool begins_with_type(const struct csv *csv)
{
	enum show show;
	return csv->count <= 2 && show_parse(csv->fields[0], &show);
}

static bool read_records(struct status_file *file, struct csv *csv, struct error *error)
{
	int columns[CSV_FIELDS] = {COLUMN_SHOW, COLUMN_NAME};
	size_t count = 2;

	if (!csv_next(csv, error))
		return error->text[0] ? false : error_set(error, NULL, "the file is empty");
	file->freepbx = begins_with_type(csv);
	if (file->freepbx) {
		if (!read_record(file, csv, columns, count, error))
			return false;
	} else {
		count = csv->count;
		if (!read_header(file, csv, columns, error))
			return false;
	}
	while (csv_next(csv, error)) {
		if (file->count == LIMIT_STATUSES_EVER)
			return error_set(error, NULL, "there are more than %d statuses", LIMIT_STATUSES_EVER);
		if (!read_record(file, csv, columns, count, error))
			return false;
	}
	return error->text[0] == '\0';
}

static bool read_csv(struct status_file *file, const char *bytes, size_t length, struct error *error)
{
	struct error reason = {0};
	struct csv csv;

	csv_init(&csv, bytes, length);
	bool ok = read_records(file, &csv, &reason);
	if (!ok)
		error_set(error, NULL, "line %zu: %s", csv.line, reason.text);
	csv_done(&csv);
	return ok;
}

/* ---- JSON ---- */

static bool read_value(struct status_row *row, int column, const json_t *value, struct error *error)
{
	char number[32];

	if (json_is_null(value))
		return true;
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_string(value))
		row->values[column] = mem_string(json_string_value(value));
	else if (json_is_boolean(value))
		row->values[column] = mem_string(json_is_true(value) ? "true" : "false");
	else if (json_is_integer(value))
		row->values[column] = mem_string(number);
	else
		return error_set(error, NULL, "item %zu: %s: must be a string, a whole number, true or false",
			row->at, status_columns[column]);
	return true;
}

static bool read_item(struct status_row *row, json_t *item, struct error *error)
{
	if (!json_is_object(item))
		return error_set(error, NULL, "item %zu: must be an object", row->at);
	for (void *at = json_object_iter(item); at; at = json_object_iter_next(item, at)) {
		int column = column_of(json_object_iter_key(at));
		if (column == UNKNOWN)
			return error_set(error, NULL,
				"item %zu: has a member that is not a field of a status", row->at);
		if (!read_value(row, column, json_object_iter_value(at), error))
			return false;
	}
	return true;
}

static bool read_json(struct status_file *file, const char *bytes, size_t length, struct error *error)
{
	json_t *array = json_read(bytes, length, error);
	if (!array)
		return false;
	bool ok = true;
	if (!json_is_array(array))
		ok = error_set(error, NULL, "must be an array of objects");
	else if (json_array_size(array) > LIMIT_STATUSES_EVER)
		ok = error_set(error, NULL, "there are more than %d statuses", LIMIT_STATUSES_EVER);
	for (size_t i = 0; ok && i < json_array_size(array); i++)
		ok = read_item(add_row(file, i + 1), json_array_get(array, i), error);
	json_decref(array);
	return ok;
}

bool status_file_read(
	struct status_file *file, const char *bytes, size_t length, bool json, struct error *error)
{
	*file = (struct status_file){.json = json};
	if (length > 0 && memchr(bytes, '\0', length))
		return error_set(error, NULL, "the file is not UTF-8 text");
	return json ? read_json(file, bytes, length, error) : read_csv(file, bytes, length, error);
}

/* ---- writing ---- */

enum { NUMBER_TEXT = 16 };

static const char *number_text(uint32_t number, char text[NUMBER_TEXT])
{
	snprintf(text, NUMBER_TEXT, "%u", number);
	return text;
}

static void write_record(struct buf *out, const struct status *status)
{
	char expiry[NUMBER_TEXT], position[NUMBER_TEXT];
	const char *const values[STATUS_COLUMNS] = {
		[COLUMN_ID] = status->id,
		[COLUMN_NAME] = status->name,
		[COLUMN_SHOW] = show_to_text(status->show),
		[COLUMN_ICON] = status->icon,
		[COLUMN_COLOR] = status->color,
		[COLUMN_TEXT] = status->text,
		[COLUMN_ACTIVITY] = status->activity,
		[COLUMN_DEFAULT_EXPIRY] =
			status->default_expiry ? number_text(status->default_expiry, expiry) : "",
		[COLUMN_WHEN_OFFLINE] = status->when_offline ? "yes" : "no",
		[COLUMN_CALL_ACTION] = call_action_to_text(status->call_action),
		[COLUMN_POSITION] = number_text(status->position, position),
		[COLUMN_KIND] = status_kind_to_text(status->kind),
		[COLUMN_ENABLED] = status->enabled ? "yes" : "no",
	};

	for (int i = 0; i < STATUS_COLUMNS; i++)
		csv_add(out, values[i], i == 0);
	csv_end(out);
}

static void write_item(struct buf *out, const struct status *status)
{
	json_t *item = json_object(), *const values[STATUS_COLUMNS] = {
					      [COLUMN_ID] = json_string(status->id),
					      [COLUMN_NAME] = json_string(status->name),
					      [COLUMN_SHOW] = json_string(show_to_text(status->show)),
					      [COLUMN_ICON] = json_string(status->icon),
					      [COLUMN_COLOR] = json_string(status->color),
					      [COLUMN_TEXT] = json_string(status->text),
					      [COLUMN_ACTIVITY] = json_string(status->activity),
					      [COLUMN_DEFAULT_EXPIRY] = json_integer(status->default_expiry),
					      [COLUMN_WHEN_OFFLINE] = json_boolean(status->when_offline),
					      [COLUMN_CALL_ACTION] =
						      json_string(call_action_to_text(status->call_action)),
					      [COLUMN_POSITION] = json_integer(status->position),
					      [COLUMN_KIND] = json_string(status_kind_to_text(status->kind)),
					      [COLUMN_ENABLED] = json_boolean(status->enabled),
				      };

	for (int i = 0; i < STATUS_COLUMNS; i++)
		json_object_set_new(item, status_columns[i], values[i]);
	char *text = json_dumps(item, JSON_COMPACT);
	buf_add_text(out, text ? text : "{}");
	free(text);
	json_decref(item);
}

void status_file_write(struct buf *out, const struct catalogue *catalogue, bool json)
{
	if (json)
		buf_add_text(out, "[\n");
	for (int i = 0; !json && i < STATUS_COLUMNS; i++)
		csv_add(out, status_columns[i], i == 0);
	if (!json)
		csv_end(out);
	for (size_t i = 0; i < catalogue->count; i++) {
		if (!json) {
			write_record(out, catalogue->ordered[i]);
			continue;
		}
		write_item(out, catalogue->ordered[i]);
		buf_add_text(out, i + 1 < catalogue->count ? ",\n" : "\n");
	}
	if (json)
		buf_add_text(out, "]\n");
}
