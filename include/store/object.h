/*
 * Writing JSON text: just what statements take as parameters.
 */
#ifndef OFFHOOK_STORE_OBJECT_H
#define OFFHOOK_STORE_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* A string with its quotes. Bytes that are not UTF-8 stay, for PostgreSQL to refuse. */
void object_string(struct buf *out, const char *text);
/* Members, one after the other; the braces are the caller's: object_close replaces the last comma. */
void object_text(struct buf *out, const char *name, const char *value); /* NULL is null */
void object_number(struct buf *out, const char *name, int64_t value);
void object_flag(struct buf *out, const char *name, bool value);
void object_open(struct buf *out);
void object_close(struct buf *out);

#endif
