/* Running ad-hoc commands: who may, which session it belongs to, and the answers they can give. */
#include "xmpp/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "xmpp/auto_people.h"
#include "xmpp/namespaces.h"
#include "xmpp/sessions.h"

static const struct command *const table[] = {
	&command_set_status,
	&command_clear_status,
	&command_set_message,
	&command_my_status,
	&command_preferences,
	&command_list_statuses,
	&command_add_status,
	&command_edit_status,
	&command_delete_status,
	&command_order_statuses,
	&command_hide_status,
	&command_list_people,
	&command_add_person,
	&command_edit_person,
	&command_delete_person,
	&command_import_people,
	&command_set_person_status,
	&command_active_calls,
	&command_policy,
	&command_add_admin,
	&command_remove_admin,
	&command_audit,
	NULL,
};
enum { SESSION_BYTES = 16 };

struct commands {
	struct component *component;
	struct sessions sessions;
	struct command_call *calls;
};

/* Calls */

/* The stanza belongs to the stream and goes away with its handler, so the call keeps the parts of it that
 * an answer needs. */
static void copy_request(struct command_call *call, const struct request *request)
{
	xmpp_stanza_t *iq = element_new(component_context(request->component), NULL, "iq", NULL, "from",
		request->from, "to", request->to, "type", request->type, NULL);
	if (request->id)
		xmpp_stanza_set_id(iq, request->id);
	call->stanza = iq;
	call->request = *request;
	call->request.stanza = iq;
	call->request.child = NULL;
	call->request.from = xmpp_stanza_get_from(iq);
	call->request.to = xmpp_stanza_get_to(iq);
	call->request.id = xmpp_stanza_get_id(iq);
	call->request.type = xmpp_stanza_get_type(iq);
	call->request.contact = "";
	call->request.person = NULL;
}

static struct command_call *call_new(
	struct request *request, const struct command *command, const char *session)
{
	struct commands *commands = component_commands(request->component);
	struct command_call *call = mem_new(sizeof(*call));
	unsigned char random[SESSION_BYTES];
	char id[2 * SESSION_BYTES + 1];

	secret_random(random, sizeof(random));
	call->session = mem_string(session ? session : secret_hex(random, sizeof(random), id));
	copy_request(call, request);
	call->commands = commands;
	call->component = request->component;
	call->engine = component_engine(request->component);
	call->command = command;
	call->sender = call->request.sender;
	call->admin = request->admin;
	call->person = request->person;
	call->now = component_now(request->component);
	answers_init(&call->answers, command->form);
	call->after = commands->calls;
	if (call->after)
		call->after->before = call;
	commands->calls = call;
	return call;
}

static void call_free(struct command_call *call)
{
	*(call->before ? &call->before->after : &call->commands->calls) = call->after;
	if (call->after)
		call->after->before = call->before;
	answers_done(&call->answers);
	if (call->payload)
		xmpp_stanza_release(call->payload);
	xmpp_stanza_release(call->stanza);
	free(call->result);
	free(call->session);
	free(call);
}

/* Answers */

/* An iq result with the <command/> element, which is returned; `*iq` goes to answer_send. */
static xmpp_stanza_t *answer_new(struct command_call *call, const char *status, xmpp_stanza_t **iq)
{
	*iq = reply_result(&call->request);
	return element_new(component_context(call->component), *iq, "command", NS_COMMANDS, "node",
		call->command->node, "sessionid", call->session, "status", status, NULL);
}

/* Profanity (0.9 to 0.15) prints notes and errors as format strings: what somebody typed, such as "100% %n", would
 * end it or worse. The full-width sign says the same. The caller frees it. */
static char *without_percent(const char *text)
{
	struct buf safe;

	buf_init(&safe, LIMIT_STANZA_OUT_BYTES);
	for (; *text; text++)
		if (*text == '%')
			buf_add_text(&safe, "％");
		else
			buf_add_char(&safe, *text);
	return buf_take(&safe);
}

static void add_note(xmpp_stanza_t *command, const char *type, const char *text)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(command);
	char *safe;

	if (!text[0])
		return;
	safe = without_percent(text);
	element_text(element_new(context, command, "note", NULL, "type", type, NULL), safe);
	free(safe);
}

static void answer_send(struct command_call *call, xmpp_stanza_t *iq)
{
	component_send(call->component, iq);
	xmpp_stanza_release(iq);
	call_free(call);
}

void command_answer(struct command_call *call, xmpp_stanza_t *payload, const char *note)
{
	xmpp_stanza_t *iq, *command = answer_new(call, "completed", &iq);

	add_note(command, "info", note);
	if (payload) {
		xmpp_stanza_add_child(command, payload);
		xmpp_stanza_release(payload);
	}
	answer_send(call, iq);
}

void command_say(struct command_call *call, const char *format, ...)
{
	char note[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(note, sizeof(note), format, args);
	va_end(args);
	command_answer(call, NULL, note);
}

static void keep_session(struct command_call *call)
{
	sessions_open(&call->commands->sessions, call->session, call->request.from, call->command, call->now);
}

static void show_form(struct command_call *call)
{
	xmpp_ctx_t *context = component_context(call->component);
	xmpp_stanza_t *iq, *command = answer_new(call, "executing", &iq), *actions;
	struct buf problems;

	actions = element_new(context, command, "actions", NULL, "execute", "complete", NULL);
	element_new(context, actions, "complete", NULL, NULL);
	if (answers_refused(&call->answers)) {
		buf_init(&problems, LIMIT_FORM_FIELDS * sizeof(struct error));
		answers_problems(&call->answers, &problems);
		add_note(command, "error", buf_text(&problems));
		buf_done(&problems);
	}
	form_render(&call->answers, call, command);
	keep_session(call);
	answer_send(call, iq);
}

void command_again(struct command_call *call)
{
	if (call->command->fill)
		call->command->fill(call);
	show_form(call);
}

void command_error(struct command_call *call, const char *type, const char *condition, const char *text)
{
	char *safe = text ? without_percent(text) : NULL;

	if (strcmp(type, "wait") == 0)
		keep_session(call);
	reply_error(&call->request, type, condition, safe);
	free(safe);
	call_free(call);
}

/* An error of XEP-0050 section 4.4, which has a condition of its own besides that of RFC 6120. */
static void reply_command_error(
	struct request *request, const char *type, const char *condition, const char *command_condition)
{
	xmpp_ctx_t *context = component_context(request->component);
	xmpp_stanza_t *iq = reply_result(request), *error;

	xmpp_stanza_set_type(iq, "error");
	error = element_new(context, iq, "error", NULL, "type", type, NULL);
	element_new(context, error, condition, NS_STANZA_ERRORS, NULL);
	element_new(context, error, command_condition, NS_COMMANDS, NULL);
	component_send(request->component, iq);
	xmpp_stanza_release(iq);
}

/* What commands do to the world */

bool command_submit(struct command_call *call, struct fact *fact)
{
	const struct ports *ports = component_ports(call->component);
	struct error error;
	size_t at;

	switch (ports->submit(ports->ctx, call->engine, fact, 1, NULL, NULL, &at, &error)) {
	case SUBMIT_OK:
		return true;
	case SUBMIT_BUSY:
		command_error(
			call, "wait", "resource-constraint", "too much is waiting to be stored; try again");
		return false;
	case SUBMIT_INVALID:
		break;
	}
	if (call->command->form) {
		answers_refuse_error(&call->answers, &error);
		command_again(call);
	} else {
		command_error(call, "cancel", "not-acceptable", error.text);
	}
	return false;
}

static void changed(void *arg, bool ok, struct person *person, const struct error *error)
{
	struct command_call *call = arg;

	call->now = component_now(call->component);
	if (ok) {
		call->then(call, person);
		return;
	}
	answers_refuse_error(&call->answers, error);
	command_again(call);
}

void command_change(struct command_call *call, struct change *change,
	void (*then)(struct command_call *call, struct person *person))
{
	const struct ports *ports = component_ports(call->component);
	struct error error;

	change->actor = call->sender;
	call->then = then;
	call->person = NULL; /* may be edited or deleted meanwhile */
	if (ports->change(ports->ctx, call->engine, change, changed, call, &error))
		return;
	answers_refuse_error(&call->answers, &error);
	command_again(call);
}

static void read_row(void *arg, const struct audit_row *row)
{
	struct command_call *call = arg;
	call->read_row(call, row);
}

static void was_read(void *arg, bool ok)
{
	struct command_call *call = arg;

	call->now = component_now(call->component);
	if (ok) {
		call->read_then(call);
		return;
	}
	answers_refuse(&call->answers, NULL, "the database could not be read: try again later");
	command_again(call);
}

void command_read_audit(struct command_call *call, size_t skip, size_t limit,
	void (*row)(struct command_call *call, const struct audit_row *row),
	void (*then)(struct command_call *call))
{
	const struct ports *ports = component_ports(call->component);
	struct error error;

	call->read_row = row;
	call->read_then = then;
	call->person = NULL; /* may be edited or deleted meanwhile */
	if (ports->read_audit(ports->ctx, call->engine, skip, limit, read_row, was_read, call, &error))
		return;
	answers_refuse_error(&call->answers, &error);
	command_again(call);
}

/* Requests */

static const struct command *find_command(const char *node)
{
	size_t i = 0;

	while (table[i] && strcmp(table[i]->node, node) != 0)
		i++;
	return table[i];
}

static bool may_run(const struct request *request, const struct command *command)
{
	return request->insider && (request->admin || command->who != COMMAND_ADMIN);
}

static void person_made(void *arg, struct person *person, const struct error *error)
{
	struct command_call *call = arg;

	call->person = person;
	call->now = component_now(call->component);
	if (person)
		call->command->submit(call);
	else
		command_error(call, "cancel", "not-allowed", error ? error->text : NULL);
}

static void submit(struct command_call *call)
{
	if (answers_refused(&call->answers))
		command_again(call);
	else if (call->command->needs_person && !call->person)
		auto_person(call->component, call->sender, person_made, call);
	else
		call->command->submit(call);
}

static void start(struct command_call *call)
{
	if (call->command->form && (!call->command->fill || call->command->fill(call)))
		show_form(call);
	else
		submit(call);
}

static void close_session(struct request *request, const char *id)
{
	sessions_close(&component_commands(request->component)->sessions, id, request->from);
}

static void cancel(struct request *request, const struct command *command, const char *id)
{
	struct command_call *call = call_new(request, command, id);
	xmpp_stanza_t *iq;

	close_session(request, id);
	answer_new(call, "canceled", &iq);
	answer_send(call, iq);
}

/* `id` is that of an open session of the sender, or NULL. */
static void run(struct request *request, const struct command *command, const char *id, xmpp_stanza_t *x)
{
	struct command_call *call = call_new(request, command, id);
	struct error error;

	if (command->form && (x || id) && (!x || !form_read(&call->answers, x, call, &error))) {
		reply_command_error(request, "modify", "bad-request", "bad-payload");
		call_free(call);
		return;
	}
	if (!x && !id) {
		start(call);
		return;
	}
	/* From here on the session is used up; an answer that leaves something to do opens it again. */
	if (id)
		close_session(request, id);
	submit(call);
}

/* False: it is not the sender's to go on with, and the error was answered. */
static bool check_session(struct request *request, const struct command *command, const char *id)
{
	struct sessions *sessions = &component_commands(request->component)->sessions;

	switch (sessions_state(sessions, id, request->from, command, component_now(request->component))) {
	case SESSION_OPEN:
		return true;
	case SESSION_EXPIRED:
		close_session(request, id);
		reply_command_error(request, "cancel", "not-allowed", "session-expired");
		return false;
	case SESSION_UNKNOWN:
		break;
	}
	reply_command_error(request, "modify", "bad-request", "bad-sessionid");
	return false;
}

static bool check_action(struct request *request, const char *action)
{
	static const char *const possible[] = {"execute", "complete", "cancel"}, *const others[] = {
											 "next", "prev"};

	for (size_t i = 0; i < sizeof(possible) / sizeof(*possible); i++)
		if (strcmp(possible[i], action) == 0)
			return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (strcmp(others[i], action) == 0) {
			reply_command_error(request, "modify", "bad-request", "bad-action");
			return false;
		}
	}
	reply_command_error(request, "modify", "bad-request", "malformed-action");
	return false;
}

static void handle(struct request *request)
{
	const char *node = xmpp_stanza_get_attribute(request->child, "node");
	const char *id = xmpp_stanza_get_attribute(request->child, "sessionid");
	const char *action = xmpp_stanza_get_attribute(request->child, "action");
	xmpp_stanza_t *x = xmpp_stanza_get_child_by_name_and_ns(request->child, "x", NS_FORM);
	const char *type = x ? xmpp_stanza_get_type(x) : NULL;
	const struct command *command = node ? find_command(node) : NULL;

	action = action ? action : "execute";
	if (!request->insider || (command && !may_run(request, command))) {
		reply_error(request, "auth", "forbidden", NULL);
		return;
	}
	if (!command) {
		reply_error(request, "cancel", "item-not-found", "there is no such command");
		return;
	}
	if (!check_action(request, action) || (id && !check_session(request, command, id)))
		return;
	if (!id && strcmp(action, "execute") != 0)
		reply_command_error(request, "modify", "bad-request", "bad-sessionid");
	else if (id && (strcmp(action, "cancel") == 0 || (type && strcmp(type, "cancel") == 0)))
		cancel(request, command, id);
	else
		run(request, command, id, x);
}

const struct route command_routes[] = {
	{"iq", "set", NS_COMMANDS, "command", ADDRESS_COMPONENT, handle, NS_COMMANDS},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};

/* Discovery */

void commands_add_items(struct request *request, xmpp_stanza_t *query)
{
	xmpp_ctx_t *context = component_context(request->component);

	for (size_t i = 0; table[i]; i++)
		if (may_run(request, table[i]))
			element_new(context, query, "item", NULL, "jid",
				component_address(request->component), "node", table[i]->node, "name",
				table[i]->name, NULL);
}

bool commands_add_info(struct request *request, const char *node, xmpp_stanza_t *query)
{
	xmpp_ctx_t *context = component_context(request->component);
	const struct command *command = find_command(node);

	if (!command || !may_run(request, command))
		return false;
	element_new(context, query, "identity", NULL, "category", "automation", "type", "command-node",
		"name", command->name, NULL);
	element_new(context, query, "feature", NULL, "var", NS_COMMANDS, NULL);
	element_new(context, query, "feature", NULL, "var", NS_FORM, NULL);
	return true;
}

struct commands *commands_new(struct component *component)
{
	struct commands *commands = mem_new(sizeof(*commands));
	commands->component = component;
	sessions_init(&commands->sessions);
	for (size_t i = 0; table[i]; i++)
		if (table[i]->declare)
			table[i]->declare();
	return commands;
}

void commands_free(struct commands *commands)
{
	const struct ports *ports;

	if (!commands)
		return;
	ports = component_ports(commands->component);
	for (struct command_call *call = commands->calls, *after; call; call = after) {
		after = call->after;
		ports->forget(ports->ctx, call);
		call_free(call);
	}
	sessions_done(&commands->sessions);
	free(commands);
}
