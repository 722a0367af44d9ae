/* The command delete-status: nothing happens without the confirmation. */
#include "xmpp/catalogue_form.h"

static const struct field fields[] = {
	{.var = "status",
		.label = "Status",
		.type = FIELD_LIST,
		.required = true,
		.length = LIMIT_NAME + LIMIT_ICON_BYTES,
		.offer = offer_custom},
	{.var = "confirm", .label = "Yes, delete this status", .type = FIELD_BOOLEAN, .required = true},
	{0},
};
static const struct form form = {
	"delete-status", "Delete a status", "Who has chosen it goes back to Available and is told.", fields};

static void deleted(struct command_call *call, struct person *person)
{
	(void)person;
	say_of_status(call, "is deleted.");
}

static void submit(struct command_call *call)
{
	const struct status *status = read_status_field(call);
	struct change change = {.kind = CHANGE_STATUS_DELETE};

	if (!answers_yes(&call->answers, "confirm"))
		answers_refuse(&call->answers, "confirm", "must be confirmed; nothing was deleted");
	if (answers_refused(&call->answers) || !status) {
		command_again(call);
		return;
	}
	change.status = status->id;
	command_change(call, &change, deleted);
}

const struct command command_delete_status = {
	.node = "delete-status",
	.name = "Delete a status",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
