/*
 * A PBX that posts call events as fast as they are answered, or at a rate.
 *
 * The people p0, p1, … with the extensions 1000, 1001, … are called one after the other: everybody's call is
 * answered in one round and ended in the next, so that every event is a change that colleagues see. A run may
 * go on from the event where another ended. Prints one line of JSON.
 */
#include <event2/event.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "bench/pbx.h"

enum { MOST_BATCH = 1000, MOST_CONNECTIONS = 1000, BODY_BYTES = 512 * 1024 };

#define CONNECT_PATIENCE (30 * SECOND)
#define LAST_PATIENCE (60 * SECOND)

struct load {
	/* options */
	unsigned http_port, people, connections, seconds, rate, batch, first;
	const char *token;

	struct event_base *base;
	struct event *timer;
	struct pbx *pbx;
	struct buf body;
	size_t event, posts, answered, refused;
	usec_t begin, end;
	bool running;
	const char *failure;
	char failure_text[256];
};

static void fail(void *ctx, const char *reason)
{
	struct load *load = ctx;
	if (!load->failure) {
		snprintf(load->failure_text, sizeof(load->failure_text), "%s", reason);
		load->failure = load->failure_text;
	}
	event_base_loopbreak(load->base);
}

static void set_timer(struct load *load, usec_t wait)
{
	struct timeval interval = {
		.tv_sec = (time_t)(wait / SECOND), .tv_usec = (suseconds_t)(wait % SECOND)};
	event_add(load->timer, &interval);
}

static void add_event(struct load *load)
{
	size_t person = load->event % load->people, round = load->event / load->people;
	buf_addf(&load->body,
		"{\"event\":\"%s\",\"call\":\"call-%zu-%zu\",\"extension\":\"%zu\",\"direction\":"
		"\"inbound\"}",
		round % 2 == 0 ? "answered" : "ended", person, round / 2, 1000 + person);
	load->event++;
}

static void post(struct load *load)
{
	buf_clear(&load->body);
	if (load->batch == 1) {
		add_event(load);
	} else {
		for (unsigned i = 0; i < load->batch; i++) {
			buf_add_char(&load->body, i == 0 ? '[' : ',');
			add_event(load);
		}
		buf_add_char(&load->body, ']');
	}
	pbx_post(load->pbx, load->posts++, buf_text(&load->body));
}

/* What is due; without a rate, whatever a connection is free for. */
static size_t due(const struct load *load, usec_t now)
{
	if (load->rate == 0)
		return SIZE_MAX;
	return (size_t)((now - load->begin) * load->rate / SECOND / load->batch) + 1;
}

static void post_due(struct load *load)
{
	usec_t now = clock_monotonic();
	if (now >= load->end)
		load->running = false;
	while (load->running && load->posts < due(load, now) &&
		load->posts - load->answered < load->connections)
		post(load);
	if (!load->running && load->answered == load->posts)
		event_base_loopbreak(load->base);
	else if (!load->running)
		set_timer(load, LAST_PATIENCE);
	else
		set_timer(load, load->rate > 0 ? SECOND / 1000 : load->end - now);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct load *load = arg;
	(void)fd;
	(void)what;
	if (load->begin == 0)
		fail(load, "not all connections were opened");
	else if (load->running)
		post_due(load);
	else
		fail(load, "not all posts were answered");
}

static void on_ready(void *ctx)
{
	struct load *load = ctx;
	load->begin = clock_monotonic();
	load->end = load->begin + (usec_t)load->seconds * SECOND;
	load->running = true;
	post_due(load);
}

static void on_sent(void *ctx, size_t number, usec_t at)
{
	(void)ctx;
	(void)number;
	(void)at;
}

static void on_answered(void *ctx, size_t number, int status, usec_t at)
{
	struct load *load = ctx;
	(void)number;
	(void)at;
	load->answered++;
	load->refused += status != 200;
	post_due(load);
}

static const struct option options[] = {{"http-port", required_argument, NULL, 'h'},
	{"token", required_argument, NULL, 't'}, {"people", required_argument, NULL, 'p'},
	{"connections", required_argument, NULL, 'n'}, {"seconds", required_argument, NULL, 's'},
	{"rate", required_argument, NULL, 'r'}, {"batch", required_argument, NULL, 'b'},
	{"first", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};

static bool read_options(struct load *load, int argc, char **argv)
{
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned number = option == 't' || option == '?' ? 0 : (unsigned)strtoul(optarg, NULL, 10);
		switch (option) {
		case 'h':
			load->http_port = number;
			break;
		case 't':
			load->token = optarg;
			break;
		case 'p':
			load->people = number;
			break;
		case 'n':
			load->connections = number;
			break;
		case 's':
			load->seconds = number;
			break;
		case 'r':
			load->rate = number;
			break;
		case 'b':
			load->batch = number;
			break;
		case 'f':
			load->first = number;
			break;
		default:
			return false;
		}
	}
	return optind == argc && load->http_port > 0 && load->http_port <= 65535 && load->token &&
	       load->people > 0 && load->seconds > 0 && load->batch > 0 && load->batch <= MOST_BATCH &&
	       load->connections > 0 && load->connections <= MOST_CONNECTIONS;
}

static void run(struct load *load)
{
	struct pbx_events events = {
		.ctx = load, .ready = on_ready, .sent = on_sent, .answered = on_answered, .failed = fail};
	struct event_config *config = event_config_new();
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	load->base = event_base_new_with_config(config);
	event_config_free(config);
	load->timer = evtimer_new(load->base, on_timer, load);
	load->event = load->first;
	buf_init(&load->body, BODY_BYTES);
	load->pbx = pbx_new(load->base, (uint16_t)load->http_port, load->token, load->connections, &events);
	set_timer(load, CONNECT_PATIENCE);
	event_base_dispatch(load->base);
	pbx_free(load->pbx);
	buf_done(&load->body);
	event_free(load->timer);
	event_base_free(load->base);
}

int main(int argc, char **argv)
{
	struct load load = {.people = 100, .connections = 64, .seconds = 3, .batch = 1};
	if (!read_options(&load, argc, argv)) {
		fputs("Usage: bench_load --http-port N --token T [--people N] [--connections N] [--seconds "
		      "N]\n"
		      "       [--rate N] [--batch N] [--first N]\n",
			stderr);
		return 2;
	}
	run(&load);
	if (load.failure) {
		fprintf(stderr, "bench_load: %s\n", load.failure);
		return 1;
	}
	printf("{\"events\": %zu, \"next\": %zu, \"refused\": %zu, \"seconds\": %.3f}\n",
		load.event - load.first, load.event, load.refused,
		(double)(clock_monotonic() - load.begin) / 1e6);
	return 0;
}
