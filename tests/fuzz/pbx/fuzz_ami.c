/*
 * Whatever a manager sends: blocks within their limits, and facts that name real extensions.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pbx/asterisk_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_text(const char *text)
{
	for (; *text; text++)
		check((unsigned char)*text >= ' ' || *text == '\t');
}

static void check_extension(const char *number)
{
	check(number[0] != '\0' && strlen(number) <= LIMIT_EXTENSION_BYTES && text_valid(number));
}

static void check_facts(const struct fact_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct fact *fact = &list->facts[i];
		if (fact->kind == FACT_CALL)
			check_extension(fact->call.extension);
		else if (fact->kind == FACT_PHONE)
			check_extension(fact->phone.extension);
		for (size_t at = 0; fact->kind == FACT_SNAPSHOT && at < fact->snapshot.count; at++)
			check_extension(fact->snapshot.legs[at].extension);
	}
}

static void take(struct asterisk_state *state, usec_t now)
{
	struct fact_list list;
	facts_init(&list);
	while (!asterisk_state_take(state, &list, 100, now)) {
		check_facts(&list);
		facts_done(&list);
		facts_init(&list);
	}
	asterisk_state_snapshot(state, &list, now);
	check_facts(&list);
	facts_done(&list);
}

/* The first byte: how large the pieces are. A block without Privilege is an item of a list. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ami_reader reader;
	size_t piece = size > 0 ? (size_t)data[0] + 1 : 1;
	usec_t now = 1000 * DAY;
	struct asterisk_state *state = asterisk_state_new("hq", NULL, 0);
	ami_reader_init(&reader);
	asterisk_state_complete(state, 0, now);
	for (size_t at = 1; at < size; at += piece) {
		size_t length = size - at < piece ? size - at : piece;
		const char *bytes = (const char *)data + at;
		while (ami_reader_read(&reader, &bytes, &length) == AMI_BLOCK) {
			const struct ami_block *block = &reader.block;
			for (size_t i = 0; i < block->count; i++)
				check_text(block->fields[i].value);
			if (ami_get(block, "EventList"))
				asterisk_state_begin(state);
			asterisk_state_event(state, block, !ami_get(block, "Privilege"), now += SECOND);
			if (strstr(ami_text(block, "Event"), "Complete"))
				asterisk_state_complete(state, 7, now);
		}
	}
	take(state, now);
	take(state, now + DAY);
	asterisk_state_free(state);
	return 0;
}
