/* Files of statuses: the first byte says whether JSON or CSV. What was taken comes out and in again as it is. */
#include <stdint.h>
#include <stdlib.h>

#include "core/status_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hear(void *arg, size_t at, bool wrong, const char *text)
{
	(void)arg;
	(void)wrong;
	if (at == 0 || !text[0])
		abort();
}

static bool take(const char *bytes, size_t length, bool json, struct catalogue *catalogue, size_t *changed)
{
	struct status_file file;
	struct status_import import = {0};
	struct error error = {0};
	bool ok = status_file_read(&file, bytes, length, json, &error);

	if (!ok && !error.text[0])
		abort();
	ok = ok && status_import_plan(&import, &file, catalogue, hear, NULL);
	*changed = import.count + import.reorders;
	status_import_done(&import);
	status_file_done(&file);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct catalogue catalogue;
	size_t changed;

	if (size == 0)
		return 0;
	catalogue_init(&catalogue);
	if (take((const char *)data + 1, size - 1, data[0] == 'j', &catalogue, &changed)) {
		struct buf out;
		buf_init(&out, 64 * 1024 * 1024);
		status_file_write(&out, &catalogue, data[0] == 'j');
		if (!take(buf_text(&out), out.length, data[0] == 'j', &catalogue, &changed) || changed)
			abort();
		buf_done(&out);
	}
	catalogue_done(&catalogue);
	return 0;
}
