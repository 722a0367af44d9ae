/*
 * Why something failed, in words for the person who caused it.
 *
 * A fallible function returns bool (or -errno), is marked `must_check`, and fills a `struct error`
 * that its caller owns. The text is one sentence without a final full stop and without secrets; the
 * caller that gives up logs it or shows it, once. `field` names the form field, JSON member or
 * configuration key at fault, or is empty.
 */
#ifndef OFFHOOK_BASE_ERROR_H
#define OFFHOOK_BASE_ERROR_H

#include <stdbool.h>

#define must_check __attribute__((warn_unused_result))
#define printf_like(text, first) __attribute__((format(printf, text, first)))

struct error {
	char field[64];
	char text[448];
};

/* Fills `error` (NULL is allowed: nobody wants to know) and returns false, so that
 * `return error_set(error, "name", "is empty");` reads as it acts. `field` may be NULL. */
bool error_set(struct error *error, const char *field, const char *format, ...) printf_like(3, 4);

#endif
