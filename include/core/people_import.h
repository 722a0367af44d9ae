/*
 * People as comma-separated values: what an administrator exports from a directory, reads into a spreadsheet, and
 * brings back.
 *
 * The first row names the columns: `contact`, which must be there, and any of `jid`, `name`, `extensions` (separated
 * by spaces) and `time_zone`, in any order and case. A row whose contact is somebody's edits that person, another
 * adds one. A column that is not there changes nothing; an empty cell clears (a name becomes that made from the
 * contact). What counts is who has what in the end, so two people may swap their extensions within one file.
 *
 * All or nothing: with one problem nobody is imported. Pure.
 */
#ifndef OFFHOOK_CORE_PEOPLE_IMPORT_H
#define OFFHOOK_CORE_PEOPLE_IMPORT_H

#include "base/buf.h"
#include "base/limits.h"
#include "core/engine.h"

struct import_problem {
	size_t line; /* from 1; 0: of the file as a whole */
	struct error error;
};

struct people_import {
	/* Those who are added (row 0) or changed, as they shall be; FACT_PERSON. They borrow from the engine. */
	struct fact_list people;
	size_t added, changed, unchanged;
	struct import_problem problems[LIMIT_IMPORT_PROBLEMS]; /* the first ones, in order of their lines */
	size_t problem_count;                                  /* of all */
};

/* Reads and checks against the people of the engine, at most LIMIT_IMPORT_BYTES. False: it has problems. Either
 * way people_import_done follows. */
bool people_import_read(struct people_import *import, const struct engine *engine, const char *text,
	size_t length) must_check;
void people_import_done(struct people_import *import);

/* "3 people added, 2 changed, 1 unchanged" */
void people_import_say(const struct people_import *import, struct buf *out);
/* The problems, a line each: "people.csv:7: extensions: hq:1001 belongs to Bob Baker (bob)"; with a file of NULL
 * "line 7: extensions: …". Then how many there are more. */
void people_import_say_problems(const struct people_import *import, const char *file, struct buf *out);
enum { IMPORT_SAY_BYTES = (LIMIT_IMPORT_PROBLEMS + 1) * (sizeof(struct error) + 512) };

#endif
