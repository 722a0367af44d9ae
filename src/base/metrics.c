/*
 * What the process counts, and how it is told to Prometheus.
 */
#include "base/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { COUNTER, GAUGE, GAUGE_USEC /* told in seconds */ };

static const struct {
	const char *name;
	enum kind kind;
	const char *help;
} table[METRIC_COUNT] = {
	[METRIC_EVENTS] = {"offhook_events_total", COUNTER, "Call events accepted."},
	[METRIC_EVENTS_DUPLICATE] = {"offhook_events_duplicate_total", COUNTER, "Call events seen before."},
	[METRIC_EVENTS_UNKNOWN] = {"offhook_events_unknown_total", COUNTER,
		"Call events for an extension that is nobody's."},
	[METRIC_EVENTS_NOT_KEPT] = {"offhook_events_not_kept_total", COUNTER,
		"Call events for extensions that are nobody's, of which there are too many."},
	[METRIC_EVENTS_REFUSED] = {"offhook_events_refused_total", COUNTER, "Call events answered with 503."},
	[METRIC_LEGS_EXPIRED] = {"offhook_legs_expired_total", COUNTER, "Legs ended by their lease."},
	[METRIC_LEGS_LIVE] = {"offhook_legs_live", GAUGE, "Legs that have not ended."},
	[METRIC_PBX_LINKED] = {"offhook_pbx_linked", GAUGE, "Asterisks that are connected and known."},
	[METRIC_PBX_WRITES] = {"offhook_pbx_writes_total", COUNTER, "Actions sent to Asterisks."},
	[METRIC_PBX_CHOICES] = {"offhook_pbx_choices_total", COUNTER,
		"Choices made at phones and heard of from Asterisks."},
	[METRIC_PEOPLE] = {"offhook_people", GAUGE, "People."},
	[METRIC_WATCHERS] = {"offhook_watchers", GAUGE, "Subscriptions to contact addresses."},
	[METRIC_STANZAS_IN] = {"offhook_stanzas_in_total", COUNTER, "Stanzas received."},
	[METRIC_STANZAS_OUT] = {"offhook_stanzas_out_total", COUNTER, "Stanzas sent."},
	[METRIC_STANZAS_DROPPED] = {"offhook_stanzas_dropped_total", COUNTER,
		"Stanzas dropped: too large, too deep, malformed address."},
	[METRIC_PRESENCE_CHANGES] = {"offhook_presence_changes_total", COUNTER,
		"Changes of a person's presence."},
	[METRIC_XMPP_CONNECTS] = {"offhook_xmpp_connects_total", COUNTER, "Component streams opened."},
	[METRIC_XMPP_CONNECTED] = {"offhook_xmpp_connected", GAUGE, "Components connected now."},
	[METRIC_STORE_BATCHES] = {"offhook_store_batches_total", COUNTER, "Transactions committed."},
	[METRIC_STORE_ROWS] = {"offhook_store_rows_total", COUNTER, "Rows written."},
	[METRIC_STORE_WAITING] = {"offhook_store_waiting_rows", GAUGE, "Rows waiting to be written."},
	[METRIC_STORE_POISON] = {"offhook_store_poison_rows_total", COUNTER,
		"Rows that PostgreSQL refused and that were dropped."},
	[METRIC_STORE_RECONNECTS] = {"offhook_store_reconnects_total", COUNTER,
		"Connections to PostgreSQL remade."},
	[METRIC_STORE_CONNECTED] = {"offhook_store_connected", GAUGE, "1 while PostgreSQL is connected."},
	[METRIC_HTTP_REQUESTS] = {"offhook_http_requests_total", COUNTER, "HTTP requests answered."},
	[METRIC_HTTP_UNAUTHORIZED] = {"offhook_http_unauthorized_total", COUNTER,
		"HTTP requests answered with 401."},
	[METRIC_HTTP_CONNECTIONS] = {"offhook_http_connections", GAUGE, "HTTP connections open now."},
	[METRIC_HTTP_LISTENERS] = {"offhook_http_listeners", GAUGE, "Listeners of the live stream."},
	[METRIC_LOOP_TURN_MAX] = {"offhook_loop_turn_seconds_max", GAUGE_USEC,
		"CPU time of the longest turn of the event loop in the last minute or two."},
};

static int64_t values[METRIC_COUNT];

void metrics_add(enum metric metric, int64_t amount)
{
	values[metric] += amount;
}

void metrics_set(enum metric metric, int64_t value)
{
	values[metric] = value;
}

int64_t metrics_get(enum metric metric)
{
	return values[metric];
}

static void render(struct buf *out, const char *name, enum kind kind, const char *help, int64_t value)
{
	buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s ", name, help, name,
		kind == COUNTER ? "counter" : "gauge", name);
	if (kind == GAUGE_USEC)
		buf_addf(out, "%" PRId64 ".%06" PRId64 "\n", value / 1000000, value % 1000000);
	else
		buf_addf(out, "%" PRId64 "\n", value);
}

/* Bytes, or -1 where /proc does not tell: statm's second number is pages. */
static int64_t resident_memory(void)
{
	char line[256];
	FILE *file = fopen("/proc/self/statm", "re");
	if (file == NULL)
		return -1;
	const char *second = fgets(line, sizeof(line), file) != NULL ? strchr(line, ' ') : NULL;
	fclose(file);
	return second != NULL ? strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE) : -1;
}

void metrics_render(struct buf *out)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		render(out, table[i].name, table[i].kind, table[i].help, values[i]);

	int64_t resident = resident_memory();
	if (resident >= 0)
		render(out, "process_resident_memory_bytes", GAUGE, "Resident memory size in bytes.",
			resident);
	buf_add_text(out, "# HELP offhook_build_info The running version.\n"
			  "# TYPE offhook_build_info gauge\n"
			  "offhook_build_info{version=\"" OFFHOOK_VERSION "\"} 1\n");
}
