/* The command remove-admin: only those who were added are offered; those of the configuration stand there. */
#include "core/admins.h"
#include "xmpp/command.h"

static void offer_admins(struct options *options, void *arg)
{
	const struct command_call *call = arg;
	const char *account;

	for (size_t at = 0; (account = admins_next(call->engine, ADMIN_STORED, &at)) != NULL;)
		options_add(options, account, account);
}

static const struct field fields[] = {
	{.var = "jid",
		.label = "Administrator",
		.type = FIELD_LIST,
		.required = true,
		.open = true, /* so that others are refused with the reason */
		.length = JID_TEXT,
		.offer = offer_admins},
	{0},
};
static const struct form form = {"remove-admin", "Remove an administrator",
	"Those of the configuration file can be removed only there.", fields};

static void removed(struct command_call *call, struct person *person)
{
	(void)person;
	command_say(call, "%s is not an administrator any more.", answers_text(&call->answers, "jid"));
}

static void submit(struct command_call *call)
{
	struct change change = {.kind = CHANGE_ADMIN_REMOVE};
	char account[JID_TEXT];
	struct error error;

	if (!jid_parse_account(answers_text(&call->answers, "jid"), account, &error)) {
		answers_refuse(&call->answers, "jid", "%s", error.text);
		command_again(call);
		return;
	}
	change.account = account;
	command_change(call, &change, removed);
}

const struct command command_remove_admin = {
	.node = "remove-admin",
	.name = "Remove an administrator",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
