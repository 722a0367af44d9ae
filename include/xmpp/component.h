/*
 * A tenant's component on its XMPP server: one stream (XEP-0114), its watchers, its publisher, its
 * answers. Everything in src/xmpp hangs below one of these; outside, only this header is known.
 */
#ifndef OFFHOOK_XMPP_COMPONENT_H
#define OFFHOOK_XMPP_COMPONENT_H

#include "base/loop.h"
#include "core/engine.h"
#include "core/ports.h"

struct component;

struct component_options {
	const char *component; /* address: presence.example.org */
	const char *host;
	uint16_t port;
	const char *secret;
	const char *name; /* for service discovery */
};

/* Engine, ports and loop are borrowed and outlive the component; strings are copied. */
struct component *component_new(struct loop *loop, const struct component_options *options,
	struct engine *engine, const struct ports *ports);
/* Watchers and digests as they were stored, before component_start. */
void component_load_watcher(
	struct component *component, const char *contact, const char *watcher, usec_t heard);
void component_load_published(struct component *component, const char *contact, uint64_t digest);
/* Connects, and stays connected until component_stop. */
void component_start(struct component *component);
/* Says unavailable to every watcher (policy sign_off), closes the stream, calls `done`; at most
 * LIMIT_SIGN_OFF_SECONDS. */
void component_stop(struct component *component, void (*done)(void *arg), void *arg);
void component_free(struct component *component); /* closes at once */
bool component_connected(const struct component *component);
/* A new secret or server address (SIGHUP): used at the next connect; reconnects when they differ. */
void component_reconfigure(struct component *component, const struct component_options *options);

/* Effects: the presence of a contact address is new; its person, or NULL when it is nobody's (any more). */
void component_presence_changed(struct component *component, const char *contact, struct person *person);
/* A person has a new account: its feed is asked for. */
void component_account_added(struct component *component, struct person *person);
/* The person changed, which is not shown before its account is heard (EFFECT_UNHEARD): it is probed at once. */
void component_account_awaited(struct component *component, struct person *person);
/* A device wants to hear of activities from now on (EFFECT_DEVICE). */
void component_device_listens(
	struct component *component, struct person *person, const char *resource, bool was_there);
/* An account is nobody's any more: the subscription to it ends. */
void component_feed_over(struct component *component, const char *account);
/* The same of one among many people who changed together: whoever changes alone overtakes them. */
void component_presence_changed_with_many(
	struct component *component, const char *contact, struct person *person);
/* A chat message from the component's address to a bare JID, sent when the stream has room for it. */
void component_notice(struct component *component, const char *account, const char *text);

#endif
