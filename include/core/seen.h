/*
 * The last LIMIT_EVENT_IDS idempotency ids of one PBX.
 */
#ifndef OFFHOOK_CORE_SEEN_H
#define OFFHOOK_CORE_SEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"

struct seen {
	char *pbx;
	struct map ids;
	char **ring;
	size_t next, count, max;
};

struct seen *seen_new(const char *pbx, size_t max);
void seen_free(struct seen *seen);
/* False when the id was there already; else it is added and the oldest is forgotten. */
bool seen_add(struct seen *seen, const char *id);
bool seen_has(const struct seen *seen, const char *id);
void seen_forget(struct seen *seen, const char *id);

#endif
