/*
 * A PBX whose calls come at a measured pace: in turn one is answered and one ends, of one person after the
 * other in an order that is not that of memory.
 *
 * People have the extensions 1000, 1001, …; one event a POST, over connections that are kept. What is due
 * while all of them are busy waits. Prints one line of JSON. So many calls as
 * --lasting says begin before the first of them ends. With --first N the calls after the N-th come, so that
 * runs can follow one another; the last calls of a run end in the next one.
 */
#include <event2/event.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"
#include "bench/pbx.h"

enum { STRIDE = 7919 }; /* prime, so that everybody has a turn */

struct calls {
	/* options */
	unsigned port, people, rate, seconds, connections, first, lasting;
	const char *token;

	struct event_base *base;
	struct event *timer;
	struct pbx *pbx;
	usec_t begin;
	size_t events, posted, answered, refused;
	usec_t took; /* all answers together */
	usec_t *sent;
	const char *failure;
};

static void on_failed(void *ctx, const char *reason)
{
	struct calls *calls = ctx;
	calls->failure = reason;
	event_base_loopbreak(calls->base);
}

static void post(struct calls *calls, size_t number)
{
	bool ends = number % 2;
	size_t call = calls->first + number / 2 + (ends ? 0 : calls->lasting);
	char body[256];
	snprintf(body, sizeof(body),
		"{\"event\":\"%s\",\"call\":\"call-%zu\",\"extension\":\"%zu\",\"direction\":"
		"\"inbound\"}",
		ends ? "ended" : "answered", call, 1000 + call * STRIDE % calls->people);
	pbx_post(calls->pbx, number, body);
}

static void post_due(evutil_socket_t fd, short what, void *arg)
{
	struct calls *calls = arg;
	(void)fd;
	(void)what;
	while (calls->posted < calls->events) {
		usec_t left = calls->begin + (usec_t)calls->posted * SECOND / calls->rate - clock_monotonic();
		if (left > 0) {
			struct timeval wait = {
				.tv_sec = (time_t)(left / SECOND), .tv_usec = (suseconds_t)(left % SECOND)};
			event_add(calls->timer, &wait);
			return;
		}
		post(calls, calls->posted++);
	}
}

static void on_ready(void *ctx)
{
	struct calls *calls = ctx;
	calls->begin = clock_monotonic();
	post_due(-1, 0, calls);
}

static void on_sent(void *ctx, size_t number, usec_t at)
{
	struct calls *calls = ctx;
	calls->sent[number] = at;
}

static void on_answered(void *ctx, size_t number, int status, usec_t at)
{
	struct calls *calls = ctx;
	calls->took += at - calls->sent[number];
	calls->refused += status != 200;
	if (++calls->answered == calls->events)
		event_base_loopbreak(calls->base);
}

static void run(struct calls *calls)
{
	struct event_config *config = event_config_new();
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	calls->base = event_base_new_with_config(config);
	event_config_free(config);
	calls->timer = evtimer_new(calls->base, post_due, calls);
	calls->events = (size_t)calls->rate * calls->seconds;
	calls->sent = mem_new(calls->events * sizeof(*calls->sent));
	struct pbx_events events = {.ctx = calls,
		.ready = on_ready,
		.sent = on_sent,
		.answered = on_answered,
		.failed = on_failed};
	calls->pbx = pbx_new(calls->base, (uint16_t)calls->port, calls->token, calls->connections, &events);
	event_base_dispatch(calls->base);
	double seconds = (double)(clock_monotonic() - calls->begin) / 1e6;
	if (!calls->failure)
		printf("{\"events\": %zu, \"refused\": %zu, \"seconds\": %.3f, \"answer\": %.3f, "
		       "\"most_waiting\": %zu}\n",
			calls->events, calls->refused, seconds,
			(double)calls->took / 1e3 / (double)calls->events, pbx_most_waiting(calls->pbx));
	pbx_free(calls->pbx);
	free(calls->sent);
	event_free(calls->timer);
	event_base_free(calls->base);
}

static bool read_options(struct calls *calls, int argc, char **argv)
{
	static const struct option options[] = {{"port", required_argument, NULL, 'h'},
		{"token", required_argument, NULL, 't'}, {"people", required_argument, NULL, 'p'},
		{"rate", required_argument, NULL, 'r'}, {"seconds", required_argument, NULL, 's'},
		{"connections", required_argument, NULL, 'n'}, {"first", required_argument, NULL, 'f'},
		{"lasting", required_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};
	const struct {
		int option;
		unsigned *number, most;
	} numbers[] = {{'h', &calls->port, 65535}, {'p', &calls->people, 1000000},
		{'r', &calls->rate, 100000}, {'s', &calls->seconds, 3600}, {'n', &calls->connections, 1000},
		{'f', &calls->first, 1000000}, {'l', &calls->lasting, 10000}};
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		bool known = option == 't';
		if (known)
			calls->token = optarg;
		for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
			if (numbers[i].option != option)
				continue;
			unsigned long number = strtoul(optarg, NULL, 10);
			*numbers[i].number = (unsigned)number;
			known = number <= numbers[i].most && (number > 0 || option == 'f');
		}
		if (!known)
			return false;
	}
	return optind == argc && calls->port && calls->token;
}

int main(int argc, char **argv)
{
	struct calls calls = {.people = 1000, .rate = 200, .seconds = 10, .connections = 64, .lasting = 100};
	if (!read_options(&calls, argc, argv)) {
		fputs("Usage: bench_calls --port N --token T [--people N] [--rate N] [--seconds N] "
		      "[--connections N] [--first N] [--lasting N]\n",
			stderr);
		return 2;
	}
	run(&calls);
	if (calls.failure)
		fprintf(stderr, "bench_calls: %s\n", calls.failure);
	return calls.failure ? 1 : 0;
}
