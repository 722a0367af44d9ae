/* The command set-status: a person picks a status, with a message and for how long. */
#include "xmpp/status_form.h"

static const struct field fields[] = {
	{.var = "status",
		.label = "Status",
		.type = FIELD_LIST,
		.required = true,
		.length = LIMIT_NAME + LIMIT_ICON_BYTES,
		.offer = offer_statuses},
	{.var = "message",
		.label = "Message",
		.type = FIELD_TEXT,
		.length = LIMIT_MESSAGE,
		.desc = "Shown with the status, such as: back at 2"},
	{.var = "expires",
		.label = "Expires",
		.type = FIELD_LIST,
		.open = true,
		.length = EXPIRES_CHARACTERS,
		.desc = EXPIRES_DESC,
		.choices = expiry_choices},
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

/* Where the list is too long to be offered, people type what they know, which is the name. */
static const struct status *picked(const struct command_call *call)
{
	const struct catalogue *catalogue = &call->engine->catalogue;
	const char *text = answers_text(&call->answers, "status");
	const struct status *status = catalogue_get(catalogue, text);

	status = status ? status : catalogue_by_name(catalogue, text);
	return status && status_selectable(status) ? status : NULL;
}

static void submit(struct command_call *call)
{
	const struct status *status = picked(call);
	struct fact fact = {.kind = FACT_CHOICE};
	usec_t until;

	if (!status)
		answers_refuse(&call->answers, "status", "there is no such status to choose");
	if (!read_expires(call, &until) || !status) {
		command_again(call);
		return;
	}
	if (answers_text(&call->answers, "expires")[0] == '\0' && status->default_expiry)
		until = call->now + status->default_expiry * MINUTE;
	fact.choice = (struct fact_choice){
		.person = call->person,
		.status = status->id,
		.message = answers_text(&call->answers, "message"),
		.until = until,
		.source = SOURCE_PERSON,
	};
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
