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
