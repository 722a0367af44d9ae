/* What an administrator wants a status to be is read, checked and laid over what it is. */
#include "core/status_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "core/activity.h"

enum { POSITION_STEP = 10, POSITION_MOST = INT32_MAX /* PostgreSQL's integer */ };
static const char standard_color[] = "#607D8B";

void status_edit_add(struct status_edit *edit)
{
	*edit = (struct status_edit){.adds = true,
		.given = ~0U,
		.name = "",
		.icon = "",
		.text = "",
		.activity = "",
		.enabled = true};
	memcpy(edit->color, standard_color, sizeof(standard_color));
}

void status_edit_of(struct status_edit *edit, const struct status *status)
{
	*edit = (struct status_edit){0};
	snprintf(edit->id, sizeof(edit->id), "%s", status->id);
}

/* Fields */

static bool set_name(struct status_edit *edit, const char *value, struct error *error)
{
	edit->name = value;
	return text_check(value, 1, LIMIT_NAME, "name", error);
}

static bool set_show(struct status_edit *edit, const char *value, struct error *error)
{
	if (show_parse(value, &edit->show))
		return true;
	return error_set(error, "show", "must be available, chat, away, xa, dnd or unavailable");
}

static bool set_icon(struct status_edit *edit, const char *value, struct error *error)
{
	edit->icon = value;
	if (value[0] == '\0' || text_is_grapheme(value))
		return true;
	return error_set(error, "icon", "must be a single emoji or letter");
}

static bool set_color(struct status_edit *edit, const char *value, struct error *error)
{
	size_t length = strlen(value);

	if (length != sizeof(edit->color) - 1 || value[0] != '#' ||
		strspn(value + 1, "0123456789abcdefABCDEF") != length - 1)
		return error_set(error, "color", "must be six hexadecimal digits after a #, such as #2E7D32");
	for (size_t i = 0; i <= length; i++)
		edit->color[i] = value[i] >= 'a' && value[i] <= 'f' ? (char)(value[i] - 'a' + 'A') : value[i];
	return true;
}

static bool set_text(struct status_edit *edit, const char *value, struct error *error)
{
	edit->text = value;
	return text_check(value, 0, LIMIT_STATUS_TEXT, "text", error);
}

static bool set_activity(struct status_edit *edit, const char *value, struct error *error)
{
	struct activity activity;

	edit->activity = value;
	if (activity_parse(value, &activity))
		return true;
	if (!activity.general)
		return error_set(
			error, "activity", "must begin with an activity of XEP-0108, such as working");
	return error_set(error, "activity", "must be like working or talking/on_the_phone");
}

static bool set_default_expiry(struct status_edit *edit, const char *value, struct error *error)
{
	long long minutes = 0;

	if (value[0] && !text_number(value, 0, LIMIT_DEFAULT_EXPIRY_MINUTES, &minutes))
		return error_set(error, "default_expiry", "must be a number of minutes from 0 to %d",
			LIMIT_DEFAULT_EXPIRY_MINUTES);
	edit->default_expiry = (uint32_t)minutes;
	return true;
}

static bool read_boolean(const char *value, bool *yes, const char *field, struct error *error)
{
	static const char *const words[] = {"1", "true", "yes", "0", "false", "no"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(value, words[i]) != 0)
			continue;
		*yes = i < 3;
		return true;
	}
	return error_set(error, field, "must be 1 or 0");
}

static bool set_when_offline(struct status_edit *edit, const char *value, struct error *error)
{
	return read_boolean(value, &edit->when_offline, "when_offline", error);
}

static bool set_call_action(struct status_edit *edit, const char *value, struct error *error)
{
	if (call_action_parse(value, &edit->call_action) && edit->call_action != ACTION_STATUS)
		return true;
	return error_set(error, "call_action", "must be none, dnd or follow-me");
}

static bool set_enabled(struct status_edit *edit, const char *value, struct error *error)
{
	return read_boolean(value, &edit->enabled, "enabled", error);
}

static const struct {
	const char *name;
	enum status_field field;
	bool (*set)(struct status_edit *edit, const char *value, struct error *error);
} setters[] = {
	{"name", EDIT_NAME, set_name},
	{"show", EDIT_SHOW, set_show},
	{"icon", EDIT_ICON, set_icon},
	{"color", EDIT_COLOR, set_color},
	{"text", EDIT_TEXT, set_text},
	{"activity", EDIT_ACTIVITY, set_activity},
	{"default_expiry", EDIT_DEFAULT_EXPIRY, set_default_expiry},
	{"when_offline", EDIT_WHEN_OFFLINE, set_when_offline},
	{"call_action", EDIT_CALL_ACTION, set_call_action},
	{"enabled", EDIT_ENABLED, set_enabled},
};

bool status_edit_set(struct status_edit *edit, const char *field, const char *value, struct error *error)
{
	for (size_t i = 0; i < sizeof(setters) / sizeof(*setters); i++) {
		if (strcmp(setters[i].name, field) != 0)
			continue;
		edit->given |= setters[i].field;
		return setters[i].set(edit, value, error);
	}
	return error_set(error, field, "is no field of a status");
}

static unsigned bit_if(bool differs, enum status_field field)
{
	return differs ? (unsigned)field : 0;
}

void status_edit_trim(struct status_edit *edit, const struct status *status)
{
	unsigned given = edit->given, differing = 0;

	if (given & EDIT_NAME)
		differing |= bit_if(strcmp(edit->name, status->name) != 0, EDIT_NAME);
	if (given & EDIT_SHOW)
		differing |= bit_if(edit->show != status->show, EDIT_SHOW);
	if (given & EDIT_ICON)
		differing |= bit_if(strcmp(edit->icon, status->icon) != 0, EDIT_ICON);
	if (given & EDIT_COLOR)
		differing |= bit_if(strcmp(edit->color, status->color) != 0, EDIT_COLOR);
	if (given & EDIT_TEXT)
		differing |= bit_if(strcmp(edit->text, status->text) != 0, EDIT_TEXT);
	if (given & EDIT_ACTIVITY)
		differing |= bit_if(strcmp(edit->activity, status->activity) != 0, EDIT_ACTIVITY);
	if (given & EDIT_DEFAULT_EXPIRY)
		differing |= bit_if(edit->default_expiry != status->default_expiry, EDIT_DEFAULT_EXPIRY);
	if (given & EDIT_WHEN_OFFLINE)
		differing |= bit_if(edit->when_offline != status->when_offline, EDIT_WHEN_OFFLINE);
	if (given & EDIT_CALL_ACTION)
		differing |= bit_if(edit->call_action != status->call_action, EDIT_CALL_ACTION);
	if (given & EDIT_ENABLED)
		differing |= bit_if(edit->enabled != status->enabled, EDIT_ENABLED);
	edit->given = differing;
}

/* The whole */

static bool check_name(const struct status_edit *edit, const struct catalogue *catalogue, struct error *error)
{
	char *folded;
	const struct status *holder;

	if (!(edit->given & EDIT_NAME))
		return true;
	if (!text_check(edit->name, 1, LIMIT_NAME, "name", error))
		return false;
	folded = text_fold(edit->name);
	holder = folded ? map_get(&catalogue->by_name, folded) : NULL;
	free(folded);
	if (holder && (edit->adds || strcmp(holder->id, edit->id) != 0))
		return error_set(error, "name", "belongs to \"%s\" (%s) already", holder->name, holder->id);
	return true;
}

/* Words that stand beside ids in policy and preferences. */
static bool is_reserved(const char *id)
{
	return strcmp(id, "none") == 0 || strcmp(id, "keep") == 0;
}

bool status_edit_want(struct status_edit *edit, const char *id, struct error *error)
{
	if (!text_is_slug(id) || is_reserved(id))
		return error_set(
			error, "id", "must be 1 to %d of a-z, 0-9 and -, and not none or keep", LIMIT_SLUG);
	snprintf(edit->id, sizeof(edit->id), "%s", id);
	return true;
}

/* An id is never used again, so those of deleted statuses count. */
static void make_id(struct status_edit *edit, const struct catalogue *catalogue)
{
	if (edit->id[0] && !map_get(&catalogue->by_id, edit->id))
		return;
	char *slug = text_slug(edit->name), suffix[24] = "";
	for (size_t number = 2;; number++) {
		int room = LIMIT_SLUG - (int)strlen(suffix);
		snprintf(edit->id, sizeof(edit->id), "%.*s%s", room, slug, suffix);
		if (!map_get(&catalogue->by_id, edit->id) && !is_reserved(edit->id))
			break;
		snprintf(suffix, sizeof(suffix), "-%zu", number);
	}
	free(slug);
}

static bool check_new(struct status_edit *edit, const struct catalogue *catalogue, struct error *error)
{
	uint32_t last = catalogue->count ? catalogue->ordered[catalogue->count - 1]->position : 0;

	if (catalogue->count >= LIMIT_STATUSES)
		return error_set(error, NULL, "there are %d statuses, more are not possible", LIMIT_STATUSES);
	if (catalogue->all_count >= LIMIT_STATUSES_EVER)
		return error_set(error, NULL,
			"%d ids were given to statuses, deleted ones included: more are not possible",
			LIMIT_STATUSES_EVER);
	if (!check_name(edit, catalogue, error))
		return false;
	make_id(edit, catalogue);
	edit->position = last < POSITION_MOST - POSITION_STEP ? last + POSITION_STEP : POSITION_MOST;
	return true;
}

bool status_edit_check(struct status_edit *edit, const struct catalogue *catalogue, struct error *error)
{
	const struct status *old;

	if (edit->adds)
		return check_new(edit, catalogue, error);
	old = catalogue_get(catalogue, edit->id);
	if (!old)
		return error_set(error, "status", "there is no such status");
	if (old->kind != STATUS_CUSTOM && (edit->given & ~(unsigned)EDIT_ENABLED))
		return error_set(error, "status", "%s is built in and cannot be edited", old->name);
	if (!old->hideable && (edit->given & EDIT_ENABLED) && !edit->enabled)
		return error_set(error, "status", "%s cannot be hidden", old->name);
	return check_name(edit, catalogue, error);
}

void status_edit_apply(const struct status_edit *edit, const struct status *old, struct status_fields *fields)
{
	unsigned given = edit->given;

	if (old)
		status_fields_of(old, fields);
	else
		*fields = (struct status_fields){
			.id = edit->id, .kind = STATUS_CUSTOM, .hideable = true, .position = edit->position};
	if (given & EDIT_NAME)
		fields->name = edit->name;
	if (given & EDIT_SHOW)
		fields->show = edit->show;
	if (given & EDIT_ICON)
		fields->icon = edit->icon;
	if (given & EDIT_COLOR)
		fields->color = edit->color;
	if (given & EDIT_TEXT)
		fields->text = edit->text;
	if (given & EDIT_ACTIVITY)
		fields->activity = edit->activity;
	if (given & EDIT_DEFAULT_EXPIRY)
		fields->default_expiry = edit->default_expiry;
	if (given & EDIT_WHEN_OFFLINE)
		fields->when_offline = edit->when_offline;
	if (given & EDIT_CALL_ACTION)
		fields->call_action = edit->call_action;
	if (given & EDIT_ENABLED)
		fields->enabled = edit->enabled;
}

bool status_delete_check(
	const char *id, const struct catalogue *catalogue, const struct policy *policy, struct error *error)
{
	const struct status *status = catalogue_get(catalogue, id);
	char text[POLICY_TEXT];

	if (!status)
		return error_set(error, "status", "there is no such status");
	if (status->kind != STATUS_CUSTOM)
		return error_set(error, "status", "%s is built in and cannot be deleted", status->name);
	for (const struct policy_key *key = policy_keys; key->name; key++)
		if (key->kind == POLICY_STATUS && strcmp(policy_get(policy, key, text), id) == 0)
			return error_set(
				error, "status", "the policy %s names it; change that first", key->name);
	return true;
}

bool status_order_make(const struct catalogue *catalogue, const char *const *ids, size_t count,
	const char **order, struct error *error)
{
	struct map named;
	bool ok = true;
	size_t placed = 0;

	map_init(&named);
	for (size_t i = 0; ok && i < count; i++) {
		struct status *status = map_get(&catalogue->by_id, ids[i]);
		if (!status || status->deleted)
			ok = error_set(error, "order", "there is no status %.*s", LIMIT_SLUG, ids[i]);
		else if (map_put(&named, status->id, status))
			ok = error_set(error, "order", "%s comes twice", ids[i]);
		else
			order[placed++] = status->id;
	}
	for (size_t i = 0; ok && i < catalogue->count; i++)
		if (!map_get(&named, catalogue->ordered[i]->id))
			order[placed++] = catalogue->ordered[i]->id;
	map_done(&named);
	return ok;
}

uint32_t status_order_position(size_t place)
{
	return (uint32_t)(place + 1) * POSITION_STEP;
}

bool status_position_parse(const char *text, uint32_t *position, struct error *error)
{
	long long number;

	if (!text_number(text, 0, POSITION_MOST, &number))
		return error_set(error, "position", "must be a number from 0 to %d", POSITION_MOST);
	*position = (uint32_t)number;
	return true;
}
