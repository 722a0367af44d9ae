/*
 * Hosts and ports are taken apart here.
 */
#include "base/endpoint.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"

static bool is_host(const char *host, bool bracketed)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
	struct in6_addr address;

	if (bracketed)
		return inet_pton(AF_INET6, host, &address) == 1;
	return host[0] && host[strspn(host, letters)] == '\0';
}

bool endpoint_is_host(const char *text)
{
	return is_host(text, strchr(text, ':') != NULL);
}

bool endpoint_parse(const char *text, char **host, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	bool bracketed = text[0] == '[';
	long long number;
	size_t length;
	char *name;

	if (!colon || !text_number(colon + 1, 1, UINT16_MAX, &number))
		return false;
	length = (size_t)(colon - text);
	if (bracketed && (length < 2 || text[length - 1] != ']'))
		return false;
	name = bracketed ? mem_bytes(text + 1, length - 2) : mem_bytes(text, length);
	if (!is_host(name, bracketed)) {
		free(name);
		return false;
	}
	*host = name;
	*port = (uint16_t)number;
	return true;
}

bool endpoint_is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcasecmp(host, "localhost") == 0;
}
