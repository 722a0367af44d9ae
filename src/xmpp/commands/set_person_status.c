/* The command set-person-status: an administrator picks a status for somebody. */
#include "xmpp/person_form.h"
#include "xmpp/say.h"
#include "xmpp/status_form.h"

static const struct field fields[] = {
	PERSON_FIELD,
	STATUS_FIELD(offer_statuses),
	MESSAGE_FIELD("Shown with the status, such as: back at 2"),
	EXPIRES_FIELD("; clock times are the person's", .nothing = "As usual for the status"),
	{0},
};
static const struct form form = {"set-person-status", "Set a person's status", NULL, fields};

static void chosen(struct command_call *call, struct person *person)
{
	struct buf note;

	buf_init(&note, SAY_BYTES);
	buf_addf(&note, "%s is shown as ", person->name);
	say_shown(person, call->now, &note);
	buf_add_char(&note, '.');
	command_answer(call, NULL, buf_text(&note));
	buf_done(&note);
}

static void submit(struct command_call *call)
{
	struct person *person = read_contact(call);
	struct fact_choice choice;
	struct change change = {.kind = CHANGE_CHOICE, .choice = &choice};

	if (!read_choice(call, person, &choice) || !person) {
		command_again(call);
		return;
	}
	choice.source = SOURCE_ADMIN;
	command_change(call, &change, chosen);
}

const struct command command_set_person_status = {
	.node = "set-person-status",
	.name = "Set a person's status",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
