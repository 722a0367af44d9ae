/*
 * Activities (XEP-0108 section 3): a general one ("working"), or a general and a specific one
 * ("talking/on_the_phone"). Each specific one may stand below each general one.
 */
#ifndef OFFHOOK_CORE_ACTIVITY_H
#define OFFHOOK_CORE_ACTIVITY_H

#include <stdbool.h>

#include "base/error.h"

struct activity {
	const char *general, *specific; /* constants; NULL: none */
};

/* False when one of the two is unknown, which is NULL then; nothing specific without a general one. "" is no
 * activity. */
bool activity_parse(const char *text, struct activity *activity) must_check;

#endif
