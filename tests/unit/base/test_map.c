/*
 * Maps against a plain array as the model, and the hash against numbers computed elsewhere.
 */
#include "base/map.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { ENTRIES = 5000 };

static struct entry {
	char key[16];
	bool present;
	int seen;
} entries[ENTRIES];

static void make_entries(void)
{
	for (int i = 0; i < ENTRIES; i++) {
		entries[i] = (struct entry){0};
		snprintf(entries[i].key, sizeof(entries[i].key), "hq:%d", i);
	}
}

static void put(struct map *map, struct entry *entry)
{
	void *before = map_put(map, entry->key, entry);
	ck_assert_ptr_eq(before, entry->present ? entry : NULL);
	entry->present = true;
}

static void take(struct map *map, struct entry *entry)
{
	void *before = map_remove(map, entry->key);
	ck_assert_ptr_eq(before, entry->present ? entry : NULL);
	entry->present = false;
}

static void check_all(const struct map *map)
{
	size_t count = 0;
	for (int i = 0; i < ENTRIES; i++) {
		ck_assert_ptr_eq(map_get(map, entries[i].key), entries[i].present ? &entries[i] : NULL);
		count += entries[i].present;
	}
	ck_assert_uint_eq(map->count, count);
}

START_TEST(an_empty_map_has_nothing_and_no_memory)
{
	struct map map;
	map_init(&map);
	size_t at = 0;
	ck_assert_ptr_null(map_get(&map, "hq:1001"));
	ck_assert_ptr_null(map_remove(&map, "hq:1001"));
	ck_assert_ptr_null(map_next(&map, &at));
	ck_assert_ptr_null(map.slots);
	map_done(&map);
}
END_TEST

START_TEST(the_empty_key_is_a_key)
{
	struct map map;
	int value;
	map_init(&map);
	ck_assert_ptr_null(map_put(&map, "", &value));
	ck_assert_ptr_eq(map_get(&map, ""), &value);
	ck_assert_ptr_eq(map_remove(&map, ""), &value);
	ck_assert_ptr_null(map_get(&map, ""));
	map_done(&map);
}
END_TEST

START_TEST(putting_again_replaces_value_and_key)
{
	struct map map;
	struct entry first = {.key = "bob"}, second = {.key = "bob"};
	map_init(&map);
	map_put(&map, first.key, &first);
	ck_assert_ptr_eq(map_put(&map, second.key, &second), &first);
	ck_assert_uint_eq(map.count, 1);
	memset(first.key, 'x', sizeof(first.key)); /* its owner may now do anything with it */
	ck_assert_ptr_eq(map_get(&map, "bob"), &second);
	map_done(&map);
}
END_TEST

START_TEST(a_map_grows_and_empties)
{
	struct map map;
	make_entries();
	map_init(&map);
	for (int i = 0; i < ENTRIES; i++)
		put(&map, &entries[i]);
	check_all(&map);
	for (int i = 0; i < ENTRIES; i += 2)
		take(&map, &entries[i]);
	check_all(&map);
	for (int i = 0; i < ENTRIES; i++)
		take(&map, &entries[i]);
	check_all(&map);
	map_done(&map);
}
END_TEST

START_TEST(random_use_agrees_with_the_model)
{
	struct map map;
	uint64_t random = 1;
	make_entries();
	map_init(&map);
	for (int i = 0; i < 100000; i++) {
		random = hash_stable(&random, sizeof(random), 1);
		struct entry *entry = &entries[random % 1000];
		if (random >> 63)
			put(&map, entry);
		else
			take(&map, entry);
	}
	check_all(&map);
	map_done(&map);
}
END_TEST

START_TEST(what_is_fetched_is_what_is_there)
{
	struct map map;
	make_entries();
	map_init(&map);
	map_fetch_slot(&map, 1);
	ck_assert_ptr_null(map_fetch_entry(&map, 1));
	for (int i = 0; i < ENTRIES; i++)
		put(&map, &entries[i]);
	for (int i = 0; i < ENTRIES; i += 3)
		take(&map, &entries[i]);
	for (int i = 0; i < ENTRIES; i++) {
		uint64_t hash = hash_random(entries[i].key, strlen(entries[i].key));
		map_fetch_slot(&map, hash);
		ck_assert_ptr_eq(map_fetch_entry(&map, hash), map_get(&map, entries[i].key));
	}
	check_all(&map);
	map_done(&map);
}
END_TEST

START_TEST(coming_and_going_does_not_grow_the_map)
{
	struct map map;
	make_entries();
	map_init(&map);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < ENTRIES; i++) {
			put(&map, &entries[i]);
			if (i >= 10)
				take(&map, &entries[i - 10]);
		}
		ck_assert_uint_le(map.room, 64);
		ck_assert_uint_lt(map.used, map.room);
		for (int i = 0; i < ENTRIES; i++)
			take(&map, &entries[i]);
	}
	check_all(&map);
	map_done(&map);
}
END_TEST

START_TEST(a_walk_meets_everything_once_and_may_remove)
{
	struct map map;
	struct entry *entry;
	make_entries();
	map_init(&map);
	for (int i = 0; i < ENTRIES; i++)
		put(&map, &entries[i]);

	size_t at = 0;
	while ((entry = map_next(&map, &at))) {
		entry->seen++;
		if ((entry - entries) % 3 != 0)
			take(&map, entry);
	}
	for (int i = 0; i < ENTRIES; i++)
		ck_assert_int_eq(entries[i].seen, 1);
	check_all(&map);
	map_done(&map);
}
END_TEST

/* CPython 3.11 hashes bytes with SipHash-1-3 too; with PYTHONHASHSEED=0 its key is the one of seed 0. */
START_TEST(the_stable_hash_is_siphash_1_3)
{
	ck_assert_uint_eq(hash_stable("a", 1, 0), 0x407448d2b89b1813U);
	ck_assert_uint_eq(hash_stable("1234567", 7, 0), 0xa33d651594fdae81U);
	ck_assert_uint_eq(hash_stable("12345678", 8, 0), 0x3489982430560a87U);
	ck_assert_uint_eq(hash_stable("123456789", 9, 0), 0x0fbc0f0007965fcfU);
	ck_assert_uint_eq(hash_stable("bob@presence.example.org", 24, 0), 0xd618690b6f769916U);
}
END_TEST

/* Computed by a separate implementation that reproduces the published vectors of SipHash-2-4 and -1-3. */
START_TEST(the_stable_hash_chains_by_seed)
{
	ck_assert_uint_eq(hash_stable("", 0, 0), 0xd1fba762150c532cU);
	ck_assert_uint_eq(hash_stable("a", 1, 42), 0xc412f2d7e84131f4U);
	ck_assert_uint_eq(hash_stable("bob@presence.example.org", 24, 42), 0x3e50e64b79590d0cU);
	ck_assert_uint_eq(hash_stable("world", 5, hash_stable("hello ", 6, 0)), 0x1336a8165f77bc08U);
}
END_TEST

START_TEST(the_random_hash_keeps_its_key_and_has_one)
{
	ck_assert_uint_eq(hash_random("bob", 3), hash_random("bob", 3));
	ck_assert_uint_ne(hash_random("bob", 3), hash_random("bop", 3));
	ck_assert_uint_ne(hash_random("bob", 3), hash_stable("bob", 3, 0));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("map");
	tcase_add_test(tests, an_empty_map_has_nothing_and_no_memory);
	tcase_add_test(tests, the_empty_key_is_a_key);
	tcase_add_test(tests, putting_again_replaces_value_and_key);
	tcase_add_test(tests, a_map_grows_and_empties);
	tcase_add_test(tests, random_use_agrees_with_the_model);
	tcase_add_test(tests, what_is_fetched_is_what_is_there);
	tcase_add_test(tests, coming_and_going_does_not_grow_the_map);
	tcase_add_test(tests, a_walk_meets_everything_once_and_may_remove);
	tcase_add_test(tests, the_stable_hash_is_siphash_1_3);
	tcase_add_test(tests, the_stable_hash_chains_by_seed);
	tcase_add_test(tests, the_random_hash_keeps_its_key_and_has_one);

	Suite *suite = suite_create("map");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
