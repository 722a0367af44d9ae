/*
 * What a legal person is. Every way in, form or file, has its texts checked here, and nothing else decides it.
 *
 * Errors name the field (`contact`, `jid`, `name`, `extensions`, `time_zone`) and say what is wrong with it in
 * words that follow that name.
 */
#ifndef OFFHOOK_CORE_PERSON_EDIT_H
#define OFFHOOK_CORE_PERSON_EDIT_H

#include "base/jid.h"
#include "core/engine.h"

/* Each takes the text as somebody typed it, trimmed and not empty. */
bool person_contact_parse(const char *text, char contact[1024], struct error *error) must_check;
/* An account of that domain, in prepared form. */
bool person_account_parse(
	const char *text, const char *domain, char account[JID_TEXT], struct error *error) must_check;
bool person_name_check(const char *text, struct error *error) must_check;
bool person_zone_check(const char *text, struct error *error) must_check;
/* Adds "pbx:number", which is borrowed, to a list with room for LIMIT_EXTENSIONS_PER_PERSON. */
bool person_extension_add(
	const char **extensions, size_t *count, const char *text, struct error *error) must_check;
/* The name of somebody who has none: made from the contact. The caller frees it. */
char *person_name_made(const char *contact);

/* Whether somebody other than `self` (NULL: a new person) has it; the error names them. */
bool person_account_free(const struct engine *engine, const char *account, const struct person *self,
	struct error *error) must_check;
bool person_extension_free(const struct engine *engine, const char *extension, const struct person *self,
	struct error *error) must_check;

/* The person as they are; borrows from them, and `extensions` from `list`. */
void person_fields_of(const struct person *person, struct fact_person *fields,
	const char *list[LIMIT_EXTENSIONS_PER_PERSON]);
/* Whether the person is that already; the order of extensions does not count. */
bool person_is(const struct person *person, const struct fact_person *fields);
bool person_fields_have(const struct fact_person *fields, const char *extension);

#endif
