/*
 * Reads a TOML table into a struct by a table of keys, and says exactly what is wrong with it:
 * "file:line:column: key: reason".
 *
 * Every string may be "${NAME}", the environment variable NAME. Strings are never empty, and pass
 * text_valid.
 */
#ifndef OFFHOOK_BASE_READER_H
#define OFFHOOK_BASE_READER_H

#include "base/toml.h"

/* Where the reading stands: errors are about `key` of `section`. */
struct reader {
	const char *path; /* of the file; paths in it are relative to it */
	const char *file; /* the same, short enough for an error */
	char section[32]; /* "tenant[0]", or "" */
	char key[80];     /* "admins[2]", or "" for the section itself */
	void *target;     /* what is being filled, for the setters */
	struct error *error;
};

struct reader_key {
	const char *name; /* NULL ends the table */
	enum toml_kind kind;
	bool required;
	/* Puts the value into `slot`, the section's struct + offset. `text` is that of a string, the
	 * environment put in, and NULL otherwise. */
	bool (*set)(struct reader *reader, const struct toml_node *node, const char *text, void *slot);
	size_t offset;
};

void reader_init(struct reader *reader, const char *path, void *target, struct error *error);

/* Fills the error, at the position of `node`, and returns false. */
bool reader_fail(struct reader *reader, const struct toml_node *node, const char *format, ...)
	printf_like(3, 4);
/* The value of an element of an array of strings, or NULL after an error. `key` and `index` name it. */
const char *reader_element(
	struct reader *reader, const struct toml_node *array, const char *key, size_t index) must_check;

/* Refuses a member of `table` that is none of the `count` names which stand `step` bytes apart from
 * `names` on; suggests the nearest. */
bool reader_known(struct reader *reader, const struct toml_node *table, const void *names, size_t count,
	size_t step) must_check;
/* Sets what the table has, in the order of `keys`; absent keys are left as they are. */
bool reader_table(struct reader *reader, const struct toml_node *table, const struct reader_key *keys,
	void *object) must_check;
/* Exactly one of the two or three keys must be there; `third` may be NULL. */
bool reader_one_of(struct reader *reader, const struct toml_node *table, const char *first,
	const char *second, const char *third) must_check;
/* A path as it stands in the configuration file, relative to that file: as the program opens it. The caller frees it. */
char *reader_path(const struct reader *reader, const char *path);
/* The content of a secret file: one line, not empty, at most LIMIT_SECRET_BYTES, not open to others. Its
 * path is relative to the configuration file. NULL after an error; the caller frees it. */
char *reader_secret(struct reader *reader, const struct toml_node *node, const char *path) must_check;

#endif
