/* Rows of a file become the edits that make a catalogue say the same. */
#include "core/status_import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

struct plan {
	struct status_import *import;
	struct catalogue *catalogue;
	struct map rows; /* those already planned, by the id of their status */
	bool freepbx;
	const char *unit; /* line or item */
	size_t wrong;
	status_import_say_fn *say;
	void *arg;
};

static const char *value_of(const struct status_row *row, enum status_column column)
{
	return row->values[column] ? row->values[column] : "";
}

static const struct status *holder_of(const struct catalogue *catalogue, const char *name)
{
	char *folded = text_fold(name);
	const struct status *holder = folded ? map_get(&catalogue->by_name, folded) : NULL;

	free(folded);
	return holder;
}

static const struct status *builtin_of(const struct catalogue *catalogue, enum show show)
{
	const struct status *const builtins[SHOW_COUNT] = {
		[SHOW_AVAILABLE] = catalogue->available,
		[SHOW_CHAT] = catalogue->chat,
		[SHOW_AWAY] = catalogue->away,
		[SHOW_XA] = catalogue->extended_away,
		[SHOW_DND] = catalogue->dnd,
		[SHOW_UNAVAILABLE] = catalogue->offline,
	};
	return builtins[show];
}

static void say(struct plan *plan, const struct status_row *row, const char *format, ...) printf_like(3, 4);
static void say(struct plan *plan, const struct status_row *row, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	plan->say(plan->arg, row->at, false, text);
}

/* The status that the row means, NULL for a new one. */
static const struct status *resolve(struct plan *plan, const struct status_row *row)
{
	const char *id = value_of(row, COLUMN_ID), *name = value_of(row, COLUMN_NAME);
	const struct status *status = id[0] ? catalogue_get(plan->catalogue, id) : NULL;

	if (status || !name[0])
		return status;
	status = holder_of(plan->catalogue, name);
	if (status && id[0])
		say(plan, row, "taken for the status %s, which has that name", status->id);
	return status;
}

static bool check_kind(const struct status_row *row, const struct status *status, struct error *error)
{
	const char *kind = value_of(row, COLUMN_KIND);
	const char *present = status_kind_to_text(status ? status->kind : STATUS_CUSTOM);

	if (!kind[0] || strcmp(kind, present) == 0)
		return true;
	return error_set(error, "kind",
		status ? "is %s and cannot be changed" : "must be %s for a new status", present);
}

static bool may_be_none(int column)
{
	return column == COLUMN_ICON || column == COLUMN_TEXT || column == COLUMN_ACTIVITY ||
	       column == COLUMN_DEFAULT_EXPIRY;
}

/* What the row says, field by field. Where there may be no "none", an empty field says nothing. */
static bool set_fields(struct status_edit *edit, const struct status_row *row, struct error *error)
{
	for (int i = 0; i < STATUS_COLUMNS; i++) {
		const char *value = row->values[i];
		if (!value || i == COLUMN_ID || i == COLUMN_KIND || i == COLUMN_POSITION)
			continue;
		if (!value[0] && !may_be_none(i))
			continue;
		if (!status_edit_set(edit, status_columns[i], value, error))
			return false;
	}
	return true;
}

/* Calls are refused while it is the choice in force, as FreePBX does unless told otherwise. */
static void look_like_builtin(struct status_edit *edit, const struct catalogue *catalogue)
{
	const struct status *builtin = builtin_of(catalogue, edit->show);

	edit->icon = builtin->icon;
	memcpy(edit->color, builtin->color, sizeof(edit->color));
	edit->call_action = builtin->call_action;
}

static struct status_step *add_step(struct status_import *import)
{
	if ((import->count & (import->count - 1)) == 0)
		import->steps = mem_resize(
			import->steps, import->count ? import->count * 2 : 1, sizeof(*import->steps));
	return &import->steps[import->count++];
}

static const struct status *take_step(
	struct plan *plan, const struct status_edit *edit, const struct status *old)
{
	struct status_step *step = add_step(plan->import);
	struct status_fields fields;

	*step = (struct status_step){.edit = *edit, .row = old ? old->row : 0};
	plan->import->added += old == NULL;
	status_edit_apply(edit, old, &fields);
	return catalogue_put(plan->catalogue, &fields);
}

static const struct status *plan_new(struct plan *plan, const struct status_row *row, struct error *error)
{
	const char *id = value_of(row, COLUMN_ID), *position = value_of(row, COLUMN_POSITION);
	struct status_edit edit;

	status_edit_add(&edit);
	if (!check_kind(row, NULL, error) || (id[0] && !status_edit_want(&edit, id, error)) ||
		!set_fields(&edit, row, error))
		return NULL;
	if (plan->freepbx)
		look_like_builtin(&edit, plan->catalogue);
	if (!status_edit_check(&edit, plan->catalogue, error))
		return NULL;
	if (position[0] && !status_position_parse(position, &edit.position, error))
		return NULL;
	if (id[0] && strcmp(edit.id, id) != 0)
		say(plan, row, "added as %s, as the id %s was used before", edit.id, id);
	return take_step(plan, &edit, NULL);
}

static const struct status *plan_edit(
	struct plan *plan, const struct status_row *row, const struct status *status, struct error *error)
{
	struct status_edit edit;

	status_edit_of(&edit, status);
	if (!check_kind(row, status, error) || !set_fields(&edit, row, error))
		return NULL;
	status_edit_trim(&edit, status);
	if (plan->freepbx && (edit.given & EDIT_NAME)) /* FreePBX's spelling is no reason to rename */
		edit.given &= ~(unsigned)EDIT_NAME;
	if (!edit.given) {
		plan->import->same++;
		return status;
	}
	if (!status_edit_check(&edit, plan->catalogue, error))
		return NULL;
	return take_step(plan, &edit, status);
}

static bool place(
	struct plan *plan, const struct status_row *row, const struct status *status, struct error *error)
{
	const char *text = value_of(row, COLUMN_POSITION);
	struct status_fields fields;
	uint32_t position;

	if (!text[0])
		return true;
	if (!status_position_parse(text, &position, error))
		return false;
	if (position == status->position)
		return true;
	status_fields_of(status, &fields);
	fields.position = position;
	catalogue_put(plan->catalogue, &fields);
	plan->import->reorders = true;
	return true;
}

/* FreePBX has six states without a message, which are those that are built in here. */
static bool is_skipped(struct plan *plan, const struct status_row *row)
{
	const char *type = value_of(row, COLUMN_SHOW), *name = value_of(row, COLUMN_NAME);
	const struct status *holder = holder_of(plan->catalogue, name);
	enum show show;

	if (!plan->freepbx || !show_parse(type, &show))
		return false;
	if (!name[0])
		holder = builtin_of(plan->catalogue, show);
	if (!holder || holder->kind == STATUS_CUSTOM)
		return false;
	say(plan, row, "skipped, as %s is built in", holder->name);
	plan->import->skipped++;
	return true;
}

static bool plan_row(struct plan *plan, struct status_row *row, struct error *error)
{
	if (is_skipped(plan, row))
		return true;
	if (!value_of(row, COLUMN_ID)[0] && !value_of(row, COLUMN_NAME)[0])
		return error_set(error, NULL, "has neither id nor name");
	const struct status *status = resolve(plan, row);
	const struct status_row *before = status ? map_get(&plan->rows, status->id) : NULL;
	if (before)
		return error_set(error, NULL, "is the same status as %s %zu", plan->unit, before->at);
	status = status ? plan_edit(plan, row, status, error) : plan_new(plan, row, error);
	if (!status || !place(plan, row, status, error))
		return false;
	map_put(&plan->rows, status->id, row);
	return true;
}

static void refuse(struct plan *plan, const struct status_row *row, const struct error *error)
{
	char text[sizeof(error->field) + sizeof(error->text) + 2];

	snprintf(text, sizeof(text), "%s%s%s", error->field, error->field[0] ? ": " : "", error->text);
	plan->wrong++;
	plan->say(plan->arg, row->at, true, text);
}

bool status_import_plan(struct status_import *import, const struct status_file *file,
	struct catalogue *catalogue, status_import_say_fn *say_fn, void *arg)
{
	struct plan plan = {.import = import,
		.catalogue = catalogue,
		.freepbx = file->freepbx,
		.unit = file->json ? "item" : "line",
		.say = say_fn,
		.arg = arg};

	*import = (struct status_import){0};
	map_init(&plan.rows);
	for (size_t i = 0; i < file->count && plan.wrong < LIMIT_IMPORT_PROBLEMS; i++) {
		struct error error = {0};
		if (!plan_row(&plan, &file->rows[i], &error))
			refuse(&plan, &file->rows[i], &error);
	}
	map_done(&plan.rows);
	return plan.wrong == 0;
}

void status_import_done(struct status_import *import)
{
	free(import->steps);
	*import = (struct status_import){0};
}
