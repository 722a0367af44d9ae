/*
 * A TCP connection to a host by name or IP address, one address of it after the other.
 */
#ifndef OFFHOOK_XMPP_DIAL_H
#define OFFHOOK_XMPP_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

enum { DIAL_ADDRESSES = 8 };

/* Zeroed before the first use, and to look the name up anew. */
struct dial {
	struct sockaddr_storage addresses[DIAL_ADDRESSES];
	socklen_t lengths[DIAL_ADDRESSES];
	size_t count, next;
};

/* Begins to connect to the next address; the name is looked up whenever all were tried. That look-up
 * blocks (an IP address needs none); a slow one is logged under `subject`. Returns a socket whose
 * connect(2) goes on, tuned so that a dead peer is noticed, or -1. */
int dial_next(struct dial *dial, const char *host, uint16_t port, const char *subject, struct error *error);
/* Whether an address of this look-up has not been tried. */
bool dial_has_more(const struct dial *dial);
/* 0 or the errno with which the connect ended. */
int dial_result(int fd);

#endif
