/* Words for the facts about people, and what follows from them directly. */
#include "core/person.h"

#include <string.h>

static int find_name(const char *const *names, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], text) == 0)
			return (int)i;
	return -1;
}

/* Defines TYPE_to_text and TYPE_parse for an enum whose values count from 0. */
#define NAMES(type, prefix, ...)                                                                             \
	static const char *const prefix##_names[] = {__VA_ARGS__};                                           \
	const char *prefix##_to_text(enum type value)                                                        \
	{                                                                                                    \
		return prefix##_names[value];                                                                \
	}
#define PARSER(type, prefix)                                                                                 \
	bool prefix##_parse(const char *text, enum type *value)                                              \
	{                                                                                                    \
		int found =                                                                                  \
			find_name(prefix##_names, sizeof(prefix##_names) / sizeof(*prefix##_names), text);   \
		if (found >= 0)                                                                              \
			*value = (enum type)found;                                                           \
		return found >= 0;                                                                           \
	}

NAMES(source, source, "person", "admin", "phone", "api", "login")
PARSER(source, source)
NAMES(feed, feed, "none", "asked", "active", "refused")
PARSER(feed, feed)
NAMES(phone, phone, "unknown", "registered", "unregistered")
NAMES(leg_state, leg_state, "ringing", "active", "held", "ended")
PARSER(leg_state, leg_state)
NAMES(leg_kind, leg_kind, "call", "meeting")
PARSER(leg_kind, leg_kind)
NAMES(direction, direction, "", "inbound", "outbound")

bool direction_parse(const char *text, enum direction *direction)
{
	int found = find_name(direction_names, 3, text);
	if (found > 0)
		*direction = (enum direction)found;
	return found > 0;
}

bool leg_is_up(const struct leg *leg)
{
	return leg->state == LEG_ACTIVE || leg->state == LEG_HELD ||
	       (leg->state == LEG_RINGING && leg->direction == DIRECTION_OUTBOUND);
}

enum feed person_feed(const struct person *person)
{
	return person->privileged ? FEED_ACTIVE : person->feed;
}

enum phone person_phone(const struct person *person)
{
	size_t unregistered = 0;
	for (size_t i = 0; i < person->extension_count; i++) {
		if (person->extensions[i]->registered == PHONE_REGISTERED)
			return PHONE_REGISTERED;
		unregistered += person->extensions[i]->registered == PHONE_UNREGISTERED;
	}
	return unregistered && unregistered == person->extension_count ? PHONE_UNREGISTERED : PHONE_UNKNOWN;
}
