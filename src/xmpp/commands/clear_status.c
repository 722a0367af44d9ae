/* The command clear-status: both choices go, and what is shown follows from calls and devices again. */
#include "xmpp/status_form.h"

static void submit(struct command_call *call)
{
	struct fact fact = {.kind = FACT_CHOICE};

	fact.choice = (struct fact_choice){.person = call->person, .source = SOURCE_PERSON};
	if (command_submit(call, &fact))
		answer_presence(call, "Your status is automatic again.");
}

const struct command command_clear_status = {
	.node = "clear-status",
	.name = "Clear your status",
	.needs_person = true,
	.submit = submit,
};
