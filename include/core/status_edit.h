/*
 * A status as an administrator wants it (design section 2). Every way in, form or file, fills a status_edit from
 * text and has it checked here, and nothing else decides what a legal status is.
 *
 * An edit names only what shall change. What it leaves out keeps the value that it has when the edit is
 * committed, so two administrators who change different fields of one status at once both get their way.
 */
#ifndef OFFHOOK_CORE_STATUS_EDIT_H
#define OFFHOOK_CORE_STATUS_EDIT_H

#include "base/limits.h"
#include "core/policy.h"
#include "core/status.h"

enum status_field {
	EDIT_NAME = 1 << 0,
	EDIT_SHOW = 1 << 1,
	EDIT_ICON = 1 << 2,
	EDIT_COLOR = 1 << 3,
	EDIT_TEXT = 1 << 4,
	EDIT_ACTIVITY = 1 << 5,
	EDIT_DEFAULT_EXPIRY = 1 << 6,
	EDIT_WHEN_OFFLINE = 1 << 7,
	EDIT_CALL_ACTION = 1 << 8,
	EDIT_ENABLED = 1 << 9,
};

struct status_edit {
	bool adds;                                 /* a new status, of which every field counts as given */
	char id[LIMIT_SLUG + 1];                   /* of a new one: wanted, then made by status_edit_check */
	uint32_t position;                         /* of a new one, likewise */
	unsigned given;                            /* enum status_field */
	const char *name, *icon, *text, *activity; /* borrowed from who set them; "" for none */
	char color[sizeof("#RRGGBB")];
	enum show show;
	uint32_t default_expiry; /* minutes, 0 for none */
	bool when_offline, enabled;
	enum call_action call_action;
};

/* Without a name, Available, grey, last in order, offered. */
void status_edit_add(struct status_edit *edit);
/* Changes nothing yet. */
void status_edit_of(struct status_edit *edit, const struct status *status);
/* Sets one field from its text form; the names are those of the forms, and `enabled`. "" is the text form of none, where
 * there may be none. Booleans: 1, 0, true, false, yes, no. False: refused, `error` has the field. */
bool status_edit_set(
	struct status_edit *edit, const char *field, const char *value, struct error *error) must_check;
/* The id that a new status shall have, if no status has or had it. */
bool status_edit_want(struct status_edit *edit, const char *id, struct error *error) must_check;
/* Takes back what the status is already. */
void status_edit_trim(struct status_edit *edit, const struct status *status);
/* The edit as a whole against the catalogue: who bears the name, what built-in statuses allow, whether there is
 * room. Makes id and position of a new status. */
bool status_edit_check(
	struct status_edit *edit, const struct catalogue *catalogue, struct error *error) must_check;
/* The status as it is after the edit; `old` is the status as it is now, NULL for a new one. Borrows from both. */
void status_edit_apply(
	const struct status_edit *edit, const struct status *old, struct status_fields *fields);

/* Whether that status may be deleted. */
bool status_delete_check(const char *id, const struct catalogue *catalogue, const struct policy *policy,
	struct error *error) must_check;

/* The order that `ids` ask for, into `order`, which has room for catalogue->count: first those named, then the
 * others as they stand. False: an id is unknown or comes twice; the field is `order`. */
bool status_order_make(const struct catalogue *catalogue, const char *const *ids, size_t count,
	const char **order, struct error *error) must_check;
/* The position of the place-th in order, from 0. */
uint32_t status_order_position(size_t place);
/* A position from its text form; the field is `position`. */
bool status_position_parse(const char *text, uint32_t *position, struct error *error) must_check;

#endif
