/*
 * Comma-separated values (RFC 4180): reading text that a spreadsheet wrote, writing what a spreadsheet reads.
 *
 * Read: records end with CRLF, LF or CR; a field may be quoted, and then holds commas, line ends and doubled
 * quotes; a byte order mark at the start and empty lines are passed over. The text must be UTF-8 that XML
 * allows (the caller checked it). Pure.
 */
#ifndef OFFHOOK_BASE_CSV_H
#define OFFHOOK_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

enum { CSV_FIELDS = 64 }; /* of a record, at most */

struct csv {
	char separator;
	size_t line;              /* in which the last record began, from 1 */
	char *fields[CSV_FIELDS]; /* of the last record; valid until the next */
	size_t count;
	char *copy, *at, *end; /* owned: the text, taken apart in place */
	size_t next_line;
};

/* Copies the text. The separator is the one of , ; and tab that the first line has most of. */
void csv_init(struct csv *csv, const char *text, size_t length);
void csv_done(struct csv *csv);
/* The next record. False at the end, and when the text is wrong: then `error` is set (an empty error is the
 * end), without a field; csv->line tells where. */
bool csv_next(struct csv *csv, struct error *error) must_check;

/* Appends a field of a record, with quotes where it needs them; `first`: no comma before it. NULL is empty. */
void csv_add(struct buf *out, const char *field, bool first);
/* Ends the record, with CRLF. */
void csv_end(struct buf *out);

#endif
