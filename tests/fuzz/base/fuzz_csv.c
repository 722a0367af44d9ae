/*
 * Any bytes as comma-separated values: every record has fields and a line, and is read back when written.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_read_back(const struct csv *csv)
{
	struct buf out;
	struct csv again;
	struct error error;
	buf_init(&out, 1 << 20);
	csv_add(&out, "mark,", true);
	for (size_t i = 1; i < csv->count; i++)
		csv_add(&out, csv->fields[i], false);
	csv_end(&out);
	must(!out.overflow);
	csv_init(&again, out.data, out.length);
	again.separator = ',';
	must(csv_next(&again, &error) && again.count == csv->count);
	for (size_t i = 1; i < csv->count; i++)
		must(strcmp(again.fields[i], csv->fields[i]) == 0);
	must(!csv_next(&again, &error) && !error.text[0]);
	csv_done(&again);
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct csv csv;
	struct error error;
	size_t line = 0;
	if (length > 1 << 16)
		return 0;
	csv_init(&csv, (const char *)bytes, length);
	while (csv_next(&csv, &error)) {
		must(csv.count > 0 && csv.line > line);
		line = csv.line;
		check_read_back(&csv);
	}
	csv_done(&csv);
	return 0;
}
