/* What waits goes out in order, whole, and never grows beyond its bound. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xmpp/outbox.h"

enum { MAX = 1024 * 1024 };

static struct outbox outbox;
static int ends[2];

static void open_ends(void)
{
	outbox_init(&outbox, MAX);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
}

static void close_ends(void)
{
	outbox_done(&outbox);
	close(ends[0]);
	close(ends[1]);
}

/* Writes and reads until nothing waits; checks that byte n is n % 251. Returns how many came. */
static size_t drain(void)
{
	static unsigned char bytes[64 * 1024];
	size_t came = 0;

	while (outbox_waiting(&outbox) > 0) {
		ck_assert_int_ge(outbox_write(&outbox, ends[0]), 0);
		ssize_t count = read(ends[1], bytes, sizeof(bytes));
		for (ssize_t i = 0; i < count; i++)
			ck_assert_uint_eq(bytes[i], (came + (size_t)i) % 251);
		came += (size_t)count;
	}
	for (ssize_t count; (count = recv(ends[1], bytes, sizeof(bytes), MSG_DONTWAIT)) > 0;) {
		for (ssize_t i = 0; i < count; i++)
			ck_assert_uint_eq(bytes[i], (came + (size_t)i) % 251);
		came += (size_t)count;
	}
	return came;
}

START_TEST(added_and_reserved_bytes_go_out_in_order)
{
	size_t sent = 0;

	for (size_t length = 1; length < 900; length++) {
		char piece[1000];
		for (size_t i = 0; i < length; i++)
			piece[i] = (char)((sent + i) % 251);
		if (length % 2 == 0) {
			char *place = outbox_reserve(&outbox, length);
			ck_assert_ptr_nonnull(place);
			memcpy(place, piece, length);
		} else {
			ck_assert(outbox_add(&outbox, piece, length));
		}
		sent += length;
	}
	ck_assert_uint_eq(outbox_waiting(&outbox), sent);
	ck_assert_uint_eq(drain(), sent);
}
END_TEST

START_TEST(nothing_is_added_beyond_the_bound)
{
	char *place = outbox_reserve(&outbox, MAX);

	ck_assert_ptr_nonnull(place);
	memset(place, 0, MAX);
	ck_assert_ptr_null(outbox_reserve(&outbox, 1));
	ck_assert(!outbox_add(&outbox, "x", 1));
	ck_assert(outbox_add(&outbox, "", 0));
	ck_assert_uint_eq(outbox_waiting(&outbox), MAX);
	outbox_clear(&outbox);
	ck_assert(outbox_add(&outbox, "x", 1));
}
END_TEST

START_TEST(a_socket_that_takes_nothing_is_no_error)
{
	char *place = outbox_reserve(&outbox, MAX);

	memset(place, 0, MAX);
	while (outbox_write(&outbox, ends[0]) > 0)
		;
	ck_assert_int_eq(outbox_write(&outbox, ends[0]), 0);
	ck_assert_uint_gt(outbox_waiting(&outbox), 0);
	close(ends[1]);
	ends[1] = -1;
	ck_assert_int_lt(outbox_write(&outbox, ends[0]), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outbox");
	TCase *cases = tcase_create("outbox");
	tcase_add_checked_fixture(cases, open_ends, close_ends);
	tcase_add_test(cases, added_and_reserved_bytes_go_out_in_order);
	tcase_add_test(cases, nothing_is_added_beyond_the_bound);
	tcase_add_test(cases, a_socket_that_takes_nothing_is_no_error);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
