/*
 * Strings are found in tables here, and hashed.
 */
#include "base/map.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/memory.h"

enum { FIRST_ROOM = 8 };

/* The key of a slot whose entry was removed: probing goes on past it. */
static const char grave[] = "";

static inline uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

struct sip {
	uint64_t a, b, c, d;
};

/* By value, so that all of it stays in registers. */
static inline struct sip sip_round(struct sip sip)
{
	sip.a += sip.b;
	sip.b = rotate(sip.b, 13) ^ sip.a;
	sip.a = rotate(sip.a, 32);
	sip.c += sip.d;
	sip.d = rotate(sip.d, 16) ^ sip.c;
	sip.a += sip.d;
	sip.d = rotate(sip.d, 21) ^ sip.a;
	sip.c += sip.b;
	sip.b = rotate(sip.b, 17) ^ sip.c;
	sip.c = rotate(sip.c, 32);
	return sip;
}

static inline struct sip sip_word(struct sip sip, uint64_t word)
{
	sip.d ^= word;
	sip = sip_round(sip);
	sip.a ^= word;
	return sip;
}

/* SipHash-1-3: one round a word, three at the end. */
static uint64_t siphash(const unsigned char *bytes, size_t length, const uint64_t key[2])
{
	struct sip sip = {
		key[0] ^ 0x736f6d6570736575U, /* "somepseudorandomlygeneratedbytes" */
		key[1] ^ 0x646f72616e646f6dU,
		key[0] ^ 0x6c7967656e657261U,
		key[1] ^ 0x7465646279746573U,
	};
	uint64_t word;

	for (size_t left = length; left >= 8; left -= 8, bytes += 8) {
		memcpy(&word, bytes, 8);
		sip = sip_word(sip, le64toh(word));
	}
	word = (uint64_t)length << 56;
	for (size_t i = 0; i < length % 8; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	sip = sip_word(sip, word);
	sip.c ^= 0xFF;
	sip = sip_round(sip_round(sip_round(sip)));
	return sip.a ^ sip.b ^ sip.c ^ sip.d;
}

uint64_t hash_random(const void *bytes, size_t length)
{
	static uint64_t key[2];
	static bool known;

	if (!known) {
		if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
			abort(); /* a guessable key would hand our tables to an attacker */
		known = true;
	}
	return siphash(bytes, length, key);
}

uint64_t hash_stable(const void *bytes, size_t length, uint64_t seed)
{
	const uint64_t key[2] = {seed, 0};
	return siphash(bytes, length, key);
}

void map_init(struct map *map)
{
	*map = (struct map){0};
}

void map_done(struct map *map)
{
	free(map->slots);
	map_init(map);
}

static uint64_t hash_of(const char *key)
{
	return hash_random(key, strlen(key));
}

/* The slot of `key`, or the one it would take: the first grave on the way, else the empty one at the
 * end. The map must have an empty slot. */
static struct map_slot *find(const struct map *map, const char *key, uint64_t hash)
{
	size_t mask = map->room - 1;
	struct map_slot *free_slot = NULL;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct map_slot *slot = &map->slots[i];
		if (slot->key == NULL)
			return free_slot != NULL ? free_slot : slot;
		if (slot->key == grave) {
			if (free_slot == NULL)
				free_slot = slot;
		} else if (slot->hash == hash && strcmp(slot->key, key) == 0) {
			return slot;
		}
	}
}

/* Half full at most afterwards, and without graves. */
static void rehash(struct map *map)
{
	struct map old = *map;
	size_t room = FIRST_ROOM;

	while (room < 2 * (old.count + 1))
		room *= 2;
	map->slots = mem_resize(NULL, room, sizeof(*map->slots));
	memset(map->slots, 0, room * sizeof(*map->slots));
	map->room = room;
	map->used = old.count;
	for (size_t i = 0; i < old.room; i++) {
		if (old.slots[i].value != NULL)
			*find(map, old.slots[i].key, old.slots[i].hash) = old.slots[i];
	}
	free(old.slots);
}

void *map_get(const struct map *map, const char *key)
{
	return map->count > 0 ? find(map, key, hash_of(key))->value : NULL;
}

void *map_put(struct map *map, const char *key, void *value)
{
	if (4 * (map->used + 1) > 3 * map->room)
		rehash(map);
	uint64_t hash = hash_of(key);
	struct map_slot *slot = find(map, key, hash);
	void *before = slot->value;
	if (before == NULL) {
		map->count++;
		if (slot->key == NULL)
			map->used++;
	}
	*slot = (struct map_slot){.key = key, .value = value, .hash = hash};
	return before;
}

void *map_remove(struct map *map, const char *key)
{
	if (map->count == 0)
		return NULL;
	struct map_slot *slot = find(map, key, hash_of(key));
	void *before = slot->value;
	if (before == NULL)
		return NULL;
	*slot = (struct map_slot){.key = grave};
	map->count--;

	/* A grave before an empty slot leads nowhere, nor do those before it. */
	size_t mask = map->room - 1;
	size_t i = (size_t)(slot - map->slots);
	if (map->slots[(i + 1) & mask].key != NULL)
		return before;
	while (map->slots[i].key == grave) {
		map->slots[i].key = NULL;
		map->used--;
		i = (i - 1) & mask;
	}
	return before;
}

void *map_next(const struct map *map, size_t *at)
{
	while (*at < map->room) {
		void *value = map->slots[(*at)++].value;
		if (value != NULL)
			return value;
	}
	return NULL;
}

void map_fetch_slot(const struct map *map, uint64_t hash)
{
	if (map->count > 0)
		__builtin_prefetch(&map->slots[hash & (map->room - 1)]);
}

const void *map_fetch_entry(const struct map *map, uint64_t hash)
{
	size_t mask = map->room - 1;

	if (map->count == 0)
		return NULL;
	for (size_t i = hash & mask; map->slots[i].key != NULL; i = (i + 1) & mask) {
		const struct map_slot *slot = &map->slots[i];
		if (slot->hash != hash || slot->value == NULL)
			continue;
		__builtin_prefetch(slot->key);
		__builtin_prefetch(slot->value);
		return slot->value;
	}
	return NULL;
}
