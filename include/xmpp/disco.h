/*
 * Service discovery (XEP-0030): what the component and its contact addresses are and can do, from the
 * features that the tables of routes name. People are listed for the tenant's own accounts only.
 */
#ifndef OFFHOOK_XMPP_DISCO_H
#define OFFHOOK_XMPP_DISCO_H

#include <strophe.h>

/* The verification string of XEP-0115 of a contact's full address: the base64 form of a SHA-1. */
enum { CAPS_TEXT = 29 };
char *disco_caps(xmpp_ctx_t *context, char text[CAPS_TEXT]);

#endif
