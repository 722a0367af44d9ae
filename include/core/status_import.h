/*
 * What must be changed so that a catalogue is as a file says. Pure: who calls carries the steps out.
 *
 * A row means the status that has its id, else the one that has its name, else a new one, under its id if no
 * status ever had that. Only what differs is changed, so a file that is imported twice changes nothing the second
 * time. What the file does not name stays as it is; nothing is deleted. Of a built-in status a file can change
 * position and, where it may be hidden, enabled. A row of a FreePBX list gives name and show; a new status takes
 * icon and colour from the built-in one of that show.
 */
#ifndef OFFHOOK_CORE_STATUS_IMPORT_H
#define OFFHOOK_CORE_STATUS_IMPORT_H

#include "core/status_edit.h"
#include "core/status_file.h"

/* An addition or an edit; borrows from the file. */
struct status_step {
	struct status_edit edit;
	int64_t row; /* statuses.id of the one that is edited, 0 for a new one */
};

struct status_import {
	struct status_step *steps;
	size_t count, added, same, skipped;
	bool reorders; /* afterwards the catalogue's order and positions must be written */
};

/* Told of rows: at is their line or item. Wrong ones are at most LIMIT_IMPORT_PROBLEMS. */
typedef void status_import_say_fn(void *arg, size_t at, bool wrong, const char *text);

/* Makes the catalogue what it shall become. False: a row is wrong, nothing may be carried out, and the catalogue
 * is worthless. Done with status_import_done in both cases. */
bool status_import_plan(struct status_import *import, const struct status_file *file,
	struct catalogue *catalogue, status_import_say_fn *say, void *arg) must_check;
void status_import_done(struct status_import *import);

#endif
