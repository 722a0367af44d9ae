/*
 * The table of PBX formats.
 */
#include "pbx/format.h"

#include <string.h>

static const struct pbx_format formats[] = {
	{"events", "application/json", false, pbx_events_parse},
	{"calls", "application/json", false, pbx_calls_parse},
	{"yeastar", "application/json", true, pbx_yeastar_parse},
	{"kamailio", "application/json", true, pbx_kamailio_parse},
	{"dialog-info", "application/dialog-info+xml", true, pbx_dialog_info_parse},
};

const struct pbx_format *pbx_format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}
