/* What the command line asks for is done from here. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "app/app.h"
#include "app/options.h"
#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "http/http.h"
#include "store/store.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int print_token(void)
{
	char token[TOKEN_TEXT], hex[SHA256_TEXT];
	unsigned char digest[SHA256_BYTES];
	size_t length = 0;
	secret_token(token);
	while (token[length])
		length++;
	secret_sha256(token, length, digest);
	printf("token        = \"%s\"\ntoken_sha256 = \"%s\"\n", token,
		secret_hex(digest, sizeof(digest), hex));
	secret_wipe(token, sizeof(token));
	return EXIT_SUCCESS;
}

/* Connections of HTTP and more must fit; the soft limit is often 1024. */
static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warn("offhook", "cannot raise the limit of open files");
}

static int run(const char *path, struct config *config)
{
	struct error error = {0};
	raise_descriptors();
	log_configure(config->log_level, config->log_json);
	struct app *app = app_new(path, config, &error);
	if (!app) {
		log_error("offhook", "cannot start: %s", error.text);
		return EXIT_FAILED;
	}
	log_info("offhook", "version %s started", OFFHOOK_VERSION);
	int status = app_run(app);
	app_free(app);
	log_info("offhook", "stopped");
	return status;
}

static int migrate(struct config *config)
{
	struct error error = {0};
	bool ok = store_migrate(config->database_url, &error);
	config_free(config);
	if (!ok)
		fprintf(stderr, "offhook: %s\n", error.text);
	return ok ? EXIT_SUCCESS : EXIT_FAILED;
}

static int check(const char *path, struct config *config)
{
	struct error error = {0};
	if (!http_check(config, &error)) {
		fprintf(stderr, "offhook: %s: %s\n", path, error.text);
		config_free(config);
		return EXIT_USAGE;
	}
	printf("%s: all right, %zu tenant%s, %zu PBX%s, %zu client%s\n", path, config->tenant_count,
		config->tenant_count == 1 ? "" : "s", config->pbx_count, config->pbx_count == 1 ? "" : "es",
		config->client_count, config->client_count == 1 ? "" : "s");
	config_free(config);
	return EXIT_SUCCESS;
}

static int files(struct config *config, const struct files_order *order)
{
	int status = files_run(config, order);
	config_free(config);
	return status;
}

static struct config *load(const char *path)
{
	struct error error = {0};
	struct config *config = config_load(path, &error);
	if (!config) {
		fprintf(stderr, "offhook: %s\n", error.text);
		return NULL;
	}
	if (store_url_valid(config->database_url, &error))
		return config;
	fprintf(stderr, "offhook: %s: %s\n", path, error.text);
	config_free(config);
	return NULL;
}

int main(int argc, char **argv)
{
	struct options options;
	mem_tune();
	if (!options_read(argc, argv, &options))
		return EXIT_USAGE;
	if (options.mode == MODE_TOKEN)
		return print_token();
	if (options.mode == MODE_VERSION)
		return printf("offhook %s\n", OFFHOOK_VERSION) < 0;
	if (options.mode == MODE_HELP)
		return fputs(options_help, stdout) < 0;
	struct config *config = load(options.config);
	if (!config)
		return EXIT_USAGE;
	if (options.mode == MODE_CHECK)
		return check(options.config, config);
	if (options.mode == MODE_MIGRATE)
		return migrate(config);
	if (options.mode == MODE_FILES)
		return files(config, &options.files);
	return run(options.config, config);
}
