/*
 * The statements that write rows, one a kind.
 *
 * Rows of people who were deleted meanwhile find no partner in `people` and vanish.
 */
#include "store/row.h"

const struct row_statement row_statements[ROW_KINDS] = {
	[ROW_LEG] = {"leg", true,
		"INSERT INTO legs (tenant_id, pbx, call, leg, extension, state, kind, direction, at, "
		"changed_at,"
		" since, lease_until) "
		"SELECT r.tenant, r.pbx, r.call, r.leg, r.extension, r.state, r.kind, r.direction,"
		" instant(nullif(r.at, 0)), instant(r.changed), instant(nullif(r.since, 0)), "
		"instant(r.lease) "
		"FROM json_to_recordset($1::json) AS r (tenant bigint, pbx text, call text, leg text,"
		" extension text, state text, kind text, direction text, at bigint, changed bigint, since "
		"bigint,"
		" lease bigint) "
		"ON CONFLICT (tenant_id, pbx, call, leg, extension) DO UPDATE SET state = EXCLUDED.state,"
		" kind = EXCLUDED.kind, direction = EXCLUDED.direction, at = EXCLUDED.at,"
		" changed_at = EXCLUDED.changed_at, since = EXCLUDED.since, lease_until = "
		"EXCLUDED.lease_until"},
	[ROW_PHONE] = {"phone", true,
		"INSERT INTO phones (tenant_id, pbx, number, registered) "
		"SELECT r.tenant, r.pbx, r.number, r.registered "
		"FROM json_to_recordset($1::json) AS r (tenant bigint, pbx text, number text, registered "
		"boolean) "
		"ON CONFLICT (tenant_id, pbx, number) DO UPDATE SET registered = EXCLUDED.registered,"
		" changed_at = EXCLUDED.changed_at"},
	[ROW_CHOICES] = {"choices", false,
		"INSERT INTO choices (tenant_id, person_id, standing_status, standing_message, "
		"standing_source,"
		" standing_at, timed_status, timed_message, timed_source, timed_at, timed_until, recent) "
		"SELECT r.tenant, r.person, r.s_status, coalesce(r.s_message, ''), r.s_source, "
		"instant(r.s_at),"
		" r.t_status, coalesce(r.t_message, ''), r.t_source, instant(r.t_at), instant(r.t_until),"
		" coalesce(r.recent, '{}') "
		"FROM json_to_recordset($1::json) AS r (tenant bigint, person bigint,"
		" s_status bigint, s_message text, s_source text, s_at bigint,"
		" t_status bigint, t_message text, t_source text, t_at bigint, t_until bigint,"
		" recent bigint[]) "
		"JOIN people p ON p.tenant_id = r.tenant AND p.id = r.person "
		"ON CONFLICT (tenant_id, person_id) DO UPDATE SET standing_status = EXCLUDED.standing_status,"
		" standing_message = EXCLUDED.standing_message, standing_source = EXCLUDED.standing_source,"
		" standing_at = EXCLUDED.standing_at, timed_status = EXCLUDED.timed_status,"
		" timed_message = EXCLUDED.timed_message, timed_source = EXCLUDED.timed_source,"
		" timed_at = EXCLUDED.timed_at, timed_until = EXCLUDED.timed_until, recent = "
		"EXCLUDED.recent"},
	[ROW_MESSAGE] = {"message", false,
		"WITH r AS (SELECT * FROM json_to_recordset($1::json) AS r (tenant bigint, person bigint,"
		" text text, until bigint)), "
		"gone AS (DELETE FROM messages m USING r WHERE m.tenant_id = r.tenant AND m.person_id = "
		"r.person"
		" AND r.text = '') "
		"INSERT INTO messages (tenant_id, person_id, text, until_at) "
		"SELECT r.tenant, r.person, r.text, instant(nullif(r.until, 0)) "
		"FROM r JOIN people p ON p.tenant_id = r.tenant AND p.id = r.person WHERE r.text <> '' "
		"ON CONFLICT (tenant_id, person_id) DO UPDATE SET text = EXCLUDED.text, until_at = "
		"EXCLUDED.until_at"},
	[ROW_FEED] = {"feed", false,
		"WITH r AS (SELECT * FROM json_to_recordset($1::json) AS r (tenant bigint, account text,"
		" state text)), "
		"gone AS (DELETE FROM feeds f USING r WHERE f.tenant_id = r.tenant AND f.account = "
		"r.account"
		" AND r.state = 'none') "
		"INSERT INTO feeds (tenant_id, account, state) "
		"SELECT r.tenant, r.account, r.state FROM r WHERE r.state <> 'none' "
		"ON CONFLICT (tenant_id, account) DO UPDATE SET state = EXCLUDED.state"},
	[ROW_WATCHER] = {"watcher", false,
		"WITH r AS (SELECT * FROM json_to_recordset($1::json) AS r (tenant bigint, contact text,"
		" watcher text, heard bigint)), "
		"gone AS (DELETE FROM watchers w USING r WHERE w.tenant_id = r.tenant AND w.contact = "
		"r.contact"
		" AND w.watcher = r.watcher AND r.heard = 0) "
		"INSERT INTO watchers (tenant_id, contact, watcher, heard_at) "
		"SELECT r.tenant, r.contact, r.watcher, instant(r.heard) FROM r WHERE r.heard <> 0 "
		"ON CONFLICT (tenant_id, contact, watcher) DO UPDATE SET heard_at = EXCLUDED.heard_at"},
	[ROW_PUBLISHED] = {"published", true,
		"INSERT INTO published (tenant_id, contact, digest) "
		"SELECT r.tenant, r.contact, r.digest "
		"FROM json_to_recordset($1::json) AS r (tenant bigint, contact text, digest bigint) "
		"ON CONFLICT (tenant_id, contact) DO UPDATE SET digest = EXCLUDED.digest"},
	[ROW_EVENT_ID] = {"event id", true,
		"INSERT INTO event_ids (tenant_id, pbx, id, at) "
		"SELECT r.tenant, r.pbx, r.id, instant(r.at) "
		"FROM json_to_recordset($1::json) AS r (tenant bigint, pbx text, id text, at bigint) "
		"ON CONFLICT (tenant_id, pbx, id) DO NOTHING"},
};

bool row_is_awaited(enum row_kind kind)
{
	return kind != ROW_FEED && kind != ROW_WATCHER && kind != ROW_PUBLISHED;
}
