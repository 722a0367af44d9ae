/* Messages are answered here. */
#include "xmpp/chat.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/zone.h"
#include "xmpp/auto_people.h"
#include "xmpp/chat_line.h"
#include "xmpp/chat_pace.h"
#include "xmpp/chat_redirect.h"
#include "xmpp/chat_who.h"
#include "xmpp/namespaces.h"
#include "xmpp/own_status.h"
#include "xmpp/say.h"

enum {
	ANSWER_BYTES = 64 * 1024,
	QUOTE_CHARACTERS = 40,
};

struct chat {
	struct component *component;
	struct chat_call *calls;
	struct chat_who who;
	struct chat_redirects redirects;
	struct chat_pace pace;
};

/* One line on its way to its answer. Outlives its stanza when the sender first has to become a person. */
struct chat_call {
	struct chat *chat;
	struct component *component;
	struct engine *engine;
	struct person *person; /* NULL: nobody yet */
	xmpp_stanza_t *answer; /* with all but the body */
	char *text;
	usec_t now;
	struct chat_line line;
	struct error error;
	struct buf out;
	struct chat_call *before, *after;
};

static const char help[] =
	"Write a status, and if you like for how long and a few words with it:\n"
	"  lunch\n"
	"  lunch 30m\n"
	"  dnd until 15:00 on a deadline\n"
	"  busy: on a deadline\n"
	"Times are 30m, 1h30, 2 hours, 2d; until 15:00, until tomorrow (the coming midnight), until monday "
	"(its "
	"start), until 2026-12-24, until 24 Dec 15:00.\n"
	"msg working from home - a text of yours beside every status; msg alone clears it\n"
	"clear - no status of your own any more\n"
	"status - what colleagues see of you, and why\n"
	"who bob, who 1001 - what a colleague is shown as\n"
	"list - the statuses there are";

/* ---- calls ---- */

static void copy_thread(xmpp_stanza_t *answer, xmpp_stanza_t *message)
{
	xmpp_stanza_t *thread = xmpp_stanza_get_child_by_name(message, "thread");
	char *text = thread ? xmpp_stanza_get_text(thread) : NULL;

	if (text && strlen(text) <= LIMIT_THREAD_BYTES)
		element_text(
			element_new(xmpp_stanza_get_context(answer), answer, "thread", NULL, NULL), text);
	if (text)
		xmpp_free(xmpp_stanza_get_context(answer), text);
}

static xmpp_stanza_t *answer_new(const struct request *request)
{
	xmpp_ctx_t *context = component_context(request->component);
	xmpp_stanza_t *answer =
		element_new(context, NULL, "message", NULL, "from", request->to, "to", request->from, NULL);
	char *id = xmpp_uuid_gen(context);

	if (strcmp(request->type, "chat") == 0)
		xmpp_stanza_set_type(answer, "chat");
	if (id) {
		xmpp_stanza_set_id(answer, id);
		xmpp_free(context, id);
	}
	copy_thread(answer, request->stanza);
	return answer;
}

static struct chat_call *call_new(const struct request *request, const char *text)
{
	struct chat *chat = component_chat(request->component);
	struct chat_call *call = mem_new(sizeof(*call));

	call->chat = chat;
	call->component = request->component;
	call->engine = component_engine(request->component);
	call->person = request->person;
	call->answer = answer_new(request);
	call->text = mem_string(text);
	call->now = component_now(request->component);
	buf_init(&call->out, ANSWER_BYTES);
	call->after = chat->calls;
	if (call->after)
		call->after->before = call;
	chat->calls = call;
	return call;
}

static void call_free(struct chat_call *call)
{
	*(call->before ? &call->before->after : &call->chat->calls) = call->after;
	if (call->after)
		call->after->before = call->before;
	chat_line_done(&call->line);
	xmpp_stanza_release(call->answer);
	buf_done(&call->out);
	free(call->text);
	free(call);
}

/* Sends what was written into `out`. */
static void finish(struct chat_call *call)
{
	element_text(element_new(component_context(call->component), call->answer, "body", NULL, NULL),
		buf_text(&call->out));
	component_send(call->component, call->answer);
	call_free(call);
}

static void say(struct chat_call *call, const char *text)
{
	buf_add_text(&call->out, text);
}

/* A reason from elsewhere may leave out its subject, which then is the field. */
static void say_error(struct chat_call *call, const struct error *error)
{
	const char *subject = strncmp(error->text, "is ", 3) == 0 ? error->field : "";

	buf_addf(&call->out, "That did not work: %s%s%s.", subject, subject[0] ? " " : "", error->text);
}

/* ---- what people can write ---- */

static const char *zone_of(const struct chat_call *call)
{
	return call->person ? person_zone(call->engine, call->person) : call->engine->policy.time_zone;
}

/* False: not applied, and the answer says why. */
static bool submit(struct chat_call *call, struct fact *fact)
{
	const struct ports *ports = component_ports(call->component);
	size_t at;

	switch (ports->submit(ports->ctx, call->engine, fact, 1, NULL, NULL, &at, &call->error)) {
	case SUBMIT_OK:
		return true;
	case SUBMIT_BUSY:
		say(call, "Nothing has changed: too much is waiting to be stored. Please try again in a "
			  "minute.");
		return false;
	case SUBMIT_INVALID:
		break;
	}
	say_error(call, &call->error);
	return false;
}

static void set(struct chat_call *call)
{
	const struct chat_line *line = &call->line;
	bool standard = !line->timed && line->status->default_expiry != 0;
	struct fact fact = {.kind = FACT_CHOICE,
		.choice = {.person = call->person,
			.status = line->status->id,
			.message = line->text,
			.until = standard ? call->now + line->status->default_expiry * MINUTE : line->until,
			.source = SOURCE_PERSON}};

	if (submit(call, &fact))
		say_presence(call->person, call->now, &call->out);
}

static void clear(struct chat_call *call)
{
	struct fact fact = {.kind = FACT_CHOICE, .choice = {.person = call->person, .source = SOURCE_PERSON}};

	if (submit(call, &fact))
		say_presence(call->person, call->now, &call->out);
}

static void set_message(struct chat_call *call)
{
	const struct chat_line *line = &call->line;
	struct fact fact = {.kind = FACT_MESSAGE,
		.message = {.person = call->person, .text = line->text, .until = line->until}};

	if (!submit(call, &fact))
		return;
	say(call, line->text[0] ? "Your message is set" : "Your message is cleared");
	say_until(call->person, line->until, call->now, &call->out);
	say(call, ". ");
	say_presence(call->person, call->now, &call->out);
}

static void say_fact(void *arg, const char *var, const char *label, const char *text, bool many)
{
	struct chat_call *call = arg;

	(void)var;
	buf_addf(&call->out, "\n%s:%s%s", label, many ? "\n" : " ", text);
}

static void show(struct chat_call *call)
{
	say_presence(call->person, call->now, &call->out);
	own_status(call->person, call->now, say_fact, call);
}

static void quote(struct chat_call *call)
{
	char *text = text_clean(call->line.text, strlen(call->line.text), QUOTE_CHARACTERS);

	buf_addf(&call->out, "“%s%s”", text, text_length(call->line.text) > QUOTE_CHARACTERS ? "…" : "");
	free(text);
}

/* What derive() made for colleagues' eyes and nothing else. */
static void say_colleague(struct chat_call *call, const struct person *person)
{
	const struct presence *presence = &person->presence;
	char until[ZONE_TEXT];

	buf_addf(&call->out, "%s (%s) is ", person->name, person->contact);
	if (presence_is_offline(presence)) {
		say(call, "offline.");
		return;
	}
	say(call, "shown as ");
	presence_text(presence, &call->out);
	if (presence->until)
		buf_addf(
			&call->out, " until %s", zone_text(zone_of(call), presence->until, call->now, until));
	say(call, ".");
}

static void who(struct chat_call *call)
{
	struct person *people[LIMIT_CHAT_CANDIDATES + 1];
	size_t count;

	if (call->line.text[0] == '\0') {
		say(call, "Whom do you mean? Write for example: who bob, or: who 1001.");
		return;
	}
	count = chat_who_find(&call->chat->who, call->engine, call->line.text, call->now, people,
		LIMIT_CHAT_CANDIDATES + 1);
	if (count == 0) {
		say(call, "There is nobody called ");
		quote(call);
		say(call, " here.");
	}
	for (size_t i = 0; i < count && i < LIMIT_CHAT_CANDIDATES; i++) {
		say(call, i > 0 ? "\n" : "");
		say_colleague(call, people[i]);
	}
	if (count > LIMIT_CHAT_CANDIDATES)
		say(call, "\n… and others; please write more of the name.");
}

static void list(struct chat_call *call)
{
	const struct catalogue *catalogue = &call->engine->catalogue;
	size_t count = 0;

	for (size_t i = 0; i < catalogue->count; i++) {
		const struct status *status = catalogue->ordered[i];
		if (!status_selectable(status) || ++count > LIMIT_CHAT_LIST)
			continue;
		say(call, count > 1 ? "\n" : "");
		say_status(status, &call->out);
	}
	if (count > LIMIT_CHAT_LIST)
		buf_addf(&call->out, "\n… and %zu more; the command list-statuses has them all.",
			count - LIMIT_CHAT_LIST);
}

static void give_help(struct chat_call *call)
{
	say(call, help);
}

static void unknown(struct chat_call *call)
{
	say(call, "There is no status ");
	quote(call);
	say(call, ". Write list for those there are, or help.");
}

static void ambiguous(struct chat_call *call)
{
	const struct chat_line *line = &call->line;
	size_t shown =
		line->candidate_count < LIMIT_CHAT_CANDIDATES ? line->candidate_count : LIMIT_CHAT_CANDIDATES;

	say(call, "That could be ");
	for (size_t i = 0; i < shown; i++) {
		say(call, i == 0 ? "" : i + 1 == line->candidate_count ? " or " : ", ");
		say_status(line->candidates[i], &call->out);
	}
	if (shown < line->candidate_count)
		buf_addf(&call->out, " or %zu others", line->candidate_count - shown);
	say(call, ": please write more of it.");
}

static void bad(struct chat_call *call)
{
	say_error(call, &call->error);
}

static const struct {
	bool needs_person;
	void (*run)(struct chat_call *call);
} verbs[] = {
	[CHAT_SET] = {true, set},
	[CHAT_CLEAR] = {true, clear},
	[CHAT_MESSAGE] = {true, set_message},
	[CHAT_STATUS] = {true, show},
	[CHAT_WHO] = {false, who},
	[CHAT_LIST] = {false, list},
	[CHAT_HELP] = {false, give_help},
	[CHAT_UNKNOWN] = {false, unknown},
	[CHAT_AMBIGUOUS] = {false, ambiguous},
	[CHAT_BAD] = {false, bad},
};

/* ---- from line to answer ---- */

static void parse(struct chat_call *call)
{
	const struct chat_world world = {&call->engine->catalogue, zone_of(call), call->now};

	chat_line_done(&call->line);
	chat_line_parse(&call->line, call->text, strlen(call->text), &world, &call->error);
}

/* Time has passed and the person may have a zone now, so the line is read again. */
static void person_made(void *arg, struct person *person, const struct error *error)
{
	struct chat_call *call = arg;

	call->person = person;
	call->now = component_now(call->component);
	if (person) {
		parse(call);
		verbs[call->line.verb].run(call);
	} else {
		say_error(call, error);
	}
	finish(call);
}

static void run_line(const struct request *request, const char *text)
{
	struct chat_call *call = call_new(request, text);

	parse(call);
	if (verbs[call->line.verb].needs_person && !call->person) {
		auto_person(call->component, request->sender, person_made, call);
		return;
	}
	verbs[call->line.verb].run(call);
	finish(call);
}

static void answer(const struct request *request, const char *text)
{
	struct chat_call *call = call_new(request, "");

	say(call, text);
	finish(call);
}

static void read_line(const struct request *request, const char *text)
{
	if (xmpp_stanza_get_child_by_name_and_ns(request->stanza, "encryption", NS_ENCRYPTION))
		answer(request,
			"I cannot read encrypted messages. Please turn encryption off for this chat.");
	else if (strlen(text) > LIMIT_CHAT_BYTES)
		answer(request, "That is too long for me. Write a status and a few words, or help.");
	else
		run_line(request, text);
}

static void converse(const struct request *request, const char *text)
{
	struct chat_pace *pace = &component_chat(request->component)->pace;

	switch (chat_pace_take(pace, request->sender, component_now(request->component))) {
	case PACE_ANSWER:
		read_line(request, text);
		break;
	case PACE_TELL:
		answer(request, "That is too much for me within a minute. I read on when the minute is over; "
				"please write this again then.");
		break;
	case PACE_IGNORE:
		break;
	}
}

/* ---- routes ---- */

/* Also the address that an account without a person would get. */
static bool is_own(const struct request *request)
{
	struct jid jid;

	if (request->person)
		return strcmp(request->person->contact, request->contact) == 0;
	return jid_split(request->sender, &jid) && strcmp(jid.local, request->contact) == 0 &&
	       !engine_person(component_engine(request->component), request->contact);
}

/* An unknown type is as good as none (RFC 6121 section 5.2.2). */
static bool awaits_answer(const struct request *request)
{
	static const char *const others[] = {"error", "headline", "groupchat", "result"};
	xmpp_stanza_t *message = request->stanza;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strcmp(request->type, others[i]) == 0)
			return false;
	return !xmpp_stanza_get_child_by_name_and_ns(message, "delay", NS_DELAY) &&
	       !xmpp_stanza_get_child_by_ns(message, NS_CARBONS);
}

static void handle(struct request *request)
{
	xmpp_stanza_t *body = xmpp_stanza_get_child_by_name(request->stanza, "body");
	char *text = body ? xmpp_stanza_get_text(body) : NULL;

	if (!text || !awaits_answer(request))
		; /* nobody waits to hear from us */
	else if (request->insider && (request->address == ADDRESS_COMPONENT || is_own(request)))
		converse(request, text);
	else if (request->address == ADDRESS_COMPONENT)
		reply_error(request, "auth", "forbidden", NULL);
	else
		chat_turn_away(&component_chat(request->component)->redirects, request);
	if (text)
		xmpp_free(component_context(request->component), text);
}

const struct route chat_routes[] = {
	{"message", NULL, NULL, NULL, ADDRESS_ANY, handle, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};

/* ---- life ---- */

struct chat *chat_new(struct component *component)
{
	struct chat *chat = mem_new(sizeof(*chat));

	chat->component = component;
	chat->who.address = component_address(component);
	chat_pace_init(&chat->pace);
	return chat;
}

void chat_free(struct chat *chat)
{
	if (!chat)
		return;
	for (struct chat_call *call = chat->calls, *after; call; call = after) {
		after = call->after;
		call_free(call);
	}
	chat_who_done(&chat->who);
	chat_redirects_done(&chat->redirects);
	chat_pace_done(&chat->pace);
	free(chat);
}
