/*
 * A TCP connection to a host by name or IP address, one address of it after the other.
 */
#ifndef OFFHOOK_BASE_DIAL_H
#define OFFHOOK_BASE_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"

enum { DIAL_ADDRESSES = 8 };

/* Zeroed before the first use, and for another host. */
struct dial {
	struct sockaddr_storage addresses[DIAL_ADDRESSES]; /* the last that were found */
	socklen_t lengths[DIAL_ADDRESSES];
	size_t count, next;
	usec_t look_up_after; /* monotonic */
};

/* Begins to connect to the next address. The name is looked up when all were tried in vain; while it is not
 * found, or while looking up takes long, the addresses of the last time do. The look-up blocks (an IP
 * address needs none), so that one that takes long is logged under `subject` and not repeated for twenty times
 * as long. Returns a socket whose connect(2) goes on, tuned so that a dead peer is noticed, or -1. */
int dial_next(struct dial *dial, const char *host, uint16_t port, const char *subject, struct error *error);
/* From now on the socket takes no more than so many bytes that it cannot send yet. */
void dial_limit_unsent(int fd, int bytes);
/* The address tried last is right: the next attempt begins with it. */
void dial_worked(struct dial *dial);
/* Whether an address of this look-up has not been tried. */
bool dial_has_more(const struct dial *dial);
/* 0 or the errno with which the connect ended. */
int dial_result(int fd);

#endif
