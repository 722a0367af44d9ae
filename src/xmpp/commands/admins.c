/* The commands add-admin and remove-admin: who may administer. */
#include "core/admins.h"
#include "xmpp/command.h"

/* Those who were added; those of the configuration stand there. */
static void offer_admins(struct options *options, void *arg)
{
	const struct command_call *call = arg;
	const char *account;

	for (size_t at = 0; (account = admins_next(call->engine, ADMIN_STORED, &at)) != NULL;)
		options_add(options, account, account);
}

static void change_admin(struct command_call *call, enum change_kind kind,
	void (*then)(struct command_call *call, struct person *person))
{
	struct change change = {.kind = kind};
	char account[JID_TEXT];
	struct error error;

	if (!jid_parse_account(answers_text(&call->answers, "jid"), account, &error)) {
		answers_refuse(&call->answers, "jid", "%s", error.text);
		command_again(call);
		return;
	}
	change.account = account;
	command_change(call, &change, then);
}

static const struct field fields_to_add[] = {
	{.var = "jid",
		.label = "Account",
		.type = FIELD_TEXT,
		.required = true,
		.length = JID_TEXT,
		.desc = "The XMPP address of who shall be an administrator"},
	{0},
};
static const struct form form_to_add = {"add-admin", "Add an administrator", NULL, fields_to_add};

static void added(struct command_call *call, struct person *person)
{
	(void)person;
	command_say(call, "%s is an administrator now.", answers_text(&call->answers, "jid"));
}

static void add(struct command_call *call)
{
	change_admin(call, CHANGE_ADMIN_ADD, added);
}

const struct command command_add_admin = {
	.node = "add-admin",
	.name = "Add an administrator",
	.who = COMMAND_ADMIN,
	.form = &form_to_add,
	.submit = add,
};

static const struct field fields_to_remove[] = {
	{.var = "jid",
		.label = "Administrator",
		.type = FIELD_LIST,
		.required = true,
		.open = true, /* so that others are refused with the reason */
		.length = JID_TEXT,
		.offer = offer_admins},
	{0},
};
static const struct form form_to_remove = {"remove-admin", "Remove an administrator",
	"Those of the configuration file can be removed only there.", fields_to_remove};

static void removed(struct command_call *call, struct person *person)
{
	(void)person;
	command_say(call, "%s is not an administrator any more.", answers_text(&call->answers, "jid"));
}

static void take_away(struct command_call *call)
{
	change_admin(call, CHANGE_ADMIN_REMOVE, removed);
}

const struct command command_remove_admin = {
	.node = "remove-admin",
	.name = "Remove an administrator",
	.who = COMMAND_ADMIN,
	.form = &form_to_remove,
	.submit = take_away,
};
