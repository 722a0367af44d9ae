/*
 * Incoming stanzas find their handler here.
 */
#include "xmpp/route.h"

#include <stddef.h>
#include <string.h>

#include "base/map.h"
#include "base/metrics.h"
#include "xmpp/watchers.h"

static const char *text_of(const char *text)
{
	return text != NULL ? text : "";
}

static bool is_iq_request(const struct request *request)
{
	return strcmp(request->type, "get") == 0 || strcmp(request->type, "set") == 0;
}

/* Addresses, and what follows from them; false when nobody can be meant or answered. The request's contact
 * is in `to`. */
static bool fill_addresses(struct request *request, struct jid *from, struct jid *to)
{
	struct engine *engine = component_engine(request->component);

	if (request->from == NULL || request->to == NULL || !jid_split(request->from, from) ||
		!jid_split(request->to, to) || strcmp(to->domain, component_address(request->component)) != 0)
		return false;
	jid_bare(from, request->sender);
	request->contact = to->local;
	request->address = to->local[0] == '\0'      ? ADDRESS_COMPONENT
			   : to->resource[0] == '\0' ? ADDRESS_CONTACT
						     : ADDRESS_RESOURCE;
	if (from->local[0] != '\0') {
		request->insider = strcmp(from->domain, engine->domain) == 0;
		request->allowed = request->insider || policy_allows_domain(&engine->policy, from->domain);
	}
	return true;
}

static void find_sender(struct request *request)
{
	const struct engine *engine = component_engine(request->component);

	request->admin = request->insider && engine_is_admin(engine, request->sender);
	request->person = engine_person_by_account(engine, request->sender);
}

/* An address is long: clearing it would take a good part of the time of a presence that says nothing new. */
static void begin(struct request *request, struct component *component)
{
	memset(request, 0, offsetof(struct request, sender));
	request->sender[0] = '\0';
	request->component = component;
}

/* The one element of an iq or a message; NULL when there is none or there are several. */
static xmpp_stanza_t *payload(xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *found = NULL;

	for (xmpp_stanza_t *child = xmpp_stanza_get_children(stanza); child != NULL;
		child = xmpp_stanza_get_next(child)) {
		if (!xmpp_stanza_is_tag(child))
			continue;
		if (found != NULL)
			return NULL;
		found = child;
	}
	return found;
}

static bool names_type(const char *types, const char *type)
{
	size_t length = strlen(type);

	if (types == NULL || (types[0] == '\0' && length == 0))
		return true;
	for (const char *at = types; length > 0 && (at = strstr(at, type)) != NULL; at += length) {
		bool begins = at == types || at[-1] == ' ';
		if (begins && (at[length] == ' ' || at[length] == '\0'))
			return true;
	}
	return false;
}

static bool fits(const struct route *route, const struct request *request, const char *stanza)
{
	if (strcmp(route->stanza, stanza) != 0 || !names_type(route->types, request->type) ||
		(route->addresses & request->address) == 0)
		return false;
	if (route->namespace_ == NULL && route->name == NULL)
		return true;
	if (request->child == NULL)
		return false;
	return (route->namespace_ == NULL ||
		       strcmp(route->namespace_, text_of(xmpp_stanza_get_ns(request->child))) == 0) &&
	       (route->name == NULL || strcmp(route->name, xmpp_stanza_get_name(request->child)) == 0);
}

static const struct route *find_route(const struct request *request, const char *stanza)
{
	for (const struct route *const *table = route_tables; *table != NULL; table++) {
		for (const struct route *route = *table; route->stanza != NULL; route++) {
			if (fits(route, request, stanza))
				return route;
		}
	}
	return NULL;
}

static void handle(struct request *request, const char *stanza)
{
	const struct route *route = find_route(request, stanza);

	if (route != NULL)
		route->handle(request);
	else if (strcmp(stanza, "iq") == 0 && is_iq_request(request))
		reply_error(request, "cancel", "service-unavailable", NULL);
}

/* RFC 6120 section 8.2.3. An iq that cannot be answered is as good as none. */
static void handle_iq(struct request *request)
{
	bool answer = strcmp(request->type, "result") == 0 || strcmp(request->type, "error") == 0;

	if (request->id == NULL) {
		metrics_add(METRIC_STANZAS_DROPPED, 1);
		return;
	}
	if (!answer && (!is_iq_request(request) || request->child == NULL))
		reply_error(request, "modify", "bad-request", NULL);
	else
		handle(request, "iq");
}

static bool is_stanza(const char *name)
{
	return strcmp(name, "iq") == 0 || strcmp(name, "message") == 0 || strcmp(name, "presence") == 0;
}

static bool fill(struct request *request, struct component *component, xmpp_stanza_t *stanza,
	struct jid *from, struct jid *to)
{
	begin(request, component);
	request->stanza = stanza;
	request->id = xmpp_stanza_get_id(request->stanza);
	request->type = text_of(xmpp_stanza_get_type(request->stanza));
	request->from = xmpp_stanza_get_from(request->stanza);
	request->to = xmpp_stanza_get_to(request->stanza);
	if (is_stanza(xmpp_stanza_get_name(request->stanza)) && fill_addresses(request, from, to)) {
		find_sender(request);
		return true;
	}
	metrics_add(METRIC_STANZAS_DROPPED, 1);
	return false;
}

void route_stanza(struct component *component, xmpp_stanza_t *stanza)
{
	struct request request;
	struct jid from, to;

	/* What comes from our own addresses would be answered for ever. */
	if (!fill(&request, component, stanza, &from, &to) || strcmp(from.domain, to.domain) == 0)
		return;
	const char *name = xmpp_stanza_get_name(stanza);
	request.child = payload(stanza);
	if (strcmp(name, "iq") == 0)
		handle_iq(&request);
	else
		handle(&request, name);
}

/* Who watches is known by address, so that the person behind it matters to the component alone. */
void route_announcement(struct component *component, const struct announcement *announcement)
{
	struct request request;
	struct jid from, to;

	begin(&request, component);
	request.announcement = announcement;
	request.from = announcement->from;
	request.to = announcement->to;
	request.id = announcement->id;
	request.type = announcement->type;
	if (!fill_addresses(&request, &from, &to)) {
		metrics_add(METRIC_STANZAS_DROPPED, 1);
		return;
	}
	if (strcmp(from.domain, to.domain) == 0)
		return;
	if (request.address == ADDRESS_COMPONENT)
		find_sender(&request);
	handle(&request, "presence");
}

void route_expected(struct component *component, const struct announcement *list, size_t count)
{
	uint64_t contacts[LIMIT_AHEAD];
	size_t known = 0;

	for (size_t i = 0; i < count; i++) {
		size_t length = list[i].to != NULL ? strcspn(list[i].to, "@") : 0;
		if (length > 0)
			contacts[known++] = hash_random(list[i].to, length);
	}
	watchers_fetch(component_watchers(component), contacts, known);
	engine_fetch_people(component_engine(component), contacts, known);
}

void route_too_large(struct component *component, xmpp_stanza_t *stanza)
{
	struct request request;
	struct jid from, to;

	if (!fill(&request, component, stanza, &from, &to) || strcmp(from.domain, to.domain) == 0)
		return;
	metrics_add(METRIC_STANZAS_DROPPED, 1);
	if (strcmp(xmpp_stanza_get_name(stanza), "iq") == 0 && request.id != NULL && is_iq_request(&request))
		reply_error(
			&request, "modify", "policy-violation", "This is larger than what is accepted here.");
}
