/* The command import-people: many people at once, as comma-separated values. */
#include "core/people_import.h"
#include "xmpp/command.h"

static const struct field fields[] = {
	{.var = "csv",
		.label = "CSV",
		.type = FIELD_TEXTS,
		.required = true,
		.verbatim = true,
		.count = LIMIT_IMPORT_PEOPLE + 1,
		.desc = "The first line names the columns: contact,jid,name,extensions,time_zone"},
	{0},
};
static const struct form form = {"import-people", "Import people",
	"A person a line. Several extensions are separated by spaces. A contact that is somebody's edits "
	"them:"
	" what has no column stays, an empty cell clears.",
	fields};

static void imported(struct command_call *call, struct person *person)
{
	(void)person;
	command_say(call, "%s.", call->result);
}

/* The lines of the field, as the text that they were. */
static void join(const struct answer *answer, struct buf *out)
{
	for (size_t i = 0; i < answer->count; i++) {
		buf_add_text(out, answer->values[i]);
		buf_add_char(out, '\n');
	}
}

static void tell_problems(struct command_call *call, const struct people_import *import)
{
	struct buf problems;

	buf_init(&problems, IMPORT_SAY_BYTES);
	people_import_say_problems(import, NULL, &problems);
	answers_refuse_text(&call->answers, "csv", buf_text(&problems));
	buf_done(&problems);
	command_again(call);
}

static void submit(struct command_call *call)
{
	struct people_import import;
	struct change change = {.kind = CHANGE_PEOPLE_IMPORT, .import = &import};
	struct buf text, result;

	buf_init(&text, LIMIT_IMPORT_BYTES + 1);
	join(answers_get(&call->answers, "csv"), &text);
	bool ok = people_import_read(&import, call->engine, buf_text(&text), text.length);
	buf_done(&text);
	buf_init(&result, sizeof(struct error));
	people_import_say(&import, &result);
	call->result = buf_take(&result);
	if (!ok)
		tell_problems(call, &import);
	else if (import.people.count == 0)
		imported(call, NULL);
	else
		command_change(call, &change, imported);
	people_import_done(&import);
}

const struct command command_import_people = {
	.node = "import-people",
	.name = "Import people",
	.who = COMMAND_ADMIN,
	.form = &form,
	.submit = submit,
};
