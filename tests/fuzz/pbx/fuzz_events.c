/*
 * Whatever a PBX posts in the generic formats.
 */
#include "tests/fuzz/pbx/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse("events", data, size);
	parse("calls", data, size);
	return 0;
}
