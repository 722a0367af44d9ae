/* The command hide-status: who has the status keeps it, nobody else is offered it. */
#include "xmpp/catalogue_form.h"

static const struct field fields[] = {
	{.var = "status",
		.label = "Status",
		.type = FIELD_LIST,
		.required = true,
		.length = LIMIT_NAME + LIMIT_ICON_BYTES,
		.offer = offer_hideable},
	{.var = "hidden", .label = "Hidden", .type = FIELD_BOOLEAN, .required = true, .standard = "1"},
	{0},
};
static const struct form form = {
	"hide-status", "Hide or show a status", "Who has chosen a hidden status keeps it.", fields};

static void changed(struct command_call *call, struct person *person)
{
	(void)person;
	say_of_status(call, answers_yes(&call->answers, "hidden") ? "is hidden." : "is offered again.");
}

static void submit(struct command_call *call)
{
	const struct status *status = read_status_field(call);
	struct status_edit edit;
	struct change change = {.kind = CHANGE_STATUS_EDIT, .edit = &edit};

	if (!status) {
		command_again(call);
		return;
	}
	status_edit_of(&edit, status);
	edit.given = EDIT_ENABLED;
	edit.enabled = !answers_yes(&call->answers, "hidden");
	command_change(call, &change, changed);
}

const struct command command_hide_status = {
	.node = "hide-status",
	.name = "Hide or show a status",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
