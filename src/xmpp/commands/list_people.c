/* The command list-people: everybody, or those that a filter finds, page by page in order of contact. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "xmpp/command.h"

enum { EXTENSIONS_SHOWN = 8 };

static const struct field fields[] = {
	{.var = "filter",
		.label = "Filter",
		.type = FIELD_TEXT,
		.length = LIMIT_NAME,
		.desc = "Part of a contact, account, name or extension; empty for everybody"},
	{.var = "page",
		.label = "Page",
		.type = FIELD_TEXT,
		.datatype = DATATYPE_INTEGER,
		.min = 1,
		.max = LIMIT_PEOPLE / LIMIT_PAGE,
		.standard = "1"},
	{0},
};
static const struct form form = {"list-people", "People", NULL, fields};

static const struct column columns[] = {
	{"contact", "Contact", FIELD_TEXT},
	{"jid", "Account", FIELD_TEXT},
	{"name", "Name", FIELD_TEXT},
	{"extensions", "Extensions", FIELD_TEXTS},
	{"time_zone", "Time zone", FIELD_TEXT},
	{"status", "Status", FIELD_TEXT},
	{NULL, NULL, FIELD_TEXT},
};

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* Folding costs more than all the rest of the walk, and most names do not need it. */
static bool name_matches(const char *name, const char *filter)
{
	char *folded;
	bool found;

	if (is_ascii(name))
		return strcasestr(name, filter);
	folded = text_fold(name);
	found = folded && strstr(folded, filter);
	free(folded);
	return found;
}

/* Everybody has the same domain and most the same PBX, so these count only when they are spelled out. */
static bool matches(const struct person *person, const char *filter)
{
	const char *account = person->account ? person->account : "", *at = strstr(account, filter);
	const char *colon = strchr(filter, ':');

	if (strstr(person->contact, filter) || name_matches(person->name, filter) ||
		(at && (at < strchr(account, '@') || strchr(filter, '@'))))
		return true;
	for (size_t i = 0; i < person->extension_count; i++)
		if (strcasestr(colon ? person->extensions[i]->key : person->extensions[i]->number, filter))
			return true;
	return false;
}

/* Fills one page; `*more` says whether there is a next one. */
static size_t find_page(
	struct engine *engine, const char *filter, size_t page, struct person **found, bool *more)
{
	struct person *batch[LIMIT_PAGE];
	const char *after = NULL;
	size_t skip = (page - 1) * LIMIT_PAGE, count = 0, read;

	*more = false;
	while ((read = engine_people(engine, after, batch, LIMIT_PAGE)) > 0) {
		for (size_t i = 0; i < read; i++) {
			if (!matches(batch[i], filter))
				continue;
			if (skip) {
				skip--;
			} else if (count < LIMIT_PAGE) {
				found[count++] = batch[i];
			} else {
				*more = true;
				return count;
			}
		}
		after = batch[read - 1]->contact;
	}
	return count;
}

static void add_person(xmpp_stanza_t *x, const struct person *person)
{
	const char *cells[] = {person->contact, person->account ? person->account : "", person->name, NULL,
		person->time_zone ? person->time_zone : "", person->presence.status->id};
	struct buf extensions;

	buf_init(&extensions, LIMIT_EXTENSIONS_PER_PERSON * (LIMIT_PBX_NAME + LIMIT_EXTENSION_BYTES + 2) + 1);
	for (size_t i = 0; i < person->extension_count && i < EXTENSIONS_SHOWN; i++)
		buf_addf(&extensions, "%s%s", i ? "\n" : "", person->extensions[i]->key);
	if (person->extension_count > EXTENSIONS_SHOWN)
		buf_addf(&extensions, "\n(and %zu more)", person->extension_count - EXTENSIONS_SHOWN);
	cells[3] = buf_text(&extensions);
	form_table_add(x, columns, cells);
	buf_done(&extensions);
}

static void submit(struct command_call *call)
{
	size_t page = strtoul(answers_text(&call->answers, "page"), NULL, 10), count;
	char *filter = text_fold(answers_text(&call->answers, "filter"));
	xmpp_stanza_t *x = form_table(component_context(call->component), "list-people", "People", columns);
	struct person *found[LIMIT_PAGE];
	char note[80] = "";
	bool more;

	page = page ? page : 1;
	count = find_page(call->engine, filter ? filter : "", page, found, &more);
	for (size_t i = 0; i < count; i++)
		add_person(x, found[i]);
	if (more)
		snprintf(note, sizeof(note), "Page %zu; there is more on page %zu.", page, page + 1);
	else if (count == 0)
		snprintf(note, sizeof(note), "There is nobody%s.", page > 1 ? " on this page" : "");
	free(filter);
	command_answer(call, x, note);
}

const struct command command_list_people = {
	.node = "list-people",
	.name = "List the people",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
