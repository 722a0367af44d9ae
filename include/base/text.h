/*
 * Unicode text at the borders: validity, length, graphemes, case folding, slugs.
 * "Characters" are Unicode code points. Input is NUL-terminated; nothing here trusts it to be UTF-8.
 */
#ifndef OFFHOOK_BASE_TEXT_H
#define OFFHOOK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Valid UTF-8, every character legal in XML 1.0, and none a control character (C0, DEL, C1, U+2028,
 * U+2029) nor a bidirectional override or isolate (U+202A..U+202E, U+2066..U+2069). */
bool text_valid(const char *text) must_check;
/* Characters; the text must be valid. */
size_t text_length(const char *text);
/* Valid and between min and max characters after trimming is *not* done: `text` with leading or
 * trailing white space is refused. `field` goes into the error. */
bool text_check(const char *text, size_t min, size_t max, const char *field, struct error *error) must_check;
/* A copy without white space at either end; the caller frees it. */
char *text_trim(const char *text);
/* Exactly one extended grapheme cluster (UAX #29) of at most LIMIT_ICON_BYTES bytes, not white space. */
bool text_is_grapheme(const char *text) must_check;
/* Full Unicode case folding, NFKC-normalised: equal names fold to equal bytes. The caller frees it;
 * NULL when the text is not valid UTF-8. */
char *text_fold(const char *text);
/* A slug `[a-z0-9-]{1,64}` made of a name ("Back at 2" -> "back-at-2", accents dropped by
 * decomposition; "status" when nothing is left). The caller frees it. */
char *text_slug(const char *name);
bool text_is_slug(const char *text) must_check;
/* A copy in which every invalid byte or XML-illegal character became U+FFFD and every control
 * character a space, cut to `max` characters at a grapheme boundary; the caller frees it. */
char *text_clean(const char *bytes, size_t length, size_t max);
/* Writes the parts one behind the other, with `apart` between them, and a NUL. As with snprintf, what does not fit into
 * `room` bytes (at least 1) is left out, and the length of all of it is returned. For keys that are made for each event:
 * snprintf takes several times as long. */
size_t text_join(char *text, size_t room, char apart, const char *const *parts, size_t count);
/* A decimal number without sign or blanks, within [min, max]. */
bool text_number(const char *text, long long min, long long max, long long *number) must_check;

#endif
