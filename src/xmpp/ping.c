/*
 * Pings from others (XEP-0199).
 */
#include "xmpp/namespaces.h"
#include "xmpp/routes.h"

/* The same answer for every contact address: whether somebody is there is nothing that a ping may tell. */
static void handle_ping(struct request *request)
{
	if (request->address != ADDRESS_COMPONENT && !request->allowed) {
		reply_error(request, "cancel", "service-unavailable", NULL);
		return;
	}
	xmpp_stanza_t *result = reply_result(request);
	component_send(request->component, result);
	xmpp_stanza_release(result);
}

const struct route ping_routes[] = {
	{"iq", "get", NS_PING, "ping", ADDRESS_ANY, handle_ping, NS_PING},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
