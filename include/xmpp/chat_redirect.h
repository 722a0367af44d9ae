/*
 * Messages to a colleague's contact address, where nobody reads: answered once a day (of UTC) for each sender
 * and contact with a `redirect` to the colleague's account (RFC 6120 section 8.3.3.14), or with
 * `service-unavailable` when there is none. Who may not watch does not learn whether somebody is there and
 * always gets the latter.
 */
#ifndef OFFHOOK_XMPP_CHAT_REDIRECT_H
#define OFFHOOK_XMPP_CHAT_REDIRECT_H

#include "core/seen.h"
#include "xmpp/route.h"

/* Zeroed before the first use. */
struct chat_redirects {
	struct seen *told; /* "sender contact" of `day`, the last LIMIT_REDIRECTS */
	int64_t day;       /* since 1970 */
};
void chat_redirects_done(struct chat_redirects *redirects);

/* Answers the message, or does not. */
void chat_turn_away(struct chat_redirects *redirects, struct request *request);

#endif
