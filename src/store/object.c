/*
 * JSON text is written here.
 */
#include "store/object.h"

void object_string(struct buf *out, const char *text)
{
	const char *run = text; /* begins what can be copied as it is */

	buf_add_char(out, '"');
	for (const char *at = text; *at; at++) {
		unsigned char c = (unsigned char)*at;
		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		buf_add(out, run, (size_t)(at - run));
		buf_addf(out, "\\u%04x", c);
		run = at + 1;
	}
	buf_add_text(out, run);
	buf_add_char(out, '"');
}

static void name_member(struct buf *out, const char *name)
{
	buf_add_char(out, '"');
	buf_add_text(out, name);
	buf_add(out, "\":", 2);
}

void object_text(struct buf *out, const char *name, const char *value)
{
	name_member(out, name);
	if (value)
		object_string(out, value);
	else
		buf_add_text(out, "null");
	buf_add_char(out, ',');
}

void object_number(struct buf *out, const char *name, int64_t value)
{
	name_member(out, name);
	buf_add_number(out, value);
	buf_add_char(out, ',');
}

void object_flag(struct buf *out, const char *name, bool value)
{
	name_member(out, name);
	buf_add_text(out, value ? "true," : "false,");
}

void object_open(struct buf *out)
{
	buf_add_char(out, '{');
}

void object_close(struct buf *out)
{
	if (out->length > 0 && out->data[out->length - 1] == ',' && !out->overflow)
		out->data[out->length - 1] = '}';
	else
		buf_add_char(out, '}');
}
