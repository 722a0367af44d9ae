/* Any XML as a submitted form: reading and showing it again never crashes, and what is accepted keeps to the
 * declaration. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "xmpp/form.h"
#include "xmpp/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct choice_option hours[] = {{"1h", "1 hour"}, {"4h", "4 hours"}, {NULL, NULL}};
static const struct field fields[] = {
	{.var = "status", .label = "Status", .type = FIELD_LIST, .required = true, .choices = hours},
	{.var = "message", .label = "Message", .type = FIELD_TEXT, .length = LIMIT_MESSAGE},
	{.var = "expires", .label = "Expires", .type = FIELD_LIST, .open = true, .choices = hours},
	{.var = "extensions", .label = "Extensions", .type = FIELD_TEXTS, .length = 16, .count = 4},
	{.var = "page",
		.label = "Page",
		.type = FIELD_TEXT,
		.datatype = DATATYPE_INTEGER,
		.min = 1,
		.max = 9,
		.standard = "1"},
	{.var = "at", .label = "At", .type = FIELD_TEXT, .datatype = DATATYPE_TIME},
	{.var = "confirm", .label = "Confirm", .type = FIELD_BOOLEAN},
	{.var = "tags", .label = "Tags", .type = FIELD_LISTS, .count = 2, .choices = hours},
	{0},
};
static const struct form form = {"fuzz", "Fuzz", NULL, fields};

static void check(const struct answers *answers)
{
	for (size_t i = 0; fields[i].var; i++) {
		const struct answer *answer = &answers->list[i];
		size_t most = fields[i].count ? fields[i].count : 1;
		size_t length = fields[i].length ? fields[i].length : LIMIT_FORM_CHARACTERS;
		if (answer->problem)
			continue;
		if (answer->count > most || (fields[i].required && !answer->count))
			abort();
		for (size_t j = 0; j < answer->count; j++)
			if (!text_valid(answer->values[j]) || text_length(answer->values[j]) > length)
				abort();
	}
}

static void submit(xmpp_ctx_t *context, xmpp_stanza_t *x)
{
	xmpp_stanza_t *parent = element_new(context, NULL, "command", NULL, NULL);
	struct answers answers;
	struct error error;
	char *text = NULL;
	size_t length;

	answers_init(&answers, &form);
	if (form_read(&answers, x, NULL, &error)) {
		check(&answers);
		form_render(&answers, NULL, parent);
		if (xmpp_stanza_to_text(parent, &text, &length) != 0)
			abort();
		xmpp_free(context, text);
	}
	answers_done(&answers);
	xmpp_stanza_release(parent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	xmpp_ctx_t *context = xmpp_ctx_new(NULL, NULL);
	char *text = mem_bytes((const char *)data, size);
	xmpp_stanza_t *x = xmpp_stanza_new_from_string(context, text);

	if (x) {
		submit(context, x);
		xmpp_stanza_release(x);
	}
	free(text);
	xmpp_ctx_free(context);
	return 0;
}
