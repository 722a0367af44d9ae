/*
 * The least that sends presence: a bare loop that writes stanzas to an XMPP server, 64 KiB at a time.
 *
 * A component without people, events or a database. The stanzas are those that Offhook sends for the people
 * p0, p1, … whose calls are answered and ended in turn. Each goes to every address on standard input, one a
 * line. They are put together by snprintf one by one, or were made ready before. Ends with a ping, whose
 * answer says that the server has taken everything; prints one line of JSON.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "bench/login.h"

enum { WRITE_BYTES = 64 * 1024, STANZA_BYTES = 2048, MOST_TO = 10000 };

/* The fields of a stanza as they are in Offhook's. */
static const struct look {
	const char *show, *status, *id, *icon, *color, *since, *name;
} looks[] = {
	{"<show>dnd</show>", "📞 On Call", "on-call", "📞", "#AD1457", " since='2026-11-22T10:00:00.000000Z'",
		"On Call"},
	{"", "✅ Available", "available", "✅", "#2E7D32", "", "Available"},
};

struct ready {
	char *bytes;
	size_t length;
};

struct bare {
	/* options */
	unsigned port, contacts, seconds;
	const char *component, *domain, *secret;
	bool ready;

	char **to;
	size_t to_count;
	int fd;
	char buffer[WRITE_BYTES + STANZA_BYTES];
	size_t filled;
	unsigned long long stanzas, bytes;
};

static void flush(struct bare *bare)
{
	login_write(bare->fd, bare->buffer, bare->filled);
	bare->bytes += bare->filled;
	bare->filled = 0;
}

static size_t print_stanza(
	const struct bare *bare, char *out, size_t contact, const char *to, const struct look *look)
{
	return (size_t)snprintf(out, STANZA_BYTES,
		"<presence from='p%zu@%s/%s' to='%s'>%s<status>%s</status>"
		"<rich-status xmlns='urn:offhook:1' id='%s' icon='%s' color='%s' automatic='%s'%s>"
		"<name>%s</name></rich-status>"
		"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='%s' ver='%s'/></presence>",
		contact, bare->component, "offhook", to, look->show, look->status, look->id, look->icon,
		look->color, "true", look->since, look->name, "urn:offhook:1",
		"0123456789abcdefghijklmnopq=");
}

static void send_printed(struct bare *bare, size_t contact, const struct look *look)
{
	for (size_t i = 0; i < bare->to_count; i++) {
		bare->filled += print_stanza(bare, bare->buffer + bare->filled, contact, bare->to[i], look);
		if (bare->filled >= WRITE_BYTES)
			flush(bare);
	}
}

static void send_ready(struct bare *bare, const struct ready *ready)
{
	for (size_t i = 0; i < bare->to_count; i++) {
		memcpy(bare->buffer + bare->filled, ready[i].bytes, ready[i].length);
		bare->filled += ready[i].length;
		if (bare->filled >= WRITE_BYTES)
			flush(bare);
	}
}

static struct ready *make_ready(const struct bare *bare)
{
	struct ready *ready = mem_new(2 * (size_t)bare->contacts * bare->to_count * sizeof(*ready));
	struct ready *at = ready;
	char stanza[STANZA_BYTES];
	for (size_t look = 0; look < 2; look++)
		for (size_t contact = 0; contact < bare->contacts; contact++)
			for (size_t i = 0; i < bare->to_count; i++, at++) {
				at->length = print_stanza(bare, stanza, contact, bare->to[i], &looks[look]);
				at->bytes = mem_string(stanza);
			}
	return ready;
}

static double cpu_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void run(struct bare *bare)
{
	struct ready *ready = bare->ready ? make_ready(bare) : NULL;
	char ping[1024], answer[4096];
	double cpu = cpu_seconds();
	usec_t begin = clock_monotonic(), end = begin + (usec_t)bare->seconds * SECOND;

	for (size_t event = 0; clock_monotonic() < end; event++) {
		size_t contact = event % bare->contacts, look = event / bare->contacts % 2;
		if (ready)
			send_ready(bare, ready + (look * bare->contacts + contact) * bare->to_count);
		else
			send_printed(bare, contact, &looks[look]);
		bare->stanzas += bare->to_count;
	}
	flush(bare);
	cpu = cpu_seconds() - cpu;
	int length = snprintf(ping, sizeof(ping),
		"<iq type='get' id='bare-end' from='%s' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>",
		bare->component, bare->domain);
	login_write(bare->fd, ping, (size_t)length);
	login_expect(bare->fd, "bare-end", answer, sizeof(answer));
	printf("{\"stanzas\": %llu, \"bytes\": %llu, \"cpu\": %.6f, \"seconds\": %.6f}\n", bare->stanzas,
		bare->bytes, cpu, (double)(clock_monotonic() - begin) / 1e6);
}

static void read_recipients(struct bare *bare)
{
	char line[1024];
	bare->to = mem_new(MOST_TO * sizeof(*bare->to));
	while (bare->to_count < MOST_TO && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		bare->to[bare->to_count++] = mem_string(line);
	}
}

static const struct option options[] = {{"port", required_argument, NULL, 'p'},
	{"component", required_argument, NULL, 'c'}, {"domain", required_argument, NULL, 'd'},
	{"secret", required_argument, NULL, 'k'}, {"contacts", required_argument, NULL, 'n'},
	{"seconds", required_argument, NULL, 's'}, {"ready", no_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};

static bool read_options(struct bare *bare, int argc, char **argv)
{
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			bare->port = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			bare->component = optarg;
			break;
		case 'd':
			bare->domain = optarg;
			break;
		case 'k':
			bare->secret = optarg;
			break;
		case 'n':
			bare->contacts = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 's':
			bare->seconds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			bare->ready = true;
			break;
		default:
			return false;
		}
	}
	return optind == argc && bare->port > 0 && bare->port <= 65535 && bare->component && bare->domain &&
	       bare->contacts > 0 && bare->seconds > 0;
}

int main(int argc, char **argv)
{
	struct bare *bare = mem_new(sizeof(*bare));
	bare->contacts = 100;
	bare->seconds = 3;
	bare->secret = "";
	if (!read_options(bare, argc, argv)) {
		fputs("Usage: bench_bare --port N --component C --domain D [--secret S] [--contacts N]\n"
		      "       [--seconds N] [--ready] <ADDRESSES\n",
			stderr);
		return 2;
	}
	read_recipients(bare);
	if (bare->to_count == 0) {
		fputs("bench_bare: nobody to send to\n", stderr);
		return 2;
	}
	bare->fd = login((uint16_t)bare->port, bare->component, bare->secret);
	run(bare);
	return 0; /* what was made ready goes with the process */
}
