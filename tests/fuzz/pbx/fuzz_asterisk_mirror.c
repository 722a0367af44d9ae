/*
 * Whatever a manager says of presence states: what is written to it never makes a line of its own, only extensions
 * that are somebody's are written, and it comes to rest.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pbx/asterisk_mirror.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct timers timers;
static struct engine *engine;
static struct asterisk_mirror *mirror;

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void drain(void)
{
	struct effect effect;
	while (engine_next_effect(engine, &effect))
		if (effect.kind == EFFECT_TOUCH)
			asterisk_mirror_person(mirror, effect.person);
}

static void add_person(int64_t row, const char *contact, const char *extension)
{
	struct error error = {0};
	struct fact fact = {.kind = FACT_PERSON,
		.person = {.row = row,
			.contact = contact,
			.name = contact,
			.extensions = &extension,
			.extension_count = 1}};
	check(engine_apply(engine, &fact, 1000 * DAY, &error));
	drain();
}

static void check_send(const struct mirror_step *step)
{
	for (size_t i = 0; i < step->field_count; i++) {
		check(text_valid(step->fields[i].value));
		check(strlen(step->fields[i].value) < 1300 + 64);
	}
	if (strcmp(step->action, "Setvar") == 0)
		check(strstr(step->fields[0].value, "1001)") || strstr(step->fields[0].value, "1002)"));
}

static void check_choice(struct mirror_step *step, usec_t now)
{
	struct error error = {0};
	const struct fact_choice *choice = &step->choice.choice;
	check(!choice->message ||
		(text_valid(choice->message) && text_length(choice->message) <= LIMIT_MESSAGE));
	check(engine_apply(engine, &step->choice, now, &error));
	drain();
	asterisk_mirror_chosen(mirror);
}

static uint64_t take_steps(usec_t now)
{
	struct mirror_step step;
	uint64_t last = 0;
	for (size_t steps = 0; asterisk_mirror_next(mirror, now, &step); steps++) {
		check(steps < 1000);
		if (step.kind == MIRROR_SEND) {
			check_send(&step);
			last = step.serial;
		} else {
			check_choice(&step, now);
		}
	}
	return last;
}

static uint64_t take_block(const struct ami_block *block, uint64_t serial, usec_t now)
{
	if (ami_get(block, "EventList")) {
		asterisk_mirror_begin(mirror);
	} else if (ami_get(block, "Response")) {
		asterisk_mirror_answer(mirror, serial, block, now);
	} else if (strcmp(ami_text(block, "Event"), "FullyBooted") == 0) {
		asterisk_mirror_lost(mirror);
	} else if (strstr(ami_text(block, "Event"), "Complete")) {
		asterisk_mirror_complete(mirror, true, true);
	} else {
		asterisk_mirror_event(mirror, block, !ami_get(block, "Privilege"), now);
	}
	uint64_t sent = take_steps(now);
	return sent ? sent : serial;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ami_reader reader;
	const char *bytes = (const char *)data;
	usec_t now = 1000 * DAY;
	uint64_t serial = 0;
	timers_init(&timers);
	engine = engine_new("example.org", 1, &timers);
	mirror = asterisk_mirror_new("hq", engine, now);
	engine->tells_touches = true;
	add_person(1, "alice", "hq:1001");
	add_person(2, "bob", "hq:1002");
	engine_start(engine, now);
	drain();
	ami_reader_init(&reader);
	asterisk_mirror_lost(mirror);
	asterisk_mirror_begin(mirror);
	asterisk_mirror_complete(mirror, true, true);
	while (ami_reader_read(&reader, &bytes, &size) == AMI_BLOCK)
		serial = take_block(&reader.block, serial, now += SECOND / 10);
	asterisk_mirror_complete(mirror, true, true);
	/* Nobody answers any more. */
	for (size_t turns = 0; asterisk_mirror_wake(mirror, now); turns++) {
		check(turns < 1000);
		take_steps(now += 11 * SECOND);
	}
	asterisk_mirror_free(mirror);
	engine_free(engine);
	timers_done(&timers);
	return 0;
}
