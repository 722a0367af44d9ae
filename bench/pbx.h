/*
 * A PBX that posts call events over a few HTTP connections which it keeps open. A post that finds all of
 * them busy waits for the first that is free; nothing is pipelined, as PBXes do not.
 */
#ifndef OFFHOOK_BENCH_PBX_H
#define OFFHOOK_BENCH_PBX_H

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct pbx_events {
	void *ctx;
	/* All connections are open. */
	void (*ready)(void *ctx);
	/* The bytes of this post go out now. */
	void (*sent)(void *ctx, size_t post, usec_t at);
	/* The answer is complete. */
	void (*answered)(void *ctx, size_t post, int status, usec_t at);
	void (*failed)(void *ctx, const char *reason);
};

struct pbx;

struct pbx *pbx_new(struct event_base *base, uint16_t port, const char *token, size_t connections,
	const struct pbx_events *events);
void pbx_free(struct pbx *pbx);
/* `post` is the caller's number, given back with the events. The body is copied. */
void pbx_post(struct pbx *pbx, size_t post, const char *body);
/* The same for a snapshot of all calls. */
void pbx_put(struct pbx *pbx, size_t post, const char *body);
size_t pbx_most_waiting(const struct pbx *pbx); /* posts that waited for a connection at the same time */

#endif
