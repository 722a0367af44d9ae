/* Blocks of Asterisk's manager interface are read and written here. */
#include "pbx/ami.h"

#include <string.h>
#include <strings.h>

const char *ami_get(const struct ami_block *block, const char *name)
{
	for (size_t i = 0; i < block->count; i++)
		if (strcasecmp(block->fields[i].name, name) == 0)
			return block->fields[i].value;
	return NULL;
}

const char *ami_text(const struct ami_block *block, const char *name)
{
	const char *value = ami_get(block, name);
	return value ? value : "";
}

void ami_reader_init(struct ami_reader *reader)
{
	memset(reader, 0, offsetof(struct ami_reader, text));
}

static void start_block(struct ami_reader *reader)
{
	reader->block.count = 0;
	reader->used = reader->line = reader->since_block = 0;
	reader->bad = reader->emitted = false;
}

/* The line from reader->line on, without its end. A line that has no colon, such as the greeting, says nothing. */
static void end_line(struct ami_reader *reader)
{
	char *line = reader->text + reader->line;
	reader->text[reader->used++] = '\0';
	char *colon = strchr(line, ':');
	if (!colon || colon == line) {
		reader->used = reader->line;
		return;
	}
	if (reader->block.count == LIMIT_AMI_FIELDS) {
		reader->bad = true;
		return;
	}
	*colon = '\0';
	const char *value = colon + 1 + strspn(colon + 1, " ");
	reader->block.fields[reader->block.count].name = line;
	reader->block.fields[reader->block.count++].value = value;
	reader->line = reader->used;
}

static bool at_line_end(const struct ami_reader *reader)
{
	return reader->used > reader->line && reader->text[reader->used - 1] == '\r';
}

static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

/* True: a block ended that can be used. */
static bool take_line_end(struct ami_reader *reader)
{
	reader->used--;
	if (reader->used > reader->line) {
		if (!reader->bad)
			end_line(reader);
		reader->used = reader->line;
		return false;
	}
	if (!reader->bad && reader->block.count > 0) {
		reader->emitted = true;
		return true;
	}
	reader->passed_over += reader->bad;
	start_block(reader);
	return false;
}

/* True: a block ended. Of a bad block only the ends of lines still matter, so its lines overwrite each other. */
static bool take(struct ami_reader *reader, char c)
{
	if (c == '\n' && at_line_end(reader))
		return take_line_end(reader);
	if (at_line_end(reader)) /* a CR that ended nothing */
		reader->bad = true;
	if (c != '\r' && is_control(c))
		reader->bad = true;
	if (reader->used - reader->line >= LIMIT_AMI_LINE_BYTES || reader->used + 2 >= sizeof(reader->text))
		reader->bad = true;
	if (reader->bad && reader->used > reader->line + 1)
		reader->used = reader->line + 1;
	reader->text[reader->used++] = c;
	return false;
}

enum ami_read ami_reader_read(struct ami_reader *reader, const char **bytes, size_t *length)
{
	if (reader->emitted)
		start_block(reader);
	while (*length > 0) {
		char c = **bytes;
		(*bytes)++;
		(*length)--;
		if (++reader->since_block > LIMIT_AMI_ENDLESS_BYTES)
			return AMI_ENDLESS;
		if (take(reader, c))
			return AMI_BLOCK;
	}
	return AMI_MORE;
}

static void add_clean(struct buf *out, const char *text)
{
	for (; *text; text++)
		buf_add_char(out, is_control(*text) ? ' ' : *text);
}

void ami_begin(struct buf *out, const char *action, const char *id)
{
	ami_add(out, "Action", action);
	ami_add(out, "ActionID", id);
}

void ami_add(struct buf *out, const char *name, const char *value)
{
	buf_add_text(out, name);
	buf_add_text(out, ": ");
	add_clean(out, value);
	buf_add_text(out, "\r\n");
}

void ami_end(struct buf *out)
{
	buf_add_text(out, "\r\n");
}
