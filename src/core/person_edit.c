/* The texts of which a person is made are checked here. */
#include "core/person_edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/zone.h"

enum { QUOTED = 60 /* characters of a bad text that an error repeats */ };

bool person_contact_parse(const char *text, char contact[1024], struct error *error)
{
	struct error reason;

	if (jid_parse_contact(text, contact, &reason))
		return true;
	return error_set(error, "contact", "%s", reason.text);
}

bool person_account_parse(const char *text, const char *domain, char account[JID_TEXT], struct error *error)
{
	const char *at;
	struct error reason;

	if (!jid_parse_account(text, account, &reason))
		return error_set(error, "jid", "%s", reason.text);
	at = strchr(account, '@');
	if (!at || strcmp(at + 1, domain) != 0)
		return error_set(error, "jid", "must be an account of %s", domain);
	return true;
}

bool person_name_check(const char *text, struct error *error)
{
	return text_check(text, 1, LIMIT_NAME, "name", error);
}

bool person_zone_check(const char *text, struct error *error)
{
	if (strlen(text) <= LIMIT_ZONE_BYTES && text_valid(text) && zone_valid(text))
		return true;
	return error_set(error, "time_zone", "is not a time zone such as Europe/Berlin");
}

/* PBX names have no colon, so it is the first that separates. */
static bool is_extension(const char *text)
{
	char pbx[LIMIT_PBX_NAME + 1];
	size_t length = strcspn(text, ":");
	const char *number = text + length + 1;

	if (text[length] == '\0' || length > LIMIT_PBX_NAME || !text_valid(text))
		return false;
	memcpy(pbx, text, length);
	pbx[length] = '\0';
	return text_is_slug(pbx) && *number && strlen(number) <= LIMIT_EXTENSION_BYTES &&
	       !strchr(number, ' ');
}

bool person_extension_add(const char **extensions, size_t *count, const char *text, struct error *error)
{
	if (!is_extension(text)) {
		char *quoted = text_clean(text, strnlen(text, (size_t)4 * QUOTED), QUOTED);
		error_set(error, "extensions", "%s: must be pbx:number, such as hq:1001", quoted);
		free(quoted);
		return false;
	}
	for (size_t i = 0; i < *count; i++)
		if (strcmp(extensions[i], text) == 0)
			return error_set(error, "extensions", "%s is given twice", text);
	if (*count == LIMIT_EXTENSIONS_PER_PERSON)
		return error_set(error, "extensions", "are more than %d", LIMIT_EXTENSIONS_PER_PERSON);
	extensions[(*count)++] = text;
	return true;
}

char *person_name_made(const char *contact)
{
	return text_clean(contact, strlen(contact), LIMIT_NAME);
}

bool person_account_free(
	const struct engine *engine, const char *account, const struct person *self, struct error *error)
{
	const struct person *holder = engine_person_by_account(engine, account);

	if (!holder || holder == self)
		return true;
	return error_set(error, "jid", "belongs to %s (%s)", holder->name, holder->contact);
}

bool person_extension_free(
	const struct engine *engine, const char *key, const struct person *self, struct error *error)
{
	const struct extension *extension = map_get(&engine->extensions, key);
	const struct person *holder = extension ? extension->person : NULL;

	if (!holder || holder == self)
		return true;
	return error_set(error, "extensions", "%s belongs to %s (%s)", key, holder->name, holder->contact);
}

void person_fields_of(const struct person *person, struct fact_person *fields,
	const char *list[LIMIT_EXTENSIONS_PER_PERSON])
{
	*fields = (struct fact_person){
		.row = person->row,
		.contact = person->contact,
		.account = person->account,
		.name = person->name,
		.time_zone = person->time_zone,
		.extensions = list,
		.extension_count = person->extension_count,
	};
	for (size_t i = 0; i < person->extension_count; i++)
		list[i] = person->extensions[i]->key;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool person_fields_have(const struct fact_person *fields, const char *extension)
{
	for (size_t i = 0; i < fields->extension_count; i++)
		if (strcmp(fields->extensions[i], extension) == 0)
			return true;
	return false;
}

bool person_is(const struct person *person, const struct fact_person *fields)
{
	if (!same_text(person->contact, fields->contact) || !same_text(person->account, fields->account) ||
		!same_text(person->name, fields->name) || !same_text(person->time_zone, fields->time_zone) ||
		person->extension_count != fields->extension_count)
		return false;
	for (size_t i = 0; i < person->extension_count; i++)
		if (!person_fields_have(fields, person->extensions[i]->key))
			return false;
	return true;
}
