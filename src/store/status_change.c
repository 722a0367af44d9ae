/*
 * Changes of statuses become statements here, each of which writes its audit row as well.
 */
#include "store/status_change.h"

#include <stdlib.h>

#include "base/text.h"
#include "store/object.h"

enum { EDIT_BYTES = 16 * 1024, ORDER_BYTES = 1024 * 1024 };

/* What the audit shows of a status: the fields of the form, and whether it is offered. */
#define FIELDS_OF(s)                                                                                         \
	"jsonb_build_object('name', " s ".name, 'show', " s ".show, 'icon', " s ".icon, 'color', " s         \
	".color, 'text', " s ".text, 'activity', " s ".activity, 'default_expiry', " s                       \
	".default_expiry, 'when_offline', " s ".when_offline, 'call_action', " s ".call_action, 'enabled', " \
	"" s ".enabled)"

#define GIVEN(parameter)                                                                                     \
	"x AS (SELECT * FROM jsonb_to_record(" parameter                                                     \
	"::jsonb) AS x (slug text, name text, name_folded text, show"                                        \
	" text, icon text, color text, text text, activity text, default_expiry integer, when_offline"       \
	" boolean, call_action text, enabled boolean, position integer))"

/* $1 tenant, $2 all fields, $3 actor. */
static const char add_sql[] = "WITH " GIVEN(
	"$2") ", "
	      "s AS (INSERT INTO statuses (tenant_id, slug, name, name_folded, show, kind, icon, color, text,"
	      " activity, default_expiry, when_offline, call_action, enabled, position)"
	      " SELECT $1::bigint, x.slug, x.name, x.name_folded, x.show, 'custom', x.icon, x.color, x.text,"
	      " x.activity, nullif(x.default_expiry, 0), x.when_offline, x.call_action, x.enabled, x.position"
	      " FROM x RETURNING *), "
	      "a AS (INSERT INTO audit (tenant_id, actor, action, subject, after)"
	      " SELECT $1::bigint, $3::text, 'add-status', s.slug, " FIELDS_OF("s") " FROM s) "
										    "SELECT id FROM s";

/* $1 tenant, $2 status, $3 the fields given, $4 actor, $5 what the audit calls it. */
static const char edit_sql[] = "WITH " GIVEN(
	"$3") ", "
	      "old AS (SELECT " FIELDS_OF(
		      "o") " AS fields FROM statuses o"
			   " WHERE o.tenant_id = $1::bigint AND o.id = $2::bigint AND o.deleted_at IS NULL), "
			   "s AS (UPDATE statuses o SET name = coalesce(x.name, o.name),"
			   " name_folded = coalesce(x.name_folded, o.name_folded), show = coalesce(x.show, "
			   "o.show),"
			   " icon = coalesce(x.icon, o.icon), color = coalesce(x.color, o.color), text = "
			   "coalesce(x.text, o.text),"
			   " activity = coalesce(x.activity, o.activity),"
			   " default_expiry = nullif(coalesce(x.default_expiry, o.default_expiry), 0),"
			   " when_offline = coalesce(x.when_offline, o.when_offline),"
			   " call_action = coalesce(x.call_action, o.call_action), enabled = "
			   "coalesce(x.enabled, o.enabled)"
			   " FROM x WHERE o.tenant_id = $1::bigint AND o.id = $2::bigint AND o.deleted_at IS "
			   "NULL RETURNING o.*), "
			   "a AS (INSERT INTO audit (tenant_id, actor, action, subject, before, after)"
			   " SELECT $1::bigint, $4::text, $5::text, s.slug, old.fields, " FIELDS_OF(
				   "s") " FROM s, old) "
					"SELECT id FROM s";

/* $1 tenant, $2 status, $3 actor. */
static const char delete_sql[] =
	"WITH s AS (UPDATE statuses SET deleted_at = now()"
	" WHERE tenant_id = $1::bigint AND id = $2::bigint AND deleted_at IS NULL RETURNING *), "
	"a AS (INSERT INTO audit (tenant_id, actor, action, subject, before)"
	" SELECT $1::bigint, $3::text, 'delete-status', s.slug, " FIELDS_OF("s") " FROM s) "
										 "SELECT id FROM s";

/* $1 tenant, $2 ids with their positions, $3 actor. */
static const char order_sql[] =
	"WITH x AS (SELECT slug, position FROM jsonb_to_recordset($2::jsonb) AS x (slug text, position "
	"integer)), "
	"old AS (SELECT jsonb_agg(s.slug ORDER BY s.position, s.name_folded) AS slugs FROM statuses s"
	" WHERE s.tenant_id = $1::bigint AND s.deleted_at IS NULL), "
	"s AS (UPDATE statuses o SET position = x.position FROM x"
	" WHERE o.tenant_id = $1::bigint AND o.slug = x.slug AND o.deleted_at IS NULL"
	" AND o.position <> x.position), "
	"a AS (INSERT INTO audit (tenant_id, actor, action, subject, before, after)"
	" SELECT $1::bigint, $3::text, 'order-statuses', 'statuses', old.slugs,"
	" (SELECT jsonb_agg(x.slug ORDER BY x.position) FROM x) FROM old) "
	"SELECT 0";

const char name_holder_sql[] = "SELECT name, slug FROM statuses"
			       " WHERE tenant_id = $1::bigint AND id <> $2::bigint AND name_folded = "
			       "$3::text AND deleted_at IS NULL";

bool is_status_change(const struct change *change)
{
	switch (change->kind) {
	case CHANGE_STATUS_ADD:
	case CHANGE_STATUS_EDIT:
	case CHANGE_STATUS_DELETE:
	case CHANGE_STATUS_ORDER:
		return true;
	default:
		return false;
	}
}

static void add_name(struct buf *out, const char *name)
{
	char *folded = text_fold(name);

	object_text(out, "name", name);
	object_text(out, "name_folded", folded);
	free(folded);
}

static char *edit_json(const struct status_edit *edit)
{
	struct buf out;

	buf_init(&out, EDIT_BYTES);
	object_open(&out);
	if (edit->adds) {
		object_text(&out, "slug", edit->id);
		object_number(&out, "position", edit->position);
	}
	if (edit->given & EDIT_NAME)
		add_name(&out, edit->name);
	if (edit->given & EDIT_SHOW)
		object_text(&out, "show", show_to_text(edit->show));
	if (edit->given & EDIT_ICON)
		object_text(&out, "icon", edit->icon);
	if (edit->given & EDIT_COLOR)
		object_text(&out, "color", edit->color);
	if (edit->given & EDIT_TEXT)
		object_text(&out, "text", edit->text);
	if (edit->given & EDIT_ACTIVITY)
		object_text(&out, "activity", edit->activity);
	if (edit->given & EDIT_DEFAULT_EXPIRY)
		object_number(&out, "default_expiry", edit->default_expiry);
	if (edit->given & EDIT_WHEN_OFFLINE)
		object_flag(&out, "when_offline", edit->when_offline);
	if (edit->given & EDIT_CALL_ACTION)
		object_text(&out, "call_action", call_action_to_text(edit->call_action));
	if (edit->given & EDIT_ENABLED)
		object_flag(&out, "enabled", edit->enabled);
	object_close(&out);
	return buf_take(&out);
}

static char *order_json(const struct change *change)
{
	struct buf out;

	buf_init(&out, ORDER_BYTES);
	buf_add_char(&out, '[');
	for (size_t i = 0; i < change->order_count; i++) {
		if (i > 0)
			buf_add_char(&out, ',');
		object_open(&out);
		object_text(&out, "slug", change->order[i]);
		object_number(&out, "position",
			change->positions ? change->positions[i] : status_order_position(i));
		object_close(&out);
	}
	buf_add_char(&out, ']');
	return buf_take(&out);
}

void status_change_add(struct query *query, const char *tenant, const char *row, const struct change *change)
{
	const char *actor = change->actor;
	char *json;

	if (change->kind == CHANGE_STATUS_DELETE) {
		query_add(query, delete_sql, (const char *[]){tenant, row, actor}, 3);
	} else if (change->kind == CHANGE_STATUS_ORDER) {
		json = order_json(change);
		query_add(query, order_sql, (const char *[]){tenant, json, actor}, 3);
		free(json);
	} else if (change->kind == CHANGE_STATUS_ADD) {
		json = edit_json(change->edit);
		query_add(query, add_sql, (const char *[]){tenant, json, actor}, 3);
		free(json);
	} else {
		const char *action = change->edit->given == EDIT_ENABLED ? "hide-status" : "edit-status";
		json = edit_json(change->edit);
		query_add(query, edit_sql, (const char *[]){tenant, row, json, actor, action}, 5);
		free(json);
	}
}
