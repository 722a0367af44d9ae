/*
 * Sockets are opened here.
 */
#include "xmpp/dial.h"

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

static int look_up(const char *host, uint16_t port, const char *subject, struct addrinfo **found)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	char service[8];

	snprintf(service, sizeof(service), "%u", port);
	int result = getaddrinfo(host, service, &hints, found);
	if (result != EAI_NONAME)
		return result;
	usec_t begin = clock_monotonic();
	hints.ai_flags = AI_NUMERICSERV;
	result = getaddrinfo(host, service, &hints, found);
	usec_t took = clock_monotonic() - begin;
	if (took > SLOW_LOOKUP)
		log_warn(subject, "looking up %s held up the program for %d ms; an IP address would not",
			host, (int)(took / 1000));
	return result;
}

static bool resolve(
	struct dial *dial, const char *host, uint16_t port, const char *subject, struct error *error)
{
	struct addrinfo *found;
	int result = look_up(host, port, subject, &found);

	dial->count = dial->next = 0;
	if (result != 0)
		return error_set(error, NULL, "looking up %s: %s", host, gai_strerror(result));
	for (const struct addrinfo *each = found; each != NULL && dial->count < DIAL_ADDRESSES;
		each = each->ai_next) {
		memcpy(&dial->addresses[dial->count], each->ai_addr, each->ai_addrlen);
		dial->lengths[dial->count++] = each->ai_addrlen;
	}
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
