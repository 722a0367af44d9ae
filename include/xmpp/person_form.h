/*
 * What the forms about people have in common: picking one, and reading the fields `jid`, `name`,
 * `extensions` and `time_zone`.
 */
#ifndef OFFHOOK_XMPP_PERSON_FORM_H
#define OFFHOOK_XMPP_PERSON_FORM_H

#include "xmpp/command.h"

enum { EXTENSION_CHARACTERS = LIMIT_PBX_NAME + 1 + LIMIT_EXTENSION_BYTES };

/* field.offer: everybody, by contact. `arg` is the call. */
void offer_people(struct options *options, void *arg);
/* The fields that these forms share; `none` is what to type for none. */
#define PERSON_FIELD                                                                                         \
	{                                                                                                    \
		.var = "contact", .label = "Person", .type = FIELD_LIST, .required = true,                   \
		.length = LIMIT_CONTACT_BYTES, .offer = offer_people,                                        \
	}
#define PERSON_FIELDS(none)                                                                                  \
	{.var = "jid",                                                                                       \
		.label = "Account",                                                                          \
		.type = FIELD_TEXT,                                                                          \
		.length = JID_TEXT,                                                                          \
		.desc = "The person's XMPP address; " none " for somebody with a phone only"},               \
		{.var = "name", .label = "Name", .type = FIELD_TEXT, .length = LIMIT_NAME},                  \
		{.var = "extensions",                                                                        \
			.label = "Extensions",                                                               \
			.type = FIELD_TEXTS,                                                                 \
			.length = EXTENSION_CHARACTERS,                                                      \
			.count = LIMIT_EXTENSIONS_PER_PERSON,                                                \
			.desc = "All of them, one a line, as pbx:number, such as hq:1001; " none             \
				" for none"},                                                                \
	{                                                                                                    \
		.var = "time_zone", .label = "Time zone", .type = FIELD_TEXT, .length = LIMIT_ZONE_BYTES,    \
		.desc = "Such as Europe/Berlin; " none " for the organisation's",                            \
	}
/* The person whom the field `contact` names; NULL: there is none, and the field was refused. */
struct person *read_contact(struct command_call *call) must_check;

/* A person as it shall be. `fact` borrows from the draft, the answers and the person edited. */
struct draft {
	struct fact_person fact;
	char contact[1024];
	char account[JID_TEXT];
	char *name; /* made from the contact, or NULL */
	const char *extensions[LIMIT_EXTENSIONS_PER_PERSON];
};
/* Reads the fields. `old` is the person to edit, for whom an empty field means unchanged; NULL: a new one,
 * whose `contact` is read too. "-" clears. False: a field was refused. */
bool draft_read(struct draft *draft, struct command_call *call, const struct person *old) must_check;
void draft_done(struct draft *draft);

#endif
