/*
 * Locks are taken, kept and lost here.
 */
#include "store/leader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/migrate.h"
#include "store/object.h"

#define RETAKE_AFTER (SECOND / 10)
#define STANDBY_AFTER SECOND
/* After an outage the process that led comes first. */
#define STANDBY_GRACE (4 * SECOND)

enum { BUILTINS_BYTES = 64 * 1024, NAMES_BYTES = 1024 * 1024 };

enum lead {
	LEAD_STANDBY,
	LEAD_SEEDING, /* has the lock, writes the built-in statuses */
	LEAD_YES,
	LEAD_RETAKING, /* led until the connection was lost */
};

struct tenant {
	struct leader *leader;
	size_t index;
	char *domain, *component;
	int64_t row;    /* 0: not known yet */
	int64_t number; /* of the lead we have or had, see sql/0008_lead.sql; 0: none */
	enum lead lead;
	int tries;
	bool asked;
};

struct leader {
	struct loop *loop;
	struct db *db;
	struct leader_events events;
	struct tenant *tenants;
	size_t count;
	struct loop_timer *timer;
	bool up, has_rows, sure;
	usec_t standby_from; /* monotonic */
	int previous_pid;
};

static void ask_all(struct leader *leader);

static const char *const ensure_tenants_sql =
	"INSERT INTO tenants (domain, component) "
	"SELECT r.domain, r.component FROM jsonb_to_recordset($1::jsonb) AS r (domain text, component text) "
	"ON CONFLICT (domain) DO UPDATE SET component = EXCLUDED.component"
	" WHERE tenants.component <> EXCLUDED.component";
static const char *const read_tenants_sql =
	"SELECT r.n, t.id FROM jsonb_to_recordset($1::jsonb) AS r (n integer, domain text) "
	"JOIN tenants t ON t.domain = r.domain";

static const char *const lock_sql = "SELECT pg_try_advisory_lock($1::integer, $2::integer)";
static const char *const end_session_sql =
	"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
	" AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
	" AND classid = $1::oid AND objid = $2::oid AND pid = $3::integer";

static const char *const seed_sql =
	"INSERT INTO statuses (tenant_id, slug, name, name_folded, show, kind, call_action, icon, color, "
	"text, activity,"
	" default_expiry, when_offline, position) "
	"SELECT $1::bigint, r.slug, r.name, r.folded, r.show, r.kind, r.call_action, r.icon, r.color, r.text,"
	" r.activity, nullif(r.default_expiry, 0), r.when_offline, r.position "
	"FROM jsonb_to_recordset($2::jsonb) AS r (slug text, name text, folded text, show text, kind text,"
	" call_action text, icon text, color text, text text, activity text, default_expiry integer,"
	" when_offline boolean, position integer) "
	"ON CONFLICT (tenant_id, slug) DO UPDATE SET name = EXCLUDED.name, name_folded = "
	"EXCLUDED.name_folded,"
	" show = EXCLUDED.show, kind = EXCLUDED.kind, call_action = EXCLUDED.call_action, icon = "
	"EXCLUDED.icon,"
	" color = EXCLUDED.color, text = EXCLUDED.text, activity = EXCLUDED.activity,"
	" default_expiry = EXCLUDED.default_expiry, when_offline = EXCLUDED.when_offline, deleted_at = NULL "
	"WHERE (statuses.name, statuses.name_folded, statuses.show, statuses.kind, statuses.call_action,"
	" statuses.icon, statuses.color, statuses.text, statuses.activity, statuses.default_expiry,"
	" statuses.when_offline, statuses.deleted_at) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.name_folded,"
	" EXCLUDED.show, EXCLUDED.kind, EXCLUDED.call_action, EXCLUDED.icon, EXCLUDED.color, EXCLUDED.text,"
	" EXCLUDED.activity, EXCLUDED.default_expiry, EXCLUDED.when_offline, NULL)";

static const char *const begin_lead_sql =
	"UPDATE tenants SET lead = lead + 1 WHERE id = $1::bigint RETURNING lead";
static const char *const read_lead_sql = "SELECT lead FROM tenants WHERE id = $1::bigint";

static void lose(struct tenant *tenant)
{
	struct leader *leader = tenant->leader;
	int64_t row = tenant->row;

	tenant->lead = LEAD_STANDBY;
	leader->events.lost(leader->events.ctx, tenant->index, row);
}

static void tell_when_sure(struct leader *leader)
{
	if (leader->sure)
		return;
	for (size_t i = 0; i < leader->count; i++)
		if (leader->tenants[i].lead == LEAD_RETAKING)
			return;
	leader->sure = true;
	leader->events.sure(leader->events.ctx);
}

static int64_t lead_number(const struct db_outcome *outcome)
{
	return PQntuples(outcome->result) > 0 ? strtoll(PQgetvalue(outcome->result, 0, 0), NULL, 10) : 0;
}

static void on_seeded(void *arg, const struct db_outcome *outcome)
{
	struct tenant *tenant = arg;
	struct leader *leader = tenant->leader;

	if (outcome->fault == DB_LOST || tenant->lead != LEAD_SEEDING)
		return;
	if (outcome->fault != DB_OK) {
		log_error("store", "cannot write the built-in statuses of %s: %s", tenant->domain,
			outcome->text);
		tenant->lead = LEAD_STANDBY;
		return;
	}
	log_info("store", "leads %s", tenant->domain);
	tenant->number = lead_number(outcome);
	tenant->lead = LEAD_YES;
	leader->events.led(leader->events.ctx, tenant->index, tenant->row);
}

static void add_builtin(struct buf *out, const struct status_fields *fields)
{
	char *folded = text_fold(fields->name);

	object_open(out);
	object_text(out, "slug", fields->id);
	object_text(out, "name", fields->name);
	object_text(out, "folded", folded);
	object_text(out, "show", show_to_text(fields->show));
	object_text(out, "kind", status_kind_to_text(fields->kind));
	object_text(out, "call_action", call_action_to_text(fields->call_action));
	object_text(out, "icon", fields->icon);
	object_text(out, "color", fields->color);
	object_text(out, "text", fields->text);
	object_text(out, "activity", fields->activity);
	object_number(out, "default_expiry", fields->default_expiry);
	object_flag(out, "when_offline", fields->when_offline);
	object_number(out, "position", fields->position);
	object_close(out);
	free(folded);
}

static void seed(struct tenant *tenant)
{
	struct query *query = query_new(on_seeded, tenant);
	struct buf builtins;
	char row[24];
	size_t count;
	const struct status_fields *fields = status_builtins(&count);

	buf_init(&builtins, BUILTINS_BYTES);
	for (size_t i = 0; i < count; i++) {
		buf_add_char(&builtins, i == 0 ? '[' : ',');
		add_builtin(&builtins, &fields[i]);
	}
	buf_add_char(&builtins, ']');
	snprintf(row, sizeof(row), "%" PRId64, tenant->row);
	query_add(query, seed_sql, (const char *[]){row, buf_text(&builtins)}, 2);
	query_add(query, begin_lead_sql, (const char *[]){row}, 1);
	buf_done(&builtins);
	tenant->lead = db_submit(tenant->leader->db, query) ? LEAD_SEEDING : LEAD_STANDBY;
}

static void lock_parameters(const struct tenant *tenant, char class[16], char object[16])
{
	snprintf(class, 16, "%d", STORE_LOCK_CLASS);
	snprintf(object, 16, "%" PRId32, (int32_t)tenant->row);
}

/* The lock may be held by our own last session, which the server has not found dead yet. */
static void end_last_session(const struct tenant *tenant)
{
	struct query *query = query_new(NULL, NULL);
	char class[16], object[16], pid[16];

	lock_parameters(tenant, class, object);
	snprintf(pid, sizeof(pid), "%d", tenant->leader->previous_pid);
	query_add(query, end_session_sql, (const char *[]){class, object, pid}, 3);
	if (!db_submit(tenant->leader->db, query))
		log_debug("store", "cannot ask for the end of the last session");
}

/* After so many tries it is taken as lost. */
static void fail_to_retake(struct tenant *tenant)
{
	if (++tenant->tries < LEADER_TRIES)
		return;
	log_warn("store", "another process leads %s now", tenant->domain);
	lose(tenant);
}

/* What is in memory and what waits is older than what another has led and committed since. */
static void on_number(void *arg, const struct db_outcome *outcome)
{
	struct tenant *tenant = arg;

	tenant->asked = false;
	if (outcome->fault == DB_LOST)
		return;
	if (outcome->fault != DB_OK) {
		log_warn("store", "cannot ask who led %s: %s", tenant->domain, outcome->text);
		fail_to_retake(tenant);
	} else if (lead_number(outcome) == tenant->number) {
		log_info("store", "leads %s again", tenant->domain);
		tenant->lead = LEAD_YES;
	} else {
		log_warn("store", "another process led %s meanwhile", tenant->domain);
		lose(tenant);
		seed(tenant);
	}
	tell_when_sure(tenant->leader);
}

/* The lock is ours, so the number stands still; but the statement that took it sees what was before. */
static void ask_number(struct tenant *tenant)
{
	struct query *query = query_new(on_number, tenant);
	char row[24];

	snprintf(row, sizeof(row), "%" PRId64, tenant->row);
	query_add(query, read_lead_sql, (const char *[]){row}, 1);
	tenant->asked = db_submit(tenant->leader->db, query);
}

static void on_lock(void *arg, const struct db_outcome *outcome)
{
	struct tenant *tenant = arg;
	struct leader *leader = tenant->leader;

	tenant->asked = false;
	if (outcome->fault == DB_LOST)
		return;
	bool got = outcome->fault == DB_OK && PQgetvalue(outcome->result, 0, 0)[0] == 't';
	if (outcome->fault != DB_OK)
		log_warn("store", "cannot ask for the lock of %s: %s", tenant->domain, outcome->text);
	if (tenant->lead == LEAD_STANDBY && got) {
		seed(tenant);
	} else if (tenant->lead == LEAD_RETAKING && got) {
		ask_number(tenant);
	} else if (tenant->lead == LEAD_RETAKING) {
		fail_to_retake(tenant);
		if (tenant->lead == LEAD_RETAKING)
			end_last_session(tenant);
	}
	tell_when_sure(leader);
}

static void ask(struct tenant *tenant)
{
	struct query *query = query_new(on_lock, tenant);
	char class[16], object[16];

	lock_parameters(tenant, class, object);
	query_add(query, lock_sql, (const char *[]){class, object}, 2);
	tenant->asked = db_submit(tenant->leader->db, query);
}

static void ask_all(struct leader *leader)
{
	bool grace = clock_monotonic() < leader->standby_from;
	usec_t again = STANDBY_AFTER;

	for (size_t i = 0; i < leader->count; i++) {
		struct tenant *tenant = &leader->tenants[i];
		if (tenant->lead == LEAD_RETAKING)
			again = RETAKE_AFTER;
		if (!tenant->asked &&
			(tenant->lead == LEAD_RETAKING || (tenant->lead == LEAD_STANDBY && !grace)))
			ask(tenant);
	}
	loop_timer_set(leader->timer, again);
}

static void take_row(struct tenant *tenant, int64_t row)
{
	/* Another row than before is another database: nothing that waits belongs there. */
	if (tenant->lead == LEAD_RETAKING && tenant->row != row) {
		log_warn("store", "%s has another row than before", tenant->domain);
		lose(tenant);
	}
	tenant->row = row;
}

static void on_rows(void *arg, const struct db_outcome *outcome)
{
	struct leader *leader = arg;

	if (outcome->fault == DB_LOST)
		return;
	if (outcome->fault != DB_OK) {
		log_warn("store", "cannot write the tenants' rows: %s", outcome->text);
		loop_timer_set(leader->timer, STANDBY_AFTER);
		return;
	}
	for (int i = 0; i < PQntuples(outcome->result); i++) {
		size_t n = strtoul(PQgetvalue(outcome->result, i, 0), NULL, 10);
		take_row(&leader->tenants[n], strtoll(PQgetvalue(outcome->result, i, 1), NULL, 10));
	}
	leader->has_rows = true;
	ask_all(leader);
	tell_when_sure(leader);
}

static void ensure_rows(struct leader *leader)
{
	struct query *query = query_new(on_rows, leader);
	struct buf names;

	buf_init(&names, NAMES_BYTES);
	for (size_t i = 0; i < leader->count; i++) {
		buf_add_char(&names, i == 0 ? '[' : ',');
		object_open(&names);
		object_number(&names, "n", (int64_t)i);
		object_text(&names, "domain", leader->tenants[i].domain);
		object_text(&names, "component", leader->tenants[i].component);
		object_close(&names);
	}
	buf_add_text(&names, leader->count == 0 ? "[]" : "]");
	query_add(query, ensure_tenants_sql, (const char *[]){buf_text(&names)}, 1);
	query_add(query, read_tenants_sql, (const char *[]){buf_text(&names)}, 1);
	buf_done(&names);
	if (!db_submit(leader->db, query))
		loop_timer_set(leader->timer, STANDBY_AFTER);
}

static void on_timer(void *arg)
{
	struct leader *leader = arg;

	if (!leader->up)
		return;
	if (leader->has_rows)
		ask_all(leader);
	else
		ensure_rows(leader);
}

void leader_up(struct leader *leader)
{
	leader->up = true;
	leader->has_rows = false;
	leader->sure = false;
	if (leader->previous_pid != 0)
		leader->standby_from = clock_monotonic() + STANDBY_GRACE;
	ensure_rows(leader);
}

void leader_down(struct leader *leader)
{
	if (leader->up)
		leader->previous_pid = db_pid(leader->db);
	leader->up = false;
	leader->sure = false;
	loop_timer_stop(leader->timer);
	for (size_t i = 0; i < leader->count; i++) {
		struct tenant *tenant = &leader->tenants[i];
		tenant->asked = false;
		tenant->tries = 0;
		if (tenant->lead == LEAD_YES)
			tenant->lead = LEAD_RETAKING;
		else if (tenant->lead == LEAD_SEEDING)
			tenant->lead = LEAD_STANDBY;
	}
}

bool leader_leads(const struct leader *leader, size_t tenant)
{
	return leader->tenants[tenant].lead == LEAD_YES || leader->tenants[tenant].lead == LEAD_RETAKING;
}

bool leader_find(const struct leader *leader, int64_t row, size_t *tenant)
{
	for (size_t i = 0; i < leader->count; i++) {
		if (leader->tenants[i].row == row) {
			*tenant = i;
			return true;
		}
	}
	return false;
}

struct leader *leader_new(struct loop *loop, struct db *db, const struct store_tenant_name *tenants,
	size_t count, const struct leader_events *events)
{
	struct leader *leader = mem_new(sizeof(*leader));
	leader->loop = loop;
	leader->db = db;
	leader->events = *events;
	leader->count = count;
	leader->tenants = mem_new((count + 1) * sizeof(*leader->tenants));
	for (size_t i = 0; i < count; i++)
		leader->tenants[i] = (struct tenant){
			.leader = leader,
			.index = i,
			.domain = mem_string(tenants[i].domain),
			.component = mem_string(tenants[i].component),
		};
	leader->timer = loop_timer_new(loop, on_timer, leader);
	return leader;
}

void leader_free(struct leader *leader)
{
	if (!leader)
		return;
	loop_timer_free(leader->timer);
	for (size_t i = 0; i < leader->count; i++) {
		free(leader->tenants[i].domain);
		free(leader->tenants[i].component);
	}
	free(leader->tenants);
	free(leader);
}
