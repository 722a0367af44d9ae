/* Subscriptions are found in both directions, keep within their limits and their memory. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/metrics.h"
#include "xmpp/watchers_inside.h"

#define TODAY (20000 * DAY)

static struct watchers *watchers;
static unsigned gone, dropped;

static void on_gone(void *ctx, struct target *target)
{
	(void)ctx;
	ck_assert_uint_eq(target->count, 0);
	gone++;
}

static void on_dropped(void *ctx, const char *contact, const char *jid)
{
	(void)ctx;
	ck_assert_ptr_nonnull(contact);
	ck_assert_ptr_nonnull(strchr(jid, '@'));
	dropped++;
}

static void begin(void)
{
	watchers = watchers_new("example.org", on_gone, NULL);
	gone = dropped = 0;
}

static void end(void)
{
	watchers_free(watchers);
	ck_assert_int_eq(metrics_get(METRIC_WATCHERS), 0);
}

static const char *numbered(const char *format, unsigned number)
{
	static char texts[2][64];
	static unsigned which;
	char *text = texts[which++ % 2];
	snprintf(text, sizeof(texts[0]), format, number);
	return text;
}

START_TEST(a_watcher_is_added_once)
{
	ck_assert_int_eq(watchers_add(watchers, "bob", "alice@example.org", TODAY), WATCH_NEW);
	ck_assert_int_eq(watchers_add(watchers, "bob", "alice@example.org", TODAY), WATCH_KNOWN);
	ck_assert_int_eq(watchers_add(watchers, "carol", "alice@example.org", TODAY), WATCH_NEW);
	ck_assert_uint_eq(watchers_count(watchers), 2);
	ck_assert_int_eq(metrics_get(METRIC_WATCHERS), 2);
	struct target *bob = watchers_target(watchers, "bob");
	ck_assert_uint_eq(bob->count, 1);
	ck_assert_str_eq(watchers_name(watchers, bob->watchers[0])->jid, "alice@example.org");
	ck_assert(watchers_name(watchers, bob->watchers[0])->plain);
	ck_assert_ptr_null(watchers_target(watchers, "dave"));
}
END_TEST

START_TEST(what_was_stored_is_there_when_all_is_loaded)
{
	/* In an order that is neither that of contacts nor that of watchers. */
	for (unsigned i = 0; i < 3000; i++)
		ck_assert(watchers_load(watchers, numbered("c%u", i * 7 % 30),
			numbered("w%u@example.org", i / 30), TODAY - i % 3 * DAY));
	ck_assert(watchers_load(watchers, "c0", "w5@example.org", TODAY)); /* twice */
	ck_assert(!watchers_load(watchers, "", "w5@example.org", TODAY));
	ck_assert_uint_eq(watchers_count(watchers), 0);
	ck_assert(!watchers_loaded(watchers, 1000));
	ck_assert_uint_eq(watchers_count(watchers), 1000);
	ck_assert(watchers_loaded(watchers, 2001));

	ck_assert_uint_eq(watchers_count(watchers), 3000);
	ck_assert_int_eq(metrics_get(METRIC_WATCHERS), 3000);
	for (unsigned i = 0; i < 30; i++)
		ck_assert_uint_eq(watchers_target(watchers, numbered("c%u", i))->count, 100);
	const struct watcher *watcher = watchers_find(watchers, "w5@example.org");
	ck_assert_uint_eq(watcher->count, 30);
	for (uint32_t place = 0; place < watcher->count; place++) {
		ck_assert(place == 0 || watcher->targets[place] > watcher->targets[place - 1]);
		ck_assert_uint_ge(watcher->days[place], TODAY / DAY - 2);
	}
	ck_assert_int_eq(watchers_add(watchers, "c3", "w5@example.org", TODAY), WATCH_KNOWN);
	ck_assert_int_eq(watchers_add(watchers, "new", "w5@example.org", TODAY), WATCH_NEW);
	ck_assert(watchers_remove(watchers, "c3", "w5@example.org"));
	ck_assert_uint_eq(watchers_count(watchers), 3000);
}
END_TEST

START_TEST(what_was_loaded_has_no_slack)
{
	enum { CONTACTS = 500, WATCHERS = 50, COUNT = CONTACTS * WATCHERS };
	for (unsigned i = 0; i < COUNT; i++)
		ck_assert(watchers_load(watchers, numbered("c%u", i % CONTACTS),
			numbered("w%u@example.org", i / CONTACTS), TODAY));
	ck_assert(watchers_loaded(watchers, COUNT));
	ck_assert_uint_eq(watchers_target(watchers, "c7")->room, WATCHERS);
	ck_assert_uint_eq(watchers_find(watchers, "w7@example.org")->room, CONTACTS);
	ck_assert_uint_lt(watchers_memory(watchers), 20 * COUNT);
}
END_TEST

START_TEST(what_was_loaded_grows)
{
	ck_assert(watchers_load(watchers, "bob", "alice@example.org", TODAY));
	ck_assert(watchers_loaded(watchers, 1));
	for (unsigned i = 0; i < 20; i++) {
		ck_assert_int_eq(watchers_add(watchers, "bob", numbered("w%u@x", i), TODAY), WATCH_NEW);
		ck_assert_int_eq(
			watchers_add(watchers, numbered("c%u", i), "alice@example.org", TODAY), WATCH_NEW);
	}
	ck_assert_uint_eq(watchers_target(watchers, "bob")->count, 21);
	ck_assert_uint_eq(watchers_find(watchers, "alice@example.org")->count, 21);
}
END_TEST

START_TEST(loading_that_breaks_off_leaves_nothing)
{
	ck_assert(watchers_load(watchers, "bob", "alice@example.org", TODAY));
	ck_assert(watchers_load(watchers, "bob", "carol@example.org", TODAY));
	ck_assert(watchers_load(watchers, "dave", "carol@example.org", TODAY));
	ck_assert(!watchers_loaded(watchers, 1));
}
END_TEST

START_TEST(the_last_watcher_takes_the_target_along)
{
	watchers_add(watchers, "bob", "alice@example.org", TODAY);
	watchers_add(watchers, "bob", "dave@example.org", TODAY);
	ck_assert(!watchers_remove(watchers, "bob", "carol@example.org"));
	ck_assert(!watchers_remove(watchers, "carol", "alice@example.org"));
	ck_assert(watchers_remove(watchers, "bob", "alice@example.org"));
	ck_assert(!watchers_remove(watchers, "bob", "alice@example.org"));
	ck_assert_uint_eq(gone, 0);
	ck_assert(watchers_remove(watchers, "bob", "dave@example.org"));
	ck_assert_uint_eq(gone, 1);
	ck_assert_ptr_null(watchers_target(watchers, "bob"));
	ck_assert_uint_eq(watchers_count(watchers), 0);
}
END_TEST

START_TEST(who_was_looked_for_last_and_is_gone_is_not_found)
{
	for (int round = 0; round < 3; round++) {
		ck_assert_int_eq(watchers_add(watchers, "bob", "alice@example.org", TODAY), WATCH_NEW);
		ck_assert_ptr_nonnull(watchers_target(watchers, "bob"));
		ck_assert(watchers_remove(watchers, "bob", "alice@example.org"));
		ck_assert_ptr_null(watchers_target(watchers, "bob"));
		ck_assert_int_eq(watchers_touch(watchers, "bob", "alice@example.org", TODAY), WATCH_NONE);
	}
	ck_assert_ptr_eq(watchers_expect(watchers, "bob"), watchers_target(watchers, "bob"));
	watchers_prune(watchers);
	ck_assert_ptr_null(watchers_target(watchers, "bob"));
}
END_TEST

START_TEST(being_heard_of_is_news_once_in_a_while_only)
{
	unsigned refreshed = 0;
	watchers_add(watchers, "bob", "alice@example.org", TODAY);
	ck_assert_int_eq(watchers_touch(watchers, "bob", "dave@example.org", TODAY), WATCH_NONE);
	ck_assert_int_eq(watchers_touch(watchers, "carol", "alice@example.org", TODAY), WATCH_NONE);
	for (int day = 0; day < 100; day++) {
		refreshed += watchers_touch(watchers, "bob", "alice@example.org", TODAY + day * DAY) ==
			     WATCH_REFRESHED;
		ck_assert_int_eq(
			watchers_touch(watchers, "bob", "alice@example.org", TODAY + day * DAY), WATCH_KNOWN);
	}
	ck_assert_uint_ge(refreshed, 7);
	ck_assert_uint_le(refreshed, 14);
}
END_TEST

#define LATER (TODAY + (LIMIT_WATCHER_DAYS + 1) * DAY)

static enum sweep sweep_all(usec_t when)
{
	enum sweep result;
	do {
		unsigned before = dropped;
		result = watchers_sweep(watchers, when, 100, on_dropped, NULL);
		ck_assert_uint_le(dropped - before, 100);
	} while (result == SWEEP_MORE);
	return result;
}

static void add_many(unsigned count, unsigned contacts, const char *jid, usec_t when)
{
	for (unsigned i = 0; i < count; i++)
		watchers_add(watchers, numbered("c%u", i % contacts), numbered(jid, i / contacts), when);
}

START_TEST(who_was_not_heard_of_is_dropped_in_slices)
{
	add_many(1000, 40, "w%u@example.org", TODAY);
	add_many(12000, 1000, "alive%u@example.org", TODAY + 30 * DAY);

	ck_assert_int_eq(sweep_all(LATER - 2 * DAY), SWEEP_DONE);
	ck_assert_uint_eq(dropped, 0);
	ck_assert_int_eq(sweep_all(LATER), SWEEP_DONE);
	ck_assert_uint_eq(dropped, 1000);
	ck_assert_uint_eq(watchers_count(watchers), 12000);
	ck_assert_uint_eq(gone, 0);
	ck_assert_int_eq(watchers_touch(watchers, "c1", "alive3@example.org", LATER), WATCH_REFRESHED);
	ck_assert_int_eq(sweep_all(LATER), SWEEP_DONE);
	ck_assert_uint_eq(dropped, 1000);
}
END_TEST

START_TEST(a_clock_that_is_wrong_drops_nobody)
{
	add_many(1000, 40, "w%u@example.org", TODAY);
	add_many(8000, 1000, "alive%u@example.org", TODAY + 30 * DAY);
	ck_assert_int_eq(sweep_all(LATER), SWEEP_REFUSED);
	ck_assert_int_eq(sweep_all(LATER + 3650 * DAY), SWEEP_REFUSED);
	ck_assert_uint_eq(dropped, 0);
	add_many(4000, 1000, "more%u@example.org", LATER);
	ck_assert_int_eq(sweep_all(LATER), SWEEP_DONE);
	ck_assert_uint_eq(dropped, 1000);
}
END_TEST

START_TEST(a_few_are_dropped_even_if_they_are_all)
{
	add_many(LIMIT_WATCHERS_DROPPED, 10, "w%u@example.org", TODAY);
	ck_assert_int_eq(sweep_all(LATER), SWEEP_DONE);
	ck_assert_uint_eq(dropped, LIMIT_WATCHERS_DROPPED);
	ck_assert_uint_eq(gone, 10);
}
END_TEST

START_TEST(limits_are_kept)
{
	char *contact = malloc(LIMIT_CONTACT_BYTES + 2);
	memset(contact, 'a', LIMIT_CONTACT_BYTES + 1);
	contact[LIMIT_CONTACT_BYTES + 1] = '\0';
	ck_assert_int_eq(watchers_add(watchers, contact, "alice@example.org", TODAY), WATCH_NONE);
	ck_assert_int_eq(watchers_add(watchers, contact + 1, "alice@example.org", TODAY), WATCH_NEW);
	ck_assert_int_eq(watchers_add(watchers, "", "alice@example.org", TODAY), WATCH_NONE);
	free(contact);
	for (unsigned i = 0; i < LIMIT_WATCHERS_PER_CONTACT; i++)
		ck_assert_int_eq(
			watchers_add(watchers, "boss", numbered("w%u@example.org", i), TODAY), WATCH_NEW);
	ck_assert_int_eq(watchers_add(watchers, "boss", "late@example.org", TODAY), WATCH_NONE);
	ck_assert_int_eq(watchers_add(watchers, "boss", "w5@example.org", TODAY), WATCH_KNOWN);
}
END_TEST

START_TEST(other_domains_do_not_crowd_out_colleagues)
{
	ck_assert(watchers_load(watchers, "boss", "w0@other.example", TODAY));
	ck_assert(watchers_loaded(watchers, 1));
	for (unsigned i = 1; i < LIMIT_WATCHERS_OUTSIDE_PER_CONTACT; i++)
		ck_assert_int_eq(
			watchers_add(watchers, "boss", numbered("w%u@other.example", i), TODAY), WATCH_NEW);
	ck_assert_int_eq(watchers_add(watchers, "boss", "late@other.example", TODAY), WATCH_NONE);
	ck_assert_int_eq(watchers_add(watchers, "boss", "notexample.org", TODAY), WATCH_NONE);
	ck_assert_int_eq(watchers_add(watchers, "boss", "w5@other.example", TODAY), WATCH_KNOWN);
	ck_assert_int_eq(watchers_add(watchers, "bob", "late@other.example", TODAY), WATCH_NEW);
	ck_assert_int_eq(watchers_add(watchers, "boss", "late@example.org", TODAY), WATCH_NEW);
	ck_assert(watchers_remove(watchers, "boss", "w5@other.example"));
	ck_assert_int_eq(watchers_add(watchers, "boss", "late@other.example", TODAY), WATCH_NEW);

	/* And in all. */
	ck_assert_uint_eq(watchers->outside, LIMIT_WATCHERS_OUTSIDE_PER_CONTACT + 1);
	watchers->outside = LIMIT_WATCHERS_OUTSIDE;
	ck_assert_int_eq(watchers_add(watchers, "dave", "late@other.example", TODAY), WATCH_NONE);
	ck_assert_int_eq(watchers_add(watchers, "dave", "late@example.org", TODAY), WATCH_NEW);
}
END_TEST

START_TEST(an_expected_target_without_watchers_is_pruned)
{
	struct target *bob = watchers_expect(watchers, "bob");
	watchers_expect(watchers, "carol");
	watchers_add(watchers, "bob", "alice@example.org", TODAY);
	ck_assert_ptr_eq(watchers_target(watchers, "bob"), bob);
	watchers_prune(watchers);
	ck_assert_uint_eq(gone, 1);
	ck_assert_ptr_null(watchers_target(watchers, "carol"));
	ck_assert_ptr_eq(watchers_target(watchers, "bob"), bob);
}
END_TEST

/* The watchers still to be served, by name, whatever the circle looks like. */
static unsigned pending(const struct target *target, bool of[26])
{
	memset(of, 0, 26);
	for (uint32_t i = 0; i < target->remaining; i++) {
		uint32_t place = (target->cursor + i) % target->count;
		of[watchers_name(watchers, target->watchers[place])->jid[0] - 'a'] = true;
	}
	return target->remaining;
}

START_TEST(a_fan_out_goes_on_rightly_while_watchers_come_and_go)
{
	static const char *const jids[] = {"a@x", "b@x", "c@x", "d@x", "e@x", "f@x", "g@x"};
	for (uint32_t cursor = 0; cursor < 7; cursor++) {
		for (uint32_t remaining = 0; remaining <= 7; remaining++) {
			for (int leaves = 0; leaves < 7; leaves++) {
				bool before[26], after[26];
				for (int i = 0; i < 7; i++)
					watchers_add(watchers, "bob", jids[i], TODAY);
				struct target *bob = watchers_target(watchers, "bob");
				bob->cursor = cursor;
				bob->remaining = remaining;
				pending(bob, before);
				watchers_remove(watchers, "bob", jids[leaves]);
				before[leaves] = false;
				pending(bob, after);
				ck_assert_mem_eq(before, after, sizeof(before));
				/* A new one may be among them, and nobody else gets lost or twice. */
				watchers_add(watchers, "bob", "z@x", TODAY);
				ck_assert_uint_le(pending(bob, after), bob->count);
				after[25] = false;
				ck_assert_mem_eq(before, after, sizeof(before));
				for (int i = 0; i < 7; i++)
					watchers_remove(watchers, "bob", jids[i]);
				watchers_remove(watchers, "bob", "z@x");
				ck_assert_ptr_null(watchers_target(watchers, "bob"));
			}
		}
	}
}
END_TEST

START_TEST(numbers_are_used_again)
{
	for (unsigned i = 0; i < 5000; i++) {
		ck_assert_int_eq(
			watchers_add(watchers, numbered("c%u", i), "alice@example.org", TODAY), WATCH_NEW);
		ck_assert(watchers_remove(watchers, numbered("c%u", i), "alice@example.org"));
	}
	ck_assert_uint_lt(watchers_memory(watchers), 8192);
}
END_TEST

START_TEST(a_large_tenant_fits)
{
	enum { PEOPLE = 10000, EACH = 50 };
	char contact[32], jid[64];
	usec_t begun = clock_monotonic();

	for (unsigned i = 0; i < PEOPLE; i++) {
		snprintf(contact, sizeof(contact), "person%05u", i);
		for (unsigned j = 0; j < EACH; j++) {
			snprintf(
				jid, sizeof(jid), "person%05u@example.org", (i * 7919 + j * 104729) % PEOPLE);
			watchers_add(watchers, contact, jid, TODAY);
		}
	}
	usec_t took = clock_monotonic() - begun;
	size_t count = watchers_count(watchers);
	size_t bytes = watchers_memory(watchers) / count;

	ck_assert_uint_eq(count, PEOPLE * EACH);
	ck_assert_msg(bytes <= 40, "%zu bytes a subscription", bytes);
	ck_assert_msg(
		took < 20 * SECOND, "took %d ms", (int)(took / 1000)); /* a guard against the quadratic */
	printf("%zu subscriptions, %zu bytes each, loaded in %d ms\n", count, bytes, (int)(took / 1000));

	uint32_t at = 0, targets = 0;
	while (watchers_next(watchers, &at) != NULL)
		targets++;
	ck_assert_uint_eq(targets, PEOPLE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watchers");
	TCase *tests = tcase_create("watchers");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_watcher_is_added_once);
	tcase_add_test(tests, what_was_stored_is_there_when_all_is_loaded);
	tcase_add_test(tests, what_was_loaded_has_no_slack);
	tcase_add_test(tests, what_was_loaded_grows);
	tcase_add_test(tests, loading_that_breaks_off_leaves_nothing);
	tcase_add_test(tests, the_last_watcher_takes_the_target_along);
	tcase_add_test(tests, who_was_looked_for_last_and_is_gone_is_not_found);
	tcase_add_test(tests, being_heard_of_is_news_once_in_a_while_only);
	tcase_add_test(tests, who_was_not_heard_of_is_dropped_in_slices);
	tcase_add_test(tests, a_clock_that_is_wrong_drops_nobody);
	tcase_add_test(tests, a_few_are_dropped_even_if_they_are_all);
	tcase_add_test(tests, limits_are_kept);
	tcase_add_test(tests, other_domains_do_not_crowd_out_colleagues);
	tcase_add_test(tests, an_expected_target_without_watchers_is_pruned);
	tcase_add_test(tests, a_fan_out_goes_on_rightly_while_watchers_come_and_go);
	tcase_add_test(tests, numbers_are_used_again);
	tcase_add_test(tests, a_large_tenant_fits);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
