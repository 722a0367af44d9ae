/*
 * What the files of legs share: legs.c keeps them and applies events, legs_snapshot.c applies snapshots. The manual
 * is core/legs.h.
 */
#ifndef OFFHOOK_CORE_LEGS_INSIDE_H
#define OFFHOOK_CORE_LEGS_INSIDE_H

#include "core/engine.h"

enum { LEG_KEY = LIMIT_PBX_NAME + LIMIT_CALL_ID_BYTES + LIMIT_LEG_ID_BYTES + LIMIT_EXTENSION_BYTES + 8 };

/* What a leg stands under in the engine. `leg` is its id, or NULL. */
void leg_key(char key[LEG_KEY], const char *pbx, const char *call, const char *leg, const char *number);
struct leg *leg_find(
	const struct engine *engine, const char *pbx, const char *call, const char *leg, const char *number);
struct leg *leg_new(struct engine *engine, struct extension *extension, const char *call, const char *id,
	enum leg_state state);
/* What the event says of the leg, which it is about and not too old for. */
void leg_apply(struct engine *engine, struct leg *leg, const struct fact_call *event, usec_t now);
/* `at`: of what says so; 0: it came without. */
void leg_end(struct engine *engine, struct leg *leg, usec_t at, usec_t now);
/* Those that ended and are remembered for long enough. */
void legs_forget_old(struct engine *engine, usec_t now);

#endif
