/*
 * The component's own subscriptions to people's accounts (design section 6): how it learns of devices.
 *
 * Asked for once for every account, from the component's address. Any available presence from the account, and
 * `subscribed`, makes a feed active; `unsubscribed` makes it refused until the person asks. A server that tells
 * of all accounts unasked (XEP-0356, both namespaces) makes asking needless. After each connect active feeds
 * are probed, LIMIT_FEED_PER_SECOND of them a second, so that the engine knows whose devices are no longer true.
 *
 * Nothing here holds a fact: states and devices are the engine's (core/devices.h).
 */
#ifndef OFFHOOK_XMPP_FEED_H
#define OFFHOOK_XMPP_FEED_H

#include "core/engine.h"
#include "xmpp/component.h"

struct feed_link;

struct feed_link *feed_link_new(struct component *component);
void feed_link_free(struct feed_link *link); /* NULL is allowed */
void feed_link_connected(struct feed_link *link);
void feed_link_disconnected(struct feed_link *link);
/* The work of one turn. True when there is more that need not wait for anything but the stream. */
bool feed_link_step(struct feed_link *link);

/* The person wants it: asks, unless it is active. */
void feed_link_ask(struct feed_link *link, struct person *person);
/* The person does not want it: ends the subscription. */
void feed_link_refuse(struct feed_link *link, struct person *person);
/* The account is nobody's any more. */
void feed_link_over(struct feed_link *link, const char *account);

/* For handlers. */
struct feed_link *component_feed_link(struct component *component);

#endif
