/* The command edit-status: what is left empty stays as it is, "-" clears. */
#include "xmpp/catalogue_form.h"

#define UNCHANGED "Unchanged"

static const struct choice_option shows[] = {
	{"available", "Available"},
	{"chat", "Free for chat"},
	{"away", "Away"},
	{"xa", "Away for long"},
	{"dnd", "Do not disturb"},
	{"unavailable", "Offline"},
	{NULL, NULL},
};

static const struct choice_option yes_or_no[] = {
	{"1", "Yes"},
	{"0", "No"},
	{"-", "Cleared: no"},
	{NULL, NULL},
};

static const struct choice_option actions[] = {
	{"none", "Nothing"},
	{"dnd", "Do not disturb"},
	{"follow-me", "Follow me"},
	{"-", "Cleared: nothing"},
	{NULL, NULL},
};

static const struct field fields[] = {
	{.var = "status",
		.label = "Status",
		.type = FIELD_LIST,
		.required = true,
		.length = LIMIT_NAME + LIMIT_ICON_BYTES,
		.offer = offer_custom},
	{.var = "name", .label = "Name", .type = FIELD_TEXT, .length = LIMIT_NAME},
	{.var = "show", .label = "Shown as", .type = FIELD_LIST, .nothing = UNCHANGED, .choices = shows},
	{.var = "icon",
		.label = "Icon",
		.type = FIELD_LIST,
		.open = true,
		.nothing = UNCHANGED,
		.desc = ICON_DESC,
		.offer = offer_icons},
	{.var = "color", .label = "Color", .type = FIELD_TEXT, .desc = COLOR_DESC},
	{.var = "text", .label = "Text", .type = FIELD_TEXT, .length = LIMIT_STATUS_TEXT, .desc = TEXT_DESC},
	{.var = "activity", .label = "Activity", .type = FIELD_TEXT, .desc = ACTIVITY_DESC},
	{.var = "default_expiry", .label = "Ends after", .type = FIELD_TEXT, .desc = EXPIRY_DESC},
	{.var = "when_offline",
		.label = "Shown while logged out",
		.type = FIELD_LIST,
		.nothing = UNCHANGED,
		.choices = yes_or_no},
	{.var = "call_action",
		.label = "What the telephone system does with calls",
		.type = FIELD_LIST,
		.nothing = UNCHANGED,
		.choices = actions},
	{0},
};
static const struct form form = {
	"edit-status", "Edit a status", "What is left empty stays as it is; - clears.", fields};

static void edited(struct command_call *call, struct person *person)
{
	(void)person;
	say_of_status(call, "is changed.");
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
	if (read_edit(call, &edit) && edit.given == 0)
		answers_refuse(&call->answers, NULL, "nothing was given to change");
	if (answers_refused(&call->answers))
		command_again(call);
	else
		command_change(call, &change, edited);
}

const struct command command_edit_status = {
	.node = "edit-status",
	.name = "Edit a status",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
