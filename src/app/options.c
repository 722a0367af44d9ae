/* The command line is read here. */
#include "app/options.h"

#include <getopt.h>
#include <stdio.h>

const char options_help[] =
	"Usage: offhook [OPTION]...\n"
	"Presence for organisations that chat over XMPP and phone over a PBX.\n"
	"\n"
	"  -c, --config FILE   run with this configuration (default: /etc/offhook/offhook.toml)\n"
	"      --check         read the configuration, say whether it is right, and end\n"
	"      --migrate       bring the database's schema up to date, and end\n"
	"      --new-token     print a new token and the SHA-256 of it for the configuration\n"
	"  -V, --version       print the version\n"
	"  -h, --help          print this\n"
	"\n"
	"Files, also while another process runs (FILE - is standard input or output):\n"
	"      --import-people FILE\n"
	"                      add and change people from CSV\n"
	"      --import-catalogue FILE\n"
	"                      take back statuses, or take a FreePBX list (type,message)\n"
	"      --export-people [FILE]\n"
	"      --export-catalogue [FILE]\n"
	"                      write the people or the statuses (default: to standard output)\n"
	"      --export-roster prosody|ejabberd [FILE]\n"
	"                      write the server's shared contact list, so that nobody needs to subscribe\n"
	"      --tenant DOMAIN which tenant; may be left out when there is one\n"
	"      --format FORMAT csv or json (default: by the ending of FILE, else csv)\n"
	"\n"
	"Signals: SIGHUP reads the configuration again, SIGTERM and SIGINT leave cleanly.\n"
	"Exit status: 0 clean, 1 failure, 2 wrong usage or configuration.\n";

enum {
	OPTION_CHECK = 256,
	OPTION_MIGRATE,
	OPTION_TOKEN,
	OPTION_EXPORT_ROSTER,
	OPTION_TENANT,
	OPTION_FORMAT,
	OPTION_FILES, /* and the next: enum files_task */
};

static const struct option known[] = {
	{"config", required_argument, NULL, 'c'},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"migrate", no_argument, NULL, OPTION_MIGRATE},
	{"new-token", no_argument, NULL, OPTION_TOKEN},
	{"import-people", required_argument, NULL, OPTION_FILES + FILES_IMPORT_PEOPLE},
	{"import-catalogue", required_argument, NULL, OPTION_FILES + FILES_IMPORT_CATALOGUE},
	{"export-people", optional_argument, NULL, OPTION_FILES + FILES_EXPORT_PEOPLE},
	{"export-catalogue", optional_argument, NULL, OPTION_FILES + FILES_EXPORT_CATALOGUE},
	{"export-roster", required_argument, NULL, OPTION_EXPORT_ROSTER},
	{"tenant", required_argument, NULL, OPTION_TENANT},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool see_help(void)
{
	fputs("Try 'offhook --help'.\n", stderr);
	return false;
}

static bool take(int option, struct options *options)
{
	struct files_order *files = &options->files;
	switch (option) {
	case 'c':
		options->config = optarg;
		return true;
	case OPTION_CHECK:
		options->mode = MODE_CHECK;
		return true;
	case OPTION_MIGRATE:
		options->mode = MODE_MIGRATE;
		return true;
	case OPTION_TOKEN:
		options->mode = MODE_TOKEN;
		return true;
	case 'V':
		options->mode = MODE_VERSION;
		return true;
	case 'h':
		options->mode = MODE_HELP;
		return true;
	case OPTION_TENANT:
		files->tenant = optarg;
		return true;
	case OPTION_FORMAT:
		files->format = optarg;
		return true;
	case OPTION_EXPORT_ROSTER:
		options->mode = MODE_FILES;
		files->task = FILES_EXPORT_ROSTER;
		files->server = optarg;
		return true;
	case OPTION_FILES + FILES_IMPORT_PEOPLE:
	case OPTION_FILES + FILES_IMPORT_CATALOGUE:
	case OPTION_FILES + FILES_EXPORT_PEOPLE:
	case OPTION_FILES + FILES_EXPORT_CATALOGUE:
		options->mode = MODE_FILES;
		files->task = (enum files_task)(option - OPTION_FILES);
		files->file = optarg;
		return true;
	default:
		return see_help();
	}
}

bool options_read(int argc, char **argv, struct options *options)
{
	int option;
	*options = (struct options){.config = "/etc/offhook/offhook.toml"};
	while ((option = getopt_long(argc, argv, "c:Vh", known, NULL)) != -1)
		if (!take(option, options))
			return false;
	bool takes_file = options->mode == MODE_FILES && !options->files.file;
	if (takes_file && optind < argc)
		options->files.file = argv[optind++];
	if (optind == argc)
		return true;
	fprintf(stderr, "offhook: unexpected argument '%s'\n", argv[optind]);
	return see_help();
}
