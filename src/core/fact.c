/* Lists of facts that keep their own strings. */
#include "core/fact.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct chunk {
	struct chunk *next;
	size_t used, room;
	max_align_t bytes[];
};

bool call_event_parse(const char *text, enum call_event *event)
{
	static const char *const names[] = {"ringing", "answered", "held", "resumed", "ended"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*event = (enum call_event)i;
			return true;
		}
	}
	return false;
}

void facts_init(struct fact_list *list)
{
	*list = (struct fact_list){0};
}

void facts_done(struct fact_list *list)
{
	for (struct chunk *chunk = list->arena, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(list->facts);
	facts_init(list);
}

struct fact *facts_add(struct fact_list *list, enum fact_kind kind)
{
	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 4;
		list->facts = mem_resize(list->facts, list->room, sizeof(*list->facts));
	}
	struct fact *fact = &list->facts[list->count++];
	memset(fact, 0, sizeof(*fact));
	fact->kind = kind;
	return fact;
}

void *facts_memory(struct fact_list *list, size_t size)
{
	size_t unit = sizeof(max_align_t);
	size_t units = (size + unit - 1) / unit;
	struct chunk *chunk = list->arena;
	if (!chunk || chunk->room - chunk->used < units) {
		size_t room = units > 256 ? units : 256;
		chunk = mem_new(sizeof(*chunk) + room * unit);
		chunk->room = room;
		chunk->next = list->arena;
		list->arena = chunk;
	}
	void *memory = &chunk->bytes[chunk->used];
	chunk->used += units;
	return memory;
}

const char *facts_string(struct fact_list *list, const char *text)
{
	if (!text)
		return NULL;
	size_t size = strlen(text) + 1;
	return memcpy(facts_memory(list, size), text, size);
}
