/*
 * Bytes are collected here, up to a limit.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/memory.h"

enum { FIRST_ROOM = 256 };

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){.max = max};
}

void buf_done(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){.max = buf->max};
}

void buf_clear(struct buf *buf)
{
	buf->length = 0;
	buf->overflow = false;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

/* Makes room for `length` more bytes and the NUL. Once something did not fit, nothing fits: what stands
 * in the buffer is then a beginning without holes. */
static bool make_room(struct buf *buf, size_t length)
{
	if (buf->overflow || length > buf->max - buf->length) {
		buf->overflow = true;
		return false;
	}
	size_t needed = buf->length + length + 1;
	if (needed <= buf->room)
		return true;
	size_t room = buf->room > 0 ? buf->room : FIRST_ROOM;
	while (room < needed && room <= buf->max / 2)
		room *= 2;
	if (room < needed || room > buf->max)
		room = buf->max + 1;
	buf->data = mem_resize(buf->data, room, 1);
	buf->room = room;
	return true;
}

void buf_add(struct buf *buf, const void *bytes, size_t length)
{
	if (length == 0 || !make_room(buf, length))
		return;
	memcpy(buf->data + buf->length, bytes, length);
	buf->length += length;
	buf->data[buf->length] = '\0';
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_add_number(struct buf *buf, int64_t number)
{
	char text[20], *at = text + sizeof(text);
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (number < 0)
		*--at = '-';
	buf_add(buf, at, (size_t)(text + sizeof(text) - at));
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	size_t room = buf->overflow ? 0 : buf->room - buf->length;

	va_start(args, format);
	int length = vsnprintf(room > 0 ? buf->data + buf->length : NULL, room, format, args);
	va_end(args);
	if (length <= 0)
		return;
	if ((size_t)length < room && (size_t)length <= buf->max - buf->length) {
		buf->length += (size_t)length;
		return;
	}
	if (room > 0)
		buf->data[buf->length] = '\0';
	if (!make_room(buf, (size_t)length))
		return;
	va_start(args, format);
	vsnprintf(buf->data + buf->length, buf->room - buf->length, format, args);
	va_end(args);
	buf->length += (size_t)length;
}

const char *buf_text(const struct buf *buf)
{
	return buf->data != NULL ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
	char *bytes = buf->data != NULL ? buf->data : mem_string("");
	*buf = (struct buf){.max = buf->max, .overflow = buf->overflow};
	return bytes;
}

/* What has to replace an ASCII character, NULL if nothing. */
static const char *xml_escape(unsigned char c)
{
	if (c > '>') /* letters, first: this is what fan-out spends its time on */
		return NULL;
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&apos;";
	case '\t':
	case '\n':
	case '\r':
		return NULL;
	default:
		return c < ' ' ? "\uFFFD" : NULL;
	}
}

/* What has to replace the character at `at`, NULL if nothing; `length` becomes its bytes. */
static const char *xml_replacement(const char *at, const char *end, size_t *length)
{
	unsigned char first = (unsigned char)*at;
	*length = 1;
	if (first < 0x80)
		return xml_escape(first);
	ucs4_t character;
	*length = (size_t)u8_mbtouc(&character, (const uint8_t *)at, (size_t)(end - at));
	/* libunistring reads bad bytes as U+FFFD, and writing that for itself changes nothing. */
	return character >= 0xFFFD && character <= 0xFFFF ? "\uFFFD" : NULL;
}

void buf_add_xml(struct buf *buf, const char *text)
{
	size_t before = buf->length;
	const char *end = text + strlen(text);
	const char *run = text; /* begins what can be copied as it is */

	for (const char *at = text; at < end;) {
		size_t length;
		const char *replacement = xml_replacement(at, end, &length);
		if (replacement != NULL) {
			buf_add(buf, run, (size_t)(at - run));
			buf_add_text(buf, replacement);
			run = at + length;
		}
		at += length;
	}
	buf_add(buf, run, (size_t)(end - run));

	if (buf->overflow && buf->length > before) {
		buf->length = before;
		buf->data[before] = '\0';
	}
}
