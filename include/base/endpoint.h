/*
 * "host:port" and "[IPv6 address]:port".
 */
#ifndef OFFHOOK_BASE_ENDPOINT_H
#define OFFHOOK_BASE_ENDPOINT_H

#include <stdint.h>

#include "base/error.h"

/* The host without brackets, which the caller frees, and a port of 1..65535. A host is an IP literal or
 * a name; whether it exists is not looked up. */
bool endpoint_parse(const char *text, char **host, uint16_t *port) must_check;
/* A host alone: an IP literal without brackets, or a name. */
bool endpoint_is_host(const char *text);
/* "localhost", 127.0.0.0/8, ::1. */
bool endpoint_is_loopback(const char *host);

#endif
