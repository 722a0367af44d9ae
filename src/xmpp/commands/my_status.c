/* The command my-status: what colleagues see of the asker, why, and what the asker chose. */
#include "base/zone.h"
#include "xmpp/say.h"
#include "xmpp/status_form.h"

static void add_choice(xmpp_stanza_t *x, const struct command_call *call, const char *var, const char *label,
	const struct choice *choice, usec_t until)
{
	struct buf text;

	if (!choice->status || choice->status->deleted)
		return;
	buf_init(&text, SAY_BYTES);
	say_status(choice->status, &text);
	if (choice->message && choice->message[0])
		buf_addf(&text, " (%s)", choice->message);
	say_until(call->person, until, call->now, &text);
	form_result_add(x, var, label, buf_text(&text));
	buf_done(&text);
}

static void add_time(
	xmpp_stanza_t *x, const struct command_call *call, const char *var, const char *label, usec_t at)
{
	char text[ZONE_TEXT];
	if (at)
		form_result_add(x, var, label,
			zone_text(person_zone(call->engine, call->person), at, call->now, text));
}

static void add_presence(xmpp_stanza_t *x, const struct command_call *call)
{
	const struct presence *presence = &call->person->presence;
	struct buf text;

	buf_init(&text, SAY_BYTES);
	presence_text(presence, &text);
	form_result_add(x, "status", "Status", presence->status->id);
	form_result_add(
		x, "text", "Shown to colleagues", text.length ? buf_text(&text) : presence->status->name);
	form_result_add(x, "show", "Show", show_to_text(presence->status->show));
	form_result_add(x, "rule", "Because", rule_to_text(presence->rule));
	add_time(x, call, "since", "Since", presence->since);
	add_time(x, call, "until", "Until", presence->until);
	buf_done(&text);
}

static void submit(struct command_call *call)
{
	const struct person *person = call->person;
	const struct choices *choices = &person->choices;
	xmpp_stanza_t *x = form_result(component_context(call->component), "my-status", "Your status");
	struct buf note;

	add_presence(x, call);
	if (choices->timed.until > call->now)
		add_choice(x, call, "timed_choice", "Your choice for a while", &choices->timed,
			choices->timed.until);
	add_choice(x, call, "choice", "Your choice", &choices->standing, 0);
	if (person->message.text && (!person->message.until || person->message.until > call->now)) {
		form_result_add(x, "message", "Your message", person->message.text);
		add_time(x, call, "message_until", "Your message until", person->message.until);
	}
	form_result_add(x, "time_zone", "Your time zone", person_zone(call->engine, person));
	buf_init(&note, SAY_BYTES);
	say_presence(person, call->now, &note);
	command_answer(call, x, buf_text(&note));
	buf_done(&note);
}

const struct command command_my_status = {
	.node = "my-status",
	.name = "Your status",
	.needs_person = true,
	.submit = submit,
};
