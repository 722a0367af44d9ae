/*
 * The people of an engine: found by contact, by account and by row; added, edited and removed.
 */
#ifndef OFFHOOK_CORE_PEOPLE_H
#define OFFHOOK_CORE_PEOPLE_H

#include "core/engine.h"

/* Adds the person of that row or makes an existing one what the fact says. The border checked syntax; an
 * extension or account that is somebody else's is refused with the holder's name, and so is a contact, unless the
 * fact says `swaps` and this person has one to give. */
bool people_put(
	struct engine *engine, const struct fact_person *fact, usec_t now, struct error *error) must_check;
bool people_prefer(struct engine *engine, const struct fact_preferences *fact, usec_t now,
	struct error *error) must_check;
bool people_remove(struct engine *engine, int64_t row, struct error *error) must_check;
/* Where in engine->rows the person of that row stands or would stand. */
size_t people_place(const struct engine *engine, int64_t row);
void people_free(struct engine *engine);
/* The same check as people_put, without changing anything: for a change that is committed first. */
bool people_check(
	const struct engine *engine, const struct fact_person *fact, struct error *error) must_check;

#endif
