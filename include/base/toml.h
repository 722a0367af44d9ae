/*
 * TOML 1.0 as plain C structs: the small door to toml++, which is C++.
 *
 * The document is a table. A table's `items` are its members in the order of their keys, an array's are
 * its elements. The position is that of the key, of an array's element, or of the [header] of a table.
 * Whoever read the document frees it as a whole; nothing in it is NULL but `key` outside tables and
 * what does not belong to the kind. Texts are valid UTF-8 without NUL.
 */
#ifndef OFFHOOK_BASE_TOML_H
#define OFFHOOK_BASE_TOML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum toml_kind {
	TOML_KIND_STRING,
	TOML_KIND_INTEGER,
	TOML_KIND_BOOLEAN,
	TOML_KIND_ARRAY,
	TOML_KIND_TABLE,
	TOML_KIND_OTHER, /* dates, fractions, and what is nested deeper than TOML_DEPTH */
};

enum { TOML_DEPTH = 6 };

struct toml_node {
	enum toml_kind kind;
	unsigned line, column;
	char *key;  /* in a table */
	char *text; /* of a string */
	long long integer;
	bool boolean;
	struct toml_node *items;
	size_t count;
};

#ifdef __cplusplus
extern "C" {
#endif

/* NULL and "file:line:column: reason" when the bytes are not TOML. Values never appear in the reason:
 * one of them may be a secret with its quotes forgotten. */
struct toml_node *toml_read(
	const char *bytes, size_t length, const char *file, struct error *error) must_check;
void toml_free(struct toml_node *document); /* NULL is allowed */
/* NULL when the table has no such member. */
const struct toml_node *toml_member(const struct toml_node *table, const char *key);

#ifdef __cplusplus
}
#endif

#endif
