/* The command set-status: a person picks a status, with a message and for how long. */
#include "xmpp/status_form.h"

static const struct field fields[] = {
	STATUS_FIELD(offer_own_statuses),
	MESSAGE_FIELD("Shown with the status, such as: back at 2"),
	EXPIRES_FIELD("", .nothing = "As usual for the status"),
	{0},
};
static const struct form form = {"set-status", "Set your status", NULL, fields};

static bool fill(struct command_call *call)
{
	const struct choice *choice =
		call->person ? choice_in_force(&call->person->choices, call->now) : NULL;
	const struct status *status = choice ? choice->status : call->engine->catalogue.available;

	answers_suggest(&call->answers, "status", status->id);
	return true;
}

static void submit(struct command_call *call)
{
	struct fact fact = {.kind = FACT_CHOICE};

	if (!read_choice(call, call->person, &fact.choice)) {
		command_again(call);
		return;
	}
	fact.choice.source = SOURCE_PERSON;
	if (command_submit(call, &fact))
		answer_presence(call, "");
}

const struct command command_set_status = {
	.node = "set-status",
	.name = "Set your status",
	.needs_person = true,
	.form = &form,
	.fill = fill,
	.submit = submit,
};
