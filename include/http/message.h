/*
 * What evhttp lets through and a careful server does not (RFC 9112): requests that another reader of the
 * same bytes could take apart in another way, and those that are larger than we accept.
 */
#ifndef OFFHOOK_HTTP_MESSAGE_H
#define OFFHOOK_HTTP_MESSAGE_H

#include <event2/http.h>

#include "base/error.h"

/* Checks a request that is complete. False: the status to answer with (400, 413 or 431) and why; the
 * connection must then be closed, as nobody knows where the next request in it begins. */
bool message_check(struct evhttp_request *request, int *status, struct error *error) must_check;
/* The value of a header, or NULL. */
const char *message_header(struct evhttp_request *request, const char *name);
/* Whether the body is said to be of this media type, whatever its parameters. */
bool message_has_type(struct evhttp_request *request, const char *media_type);
/* Whether a proxy says that it passes the request on for somebody else. */
bool message_is_forwarded(struct evhttp_request *request);

#endif
