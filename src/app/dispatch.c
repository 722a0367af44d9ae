/* Where facts are applied to people and effects become rows and stanzas. */
#include "app/dispatch.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/inside.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "core/admins.h"
#include "core/people.h"

/* A change on its way to PostgreSQL, to be applied when it is committed. */
struct pending_change {
	struct pending_change *next;
	struct app *app;
	struct tenant *tenant; /* NULL: no longer served */
	enum change_kind kind;
	struct fact_list facts; /* what follows for the engine; of statuses made when it is committed */
	struct status_edit edit;
	const char **order;
	size_t order_count;
	struct policy policy;
	struct preferences preferences;
	const char *account; /* of an administrator */
	int64_t person;      /* row of the one who is chosen for */
	bool imported;       /* committed, and being read from the database */
	change_fn *done;     /* NULL: forgotten */
	void *arg;
};

static usec_t port_now(void *ctx)
{
	(void)ctx;
	return clock_now();
}

static void put_effect(struct tenant *tenant, const struct effect *effect)
{
	struct store *store = tenant->app->store;
	const struct engine *engine = tenant->engine;
	switch (effect->kind) {
	case EFFECT_PRESENCE:
		metrics_add(METRIC_PRESENCE_CHANGES, 1);
		http_presence_changed(tenant->app->http, engine, effect->contact);
		if (effect->of_many)
			component_presence_changed_with_many(
				tenant->component, effect->contact, effect->person);
		else
			component_presence_changed(tenant->component, effect->contact, effect->person);
		break;
	case EFFECT_CONTACT:
		http_presence_changed(tenant->app->http, engine, effect->contact);
		component_presence_changed(tenant->component, effect->contact, effect->person);
		break;
	case EFFECT_CHOICES:
		store_put_choices(store, engine, effect->person);
		break;
	case EFFECT_MESSAGE:
		store_put_message(store, engine, effect->person);
		break;
	case EFFECT_LEG:
		store_put_leg(store, engine, effect->leg);
		break;
	case EFFECT_PHONE:
		store_put_phone(store, engine, effect->extension);
		break;
	case EFFECT_EVENT_ID:
		store_put_event_id(store, engine, effect->pbx, effect->id, clock_now());
		break;
	case EFFECT_NOTICE:
		if (effect->person->account)
			component_notice(tenant->component, effect->person->account, effect->text);
		break;
	case EFFECT_FEED:
		store_put_feed(store, engine, effect->account, effect->feed);
		if (!effect->person && effect->account != engine->domain)
			component_feed_over(tenant->component, effect->account);
		break;
	case EFFECT_ACCOUNT:
		component_account_added(tenant->component, effect->person);
		break;
	case EFFECT_DEVICE:
		component_device_listens(
			tenant->component, effect->person, effect->resource, effect->was_there);
		break;
	case EFFECT_UNHEARD:
		component_account_awaited(tenant->component, effect->person);
		break;
	case EFFECT_TOUCH:
		tenant_tell_links(tenant, effect->person);
		break;
	}
}

void dispatch_effects(struct tenant *tenant)
{
	struct effect effect;
	while (engine_next_effect(tenant->engine, &effect))
		put_effect(tenant, &effect);
}

/* The most rows that these facts can make: a leg and an id for each event; a snapshot can also end
 * live legs that it does not name. */
static size_t rows_of(const struct engine *engine, const struct fact *facts, size_t count)
{
	size_t rows = 0;
	for (size_t i = 0; i < count; i++) {
		const struct fact_snapshot *snapshot = &facts[i].snapshot;
		bool is_snapshot = facts[i].kind == FACT_SNAPSHOT;
		rows += is_snapshot ? snapshot->count + engine_replaced_legs(engine, snapshot) : 2;
	}
	return rows;
}

static bool is_of_feed(enum fact_kind kind)
{
	return kind == FACT_DEVICE || kind == FACT_DEVICE_CLASS || kind == FACT_FEED || kind == FACT_PROBED ||
	       kind == FACT_PRIVILEGE;
}

/* What a server tells of accounts is taken whatever waits: nobody would tell it again. */
static bool has_room(
	const struct app *app, const struct engine *engine, const struct fact *facts, size_t count)
{
	if (count > 0 && is_of_feed(facts[0].kind))
		return true;
	return store_has_room(app->store, rows_of(engine, facts, count)) &&
	       engine_has_room(engine, facts, count);
}

static void nobody_waits(void *arg, enum commit_result result)
{
	(void)arg;
	(void)result;
}

static void warn_of_no_room(struct app *app, const char *extension)
{
	usec_t now = clock_monotonic();
	if (app->no_room_warned && now - app->no_room_warned < MINUTE)
		return;
	app->no_room_warned = now;
	log_warn("offhook",
		"%d extensions that are nobody's have calls: those of others, such as %s, are not kept",
		LIMIT_UNKNOWN_EXTENSIONS, extension);
}

static void count_event(struct app *app, const struct engine *engine, const struct fact *fact)
{
	if (fact->kind != FACT_CALL)
		return;
	const struct extension *extension = engine_extension(engine, fact->call.pbx, fact->call.extension);
	if (fact->outcome == OUTCOME_NO_ROOM) {
		warn_of_no_room(app, fact->call.extension);
		metrics_add(METRIC_EVENTS_NOT_KEPT, 1);
		return;
	}
	metrics_add(fact->outcome == OUTCOME_DUPLICATE ? METRIC_EVENTS_DUPLICATE : METRIC_EVENTS, 1);
	if (!extension || !extension->person)
		metrics_add(METRIC_EVENTS_UNKNOWN, 1);
}

static enum submit_result port_submit(void *ctx, struct engine *engine, struct fact *facts, size_t count,
	commit_fn *done, void *arg, size_t *at, struct error *error)
{
	struct app *app = ctx;
	struct tenant *tenant = app_tenant_of(app, engine);
	size_t unused;
	at = at ? at : &unused;
	if (!tenant || tenant->state != TENANT_SERVING || app->stopping ||
		!has_room(app, engine, facts, count)) {
		error_set(error, NULL, "too much is waiting to be written, try again in a moment");
		metrics_add(METRIC_EVENTS_REFUSED, (int64_t)count);
		return SUBMIT_BUSY;
	}
	usec_t now = clock_now();
	for (*at = 0; *at < count; (*at)++) {
		if (!engine_apply(engine, &facts[*at], now, error))
			return SUBMIT_INVALID;
		count_event(app, engine, &facts[*at]);
		dispatch_effects(tenant);
	}
	if (done || count == 0 || !is_of_feed(facts[0].kind))
		store_commit(app->store, done ? done : nobody_waits, done ? arg : NULL);
	return SUBMIT_OK;
}

static void copy_person(struct fact_list *list, const struct fact_person *from, struct fact *fact)
{
	const char **extensions = facts_memory(list, (from->extension_count + 1) * sizeof(*extensions));
	for (size_t i = 0; i < from->extension_count; i++)
		extensions[i] = facts_string(list, from->extensions[i]);
	fact->person = (struct fact_person){
		.row = from->row,
		.contact = facts_string(list, from->contact),
		.account = facts_string(list, from->account),
		.name = facts_string(list, from->name),
		.time_zone = facts_string(list, from->time_zone),
		.extensions = extensions,
		.extension_count = from->extension_count,
	};
}

static void copy_choice(struct fact_list *list, const struct fact_choice *from, struct fact *fact)
{
	fact->choice = *from;
	fact->choice.person = NULL; /* may be gone by then */
	fact->choice.status = facts_string(list, from->status);
	fact->choice.message = facts_string(list, from->message);
}

/* With its leg id, if only an empty one, so that no other leg of the call ends as well. */
static void copy_leg(struct fact_list *list, const struct leg *leg, struct fact *fact)
{
	fact->call = (struct fact_call){
		.pbx = facts_string(list, leg->extension->pbx),
		.call = facts_string(list, leg->call),
		.leg = facts_string(list, leg->id),
		.extension = facts_string(list, leg->extension->number),
		.event = CALL_ENDED,
	};
}

static void copy_edit(struct pending_change *pending, const struct status_edit *edit)
{
	struct fact_list *list = &pending->facts;
	pending->edit = *edit;
	pending->edit.name = facts_string(list, edit->name);
	pending->edit.icon = facts_string(list, edit->icon);
	pending->edit.text = facts_string(list, edit->text);
	pending->edit.activity = facts_string(list, edit->activity);
}

static void copy_order(struct pending_change *pending, const struct change *change)
{
	pending->order_count = change->order_count;
	pending->order = facts_memory(&pending->facts, (change->order_count + 1) * sizeof(*pending->order));
	for (size_t i = 0; i < change->order_count; i++)
		pending->order[i] = facts_string(&pending->facts, change->order[i]);
}

static struct pending_change *pending_new(
	struct app *app, struct tenant *tenant, const struct change *change, change_fn *done, void *arg)
{
	struct pending_change *pending = mem_new(sizeof(*pending));
	pending->app = app;
	pending->tenant = tenant;
	pending->kind = change->kind;
	pending->done = done;
	pending->arg = arg;
	facts_init(&pending->facts);
	switch (change->kind) {
	case CHANGE_PERSON_ADD:
	case CHANGE_PERSON_EDIT:
		copy_person(&pending->facts, &change->person, facts_add(&pending->facts, FACT_PERSON));
		break;
	case CHANGE_PERSON_DELETE:
		facts_add(&pending->facts, FACT_PERSON_GONE)->gone.row = change->person.row;
		break;
	case CHANGE_PREFERENCES:
		pending->preferences = *change->preferences->preferences;
		facts_add(&pending->facts, FACT_PREFERENCES)->preferences = (struct fact_preferences){
			.row = change->preferences->row,
			.time_zone = facts_string(&pending->facts, change->preferences->time_zone),
			.preferences = &pending->preferences,
		};
		break;
	case CHANGE_POLICY:
		pending->policy = *change->policy;
		facts_add(&pending->facts, FACT_POLICY)->policy.policy = &pending->policy;
		break;
	case CHANGE_ADMIN_ADD:
	case CHANGE_ADMIN_REMOVE:
		pending->account = facts_string(&pending->facts, change->account);
		break;
	case CHANGE_CHOICE:
		pending->person = change->choice->person->row;
		copy_choice(&pending->facts, change->choice, facts_add(&pending->facts, FACT_CHOICE));
		break;
	case CHANGE_CALLS_END:
		for (size_t i = 0; i < change->leg_count; i++)
			copy_leg(&pending->facts, change->legs[i], facts_add(&pending->facts, FACT_CALL));
		break;
	case CHANGE_STATUS_ADD:
	case CHANGE_STATUS_EDIT:
		copy_edit(pending, change->edit);
		break;
	case CHANGE_STATUS_DELETE:
		snprintf(pending->edit.id, sizeof(pending->edit.id), "%s", change->status);
		break;
	case CHANGE_STATUS_ORDER:
		copy_order(pending, change);
		break;
	case CHANGE_PEOPLE_IMPORT:
		break;
	}
	pending->next = app->changes;
	app->changes = pending;
	return pending;
}

static void pending_free(struct pending_change *pending)
{
	struct pending_change **at = &pending->app->changes;
	while (*at != pending)
		at = &(*at)->next;
	*at = pending->next;
	facts_done(&pending->facts);
	free(pending);
}

static void apply_admin(struct pending_change *pending)
{
	if (pending->kind == CHANGE_ADMIN_ADD)
		engine_add_admin(pending->tenant->engine, pending->account, ADMIN_STORED);
	if (pending->kind == CHANGE_ADMIN_REMOVE)
		admins_remove(pending->tenant->engine, pending->account, ADMIN_STORED);
}

/* `row` is that of a person who was added; `*person` becomes the one whom the change was about. */
static bool apply_fact(struct pending_change *pending, struct fact *fact, int64_t row, struct person **person,
	struct error *error)
{
	struct engine *engine = pending->tenant->engine;
	if (pending->kind == CHANGE_PERSON_ADD)
		fact->person.row = row;
	if (fact->kind == FACT_CHOICE) {
		fact->choice.person = *person = engine_person_by_row(engine, pending->person);
		if (!*person)
			return error_set(error, "contact", "there is no such person any more");
	}
	if (!engine_apply(engine, fact, clock_now(), error))
		return false;
	dispatch_effects(pending->tenant);
	if (fact->kind == FACT_PERSON) {
		*person = engine_person_by_row(engine, fact->person.row);
		http_presence_changed(pending->app->http, engine, fact->person.contact); /* a new name */
	}
	if (fact->kind == FACT_PREFERENCES)
		*person = engine_person_by_row(engine, fact->preferences.row);
	return true;
}

static void add_places(struct pending_change *pending, const struct catalogue *catalogue)
{
	for (size_t i = 0; i < pending->order_count; i++) {
		const struct status *status = catalogue_get(catalogue, pending->order[i]);
		if (!status || status->position == status_order_position(i))
			continue;
		struct status_fields *fields = &facts_add(&pending->facts, FACT_STATUS)->status;
		status_fields_of(status, fields);
		fields->position = status_order_position(i);
	}
}

/* What the fields left alone are is known only now: another change may have been committed meanwhile. */
static void add_status_facts(struct pending_change *pending, int64_t row)
{
	const struct catalogue *catalogue = &pending->tenant->engine->catalogue;
	const struct status *old = catalogue_get(catalogue, pending->edit.id);
	struct status_fields *fields;
	switch (pending->kind) {
	case CHANGE_STATUS_ADD:
		fields = &facts_add(&pending->facts, FACT_STATUS)->status;
		status_edit_apply(&pending->edit, NULL, fields);
		fields->row = row;
		break;
	case CHANGE_STATUS_EDIT:
		if (old)
			status_edit_apply(
				&pending->edit, old, &facts_add(&pending->facts, FACT_STATUS)->status);
		break;
	case CHANGE_STATUS_DELETE:
		if (!old)
			break;
		fields = &facts_add(&pending->facts, FACT_STATUS)->status;
		status_fields_of(old, fields);
		fields->deleted = true;
		break;
	case CHANGE_STATUS_ORDER:
		add_places(pending, catalogue);
		break;
	default:
		break;
	}
}

static bool apply_change(
	struct pending_change *pending, int64_t row, struct person **person, struct error *error)
{
	bool ok = true;
	apply_admin(pending);
	add_status_facts(pending, row);
	for (size_t i = 0; ok && i < pending->facts.count; i++)
		ok = apply_fact(pending, &pending->facts.facts[i], row, person, error);
	return ok;
}

static void change_written(void *arg, bool ok, int64_t row, const struct error *reason)
{
	struct pending_change *pending = arg;
	struct error error = {0};
	struct person *person = NULL;
	if (!ok && reason)
		error = *reason;
	if (ok && pending->tenant && pending->kind == CHANGE_PEOPLE_IMPORT) {
		pending->imported = true;
		tenant_reload(pending->tenant);
		return;
	}
	if (ok && pending->tenant) {
		ok = apply_change(pending, row, &person, &error);
		if (!ok)
			log_error(
				"store", "a committed change does not fit what is in memory: %s", error.text);
	}
	if (pending->done)
		pending->done(pending->arg, ok && pending->tenant, person, &error);
	pending_free(pending);
}

void dispatch_reloaded(struct tenant *tenant)
{
	struct error none = {0};
	for (struct pending_change *pending = tenant->app->changes, *next; pending; pending = next) {
		next = pending->next;
		if (pending->tenant != tenant || !pending->imported)
			continue;
		if (pending->done)
			pending->done(pending->arg, true, NULL, &none);
		pending_free(pending);
	}
}

/* Two who are removed at the same time may be the last two. */
static bool others_are_being_removed(const struct app *app, const struct tenant *tenant, struct error *error)
{
	for (const struct pending_change *pending = app->changes; pending; pending = pending->next)
		if (pending->tenant == tenant && pending->kind == CHANGE_ADMIN_REMOVE)
			return !error_set(error, "jid",
				"another administrator is being removed: try again in a moment");
	return false;
}

static bool check_change(const struct engine *engine, const struct change *change, struct error *error)
{
	if (change->kind == CHANGE_PERSON_ADD || change->kind == CHANGE_PERSON_EDIT)
		return people_check(engine, &change->person, error);
	if (change->kind == CHANGE_PERSON_DELETE && !engine_person_by_row(engine, change->person.row))
		return error_set(error, "contact", "there is no such person");
	if (change->kind == CHANGE_ADMIN_ADD)
		return admins_check_add(engine, change->account, error);
	if (change->kind == CHANGE_ADMIN_REMOVE)
		return admins_check_remove(engine, change->account, error);
	if (change->kind == CHANGE_CHOICE)
		return engine_check_choice(engine, change->choice, clock_now(), error);
	if (change->kind == CHANGE_STATUS_ADD || change->kind == CHANGE_STATUS_EDIT)
		return status_edit_check(change->edit, &engine->catalogue, error);
	if (change->kind == CHANGE_STATUS_DELETE)
		return status_delete_check(change->status, &engine->catalogue, &engine->policy, error);
	return true;
}

static bool port_change(void *ctx, struct engine *engine, const struct change *change, change_fn *done,
	void *arg, struct error *error)
{
	struct app *app = ctx;
	struct tenant *tenant = app_tenant_of(app, engine);
	if (!tenant || tenant->state != TENANT_SERVING || app->stopping)
		return error_set(error, NULL, "this tenant is not served at the moment, nothing was changed");
	if (!check_change(engine, change, error))
		return false;
	if (change->kind == CHANGE_ADMIN_REMOVE && others_are_being_removed(app, tenant, error))
		return false;
	struct pending_change *pending = pending_new(app, tenant, change, done, arg);
	if (store_change(app->store, engine, change, change_written, pending, error))
		return true;
	pending_free(pending);
	return false;
}

static bool port_read_audit(void *ctx, struct engine *engine, size_t skip, size_t limit, audit_row_fn *row,
	read_fn *done, void *arg, struct error *error)
{
	struct app *app = ctx;
	return store_read_audit(app->store, engine, skip, limit, row, done, arg, error);
}

static void port_forget(void *ctx, void *arg)
{
	struct app *app = ctx;
	store_forget(app->store, arg);
	for (struct pending_change *pending = app->changes; pending; pending = pending->next)
		if (pending->arg == arg)
			pending->done = NULL;
}

void dispatch_forget_tenant(struct app *app, const struct tenant *tenant)
{
	struct error error = {0};
	error_set(&error, NULL, "this tenant is not served any more, look whether the change was made");
	for (struct pending_change *pending = app->changes, *next; pending; pending = next) {
		next = pending->next;
		if (pending->tenant != tenant)
			continue;
		pending->tenant = NULL;
		change_fn *done = pending->done;
		pending->done = NULL;
		if (done)
			done(pending->arg, false, NULL, &error);
		if (pending->imported)
			pending_free(pending);
	}
}

static void port_save_watcher(
	void *ctx, struct engine *engine, const char *contact, const char *watcher, usec_t heard)
{
	store_put_watcher(((struct app *)ctx)->store, engine, contact, watcher, heard);
}

static void port_save_published(void *ctx, struct engine *engine, const char *contact, uint64_t digest)
{
	store_put_published(((struct app *)ctx)->store, engine, contact, digest);
}

void dispatch_ports(struct app *app, struct ports *ports)
{
	*ports = (struct ports){
		.ctx = app,
		.now = port_now,
		.submit = port_submit,
		.forget = port_forget,
		.change = port_change,
		.read_audit = port_read_audit,
		.save_watcher = port_save_watcher,
		.save_published = port_save_published,
	};
}
