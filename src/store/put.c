/*
 * Things of the engine are written down as rows here.
 */
#include "store/put.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/object.h"

struct draft {
	struct batch *batch;
	enum row_kind kind;
	int64_t tenant;
	struct buf key, json;
};

static void begin(struct draft *draft, struct batch *batch, enum row_kind kind, int64_t tenant)
{
	draft->batch = batch;
	draft->kind = kind;
	draft->tenant = tenant;
	buf_init(&draft->key, LIMIT_STORE_ROW_BYTES);
	buf_init(&draft->json, LIMIT_STORE_ROW_BYTES);
	buf_add_number(&draft->key, kind);
	buf_add_char(&draft->key, ' ');
	buf_add_number(&draft->key, tenant);
	object_open(&draft->json);
	object_number(&draft->json, "tenant", tenant);
}

/* The parts of a key are separated by a character that none of them may have. */
static void identity(struct draft *draft, const char *name, const char *value)
{
	buf_add_char(&draft->key, '\x1f');
	buf_add_text(&draft->key, value);
	object_text(&draft->json, name, value);
}

static void identity_number(struct draft *draft, const char *name, int64_t value)
{
	buf_add_char(&draft->key, '\x1f');
	buf_add_number(&draft->key, value);
	object_number(&draft->json, name, value);
}

static void put_draft(struct draft *draft, bool later)
{
	object_close(&draft->json);
	if (draft->key.overflow || draft->json.overflow) {
		log_error("store", "a row is too long and dropped: %s", row_statements[draft->kind].name);
		metrics_add(METRIC_STORE_POISON, 1);
		batch_miss(draft->batch, draft->kind, COMMIT_REFUSED);
	} else if (later) {
		batch_put_later(draft->batch, draft->kind, draft->tenant, draft->key.data, draft->json.data);
	} else {
		batch_put(draft->batch, draft->kind, draft->tenant, draft->key.data, draft->json.data);
	}
	buf_done(&draft->key);
	buf_done(&draft->json);
}

static void put(struct draft *draft)
{
	put_draft(draft, false);
}

void put_leg(struct batch *batch, int64_t tenant, const struct leg *leg)
{
	struct draft draft;

	begin(&draft, batch, ROW_LEG, tenant);
	identity(&draft, "pbx", leg->extension->pbx);
	identity(&draft, "call", leg->call);
	identity(&draft, "leg", leg->id);
	identity(&draft, "extension", leg->extension->number);
	object_text(&draft.json, "state", leg_state_to_text(leg->state));
	object_text(&draft.json, "kind", leg_kind_to_text(leg->kind));
	object_text(&draft.json, "direction", direction_to_text(leg->direction));
	object_number(&draft.json, "at", leg->at);
	object_number(&draft.json, "changed", leg->changed);
	object_number(&draft.json, "since", leg->since);
	object_number(&draft.json, "lease", leg->lease_until);
	put(&draft);
}

void put_phone(struct batch *batch, int64_t tenant, const struct extension *extension)
{
	struct draft draft;

	begin(&draft, batch, ROW_PHONE, tenant);
	identity(&draft, "pbx", extension->pbx);
	identity(&draft, "number", extension->number);
	object_flag(&draft.json, "registered", extension->registered == PHONE_REGISTERED);
	put(&draft);
}

static void put_recent(struct buf *json, const struct person *person)
{
	buf_add_text(json, "\"recent\":[");
	for (size_t i = 0; i < LIMIT_RECENT && person->recent[i]; i++) {
		if (i > 0)
			buf_add_char(json, ',');
		buf_add_number(json, person->recent[i]->row);
	}
	buf_add_text(json, "],");
}

/* Members that are left out are null. */
void put_choices(struct batch *batch, int64_t tenant, const struct person *person)
{
	const struct choice *standing = &person->choices.standing, *timed = &person->choices.timed;
	struct draft draft;

	begin(&draft, batch, ROW_CHOICES, tenant);
	identity_number(&draft, "person", person->row);
	if (standing->status) {
		object_number(&draft.json, "s_status", standing->status->row);
		object_text(&draft.json, "s_message", standing->message);
		object_text(&draft.json, "s_source", source_to_text(standing->source));
	}
	if (standing->at)
		object_number(&draft.json, "s_at", standing->at);
	if (timed->status) {
		object_number(&draft.json, "t_status", timed->status->row);
		object_text(&draft.json, "t_message", timed->message);
		object_text(&draft.json, "t_source", source_to_text(timed->source));
		object_number(&draft.json, "t_at", timed->at);
		object_number(&draft.json, "t_until", timed->until);
	}
	put_recent(&draft.json, person);
	put(&draft);
}

void put_message(struct batch *batch, int64_t tenant, const struct person *person)
{
	struct draft draft;

	begin(&draft, batch, ROW_MESSAGE, tenant);
	identity_number(&draft, "person", person->row);
	object_text(&draft.json, "text", person->message.text ? person->message.text : "");
	object_number(&draft.json, "until", person->message.until);
	put(&draft);
}

void put_feed(struct batch *batch, int64_t tenant, const char *account, enum feed feed)
{
	struct draft draft;

	begin(&draft, batch, ROW_FEED, tenant);
	identity(&draft, "account", account);
	object_text(&draft.json, "state", feed_to_text(feed));
	put(&draft);
}

void put_event_id(struct batch *batch, int64_t tenant, const char *pbx, const char *id, usec_t at)
{
	struct draft draft;

	begin(&draft, batch, ROW_EVENT_ID, tenant);
	identity(&draft, "pbx", pbx);
	identity(&draft, "id", id);
	object_number(&draft.json, "at", at);
	put(&draft);
}

bool put_event_id_parse(const char *key, char pbx[LIMIT_PBX_NAME + 1], const char **id)
{
	const char *name = strchr(key, '\x1f');
	const char *end = name ? strchr(name + 1, '\x1f') : NULL;

	if (!end || end - name - 1 > LIMIT_PBX_NAME)
		return false;
	snprintf(pbx, LIMIT_PBX_NAME + 1, "%.*s", (int)(end - name - 1), name + 1);
	*id = end + 1;
	return true;
}

void put_watcher(struct batch *batch, int64_t tenant, const char *contact, const char *watcher, usec_t heard)
{
	struct draft draft;

	begin(&draft, batch, ROW_WATCHER, tenant);
	identity(&draft, "contact", contact);
	identity(&draft, "watcher", watcher);
	object_number(&draft.json, "heard", heard);
	put(&draft);
}

/* What was published may be stored late; that it holds no longer may not (docs/decisions/0005). Where a digest still
 * waits nothing is stored, so that its removal may take its place. */
void put_published(struct batch *batch, int64_t tenant, const char *contact, uint64_t digest)
{
	struct draft draft;

	begin(&draft, batch, ROW_PUBLISHED, tenant);
	identity(&draft, "contact", contact);
	object_number(&draft.json, "digest", (int64_t)digest);
	put_draft(&draft, digest != 0);
}
