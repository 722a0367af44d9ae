/*
 * What a client answers when it is asked what it is (XEP-0030), and the verification string of that
 * (XEP-0115 section 5). Pure.
 */
#ifndef OFFHOOK_XMPP_CAPS_QUERY_H
#define OFFHOOK_XMPP_CAPS_QUERY_H

#include <stdbool.h>
#include <strophe.h>

#include "base/error.h"
#include "xmpp/disco.h"

struct caps_class {
	bool mobile;         /* an identity is client/phone or client/handheld */
	bool wants_activity; /* it wants to be told of activities (XEP-0108, XEP-0163) */
};

struct caps_class caps_class_of(xmpp_stanza_t *query);
/* The verification string by SHA-1. False: the answer is ill-formed in the sense of section 5.4, or has
 * a "<", by which one answer could pass for another. */
bool caps_verification(xmpp_stanza_t *query, char text[CAPS_TEXT]) must_check;

#endif
