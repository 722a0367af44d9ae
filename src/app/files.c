/* The command line's exports and imports are looked at here, before they are run. */
#include "app/files.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"

enum { READ_BYTES = 64 * 1024 };

int files_complain(int status, const char *format, ...)
{
	va_list arguments;

	fputs("offhook: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return status;
}

const char *files_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "<stdin>" : path;
}

void files_actor(char actor[FILES_ACTOR])
{
	const struct passwd *user = getpwuid(getuid());

	if (user)
		snprintf(actor, FILES_ACTOR, "shell:%s", user->pw_name);
	else
		snprintf(actor, FILES_ACTOR, "shell:%lu", (unsigned long)getuid());
}

static bool read_all(FILE *file, const char *name, struct buf *in, struct error *error)
{
	char piece[READ_BYTES];
	size_t length;

	while ((length = fread(piece, 1, sizeof(piece), file)) > 0 && !in->overflow)
		buf_add(in, piece, length);
	if (ferror(file))
		return error_set(error, NULL, "%s: %s", name, strerror(errno));
	if (in->overflow)
		return error_set(error, NULL, "%s is longer than %d MiB: import it in parts", name,
			LIMIT_IMPORT_BYTES / (1024 * 1024));
	return true;
}

bool files_read(const char *path, struct buf *in, struct error *error)
{
	if (strcmp(path, "-") == 0)
		return read_all(stdin, files_name(path), in, error);
	FILE *file = fopen(path, "r");
	if (!file)
		return error_set(error, NULL, "%s: %s", path, strerror(errno));
	bool ok = read_all(file, path, in, error);
	fclose(file);
	return ok;
}

static int find_tenant(struct files_job *job)
{
	const struct config *config = job->config;
	const char *domain = job->order->tenant;

	if (!domain && config->tenant_count != 1)
		return files_complain(FILES_USAGE, "there are %zu tenants: say which with --tenant DOMAIN",
			config->tenant_count);
	for (size_t i = 0; i < config->tenant_count; i++)
		if (!domain || strcasecmp(config->tenants[i].domain, domain) == 0)
			job->tenant = &config->tenants[i];
	if (job->tenant)
		return FILES_OK;
	return files_complain(FILES_USAGE, "there is no tenant %s in the configuration", domain);
}

static int find_format(struct files_job *job)
{
	const char *format = job->order->format, *file = job->order->file;
	const char *ending = file ? strrchr(file, '.') : NULL;

	if (!format)
		format = ending && strcmp(ending, ".json") == 0 ? "json" : "csv";
	job->json = strcmp(format, "json") == 0;
	if (job->json || strcmp(format, "csv") == 0)
		return FILES_OK;
	return files_complain(FILES_USAGE, "--format must be csv or json");
}

int files_run(const struct config *config, const struct files_order *order)
{
	struct files_job job = {.order = order, .config = config};
	int status = find_tenant(&job);

	if (status == FILES_OK)
		status = find_format(&job);
	if (status != FILES_OK)
		return status;
	switch (order->task) {
	case FILES_IMPORT_PEOPLE:
		return import_people_run(&job);
	case FILES_IMPORT_CATALOGUE:
		return import_catalogue_run(&job);
	case FILES_EXPORT_PEOPLE:
	case FILES_EXPORT_CATALOGUE:
	case FILES_EXPORT_ROSTER:
		break;
	}
	return export_run(&job);
}
