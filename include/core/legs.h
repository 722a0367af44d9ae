/*
 * The life of legs (design section 3): opened by their first event, ended by `ended`, by a snapshot that
 * leaves them out, or by their lease; remembered for a day so that a late event revives nothing.
 */
#ifndef OFFHOOK_CORE_LEGS_H
#define OFFHOOK_CORE_LEGS_H

#include "core/engine.h"

/* Applies one event; makes EFFECT_LEG for every leg that changed and touches its person. */
enum outcome legs_apply(struct engine *engine, const struct fact_call *event, usec_t now);
void legs_snapshot(struct engine *engine, const struct fact_snapshot *snapshot, usec_t now);
struct leg *legs_load(struct engine *engine, const struct fact_call *identity, enum leg_state state);
/* Ends live legs whose lease is over at `now`; for the start. */
void legs_expire(struct engine *engine, usec_t now);
void legs_free(struct engine *engine);

enum { EXTENSION_KEY = LIMIT_PBX_NAME + LIMIT_EXTENSION_BYTES + 2 };
/* What it stands under in the engine: pbx:number. Returns its length; what is too long for a key is no extension. */
size_t extension_key(char key[EXTENSION_KEY], const char *pbx, const char *number);
/* The extension with that number, made when there is none. NULL: `limited`, nobody's, and there are too many
 * of those. */
struct extension *extension_get(struct engine *engine, const char *pbx, const char *number, bool limited);
/* Frees it when it is nobody's, has no leg and nothing is known of its registration. */
void extension_release(struct engine *engine, struct extension *extension);
void extension_assign(struct engine *engine, struct extension *extension, struct person *person);

#endif
