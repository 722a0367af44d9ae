/* The command active-calls: the legs that are live, the oldest first, and ending those that are stuck. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xmpp/command.h"

enum { ID_DIGITS = 16, AGE_TEXT = 32, LABEL_TEXT = 1024 };

static void offer_legs(struct options *options, void *arg);

static const struct field fields[] = {
	{.var = "page",
		.label = "Page of the list",
		.type = FIELD_TEXT,
		.datatype = DATATYPE_INTEGER,
		.min = 1,
		.max = LIMIT_LIVE_LEGS / LIMIT_PAGE,
		.standard = "1"},
	{.var = "end",
		.label = "End those that are stuck",
		.type = FIELD_LISTS,
		.length = ID_DIGITS,
		.count = LIMIT_CHOICES_IN_LIST,
		.desc = "None: only list them",
		.offer = offer_legs},
	{0},
};
static const struct form form = {"active-calls", "Calls", NULL, fields};

static const struct column columns[] = {
	{"id", "Id", FIELD_TEXT},
	{"contact", "Person", FIELD_TEXT},
	{"extension", "Extension", FIELD_TEXT},
	{"state", "State", FIELD_TEXT},
	{"kind", "Kind", FIELD_TEXT},
	{"direction", "Direction", FIELD_TEXT},
	{"age", "Age", FIELD_TEXT},
	{"call", "Call", FIELD_TEXT},
	{NULL, NULL, FIELD_TEXT},
};

/* A leg has no short name of its own: its PBX, call, leg and extension together can take 700 bytes. */
static uint64_t number_of(const struct leg *leg)
{
	return hash_stable(leg->key, strlen(leg->key), 0);
}

static char *id_of(const struct leg *leg, char id[ID_DIGITS + 1])
{
	snprintf(id, ID_DIGITS + 1, "%016" PRIx64, number_of(leg));
	return id;
}

static char *age_of(const struct leg *leg, usec_t now, char text[AGE_TEXT])
{
	usec_t since = leg->since ? leg->since : leg->changed;
	long long minutes = now > since ? (now - since) / MINUTE : 0;

	if (minutes >= 60)
		snprintf(text, AGE_TEXT, "%lld h %lld min", minutes / 60, minutes % 60);
	else if (minutes > 0)
		snprintf(text, AGE_TEXT, "%lld min", minutes);
	else
		snprintf(text, AGE_TEXT, "%lld s", now > since ? (now - since) / SECOND : 0LL);
	return text;
}

static void offer_legs(struct options *options, void *arg)
{
	const struct command_call *call = arg;
	char id[ID_DIGITS + 1], age[AGE_TEXT], label[LABEL_TEXT];

	for (const struct leg *leg = call->engine->live.first; leg && !options->many; leg = leg->list_after) {
		const struct person *person = leg->extension->person;
		snprintf(label, sizeof(label), "%s (%s), %s for %s", person ? person->name : "Nobody",
			leg->extension->key, leg_state_to_text(leg->state), age_of(leg, call->now, age));
		options_add(options, id_of(leg, id), label);
	}
}

static bool fill(struct command_call *call)
{
	return call->engine->live.count > 0;
}

static size_t read_wanted(struct command_call *call, uint64_t wanted[LIMIT_CHOICES_IN_LIST])
{
	const struct answer *answer = answers_get(&call->answers, "end");

	for (size_t i = 0; i < answer->count; i++) {
		char *end;
		wanted[i] = strtoull(answer->values[i], &end, 16);
		if (*end || strlen(answer->values[i]) != ID_DIGITS)
			answers_refuse(
				&call->answers, "end", "%s: is not an id of the list", answer->values[i]);
	}
	return answer->count;
}

static size_t find_wanted(const struct command_call *call, const uint64_t *wanted, size_t count,
	const struct leg *legs[LIMIT_CHOICES_IN_LIST])
{
	size_t found = 0;

	for (const struct leg *leg = call->engine->live.first; leg; leg = leg->list_after) {
		uint64_t number = number_of(leg);
		for (size_t i = 0; i < count && found < LIMIT_CHOICES_IN_LIST; i++) {
			if (wanted[i] != number)
				continue;
			legs[found++] = leg;
			break;
		}
	}
	return found;
}

static void ended(struct command_call *call, struct person *person)
{
	size_t count = answers_get(&call->answers, "end")->count;

	(void)person;
	command_say(call, "%zu call%s ended.", count, count == 1 ? " is" : "s are");
}

static void end_calls(struct command_call *call)
{
	uint64_t wanted[LIMIT_CHOICES_IN_LIST];
	const struct leg *legs[LIMIT_CHOICES_IN_LIST];
	struct change change = {.kind = CHANGE_CALLS_END, .legs = legs};
	size_t count = read_wanted(call, wanted);

	change.leg_count = find_wanted(call, wanted, count, legs);
	if (change.leg_count < count)
		answers_refuse(&call->answers, "end", "one of them has ended already, or is given twice");
	if (answers_refused(&call->answers))
		command_again(call);
	else
		command_change(call, &change, ended);
}

static void add_leg(xmpp_stanza_t *x, const struct leg *leg, usec_t now)
{
	const struct person *person = leg->extension->person;
	char id[ID_DIGITS + 1], age[AGE_TEXT];
	const char *cells[] = {id_of(leg, id), person ? person->contact : "", leg->extension->key,
		leg_state_to_text(leg->state), leg_kind_to_text(leg->kind), direction_to_text(leg->direction),
		age_of(leg, now, age), leg->call};

	form_table_add(x, columns, cells);
}

static void list_calls(struct command_call *call)
{
	size_t page = strtoul(answers_text(&call->answers, "page"), NULL, 10), at = 0;
	size_t first = page ? (page - 1) * LIMIT_PAGE : 0, total = call->engine->live.count;
	xmpp_stanza_t *x = form_table(component_context(call->component), "active-calls", "Calls", columns);

	for (const struct leg *leg = call->engine->live.first; leg && at < first + LIMIT_PAGE;
		leg = leg->list_after, at++)
		if (at >= first)
			add_leg(x, leg, call->now);
	char note[96] = "There are no calls.";
	if (total > LIMIT_PAGE)
		snprintf(note, sizeof(note), "Page %zu of %zu.", first / LIMIT_PAGE + 1,
			(total + LIMIT_PAGE - 1) / LIMIT_PAGE);
	else if (total > 0)
		note[0] = '\0';
	command_answer(call, x, note);
}

static void submit(struct command_call *call)
{
	if (answers_get(&call->answers, "end")->count > 0)
		end_calls(call);
	else
		list_calls(call);
}

const struct command command_active_calls = {
	.node = "active-calls",
	.name = "Calls that go on",
	.who = COMMAND_ADMIN,
	.form = &form,
	.fill = fill,
	.submit = submit,
};
