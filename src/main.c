/* The command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "app/app.h"
#include "app/files.h"
#include "base/config.h"
#include "base/log.h"
#include "base/secret.h"
#include "store/store.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char help[] =
	"Usage: offhook [OPTION]...\n"
	"Presence for organisations that chat over XMPP and phone over a PBX.\n"
	"\n"
	"  -c, --config FILE   run with this configuration (default: /etc/offhook/offhook.toml)\n"
	"      --check         read the configuration, say whether it is right, and end\n"
	"      --migrate       bring the database's schema up to date, and end\n"
	"      --new-token     print a new token and the SHA-256 of it for the configuration\n"
	"      --export-people [FILE]\n"
	"      --export-catalogue [FILE]\n"
	"                      write the people or the statuses of a tenant to FILE (default: standard "
	"output)\n"
	"      --import-catalogue FILE\n"
	"                      take statuses from such a file, or from a FreePBX list (type,message)\n"
	"      --export-roster prosody|ejabberd [FILE]\n"
	"                      write the server's shared contact list, so that nobody needs to subscribe\n"
	"      --tenant DOMAIN the tenant that is meant; not needed when there is just one\n"
	"      --format FORMAT csv or json (default: by the ending of FILE, else csv)\n"
	"  -V, --version       print the version\n"
	"  -h, --help          print this\n"
	"\n"
	"Signals: SIGHUP reads the configuration again, SIGTERM and SIGINT leave cleanly.\n"
	"Exit status: 0 clean, 1 failure, 2 wrong usage or configuration.\n";

enum mode { MODE_RUN, MODE_CHECK, MODE_MIGRATE, MODE_FILES };

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

int main(int argc, char **argv)
{
	enum {
		OPTION_CHECK = 256,
		OPTION_MIGRATE,
		OPTION_TOKEN,
		OPTION_EXPORT_PEOPLE,
		OPTION_EXPORT_CATALOGUE,
		OPTION_EXPORT_ROSTER,
		OPTION_IMPORT_CATALOGUE,
		OPTION_TENANT,
		OPTION_FORMAT
	};
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, OPTION_CHECK}, {"migrate", no_argument, NULL, OPTION_MIGRATE},
		{"new-token", no_argument, NULL, OPTION_TOKEN},
		{"export-people", optional_argument, NULL, OPTION_EXPORT_PEOPLE},
		{"export-catalogue", optional_argument, NULL, OPTION_EXPORT_CATALOGUE},
		{"export-roster", required_argument, NULL, OPTION_EXPORT_ROSTER},
		{"import-catalogue", required_argument, NULL, OPTION_IMPORT_CATALOGUE},
		{"tenant", required_argument, NULL, OPTION_TENANT},
		{"format", required_argument, NULL, OPTION_FORMAT}, {"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	const char *path = "/etc/offhook/offhook.toml";
	enum mode mode = MODE_RUN;
	struct files_order order = {0};
	int option;
	while ((option = getopt_long(argc, argv, "c:Vh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case OPTION_CHECK:
			mode = MODE_CHECK;
			break;
		case OPTION_MIGRATE:
			mode = MODE_MIGRATE;
			break;
		case OPTION_TOKEN:
			return print_token();
		case OPTION_EXPORT_PEOPLE:
		case OPTION_EXPORT_CATALOGUE:
			mode = MODE_FILES;
			order.task =
				option == OPTION_EXPORT_PEOPLE ? FILES_EXPORT_PEOPLE : FILES_EXPORT_CATALOGUE;
			order.file = optarg;
			break;
		case OPTION_EXPORT_ROSTER:
			mode = MODE_FILES;
			order.task = FILES_EXPORT_ROSTER;
			order.server = optarg;
			break;
		case OPTION_IMPORT_CATALOGUE:
			mode = MODE_FILES;
			order.task = FILES_IMPORT_CATALOGUE;
			order.file = optarg;
			break;
		case OPTION_TENANT:
			order.tenant = optarg;
			break;
		case OPTION_FORMAT:
			order.format = optarg;
			break;
		case 'V':
			printf("offhook %s\n", OFFHOOK_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			fputs(help, stdout);
			return EXIT_SUCCESS;
		default:
			fputs("Try 'offhook --help'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (mode == MODE_FILES && !order.file && optind < argc)
		order.file = argv[optind++];
	if (optind < argc) {
		fprintf(stderr, "offhook: unexpected argument '%s'\nTry 'offhook --help'.\n", argv[optind]);
		return EXIT_USAGE;
	}
	struct error error = {0};
	struct config *config = config_load(path, &error);
	if (!config) {
		fprintf(stderr, "offhook: %s\n", error.text);
		return EXIT_USAGE;
	}
	if (!store_url_valid(config->database_url, &error)) {
		fprintf(stderr, "offhook: %s: %s\n", path, error.text);
		config_free(config);
		return EXIT_USAGE;
	}
	if (mode == MODE_CHECK) {
		printf("%s: all right, %zu tenant%s, %zu PBX%s, %zu client%s\n", path, config->tenant_count,
			config->tenant_count == 1 ? "" : "s", config->pbx_count,
			config->pbx_count == 1 ? "" : "es", config->client_count,
			config->client_count == 1 ? "" : "s");
		config_free(config);
		return EXIT_SUCCESS;
	}
	if (mode == MODE_FILES) {
		int status = files_run(config, &order);
		config_free(config);
		return status;
	}
	return mode == MODE_MIGRATE ? migrate(config) : run(path, config);
}
