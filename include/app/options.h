/*
 * The command line.
 */
#ifndef OFFHOOK_APP_OPTIONS_H
#define OFFHOOK_APP_OPTIONS_H

#include "app/files.h"

enum mode { MODE_RUN, MODE_CHECK, MODE_MIGRATE, MODE_FILES, MODE_TOKEN, MODE_VERSION, MODE_HELP };

struct options {
	enum mode mode;
	const char *config;       /* the configuration file */
	struct files_order files; /* MODE_FILES */
};

extern const char options_help[];

/* Reads the command line; what it gives points into argv. False: wrong usage, and said on standard error. */
bool options_read(int argc, char **argv, struct options *options) must_check;

#endif
