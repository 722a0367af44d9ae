/* The command my-status: what colleagues see of the asker, why, and all that is known. */
#include "base/zone.h"
#include "xmpp/command.h"
#include "xmpp/own_status.h"
#include "xmpp/say.h"

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

static void add_fact(void *arg, const char *var, const char *label, const char *text, bool many)
{
	xmpp_stanza_t *x = arg;

	if (many)
		form_result_add_lines(x, var, label, text);
	else
		form_result_add(x, var, label, text);
}

static void submit(struct command_call *call)
{
	xmpp_stanza_t *x = form_result(component_context(call->component), "my-status", "Your status");
	struct buf note;

	add_presence(x, call);
	own_status(call->person, call->now, add_fact, x);
	form_result_add(x, "time_zone", "Your time zone", person_zone(call->engine, call->person));
	buf_init(&note, SAY_BYTES);
	say_presence(call->person, call->now, &note);
	command_answer(call, x, buf_text(&note));
	buf_done(&note);
}

const struct command command_my_status = {
	.node = "my-status",
	.name = "Your status",
	.needs_person = true,
	.submit = submit,
};
