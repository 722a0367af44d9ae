/*
 * The schema's history: the files of sql/, in order, embedded in the program at build time.
 *
 * Forward only, one transaction a file, each recorded in schema_version with the SHA-256 of its text; a
 * file that was applied and then changed, or a schema newer than the program, stops the start.
 */
#ifndef OFFHOOK_STORE_MIGRATIONS_H
#define OFFHOOK_STORE_MIGRATIONS_H

struct migration {
	int version;
	const char *name; /* "0001_catalogue" */
	const char *sql;
};

extern const struct migration migrations[]; /* ends with version 0 */

#endif
