/*
 * Log lines are made here and written with one call each.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"

enum { MESSAGE_BYTES = 2048, LINE_BYTES = 16 * 1024 };

static const struct {
	const char *name;
	const char *journal; /* syslog's number: sd-daemon(3) */
	const char *color;
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", "<3>", "\033[31m"},
	[LOG_LEVEL_WARN] = {"warn", "<4>", "\033[33m"},
	[LOG_LEVEL_INFO] = {"info", "<6>", "\033[32m"},
	[LOG_LEVEL_DEBUG] = {"debug", "<7>", "\033[2m"},
};

static struct {
	bool looked; /* at where standard error leads */
	bool journal;
	bool terminal;
	bool json;
	enum log_level level;
} to = {.level = LOG_LEVEL_INFO};

/* JOURNAL_STREAM is inherited by children whose output goes elsewhere, so the device and inode that it
 * names must be those of standard error: systemd.exec(5). */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char here[64];
	struct stat file;

	if (stream == NULL || fstat(STDERR_FILENO, &file) != 0)
		return false;
	snprintf(here, sizeof(here), "%ju:%ju", (uintmax_t)file.st_dev, (uintmax_t)file.st_ino);
	return strcmp(stream, here) == 0;
}

static void look(void)
{
	to.journal = is_journal();
	to.terminal = isatty(STDERR_FILENO);
	to.looked = true;
}

void log_configure(enum log_level level, bool json)
{
	to.level = level;
	to.json = json;
	look();
}

bool log_level_parse(const char *text, enum log_level *level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(levels[i].name, text) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

bool log_enabled(enum log_level level)
{
	return level <= to.level;
}

static bool is_control(ucs4_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

static bool is_bidi(ucs4_t c)
{
	return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Whatever could end the line, move the cursor or reorder the text on a screen is replaced. */
static void add_clean(struct buf *line, const char *text, bool json)
{
	const uint8_t *at = (const uint8_t *)text;
	const uint8_t *end = at + strlen(text);

	while (end > at && end[-1] <= ' ')
		end--;
	while (at < end) {
		ucs4_t c;
		int length = u8_mbtouc(&c, at, (size_t)(end - at));
		if (is_control(c))
			buf_add_char(line, ' ');
		else if (is_bidi(c) || c == 0xFFFD)
			buf_add_text(line, "\uFFFD");
		else {
			if (json && (c == '"' || c == '\\'))
				buf_add_char(line, '\\');
			buf_add(line, at, (size_t)length);
		}
		at += length;
	}
}

static void add_text_line(
	struct buf *line, enum log_level level, const char *time, const char *subject, const char *message)
{
	if (to.journal)
		buf_add_text(line, levels[level].journal);
	buf_addf(line, "%s ", time);
	if (to.terminal)
		buf_addf(line, "%s%-5s\033[0m ", levels[level].color, levels[level].name);
	else
		buf_addf(line, "%-5s ", levels[level].name);
	add_clean(line, subject, false);
	buf_add_text(line, ": ");
	add_clean(line, message, false);
}

static void add_json_line(
	struct buf *line, enum log_level level, const char *time, const char *subject, const char *message)
{
	buf_addf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"subject\":\"", time, levels[level].name);
	add_clean(line, subject, true);
	buf_add_text(line, "\",\"message\":\"");
	add_clean(line, message, true);
	buf_add_text(line, "\"}");
}

/* "2026-11-22T10:00:00.123Z": always with milliseconds, so that columns stand below each other. */
static char *time_text(char text[CLOCK_TEXT])
{
	usec_t now = clock_now();
	clock_text(now - now % SECOND, text);
	size_t length = strlen(text) - 1;
	snprintf(text + length, CLOCK_TEXT - length, ".%03dZ", (int)(now % SECOND / 1000));
	return text;
}

void log_write(enum log_level level, const char *subject, const char *format, ...)
{
	int saved_errno = errno;
	if (!log_enabled(level))
		return;
	if (!to.looked)
		look();

	char message[MESSAGE_BYTES + sizeof("…")];
	va_list args;
	va_start(args, format);
	int length = vsnprintf(message, MESSAGE_BYTES, format, args);
	va_end(args);
	if (length < 0)
		message[0] = '\0';
	else if (length >= MESSAGE_BYTES)
		memcpy(message + MESSAGE_BYTES - 1, "…", sizeof("…"));

	char time[CLOCK_TEXT];
	struct buf line;
	buf_init(&line, LINE_BYTES);
	(to.json ? add_json_line : add_text_line)(&line, level, time_text(time), subject, message);
	buf_add_char(&line, '\n');
	/* Where nobody reads the log, the program goes on without. */
	ssize_t written = write(STDERR_FILENO, buf_text(&line), line.length);
	(void)written;
	buf_done(&line);
	errno = saved_errno;
}
