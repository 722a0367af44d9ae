/*
 * The component's own subscriptions to people's accounts (design section 6): how it learns of devices.
 *
 * Asked for once for every account, from the component's address; again only when the request was possibly lost
 * with a stream (stream_mark). `subscribed` makes a feed active, and so does presence that the server sends
 * because there is a subscription (an administrator made it, or the consent was lost); see docs/decisions/0007
 * for how that is told apart. `unsubscribed` makes it refused until the person asks. A server that tells of all
 * accounts unasked (XEP-0356) makes asking needless. After each connect active feeds are probed,
 * LIMIT_FEED_PROBES_PER_SECOND of them, so that the engine knows whose devices are no longer true, and those first
 * whom somebody waits to see; then those who were never asked are asked.
 *
 * Presence sent to contact addresses says nothing here: such a subscription is to one colleague and ends with
 * it, and a probe from the component's address would not be answered.
 *
 * Nothing here holds a fact: states and devices are the engine's (core/devices.h).
 */
#ifndef OFFHOOK_XMPP_FEED_H
#define OFFHOOK_XMPP_FEED_H

#include "base/loop.h"
#include "core/engine.h"
#include "xmpp/component.h"
#include "xmpp/stream.h"

struct feed_link;

/* All borrowed. */
struct feed_link *feed_link_new(struct component *component, struct loop *loop, struct stream *stream);
void feed_link_free(struct feed_link *link); /* NULL is allowed */
void feed_link_connected(struct feed_link *link);
void feed_link_disconnected(struct feed_link *link);
/* The work of one turn. True when there is more that need not wait for anything but the stream. */
bool feed_link_step(struct feed_link *link);

void feed_link_acknowledged(struct feed_link *link, uint32_t mark); /* xmpp/stream.h */

/* The person wants it: asks, unless it is active. While disconnected the next connect asks. */
void feed_link_ask(struct feed_link *link, struct person *person);
/* The person does not want it: ends the subscription, at the latest after the next connect. */
void feed_link_refuse(struct feed_link *link, struct person *person);
/* The account is nobody's any more: ends the subscription likewise. */
void feed_link_over(struct feed_link *link, const char *account);

/* Somebody waits to see the person, whose account was not heard yet: it is probed ahead of the walk over all. */
void feed_link_hurry(struct feed_link *link, const struct person *person);

/* For handlers. */
struct feed_link *component_feed_link(struct component *component);
/* The server says whether it tells of all accounts (xmpp/privilege.c). */
void feed_link_privilege(struct feed_link *link, bool granted);
struct caps;
struct caps *feed_link_caps(struct feed_link *link);

#endif
