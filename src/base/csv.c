/* Comma-separated values are taken apart in place, and put together. */
#include "base/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static char separator_of(const char *text, size_t length)
{
	static const char separators[] = ",;\t";
	size_t counts[sizeof(separators) - 1] = {0}, best = 0;
	for (size_t i = 0; i < length && text[i] != '\n' && text[i] != '\r'; i++)
		for (size_t k = 0; k < sizeof(separators) - 1; k++)
			counts[k] += text[i] == separators[k];
	for (size_t k = 1; k < sizeof(separators) - 1; k++)
		if (counts[k] > counts[best])
			best = k;
	return separators[best];
}

void csv_init(struct csv *csv, const char *text, size_t length)
{
	static const char mark[] = "\xef\xbb\xbf";
	if (length >= sizeof(mark) - 1 && memcmp(text, mark, sizeof(mark) - 1) == 0) {
		text += sizeof(mark) - 1;
		length -= sizeof(mark) - 1;
	}
	*csv = (struct csv){.next_line = 1, .separator = separator_of(text, length)};
	csv->copy = mem_bytes(text, length);
	csv->at = csv->copy;
	csv->end = csv->copy + length;
}

void csv_done(struct csv *csv)
{
	free(csv->copy);
	*csv = (struct csv){0};
}

/* Over one line end, whichever it is; false where there is none. */
static bool pass_line_end(struct csv *csv)
{
	if (csv->at < csv->end && *csv->at == '\r')
		csv->at += csv->at + 1 < csv->end && csv->at[1] == '\n' ? 2 : 1;
	else if (csv->at < csv->end && *csv->at == '\n')
		csv->at++;
	else
		return false;
	csv->next_line++;
	return true;
}

/* From behind the opening quote to behind the closing one; the field shrinks to what is quoted. */
static bool read_quoted(struct csv *csv, struct error *error)
{
	char *to = csv->at;
	for (;;) {
		if (csv->at == csv->end)
			return error_set(error, NULL, "a quote is not closed");
		char c = *csv->at++;
		if (c == '"' && (csv->at == csv->end || *csv->at != '"'))
			break;
		if (c == '"')
			csv->at++;
		csv->next_line += c == '\n' || (c == '\r' && (csv->at == csv->end || *csv->at != '\n'));
		*to++ = c;
	}
	bool more = csv->at < csv->end;
	if (more && *csv->at != csv->separator && *csv->at != '\n' && *csv->at != '\r')
		return error_set(error, NULL, "there is text after a closing quote");
	*to = '\0';
	return true;
}

static void read_plain(struct csv *csv)
{
	while (csv->at < csv->end && *csv->at != csv->separator && *csv->at != '\n' && *csv->at != '\r')
		csv->at++;
}

bool csv_next(struct csv *csv, struct error *error)
{
	*error = (struct error){0};
	while (pass_line_end(csv))
		;
	csv->count = 0;
	csv->line = csv->next_line;
	if (csv->at == csv->end)
		return false;
	for (;;) {
		if (csv->count == CSV_FIELDS)
			return error_set(error, NULL, "there are more than %d fields", CSV_FIELDS);
		bool quoted = csv->at < csv->end && *csv->at == '"';
		csv->at += quoted;
		csv->fields[csv->count++] = csv->at;
		if (quoted && !read_quoted(csv, error))
			return false;
		if (!quoted)
			read_plain(csv);
		char *end = csv->at;
		bool more = end < csv->end && *end == csv->separator;
		if (more)
			csv->at++;
		else
			(void)pass_line_end(csv);
		*end = '\0';
		if (!more)
			return true;
	}
}

void csv_add(struct buf *out, const char *field, bool first)
{
	field = field ? field : "";
	if (!first)
		buf_add_char(out, ',');
	size_t length = strlen(field);
	bool spaced = length && (field[0] == ' ' || field[length - 1] == ' ');
	if (!spaced && field[strcspn(field, ",;\t\"\r\n")] == '\0') {
		buf_add(out, field, length);
		return;
	}
	buf_add_char(out, '"');
	for (; *field; field++) {
		if (*field == '"')
			buf_add_char(out, '"');
		buf_add_char(out, *field);
	}
	buf_add_char(out, '"');
}

void csv_end(struct buf *out)
{
	buf_add_text(out, "\r\n");
}
