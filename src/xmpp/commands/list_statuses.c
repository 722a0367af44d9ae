/* The command list-statuses: the catalogue as a table. */
#include <stdio.h>
#include <stdlib.h>

#include "xmpp/command.h"

static const struct field fields[] = {
	{.var = "page",
		.label = "Page",
		.type = FIELD_TEXT,
		.datatype = DATATYPE_INTEGER,
		.min = 1,
		.max = LIMIT_STATUSES / LIMIT_PAGE,
		.standard = "1"},
	{0},
};
static const struct form form = {"list-statuses", "Statuses", "There is more than one page.", fields};

static const struct column columns[] = {
	{"id", "Id", FIELD_TEXT},
	{"name", "Name", FIELD_TEXT},
	{"show", "Show", FIELD_TEXT},
	{"icon", "Icon", FIELD_TEXT},
	{"color", "Color", FIELD_TEXT},
	{"text", "Text", FIELD_TEXT},
	{"kind", "Kind", FIELD_TEXT},
	{"enabled", "Enabled", FIELD_BOOLEAN},
	{NULL, NULL, FIELD_TEXT},
};

static bool may_see(const struct command_call *call, const struct status *status)
{
	return status->enabled || call->admin;
}

static size_t visible(const struct command_call *call)
{
	const struct catalogue *catalogue = &call->engine->catalogue;
	size_t count = 0;

	for (size_t i = 0; i < catalogue->count; i++)
		count += may_see(call, catalogue->ordered[i]);
	return count;
}

static size_t page_count(const struct command_call *call)
{
	return (visible(call) + LIMIT_PAGE - 1) / LIMIT_PAGE;
}

static bool fill(struct command_call *call)
{
	return page_count(call) > 1;
}

static void add_status(xmpp_stanza_t *x, const struct status *status)
{
	const char *cells[] = {status->id, status->name, show_to_text(status->show), status->icon,
		status->color, status->text, status_kind_to_text(status->kind), status->enabled ? "1" : "0"};
	form_table_add(x, columns, cells);
}

static void submit(struct command_call *call)
{
	const struct catalogue *catalogue = &call->engine->catalogue;
	size_t pages = page_count(call), page = strtoul(answers_text(&call->answers, "page"), NULL, 10),
	       seen = 0;
	xmpp_stanza_t *x;
	char note[64] = "";

	page = page ? page : 1;
	if (page > pages) {
		answers_refuse(&call->answers, "page", "the last page is %zu", pages);
		command_again(call);
		return;
	}
	x = form_table(component_context(call->component), "list-statuses", "Statuses", columns);
	for (size_t i = 0; i < catalogue->count; i++) {
		if (!may_see(call, catalogue->ordered[i]))
			continue;
		if (seen / LIMIT_PAGE == page - 1)
			add_status(x, catalogue->ordered[i]);
		seen++;
	}
	if (pages > 1)
		snprintf(note, sizeof(note), "Page %zu of %zu.", page, pages);
	command_answer(call, x, note);
}

const struct command command_list_statuses = {
	.node = "list-statuses",
	.name = "List the statuses",
	.form = &form,
	.fill = fill,
	.submit = submit,
};
