/*
 * Chat clients that only count the presence they get.
 *
 * The accounts w0, w1, … log in. Each line on standard input is answered by one line of JSON: how many are
 * online, the presences from contact addresses since the last line that said "anew", and when the first and
 * the last of them came (microseconds of the monotonic clock). The end of input ends the program.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "bench/client.h"

enum { MOST_CLIENTS = 500 };

struct crowd {
	struct event_base *base;
	size_t online;
	long long presences;
	usec_t first, last;
	int status;
};

static void on_online(void *ctx)
{
	((struct crowd *)ctx)->online++;
}

static void on_presence(void *ctx, const char *from, const char *type, const char *id, usec_t at)
{
	struct crowd *crowd = ctx;
	(void)from;
	if (type || !id) /* of the other clients, and those who signed off */
		return;
	if (crowd->presences++ == 0)
		crowd->first = at;
	crowd->last = at;
}

static void on_failed(void *ctx, const char *reason)
{
	struct crowd *crowd = ctx;
	fprintf(stderr, "bench_crowd: %s\n", reason);
	crowd->status = 1;
	event_base_loopbreak(crowd->base);
}

static void on_question(evutil_socket_t fd, short what, void *arg)
{
	struct crowd *crowd = arg;
	char line[256];
	(void)what;
	ssize_t length = read(fd, line, sizeof(line) - 1);
	if (length <= 0) {
		event_base_loopbreak(crowd->base);
		return;
	}
	printf("{\"online\": %zu, \"presences\": %lld, \"first\": %lld, \"last\": %lld}\n", crowd->online,
		crowd->presences, (long long)crowd->first, (long long)crowd->last);
	fflush(stdout);
	line[length] = '\0';
	if (strcmp(line, "anew\n") == 0)
		crowd->presences = 0;
}

int main(int argc, char **argv)
{
	long port = argc == 4 ? strtol(argv[1], NULL, 10) : 0;
	long count = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	if (port <= 0 || port > 65535 || count <= 0 || count > MOST_CLIENTS) {
		fputs("Usage: bench_crowd PORT DOMAIN CLIENTS\n", stderr);
		return 2;
	}
	struct crowd crowd = {.base = event_base_new()};
	struct client_events events = {
		.ctx = &crowd, .online = on_online, .presence = on_presence, .failed = on_failed};
	struct client **clients = mem_new((size_t)count * sizeof(struct client *));
	for (long i = 0; i < count; i++) {
		char user[32];
		snprintf(user, sizeof(user), "w%ld", i);
		clients[i] = client_new(crowd.base, (uint16_t)port, user, argv[2], &events);
	}
	struct event *question =
		event_new(crowd.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_question, &crowd);
	event_add(question, NULL);
	event_base_dispatch(crowd.base);
	event_free(question);
	for (long i = 0; i < count; i++)
		client_free(clients[i]);
	free(clients);
	event_base_free(crowd.base);
	return crowd.status;
}
