/* A component without a stream, for tests of what hangs below one: it keeps what is sent as text, and its
 * ports apply facts and changes to a real engine. */
#ifndef OFFHOOK_TESTS_FAKE_COMPONENT_H
#define OFFHOOK_TESTS_FAKE_COMPONENT_H

#include <stdlib.h>

#include "core/admins.h"
#include "core/world.h"
#include "xmpp/auto_people.h"
#include "xmpp/command.h"
#include "xmpp/feed.h"

struct component {
	xmpp_ctx_t *context;
	struct commands *commands;
	struct ports ports;
	char *sent; /* the last stanza */
	size_t sent_count;
	bool busy, database_away;
	struct change change; /* waits for commit() */
	change_fn *done;
	void *arg;
	void (*person_done)(void *arg, struct person *person, const struct error *error);
	void *person_arg;
	size_t forgotten;
	size_t skip, limit; /* of the audit, whose reader waits */
	audit_row_fn *row;
	read_fn *read_done;
	void *read_arg;
	size_t feeds_asked, feeds_refused;
};
static struct component fake;

struct engine *component_engine(struct component *component)
{
	(void)component;
	return engine;
}

const struct ports *component_ports(struct component *component)
{
	return &component->ports;
}

usec_t component_now(struct component *component)
{
	(void)component;
	return now;
}

xmpp_ctx_t *component_context(struct component *component)
{
	return component->context;
}

const char *component_address(const struct component *component)
{
	(void)component;
	return "presence.example.org";
}

const char *component_name(const struct component *component)
{
	(void)component;
	return "Presence";
}

struct commands *component_commands(struct component *component)
{
	return component->commands;
}

struct feed_link *component_feed_link(struct component *component)
{
	(void)component;
	return NULL;
}

void feed_link_ask(struct feed_link *link, struct person *person)
{
	(void)link;
	(void)person;
	fake.feeds_asked++;
}

void feed_link_refuse(struct feed_link *link, struct person *person)
{
	(void)link;
	(void)person;
	fake.feeds_refused++;
}

void component_send(struct component *component, xmpp_stanza_t *stanza)
{
	char *text;
	size_t length;

	free(component->sent);
	ck_assert_int_eq(xmpp_stanza_to_text(stanza, &text, &length), 0);
	component->sent = strdup(text);
	component->sent_count++;
	xmpp_free(component->context, text);
}

void auto_person(struct component *component, const char *account,
	void (*done)(void *arg, struct person *person, const struct error *error), void *arg)
{
	(void)account;
	component->person_done = done;
	component->person_arg = arg;
}

static enum submit_result fake_submit(void *ctx, struct engine *to, struct fact *facts, size_t count,
	commit_fn *done, void *arg, size_t *at, struct error *error)
{
	struct component *component = ctx;

	(void)done;
	(void)arg;
	*at = 0;
	if (component->busy)
		return SUBMIT_BUSY;
	for (size_t i = 0; i < count; i++)
		if (!engine_apply(to, &facts[i], now, error))
			return SUBMIT_INVALID;
	drain();
	return SUBMIT_OK;
}

static void fake_forget(void *ctx, void *arg)
{
	struct component *component = ctx;

	if (component->arg == arg)
		component->done = NULL;
	if (component->read_arg == arg)
		component->read_done = NULL;
	component->forgotten++;
}

static void end_calls(struct engine *of, const struct change *change)
{
	struct error error;

	for (size_t i = 0; i < change->leg_count; i++) {
		const struct leg *leg = change->legs[i];
		struct fact fact = {.kind = FACT_CALL,
			.call = {.pbx = leg->extension->pbx,
				.call = leg->call,
				.leg = leg->id,
				.extension = leg->extension->number,
				.event = CALL_ENDED}};
		ck_assert(engine_apply(of, &fact, now, &error));
	}
}

/* Changes that are no single fact. False: `*ok` is not told. */
static bool change_otherwise(struct engine *of, const struct change *change, bool *ok, struct error *error)
{
	switch (change->kind) {
	case CHANGE_ADMIN_ADD:
		*ok = admins_check_add(of, change->account, error);
		if (*ok)
			engine_add_admin(of, change->account, ADMIN_STORED);
		return true;
	case CHANGE_ADMIN_REMOVE:
		*ok = admins_check_remove(of, change->account, error);
		if (*ok)
			admins_remove(of, change->account, ADMIN_STORED);
		return true;
	case CHANGE_PEOPLE_IMPORT: /* reading again applies it, which is not here */
		*ok = change->import->problem_count == 0;
		return true;
	case CHANGE_CALLS_END:
		end_calls(of, change);
		*ok = true;
		return true;
	default:
		return false;
	}
}

static bool put_status(struct engine *to, const struct status_fields *fields, struct error *error)
{
	struct fact fact = {.kind = FACT_STATUS, .status = *fields};
	return engine_apply(to, &fact, now, error);
}

static bool fake_status_change(struct engine *to, const struct change *change, struct error *error)
{
	static int64_t row = 1000;
	const struct catalogue *catalogue = &to->catalogue;
	struct status_fields fields;

	switch (change->kind) {
	case CHANGE_STATUS_ADD:
	case CHANGE_STATUS_EDIT:
		if (!status_edit_check(change->edit, catalogue, error))
			return false;
		status_edit_apply(change->edit,
			change->edit->adds ? NULL : catalogue_get(catalogue, change->edit->id), &fields);
		fields.row = change->edit->adds ? row++ : fields.row;
		return put_status(to, &fields, error);
	case CHANGE_STATUS_DELETE:
		if (!status_delete_check(change->status, catalogue, &to->policy, error))
			return false;
		status_fields_of(catalogue_get(catalogue, change->status), &fields);
		fields.deleted = true;
		return put_status(to, &fields, error);
	case CHANGE_STATUS_ORDER:
		for (size_t i = 0; i < change->order_count; i++) {
			status_fields_of(catalogue_get(catalogue, change->order[i]), &fields);
			fields.position = status_order_position(i);
			ck_assert(put_status(to, &fields, error));
		}
		return true;
	default:
		return false;
	}
}

static bool fake_read_audit(void *ctx, struct engine *of, size_t skip, size_t limit, audit_row_fn *row,
	read_fn *done, void *arg, struct error *error)
{
	struct component *component = ctx;

	(void)of;
	if (component->database_away)
		return error_set(error, NULL, "the database is away");
	component->skip = skip;
	component->limit = limit;
	component->row = row;
	component->read_done = done;
	component->read_arg = arg;
	return true;
}

static bool fake_change(void *ctx, struct engine *to, const struct change *change, change_fn *done, void *arg,
	struct error *error)
{
	struct component *component = ctx;
	static int64_t row = 100;
	struct fact fact = {.kind = FACT_PERSON, .person = change->person};
	bool ok;

	if (component->database_away)
		return error_set(error, NULL, "the database is away");
	bool of_status = change->kind >= CHANGE_STATUS_ADD && change->kind <= CHANGE_STATUS_ORDER;
	if (of_status && !fake_status_change(to, change, error))
		return false;
	component->change = *change;
	component->done = done;
	component->arg = arg;
	if (change->kind == CHANGE_PERSON_ADD)
		component->change.person.row = fact.person.row = row++;
	if (change->kind == CHANGE_PERSON_DELETE)
		fact = (struct fact){.kind = FACT_PERSON_GONE, .gone = {change->person.row}};
	if (change->kind == CHANGE_POLICY) {
		static struct policy policy;
		policy = *change->policy;
		fact = (struct fact){.kind = FACT_POLICY, .policy = {&policy}};
	}
	if (change->kind == CHANGE_CHOICE) {
		fact = (struct fact){.kind = FACT_CHOICE, .choice = *change->choice};
		component->change.person.row = change->choice->person->row;
	}
	if (change->kind == CHANGE_PREFERENCES) {
		fact = (struct fact){.kind = FACT_PREFERENCES, .preferences = *change->preferences};
		component->change.person.row = change->preferences->row;
	}
	if (change_otherwise(to, change, &ok, error))
		return ok;
	return of_status || engine_apply(to, &fact, now, error);
}

/* What was changed is committed now. */
static inline void commit(void)
{
	change_fn *done = fake.done;

	ck_assert(done);
	fake.done = NULL;
	drain();
	done(fake.arg, true, engine_person_by_row(engine, fake.change.person.row), NULL);
}

static inline void fake_begin(void)
{
	world_begin();
	engine_add_admin(engine, "alice@example.org", ADMIN_CONFIGURED);
	memset(&fake, 0, sizeof(fake));
	fake.context = xmpp_ctx_new(NULL, NULL);
	fake.ports = (struct ports){.ctx = &fake,
		.submit = fake_submit,
		.forget = fake_forget,
		.change = fake_change,
		.read_audit = fake_read_audit};
	fake.commands = commands_new(&fake);
}

static inline void fake_end(void)
{
	commands_free(fake.commands);
	free(fake.sent);
	xmpp_ctx_free(fake.context);
	world_end();
}

/* The payload of an iq set from `from` goes to the handler of the one route of `routes`; what was sent in
 * answer, or "". */
static inline const char *ask(const struct route *routes, const char *from, const char *payload)
{
	char text[256 * 1024];
	size_t before = fake.sent_count;
	struct request request = {.component = &fake,
		.from = from,
		.to = "presence.example.org",
		.id = "i1",
		.type = "set",
		.address = ADDRESS_COMPONENT,
		.contact = ""};
	const char *domain = strchr(from, '@') + 1;

	snprintf(text, sizeof(text), "<iq type='set' id='i1' from='%s' to='presence.example.org'>%s</iq>",
		from, payload);
	request.stanza = xmpp_stanza_new_from_string(fake.context, text);
	ck_assert_ptr_nonnull(request.stanza);
	request.child = xmpp_stanza_get_children(request.stanza);
	snprintf(request.sender, sizeof(request.sender), "%.*s", (int)jid_bare_length(from), from);
	request.insider = request.allowed = strncmp(domain, "example.org/", 12) == 0;
	request.admin = request.insider && engine_is_admin(engine, request.sender);
	request.person = engine_person_by_account(engine, request.sender);
	routes[0].handle(&request);
	xmpp_stanza_release(request.stanza);
	return fake.sent_count > before ? fake.sent : "";
}

#endif
