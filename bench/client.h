/*
 * A lean chat client: logs in without TLS, watches contacts, and tells of every presence with the moment at
 * which its bytes were read. RFC 6120 with SASL PLAIN and resource binding, no more; the password is the name.
 */
#ifndef OFFHOOK_BENCH_CLIENT_H
#define OFFHOOK_BENCH_CLIENT_H

#include <event2/event.h>
#include <stdint.h>

#include "base/clock.h"

struct client_events {
	void *ctx;
	/* Logged in and available. */
	void (*online)(void *ctx);
	/* `from` is as it came, `type` is NULL for available, `id` that of <rich-status/> or NULL. */
	void (*presence)(void *ctx, const char *from, const char *type, const char *id, usec_t at);
	/* Nothing comes any more. */
	void (*failed)(void *ctx, const char *reason);
};

struct client;

struct client *client_new(struct event_base *base, uint16_t port, const char *user, const char *domain,
	const struct client_events *events);
void client_free(struct client *client); /* closes at once */
void client_subscribe(struct client *client, const char *contact);

#endif
