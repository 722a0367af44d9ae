/*
 * What time it is here (XEP-0202).
 */
#include "xmpp/namespaces.h"
#include "xmpp/routes.h"

static void handle_time(struct request *request)
{
	xmpp_ctx_t *context = component_context(request->component);
	xmpp_stanza_t *result = reply_result(request);
	xmpp_stanza_t *time = element_new(context, result, "time", NS_TIME, NULL);
	char utc[CLOCK_TEXT];

	element_text(element_new(context, time, "tzo", NULL, NULL), "+00:00");
	element_text(element_new(context, time, "utc", NULL, NULL),
		clock_text(component_now(request->component), utc));
	component_send(request->component, result);
	xmpp_stanza_release(result);
}

const struct route time_routes[] = {
	{"iq", "get", NS_TIME, "time", ADDRESS_COMPONENT, handle_time, NS_TIME},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
