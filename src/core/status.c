/* The catalogue of one tenant's statuses: kept by slug, by name and in order. */
#include "core/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static const char *const show_names[] = {"available", "chat", "away", "xa", "dnd", "unavailable"};
static const char *const action_names[] = {"none", "dnd", "follow-me", "status"};
static const char *const kind_names[] = {"builtin", "automatic", "custom"};

static int find_name(const char *const *names, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], text) == 0)
			return (int)i;
	return -1;
}

const char *show_to_text(enum show show)
{
	return show_names[show];
}

bool show_parse(const char *text, enum show *show)
{
	int found = find_name(show_names, SHOW_COUNT, text);
	if (found >= 0)
		*show = (enum show)found;
	return found >= 0;
}

const char *call_action_to_text(enum call_action action)
{
	return action_names[action];
}

bool call_action_parse(const char *text, enum call_action *action)
{
	int found = find_name(action_names, sizeof(action_names) / sizeof(*action_names), text);
	if (found >= 0)
		*action = (enum call_action)found;
	return found >= 0;
}

const char *status_kind_to_text(enum status_kind kind)
{
	return kind_names[kind];
}

#define BUILTIN(slug, label, type, emoji, colour, act, ...)                                                  \
	{                                                                                                    \
		.id = slug, .name = label, .show = type, .icon = emoji, .color = colour, .text = "",         \
		.activity = act, .enabled = true, __VA_ARGS__                                                \
	}

static const struct status_fields builtins[] = {
	BUILTIN("available", "Available", SHOW_AVAILABLE, "✅", "#2E7D32", "", .position = 10),
	BUILTIN("chat", "Free for Chat", SHOW_CHAT, "💬", "#00897B", "", .position = 20, .hideable = true),
	BUILTIN("away", "Away", SHOW_AWAY, "🕑", "#F9A825", "", .position = 30),
	BUILTIN("extended-away", "Extended Away", SHOW_XA, "🚪", "#EF6C00", "", .position = 40,
		.hideable = true),
	BUILTIN("dnd", "Do Not Disturb", SHOW_DND, "⛔", "#C62828", "", .position = 50,
		.call_action = ACTION_DND),
	BUILTIN("busy", "Busy", SHOW_DND, "🔴", "#D84315", "working/in_a_meeting", .position = 60),
	BUILTIN("lunch-break", "Lunch Break", SHOW_AWAY, "🍽️", "#8D6E63", "eating/having_lunch",
		.position = 70, .hideable = true),
	BUILTIN("business-trip", "Business Trip", SHOW_XA, "💼", "#5E35B1", "traveling/on_a_trip",
		.position = 80, .hideable = true, .when_offline = true),
	BUILTIN("invisible", "Invisible", SHOW_UNAVAILABLE, "👻", "#757575", "", .position = 90,
		.hideable = true),
	BUILTIN("on-call", "On Call", SHOW_DND, "📞", "#AD1457", "talking/on_the_phone", .position = 100,
		.kind = STATUS_AUTOMATIC),
	BUILTIN("offline", "Offline", SHOW_UNAVAILABLE, "⚪", "#9E9E9E", "", .position = 110,
		.kind = STATUS_AUTOMATIC),
};

void status_fields_of(const struct status *status, struct status_fields *fields)
{
	*fields = (struct status_fields){
		.row = status->row,
		.id = status->id,
		.name = status->name,
		.icon = status->icon,
		.color = status->color,
		.text = status->text,
		.activity = status->activity,
		.show = status->show,
		.default_expiry = status->default_expiry,
		.position = status->position,
		.when_offline = status->when_offline,
		.enabled = status->enabled,
		.hideable = status->hideable,
		.deleted = status->deleted,
		.call_action = status->call_action,
		.kind = status->kind,
	};
}

const struct status_fields *status_builtins(size_t *count)
{
	*count = sizeof(builtins) / sizeof(*builtins);
	return builtins;
}

void catalogue_init(struct catalogue *catalogue)
{
	*catalogue = (struct catalogue){0};
	map_init(&catalogue->by_id);
	map_init(&catalogue->by_name);
	map_init(&catalogue->by_label);
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		catalogue_put(catalogue, &builtins[i]);
	catalogue->available = catalogue_get(catalogue, "available");
	catalogue->chat = catalogue_get(catalogue, "chat");
	catalogue->away = catalogue_get(catalogue, "away");
	catalogue->extended_away = catalogue_get(catalogue, "extended-away");
	catalogue->dnd = catalogue_get(catalogue, "dnd");
	catalogue->busy = catalogue_get(catalogue, "busy");
	catalogue->on_call = catalogue_get(catalogue, "on-call");
	catalogue->offline = catalogue_get(catalogue, "offline");
	catalogue->invisible = catalogue_get(catalogue, "invisible");
}

void catalogue_done(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->all_count; i++) {
		struct status *status = catalogue->all[i];
		free(status->id);
		free(status->name);
		free(status->folded);
		free(status->label);
		free(status->icon);
		free(status->color);
		free(status->text);
		free(status->activity);
		free(status);
	}
	free(catalogue->all);
	free(catalogue->by_row);
	free(catalogue->ordered);
	catalogue_forget_texts(catalogue);
	free(catalogue->old_texts);
	map_done(&catalogue->by_id);
	map_done(&catalogue->by_name);
	map_done(&catalogue->by_label);
	*catalogue = (struct catalogue){0};
}

static bool comes_before(const struct status *a, const struct status *b)
{
	if (a->position != b->position)
		return a->position < b->position;
	return strcmp(a->folded, b->folded) < 0;
}

/* How many come before it. */
static size_t order_place(const struct catalogue *catalogue, const struct status *status)
{
	size_t low = 0, high = catalogue->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (comes_before(catalogue->ordered[middle], status))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A deleted one is not there. */
static void order_remove(struct catalogue *catalogue, const struct status *status)
{
	size_t place = status->deleted ? catalogue->count : order_place(catalogue, status);
	while (place < catalogue->count && catalogue->ordered[place] != status)
		place++;
	if (place == catalogue->count)
		return;
	catalogue->count--;
	memmove(&catalogue->ordered[place], &catalogue->ordered[place + 1],
		(catalogue->count - place) * sizeof(*catalogue->ordered));
}

static void order_insert(struct catalogue *catalogue, struct status *status)
{
	if (catalogue->count == catalogue->room) {
		catalogue->room = catalogue->room ? catalogue->room * 2 : 32;
		catalogue->ordered =
			mem_resize(catalogue->ordered, catalogue->room, sizeof(*catalogue->ordered));
	}
	size_t place = order_place(catalogue, status);
	memmove(&catalogue->ordered[place + 1], &catalogue->ordered[place],
		(catalogue->count - place) * sizeof(*catalogue->ordered));
	catalogue->ordered[place] = status;
	catalogue->count++;
}

static bool looks_different(const struct status *status, const struct status_fields *fields)
{
	return !status->name || strcmp(status->name, fields->name) != 0 ||
	       strcmp(status->icon, fields->icon) != 0 || strcmp(status->color, fields->color) != 0 ||
	       strcmp(status->text, fields->text) != 0 || strcmp(status->activity, fields->activity) != 0 ||
	       status->show != fields->show || status->when_offline != fields->when_offline ||
	       status->enabled != fields->enabled || status->deleted != fields->deleted;
}

static void set_text(struct catalogue *catalogue, struct status *status, const char *text)
{
	if (status->text && strcmp(status->text, text) == 0)
		return;
	if (status->text) {
		catalogue->old_texts = mem_resize(
			catalogue->old_texts, catalogue->old_text_count + 1, sizeof(*catalogue->old_texts));
		catalogue->old_texts[catalogue->old_text_count++] = status->text;
	}
	status->text = mem_string(text);
}

void catalogue_forget_texts(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->old_text_count; i++)
		free(catalogue->old_texts[i]);
	catalogue->old_text_count = 0;
}

static struct status *status_add(struct catalogue *catalogue, const char *id)
{
	struct status *status = mem_new(sizeof(*status));
	status->id = mem_string(id);
	if ((catalogue->all_count & (catalogue->all_count - 1)) == 0)
		catalogue->all = mem_resize(catalogue->all,
			catalogue->all_count ? catalogue->all_count * 2 : 1, sizeof(*catalogue->all));
	catalogue->all[catalogue->all_count++] = status;
	catalogue->rows_sorted = false;
	map_put(&catalogue->by_id, status->id, status);
	return status;
}

/* Presences point to these strings; one that stays the same must not move. */
static void set_string(char **slot, const char *text)
{
	if (!*slot || strcmp(*slot, text) != 0)
		mem_replace(slot, text);
}

static char *fold(const char *text)
{
	char *folded = text_fold(text);
	return folded ? folded : mem_string(text);
}

static void names_make(struct status *status)
{
	free(status->folded);
	free(status->label);
	char *icon = fold(status->icon);
	status->folded = fold(status->name);
	size_t room = strlen(icon) + strlen(status->folded) + 1;
	status->label = mem_new(room);
	snprintf(status->label, room, "%s%s", icon, status->folded);
	free(icon);
}

/* The terminating NUL is part of each string, so that no two lists of strings look the same. */
static uint64_t look_of(const struct status *status)
{
	const char *texts[] = {status->id, status->name, status->icon, status->color, status->activity};
	uint64_t look = (uint64_t)status->show;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		look = hash_stable(texts[i], strlen(texts[i]) + 1, look);
	return look;
}

static void name_remove(struct map *names, const char *name, const struct status *status)
{
	if (map_get(names, name) == status)
		map_remove(names, name);
}

static void names_remove(struct catalogue *catalogue, const struct status *status)
{
	name_remove(&catalogue->by_name, status->folded, status);
	name_remove(&catalogue->by_label, status->label, status);
}

const struct status *catalogue_put(struct catalogue *catalogue, const struct status_fields *fields)
{
	struct status *status = map_get(&catalogue->by_id, fields->id);
	if (!status) {
		status = status_add(catalogue, fields->id);
	} else {
		order_remove(catalogue, status);
		names_remove(catalogue, status);
	}
	if (looks_different(status, fields))
		status->looks = ++catalogue->looks;
	catalogue->rows_sorted = catalogue->rows_sorted && status->row == fields->row;
	status->row = fields->row;
	bool renamed = !status->name || strcmp(status->name, fields->name) != 0 ||
		       strcmp(status->icon, fields->icon) != 0;
	set_string(&status->name, fields->name);
	set_string(&status->icon, fields->icon);
	set_string(&status->color, fields->color);
	set_text(catalogue, status, fields->text);
	set_string(&status->activity, fields->activity);
	if (renamed)
		names_make(status);
	status->show = fields->show;
	status->default_expiry = fields->default_expiry;
	status->position = fields->position;
	status->when_offline = fields->when_offline;
	status->enabled = fields->enabled;
	status->hideable = fields->hideable;
	status->deleted = fields->deleted;
	status->call_action = fields->call_action;
	status->kind = fields->kind;
	status->look = look_of(status);
	if (!status->deleted) {
		order_insert(catalogue, status);
		map_put(&catalogue->by_name, status->folded, status);
		map_put(&catalogue->by_label, status->label, status);
	}
	return status;
}

const struct status *catalogue_get(const struct catalogue *catalogue, const char *id)
{
	const struct status *status = map_get(&catalogue->by_id, id);
	return status && !status->deleted ? status : NULL;
}

static int by_row(const void *a, const void *b)
{
	int64_t first = (*(struct status *const *)a)->row, second = (*(struct status *const *)b)->row;
	return (first > second) - (first < second);
}

const struct status *catalogue_by_row(struct catalogue *catalogue, int64_t row)
{
	const struct status wanted = {.row = row}, *key = &wanted;
	if (!catalogue->rows_sorted) {
		size_t size = catalogue->all_count * sizeof(*catalogue->all);
		catalogue->by_row =
			mem_resize(catalogue->by_row, catalogue->all_count + 1, sizeof(*catalogue->by_row));
		memcpy(catalogue->by_row, catalogue->all, size);
		qsort(catalogue->by_row, catalogue->all_count, sizeof(*catalogue->by_row), by_row);
		catalogue->rows_sorted = true;
	}
	struct status *const *found =
		bsearch(&key, catalogue->by_row, catalogue->all_count, sizeof(*catalogue->by_row), by_row);
	return found ? *found : NULL;
}

/* Its icon, blanks, its name. */
static const struct status *named_after_icon(const struct catalogue *catalogue, const char *folded)
{
	size_t icon = strcspn(folded, " ");
	const struct status *status =
		map_get(&catalogue->by_name, folded + icon + strspn(folded + icon, " "));
	bool own = status && strlen(status->label) == icon + strlen(status->folded) &&
		   strncmp(status->label, folded, icon) == 0;
	return own ? status : NULL;
}

const struct status *catalogue_by_name(const struct catalogue *catalogue, const char *name)
{
	char *folded = text_fold(name);
	if (!folded)
		return NULL;
	const struct status *found = map_get(&catalogue->by_name, folded);
	if (!found)
		found = named_after_icon(catalogue, folded);
	if (!found)
		found = map_get(&catalogue->by_label, folded);
	free(folded);
	return found;
}

bool status_selectable(const struct status *status)
{
	return status->enabled && !status->deleted && status->kind != STATUS_AUTOMATIC;
}
