/*
 * Whatever passes for a body of docs/pbx/kamailio.cfg.
 */
#include "tests/fuzz/pbx/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse("kamailio", data, size);
	return 0;
}
