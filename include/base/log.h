/*
 * Log lines to standard error: one line an event, as logfmt-like text or as JSON.
 *
 * Text: `2026-11-22T10:00:00.123Z info  xmpp presence.example.org: connected`, prefixed with the
 * journal's `<N>` level when JOURNAL_STREAM names standard error; coloured only on a terminal. JSON: one
 * object a line with `time`, `level`, `subject`, `message`. Control characters and bad UTF-8 in arguments
 * are replaced, so nobody can forge a line. Never pass a secret.
 *
 * `subject` is the noun and the identity that speaks: "xmpp presence.example.org", "pbx hq", "store".
 */
#ifndef OFFHOOK_BASE_LOG_H
#define OFFHOOK_BASE_LOG_H

#include <stdbool.h>

#include "base/error.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Until called: info, text. May be called again at any time (SIGHUP). */
void log_configure(enum log_level level, bool json);
/* "error", "warn", "info", "debug"; false when it is none of them. */
bool log_level_parse(const char *text, enum log_level *level) must_check;
bool log_enabled(enum log_level level);

void log_write(enum log_level level, const char *subject, const char *format, ...) printf_like(3, 4);
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                                                                       \
	do {                                                                                                 \
		if (log_enabled(LOG_LEVEL_DEBUG))                                                            \
			log_write(LOG_LEVEL_DEBUG, __VA_ARGS__);                                             \
	} while (0)

#endif
