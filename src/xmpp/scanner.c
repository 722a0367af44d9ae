/*
 * The ends of stanzas are found here.
 */
#include "xmpp/scanner.h"

#include <string.h>

#include "base/limits.h"

enum state {
	SCAN_TEXT,
	SCAN_MARKUP, /* after '<' */
	SCAN_TAG,
	SCAN_EMPTY_TAG, /* after a '/' in a tag */
	SCAN_VALUE,
	SCAN_END_TAG,
	SCAN_BANG,
	SCAN_COMMENT,
	SCAN_SECTION, /* CDATA */
	SCAN_INSTRUCTION,
	SCAN_DECLARATION,
};

/* With declarations of namespaces, which the parser does not count. */
enum { MOST_ATTRIBUTES = 2 * LIMIT_STANZA_ATTRIBUTES };

static enum state after_markup(struct scanner *scanner, char c)
{
	scanner->attributes = 0;
	scanner->before = scanner->latest = '\0';
	switch (c) {
	case '/':
		return SCAN_END_TAG;
	case '!':
		return SCAN_BANG;
	case '?':
		return SCAN_INSTRUCTION;
	default:
		return SCAN_TAG;
	}
}

static enum state after_bang(char c)
{
	return c == '-' ? SCAN_COMMENT : c == '[' ? SCAN_SECTION : SCAN_DECLARATION;
}

static enum state in_tag(struct scanner *scanner, char c)
{
	switch (c) {
	case '\'':
	case '"':
		scanner->quote = c;
		scanner->attributes++;
		return SCAN_VALUE;
	case '/':
		return SCAN_EMPTY_TAG;
	case '>':
		scanner->depth++;
		return SCAN_TEXT;
	default:
		return SCAN_TAG;
	}
}

static enum state in_end_tag(struct scanner *scanner, char c)
{
	if (c != '>')
		return SCAN_END_TAG;
	if (scanner->depth > 0)
		scanner->depth--;
	return SCAN_TEXT;
}

/* What ends with two certain bytes and '>'. */
static enum state until(struct scanner *scanner, char c, char before, char latest)
{
	bool ends = c == '>' && scanner->latest == latest && (before == '\0' || scanner->before == before);

	scanner->before = scanner->latest;
	scanner->latest = c;
	return ends ? SCAN_TEXT : scanner->state;
}

static enum state next_state(struct scanner *scanner, char c)
{
	switch ((enum state)scanner->state) {
	case SCAN_TEXT:
		return c == '<' ? SCAN_MARKUP : SCAN_TEXT;
	case SCAN_MARKUP:
		return after_markup(scanner, c);
	case SCAN_TAG:
		return in_tag(scanner, c);
	case SCAN_EMPTY_TAG:
		return c == '>' ? SCAN_TEXT : in_tag(scanner, c);
	case SCAN_VALUE:
		return c == scanner->quote ? SCAN_TAG : SCAN_VALUE;
	case SCAN_END_TAG:
		return in_end_tag(scanner, c);
	case SCAN_BANG:
		return after_bang(c);
	case SCAN_COMMENT:
		return until(scanner, c, '-', '-');
	case SCAN_SECTION:
		return until(scanner, c, ']', ']');
	case SCAN_INSTRUCTION:
		return until(scanner, c, '\0', '?');
	case SCAN_DECLARATION:
		break;
	}
	return c == '>' ? SCAN_TEXT : SCAN_DECLARATION;
}

/* Most bytes are of text and of values. */
static const char *pass_plain(const struct scanner *scanner, const char *at, const char *end)
{
	int wanted = scanner->state == SCAN_TEXT ? '<' : scanner->quote;
	const char *found;

	if (scanner->state != SCAN_TEXT && scanner->state != SCAN_VALUE)
		return at;
	found = memchr(at, wanted, (size_t)(end - at));
	return found != NULL ? found : end;
}

size_t scanner_take(struct scanner *scanner, const char *bytes, size_t length)
{
	const char *end = bytes + length, *begin = bytes, *at = bytes;

	if (scanner->complete) {
		scanner->complete = scanner->crowded = false;
		scanner->length = 0;
	}
	if (scanner->length == 0 && scanner->state == SCAN_TEXT && scanner->depth > 0)
		begin = at = pass_plain(scanner, bytes, end);
	while (!scanner->complete && (at = pass_plain(scanner, at, end)) < end) {
		enum state before = scanner->state;
		scanner->state = next_state(scanner, *at++);
		scanner->complete = scanner->state == SCAN_TEXT && before != SCAN_TEXT && scanner->depth <= 1;
		if (scanner->attributes > MOST_ATTRIBUTES && !scanner->crowded) {
			scanner->crowded = true;
			break;
		}
	}
	scanner->length += (size_t)(at - begin);
	return (size_t)(at - bytes);
}

bool scanner_between(const struct scanner *scanner)
{
	return scanner->state == SCAN_TEXT && scanner->depth == 1 &&
	       (scanner->complete || scanner->length == 0);
}
