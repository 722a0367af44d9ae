/* The command set-message: a person's own standing text, whatever the status. */
#include "xmpp/status_form.h"

static const struct field fields[] = {
	MESSAGE_FIELD("Shown with every status, such as: working from home. Empty clears it"),
	EXPIRES_FIELD("", .standard = "never"),
	{0},
};
static const struct form form = {"set-message", "Set your message", NULL, fields};

/* Not when the form is shown again: a client may leave out the message that somebody has emptied. */
static bool fill(struct command_call *call)
{
	const char *message = call->person ? call->person->message.text : NULL;

	if (message && !answers_refused(&call->answers))
		answers_suggest(&call->answers, "message", message);
	return true;
}

static void submit(struct command_call *call)
{
	const char *message = answers_text(&call->answers, "message");
	struct fact fact = {.kind = FACT_MESSAGE};
	bool clear = message[0] == '\0';
	usec_t until;

	if (!read_expires(call, &until)) {
		command_again(call);
		return;
	}
	fact.message =
		(struct fact_message){.person = call->person, .text = message, .until = clear ? 0 : until};
	if (command_submit(call, &fact))
		answer_presence(call, clear ? "Your message is cleared." : "Your message is set.");
}

const struct command command_set_message = {
	.node = "set-message",
	.name = "Set your message",
	.needs_person = true,
	.form = &form,
	.fill = fill,
	.submit = submit,
};
