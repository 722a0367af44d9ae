/*
 * Output is collected here until the socket takes it.
 */
#include "xmpp/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"

enum { FIRST_ROOM = 64 * 1024, KEPT_ROOM = 1024 * 1024 };

void outbox_init(struct outbox *outbox, size_t max)
{
	*outbox = (struct outbox){.max = max};
}

void outbox_done(struct outbox *outbox)
{
	free(outbox->data);
	*outbox = (struct outbox){.max = outbox->max};
}

void outbox_clear(struct outbox *outbox)
{
	outbox->start = outbox->end = 0;
	if (outbox->room > KEPT_ROOM)
		outbox_done(outbox);
}

size_t outbox_waiting(const struct outbox *outbox)
{
	return outbox->end - outbox->start;
}

/* Moving what waits to the front costs less than it saves only when most of the room is behind us. */
static void make_room(struct outbox *outbox, size_t length)
{
	size_t waiting = outbox_waiting(outbox);

	if (outbox->start > 0 && outbox->start >= outbox->room / 2) {
		memmove(outbox->data, outbox->data + outbox->start, waiting);
		outbox->start = 0;
		outbox->end = waiting;
	}
	if (length <= outbox->room - outbox->end)
		return;
	size_t room = outbox->room > 0 ? outbox->room : FIRST_ROOM;
	while (room - outbox->end < length)
		room *= 2;
	outbox->data = mem_resize(outbox->data, room, 1);
	outbox->room = room;
}

char *outbox_reserve(struct outbox *outbox, size_t length)
{
	if (length > outbox->max - outbox_waiting(outbox))
		return NULL;
	if (length > outbox->room - outbox->end)
		make_room(outbox, length);
	char *place = outbox->data + outbox->end;
	outbox->end += length;
	return place;
}

bool outbox_add(struct outbox *outbox, const void *bytes, size_t length)
{
	if (length == 0)
		return true;
	char *place = outbox_reserve(outbox, length);
	if (place == NULL)
		return false;
	memcpy(place, bytes, length);
	return true;
}

ssize_t outbox_write(struct outbox *outbox, int fd)
{
	ssize_t written;

	if (outbox_waiting(outbox) == 0)
		return 0;
	do {
		written = send(fd, outbox->data + outbox->start, outbox_waiting(outbox), MSG_NOSIGNAL);
	} while (written < 0 && errno == EINTR);
	if (written < 0)
		return errno == EAGAIN ? 0 : -errno;
	outbox->start += (size_t)written;
	if (outbox->start == outbox->end)
		outbox_clear(outbox);
	return written;
}
