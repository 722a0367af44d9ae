/*
 * Last activity (XEP-0012): how long the component runs, how long a person's presence has lasted.
 */
#include <stdio.h>

#include "xmpp/namespaces.h"
#include "xmpp/routes.h"

static void send_seconds(struct request *request, usec_t span)
{
	xmpp_stanza_t *result = reply_result(request);
	char seconds[24];

	snprintf(seconds, sizeof(seconds), "%lld", span > 0 ? (long long)(span / SECOND) : 0LL);
	element_new(
		component_context(request->component), result, "query", NS_LAST, "seconds", seconds, NULL);
	component_send(request->component, result);
	xmpp_stanza_release(result);
}

static void handle_component(struct request *request)
{
	send_seconds(request, component_uptime(request->component));
}

/* Of somebody offline nothing is said, and Invisible is offline here too. */
static void handle_contact(struct request *request)
{
	const struct person *person = engine_person(component_engine(request->component), request->contact);

	if (!request->allowed) {
		reply_error(request, "auth", "forbidden", NULL);
		return;
	}
	if (person == NULL || presence_is_offline(&person->presence)) {
		reply_error(request, "cancel", "service-unavailable", NULL);
		return;
	}
	const struct presence *presence = &person->presence;
	usec_t since = presence->idle_since != 0 ? presence->idle_since : presence->since;
	send_seconds(request, since != 0 ? component_now(request->component) - since : 0);
}

const struct route last_routes[] = {
	{"iq", "get", NS_LAST, "query", ADDRESS_COMPONENT, handle_component, NS_LAST},
	{"iq", "get", NS_LAST, "query", ADDRESS_CONTACT | ADDRESS_RESOURCE, handle_contact, NS_LAST},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
