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

static bool is_recent(const struct person *person, const struct status *status)
{
	for (size_t i = 0; person && i < LIMIT_RECENT; i++)
		if (person->recent[i] == status)
			return true;
	return false;
}

/* All but those that were chosen last by `person`, who may be NULL. */
static void offer_rest(struct options *options, const struct command_call *call, const struct person *person)
{
	const struct catalogue *catalogue = &call->engine->catalogue;

	for (size_t i = 0; i < catalogue->count && !options->many; i++)
		if (status_selectable(catalogue->ordered[i]) && !is_recent(person, catalogue->ordered[i]))
			options_add_status(options, catalogue->ordered[i]);
}

void offer_statuses(struct options *options, void *arg)
{
	offer_rest(options, arg, NULL);
}

void offer_own_statuses(struct options *options, void *arg)
{
	const struct command_call *call = arg;
	const struct person *person = call->person;

	for (size_t i = 0; person && i < LIMIT_RECENT && person->recent[i]; i++)
		if (status_selectable(person->recent[i]))
			options_add_status(options, person->recent[i]);
	offer_rest(options, call, person);
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
const struct status *pick_status(const struct command_call *call, const char *var)
{
	const struct catalogue *catalogue = &call->engine->catalogue;
	const char *text = answers_text(&call->answers, var);
	const struct status *status = catalogue_get(catalogue, text);

	status = status ? status : catalogue_by_name(catalogue, text);
	return status && status_selectable(status) ? status : NULL;
}

bool read_choice(struct command_call *call, struct person *person, struct fact_choice *choice)
{
	const struct status *status = pick_status(call, "status");
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
