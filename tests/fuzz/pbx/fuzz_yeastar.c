/*
 * Whatever passes for a event report of a Yeastar.
 */
#include "tests/fuzz/pbx/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse("yeastar", data, size);
	return 0;
}
