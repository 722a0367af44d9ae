/*
 * What every format has to keep to: refused with a reason, or facts within their limits.
 */
#ifndef OFFHOOK_TESTS_FUZZ_FACTS_H
#define OFFHOOK_TESTS_FUZZ_FACTS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pbx/format.h"

static inline void check(bool holds)
{
	if (!holds)
		abort();
}

static inline void check_utf8(const char *text)
{
	json_t *string = json_string(text);
	check(string != NULL);
	json_decref(string);
}

static inline void check_id(const char *id, size_t most, bool required)
{
	check(id != NULL || !required);
	check(id == NULL || (id[0] != '\0' && strlen(id) <= most && text_valid(id)));
}

static inline void check_fact(const struct fact *fact)
{
	if (fact->kind == FACT_CALL) {
		check_id(fact->call.call, LIMIT_CALL_ID_BYTES, true);
		check_id(fact->call.extension, LIMIT_EXTENSION_BYTES, true);
		check_id(fact->call.leg, LIMIT_LEG_ID_BYTES, false);
		check_id(fact->call.id, LIMIT_EVENT_ID_BYTES, false);
		return;
	}
	if (fact->kind == FACT_CHOICE) {
		check_id(fact->choice.extension, LIMIT_EXTENSION_BYTES, true);
		check(fact->choice.status != NULL && fact->choice.person == NULL);
		return;
	}
	check(fact->kind == FACT_SNAPSHOT && fact->snapshot.at != 0);
	check_id(fact->snapshot.extension, LIMIT_EXTENSION_BYTES, false);
	for (size_t i = 0; i < fact->snapshot.count; i++) {
		check_id(fact->snapshot.legs[i].call, LIMIT_CALL_ID_BYTES, true);
		check_id(fact->snapshot.legs[i].extension, LIMIT_EXTENSION_BYTES, true);
		check_id(fact->snapshot.legs[i].leg, LIMIT_LEG_ID_BYTES, false);
		check(fact->snapshot.legs[i].state != LEG_ENDED);
	}
}

static inline void parse(const char *format, const uint8_t *data, size_t size)
{
	static const struct pbx_source source = {.pbx = "hq", .lease_seconds = 60, .received = SECOND};
	struct fact_list list;
	struct error error = {0};
	bool too_many = false;
	facts_init(&list);
	/* At its exact size, so that a read past the end is seen. */
	char *bytes = malloc(size > 0 ? size : 1);
	check(bytes != NULL);
	memcpy(bytes, data, size);
	bool ok = pbx_format_find(format)->parse(bytes, size, &source, &list, &too_many, &error);
	free(bytes);
	check(ok || error.text[0] != '\0');
	check_utf8(error.field); /* may quote the name of a member */
	for (size_t i = 0; ok && i < list.count; i++)
		check_fact(&list.facts[i]);
	facts_done(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
