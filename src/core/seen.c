/* Remembering ids in a ring, with a map to find them. */
#include "core/seen.h"

#include <stdlib.h>

#include "base/memory.h"

struct seen *seen_new(const char *pbx, size_t max)
{
	struct seen *seen = mem_new(sizeof(*seen));
	seen->pbx = mem_string(pbx);
	seen->max = max;
	map_init(&seen->ids);
	return seen;
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	for (size_t i = 0; i < seen->count; i++)
		free(seen->ring[i]);
	free(seen->ring);
	map_done(&seen->ids);
	free(seen->pbx);
	free(seen);
}

bool seen_has(const struct seen *seen, const char *id)
{
	return map_get(&seen->ids, id) != NULL;
}

bool seen_add(struct seen *seen, const char *id)
{
	if (map_get(&seen->ids, id))
		return false;
	char *copy = mem_string(id);
	if (seen->count < seen->max) {
		if ((seen->count & (seen->count - 1)) == 0)
			seen->ring = mem_resize(
				seen->ring, seen->count ? seen->count * 2 : 1, sizeof(*seen->ring));
		seen->ring[seen->count++] = copy;
	} else {
		if (seen->ring[seen->next][0])
			map_remove(&seen->ids, seen->ring[seen->next]);
		free(seen->ring[seen->next]);
		seen->ring[seen->next] = copy;
		seen->next = (seen->next + 1) % seen->max;
	}
	map_put(&seen->ids, copy, copy);
	return true;
}

/* Its place in the ring stays taken until its turn comes: by an id that nobody can send. */
void seen_forget(struct seen *seen, const char *id)
{
	char *stored = map_remove(&seen->ids, id);
	if (stored)
		stored[0] = '\0';
}
