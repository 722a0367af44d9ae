/* The command policy: the tenant's policy as a form, made from the table of its keys. */
#include <string.h>

#include "base/zone.h"
#include "xmpp/status_form.h"

static const struct choice_option precedences[] = {
	{"manual", "A person's choice"},
	{"call", "A call"},
	{NULL, NULL},
};

static void offer_none(struct options *options, void *arg)
{
	options_add(options, "none", "None");
	(void)arg;
}

/* What an automatic rule may show: anything but what stands for being away altogether. */
static void offer_shown(struct options *options, void *arg)
{
	const struct command_call *call = arg;
	const struct catalogue *catalogue = &call->engine->catalogue;

	for (size_t i = 0; i < catalogue->count && !options->many; i++)
		if (catalogue->ordered[i] != catalogue->offline &&
			catalogue->ordered[i] != catalogue->invisible)
			options_add_status(options, catalogue->ordered[i]);
}

static void offer_shown_or_none(struct options *options, void *arg)
{
	offer_none(options, arg);
	offer_shown(options, arg);
}

static struct field fields[LIMIT_FORM_FIELDS + 1];
static const struct form form = {"policy", "Policy", "What is left out stays as it is.", fields};

static struct field field_of(const struct policy_key *key)
{
	struct field field = {
		.var = key->name, .label = key->label, .type = FIELD_TEXT, .length = POLICY_TEXT - 1};

	switch (key->kind) {
	case POLICY_BOOLEAN:
		field.type = FIELD_BOOLEAN;
		break;
	case POLICY_MINUTES:
		field.datatype = DATATYPE_INTEGER;
		field.min = key->min;
		field.max = key->max;
		break;
	case POLICY_PRECEDENCE:
		field.type = FIELD_LIST;
		field.choices = precedences;
		break;
	case POLICY_STATUS:
		field.type = FIELD_LIST;
		field.offer = key->none_allowed ? offer_shown_or_none : offer_shown;
		break;
	case POLICY_ZONE:
		field.desc = "Such as Europe/Berlin";
		break;
	case POLICY_DOMAINS:
		break;
	}
	return field;
}

static void declare(void)
{
	for (size_t i = 0; policy_keys[i].name && i < LIMIT_FORM_FIELDS; i++)
		fields[i] = field_of(&policy_keys[i]);
}

static bool fill(struct command_call *call)
{
	char text[POLICY_TEXT];

	for (const struct policy_key *key = policy_keys; key->name; key++) {
		policy_get(&call->engine->policy, key, text);
		if (key->kind == POLICY_BOOLEAN)
			answers_suggest(&call->answers, key->name, strcmp(text, "yes") == 0 ? "1" : "0");
		else if (text[0])
			answers_suggest(&call->answers, key->name, text);
	}
	return true;
}

static void read_key(struct command_call *call, const struct policy_key *key, struct policy *policy)
{
	const struct catalogue *catalogue = &call->engine->catalogue;
	const char *text = answers_text(&call->answers, key->name);
	const struct status *status;
	struct error error;

	if (!policy_set(policy, key->name, text, zone_valid, &error)) {
		answers_refuse_error(&call->answers, &error);
		return;
	}
	if (key->kind != POLICY_STATUS ||
		(key->none_allowed && (text[0] == '\0' || strcmp(text, "none") == 0)))
		return;
	status = catalogue_get(catalogue, text);
	if (!status || status == catalogue->offline || status == catalogue->invisible)
		answers_refuse(&call->answers, key->name, "there is no such status to show");
}

static void saved(struct command_call *call, struct person *person)
{
	(void)person;
	command_say(call, "The policy is saved.");
}

static void submit(struct command_call *call)
{
	struct policy policy = call->engine->policy;
	struct change change = {.kind = CHANGE_POLICY, .policy = &policy};

	for (const struct policy_key *key = policy_keys; key->name; key++)
		if (answers_get(&call->answers, key->name)->given)
			read_key(call, key, &policy);
	if (answers_refused(&call->answers))
		command_again(call);
	else
		command_change(call, &change, saved);
}

const struct command command_policy = {
	.node = "policy",
	.name = "Policy",
	.who = COMMAND_ADMIN,
	.form = &form,
	.declare = declare,
	.fill = fill,
	.submit = submit,
};
