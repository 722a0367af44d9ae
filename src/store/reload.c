/*
 * What others changed in the database is found and told here.
 */
#include "store/reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "core/person_edit.h"
#include "store/read.h"

/* Handed out in one turn of the loop. */
#define SLICE (10 * SECOND / 1000)
/* From one beginning to the next: a script that changes thousands of people row by row tells it each time. */
#define PACE SECOND

struct reload {
	struct reload *next;
	struct db *db;
	struct engine *engine;
	int64_t tenant;
	const struct changes *pending;
	const uint64_t *changes;
	uint64_t changes_before;
	reload_fact_fn *fact;
	void *ctx;
	size_t step;
	bool in_flight, again, over;
	usec_t not_before; /* to begin, on the monotonic clock */
	int64_t last_person;
	struct policy policy;
	struct fact_list statuses, policies, gone, losing, people; /* what differs */
	bool handing;                                              /* all is read, and they are handed out */
	size_t list, at;                                           /* the next of them */
};

struct reloads {
	struct db *db;
	const struct changes *pending;
	reload_done_fn *done;
	void *done_ctx;
	struct reload *first;
};

static void resume(struct reload *reload);

static bool same_text(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

static void forget_all(struct reload *reload)
{
	facts_done(&reload->statuses);
	facts_done(&reload->policies);
	facts_done(&reload->gone);
	facts_done(&reload->losing);
	facts_done(&reload->people);
}

static void begin(struct reload *reload)
{
	reload->step = 0;
	reload->again = reload->handing = false;
	reload->list = reload->at = 0;
	reload->last_person = 0;
	reload->changes_before = *reload->changes;
	policy_init(&reload->policy);
	facts_init(&reload->statuses);
	facts_init(&reload->policies);
	facts_init(&reload->gone);
	facts_init(&reload->losing);
	facts_init(&reload->people);
}

static void on_policy(struct reload *reload, const PGresult *row)
{
	read_policy(row, &reload->policy);
}

static bool same_policy(const struct policy *a, const struct policy *b)
{
	char text_a[POLICY_TEXT], text_b[POLICY_TEXT];
	for (const struct policy_key *key = policy_keys; key->name; key++)
		if (strcmp(policy_get(a, key, text_a), policy_get(b, key, text_b)) != 0)
			return false;
	return true;
}

static bool same_status(const struct status *status, const struct status_fields *fields)
{
	return status && status->row == fields->row && same_text(status->name, fields->name) &&
	       same_text(status->icon, fields->icon) && same_text(status->color, fields->color) &&
	       same_text(status->text, fields->text) && same_text(status->activity, fields->activity) &&
	       status->show == fields->show && status->default_expiry == fields->default_expiry &&
	       status->position == fields->position && status->when_offline == fields->when_offline &&
	       status->enabled == fields->enabled && status->deleted == fields->deleted &&
	       status->call_action == fields->call_action && status->kind == fields->kind;
}

static void on_status(struct reload *reload, const PGresult *row)
{
	struct status_fields fields;
	if (!read_status(row, &fields) ||
		same_status(map_get(&reload->engine->catalogue.by_id, fields.id), &fields))
		return;
	struct fact *fact = facts_add(&reload->statuses, FACT_STATUS);
	fields.id = facts_string(&reload->statuses, fields.id);
	fields.name = facts_string(&reload->statuses, fields.name);
	fields.icon = facts_string(&reload->statuses, fields.icon);
	fields.color = facts_string(&reload->statuses, fields.color);
	fields.text = facts_string(&reload->statuses, fields.text);
	fields.activity = facts_string(&reload->statuses, fields.activity);
	fact->status = fields;
}

/* Whether the person has something that the row gives to nobody or to somebody else. */
static bool loses(const struct person *person, const struct fact_person *fields)
{
	for (size_t i = 0; i < person->extension_count; i++)
		if (!person_fields_have(fields, person->extensions[i]->key))
			return true;
	return person->account && !same_text(person->account, fields->account);
}

static bool same_preferences(const struct preferences *a, const struct preferences *b)
{
	char text_a[PREFERENCE_TEXT], text_b[PREFERENCE_TEXT];
	for (const struct preference_key *key = preference_keys; key->name; key++)
		if (strcmp(preferences_get(a, key, text_a), preferences_get(b, key, text_b)) != 0)
			return false;
	return true;
}

static struct fact_person *add_person(struct fact_list *list, const struct fact_person *fields)
{
	struct fact *fact = facts_add(list, FACT_PERSON);
	const char **extensions = facts_memory(list, (fields->extension_count + 1) * sizeof(*extensions));

	for (size_t i = 0; i < fields->extension_count; i++)
		extensions[i] = facts_string(list, fields->extensions[i]);
	fact->person = (struct fact_person){
		.row = fields->row,
		.contact = facts_string(list, fields->contact),
		.account = facts_string(list, fields->account),
		.name = facts_string(list, fields->name),
		.time_zone = facts_string(list, fields->time_zone),
		.extensions = extensions,
		.extension_count = fields->extension_count,
	};
	if (fields->preferences) {
		struct preferences *preferences = facts_memory(list, sizeof(*preferences));
		*preferences = *fields->preferences;
		fact->person.preferences = preferences;
	}
	return &fact->person;
}

/* What one loses another may have got: so first everybody has only what stays theirs. */
static void add_loser(struct reload *reload, const struct person *person, const struct fact_person *fields)
{
	struct fact_person kept = *fields;
	const char *extensions[LIMIT_EXTENSIONS_PER_PERSON];
	size_t count = 0;

	for (size_t i = 0; i < person->extension_count; i++)
		if (person_fields_have(fields, person->extensions[i]->key))
			extensions[count++] = person->extensions[i]->key;
	kept.contact = person->contact;
	kept.extensions = extensions;
	kept.extension_count = count;
	if (!same_text(person->account, fields->account))
		kept.account = NULL;
	add_person(&reload->losing, &kept);
}

/* The engine's people with ids between those of two rows that follow each other are gone. */
static void add_gone(struct reload *reload, int64_t after, int64_t before)
{
	const struct engine *engine = reload->engine;
	size_t low = 0, high = engine->person_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (engine->rows[middle]->row <= after)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < engine->person_count && engine->rows[low]->row < before; low++)
		facts_add(&reload->gone, FACT_PERSON_GONE)->gone.row = engine->rows[low]->row;
}

static void on_person(struct reload *reload, const PGresult *row)
{
	const char *extensions[LIMIT_EXTENSIONS_PER_PERSON];
	struct fact_person fields;
	struct preferences preferences;

	read_person(row, &fields, extensions);
	read_preferences(row, &reload->engine->catalogue, &preferences);
	fields.preferences = &preferences;
	add_gone(reload, reload->last_person, fields.row);
	reload->last_person = fields.row;
	const struct person *person = engine_person_by_row(reload->engine, fields.row);
	if (person && person_is(person, &fields) &&
		same_preferences(&person->preferences, fields.preferences))
		return;
	if (person && loses(person, &fields))
		add_loser(reload, person, &fields);
	add_person(&reload->people, &fields)->swaps = true;
}

/* All of them in one row, which comes even when there is none: those who are not there have lost the right. */
static void on_admins(struct reload *reload, const PGresult *row)
{
	char *list = mem_string(PQgetvalue(row, 0, 0)), *rest = list, *jid;

	engine_clear_admins(reload->engine, ADMIN_STORED);
	while ((jid = strsep(&rest, "\n")) != NULL)
		if (jid[0])
			engine_add_admin(reload->engine, jid, ADMIN_STORED);
	free(list);
}

static const struct reload_step {
	const char *sql;
	void (*row)(struct reload *reload, const PGresult *row);
} steps[] = {
	{read_policy_sql, on_policy},
	{read_statuses_sql, on_status},
	{read_people_sql, on_person},
	{"SELECT coalesce(string_agg(jid, chr(10)), '') FROM admins WHERE tenant_id = $1::bigint", on_admins},
};

static bool outdated(const struct reload *reload)
{
	return *reload->changes != reload->changes_before ||
	       changes_pending_of(reload->pending, reload->tenant);
}

/* False: there is more for the next turn. */
static bool hand_out(struct reload *reload, struct fact_list *const lists[], size_t count)
{
	usec_t until = clock_monotonic() + SLICE;

	for (; reload->list < count; reload->list++, reload->at = 0) {
		const struct fact_list *list = lists[reload->list];
		for (; reload->at < list->count && !reload->over; reload->at++) {
			if (clock_monotonic() >= until)
				return false;
			reload->fact(reload->ctx, &list->facts[reload->at]);
		}
	}
	return true;
}

/* True when all is handed out. What is left when it is not true any more is read again. */
static bool go_on(struct reload *reload)
{
	struct fact_list *const lists[] = {
		&reload->statuses, &reload->policies, &reload->gone, &reload->losing, &reload->people};

	if (outdated(reload)) {
		forget_all(reload);
		begin(reload);
		return false;
	}
	if (!hand_out(reload, lists, sizeof(lists) / sizeof(*lists)) || reload->over)
		return false;
	forget_all(reload);
	if (reload->again)
		begin(reload);
	else
		reload->over = true;
	return true;
}

static void finish(struct reload *reload)
{
	add_gone(reload, reload->last_person, INT64_MAX);
	if (!same_policy(&reload->policy, &reload->engine->policy))
		facts_add(&reload->policies, FACT_POLICY)->policy.policy = &reload->policy;
	reload->handing = true;
}

static void on_row(void *arg, const PGresult *row)
{
	struct reload *reload = arg;
	if (!reload->over && !outdated(reload))
		steps[reload->step].row(reload, row);
}

static void on_step_done(void *arg, const struct db_outcome *outcome)
{
	struct reload *reload = arg;

	reload->in_flight = false;
	if (reload->over)
		return;
	if (outcome->fault != DB_OK && outcome->fault != DB_LOST) {
		log_warn("store", "reading %s again failed: %s", reload->engine->domain, outcome->text);
		reload->not_before = clock_monotonic() + PACE;
	}
	if (outcome->fault != DB_OK || outdated(reload)) {
		forget_all(reload);
		begin(reload);
		return;
	}
	if (++reload->step == sizeof(steps) / sizeof(*steps))
		finish(reload);
	else
		resume(reload);
}

static void resume(struct reload *reload)
{
	char tenant[24];

	if (reload->in_flight || reload->handing || reload->over || !db_up(reload->db))
		return;
	if (reload->step == 0 && clock_monotonic() < reload->not_before)
		return;
	struct query *query = query_new(on_step_done, reload);
	snprintf(tenant, sizeof(tenant), "%" PRId64, reload->tenant);
	query_add(query, steps[reload->step].sql, (const char *[]){tenant}, 1);
	query_rows(query, on_row);
	reload->in_flight = db_submit(reload->db, query);
	if (reload->in_flight && reload->step == 0)
		reload->not_before = clock_monotonic() + PACE;
}

static void reload_free(struct reload *reload)
{
	forget_all(reload);
	free(reload);
}

void reloads_add(struct reloads *reloads, struct engine *engine, const uint64_t *changes,
	reload_fact_fn *fact, void *ctx)
{
	usec_t not_before = 0;

	for (struct reload *known = reloads->first; known; known = known->next) {
		if (known->tenant != engine->row)
			continue;
		if (!known->over) {
			known->again = known->in_flight || known->step > 0;
			return;
		}
		if (known->not_before > not_before)
			not_before = known->not_before;
	}
	struct reload *reload = mem_new(sizeof(*reload));
	reload->not_before = not_before;
	reload->db = reloads->db;
	reload->pending = reloads->pending;
	reload->engine = engine;
	reload->tenant = engine->row;
	reload->changes = changes;
	reload->fact = fact;
	reload->ctx = ctx;
	begin(reload);
	reload->next = reloads->first;
	reloads->first = reload;
}

bool reloads_run(struct reloads *reloads)
{
	bool more = false;

	for (struct reload *reload = reloads->first; reload; reload = reload->next)
		if (reload->handing && !reload->over && go_on(reload))
			reloads->done(reloads->done_ctx, reload->tenant);
	for (struct reload **at = &reloads->first; *at;) {
		struct reload *reload = *at;
		resume(reload);
		more = more || (reload->handing && !reload->over);
		/* One that is over is kept for the pace of the next. */
		if (!reload->over || reload->in_flight || clock_monotonic() < reload->not_before) {
			at = &reload->next;
			continue;
		}
		*at = reload->next;
		reload_free(reload);
	}
	return more;
}

void reloads_cancel(struct reloads *reloads, int64_t tenant)
{
	for (struct reload *reload = reloads->first; reload; reload = reload->next)
		if (reload->tenant == tenant)
			reload->over = true;
}

struct reloads *reloads_new(struct db *db, const struct changes *pending, reload_done_fn *done, void *ctx)
{
	struct reloads *reloads = mem_new(sizeof(*reloads));
	reloads->done = done;
	reloads->done_ctx = ctx;
	reloads->db = db;
	reloads->pending = pending;
	return reloads;
}

void reloads_free(struct reloads *reloads)
{
	if (!reloads)
		return;
	while (reloads->first) {
		struct reload *reload = reloads->first;
		reloads->first = reload->next;
		reload_free(reload);
	}
	free(reloads);
}
