/*
 * Whatever passes for a dialog-info document.
 */
#include "tests/fuzz/pbx/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse("dialog-info", data, size);
	return 0;
}
