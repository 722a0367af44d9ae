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
	const uint64_t rest[] = {
		(uint64_t)presence->until, (uint64_t)presence->idle_since, presence->automatic};
	uint64_t digest = hash_stable(presence->message, strlen(presence->message), status->look);
	return hash_stable(rest, sizeof(rest), digest);
}
