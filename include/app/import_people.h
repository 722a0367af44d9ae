/*
 * offhook --import-people: people from a file of comma-separated values into the database.
 */
#ifndef OFFHOOK_APP_IMPORT_PEOPLE_H
#define OFFHOOK_APP_IMPORT_PEOPLE_H

#include "base/config.h"

/* `file` "-" is standard input; `tenant` NULL: the only one there is. Says what came of it, and returns the exit
 * status: 0 done, 1 nobody was imported, 2 there is no such tenant. */
int import_people(const struct config *config, const char *file, const char *tenant) must_check;

#endif
