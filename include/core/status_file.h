/*
 * The catalogue as a file, for people and spreadsheets: CSV with a header row, or a JSON array of objects. All
 * fields of a status, in the order of status_columns, built-in ones included and deleted ones not.
 *
 * Reading also takes FreePBX's list of presence states: rows `type,message`, with or without that header. Whether
 * the values are legal is not looked at here (core/status_import.h). Pure.
 */
#ifndef OFFHOOK_CORE_STATUS_FILE_H
#define OFFHOOK_CORE_STATUS_FILE_H

#include "base/buf.h"
#include "core/status.h"

enum status_column {
	COLUMN_ID,
	COLUMN_NAME,
	COLUMN_SHOW,
	COLUMN_ICON,
	COLUMN_COLOR,
	COLUMN_TEXT,
	COLUMN_ACTIVITY,
	COLUMN_DEFAULT_EXPIRY,
	COLUMN_WHEN_OFFLINE,
	COLUMN_CALL_ACTION,
	COLUMN_POSITION,
	COLUMN_KIND,
	COLUMN_ENABLED,
};
enum { STATUS_COLUMNS = COLUMN_ENABLED + 1 };
extern const char *const status_columns[STATUS_COLUMNS]; /* their names */

struct status_row {
	size_t at;                    /* its line, or its place in the array from 1 */
	char *values[STATUS_COLUMNS]; /* as text, owned; NULL: the file does not say */
};

struct status_file {
	bool json;
	bool freepbx; /* values are of show (the type) and name (the message) only */
	struct status_row *rows;
	size_t count;
};

/* False: nothing is read, and the error tells the line or item. Done with status_file_done in both cases. */
bool status_file_read(struct status_file *file, const char *bytes, size_t length, bool json,
	struct error *error) must_check;
void status_file_done(struct status_file *file);

/* Appends the whole. */
void status_file_write(struct buf *out, const struct catalogue *catalogue, bool json);

#endif
