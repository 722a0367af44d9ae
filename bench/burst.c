/*
 * A burst of calls through the running program, and whether everybody sees what the PBX's own list says.
 *
 * One process is both the PBX and all watchers (accounts w0, w1, …), who watch the people p0, p1, … with the
 * extensions 1000, 1001, …, which must exist. With --http-port the PBX posts events, some twice; some ends are lost,
 * which its next snapshot heals. With --manager-port it is an Asterisk, whose session is lost now and then.
 *
 * Once a second every watcher's view of every extension is compared, except where something changed within
 * STABLE, or where the PBX itself lost an event and has not healed it yet. Prints one line of JSON.
 */
#include <event2/event.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "bench/burst_calls.h"
#include "bench/burst_manager.h"
#include "bench/client.h"
#include "bench/pbx.h"

enum { SUBSCRIBE_WINDOW = 8, MOST_WATCHERS = 100, MOST_EXTENSIONS = 5000, FIRST_EXTENSION = 1000 };
enum { CONNECTIONS = 32, REPEATED_IN = 20, LOST_IN = 100, SHOWN = 5 };
enum { POST_EVENT, POST_SNAPSHOT };

#define SETUP_PATIENCE (120 * SECOND)
#define SETTLE_TIME SECOND
#define STABLE SECOND
#define SNAPSHOT_EVERY (5 * SECOND)
#define DROP_EVERY (20 * SECOND)
#define END_PATIENCE (15 * SECOND)

struct extension {
	const char *status; /* what the list says */
	usec_t since;
	usec_t at[CALLS_PER_EXTENSION]; /* of the last events */
	bool lost, healing;             /* an end was; a snapshot without the call is under way */
};

struct watching {
	struct bench *bench;
	struct client *client;
	char (*seen)[32]; /* by extension: the id of the status, "" before the first presence */
	size_t asked, known;
};

struct bench {
	unsigned xmpp_port, http_port, manager_port, extensions, watchers, rate, seconds, seed;
	const char *domain, *component, *token;

	struct event_base *base;
	struct event *timer, *compare_timer, *heal_timer;
	void (*next_step)(struct bench *bench);
	struct watching *watching;
	struct extension *people;
	struct calls *calls;
	struct pbx *pbx;
	struct manager *manager;
	size_t complete;
	bool running, ending;
	usec_t begin, last_at, ended;
	char failure[256];

	size_t events, repeated, lost, snapshots, drops, posted, answered, refused, presences;
	size_t compared, disagreed;
	usec_t lateness;
};

static void give_up(void *arg, const char *reason)
{
	struct bench *bench = arg;
	if (!bench->failure[0])
		snprintf(bench->failure, sizeof(bench->failure), "%s", reason);
	event_base_loopbreak(bench->base);
}

static void add_timer(struct event *timer, usec_t after)
{
	usec_t wait = after > 0 ? after : 0;
	struct timeval interval = {
		.tv_sec = (time_t)(wait / SECOND), .tv_usec = (suseconds_t)(wait % SECOND)};
	event_add(timer, &interval);
}

static void plan(struct bench *bench, usec_t after, void (*step)(struct bench *bench))
{
	bench->next_step = step;
	add_timer(bench->timer, after);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct bench *bench = arg;
	(void)fd;
	(void)what;
	bench->next_step(bench);
}

/* ---- what everybody sees ---- */

/* Of all views of one extension, how many are wrong. */
static size_t count_wrong(struct bench *bench, size_t extension)
{
	size_t wrong = 0;
	for (size_t i = 0; i < bench->watchers; i++)
		wrong += strcmp(bench->watching[i].seen[extension], bench->people[extension].status) != 0;
	return wrong;
}

static void compare(evutil_socket_t fd, short what, void *arg)
{
	struct bench *bench = arg;
	usec_t now = clock_monotonic();
	(void)fd;
	(void)what;
	for (size_t i = 0; i < bench->extensions; i++) {
		struct extension *extension = &bench->people[i];
		if (extension->lost || now - extension->since < STABLE)
			continue;
		size_t wrong = count_wrong(bench, i);
		bench->compared += bench->watchers;
		bench->disagreed += wrong;
		if (wrong && bench->disagreed <= SHOWN)
			fprintf(stderr, "bench_burst: extension %zu is seen as %s, but is %s for %.1f s\n",
				FIRST_EXTENSION + i, bench->watching[0].seen[i], extension->status,
				(double)(now - extension->since) / 1e6);
	}
	add_timer(bench->compare_timer, SECOND);
}

static size_t count_all_wrong(struct bench *bench)
{
	size_t wrong = 0;
	for (size_t i = 0; i < bench->extensions; i++)
		wrong += count_wrong(bench, i);
	return wrong;
}

static void end_if_agreed(struct bench *bench)
{
	if (bench->ending && bench->answered == bench->posted && count_all_wrong(bench) == 0)
		event_base_loopbreak(bench->base);
}

/* ---- what the PBX tells ---- */

static usec_t next_at(struct bench *bench)
{
	usec_t now = clock_now();
	bench->last_at = now > bench->last_at ? now : bench->last_at + 1;
	return bench->last_at;
}

static void add_call(struct buf *body, size_t extension, const struct call_leg *leg)
{
	buf_addf(body, "\"call\":\"c%u\",\"extension\":\"%zu\",\"direction\":\"%s\",\"kind\":\"%s\"}",
		leg->call, FIRST_EXTENSION + extension, leg->outbound ? "outbound" : "inbound",
		leg->meeting ? "meeting" : "call");
}

static void post_event(struct bench *bench, size_t extension, const struct call_leg *leg)
{
	size_t number = (size_t)(leg - calls_leg(bench->calls, extension, 0));
	char at[CLOCK_TEXT];
	struct buf body;
	buf_init(&body, 1024);
	buf_addf(&body, "{\"event\":\"%s\",\"at\":\"%s\",", leg->last,
		clock_text(bench->people[extension].at[number], at));
	add_call(&body, extension, leg);
	bench->posted++;
	pbx_post(bench->pbx, POST_EVENT, body.data);
	buf_done(&body);
}

static void put_snapshot(struct bench *bench)
{
	static const char *const states[] = {"", "ringing", "active", "held"};
	char at[CLOCK_TEXT];
	const char *comma = "";
	struct buf body;
	buf_init(&body, LIMIT_HTTP_BODY);
	buf_addf(&body, "{\"at\":\"%s\",\"calls\":[", clock_text(next_at(bench), at));
	for (size_t i = 0; i < bench->extensions; i++) {
		bench->people[i].healing = bench->people[i].lost;
		for (size_t j = 0; j < CALLS_PER_EXTENSION; j++) {
			const struct call_leg *leg = calls_leg(bench->calls, i, j);
			if (leg->state == STATE_NONE)
				continue;
			buf_addf(&body, "%s{\"state\":\"%s\",", comma, states[leg->state]);
			add_call(&body, i, leg);
			comma = ",";
		}
	}
	buf_add_text(&body, "]}");
	bench->snapshots++;
	bench->posted++;
	pbx_put(bench->pbx, POST_SNAPSHOT, body.data);
	buf_done(&body);
}

static void healed(struct bench *bench, bool all)
{
	for (size_t i = 0; i < bench->extensions; i++) {
		struct extension *extension = &bench->people[i];
		if (!all && !extension->healing)
			continue;
		extension->lost = extension->healing = false;
		extension->since = clock_monotonic();
	}
}

static void on_answered(void *ctx, size_t post, int status, usec_t at)
{
	struct bench *bench = ctx;
	(void)at;
	bench->answered++;
	bench->refused += status != 200;
	if (post == POST_SNAPSHOT)
		healed(bench, false);
	end_if_agreed(bench);
}

static void on_sent(void *ctx, size_t post, usec_t at)
{
	(void)ctx;
	(void)post;
	(void)at;
}

static const char *on_device(void *ctx, size_t extension)
{
	return calls_device(((struct bench *)ctx)->calls, extension);
}

static void tell(struct bench *bench, size_t extension, const struct call_leg *leg)
{
	if (bench->manager)
		manager_send(bench->manager, extension, calls_device(bench->calls, extension));
	else
		post_event(bench, extension, leg);
}

/* Something happened to a leg: the list says it, and mostly the world is told. */
static void happened(struct bench *bench, size_t number, const struct call_leg *leg)
{
	struct extension *extension = &bench->people[number];
	const char *status = calls_status(bench->calls, number);
	bench->events++;
	extension->at[leg - calls_leg(bench->calls, number, 0)] = next_at(bench);
	if (strcmp(status, extension->status) != 0)
		extension->since = clock_monotonic();
	extension->status = status;
	if (bench->pbx && leg->state == STATE_NONE && calls_chance(bench->calls, LOST_IN)) {
		extension->lost = true;
		extension->healing = false;
		bench->lost++;
		return;
	}
	tell(bench, number, leg);
}

/* What was last told of a call, again: of any in the list, or one that ended. */
static void repeat(struct bench *bench)
{
	size_t extension = bench->events * 7919 % bench->extensions;
	const struct call_leg *leg = calls_leg(bench->calls, extension, 0);
	if (!leg->last || bench->people[extension].lost)
		return;
	bench->repeated++;
	tell(bench, extension, leg);
}

static void heal(evutil_socket_t fd, short what, void *arg)
{
	struct bench *bench = arg;
	(void)fd;
	(void)what;
	if (bench->pbx) {
		put_snapshot(bench);
		add_timer(bench->heal_timer, SNAPSHOT_EVERY);
		return;
	}
	for (size_t i = 0; i < bench->extensions; i++)
		bench->people[i].lost = true;
	bench->drops++;
	manager_drop(bench->manager);
	add_timer(bench->heal_timer, DROP_EVERY);
}

/* ---- the run ---- */

static void took_too_long(struct bench *bench)
{
	event_base_loopbreak(bench->base);
}

static void begin_end(struct bench *bench)
{
	event_del(bench->compare_timer);
	event_del(bench->heal_timer);
	if (bench->pbx)
		put_snapshot(bench);
	bench->ending = true;
	bench->ended = clock_monotonic();
	plan(bench, END_PATIENCE, took_too_long);
	end_if_agreed(bench);
}

/* At instants fixed beforehand, random events; then all calls end, at the same pace. */
static void step(struct bench *bench)
{
	for (;;) {
		usec_t now = clock_monotonic();
		usec_t due = bench->begin + (usec_t)bench->events * SECOND / bench->rate;
		const struct call_leg *leg;
		size_t extension;
		if (due > now) {
			plan(bench, due - now, step);
			return;
		}
		if (now - due > bench->lateness)
			bench->lateness = now - due;
		if (bench->events < (size_t)bench->rate * bench->seconds)
			leg = calls_step(bench->calls, &extension);
		else
			leg = calls_end(bench->calls, &extension);
		if (!leg)
			break;
		happened(bench, extension, leg);
		if (calls_chance(bench->calls, REPEATED_IN))
			repeat(bench);
	}
	begin_end(bench);
}

static void begin_run(struct bench *bench)
{
	bench->running = true;
	bench->begin = clock_monotonic();
	healed(bench, true);
	add_timer(bench->compare_timer, SECOND);
	add_timer(bench->heal_timer, bench->pbx ? SNAPSHOT_EVERY : DROP_EVERY);
	step(bench);
}

static void on_pbx_ready(void *ctx)
{
	plan(ctx, SETTLE_TIME, begin_run);
}

static void on_listed(void *ctx)
{
	struct bench *bench = ctx;
	if (bench->running)
		healed(bench, true);
	else
		plan(bench, SETTLE_TIME, begin_run);
}

/* ---- the beginning ---- */

static void setup_took_too_long(struct bench *bench)
{
	give_up(bench, "not everybody was online and saw everybody in time");
}

static void call_pbx(struct bench *bench)
{
	if (bench->http_port) {
		struct pbx_events events = {.ctx = bench,
			.ready = on_pbx_ready,
			.sent = on_sent,
			.answered = on_answered,
			.failed = give_up};
		bench->pbx =
			pbx_new(bench->base, (uint16_t)bench->http_port, bench->token, CONNECTIONS, &events);
	} else {
		struct manager_events events = {
			.ctx = bench, .device = on_device, .listed = on_listed, .failed = give_up};
		bench->manager = manager_new(bench->base, (uint16_t)bench->manager_port, FIRST_EXTENSION,
			bench->extensions, &events);
		plan(bench, SETUP_PATIENCE, setup_took_too_long);
	}
}

static void subscribe_more(struct watching *watching)
{
	struct bench *bench = watching->bench;
	char contact[512];
	while (watching->asked < bench->extensions && watching->asked < watching->known + SUBSCRIBE_WINDOW) {
		snprintf(contact, sizeof(contact), "p%zu@%s", watching->asked++, bench->component);
		client_subscribe(watching->client, contact);
	}
}

static void see_first(struct watching *watching)
{
	struct bench *bench = watching->bench;
	watching->known++;
	subscribe_more(watching);
	if (watching->known == bench->extensions && ++bench->complete == bench->watchers)
		plan(bench, SETTLE_TIME, call_pbx);
}

static void on_presence(void *ctx, const char *from, const char *type, const char *id, usec_t at)
{
	struct watching *watching = ctx;
	struct bench *bench = watching->bench;
	size_t person;
	(void)at;
	if (type && (strcmp(type, "error") == 0 || strcmp(type, "unsubscribed") == 0)) {
		give_up(bench, "a subscription was refused");
		return;
	}
	if (sscanf(from, "p%zu@", &person) != 1 || person >= bench->extensions ||
		(type && strcmp(type, "unavailable") != 0))
		return;
	bool first = watching->seen[person][0] == '\0' && id;
	snprintf(watching->seen[person], sizeof(*watching->seen), "%s", id ? id : "");
	if (first && !bench->running)
		see_first(watching);
	bench->presences += bench->running;
	end_if_agreed(bench);
}

static void on_online(void *ctx)
{
	subscribe_more(ctx);
}

static void on_client_failed(void *ctx, const char *reason)
{
	give_up(((struct watching *)ctx)->bench, reason);
}

static void log_in(struct bench *bench)
{
	for (size_t i = 0; i < bench->watchers; i++) {
		struct watching *watching = &bench->watching[i];
		struct client_events events = {.ctx = watching,
			.online = on_online,
			.presence = on_presence,
			.failed = on_client_failed};
		char user[32];
		watching->bench = bench;
		watching->seen = mem_new(bench->extensions * sizeof(*watching->seen));
		snprintf(user, sizeof(user), "w%zu", i);
		watching->client =
			client_new(bench->base, (uint16_t)bench->xmpp_port, user, bench->domain, &events);
	}
}

/* ---- the program ---- */

static void print_results(struct bench *bench)
{
	printf("{\"events\": %zu, \"repeated\": %zu, \"lost\": %zu, \"snapshots\": %zu, \"drops\": %zu, "
	       "\"refused\": %zu, \"unanswered\": %zu, \"presences\": %zu, \"compared\": %zu, "
	       "\"disagreed\": %zu, \"wrong_at_end\": %zu, \"lateness\": %.1f, \"end\": %.1f}\n",
		bench->events, bench->repeated, bench->lost, bench->snapshots, bench->drops, bench->refused,
		bench->posted - bench->answered, bench->presences, bench->compared, bench->disagreed,
		count_all_wrong(bench), (double)bench->lateness / 1000,
		(double)(clock_monotonic() - bench->ended) / 1000);
}

static void run(struct bench *bench)
{
	struct event_config *config = event_config_new();
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	bench->base = event_base_new_with_config(config);
	event_config_free(config);
	bench->timer = evtimer_new(bench->base, on_timer, bench);
	bench->compare_timer = evtimer_new(bench->base, compare, bench);
	bench->heal_timer = evtimer_new(bench->base, heal, bench);
	bench->calls = calls_new(bench->extensions, bench->http_port != 0, bench->seed);
	bench->people = mem_new(bench->extensions * sizeof(*bench->people));
	bench->watching = mem_new(bench->watchers * sizeof(*bench->watching));
	for (size_t i = 0; i < bench->extensions; i++)
		bench->people[i].status = calls_status(bench->calls, i);
	plan(bench, SETUP_PATIENCE, setup_took_too_long);
	log_in(bench);
	if (!bench->failure[0])
		event_base_dispatch(bench->base);
	if (!bench->failure[0])
		print_results(bench);
}

static void done(struct bench *bench)
{
	for (size_t i = 0; i < bench->watchers; i++) {
		client_free(bench->watching[i].client);
		free(bench->watching[i].seen);
	}
	if (bench->pbx)
		pbx_free(bench->pbx);
	if (bench->manager)
		manager_free(bench->manager);
	calls_free(bench->calls);
	free(bench->people);
	free(bench->watching);
	event_free(bench->timer);
	event_free(bench->compare_timer);
	event_free(bench->heal_timer);
	event_base_free(bench->base);
}

static const struct option options[] = {{"xmpp-port", required_argument, NULL, 'x'},
	{"http-port", required_argument, NULL, 'h'}, {"manager-port", required_argument, NULL, 'm'},
	{"domain", required_argument, NULL, 'd'}, {"component", required_argument, NULL, 'c'},
	{"token", required_argument, NULL, 't'}, {"extensions", required_argument, NULL, 'e'},
	{"watchers", required_argument, NULL, 'w'}, {"rate", required_argument, NULL, 'r'},
	{"seconds", required_argument, NULL, 's'}, {"seed", required_argument, NULL, 'n'},
	{NULL, 0, NULL, 0}};

static bool read_options(struct bench *bench, int argc, char **argv)
{
	const struct {
		int option;
		unsigned *number, most;
	} numbers[] = {{'x', &bench->xmpp_port, 65535}, {'h', &bench->http_port, 65535},
		{'m', &bench->manager_port, 65535}, {'e', &bench->extensions, MOST_EXTENSIONS},
		{'w', &bench->watchers, MOST_WATCHERS}, {'r', &bench->rate, 100000},
		{'s', &bench->seconds, 3600}, {'n', &bench->seed, 1000000}};
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
				known = number > 0 && number <= numbers[i].most;
			}
		}
		if (!known)
			return false;
	}
	return optind == argc && bench->xmpp_port && !bench->http_port != !bench->manager_port &&
	       bench->domain && bench->component && (bench->token || bench->manager_port);
}

int main(int argc, char **argv)
{
	struct bench bench = {.extensions = 500, .watchers = 2, .rate = 500, .seconds = 60, .seed = 1};
	if (!read_options(&bench, argc, argv)) {
		fputs("Usage: bench_burst --xmpp-port N (--http-port N --token T | --manager-port N) "
		      "--domain D\n"
		      "       --component C [--extensions N] [--watchers N] [--rate N] [--seconds N] [--seed "
		      "N]\n",
			stderr);
		return 2;
	}
	run(&bench);
	if (bench.failure[0])
		fprintf(stderr, "bench_burst: %s\n", bench.failure);
	int status = bench.failure[0] ? 1 : 0;
	done(&bench);
	return status;
}
