/*
 * A map from strings to pointers: open addressing, SipHash with a random key for the process, so
 * that nobody outside can make keys collide.
 *
 * The map owns neither keys nor values: a key must live as long as its entry (it usually stands inside
 * the value). Values are never NULL.
 */
#ifndef OFFHOOK_BASE_MAP_H
#define OFFHOOK_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
	const char *key;
	void *value;
	uint64_t hash; /* of the key, which is far away: others in the way are told from it by this */
};

struct map {
	struct map_slot *slots;
	size_t room; /* a power of two, or 0 */
	size_t used; /* entries and graves */
	size_t count;
};

void map_init(struct map *map);
void map_done(struct map *map);
void *map_get(const struct map *map, const char *key); /* NULL when absent */
/* Returns the value that stood there before (and was replaced, with its key), or NULL. */
void *map_put(struct map *map, const char *key, void *value);
void *map_remove(struct map *map, const char *key);
/* Walk: `size_t at = 0; while ((value = map_next(map, &at)))`. Removing the entry just returned is
 * allowed while walking; adding is not. */
void *map_next(const struct map *map, size_t *at);

/* For a handful of keys that will be looked for soon, by their hash_random: first map_fetch_slot for each, then
 * map_fetch_entry for each. What is far away in memory is on its way together then, where looking for one key
 * after the other would wait for each. Without them everything is as right, and slower. */
void map_fetch_slot(const struct map *map, uint64_t hash);
/* Returns the value whose key has this hash, which is fetched as well: a guess that nothing but fetching may
 * rely on. NULL when there is none. */
const void *map_fetch_entry(const struct map *map, uint64_t hash);

/* SipHash-1-3 with the process's random key: for tables. */
uint64_t hash_random(const void *bytes, size_t length);
/* SipHash-1-3 with a fixed key: the same on every machine and after every restart; chain by `seed`. */
uint64_t hash_stable(const void *bytes, size_t length, uint64_t seed);

#endif
