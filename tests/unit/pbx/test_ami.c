/* Manager blocks: how they are cut, what is passed over, and that nothing written makes a line. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pbx/ami.h"

static struct ami_reader reader;

static void begin(void)
{
	ami_reader_init(&reader);
}

static enum ami_read feed(const char **text, size_t *length)
{
	return ami_reader_read(&reader, text, length);
}

/* What the text gives, as "name=value;name=value|..." */
static const char *blocks_in_pieces(const char *text, size_t piece)
{
	static char shown[4096];
	size_t left = strlen(text);
	shown[0] = '\0';
	while (left > 0) {
		size_t length = left < piece ? left : piece;
		left -= length;
		while (feed(&text, &length) == AMI_BLOCK) {
			for (size_t i = 0; i < reader.block.count; i++)
				snprintf(shown + strlen(shown), sizeof(shown) - strlen(shown), "%s=%s;",
					reader.block.fields[i].name, reader.block.fields[i].value);
			strcat(shown, "|");
		}
	}
	return shown;
}

static const char *blocks(const char *text)
{
	return blocks_in_pieces(text, 4096);
}

START_TEST(blocks_are_cut_at_empty_lines)
{
	ck_assert_str_eq(blocks("Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nActionID: 1\r\n\r\n"
				"Event: FullyBooted\r\nStatus:\r\n\r\n\r\nEvent: Half"),
		"Response=Success;ActionID=1;|Event=FullyBooted;Status=;|");
	ck_assert_str_eq(blocks(": way\r\n\r\n"), "Event=Half: way;|");
}
END_TEST

START_TEST(pieces_make_no_difference)
{
	const char *text = "Event: A\r\nB: c:d\r\n\r\nnonsense\r\nEvent: E\r\n\r\n";
	for (size_t piece = 1; piece < 20; piece++) {
		ami_reader_init(&reader);
		ck_assert_str_eq(blocks_in_pieces(text, piece), "Event=A;B=c:d;|Event=E;|");
	}
}
END_TEST

START_TEST(the_first_of_equal_names_counts)
{
	const char *text = "Status: dnd\r\nstatus: available\r\n\r\n";
	size_t length = strlen(text);
	ck_assert_int_eq(feed(&text, &length), AMI_BLOCK);
	ck_assert_str_eq(ami_get(&reader.block, "STATUS"), "dnd");
	ck_assert_ptr_null(ami_get(&reader.block, "Event"));
	ck_assert_str_eq(ami_text(&reader.block, "Event"), "");
}
END_TEST

START_TEST(a_line_feed_alone_makes_no_line)
{
	ck_assert_str_eq(blocks("Event: A\r\nName: x\nEvent: B\r\n\r\nEvent: C\r\n\r\n"), "Event=C;|");
	ck_assert_str_eq(blocks("Event: A\r\nName: x\rEvent: B\r\n\r\nEvent: C\r\n\r\n"), "Event=C;|");
	ck_assert_str_eq(blocks("Event: A\r\nName: x\n\nEvent: B\n\n\r\n\r\nEvent: C\r\n\r\n"), "Event=C;|");
	ck_assert_str_eq(blocks("Event: A\r\nName: \x1b[1m\r\n\r\n"), "");
	ck_assert_uint_eq(reader.passed_over, 4);
}
END_TEST

START_TEST(what_is_too_large_is_passed_over_whole)
{
	static char text[LIMIT_AMI_BLOCK_BYTES * 2];
	size_t used = (size_t)sprintf(text, "Event: A\r\nX: ");
	memset(text + used, 'x', LIMIT_AMI_LINE_BYTES);
	strcpy(text + used + LIMIT_AMI_LINE_BYTES, "\r\nEvent: B\r\n\r\nEvent: C\r\n\r\n");
	ck_assert_str_eq(blocks(text), "Event=C;|");

	used = 0;
	for (int i = 0; i <= LIMIT_AMI_FIELDS; i++)
		used += (size_t)sprintf(text + used, "X: y\r\n");
	strcpy(text + used, "\r\nEvent: D\r\n\r\n");
	ck_assert_str_eq(blocks(text), "Event=D;|");

	used = 0;
	while (used < LIMIT_AMI_BLOCK_BYTES + 100)
		used += (size_t)sprintf(text + used, "X: %01000d\r\n", 7);
	strcpy(text + used, "\r\nEvent: E\r\n\r\n");
	ck_assert_str_eq(blocks(text), "Event=E;|");
	ck_assert_uint_eq(reader.passed_over, 3);
}
END_TEST

START_TEST(bytes_without_end_are_no_manager)
{
	static char text[64 * 1024];
	enum ami_read result = AMI_MORE;
	memset(text, 'a', sizeof(text));
	for (size_t sent = 0; result == AMI_MORE; sent += sizeof(text)) {
		const char *bytes = text;
		size_t length = sizeof(text);
		ck_assert_uint_le(sent, LIMIT_AMI_ENDLESS_BYTES);
		result = feed(&bytes, &length);
	}
	ck_assert_int_eq(result, AMI_ENDLESS);

	ami_reader_init(&reader);
	result = AMI_MORE;
	for (size_t sent = 0; result == AMI_MORE; sent += 6) {
		const char *bytes = "a: b\r\n";
		size_t length = 6;
		ck_assert_uint_le(sent, LIMIT_AMI_ENDLESS_BYTES);
		result = feed(&bytes, &length);
	}
	ck_assert_int_eq(result, AMI_ENDLESS);
}
END_TEST

START_TEST(no_value_makes_a_line)
{
	struct buf out;
	buf_init(&out, 1000);
	ami_begin(&out, "Setvar", "7");
	ami_add(&out, "Value", "x\r\nAction: Command\n\ttab \x7f");
	ami_end(&out);
	ck_assert_str_eq(
		buf_text(&out), "Action: Setvar\r\nActionID: 7\r\nValue: x  Action: Command \ttab  \r\n\r\n");
	buf_done(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ami");
	TCase *tests = tcase_create("ami");
	tcase_add_checked_fixture(tests, begin, NULL);
	tcase_add_test(tests, blocks_are_cut_at_empty_lines);
	tcase_add_test(tests, pieces_make_no_difference);
	tcase_add_test(tests, the_first_of_equal_names_counts);
	tcase_add_test(tests, a_line_feed_alone_makes_no_line);
	tcase_add_test(tests, what_is_too_large_is_passed_over_whole);
	tcase_add_test(tests, bytes_without_end_are_no_manager);
	tcase_add_test(tests, no_value_makes_a_line);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
