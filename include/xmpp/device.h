/*
 * What a presence stanza says of the device that sent it (RFC 6121 section 4.7, XEP-0203, XEP-0319).
 *
 * Nothing in it can be refused: what makes no sense is as good as absent.
 */
#ifndef OFFHOOK_XMPP_DEVICE_H
#define OFFHOOK_XMPP_DEVICE_H

#include <strophe.h>

#include "core/fact.h"
#include "xmpp/announcement.h"

/* Fills all but person and resource. The text is at most LIMIT_MESSAGE characters on one line, of the
 * <status/> without a language if there is one, else the English, else the first; the caller frees `*text`,
 * which the fact borrows. */
void device_read(xmpp_stanza_t *presence, struct fact_device *fact, char **text);
void device_read_announcement(const struct announcement *announcement, struct fact_device *fact, char **text);

#endif
