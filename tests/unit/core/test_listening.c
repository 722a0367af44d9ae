/* Activities, and the devices that want to hear of them. */
#include "core/world.h"

#include "core/activity.h"
#include "core/devices.h"

static struct effect last; /* EFFECT_DEVICE */
static size_t told;
static char resource[64];

static void tell(struct fact fact)
{
	struct error error = {0};
	struct effect effect;

	told = 0;
	ck_assert_msg(engine_apply(engine, &fact, now, &error), "%s", error.text);
	while (engine_next_effect(engine, &effect)) {
		if (effect.kind != EFFECT_DEVICE)
			continue;
		told++;
		last = effect;
		snprintf(resource, sizeof(resource), "%s", effect.resource);
	}
}

static void device(const char *name, enum show show)
{
	tell((struct fact){.kind = FACT_DEVICE, .device = {.person = alice, .resource = name, .show = show}});
}

static void device_wants(const char *name, bool wants)
{
	tell((struct fact){.kind = FACT_DEVICE_CLASS,
		.device_class = {.person = alice, .resource = name, .wants_activity = wants}});
}

static void mobile_wants(const char *name, bool wants)
{
	tell((struct fact){.kind = FACT_DEVICE_CLASS,
		.device_class = {
			.person = alice, .resource = name, .mobile = true, .wants_activity = wants}});
}

static void given_a_feed(void)
{
	world_begin();
	tell((struct fact){.kind = FACT_FEED, .feed = {.person = alice, .feed = FEED_ACTIVE}});
	pass(LIMIT_FEED_SETTLE_SECONDS * SECOND);
}

START_TEST(an_activity_is_general_or_general_and_specific)
{
	struct activity activity;

	ck_assert(activity_parse("", &activity));
	ck_assert_ptr_null(activity.general);
	ck_assert(activity_parse("working", &activity));
	ck_assert_str_eq(activity.general, "working");
	ck_assert_ptr_null(activity.specific);
	ck_assert(activity_parse("relaxing/gardening", &activity));
	ck_assert_str_eq(activity.specific, "gardening");
	ck_assert(!activity_parse("working/on_the_roof", &activity));
	ck_assert_str_eq(activity.general, "working");
	ck_assert_ptr_null(activity.specific);
	static const char *const bad[] = {"work", "workings", "/", "/coding", "coding", "working /coding"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(!activity_parse(bad[i], &activity), "%s", bad[i]);
		ck_assert_ptr_null(activity.general);
	}
	static const char *const half[] = {"working/", "working/coding/x", "working/cod", "working/coding "};
	for (size_t i = 0; i < sizeof(half) / sizeof(*half); i++) {
		ck_assert_msg(!activity_parse(half[i], &activity), "%s", half[i]);
		ck_assert_ptr_null(activity.specific);
	}
}
END_TEST

START_TEST(every_activity_of_the_catalogue_is_one)
{
	struct activity activity;
	size_t count;
	const struct status_fields *fields = status_builtins(&count);

	for (size_t i = 0; i < count; i++)
		ck_assert_msg(activity_parse(fields[i].activity, &activity), "%s", fields[i].id);
}
END_TEST

START_TEST(a_device_is_told_of_once_when_it_comes_to_want_activities)
{
	device("desk", SHOW_AVAILABLE);
	ck_assert_uint_eq(told, 0);
	device_wants("desk", false);
	ck_assert_uint_eq(told, 0);
	device_wants("desk", true);
	ck_assert_uint_eq(told, 1);
	ck_assert_ptr_eq(last.person, alice);
	ck_assert_str_eq(resource, "desk");
	ck_assert(!last.was_there);
	device_wants("desk", true);
	device("desk", SHOW_AWAY);
	ck_assert_uint_eq(told, 0);
	ck_assert_uint_eq(engine->activity_devices, 1);
}
END_TEST

START_TEST(one_that_answers_a_probe_was_there_before)
{
	tell((struct fact){.kind = FACT_PROBED, .probed = {alice}});
	device("desk", SHOW_AVAILABLE);
	pass(10 * SECOND);
	device_wants("desk", true);
	ck_assert_uint_eq(told, 1);
	ck_assert(last.was_there);
	tell((struct fact){.kind = FACT_PROBED, .probed = {alice}});
	device("desk", SHOW_AVAILABLE);
	ck_assert_uint_eq(told, 1);
	ck_assert(last.was_there);
	device("desk", SHOW_AVAILABLE);
	ck_assert_uint_eq(told, 0);
}
END_TEST

START_TEST(one_that_was_never_heard_of_has_been_told_nothing)
{
	tell((struct fact){.kind = FACT_FEED, .feed = {.person = alice, .feed = FEED_REFUSED}});
	tell((struct fact){.kind = FACT_FEED, .feed = {.person = alice, .feed = FEED_ACTIVE}});
	device("desk", SHOW_AVAILABLE);
	device_wants("desk", true);
	ck_assert_uint_eq(told, 1);
	ck_assert(!last.was_there);
}
END_TEST

START_TEST(one_that_comes_back_at_once_is_told_of_again)
{
	device("desk", SHOW_AVAILABLE);
	device_wants("desk", true);
	device("desk", SHOW_UNAVAILABLE);
	pass(SECOND);
	device("desk", SHOW_AVAILABLE);
	ck_assert_uint_eq(told, 1);
	ck_assert(last.was_there);
	ck_assert_uint_eq(engine->activity_devices, 1);
}
END_TEST

/* What it is becomes known when its time is over, and nobody has looked at that yet. */
START_TEST(one_that_is_over_is_not_told_of)
{
	device("desk", SHOW_AVAILABLE);
	device("desk", SHOW_UNAVAILABLE);
	now += (LIMIT_DEVICE_GRACE_SECONDS + 1) * SECOND;
	mobile_wants("desk", true);
	ck_assert_uint_eq(told, 0);
	ck_assert_uint_eq(engine->activity_devices, 0);
	ck_assert_uint_eq(alice->device_count, 0);

	device("desk", SHOW_AVAILABLE);
	tell((struct fact){.kind = FACT_PROBED, .probed = {alice}});
	now += (LIMIT_FEED_SETTLE_SECONDS + 1) * SECOND;
	mobile_wants("desk", true);
	ck_assert_uint_eq(told, 0);
	ck_assert_uint_eq(engine->activity_devices, 0);
	ck_assert_uint_eq(alice->device_count, 0);
}
END_TEST

START_TEST(one_that_is_leaving_may_still_tell_what_it_is)
{
	device("desk", SHOW_AVAILABLE);
	device("desk", SHOW_UNAVAILABLE);
	mobile_wants("desk", true);
	ck_assert_uint_eq(told, 1);
	ck_assert_str_eq(resource, "desk");
	ck_assert_uint_eq(engine->activity_devices, 1);
}
END_TEST

START_TEST(those_that_are_gone_are_not_counted)
{
	device("desk", SHOW_AVAILABLE);
	device("lap", SHOW_AVAILABLE);
	device_wants("desk", true);
	device_wants("lap", true);
	ck_assert_uint_eq(engine->activity_devices, 2);
	device_wants("lap", false);
	ck_assert_uint_eq(engine->activity_devices, 1);
	device("desk", SHOW_UNAVAILABLE);
	pass(LIMIT_DEVICE_GRACE_SECONDS * SECOND);
	ck_assert_uint_eq(engine->activity_devices, 0);
	device_wants("lap", true);
	tell((struct fact){.kind = FACT_FEED, .feed = {.person = alice, .feed = FEED_REFUSED}});
	ck_assert_uint_eq(engine->activity_devices, 0);
	for (int i = 0; i < 3 * LIMIT_DEVICES; i++) {
		char name[16];
		tell((struct fact){.kind = FACT_FEED, .feed = {.person = alice, .feed = FEED_ACTIVE}});
		snprintf(name, sizeof(name), "d%d", i);
		device(name, SHOW_AVAILABLE);
		device_wants(name, true);
	}
	ck_assert_uint_eq(engine->activity_devices, LIMIT_DEVICES);
	tell((struct fact){.kind = FACT_PERSON_GONE, .gone = {alice->row}});
	ck_assert_uint_eq(engine->activity_devices, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("listening");
	TCase *tests = tcase_create("listening");

	tcase_add_checked_fixture(tests, given_a_feed, world_end);
	tcase_add_test(tests, an_activity_is_general_or_general_and_specific);
	tcase_add_test(tests, every_activity_of_the_catalogue_is_one);
	tcase_add_test(tests, a_device_is_told_of_once_when_it_comes_to_want_activities);
	tcase_add_test(tests, one_that_answers_a_probe_was_there_before);
	tcase_add_test(tests, one_that_was_never_heard_of_has_been_told_nothing);
	tcase_add_test(tests, one_that_comes_back_at_once_is_told_of_again);
	tcase_add_test(tests, one_that_is_over_is_not_told_of);
	tcase_add_test(tests, one_that_is_leaving_may_still_tell_what_it_is);
	tcase_add_test(tests, those_that_are_gone_are_not_counted);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
