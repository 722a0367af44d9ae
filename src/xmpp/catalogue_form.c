/* Picking statuses and reading what an administrator wants them to be. */
#include "xmpp/catalogue_form.h"

#include <string.h>

#include "xmpp/say.h"

static const struct choice_option icons[] = {
	{"☕", "☕ Coffee"},
	{"🍽️", "🍽️ Meal"},
	{"🏖️", "🏖️ Vacation"},
	{"🤒", "🤒 Sick"},
	{"🏠", "🏠 At home"},
	{"🏢", "🏢 At the office"},
	{"🚗", "🚗 On the road"},
	{"✈️", "✈️ Travelling"},
	{"👥", "👥 Meeting"},
	{"🎓", "🎓 Training"},
	{"🎯", "🎯 Focused"},
	{"💻", "💻 At the computer"},
	{"📋", "📋 Paperwork"},
	{"🧑‍🤝‍🧑", "🧑‍🤝‍🧑 With a visitor"},
	{"🎧", "🎧 Headphones on"},
	{"📞", "📞 Phone"},
	{"🔧", "🔧 In the field"},
	{"👶", "👶 Family"},
	{"🏃", "🏃 Sport"},
	{"🌙", "🌙 Gone home"},
	{NULL, NULL},
};

static void offer_those(struct options *options, const struct command_call *call, bool custom_only)
{
	const struct catalogue *catalogue = &call->engine->catalogue;

	for (size_t i = 0; i < catalogue->count && !options->many; i++) {
		const struct status *status = catalogue->ordered[i];
		if (custom_only ? status->kind == STATUS_CUSTOM : status->hideable)
			options_add_status(options, status);
	}
}

void offer_custom(struct options *options, void *arg)
{
	offer_those(options, arg, true);
}

void offer_hideable(struct options *options, void *arg)
{
	offer_those(options, arg, false);
}

void offer_icons(struct options *options, void *arg)
{
	(void)arg;
	options_add(options, "-", "None");
	for (const struct choice_option *icon = icons; icon->value; icon++)
		options_add(options, icon->value, icon->label);
}

const struct status *read_status_field(struct command_call *call)
{
	const struct catalogue *catalogue = &call->engine->catalogue;
	const char *text = answers_text(&call->answers, "status");
	const struct status *status = catalogue_get(catalogue, text);

	status = status ? status : catalogue_by_name(catalogue, text);
	if (status)
		answers_set(&call->answers, "status", status->id);
	else
		answers_refuse(&call->answers, "status", "there is no such status");
	return status;
}

static const struct {
	const char *var;
	const char *none; /* what clears it; NULL: it cannot be cleared */
} vars[] = {
	{"name", NULL},
	{"show", NULL},
	{"icon", ""},
	{"color", NULL},
	{"text", ""},
	{"activity", ""},
	{"default_expiry", ""},
	{"when_offline", "0"},
	{"call_action", "none"},
};

bool read_edit(struct command_call *call, struct status_edit *edit)
{
	struct error error;

	for (size_t i = 0; i < sizeof(vars) / sizeof(*vars); i++) {
		const char *text = answers_text(&call->answers, vars[i].var);
		if (text[0] == '\0')
			continue;
		if (strcmp(text, "-") == 0 && !vars[i].none)
			answers_refuse(&call->answers, vars[i].var, "cannot be cleared");
		else if (!status_edit_set(
				 edit, vars[i].var, strcmp(text, "-") == 0 ? vars[i].none : text, &error))
			answers_refuse_error(&call->answers, &error);
	}
	return !answers_refused(&call->answers);
}

void say_of_status(struct command_call *call, const char *words)
{
	const char *id = answers_text(&call->answers, "status");
	const struct status *status = map_get(&call->engine->catalogue.by_id, id);
	struct buf note;

	buf_init(&note, SAY_BYTES);
	if (status)
		say_status(status, &note);
	else
		buf_add_text(&note, id);
	buf_addf(&note, " %s", words);
	command_answer(call, NULL, buf_text(&note));
	buf_done(&note);
}
