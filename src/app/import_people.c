/* People from a file on the command line. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/files.h"
#include "base/limits.h"
#include "store/store.h"

static void show_progress(const char *doing, unsigned seconds)
{
	fprintf(stderr, "offhook: %s, %u s\n", doing, seconds);
}

static int import_text(const struct files_job *job, const struct buf *text)
{
	const char *name = files_name(job->order->file);
	struct people_import import = {0};
	struct error error = {0};
	struct buf words;
	char actor[FILES_ACTOR];
	const struct store_import task = {.url = job->config->database_url,
		.domain = job->tenant->domain,
		.component = job->tenant->component,
		.actor = actor,
		.text = buf_text(text),
		.length = text->length,
		.progress = isatty(STDERR_FILENO) ? show_progress : NULL};
	int status = FILES_FAILED;

	files_actor(actor);
	buf_init(&words, IMPORT_SAY_BYTES + LIMIT_IMPORT_PROBLEMS * strlen(name));
	switch (store_import_people(&task, &import, &error)) {
	case STORE_IMPORT_DONE:
		people_import_say(&import, &words);
		puts(buf_text(&words));
		status = FILES_OK;
		break;
	case STORE_IMPORT_PROBLEMS:
		people_import_say_problems(&import, name, &words);
		fprintf(stderr, "%s\n", buf_text(&words));
		files_complain(FILES_FAILED, "nobody was imported");
		break;
	case STORE_IMPORT_FAILED:
		files_complain(FILES_FAILED, "%s", error.text);
		break;
	}
	buf_done(&words);
	return status;
}

int import_people_run(const struct files_job *job)
{
	struct error error = {0};
	struct buf text;

	buf_init(&text, LIMIT_IMPORT_BYTES);
	int status = files_read(job->order->file, &text, &error)
			     ? import_text(job, &text)
			     : files_complain(FILES_FAILED, "%s", error.text);
	buf_done(&text);
	return status;
}
