/*
 * Counters and gauges for GET /metrics: one table row each, one enum value each.
 * The process has one thread, so a counter is an addition.
 */
#ifndef OFFHOOK_BASE_METRICS_H
#define OFFHOOK_BASE_METRICS_H

#include <stdint.h>

#include "base/buf.h"

enum metric {
	METRIC_EVENTS, /* call events accepted */
	METRIC_EVENTS_DUPLICATE,
	METRIC_EVENTS_UNKNOWN,  /* for an extension that is nobody's */
	METRIC_EVENTS_REFUSED,  /* answered 503 */
	METRIC_EVENTS_NOT_KEPT, /* too many extensions are nobody's */
	METRIC_LEGS_EXPIRED,    /* ended by their lease */
	METRIC_LEGS_LIVE,       /* gauge */
	METRIC_PBX_LINKED,      /* gauge: Asterisks whose lists are known */
	METRIC_PBX_WRITES,      /* actions sent to them */
	METRIC_PBX_CHOICES,     /* made at their phones */
	METRIC_PEOPLE,          /* gauge */
	METRIC_WATCHERS,        /* gauge: subscriptions */
	METRIC_STANZAS_IN,
	METRIC_STANZAS_OUT,
	METRIC_STANZAS_DROPPED, /* too large, too deep, malformed address */
	METRIC_PRESENCE_CHANGES,
	METRIC_XMPP_CONNECTS,
	METRIC_XMPP_CONNECTED, /* gauge: components */
	METRIC_STORE_BATCHES,
	METRIC_STORE_ROWS,
	METRIC_STORE_WAITING, /* gauge: rows */
	METRIC_STORE_POISON,  /* rows that PostgreSQL refused and that were dropped */
	METRIC_STORE_RECONNECTS,
	METRIC_STORE_CONNECTED, /* gauge */
	METRIC_HTTP_REQUESTS,
	METRIC_HTTP_UNAUTHORIZED,
	METRIC_HTTP_CONNECTIONS, /* gauge */
	METRIC_HTTP_LISTENERS,   /* gauge: of the live stream */
	METRIC_LOOP_TURN_MAX,    /* gauge: microseconds */
	METRIC_COUNT
};

void metrics_add(enum metric metric, int64_t amount);
void metrics_set(enum metric metric, int64_t value);
int64_t metrics_get(enum metric metric);
/* Prometheus text exposition format 0.0.4, with HELP and TYPE; plus process memory and build info. */
void metrics_render(struct buf *out);

#endif
