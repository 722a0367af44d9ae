/*
 * The catalogue as a pubsub node (XEP-0060) of the component that colleagues can read and nobody can write:
 * one item for each status that is enabled, in order, its id the status's. Pages come as in XEP-0059.
 *
 * Strangers get `forbidden` whatever they ask. Subscriptions and all that changes nodes or items get
 * `feature-not-implemented` with the name of the feature that is missing.
 */
#ifndef OFFHOOK_XMPP_PUBSUB_H
#define OFFHOOK_XMPP_PUBSUB_H

#include "xmpp/namespaces.h"
#include "xmpp/route.h"

#define NODE_STATUSES NS_OFFHOOK ":statuses"
#define NODE_STATUSES_NAME "Statuses"

extern const struct route pubsub_routes[];
/* For discovery, of an insider. Info of the node; false: `node` is another. */
bool pubsub_add_info(struct request *request, const char *node, xmpp_stanza_t *query);
/* Answers disco#items of the node: a page of the items' ids. */
void pubsub_answer_items(struct request *request);

#endif
