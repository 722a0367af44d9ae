/* The command add-admin. */
#include "xmpp/command.h"

static const struct field fields[] = {
	{.var = "jid",
		.label = "Account",
		.type = FIELD_TEXT,
		.required = true,
		.length = JID_TEXT,
		.desc = "The XMPP address of who shall be an administrator"},
	{0},
};
static const struct form form = {"add-admin", "Add an administrator", NULL, fields};

static void added(struct command_call *call, struct person *person)
{
	(void)person;
	command_say(call, "%s is an administrator now.", answers_text(&call->answers, "jid"));
}

static void submit(struct command_call *call)
{
	struct change change = {.kind = CHANGE_ADMIN_ADD};
	char account[JID_TEXT];
	struct error error;

	if (!jid_parse_account(answers_text(&call->answers, "jid"), account, &error)) {
		answers_refuse(&call->answers, "jid", "%s", error.text);
		command_again(call);
		return;
	}
	change.account = account;
	command_change(call, &change, added);
}

const struct command command_add_admin = {
	.node = "add-admin",
	.name = "Add an administrator",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
