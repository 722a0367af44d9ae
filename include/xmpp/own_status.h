/*
 * What a person is told of the own facts, beside what colleagues see: the choices and who made them, the
 * message, devices, feed, phones, calls, and what calls do. Nothing of it is for anybody else.
 */
#ifndef OFFHOOK_XMPP_OWN_STATUS_H
#define OFFHOOK_XMPP_OWN_STATUS_H

#include "core/engine.h"

/* One fact: `var` as in the form of my-status; several values are separated by newlines, and then `many`. */
typedef void own_status_fn(void *arg, const char *var, const char *label, const char *text, bool many);
/* Calls `add` for each fact there is, in the order to be read. Times are in the person's zone. */
void own_status(const struct person *person, usec_t now, own_status_fn *add, void *arg);

#endif
