/*
 * What the members of generic PBX bodies have in common: their checks, once for all formats.
 * Every function names the member at fault as "PATH.NAME" in the error and returns false.
 */
#ifndef OFFHOOK_PBX_MEMBER_H
#define OFFHOOK_PBX_MEMBER_H

#include "base/json.h"
#include "core/fact.h"

/* Fills error->field with "path.name" ("name" when path is "") and returns false. */
bool member_error(struct error *error, const char *path, const char *name, const char *text);
/* An identifier: 1..max bytes of valid text. A copy that lives with the list, or NULL when the member is
 * absent. */
bool member_id(const json_t *object, const char *name, size_t max, const char *path, struct fact_list *list,
	const char **id, struct error *error) must_check;
/* The same for a text that is no member, but named like one; it may not be NULL. */
bool member_text(const char *text, size_t max, const char *path, const char *name, struct fact_list *list,
	const char **id, struct error *error) must_check;
/* An RFC 3339 instant; 0 when absent. */
bool member_instant(
	const json_t *object, const char *name, const char *path, usec_t *at, struct error *error) must_check;
/* `direction` and `kind`; unchanged when absent. */
bool member_direction(
	const json_t *object, const char *path, enum direction *direction, struct error *error) must_check;
bool member_kind(const json_t *object, const char *path, enum leg_kind *kind, struct error *error) must_check;

/* The call is up, whatever became of its leg before: formats that tell a state, not an event, give the same
 * call id again and again, and `answered` alone does not reopen a leg. Needs no `at`. */
void facts_add_call_up(struct fact_list *list, const struct fact_call *call);

#endif
