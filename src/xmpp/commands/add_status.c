/* The command add-status: a new status of the tenant's own. */
#include "xmpp/catalogue_form.h"

static const struct choice_option shows[] = {
	{"available", "Available"},
	{"chat", "Free for chat"},
	{"away", "Away"},
	{"xa", "Away for long"},
	{"dnd", "Do not disturb"},
	{"unavailable", "Offline"},
	{NULL, NULL},
};

static const struct choice_option actions[] = {
	{"none", "Nothing"},
	{"dnd", "Do not disturb"},
	{"follow-me", "Follow me"},
	{NULL, NULL},
};

static const struct field fields[] = {
	{.var = "name", .label = "Name", .type = FIELD_TEXT, .required = true, .length = LIMIT_NAME},
	{.var = "show",
		.label = "Shown as",
		.type = FIELD_LIST,
		.required = true,
		.standard = "available",
		.choices = shows},
	{.var = "icon",
		.label = "Icon",
		.type = FIELD_LIST,
		.open = true,
		.standard = "-",
		.desc = ICON_DESC,
		.offer = offer_icons},
	{.var = "color", .label = "Color", .type = FIELD_TEXT, .standard = "#607D8B", .desc = COLOR_DESC},
	{.var = "text", .label = "Text", .type = FIELD_TEXT, .length = LIMIT_STATUS_TEXT, .desc = TEXT_DESC},
	{.var = "activity", .label = "Activity", .type = FIELD_TEXT, .desc = ACTIVITY_DESC},
	{.var = "default_expiry",
		.label = "Ends after",
		.type = FIELD_TEXT,
		.datatype = DATATYPE_INTEGER,
		.max = LIMIT_DEFAULT_EXPIRY_MINUTES,
		.desc = EXPIRY_DESC},
	{.var = "when_offline", .label = "Shown while logged out", .type = FIELD_BOOLEAN, .standard = "0"},
	{.var = "call_action",
		.label = "What the telephone system does with calls",
		.type = FIELD_LIST,
		.standard = "none",
		.choices = actions},
	{0},
};
static const struct form form = {"add-status", "Add a status", NULL, fields};

static void added(struct command_call *call, struct person *person)
{
	const char *name = answers_text(&call->answers, "name");
	const struct status *status = catalogue_by_name(&call->engine->catalogue, name);

	(void)person;
	if (status)
		command_say(call, "%s is added. Its id is %s.", name, status->id);
	else
		command_say(call, "%s is added.", name);
}

static void submit(struct command_call *call)
{
	struct status_edit edit;
	struct change change = {.kind = CHANGE_STATUS_ADD, .edit = &edit};

	status_edit_add(&edit);
	if (read_edit(call, &edit))
		command_change(call, &change, added);
	else
		command_again(call);
}

const struct command command_add_status = {
	.node = "add-status",
	.name = "Add a status",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
