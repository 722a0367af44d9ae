/* People from a file on the command line. */
#include "app/import_people.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/store.h"

enum { DONE = 0, FAILED = 1, USAGE = 2 };

static const struct config_tenant *find_tenant(const struct config *config, const char *domain)
{
	for (size_t i = 0; domain && i < config->tenant_count; i++)
		if (strcasecmp(config->tenants[i].domain, domain) == 0)
			return &config->tenants[i];
	if (!domain && config->tenant_count == 1)
		return &config->tenants[0];
	if (domain)
		fprintf(stderr, "offhook: there is no tenant %s in the configuration\n", domain);
	else
		fprintf(stderr, "offhook: there are %zu tenants: say which with --tenant DOMAIN\n",
			config->tenant_count);
	return NULL;
}

/* One byte more than allowed is read, so that too much is seen. */
static bool read_all(FILE *file, struct buf *text)
{
	char bytes[64 * 1024];
	size_t length;

	while (!text->overflow && (length = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_add(text, bytes, length);
	return !ferror(file);
}

static bool read_file(const char *path, struct buf *text)
{
	bool standard_input = strcmp(path, "-") == 0;
	FILE *file = standard_input ? stdin : fopen(path, "rb");
	bool ok = file && read_all(file, text);

	if (!ok)
		fprintf(stderr, "offhook: %s: %s\n", path, strerror(errno));
	if (ok && text->overflow) {
		fprintf(stderr, "offhook: %s: is longer than %d MiB: import it in parts\n", path,
			LIMIT_IMPORT_BYTES / (1024 * 1024));
		ok = false;
	}
	if (file && !standard_input)
		fclose(file);
	return ok;
}

static void show_progress(const char *doing, unsigned seconds)
{
	fprintf(stderr, "offhook: %s, %u s\n", doing, seconds);
}

static void name_actor(char actor[64])
{
	const struct passwd *user = getpwuid(getuid());

	if (user)
		snprintf(actor, 64, "shell:%s", user->pw_name);
	else
		snprintf(actor, 64, "shell:%lu", (unsigned long)getuid());
}

static int import_text(const struct config *config, const struct config_tenant *tenant, const char *file,
	const struct buf *text)
{
	struct people_import import = {0};
	struct error error = {0};
	struct buf words;
	char actor[64];
	const struct store_import task = {.url = config->database_url,
		.domain = tenant->domain,
		.component = tenant->component,
		.actor = actor,
		.text = buf_text(text),
		.length = text->length,
		.progress = isatty(STDERR_FILENO) ? show_progress : NULL};
	int status = FAILED;

	name_actor(actor);
	buf_init(&words, IMPORT_SAY_BYTES + LIMIT_IMPORT_PROBLEMS * strlen(file));
	switch (store_import_people(&task, &import, &error)) {
	case STORE_IMPORT_DONE:
		people_import_say(&import, &words);
		puts(buf_text(&words));
		status = DONE;
		break;
	case STORE_IMPORT_PROBLEMS:
		people_import_say_problems(&import, strcmp(file, "-") == 0 ? "<stdin>" : file, &words);
		fprintf(stderr, "%s\noffhook: nobody was imported\n", buf_text(&words));
		break;
	case STORE_IMPORT_FAILED:
		fprintf(stderr, "offhook: %s\n", error.text);
		break;
	}
	buf_done(&words);
	return status;
}

int import_people(const struct config *config, const char *file, const char *tenant_domain)
{
	const struct config_tenant *tenant = find_tenant(config, tenant_domain);
	struct buf text;
	int status = FAILED;

	if (!tenant)
		return USAGE;
	buf_init(&text, LIMIT_IMPORT_BYTES);
	if (read_file(file, &text))
		status = import_text(config, tenant, file, &text);
	buf_done(&text);
	return status;
}
