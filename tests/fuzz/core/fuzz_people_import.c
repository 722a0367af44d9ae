/*
 * Any bytes as a file with people, for a tenant that has some: what is accepted fits the engine as it is, and reading
 * it once more changes nobody.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/people_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void put(struct engine *engine, struct fact_person *fields)
{
	struct fact fact = {.kind = FACT_PERSON, .person = *fields};
	struct effect effect;
	struct error error;

	must(engine_apply(engine, &fact, 1, &error));
	while (engine_next_effect(engine, &effect))
		;
}

static struct engine *engine_of_two(struct timers *timers)
{
	struct engine *engine = engine_new("example.org", 1, timers);
	const char *of_alice[] = {"hq:1001"}, *of_bob[] = {"hq:1002", "hq:1003"};

	put(engine, &(struct fact_person){.row = 1,
			    .contact = "alice",
			    .account = "alice@example.org",
			    .name = "Alice",
			    .extensions = of_alice,
			    .extension_count = 1});
	put(engine, &(struct fact_person){.row = 2,
			    .contact = "bob",
			    .account = "bob@example.org",
			    .name = "Bob",
			    .extensions = of_bob,
			    .extension_count = 2});
	return engine;
}

/* As reading again does: first everybody in the file gives up what they have. The strings may be the engine's own. */
static void apply(struct engine *engine, const struct people_import *import)
{
	struct fact_list copies;
	int64_t row = 3;

	facts_init(&copies);
	for (size_t i = 0; i < import->people.count; i++) {
		const struct fact_person *from = &import->people.facts[i].person;
		struct fact_person *to = &facts_add(&copies, FACT_PERSON)->person;
		const char **extensions =
			facts_memory(&copies, (from->extension_count + 1) * sizeof(*extensions));

		for (size_t k = 0; k < from->extension_count; k++)
			extensions[k] = facts_string(&copies, from->extensions[k]);
		*to = *from;
		to->row = from->row ? from->row : row++;
		to->contact = facts_string(&copies, from->contact);
		to->account = facts_string(&copies, from->account);
		to->name = facts_string(&copies, from->name);
		to->time_zone = facts_string(&copies, from->time_zone);
		to->extensions = extensions;
		must(text_valid(to->contact) && text_valid(to->name));
	}
	for (size_t i = 0; i < copies.count; i++) {
		struct fact_person nothing = copies.facts[i].person;
		nothing.account = NULL;
		nothing.extension_count = 0;
		put(engine, &nothing);
	}
	for (size_t i = 0; i < copies.count; i++)
		put(engine, &copies.facts[i].person);
	facts_done(&copies);
}

static void read_again(const struct engine *engine, const char *text, size_t length)
{
	struct people_import again;

	must(people_import_read(&again, engine, text, length));
	must(again.added == 0 && again.changed == 0);
	people_import_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes;
	struct people_import import;
	struct timers timers;
	struct buf words;

	if (length > 1 << 16)
		return 0;
	timers_init(&timers);
	struct engine *engine = engine_of_two(&timers);
	bool ok = people_import_read(&import, engine, text, length);
	buf_init(&words, IMPORT_SAY_BYTES);
	people_import_say_problems(&import, NULL, &words);
	must(!words.overflow && ok == (words.length == 0));
	if (ok) {
		apply(engine, &import);
		read_again(engine, text, length);
	}
	people_import_done(&import);
	buf_done(&words);
	engine_free(engine);
	timers_done(&timers);
	return 0;
}
