/*
 * Sockets are opened here.
 */
#include "base/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#define SLOW_LOOKUP (SECOND / 10)
enum { LOOKUP_SHARE = 20 }; /* at most one part in so many of the time goes into looking up */

static int look_up(
	const char *host, uint16_t port, const char *subject, usec_t *took, struct addrinfo **found)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	char service[8];

	snprintf(service, sizeof(service), "%u", port);
	int result = getaddrinfo(host, service, &hints, found);
	if (result != EAI_NONAME)
		return result;
	hints.ai_flags = AI_NUMERICSERV;
	usec_t begin = clock_monotonic();
	result = getaddrinfo(host, service, &hints, found);
	*took = clock_monotonic() - begin;
	if (*took > SLOW_LOOKUP)
		log_warn(subject, "looking up %s held up the program for %d ms; an IP address would not",
			host, (int)(*took / 1000));
	return result;
}

static void take_addresses(struct dial *dial, const struct addrinfo *found)
{
	dial->count = 0;
	for (const struct addrinfo *each = found; each != NULL && dial->count < DIAL_ADDRESSES;
		each = each->ai_next) {
		memcpy(&dial->addresses[dial->count], each->ai_addr, each->ai_addrlen);
		dial->lengths[dial->count++] = each->ai_addrlen;
	}
}

/* False: there are no addresses, not even from before. */
static bool resolve(
	struct dial *dial, const char *host, uint16_t port, const char *subject, struct error *error)
{
	struct addrinfo *found;
	usec_t took = 0;

	dial->next = 0;
	if (clock_monotonic() < dial->look_up_after)
		return dial->count > 0 ||
		       error_set(error, NULL, "looking up %s: it takes long, so not yet again", host);
	int result = look_up(host, port, subject, &took, &found);
	dial->look_up_after = clock_monotonic() + LOOKUP_SHARE * took;
	if (result != 0)
		return dial->count > 0 ||
		       error_set(error, NULL, "looking up %s: %s", host, gai_strerror(result));
	take_addresses(dial, found);
	freeaddrinfo(found);
	return true;
}

/* Without one of these a dead peer is noticed later, by the ping. */
static void set_option(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

static void tune(int fd)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 15000);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

int dial_next(struct dial *dial, const char *host, uint16_t port, const char *subject, struct error *error)
{
	if (!dial_has_more(dial) && !resolve(dial, host, port, subject, error))
		return -1;
	const struct sockaddr *address = (const struct sockaddr *)&dial->addresses[dial->next];
	socklen_t length = dial->lengths[dial->next++];

	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		tune(fd);
		if (connect(fd, address, length) == 0 || errno == EINPROGRESS)
			return fd;
	}
	error_set(error, NULL, "connecting to %s port %u: %s", host, port, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void dial_limit_unsent(int fd, int bytes)
{
	set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, bytes);
}

void dial_worked(struct dial *dial)
{
	dial->next--;
}

bool dial_has_more(const struct dial *dial)
{
	return dial->next < dial->count;
}

int dial_result(int fd)
{
	int reason = 0;
	socklen_t length = sizeof(reason);
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &length) == 0 ? reason : errno;
}
