/*
 * What the command line takes out of the database into files, and back. It may run while another process serves.
 */
#ifndef OFFHOOK_APP_FILES_H
#define OFFHOOK_APP_FILES_H

#include "base/buf.h"
#include "base/config.h"

enum files_task {
	FILES_EXPORT_PEOPLE,
	FILES_EXPORT_CATALOGUE,
	FILES_EXPORT_ROSTER,
	FILES_IMPORT_PEOPLE,
	FILES_IMPORT_CATALOGUE,
};

struct files_order {
	enum files_task task;
	const char *file;   /* NULL or "-": standard output or input */
	const char *tenant; /* its domain; NULL when the configuration has just one */
	const char *format; /* "csv", "json"; NULL: as the file's name ends, else csv */
	const char *server; /* of the shared contact list: "prosody", "ejabberd" */
};

/* Does it and says what went wrong. The exit status: 0, 1 for failure, 2 for wrong usage. */
int files_run(const struct config *config, const struct files_order *order);

/* For the files of src/app that do the work: false, and said. */
enum { FILES_OK, FILES_FAILED, FILES_USAGE };
struct files_job {
	const struct files_order *order;
	const struct config *config;
	const struct config_tenant *tenant;
	bool json;
};
int export_run(const struct files_job *job);
int import_people_run(const struct files_job *job);
int import_catalogue_run(const struct files_job *job);
/* All of the file that is to be imported. */
bool files_read(const char *path, struct buf *in, struct error *error) must_check;
/* How messages call it. */
const char *files_name(const char *path);
/* Who imports, for the audit. */
enum { FILES_ACTOR = 80 };
void files_actor(char actor[FILES_ACTOR]);
/* Prints "offhook: " and the sentence to standard error; returns `status`. */
int files_complain(int status, const char *format, ...) printf_like(2, 3);

#endif
