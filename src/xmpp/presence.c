/*
 * Who subscribes and who probes is answered here (RFC 6121 sections 3 and 4).
 */
#include <string.h>

#include "xmpp/activity.h"
#include "xmpp/auto_people.h"
#include "xmpp/feed.h"
#include "xmpp/namespaces.h"
#include "xmpp/publisher.h"
#include "xmpp/routes.h"
#include "xmpp/watchers.h"

/* Subscription stanzas go between bare addresses. */
static void send_subscription(struct request *request, const char *type)
{
	xmpp_stanza_t *presence = element_new(component_context(request->component), NULL, "presence", NULL,
		"type", type, "to", request->sender, NULL);
	struct jid from;
	char bare[JID_TEXT];

	if (jid_split(request->to, &from))
		xmpp_stanza_set_from(presence, jid_bare(&from, bare));
	component_send(request->component, presence);
	xmpp_stanza_release(presence);
}

static void save_watcher(struct request *request, usec_t heard)
{
	const struct ports *ports = component_ports(request->component);
	ports->save_watcher(
		ports->ctx, component_engine(request->component), request->contact, request->sender, heard);
}

/* False: refused by a limit. */
static bool add_watcher(struct request *request)
{
	usec_t now = component_now(request->component);
	enum watch watch;

	if (request->address == ADDRESS_COMPONENT)
		return true;
	watch = watchers_add(component_watchers(request->component), request->contact, request->sender, now);
	if (watch == WATCH_NEW || watch == WATCH_REFRESHED)
		save_watcher(request, now);
	if (watch == WATCH_NEW)
		activities_watched(
			component_activities(request->component), request->contact, request->sender);
	return watch != WATCH_NONE;
}

/* False: was none. */
static bool remove_watcher(struct request *request)
{
	if (!watchers_remove(component_watchers(request->component), request->contact, request->sender))
		return false;
	save_watcher(request, 0);
	publisher_answer_unavailable(
		component_publisher(request->component), request->contact, request->sender);
	return true;
}

/* The component itself is there whenever it can answer, so it keeps no watchers; it cannot take its presence
 * back when it leaves, as it does not know from whom. */
static void send_component_presence(struct request *request)
{
	xmpp_stanza_t *presence = element_new(component_context(request->component), NULL, "presence", NULL,
		"from", component_address(request->component), "to", request->from, NULL);
	component_send(request->component, presence);
	xmpp_stanza_release(presence);
}

static void send_contact_presence(struct request *request)
{
	struct component *component = request->component;

	if (!publisher_answer(component_publisher(component), request->contact, request->from))
		feed_link_hurry(component_feed_link(component),
			engine_person(component_engine(component), request->contact));
}

static void send_presence(struct request *request)
{
	if (request->address == ADDRESS_COMPONENT)
		send_component_presence(request);
	else
		send_contact_presence(request);
}

/* It may have been allowed once. */
static void refuse(struct request *request)
{
	(void)remove_watcher(request);
	send_subscription(request, "unsubscribed");
}

/* Who watches the component or the own contact address wants to be part of it. */
static void ask_again(struct request *request)
{
	struct person *person = request->person;
	bool own = request->address == ADDRESS_COMPONENT || strcmp(person->contact, request->contact) == 0;

	if (own && person->feed == FEED_REFUSED)
		feed_link_ask(component_feed_link(request->component), person);
}

/* Prosody sends a request that it believes unanswered again at every login. */
static void handle_subscribe(struct request *request)
{
	if (!request->allowed) {
		refuse(request);
		return;
	}
	if (!add_watcher(request)) {
		reply_error(request, "wait", "resource-constraint", "There are too many subscriptions.");
		return;
	}
	send_subscription(request, "subscribed");
	send_presence(request);
	if (request->person != NULL)
		ask_again(request);
	else if (request->insider)
		auto_person(request->component, request->sender, NULL, NULL);
}

/* Shared rosters never send a subscribe: their first word is a probe. One too many is answered all the
 * same, as a refusal would end a subscription that its server has. */
static void handle_probe(struct request *request)
{
	if (!request->allowed) {
		refuse(request);
		return;
	}
	(void)add_watcher(request);
	send_presence(request);
}

static void handle_unsubscribe(struct request *request)
{
	if (remove_watcher(request))
		send_subscription(request, "unsubscribed");
}

static void handle_heard_of(struct request *request)
{
	usec_t now = component_now(request->component);

	if (!request->allowed)
		return;
	if (watchers_touch(component_watchers(request->component), request->contact, request->sender, now) ==
		WATCH_REFRESHED)
		save_watcher(request, now);
}

const struct route presence_routes[] = {
	{"presence", "subscribe", NULL, NULL, ADDRESS_ANY, handle_subscribe, NULL},
	{"presence", "probe", NULL, NULL, ADDRESS_ANY, handle_probe, NULL},
	{"presence", "unsubscribe", NULL, NULL, ADDRESS_CONTACT | ADDRESS_RESOURCE, handle_unsubscribe, NULL},
	{"presence", "", NULL, NULL, ADDRESS_CONTACT | ADDRESS_RESOURCE, handle_heard_of, NULL},
	{"presence", "unavailable", NULL, NULL, ADDRESS_CONTACT | ADDRESS_RESOURCE, handle_heard_of, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
