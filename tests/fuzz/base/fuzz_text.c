/*
 * Any bytes as text, as an address and as an expiry: what comes out keeps its promises.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/expiry.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void try_text(const char *text)
{
	char *folded = text_fold(text), *slug = text_slug(text), *trimmed = text_trim(text);

	must(text_is_slug(slug));
	must(strlen(trimmed) <= strlen(text));
	must(folded || !text_valid(text));
	if (folded) {
		char *again = text_fold(folded);

		must(again && strcmp(again, folded) == 0);
		free(again);
	}
	if (text_is_grapheme(text))
		must(text_valid(text) && strlen(text) <= LIMIT_ICON_BYTES);
	if (text_check(text, 1, LIMIT_MESSAGE, "text", NULL))
		must(strcmp(trimmed, text) == 0 && text_length(text) <= LIMIT_MESSAGE);
	free(folded);
	free(slug);
	free(trimmed);
}

/* What was prepared once is an address that preparing again leaves as it is. */
static void try_address(const char *text)
{
	struct jid jid, again;
	char bare[JID_TEXT];

	if (!jid_parse(text, &jid, NULL))
		return;
	jid_bare(&jid, bare);
	must(text_valid(jid.domain) && text_valid(jid.local));
	must(jid_split(bare, &again) && strcmp(again.domain, jid.domain) == 0 &&
		strcmp(again.local, jid.local) == 0);
}

static void try_times(const char *text)
{
	static const char *const zones[] = {"Europe/Berlin", "America/St_Johns"};
	const usec_t now = 1793000000 * SECOND;

	must(!zone_valid(text) || strlen(text) <= LIMIT_ZONE_BYTES);
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		usec_t until;

		if (expiry_parse(text, zones[i], now, &until, NULL))
			must(until == 0 || (until > now && until <= now + LIMIT_EXPIRY_DAYS * DAY));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *text = mem_bytes((const char *)bytes, length);
	size_t max = length > 0 ? bytes[0] : 0;
	char *clean = text_clean(text, length, max);

	must(text_valid(clean) && text_length(clean) <= max);
	try_text(text);
	try_text(clean);
	try_address(text);
	try_times(text);
	free(clean);
	free(text);
	return 0;
}
