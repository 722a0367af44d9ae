/* A catalogue or a FreePBX list in a file becomes changes in the database, all or none of them. */
#include <stdio.h>
#include <stdlib.h>

#include "app/files.h"
#include "base/memory.h"
#include "core/status_import.h"
#include "store/shell.h"

struct import {
	const char *path;
	struct status_file file;
	struct catalogue catalogue;
	struct status_import plan;
	char actor[FILES_ACTOR]; /* for the audit */
};

static void say(void *arg, size_t at, bool wrong, const char *text)
{
	const struct import *import = arg;
	FILE *to = wrong ? stderr : stdout;

	if (import->file.json)
		fprintf(to, "%s: item %zu: %s\n", import->path, at, text);
	else
		fprintf(to, "%s:%zu: %s\n", import->path, at, text);
}

static bool write_step(
	struct shell *shell, struct import *import, struct status_step *step, struct error *error)
{
	const struct change change = {
		.kind = step->edit.adds ? CHANGE_STATUS_ADD : CHANGE_STATUS_EDIT,
		.actor = import->actor,
		.edit = &step->edit,
	};
	return shell_change(shell, &change, step->row, error);
}

static bool write_order(struct shell *shell, const struct import *import, struct error *error)
{
	size_t count = import->catalogue.count;
	const char **ids = mem_new(count * sizeof(*ids));
	uint32_t *positions = mem_new(count * sizeof(*positions));

	for (size_t i = 0; i < count; i++) {
		ids[i] = import->catalogue.ordered[i]->id;
		positions[i] = import->catalogue.ordered[i]->position;
	}
	const struct change change = {
		.kind = CHANGE_STATUS_ORDER,
		.actor = import->actor,
		.order = ids,
		.positions = positions,
		.order_count = count,
	};
	bool ok = shell_change(shell, &change, 0, error);
	free(ids);
	free(positions);
	return ok;
}

static bool write_plan(struct shell *shell, struct import *import, struct error *error)
{
	for (size_t i = 0; i < import->plan.count; i++)
		if (!write_step(shell, import, &import->plan.steps[i], error))
			return false;
	return (!import->plan.reorders || write_order(shell, import, error)) && shell_commit(shell, error);
}

static int apply(struct shell *shell, struct import *import, struct error *error)
{
	struct status_import *plan = &import->plan;

	if (!shell_read_catalogue(shell, &import->catalogue, error))
		return FILES_FAILED;
	if (!status_import_plan(plan, &import->file, &import->catalogue, say, import)) {
		error_set(error, NULL, "nothing was imported");
		return FILES_FAILED;
	}
	if (!write_plan(shell, import, error))
		return FILES_FAILED;
	printf("%zu added, %zu changed, %zu already so, %zu skipped%s\n", plan->added,
		plan->count - plan->added, plan->same, plan->skipped, plan->reorders ? "; reordered" : "");
	return FILES_OK;
}

static int import_bytes(const struct files_job *job, const struct buf *in, struct error *error)
{
	struct import import = {.path = files_name(job->order->file)};
	struct error reason = {0};

	if (!status_file_read(&import.file, buf_text(in), in->length, job->json, &reason)) {
		status_file_done(&import.file);
		error_set(error, NULL, "%s: %s", import.path, reason.text);
		return FILES_FAILED;
	}
	int status = FILES_FAILED;
	struct shell *shell = shell_open(job->config->database_url, job->tenant->domain, SHELL_WRITES, error);
	files_actor(import.actor);
	catalogue_init(&import.catalogue);
	if (shell)
		status = apply(shell, &import, error);
	shell_close(shell);
	status_import_done(&import.plan);
	catalogue_done(&import.catalogue);
	status_file_done(&import.file);
	return status;
}

int import_catalogue_run(const struct files_job *job)
{
	struct error error = {0};
	struct buf in;

	buf_init(&in, LIMIT_IMPORT_BYTES);
	int status =
		files_read(job->order->file, &in, &error) ? import_bytes(job, &in, &error) : FILES_FAILED;
	buf_done(&in);
	return status == FILES_OK ? status : files_complain(status, "%s", error.text);
}
