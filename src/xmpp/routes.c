/*
 * The features, each with its table of routes.
 */
#include "xmpp/routes.h"

#include <stddef.h>

#include "xmpp/chat.h"
#include "xmpp/command.h"
#include "xmpp/pubsub.h"

const struct route *const route_tables[] = {
	presence_routes,
	feed_routes,
	privilege_routes,
	caps_routes,
	disco_routes,
	command_routes,
	chat_routes,
	version_routes,
	ping_routes,
	last_routes,
	time_routes,
	vcard_routes,
	pubsub_routes,
	NULL,
};
