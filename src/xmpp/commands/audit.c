/* The command audit: who changed what, the newest first. */
#include <stdio.h>
#include <stdlib.h>

#include "base/zone.h"
#include "xmpp/command.h"

static const struct field fields[] = {
	{.var = "page",
		.label = "Page",
		.type = FIELD_TEXT,
		.datatype = DATATYPE_INTEGER,
		.min = 1,
		.max = LIMIT_AUDIT_PAGES,
		.standard = "1"},
	{0},
};
static const struct form form = {"audit", "Changes", "The newest changes are on page 1.", fields};

static const struct column columns[] = {
	{"at", "Time", FIELD_TEXT},
	{"actor", "Who", FIELD_TEXT},
	{"action", "Action", FIELD_TEXT},
	{"subject", "Subject", FIELD_TEXT},
	{"changes", "Changes", FIELD_TEXTS},
	{NULL, NULL, FIELD_TEXT},
};

static const char *zone_of(const struct command_call *call)
{
	return person_zone(call->engine, engine_person_by_account(call->engine, call->sender));
}

static void add_row(struct command_call *call, const struct audit_row *row)
{
	char at[ZONE_TEXT];
	const char *cells[] = {
		zone_stamp(zone_of(call), row->at, at), row->actor, row->action, row->subject, row->changes};

	form_table_add(call->payload, columns, cells);
}

static size_t page_of(const struct command_call *call)
{
	size_t page = strtoul(answers_text(&call->answers, "page"), NULL, 10);
	return page ? page : 1;
}

static void shown(struct command_call *call)
{
	xmpp_stanza_t *table = call->payload;
	size_t page = page_of(call);
	char note[128];

	call->payload = NULL;
	if (xmpp_stanza_get_child_by_name(table, "item"))
		snprintf(note, sizeof(note),
			"Page %zu; older changes, if any, are on page %zu. Times are in %s.", page, page + 1,
			zone_of(call));
	else
		snprintf(note, sizeof(note), "There are no changes%s.", page > 1 ? " on this page" : "");
	command_answer(call, table, note);
}

static void submit(struct command_call *call)
{
	call->payload = form_table(component_context(call->component), "audit", "Changes", columns);
	command_read_audit(call, (page_of(call) - 1) * LIMIT_AUDIT_PAGE, LIMIT_AUDIT_PAGE, add_row, shown);
}

const struct command command_audit = {
	.node = "audit",
	.name = "Who changed what",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
