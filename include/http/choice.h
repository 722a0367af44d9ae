/*
 * What a person picks, as it comes over HTTP: the same for a person's route and for a phone's.
 */
#ifndef OFFHOOK_HTTP_CHOICE_H
#define OFFHOOK_HTTP_CHOICE_H

#include "http/request.h"

/* These answer: with the person's presence object once it is committed, or with what is wrong. */

/* The body is {"status", "message", "expires"}. */
void choice_put(struct http_request *request, struct person *person, enum source source);
void choice_delete(struct http_request *request, struct person *person, enum source source);
/* The body is {"message", "expires"}. */
void message_put(struct http_request *request, struct person *person);

#endif
