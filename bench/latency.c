/*
 * Measures how long it takes from the PBX's POST to the presence at a watcher's client.
 *
 * One process with one clock is both the PBX and all watchers (accounts w0, w1, … or later), who watch the people
 * p0, p1, … with the extensions 1000, 1001, …, which must exist. Calls are answered and ended in turn, one
 * person after the other, at instants fixed beforehand: when something stalls, what was due meanwhile
 * counts from the instant at which it was due. Prints one line of JSON.
 */
#include <event2/event.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "bench/client.h"
#include "bench/pbx.h"
#include "bench/samples.h"

enum { SUBSCRIBE_WINDOW = 8, MOST_WATCHERS = 500, MOST_PEOPLE = 10000, MOST_CONNECTIONS = 1000 };
enum { NONE = -1 };

#define SETUP_PATIENCE (120 * SECOND)
#define SETTLE_TIME (SECOND / 2)
#define LAST_PATIENCE (5 * SECOND)

struct event_posted {
	usec_t due, sent;
	size_t seen; /* by watchers */
};

/* What a watcher is about to see of a person: the events that should make her on call [1] and not [0]. */
struct expected {
	ssize_t event[2];
	bool known; /* the first presence came */
};

struct watching {
	struct bench *bench;
	struct client *client;
	struct expected *people;
	size_t asked, known;
};

struct bench {
	/* options */
	unsigned xmpp_port, http_port, people, watchers, first_watcher, rate, seconds, warm_up, connections;
	const char *domain, *component, *token;

	struct event_base *base;
	struct event *timer;
	void (*next_step)(struct bench *bench);
	struct watching *watching;
	struct pbx *pbx;
	size_t online, complete;
	struct event_posted *events;
	size_t event_count, first_counted, posted, answered;
	size_t pending; /* presences */
	usec_t begin;
	const char *failure;
	char failure_text[256];

	size_t missed, unexpected, refused;
	struct samples from_due, from_sent, last_from_due, answer, lateness;
};

static void give_up(void *arg, const char *reason)
{
	struct bench *bench = arg;
	if (!bench->failure) {
		snprintf(bench->failure_text, sizeof(bench->failure_text), "%s", reason);
		bench->failure = bench->failure_text;
	}
	event_base_loopbreak(bench->base);
}

static void finish(struct bench *bench)
{
	event_base_loopbreak(bench->base);
}

static void plan(struct bench *bench, usec_t after, void (*step)(struct bench *bench))
{
	usec_t wait = after > 0 ? after : 0;
	struct timeval interval = {
		.tv_sec = (time_t)(wait / SECOND), .tv_usec = (suseconds_t)(wait % SECOND)};
	bench->next_step = step;
	event_add(bench->timer, &interval);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct bench *bench = arg;
	(void)fd;
	(void)what;
	bench->next_step(bench);
}

/* ---- the run ---- */

static bool makes_on_call(const struct bench *bench, size_t event)
{
	return event / bench->people % 2 == 0;
}

static void expect_presence(struct bench *bench, size_t event)
{
	size_t person = event % bench->people;
	for (size_t i = 0; i < bench->watchers; i++) {
		ssize_t *slot = &bench->watching[i].people[person].event[makes_on_call(bench, event)];
		if (*slot != NONE)
			bench->missed++; /* the same change, two events ago, was never seen */
		else
			bench->pending++;
		*slot = (ssize_t)event;
	}
}

static void post_event(struct bench *bench, size_t event)
{
	size_t person = event % bench->people;
	char body[256];
	snprintf(body, sizeof(body),
		"{\"event\":\"%s\",\"call\":\"call-%zu-%zu\",\"extension\":\"%zu\",\"direction\":"
		"\"inbound\"}",
		makes_on_call(bench, event) ? "answered" : "ended", person, event / bench->people / 2,
		1000 + person);
	expect_presence(bench, event);
	pbx_post(bench->pbx, event, body);
}

static void end_if_complete(struct bench *bench)
{
	if (bench->posted == bench->event_count && bench->answered == bench->posted && bench->pending == 0)
		finish(bench);
}

static void post_due(struct bench *bench)
{
	while (bench->posted < bench->event_count) {
		usec_t left = bench->events[bench->posted].due - clock_monotonic();
		if (left > 0) {
			plan(bench, left, post_due);
			return;
		}
		post_event(bench, bench->posted++);
	}
	plan(bench, LAST_PATIENCE, finish);
}

static void begin_run(struct bench *bench)
{
	bench->begin = clock_monotonic() + SECOND / 10;
	for (size_t i = 0; i < bench->event_count; i++)
		bench->events[i].due = bench->begin + (usec_t)i * SECOND / bench->rate;
	post_due(bench);
}

static void on_ready(void *ctx)
{
	plan(ctx, SETTLE_TIME, begin_run);
}

static void on_sent(void *ctx, size_t post, usec_t at)
{
	struct bench *bench = ctx;
	bench->events[post].sent = at;
	if (post >= bench->first_counted)
		samples_add(&bench->lateness, at - bench->events[post].due);
}

static void on_answered(void *ctx, size_t post, int status, usec_t at)
{
	struct bench *bench = ctx;
	bench->answered++;
	bench->refused += status != 200;
	if (post >= bench->first_counted)
		samples_add(&bench->answer, at - bench->events[post].sent);
	end_if_complete(bench);
}

static void see_change(struct watching *watching, size_t person, bool on_call, usec_t at)
{
	struct bench *bench = watching->bench;
	ssize_t *slot = &watching->people[person].event[on_call];
	if (*slot == NONE) {
		bench->unexpected++;
		return;
	}
	size_t number = (size_t)*slot;
	struct event_posted *event = &bench->events[number];
	*slot = NONE;
	bench->pending--;
	event->seen++;
	if (number >= bench->first_counted) {
		samples_add(&bench->from_due, at - event->due);
		samples_add(&bench->from_sent, at - event->sent);
		if (event->seen == bench->watchers)
			samples_add(&bench->last_from_due, at - event->due);
	}
	end_if_complete(bench);
}

/* ---- the beginning ---- */

static void setup_took_too_long(struct bench *bench)
{
	char reason[128];
	size_t known = 0;
	for (size_t i = 0; i < bench->watchers; i++)
		known += bench->watching[i].known;
	snprintf(reason, sizeof(reason), "%zu of %u watchers online, %zu of %u first presences seen",
		bench->online, bench->watchers, known, bench->watchers * bench->people);
	give_up(bench, reason);
}

static void call_pbx(struct bench *bench)
{
	struct pbx_events events = {
		.ctx = bench, .ready = on_ready, .sent = on_sent, .answered = on_answered, .failed = give_up};
	bench->pbx =
		pbx_new(bench->base, (uint16_t)bench->http_port, bench->token, bench->connections, &events);
}

static void subscribe_more(struct watching *watching)
{
	struct bench *bench = watching->bench;
	char contact[512];
	while (watching->asked < bench->people && watching->asked < watching->known + SUBSCRIBE_WINDOW) {
		snprintf(contact, sizeof(contact), "p%zu@%s", watching->asked++, bench->component);
		client_subscribe(watching->client, contact);
	}
}

static void see_first(struct watching *watching, size_t person)
{
	struct bench *bench = watching->bench;
	if (watching->people[person].known)
		return;
	watching->people[person].known = true;
	watching->known++;
	subscribe_more(watching);
	if (watching->known == bench->people && ++bench->complete == bench->watchers)
		plan(bench, SETTLE_TIME, call_pbx);
}

static void on_presence(void *ctx, const char *from, const char *type, const char *id, usec_t at)
{
	struct watching *watching = ctx;
	size_t person;
	if (type && (strcmp(type, "error") == 0 || strcmp(type, "unsubscribed") == 0)) {
		give_up(watching->bench, "a subscription was refused");
		return;
	}
	if (type || !id || sscanf(from, "p%zu@", &person) != 1 || person >= watching->bench->people)
		return;
	bool on_call = strcmp(id, "on-call") == 0;
	if (watching->bench->begin)
		see_change(watching, person, on_call, at);
	else if (!on_call)
		see_first(watching, person);
}

static void on_online(void *ctx)
{
	struct watching *watching = ctx;
	watching->bench->online++;
	subscribe_more(watching);
}

static void on_client_failed(void *ctx, const char *reason)
{
	give_up(((struct watching *)ctx)->bench, reason);
}

static void log_in(struct bench *bench)
{
	bench->watching = mem_new(bench->watchers * sizeof(*bench->watching));
	for (size_t i = 0; i < bench->watchers; i++) {
		struct watching *watching = &bench->watching[i];
		struct client_events events = {.ctx = watching,
			.online = on_online,
			.presence = on_presence,
			.failed = on_client_failed};
		char user[32];
		watching->bench = bench;
		watching->people = mem_new(bench->people * sizeof(*watching->people));
		for (size_t j = 0; j < bench->people; j++)
			watching->people[j].event[0] = watching->people[j].event[1] = NONE;
		snprintf(user, sizeof(user), "w%zu", bench->first_watcher + i);
		watching->client =
			client_new(bench->base, (uint16_t)bench->xmpp_port, user, bench->domain, &events);
	}
}

/* ---- the program ---- */

static void print_samples(const char *name, struct samples *samples)
{
	printf(", \"%s\": ", name);
	samples_print(samples, stdout);
}

static void print_results(struct bench *bench)
{
	printf("{\"events\": %zu, \"missed\": %zu, \"unexpected\": %zu, \"refused\": %zu, \"unanswered\": "
	       "%zu, "
	       "\"most_waiting\": %zu",
		bench->event_count - bench->first_counted, bench->missed + bench->pending, bench->unexpected,
		bench->refused, bench->posted - bench->answered, pbx_most_waiting(bench->pbx));
	print_samples("from_due", &bench->from_due);
	print_samples("from_sent", &bench->from_sent);
	print_samples("last_from_due", &bench->last_from_due);
	print_samples("answer", &bench->answer);
	print_samples("lateness", &bench->lateness);
	printf("}\n");
}

static void run(struct bench *bench)
{
	struct event_config *config = event_config_new();
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	bench->base = event_base_new_with_config(config);
	event_config_free(config);
	bench->timer = evtimer_new(bench->base, on_timer, bench);
	bench->first_counted = (size_t)bench->warm_up * bench->rate;
	bench->event_count = bench->first_counted + (size_t)bench->seconds * bench->rate;
	bench->events = mem_new(bench->event_count * sizeof(*bench->events));
	plan(bench, SETUP_PATIENCE, setup_took_too_long);
	log_in(bench);
	if (!bench->failure)
		event_base_dispatch(bench->base);
	if (!bench->failure)
		print_results(bench);
}

static void done(struct bench *bench)
{
	struct samples *all[] = {
		&bench->from_due, &bench->from_sent, &bench->last_from_due, &bench->answer, &bench->lateness};
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		samples_done(all[i]);
	for (size_t i = 0; i < bench->watchers; i++) {
		client_free(bench->watching[i].client);
		free(bench->watching[i].people);
	}
	if (bench->pbx)
		pbx_free(bench->pbx);
	free(bench->watching);
	free(bench->events);
	event_free(bench->timer);
	event_base_free(bench->base);
}

static const struct option options[] = {{"xmpp-port", required_argument, NULL, 'x'},
	{"http-port", required_argument, NULL, 'h'}, {"domain", required_argument, NULL, 'd'},
	{"component", required_argument, NULL, 'c'}, {"token", required_argument, NULL, 't'},
	{"people", required_argument, NULL, 'p'}, {"watchers", required_argument, NULL, 'w'},
	{"first-watcher", required_argument, NULL, 'f'}, {"rate", required_argument, NULL, 'r'},
	{"seconds", required_argument, NULL, 's'}, {"warm-up", required_argument, NULL, 'u'},
	{"connections", required_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};

static bool read_options(struct bench *bench, int argc, char **argv)
{
	const struct {
		int option;
		unsigned *number, most;
	} numbers[] = {{'x', &bench->xmpp_port, 65535}, {'h', &bench->http_port, 65535},
		{'p', &bench->people, MOST_PEOPLE}, {'w', &bench->watchers, MOST_WATCHERS},
		{'f', &bench->first_watcher, 1000000}, {'r', &bench->rate, 100000},
		{'s', &bench->seconds, 3600}, {'u', &bench->warm_up, 60},
		{'n', &bench->connections, MOST_CONNECTIONS}};
	const struct {
		int option;
		const char **text;
	} texts[] = {{'d', &bench->domain}, {'c', &bench->component}, {'t', &bench->token}};
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		bool known = false;
		for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
			if (texts[i].option == option) {
				*texts[i].text = optarg;
				known = true;
			}
		}
		for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
			if (numbers[i].option == option) {
				unsigned long number = strtoul(optarg, NULL, 10);
				*numbers[i].number = (unsigned)number;
				known = (number > 0 || option == 'f') && number <= numbers[i].most;
			}
		}
		if (!known)
			return false;
	}
	return optind == argc && bench->xmpp_port && bench->http_port && bench->domain && bench->component &&
	       bench->token;
}

int main(int argc, char **argv)
{
	struct bench bench = {
		.people = 100, .watchers = 1, .rate = 200, .seconds = 20, .warm_up = 2, .connections = 64};
	if (!read_options(&bench, argc, argv)) {
		fputs("Usage: bench_latency --xmpp-port N --http-port N --domain D --component C --token T\n"
		      "       [--people N] [--watchers N] [--first-watcher N] [--rate N] [--seconds N]\n"
		      "       [--warm-up N] [--connections N]\n",
			stderr);
		return 2;
	}
	run(&bench);
	if (bench.failure)
		fprintf(stderr, "bench_latency: %s\n", bench.failure);
	int status = bench.failure ? 1 : 0;
	done(&bench);
	return status;
}
