/*
 * PostgreSQL for the command line: one connection that waits for its answers, and one transaction. It takes no
 * leadership; a process that runs meanwhile goes on, and learns of changes by itself.
 */
#ifndef OFFHOOK_STORE_SHELL_H
#define OFFHOOK_STORE_SHELL_H

#include "core/fact.h"
#include "core/ports.h"

struct shell;

enum shell_access {
	SHELL_READS,  /* all that is read is of one instant */
	SHELL_WRITES, /* statuses: nobody else changes one until the end */
};

/* Begins a transaction. NULL: no connection, tables that are not this program's, or a tenant that was never
 * served. The URL passes store_url_valid. */
struct shell *shell_open(
	const char *url, const char *domain, enum shell_access access, struct error *error) must_check;
/* Gives up what was not committed. NULL is allowed. */
void shell_close(struct shell *shell);
bool shell_commit(struct shell *shell, struct error *error) must_check;

/* Into a catalogue after catalogue_init, deleted statuses included. */
bool shell_read_catalogue(struct shell *shell, struct catalogue *catalogue, struct error *error) must_check;
/* Everybody, in order of their contacts; what `person` points to is gone after the call. */
typedef void shell_person_fn(void *arg, const struct fact_person *person);
bool shell_read_people(struct shell *shell, shell_person_fn *fn, void *arg, struct error *error) must_check;
/* CHANGE_STATUS_ADD, _EDIT of the status of that row, _ORDER, with their audit rows. */
bool shell_change(
	struct shell *shell, const struct change *change, int64_t row, struct error *error) must_check;

#endif
