/*
 * The catalogue: the statuses of one tenant (design section 2).
 *
 * Statuses live as long as their catalogue, so a `const struct status *` may be kept; one that was
 * deleted stays as a tombstone with `deleted` set (its slug is never reused) and is found by
 * catalogue_by_row only. A string of a status moves only when it changes.
 */
#ifndef OFFHOOK_CORE_STATUS_H
#define OFFHOOK_CORE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/map.h"

/* The six state types of XMPP and FreePBX. `available` is the absence of <show/> (RFC 6121 4.7.2.1),
 * `unavailable` is type='unavailable'. */
enum show { SHOW_AVAILABLE, SHOW_CHAT, SHOW_AWAY, SHOW_XA, SHOW_DND, SHOW_UNAVAILABLE };
enum { SHOW_COUNT = SHOW_UNAVAILABLE + 1 };
const char *show_to_text(enum show show);
bool show_parse(const char *text, enum show *show) must_check;

/* What the PBX should do with calls while a status is the choice in force. ACTION_STATUS is legal in a
 * person's preferences only: "as the status says". */
enum call_action { ACTION_NONE, ACTION_DND, ACTION_FOLLOW_ME, ACTION_STATUS };
const char *call_action_to_text(enum call_action action); /* none, dnd, follow-me, status */
bool call_action_parse(const char *text, enum call_action *action) must_check;

enum status_kind { STATUS_BUILTIN, STATUS_AUTOMATIC, STATUS_CUSTOM };
const char *status_kind_to_text(enum status_kind kind);

struct status {
	int64_t row; /* statuses.id in PostgreSQL */
	char *id;    /* slug */
	char *name;
	char *folded; /* name, case-folded */
	char *label;  /* icon and name as one word, case-folded */
	enum show show;
	char *icon;              /* "" for none */
	char *color;             /* "#RRGGBB" */
	char *text;              /* default message, "" for none */
	char *activity;          /* "talking/on_the_phone" (XEP-0108), "" for none */
	uint32_t default_expiry; /* minutes, 0 for none */
	bool when_offline;
	enum call_action call_action;
	enum status_kind kind;
	uint32_t position;
	bool enabled;  /* offered; hiding leaves it to those who have it */
	bool hideable; /* an administrator may hide it */
	bool deleted;
	uint64_t looks; /* the catalogue's when this one last changed in a way that colleagues can see */
	uint64_t look;  /* digest of what colleagues see of it but for its text */
};

/* What a status is made of, for catalogue_put: borrowed strings. */
struct status_fields {
	int64_t row;
	const char *id, *name, *icon, *color, *text, *activity;
	enum show show;
	uint32_t default_expiry, position;
	bool when_offline, enabled, hideable, deleted;
	enum call_action call_action;
	enum status_kind kind;
};

/* What a status is made of; borrows from it. */
void status_fields_of(const struct status *status, struct status_fields *fields);

/* The built-in statuses in their order, as every tenant has them; `count` of them. Rows are 0. */
const struct status_fields *status_builtins(size_t *count);

struct catalogue {
	struct map by_id;
	struct map by_name;      /* folded names of those not deleted */
	struct map by_label;     /* the same with the icon before it */
	struct status **ordered; /* by position, then name; deleted ones are left out */
	size_t count, room;
	struct status **all; /* with deleted ones, in no order */
	size_t all_count;
	struct status **by_row; /* all of them, from when one was first asked for to the next new row */
	bool rows_sorted;
	uint64_t looks;   /* grows when a status becomes different to the eye; a place in the order is none */
	char **old_texts; /* which presences may still point to */
	size_t old_text_count;
	const struct status *available, *away, *extended_away, *chat, *dnd, *busy, *on_call, *offline,
		*invisible;
};

/* Starts with the built-ins. */
void catalogue_init(struct catalogue *catalogue);
void catalogue_done(struct catalogue *catalogue);
/* Adds or replaces by id; the fields were validated at the border, and may borrow from the status itself
 * (status_fields_of). Returns the status. Its old text stays valid until catalogue_forget_texts. */
const struct status *catalogue_put(struct catalogue *catalogue, const struct status_fields *fields);
void catalogue_forget_texts(struct catalogue *catalogue);
const struct status *catalogue_get(const struct catalogue *catalogue, const char *id); /* NULL */
const struct status *catalogue_by_row(struct catalogue *catalogue, int64_t row); /* NULL; also deleted */
/* By name, case-folded, with or without the status's own icon before it; NULL. */
const struct status *catalogue_by_name(const struct catalogue *catalogue, const char *name);
/* A person may set it: enabled and not automatic. */
bool status_selectable(const struct status *status);

#endif
