/*
 * Ports: what the adapters (XMPP, HTTP, PBX links) need from the rest of the program, as interfaces.
 * src/app implements them. Nothing here blocks.
 *
 * `submit` is memory first: facts are applied and published at once, and committed behind. `change` is
 * for administration, the database first: it is committed, with its audit row, then applied, then
 * `done` is called; while PostgreSQL is away it is refused and nothing changes.
 */
#ifndef OFFHOOK_CORE_PORTS_H
#define OFFHOOK_CORE_PORTS_H

#include "core/engine.h"
#include "core/people_import.h"
#include "core/status_edit.h"

enum commit_result {
	COMMIT_DONE,
	COMMIT_REFUSED /* PostgreSQL would not take a row */,
	COMMIT_LOST /* leadership or program ended */
};

enum submit_result {
	SUBMIT_OK,
	SUBMIT_BUSY, /* the queue to PostgreSQL is full, or a limit of memory is reached: nothing was applied */
	SUBMIT_INVALID, /* error says which field; for several facts `*at` says which; nothing was applied */
};

enum change_kind {
	CHANGE_PERSON_ADD,
	CHANGE_PERSON_EDIT,
	CHANGE_PERSON_DELETE,
	CHANGE_PREFERENCES, /* a person's own: no row in the audit */
	CHANGE_POLICY,
	CHANGE_ADMIN_ADD,
	CHANGE_ADMIN_REMOVE,
	CHANGE_CHOICE,    /* an administrator chooses for a person */
	CHANGE_CALLS_END, /* an administrator ends legs that are stuck */
	CHANGE_STATUS_ADD,
	CHANGE_STATUS_EDIT, /* hides and shows as well */
	CHANGE_STATUS_DELETE,
	CHANGE_STATUS_ORDER,
	CHANGE_PEOPLE_IMPORT,
};

/* Strings are borrowed for the call of `change`. */
struct change {
	enum change_kind kind;
	const char *actor; /* for the audit: a bare JID, "api:NAME", "auto" */
	struct fact_person
		person; /* ADD: row is 0; EDIT: the whole person as it shall be; DELETE: row, contact */
	const struct fact_preferences *preferences;
	const struct policy *policy; /* the whole policy as it shall be */
	const char *account;         /* ADMIN_ADD, ADMIN_REMOVE: a prepared bare JID */
	const struct fact_choice *choice;
	const struct leg *const *legs; /* CALLS_END: live ones */
	size_t leg_count;
	struct status_edit *edit;  /* STATUS_ADD (the port makes its id), STATUS_EDIT */
	const char *status;        /* STATUS_DELETE: its id */
	const char *const *order;  /* STATUS_ORDER: all ids, as status_order_make gives them */
	const uint32_t *positions; /* of those ids; NULL: as status_order_position */
	size_t order_count;
	/* PEOPLE_IMPORT: without problems, and with somebody to write. It is applied, in slices, by reading the
	 * tenant again; `done` comes after that. Borrowed for the call. */
	const struct people_import *import;
};

/* What somebody changed, as it stands in the audit. */
struct audit_row {
	usec_t at;
	const char *actor, *action, *subject;
	const char *changes; /* one a line, such as "name: Bob → Robert"; "" for none */
};
typedef void audit_row_fn(void *arg, const struct audit_row *row);
/* Not ok: the database failed or went away. */
typedef void read_fn(void *arg, bool ok);

/* ok: `person` is the person added or edited or chosen for, else NULL. Not ok: `error` says why, nothing changed. */
typedef void change_fn(void *arg, bool ok, struct person *person, const struct error *error);
typedef void commit_fn(void *arg, enum commit_result result);

struct ports {
	void *ctx;
	usec_t (*now)(void *ctx);
	/* Several facts are checked for size and room before the first is applied; of choices and messages
	 * submit one at a time. `done` (may be NULL) is called once, after everything these facts changed,
	 * and everything submitted before them, is committed; never from inside submit. */
	enum submit_result (*submit)(void *ctx, struct engine *engine, struct fact *facts, size_t count,
		commit_fn *done, void *arg, size_t *at, struct error *error);
	/* Forget a `done` of submit, change or read_audit whose `arg` is about to go away. */
	void (*forget)(void *ctx, void *arg);
	/* False: refused at once, with a reason; else `done` is called later, once. */
	bool (*change)(void *ctx, struct engine *engine, const struct change *change, change_fn *done,
		void *arg, struct error *error);
	/* Rows of the tenant's audit, the newest first, without the first `skip`: `row` is called for each, then
	 * `done`, once, and never from inside. False: refused at once, with a reason. */
	bool (*read_audit)(void *ctx, struct engine *engine, size_t skip, size_t limit, audit_row_fn *row,
		read_fn *done, void *arg, struct error *error);
	/* Watchers, memory first: `heard` is when the watcher was last heard of, 0 removes. */
	void (*save_watcher)(
		void *ctx, struct engine *engine, const char *contact, const char *watcher, usec_t heard);
	/* The digest of what was last handed out completely to the watchers of a contact; 0 removes. */
	void (*save_published)(void *ctx, struct engine *engine, const char *contact, uint64_t digest);
};

#endif
