/* Reading what an administrator wants a person to be. */
#include "xmpp/person_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/zone.h"

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

	if (!jid_parse_contact(answers_text(&call->answers, "contact"), draft->contact, &error))
		answers_refuse(&call->answers, "contact", "%s", error.text);
	else if ((holder = engine_person(call->engine, draft->contact)))
		answers_refuse(&call->answers, "contact", "belongs to %s already", holder->name);
	draft->fact.contact = draft->contact;
}

static void read_account(struct draft *draft, struct command_call *call, const struct person *old)
{
	const char *text = answers_text(&call->answers, "jid"), *domain;
	const struct person *holder;
	struct error error;

	if (text[0] == '\0')
		draft->fact.account = old ? old->account : NULL;
	if (text[0] == '\0' || is_clear(text))
		return;
	if (!jid_parse_account(text, draft->account, &error)) {
		answers_refuse(&call->answers, "jid", "%s", error.text);
		return;
	}
	domain = strchr(draft->account, '@');
	holder = engine_person_by_account(call->engine, draft->account);
	if (!domain || strcmp(domain + 1, call->engine->domain) != 0)
		answers_refuse(&call->answers, "jid", "must be an account of %s", call->engine->domain);
	else if (holder && holder != old)
		answers_refuse(&call->answers, "jid", "belongs to %s (%s)", holder->name, holder->contact);
	draft->fact.account = draft->account;
}

static void read_name(struct draft *draft, struct command_call *call, const struct person *old)
{
	const char *text = answers_text(&call->answers, "name");

	if (text[0] && !is_clear(text)) {
		draft->fact.name = text;
	} else if (old && text[0] == '\0') {
		draft->fact.name = old->name;
	} else {
		draft->name = text_clean(draft->fact.contact, strlen(draft->fact.contact), LIMIT_NAME);
		draft->fact.name = draft->name;
	}
}

/* Splits "pbx:number" at the first colon; PBX names have none. */
static bool split_extension(const char *text, char pbx[LIMIT_PBX_NAME + 1], const char **number)
{
	size_t length = strcspn(text, ":");

	if (text[length] == '\0' || length > LIMIT_PBX_NAME)
		return false;
	memcpy(pbx, text, length);
	pbx[length] = '\0';
	*number = text + length + 1;
	return text_is_slug(pbx) && **number && strlen(*number) <= LIMIT_EXTENSION_BYTES &&
	       !strchr(*number, ' ');
}

static void read_extension(
	struct draft *draft, struct command_call *call, const struct person *old, const char *text)
{
	char pbx[LIMIT_PBX_NAME + 1];
	const char *number;
	const struct extension *extension;

	if (!split_extension(text, pbx, &number)) {
		answers_refuse(&call->answers, "extensions", "%s: must be pbx:number, such as hq:1001", text);
		return;
	}
	extension = engine_extension(call->engine, pbx, number);
	if (extension && extension->person && extension->person != old) {
		answers_refuse(&call->answers, "extensions", "%s belongs to %s (%s)", text,
			extension->person->name, extension->person->contact);
		return;
	}
	for (size_t i = 0; i < draft->fact.extension_count; i++) {
		if (strcmp(draft->extensions[i], text) == 0) {
			answers_refuse(&call->answers, "extensions", "%s is given twice", text);
			return;
		}
	}
	draft->extensions[draft->fact.extension_count++] = text;
}

static void read_extensions(struct draft *draft, struct command_call *call, const struct person *old)
{
	const struct answer *answer = answers_get(&call->answers, "extensions");

	draft->fact.extensions = draft->extensions;
	if (answer->count == 0)
		for (size_t i = 0; old && i < old->extension_count; i++)
			draft->extensions[draft->fact.extension_count++] = old->extensions[i]->key;
	if (answer->count == 1 && is_clear(answer->values[0]))
		return;
	for (size_t i = 0; i < answer->count; i++)
		read_extension(draft, call, old, answer->values[i]);
}

static void read_zone(struct draft *draft, struct command_call *call, const struct person *old)
{
	const char *text = answers_text(&call->answers, "time_zone");

	if (text[0] == '\0') {
		draft->fact.time_zone = old ? old->time_zone : NULL;
	} else if (!is_clear(text)) {
		draft->fact.time_zone = text;
		if (!zone_valid(text))
			answers_refuse(
				&call->answers, "time_zone", "is not a time zone such as Europe/Berlin");
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
