/* Any bytes as a chat line: reading it never crashes, and what is understood keeps to its limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "xmpp/chat_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW (1700000000 * SECOND)

static struct catalogue catalogue;

static void prepare(void)
{
	const struct status_fields custom = {.id = "help-desk",
		.name = "Help Desk: Süd",
		.icon = "A",
		.color = "#000000",
		.text = "",
		.activity = "",
		.kind = STATUS_CUSTOM,
		.position = 100,
		.enabled = true};

	catalogue_init(&catalogue);
	catalogue_put(&catalogue, &custom);
}

static void check(const struct chat_line *line, const struct error *error)
{
	bool ahead = line->until == 0 || (line->until > NOW && line->until <= NOW + LIMIT_EXPIRY_DAYS * DAY);

	if (!text_valid(line->text) || !ahead || (line->until && !line->timed))
		abort();
	if (line->verb == CHAT_SET &&
		(!status_selectable(line->status) || text_length(line->text) > LIMIT_MESSAGE))
		abort();
	if (line->verb == CHAT_MESSAGE && text_length(line->text) > LIMIT_MESSAGE)
		abort();
	if (line->verb == CHAT_AMBIGUOUS && line->candidate_count < 2)
		abort();
	if (line->verb == CHAT_BAD && error->text[0] == '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct chat_world world = {&catalogue, "Europe/Berlin", NOW};
	struct chat_line line;
	struct error error = {0};

	if (catalogue.count == 0)
		prepare();
	chat_line_parse(&line, (const char *)data, size, &world, &error);
	check(&line, &error);
	chat_line_done(&line);
	return 0;
}
