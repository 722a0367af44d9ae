/*
 * An Asterisk's manager interface for one session: answers what Offhook asks, and sends events. Every write is
 * taken without a word of what became of it.
 */
#ifndef OFFHOOK_BENCH_BURST_MANAGER_H
#define OFFHOOK_BENCH_BURST_MANAGER_H

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

struct manager_events {
	void *ctx;
	/* The state of the phone of an extension, for the lists. */
	const char *(*device)(void *ctx, size_t extension);
	/* The lists were sent: a session stands. */
	void (*listed)(void *ctx);
	/* There can be no manager. */
	void (*failed)(void *ctx, const char *reason);
};

struct manager;

/* Listens; extensions are first, first + 1 … */
struct manager *manager_new(struct event_base *base, uint16_t port, size_t first, size_t extensions,
	const struct manager_events *events);
void manager_free(struct manager *manager);
/* Tells of the state of a phone, as Asterisk does: of the device and of the hint. Lost without a session. */
void manager_send(struct manager *manager, size_t extension, const char *device);
void manager_drop(struct manager *manager); /* the session; Offhook comes back */

#endif
