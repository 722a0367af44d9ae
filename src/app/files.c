/* The command line's exports and imports are looked at here, before they are run. */
#include "app/files.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

static int find_tenant(struct files_job *job)
{
	const struct config *config = job->config;
	const char *domain = job->order->tenant;

	if (!domain && config->tenant_count != 1)
		return files_complain(FILES_USAGE,
			"the configuration has %zu tenants: say which with --tenant", config->tenant_count);
	for (size_t i = 0; i < config->tenant_count; i++)
		if (!domain || strcmp(config->tenants[i].domain, domain) == 0)
			job->tenant = &config->tenants[i];
	if (job->tenant)
		return FILES_OK;
	return files_complain(FILES_USAGE, "the configuration has no tenant '%s'", domain);
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
	return order->task == FILES_IMPORT_CATALOGUE ? import_catalogue_run(&job) : export_run(&job);
}
