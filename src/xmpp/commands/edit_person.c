/* The command edit-person: what is left empty stays as it is, "-" clears. */
#include "xmpp/person_form.h"

static const struct field fields[] = {
	PERSON_FIELD,
	PERSON_FIELDS("-"),
	{0},
};
static const struct form form = {
	"edit-person", "Edit a person", "What is left empty stays as it is; - clears.", fields};

static void edited(struct command_call *call, struct person *person)
{
	command_say(call, "%s (%s) is changed.", person->name, person->contact);
}

static void submit(struct command_call *call)
{
	struct change change = {.kind = CHANGE_PERSON_EDIT};
	const struct person *person = read_contact(call);
	struct draft draft;

	if (!person) {
		command_again(call);
		return;
	}
	if (draft_read(&draft, call, person)) {
		change.person = draft.fact;
		command_change(call, &change, edited);
	} else {
		command_again(call);
	}
	draft_done(&draft);
}

const struct command command_edit_person = {
	.node = "edit-person",
	.name = "Edit a person",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
