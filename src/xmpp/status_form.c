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

static bool read_expires_of(struct command_call *call, const struct person *person, usec_t *until)
{
	const char *zone = person_zone(call->engine, person);
	struct error error;

	if (expiry_parse(answers_text(&call->answers, "expires"), zone, call->now, until, &error))
		return true;
	answers_refuse(&call->answers, "expires", "%s", error.text);
	return false;
}

bool read_expires(struct command_call *call, usec_t *until)
{
	return read_expires_of(call, call->person, until);
}

/* Where the list is too long to be offered, people type what they know, which is the name. */
static const struct status *picked(const struct command_call *call)
{
	const struct catalogue *catalogue = &call->engine->catalogue;
	const char *text = answers_text(&call->answers, "status");
	const struct status *status = catalogue_get(catalogue, text);

	status = status ? status : catalogue_by_name(catalogue, text);
	return status && status_selectable(status) ? status : NULL;
}

bool read_choice(struct command_call *call, struct person *person, struct fact_choice *choice)
{
	const struct status *status = picked(call);
	usec_t until;

	if (!status)
		answers_refuse(&call->answers, "status", "there is no such status to choose");
	if (!read_expires_of(call, person, &until) || !status)
		return false;
	if (answers_text(&call->answers, "expires")[0] == '\0' && status->default_expiry)
		until = call->now + status->default_expiry * MINUTE;
	*choice = (struct fact_choice){
		.person = person,
		.status = status->id,
		.message = answers_text(&call->answers, "message"),
		.until = until,
	};
	return true;
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
