/* The table of policy keys, and reading and writing them as text. */
#include "core/policy.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define MEMBER(name) offsetof(struct policy, name), sizeof(((struct policy *)0)->name)

const struct policy_key policy_keys[] = {
	{"call_precedence", "What wins: a person's choice or a call", POLICY_PRECEDENCE, "manual",
		MEMBER(call_precedence), 0, 0, false},
	{"auto_away_minutes", "Minutes of idleness until Away", POLICY_MINUTES, "10",
		MEMBER(auto_away_minutes), 1, 1440, false},
	{"call_max_minutes", "Minutes until a call without news is taken as ended", POLICY_MINUTES, "240",
		MEMBER(call_max_minutes), 1, 10080, false},
	{"time_zone", "Time zone", POLICY_ZONE, "UTC", MEMBER(time_zone), 0, 0, false},
	{"on_call_status", "Status shown during a call", POLICY_STATUS, "on-call", MEMBER(on_call_status), 0,
		0, false},
	{"meeting_status", "Status shown during a meeting", POLICY_STATUS, "busy", MEMBER(meeting_status), 0,
		0, false},
	{"ringing_status", "Status shown while a phone rings (none: nothing)", POLICY_STATUS, "none",
		MEMBER(ringing_status), 0, 0, true},
	{"offline_to_voicemail", "Send callers of people who are offline to voicemail", POLICY_BOOLEAN, "no",
		MEMBER(offline_to_voicemail), 0, 0, false},
	{"auto_people", "Accounts become people by themselves", POLICY_BOOLEAN, "yes", MEMBER(auto_people), 0,
		0, false},
	{"allowed_domains", "Other domains that may watch, separated by blanks", POLICY_DOMAINS, "",
		MEMBER(allowed_domains), 0, 0, true},
	{"sign_off", "Show everybody as offline when the program stops", POLICY_BOOLEAN, "yes",
		MEMBER(sign_off), 0, 0, false},
	{NULL, NULL, POLICY_BOOLEAN, NULL, 0, 0, 0, 0, false},
};

void policy_init(struct policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	for (const struct policy_key *key = policy_keys; key->name; key++)
		if (!policy_set(policy, key->name, key->standard, NULL, NULL))
			policy->auto_people =
				false; /* cannot be: a test holds every default against its check */
}

static bool set_boolean(bool *member, const char *value, const char *key, struct error *error)
{
	static const char *const yes[] = {"yes", "true", "1"}, *const no[] = {"no", "false", "0"};
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
			*member = strcmp(value, yes[i]) == 0;
			return true;
		}
	}
	return error_set(error, key, "must be yes or no");
}

static bool set_status(char *member, const struct policy_key *key, const char *value, struct error *error)
{
	if (key->none_allowed && (value[0] == '\0' || strcmp(value, "none") == 0)) {
		member[0] = '\0';
		return true;
	}
	if (!text_is_slug(value))
		return error_set(error, key->name, "must be the id of a status%s",
			key->none_allowed ? " or none" : "");
	snprintf(member, key->size, "%s", value);
	return true;
}

static bool domain_ok(const char *domain, size_t length)
{
	if (length == 0 || length > 253 || domain[0] == '.' || domain[length - 1] == '.')
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)domain[i] <= ' ' || strchr("@/<>&\"'\\,;", domain[i]) || domain[i] == 0x7f)
			return false;
	return true;
}

/* Written with exactly one blank between two domains, lower case where ASCII. */
static bool set_domains(char *member, const struct policy_key *key, const char *value, struct error *error)
{
	char out[1024];
	size_t used = 0;
	if (!text_valid(value))
		return error_set(error, key->name, "has characters that are not allowed");
	if (strcmp(value, "none") == 0)
		value = "";
	for (const char *at = value + strspn(value, " "); *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");
		if (!domain_ok(at, length))
			return error_set(error, key->name, "must be domains separated by blanks");
		if (used + length + 2 > sizeof(out))
			return error_set(error, key->name, "is too long");
		if (used)
			out[used++] = ' ';
		for (size_t i = 0; i < length; i++)
			out[used++] = (char)(at[i] >= 'A' && at[i] <= 'Z' ? at[i] + 32 : at[i]);
		at += length;
	}
	out[used] = '\0';
	memcpy(member, out, used + 1);
	return true;
}

static bool set_value(void *member, const struct policy_key *key, const char *value,
	bool (*zone_ok)(const char *), struct error *error)
{
	long long number;
	switch (key->kind) {
	case POLICY_BOOLEAN:
		return set_boolean(member, value, key->name, error);
	case POLICY_MINUTES:
		if (!text_number(value, key->min, key->max, &number))
			return error_set(
				error, key->name, "must be a number from %lld to %lld", key->min, key->max);
		*(uint32_t *)member = (uint32_t)number;
		return true;
	case POLICY_PRECEDENCE:
		if (strcmp(value, "manual") != 0 && strcmp(value, "call") != 0)
			return error_set(error, key->name, "must be manual or call");
		*(bool *)member = strcmp(value, "call") == 0;
		return true;
	case POLICY_ZONE:
		if (value[0] == '\0' || strlen(value) >= key->size || (zone_ok && !zone_ok(value)))
			return error_set(error, key->name, "is not a time zone such as Europe/Berlin");
		memcpy(member, value, strlen(value) + 1);
		return true;
	case POLICY_STATUS:
		return set_status(member, key, value, error);
	case POLICY_DOMAINS:
		return set_domains(member, key, value, error);
	}
	return false;
}

bool policy_set(struct policy *policy, const char *name, const char *value, bool (*zone_ok)(const char *zone),
	struct error *error)
{
	for (const struct policy_key *key = policy_keys; key->name; key++)
		if (strcmp(key->name, name) == 0)
			return set_value((char *)policy + key->offset, key, value, zone_ok, error);
	return error_set(error, name, "is not a key of the policy");
}

char *policy_get(const struct policy *policy, const struct policy_key *key, char text[POLICY_TEXT])
{
	const void *member = (const char *)policy + key->offset;
	switch (key->kind) {
	case POLICY_BOOLEAN:
		snprintf(text, POLICY_TEXT, "%s", *(const bool *)member ? "yes" : "no");
		break;
	case POLICY_PRECEDENCE:
		snprintf(text, POLICY_TEXT, "%s", *(const bool *)member ? "call" : "manual");
		break;
	case POLICY_MINUTES:
		snprintf(text, POLICY_TEXT, "%u", *(const uint32_t *)member);
		break;
	case POLICY_STATUS:
		snprintf(text, POLICY_TEXT, "%s", *(const char *)member ? (const char *)member : "none");
		break;
	case POLICY_ZONE:
	case POLICY_DOMAINS:
		snprintf(text, POLICY_TEXT, "%s", (const char *)member);
		break;
	}
	return text;
}

bool policy_allows_domain(const struct policy *policy, const char *domain)
{
	size_t length = strlen(domain);
	for (const char *at = policy->allowed_domains; *at; at += strspn(at, " ")) {
		size_t part = strcspn(at, " ");
		if (part == length && strncmp(at, domain, length) == 0)
			return true;
		at += part;
	}
	return false;
}
