/*
 * Versions of dialog-info are remembered here, those of the entities heard of last.
 */
#include "pbx/dialog_versions.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"

/* An entity has one possible place, and the newer one takes it. */
struct entity {
	uint64_t key; /* 0: free */
	usec_t heard;
	uint32_t version;
};

struct dialog_versions {
	struct entity entities[LIMIT_DIALOG_ENTITIES];
};

struct dialog_versions *dialog_versions_new(void)
{
	return mem_new(sizeof(struct dialog_versions));
}

void dialog_versions_free(struct dialog_versions *versions)
{
	free(versions);
}

bool dialog_versions_take(struct dialog_versions *versions, const char *pbx, const char *entity,
	uint32_t version, bool full, usec_t now)
{
	uint64_t key = (hash_random(pbx, strlen(pbx)) * 31 + hash_random(entity, strlen(entity))) | 1;
	struct entity *known = &versions->entities[(key >> 1) % LIMIT_DIALOG_ENTITIES];
	usec_t quiet =
		now - known->heard; /* negative: the clock was set back, so nobody knows for how long */
	bool may_begin = full && (version == 0 || quiet < 0 || quiet > LIMIT_DIALOG_QUIET_SECONDS * SECOND);
	bool is_late = known->key == key && version < known->version && !may_begin;
	if (is_late)
		return false;
	*known = (struct entity){.key = key, .heard = now, .version = version};
	return true;
}
