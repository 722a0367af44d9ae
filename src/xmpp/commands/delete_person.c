/* The command delete-person: nothing happens without the confirmation. */
#include "xmpp/person_form.h"

static const struct field fields[] = {
	PERSON_FIELD,
	{.var = "confirm", .label = "Yes, delete this person", .type = FIELD_BOOLEAN, .required = true},
	{0},
};
static const struct form form = {"delete-person", "Delete a person", NULL, fields};

static void deleted(struct command_call *call, struct person *person)
{
	(void)person;
	command_say(call, "%s is deleted.", answers_text(&call->answers, "contact"));
}

static void submit(struct command_call *call)
{
	const struct person *person = read_contact(call);
	struct change change = {.kind = CHANGE_PERSON_DELETE};

	if (!answers_yes(&call->answers, "confirm"))
		answers_refuse(&call->answers, "confirm", "must be confirmed; nothing was deleted");
	if (answers_refused(&call->answers) || !person) {
		command_again(call);
		return;
	}
	change.person.row = person->row;
	change.person.contact = person->contact;
	command_change(call, &change, deleted);
}

const struct command command_delete_person = {
	.node = "delete-person",
	.name = "Delete a person",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
