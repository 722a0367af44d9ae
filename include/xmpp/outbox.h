/*
 * Bytes waiting to be written to a socket: added at one end, written from the other in as large pieces
 * as the socket takes.
 */
#ifndef OFFHOOK_XMPP_OUTBOX_H
#define OFFHOOK_XMPP_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct outbox {
	char *data;
	size_t start, end; /* what waits */
	size_t room;
	size_t max; /* of waiting bytes */
};

void outbox_init(struct outbox *outbox, size_t max);
void outbox_done(struct outbox *outbox);
void outbox_clear(struct outbox *outbox);
size_t outbox_waiting(const struct outbox *outbox);
/* False, and nothing added, when more than `max` would wait. */
bool outbox_add(struct outbox *outbox, const void *bytes, size_t length) must_check;
/* The same for some bytes that the caller writes there now, before anything is added; NULL: not added. */
char *outbox_reserve(struct outbox *outbox, size_t length);
/* One write. Bytes written, 0 when the socket takes none now, or -errno. */
ssize_t outbox_write(struct outbox *outbox, int fd);

#endif
