/*
 * Which software this is (XEP-0092).
 */
#include "xmpp/namespaces.h"
#include "xmpp/routes.h"

static void handle_version(struct request *request)
{
	xmpp_ctx_t *context = component_context(request->component);
	xmpp_stanza_t *result = reply_result(request);
	xmpp_stanza_t *query = element_new(context, result, "query", NS_VERSION, NULL);

	element_text(element_new(context, query, "name", NULL, NULL), "Offhook");
	element_text(element_new(context, query, "version", NULL, NULL), OFFHOOK_VERSION);
	component_send(request->component, result);
	xmpp_stanza_release(result);
}

const struct route version_routes[] = {
	{"iq", "get", NS_VERSION, "query", ADDRESS_COMPONENT, handle_version, NS_VERSION},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
