/* Reading what an administrator wants a person to be. */
#include "xmpp/person_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/person_edit.h"

void offer_people(struct options *options, void *arg)
{
	const struct command_call *call = arg;
	struct person *people[LIMIT_CHOICES_IN_LIST + 1];
	size_t count = engine_people(call->engine, NULL, people, LIMIT_CHOICES_IN_LIST + 1);

	for (size_t i = 0; i < count; i++) {
		char label[LIMIT_TEXT_BYTES];
		snprintf(label, sizeof(label), "%s (%s)", people[i]->name, people[i]->contact);
		options_add(options, people[i]->contact, label);
	}
}

struct person *read_contact(struct command_call *call)
{
	char contact[1024];
	struct person *person = NULL;

	if (jid_parse_contact(answers_text(&call->answers, "contact"), contact, NULL))
		person = engine_person(call->engine, contact);
	if (!person)
		answers_refuse(&call->answers, "contact", "there is no such person");
	return person;
}

static bool is_clear(const char *text)
{
	return strcmp(text, "-") == 0;
}

static void read_new_contact(struct draft *draft, struct command_call *call)
{
	const struct person *holder;
	struct error error;

	if (!person_contact_parse(answers_text(&call->answers, "contact"), draft->contact, &error))
		answers_refuse_error(&call->answers, &error);
	else if ((holder = engine_person(call->engine, draft->contact)))
		answers_refuse(&call->answers, "contact", "belongs to %s already", holder->name);
	draft->fact.contact = draft->contact;
}

static void read_account(struct draft *draft, struct command_call *call, const struct person *old)
{
	const char *text = answers_text(&call->answers, "jid");
	struct error error;

	if (text[0] == '\0')
		draft->fact.account = old ? old->account : NULL;
	if (text[0] == '\0' || is_clear(text))
		return;
	draft->fact.account = draft->account;
	if (!person_account_parse(text, call->engine->domain, draft->account, &error) ||
		!person_account_free(call->engine, draft->account, old, &error))
		answers_refuse_error(&call->answers, &error);
}

static void read_name(struct draft *draft, struct command_call *call, const struct person *old)
{
	const char *text = answers_text(&call->answers, "name");
	struct error error;

	if (text[0] && !is_clear(text)) {
		draft->fact.name = text;
		if (!person_name_check(text, &error))
			answers_refuse_error(&call->answers, &error);
	} else if (old && text[0] == '\0') {
		draft->fact.name = old->name;
	} else {
		draft->fact.name = draft->name = person_name_made(draft->fact.contact);
	}
}

static void read_extensions(struct draft *draft, struct command_call *call, const struct person *old)
{
	const struct answer *answer = answers_get(&call->answers, "extensions");
	struct error error;

	draft->fact.extensions = draft->extensions;
	if (answer->count == 0)
		for (size_t i = 0; old && i < old->extension_count; i++)
			draft->extensions[draft->fact.extension_count++] = old->extensions[i]->key;
	if (answer->count == 1 && is_clear(answer->values[0]))
		return;
	for (size_t i = 0; i < answer->count; i++) {
		const char *text = answer->values[i];
		if (!person_extension_add(draft->extensions, &draft->fact.extension_count, text, &error) ||
			!person_extension_free(call->engine, text, old, &error))
			answers_refuse_error(&call->answers, &error);
	}
}

static void read_zone(struct draft *draft, struct command_call *call, const struct person *old)
{
	const char *text = answers_text(&call->answers, "time_zone");
	struct error error;

	if (text[0] == '\0') {
		draft->fact.time_zone = old ? old->time_zone : NULL;
	} else if (!is_clear(text)) {
		draft->fact.time_zone = text;
		if (!person_zone_check(text, &error))
			answers_refuse_error(&call->answers, &error);
	}
}

bool draft_read(struct draft *draft, struct command_call *call, const struct person *old)
{
	memset(draft, 0, sizeof(*draft));
	if (old) {
		draft->fact.row = old->row;
		draft->fact.contact = old->contact;
	} else {
		read_new_contact(draft, call);
	}
	read_account(draft, call, old);
	read_name(draft, call, old);
	read_extensions(draft, call, old);
	read_zone(draft, call, old);
	return !answers_refused(&call->answers);
}

void draft_done(struct draft *draft)
{
	free(draft->name);
}
