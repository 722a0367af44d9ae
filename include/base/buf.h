/*
 * A growing run of bytes with a largest size fixed at birth.
 *
 * Adding beyond `max` adds nothing and sets `overflow`, which stays set until buf_clear: build the
 * whole thing, then look at `overflow` once. `data` is NUL-terminated after every call once something
 * was added; before, it is NULL (use buf_text for a string that is never NULL).
 * Owner: whoever called buf_init calls buf_done.
 */
#ifndef OFFHOOK_BASE_BUF_H
#define OFFHOOK_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct buf {
	char *data;
	size_t length;
	size_t room;
	size_t max;
	bool overflow;
};

void buf_init(struct buf *buf, size_t max);
void buf_done(struct buf *buf);
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_add_number(struct buf *buf, int64_t number); /* in decimal; much faster than buf_addf */
void buf_addf(struct buf *buf, const char *format, ...) printf_like(2, 3);
const char *buf_text(const struct buf *buf);
/* The bytes, which the caller frees; `buf` is empty afterwards. Never NULL. */
char *buf_take(struct buf *buf);

/* Adds `text` as XML character data or attribute value: escapes & < > " ', replaces everything that is
 * not valid UTF-8 or not a Char of XML 1.0 by U+FFFD. All text of ours that goes into XML as bytes
 * passes here; one bad byte would otherwise close the stream (facts on both servers). */
void buf_add_xml(struct buf *buf, const char *text);

#endif
