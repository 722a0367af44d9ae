/* Offering statuses and expiries in forms, and answering with what colleagues see. */
#include "xmpp/status_form.h"

#include "base/expiry.h"
#include "xmpp/say.h"

const struct choice_option expiry_choices[] = {
	{"never", "Until I change it"},
	{"30m", "30 minutes"},
	{"1h", "1 hour"},
	{"4h", "4 hours"},
	{"today", "Today"},
	{NULL, NULL},
};

void options_add_status(struct options *options, const struct status *status)
{
	struct buf label;

	buf_init(&label, SAY_BYTES);
	say_status(status, &label);
	options_add(options, status->id, buf_text(&label));
	buf_done(&label);
}

void offer_statuses(struct options *options, void *arg)
{
	const struct command_call *call = arg;
	const struct catalogue *catalogue = &call->engine->catalogue;

	for (size_t i = 0; i < catalogue->count && !options->many; i++)
		if (status_selectable(catalogue->ordered[i]))
			options_add_status(options, catalogue->ordered[i]);
}

bool read_expires(struct command_call *call, usec_t *until)
{
	const char *zone = person_zone(call->engine, call->person);
	struct error error;

	if (expiry_parse(answers_text(&call->answers, "expires"), zone, call->now, until, &error))
		return true;
	answers_refuse(&call->answers, "expires", "%s", error.text);
	return false;
}

void answer_presence(struct command_call *call, const char *first)
{
	struct buf note;

	buf_init(&note, SAY_BYTES);
	buf_add_text(&note, first);
	if (first[0])
		buf_add_char(&note, ' ');
	say_presence(call->person, call->now, &note);
	command_answer(call, NULL, buf_text(&note));
	buf_done(&note);
}
