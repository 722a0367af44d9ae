/*
 * Error texts are written here, whole characters only.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A text that filled its array may end inside a character, which JSON and XML would refuse. */
static void drop_partial_character(char *text, size_t length)
{
	size_t start = length;
	while (start > 0 && length - start < 3 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0)
		return;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
	if (length - start + 1 < wanted)
		text[start - 1] = '\0';
}

bool error_set(struct error *error, const char *field, const char *format, ...)
{
	if (error == NULL)
		return false;

	/* The arguments may point into `error` itself: a caller adding to what a callee said. */
	struct error filled;
	int length = snprintf(filled.field, sizeof(filled.field), "%s", field != NULL ? field : "");
	if (length >= (int)sizeof(filled.field))
		drop_partial_character(filled.field, sizeof(filled.field) - 1);

	va_list args;
	va_start(args, format);
	length = vsnprintf(filled.text, sizeof(filled.text), format, args);
	va_end(args);
	if (length < 0)
		filled.text[0] = '\0';
	else if (length >= (int)sizeof(filled.text))
		drop_partial_character(filled.text, sizeof(filled.text) - 1);

	*error = filled;
	return false;
}
