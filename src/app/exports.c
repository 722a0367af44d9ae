/* People, the catalogue and shared contact lists are written to files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files.h"
#include "base/csv.h"
#include "base/json.h"
#include "core/status_file.h"
#include "store/shell.h"
#include "xmpp/shared_roster.h"

static const char *const person_columns[] = {"contact", "jid", "name", "extensions", "time_zone"};

struct people {
	struct buf *out;
	size_t count;
};

static void write_person_record(void *arg, const struct fact_person *person)
{
	const struct people *people = arg;
	struct buf extensions;

	buf_init(&extensions, LIMIT_EXPORT_BYTES);
	for (size_t i = 0; i < person->extension_count; i++) {
		buf_add_text(&extensions, i ? " " : "");
		buf_add_text(&extensions, person->extensions[i]);
	}
	csv_add(people->out, person->contact, true);
	csv_add(people->out, person->account, false);
	csv_add(people->out, person->name, false);
	csv_add(people->out, buf_text(&extensions), false);
	csv_add(people->out, person->time_zone, false);
	csv_end(people->out);
	buf_done(&extensions);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static void write_person_item(void *arg, const struct fact_person *person)
{
	struct people *people = arg;
	json_t *item = json_object(), *extensions = json_array();

	for (size_t i = 0; i < person->extension_count; i++)
		json_array_append_new(extensions, json_string(person->extensions[i]));
	json_object_set_new(item, "contact", json_string(person->contact));
	json_object_set_new(item, "jid", text_or_null(person->account));
	json_object_set_new(item, "name", json_string(person->name));
	json_object_set_new(item, "extensions", extensions);
	json_object_set_new(item, "time_zone", text_or_null(person->time_zone));
	char *text = json_dumps(item, JSON_COMPACT);
	buf_add_text(people->out, people->count++ ? ",\n" : "");
	buf_add_text(people->out, text ? text : "{}");
	free(text);
	json_decref(item);
}

static bool write_people(struct shell *shell, bool json, struct buf *out, struct error *error)
{
	struct people people = {.out = out};

	if (json) {
		buf_add_text(out, "[\n");
		if (!shell_read_people(shell, write_person_item, &people, error))
			return false;
		buf_add_text(out, people.count ? "\n]\n" : "]\n");
		return true;
	}
	for (size_t i = 0; i < sizeof(person_columns) / sizeof(*person_columns); i++)
		csv_add(out, person_columns[i], i == 0);
	csv_end(out);
	return shell_read_people(shell, write_person_record, &people, error);
}

static bool write_catalogue(struct shell *shell, bool json, struct buf *out, struct error *error)
{
	struct catalogue catalogue;

	catalogue_init(&catalogue);
	bool ok = shell_read_catalogue(shell, &catalogue, error);
	if (ok)
		status_file_write(out, &catalogue, json);
	catalogue_done(&catalogue);
	return ok;
}

static void write_contact(void *arg, const struct fact_person *person)
{
	struct shared_roster *roster = arg;

	if (!shared_roster_add(roster, person->contact, person->name))
		files_complain(0, "%s@%s is left out: Prosody's groups file cannot name it", person->contact,
			roster->component);
}

static bool write_roster(
	struct shell *shell, const struct files_job *job, struct buf *out, struct error *error)
{
	struct shared_roster roster = {
		.domain = job->tenant->domain, .component = job->tenant->component, .out = out};

	if (!roster_server_parse(job->order->server, &roster.server))
		return error_set(error, NULL, "--export-roster must be prosody or ejabberd");
	shared_roster_begin(&roster);
	if (!shell_read_people(shell, write_contact, &roster, error))
		return false;
	shared_roster_end(&roster);
	return true;
}

static bool write_task(struct shell *shell, const struct files_job *job, struct buf *out, struct error *error)
{
	if (job->order->task == FILES_EXPORT_PEOPLE)
		return write_people(shell, job->json, out, error);
	if (job->order->task == FILES_EXPORT_CATALOGUE)
		return write_catalogue(shell, job->json, out, error);
	return write_roster(shell, job, out, error);
}

static bool save(const char *path, const struct buf *out, struct error *error)
{
	bool standard = !path || strcmp(path, "-") == 0;
	FILE *file = standard ? stdout : fopen(path, "w");
	if (!file)
		return error_set(error, NULL, "cannot write %s: %s", path, strerror(errno));
	bool ok = fwrite(buf_text(out), 1, out->length, file) == out->length;
	ok = fflush(file) == 0 && ok;
	int reason = errno;
	if (!standard && fclose(file) != 0 && ok) {
		ok = false;
		reason = errno;
	}
	return ok || error_set(error, NULL, "cannot write %s: %s", standard ? "standard output" : path,
			     strerror(reason));
}

/* Nothing is written before all is read, so a database that is away spoils no file. */
int export_run(const struct files_job *job)
{
	struct error error = {0};
	enum roster_server server;
	struct buf out;

	if (job->order->task == FILES_EXPORT_ROSTER && !roster_server_parse(job->order->server, &server))
		return files_complain(FILES_USAGE, "--export-roster must be prosody or ejabberd");
	struct shell *shell = shell_open(job->config->database_url, job->tenant->domain, SHELL_READS, &error);
	if (!shell)
		return files_complain(FILES_FAILED, "%s", error.text);
	buf_init(&out, LIMIT_EXPORT_BYTES);
	bool ok = write_task(shell, job, &out, &error);
	shell_close(shell);
	if (ok && out.overflow)
		ok = error_set(&error, NULL, "the file would be larger than %d bytes", LIMIT_EXPORT_BYTES);
	ok = ok && save(job->order->file, &out, &error);
	buf_done(&out);
	return ok ? FILES_OK : files_complain(FILES_FAILED, "%s", error.text);
}
