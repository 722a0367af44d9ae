/*
 * Messages (RFC 6121 section 5) to the component and to contact addresses.
 *
 * To the component or to one's own contact address: a chat line (xmpp/chat_line.h), answered in words from
 * the address that was written to, in the same type and thread, as long as the sender writes no faster than
 * xmpp/chat_pace.h allows; lines beyond that are not read. To a colleague's contact address, where nobody
 * reads: once a day for each sender a `redirect` to the colleague's account, or `service-unavailable` when
 * there is none. Encrypted ones (XEP-0380) cannot be read; delayed ones (XEP-0203) are ignored, as their time
 * has passed; so is everything that waits for no answer: errors, headlines, groupchat, what has no body.
 */
#ifndef OFFHOOK_XMPP_CHAT_H
#define OFFHOOK_XMPP_CHAT_H

#include "xmpp/route.h"

extern const struct route chat_routes[];

struct chat;
struct chat *chat_new(struct component *component);
void chat_free(struct chat *chat); /* forgets lines that wait for their sender to become a person */
struct chat *component_chat(struct component *component);

#endif
