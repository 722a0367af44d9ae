/*
 * The server says what it lets us see and do unasked (XEP-0356).
 */
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "xmpp/feed.h"
#include "xmpp/namespaces.h"
#include "xmpp/routes.h"

static bool has(xmpp_stanza_t *element, const char *attribute, const char *value)
{
	const char *found = xmpp_stanza_get_attribute(element, attribute);
	return found != NULL && strcmp(found, value) == 0;
}

static bool grants_presence(xmpp_stanza_t *element)
{
	return strcmp(xmpp_stanza_get_name(element), "perm") == 0 && has(element, "access", "presence") &&
	       (has(element, "type", "managed_entity") || has(element, "type", "roster"));
}

/* However deep it stands: Prosody nests what belongs side by side. */
static bool names_presence(xmpp_stanza_t *privilege)
{
	xmpp_stanza_t *open[LIMIT_STANZA_DEPTH]; /* where to go on, level by level */
	size_t depth = 0;

	open[depth++] = xmpp_stanza_get_children(privilege);
	while (depth > 0) {
		xmpp_stanza_t *element = open[depth - 1];
		if (element == NULL) {
			depth--;
			continue;
		}
		open[depth - 1] = xmpp_stanza_get_next(element);
		if (!xmpp_stanza_is_tag(element))
			continue;
		if (grants_presence(element))
			return true;
		if (depth < LIMIT_STANZA_DEPTH)
			open[depth++] = xmpp_stanza_get_children(element);
	}
	return false;
}

static bool is_of_server(const struct request *request)
{
	return strcmp(request->from, component_engine(request->component)->domain) == 0;
}

static void handle_privilege(struct request *request)
{
	if (is_of_server(request))
		feed_link_privilege(component_feed_link(request->component), names_presence(request->child));
}

/* docs/decisions/0007: who speaks this version does not tell of clients that are cut off. */
static void handle_old_privilege(struct request *request)
{
	if (is_of_server(request) && names_presence(request->child))
		log_info("xmpp",
			"%s grants presence by " NS_PRIVILEGE_1 ", which does not tell of lost "
			"connections: accounts are asked instead",
			request->from);
}

const struct route privilege_routes[] = {
	{"message", NULL, NS_PRIVILEGE_2, "privilege", ADDRESS_COMPONENT, handle_privilege, NULL},
	{"message", NULL, NS_PRIVILEGE_1, "privilege", ADDRESS_COMPONENT, handle_old_privilege, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
