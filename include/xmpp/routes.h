/*
 * The tables of the features that need no header of their own; route_tables has them all.
 */
#ifndef OFFHOOK_XMPP_ROUTES_H
#define OFFHOOK_XMPP_ROUTES_H

#include "xmpp/route.h"

extern const struct route presence_routes[];  /* RFC 6121: subscriptions and probes */
extern const struct route feed_routes[];      /* what people's accounts tell the component */
extern const struct route privilege_routes[]; /* XEP-0356 */
extern const struct route caps_routes[];      /* XEP-0115: answers of people's clients */
extern const struct route disco_routes[];     /* XEP-0030, XEP-0059, XEP-0115 */
extern const struct route version_routes[];   /* XEP-0092 */
extern const struct route ping_routes[];      /* XEP-0199 */
extern const struct route last_routes[];      /* XEP-0012 */
extern const struct route time_routes[];      /* XEP-0202 */
extern const struct route vcard_routes[];     /* XEP-0054 */

#endif
