/*
 * Any bytes as a configuration file: it is good, or the error says why.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct error error = {"", ""};
	struct config *config = config_parse((const char *)bytes, length, "fuzz.toml", &error);

	if (config ? config->tenant_count == 0 : strncmp(error.text, "fuzz.toml:", 10) != 0)
		abort();
	config_free(config);
	return 0;
}
