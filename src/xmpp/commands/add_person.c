/* The command add-person. */
#include "xmpp/person_form.h"

static const struct field fields[] = {
	{.var = "contact",
		.label = "Contact",
		.type = FIELD_TEXT,
		.required = true,
		.length = LIMIT_CONTACT_BYTES,
		.desc = "The part of the contact address before the @"},
	PERSON_FIELDS("empty"),
	{0},
};
static const struct form form = {"add-person", "Add a person", NULL, fields};

static void added(struct command_call *call, struct person *person)
{
	command_say(call, "%s is added and can be watched at %s@%s.", person->name, person->contact,
		component_address(call->component));
}

static void submit(struct command_call *call)
{
	struct change change = {.kind = CHANGE_PERSON_ADD};
	struct draft draft;

	if (draft_read(&draft, call, NULL)) {
		change.person = draft.fact;
		command_change(call, &change, added);
	} else {
		command_again(call);
	}
	draft_done(&draft);
}

const struct command command_add_person = {
	.node = "add-person",
	.name = "Add a person",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
