/* What colleagues see, as text and as a digest. */
#include "core/presence.h"

#include <string.h>

#include "base/map.h"

const char *rule_to_text(enum rule rule)
{
	switch (rule) {
	case RULE_INVISIBLE:
		return "you are invisible";
	case RULE_CHOICE:
		return "you chose it";
	case RULE_DEVICE_CHOICE:
		return "one of your devices says so";
	case RULE_CALL:
		return "a call or meeting is going on";
	case RULE_DEVICE:
		return "it follows from your devices";
	case RULE_AVAILABLE:
		return "nothing says otherwise";
	case RULE_OFFLINE:
		return "neither a device nor a phone of yours is online";
	}
	return "";
}

bool presence_is_offline(const struct presence *presence)
{
	return strcmp(presence->status->id, "offline") == 0;
}

void presence_text(const struct presence *presence, struct buf *out)
{
	if (presence_is_offline(presence))
		return;
	if (presence->status->icon[0]) {
		buf_add_text(out, presence->status->icon);
		buf_add_char(out, ' ');
	}
	buf_add_text(out, presence->status->name);
	if (presence->message[0])
		buf_addf(out, " (%s)", presence->message);
}

uint64_t presence_digest(const struct presence *presence)
{
	const struct status *status = presence->status;
	if (presence_is_offline(presence))
		return hash_stable("offline", 7, 0);
	/* The terminating NUL is part of each string, so that no two lists of strings look the same. */
	const char *texts[] = {
		status->id, status->name, status->icon, status->color, status->activity, presence->message};
	uint64_t digest = (uint64_t)status->show + (presence->automatic ? 16 : 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		digest = hash_stable(texts[i], strlen(texts[i]) + 1, digest);
	digest = hash_stable(&presence->until, sizeof(presence->until), digest);
	return hash_stable(&presence->idle_since, sizeof(presence->idle_since), digest);
}
