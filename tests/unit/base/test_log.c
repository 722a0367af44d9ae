/*
 * Log lines as they arrive at the other end of standard error.
 */
#include "base/log.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int real_stderr;
static int reader;

static void redirect(void)
{
	int ends[2];
	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	real_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	reader = ends[0];
	log_configure(LOG_LEVEL_INFO, false);
}

static void restore(void)
{
	unsetenv("JOURNAL_STREAM");
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(reader);
	log_configure(LOG_LEVEL_INFO, false);
}

/* Everything written since the last call; it must have been one line or nothing. */
static const char *line(void)
{
	static char text[20000];
	ssize_t length = read(reader, text, sizeof(text) - 1);
	if (length <= 0)
		return "";
	text[length] = '\0';
	ck_assert_ptr_eq(strchr(text, '\n'), text + length - 1);
	text[length - 1] = '\0';
	return text;
}

/* The line without its time, which must look like one. */
static const char *untimed(const char *text)
{
	const char *shape = "dddd-dd-ddTdd:dd:dd.dddZ ";
	for (size_t i = 0; shape[i] != '\0'; i++) {
		if (shape[i] == 'd')
			ck_assert_msg(text[i] >= '0' && text[i] <= '9', "%s", text);
		else
			ck_assert_msg(text[i] == shape[i], "%s", text);
	}
	return text + strlen(shape);
}

START_TEST(a_line_says_when_how_bad_who_and_what)
{
	log_info("xmpp presence.example.org", "connected to %s", "127.0.0.1");
	ck_assert_str_eq(untimed(line()), "info  xmpp presence.example.org: connected to 127.0.0.1");
	log_error("store", "gone");
	ck_assert_str_eq(untimed(line()), "error store: gone");
}
END_TEST

START_TEST(only_the_wanted_levels_are_written)
{
	log_debug("pbx hq", "hidden");
	ck_assert_str_eq(line(), "");
	log_configure(LOG_LEVEL_DEBUG, false);
	ck_assert(log_enabled(LOG_LEVEL_DEBUG));
	log_debug("pbx hq", "shown");
	ck_assert_str_eq(untimed(line()), "debug pbx hq: shown");
	log_configure(LOG_LEVEL_ERROR, false);
	ck_assert(!log_enabled(LOG_LEVEL_WARN));
	log_warn("pbx hq", "hidden");
	ck_assert_str_eq(line(), "");
}
END_TEST

START_TEST(levels_have_names)
{
	enum log_level level = LOG_LEVEL_WARN;
	ck_assert(log_level_parse("debug", &level));
	ck_assert_int_eq(level, LOG_LEVEL_DEBUG);
	ck_assert(log_level_parse("error", &level));
	ck_assert_int_eq(level, LOG_LEVEL_ERROR);
	ck_assert(!log_level_parse("Error", &level));
	ck_assert(!log_level_parse("", &level));
	ck_assert_int_eq(level, LOG_LEVEL_ERROR);
}
END_TEST

START_TEST(nobody_can_forge_a_line)
{
	log_info("pbx hq", "call %s", "1\n2026-11-22T10:00:00.123Z error store: forged");
	ck_assert_str_eq(
		untimed(line()), "info  pbx hq: call 1 2026-11-22T10:00:00.123Z error store: forged");
	log_info("pbx a\nb", "\x1b[2J\r\x7f|\xc2\x9b|\xe2\x80\xa8|\xe2\x80\xae|");
	ck_assert_str_eq(untimed(line()), "info  pbx a b:  [2J  | | |\ufffd|");
}
END_TEST

START_TEST(bad_utf8_is_replaced_and_good_stays)
{
	log_info("pbx hq", "%s", "a\xffz\xe2\x82 Grüße 📞");
	ck_assert_str_eq(untimed(line()), "info  pbx hq: a\ufffdz\ufffd Grüße 📞");
}
END_TEST

START_TEST(a_final_newline_of_a_library_is_dropped)
{
	log_warn("store", "%s", "FATAL: the database system is starting up\n");
	ck_assert_str_eq(untimed(line()), "warn  store: FATAL: the database system is starting up");
}
END_TEST

START_TEST(a_long_message_is_cut)
{
	char text[5000];
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info("pbx hq", "%s", text);
	const char *written = line();
	ck_assert_uint_gt(strlen(written), 2000);
	ck_assert_uint_lt(strlen(written), 2200);
	ck_assert_str_eq(written + strlen(written) - strlen("x…"), "x…");

	/* Every byte of it may take three. */
	memset(text, '\xff', sizeof(text) - 1);
	log_info("pbx hq", "%s", text);
	written = line();
	ck_assert_str_eq(written + strlen(written) - strlen("\ufffd…"), "\ufffd…");
}
END_TEST

START_TEST(json_lines_are_json)
{
	log_configure(LOG_LEVEL_INFO, true);
	log_warn("pbx \"hq\"", "path C:\\x\n said \"%s\" \xff 📞", "no");
	json_t *object = json_loads(line(), JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(object);
	ck_assert_uint_eq(json_object_size(object), 4);
	ck_assert_str_eq(json_string_value(json_object_get(object, "level")), "warn");
	ck_assert_str_eq(json_string_value(json_object_get(object, "subject")), "pbx \"hq\"");
	ck_assert_str_eq(
		json_string_value(json_object_get(object, "message")), "path C:\\x  said \"no\" \ufffd 📞");
	char time[40];
	snprintf(time, sizeof(time), "%s ", json_string_value(json_object_get(object, "time")));
	ck_assert_str_eq(untimed(time), "");
	json_decref(object);
}
END_TEST

START_TEST(the_journal_gets_its_level)
{
	struct stat file;
	char name[64];
	ck_assert_int_eq(fstat(STDERR_FILENO, &file), 0);
	snprintf(name, sizeof(name), "%llu:%llu", (unsigned long long)file.st_dev,
		(unsigned long long)file.st_ino);
	setenv("JOURNAL_STREAM", name, 1);
	log_configure(LOG_LEVEL_DEBUG, false);
	log_error("store", "gone");
	ck_assert_int_eq(strncmp(line(), "<3>2", 4), 0);
	log_debug("store", "back");
	ck_assert_int_eq(strncmp(line(), "<7>2", 4), 0);

	/* A terminal started from a service inherits the variable, but is not the journal. */
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_configure(LOG_LEVEL_INFO, false);
	log_error("store", "gone");
	ck_assert_str_eq(untimed(line()), "error store: gone");
}
END_TEST

START_TEST(a_full_pipe_stops_nobody_and_errno_stays)
{
	for (int i = 0; i < 3000; i++) {
		errno = EPERM;
		log_info("pbx hq", "%100d", i);
		ck_assert_int_eq(errno, EPERM);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("log");
	tcase_add_checked_fixture(tests, redirect, restore);
	tcase_add_test(tests, a_line_says_when_how_bad_who_and_what);
	tcase_add_test(tests, only_the_wanted_levels_are_written);
	tcase_add_test(tests, levels_have_names);
	tcase_add_test(tests, nobody_can_forge_a_line);
	tcase_add_test(tests, bad_utf8_is_replaced_and_good_stays);
	tcase_add_test(tests, a_final_newline_of_a_library_is_dropped);
	tcase_add_test(tests, a_long_message_is_cut);
	tcase_add_test(tests, json_lines_are_json);
	tcase_add_test(tests, the_journal_gets_its_level);
	tcase_add_test(tests, a_full_pipe_stops_nobody_and_errno_stays);

	Suite *suite = suite_create("log");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
