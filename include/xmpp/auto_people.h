/*
 * Accounts that become people by themselves (policy auto_people): an account of the tenant that
 * subscribes, sets a status or runs a command becomes the person whose contact is its localpart, unless
 * that contact is somebody's already; then an administrator decides.
 */
#ifndef OFFHOOK_XMPP_AUTO_PEOPLE_H
#define OFFHOOK_XMPP_AUTO_PEOPLE_H

#include "core/engine.h"
#include "core/ports.h"
#include "xmpp/component.h"

typedef void auto_person_fn(void *arg, struct person *person, const struct error *error);

/* `done` is called once: with the person, at once when the account already has one, else after the commit;
 * or with NULL and a reason. `done` may be NULL. Asking twice for one account makes one person. Waiting
 * callers are forgotten with the component, without a call. `account` is a prepared bare JID. */
void auto_person(struct component *component, const char *account, auto_person_fn *done, void *arg);

/* For component.c. */
struct auto_people;
struct auto_people *auto_people_new(struct engine *engine, const struct ports *ports, const char *subject);
void auto_people_free(struct auto_people *people); /* NULL is allowed */
struct auto_people *component_auto_people(struct component *component);

#endif
