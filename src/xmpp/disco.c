/*
 * What there is to discover is told here.
 */
#include "xmpp/disco.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "xmpp/command.h"
#include "xmpp/namespaces.h"
#include "xmpp/page.h"
#include "xmpp/pubsub.h"
#include "xmpp/routes.h"

enum { FEATURES = 64, CAPS_BYTES = 8 * 1024, NODE_BYTES = sizeof(CAPS_NODE) + CAPS_TEXT + 1 };

struct identity {
	enum address address;
	const char *category, *type;
};

static const struct identity identities[] = {
	{ADDRESS_COMPONENT, "component", "presence"},
	{ADDRESS_COMPONENT, "automation", "command-list"},
	{ADDRESS_COMPONENT, "pubsub", "service"},
	{ADDRESS_CONTACT, "account", "registered"},
	{ADDRESS_RESOURCE, "component", "presence"},
};
enum { IDENTITIES = sizeof(identities) / sizeof(*identities) };

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The features of an address, each once, in the order that XEP-0115 hashes them in. */
static size_t list_features(enum address address, const char *features[FEATURES])
{
	size_t count = 0, kept = 0;

	for (const struct route *const *table = route_tables; *table != NULL; table++) {
		for (const struct route *route = *table; route->stanza != NULL; route++) {
			if (route->feature != NULL && (route->addresses & address) != 0 && count < FEATURES)
				features[count++] = route->feature;
		}
	}
	qsort(features, count, sizeof(*features), by_bytes);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || strcmp(features[kept - 1], features[i]) != 0)
			features[kept++] = features[i];
	}
	return kept;
}

char *disco_caps(xmpp_ctx_t *context, char text[CAPS_TEXT])
{
	const char *features[FEATURES];
	size_t count = list_features(ADDRESS_RESOURCE, features);
	unsigned char digest[20];
	struct buf all;

	buf_init(&all, CAPS_BYTES);
	for (size_t i = 0; i < IDENTITIES; i++) {
		if (identities[i].address == ADDRESS_RESOURCE)
			buf_addf(&all, "%s/%s//<", identities[i].category, identities[i].type);
	}
	for (size_t i = 0; i < count; i++)
		buf_addf(&all, "%s<", features[i]);
	xmpp_sha1_digest((const unsigned char *)buf_text(&all), all.length, digest);
	buf_done(&all);
	char *encoded = xmpp_base64_encode(context, digest, sizeof(digest));
	snprintf(text, CAPS_TEXT, "%s", encoded);
	xmpp_free(context, encoded);
	return text;
}

static xmpp_stanza_t *query_new(struct request *request, xmpp_stanza_t *result, const char *namespace_)
{
	const char *node = xmpp_stanza_get_attribute(request->child, "node");
	xmpp_stanza_t *query =
		element_new(component_context(request->component), result, "query", namespace_, NULL);
	if (node != NULL)
		xmpp_stanza_set_attribute(query, "node", node);
	return query;
}

static const char *node_of(struct request *request)
{
	const char *node = xmpp_stanza_get_attribute(request->child, "node");
	return node != NULL ? node : "";
}

static bool is_caps_node(struct request *request, const char *node)
{
	char ver[CAPS_TEXT], own[NODE_BYTES];

	snprintf(own, sizeof(own), CAPS_NODE "#%s", disco_caps(component_context(request->component), ver));
	return strcmp(node, own) == 0;
}

static void add_info(struct request *request, xmpp_stanza_t *query)
{
	xmpp_ctx_t *context = component_context(request->component);
	const char *features[FEATURES];
	size_t count = list_features(request->address, features);

	for (size_t i = 0; i < IDENTITIES; i++) {
		if (identities[i].address != request->address)
			continue;
		xmpp_stanza_t *identity = element_new(context, query, "identity", NULL, "category",
			identities[i].category, "type", identities[i].type, NULL);
		if (request->address == ADDRESS_COMPONENT)
			xmpp_stanza_set_attribute(identity, "name", component_name(request->component));
	}
	for (size_t i = 0; i < count; i++)
		element_new(context, query, "feature", NULL, "var", features[i], NULL);
}

/* Strangers do not learn who exists. */
static bool may_see(struct request *request)
{
	return request->address == ADDRESS_COMPONENT ||
	       (request->allowed &&
		       engine_person(component_engine(request->component), request->contact) != NULL);
}

static bool fill_info(struct request *request, xmpp_stanza_t *query)
{
	const char *node = node_of(request);

	if (node[0] == '\0' || (request->address == ADDRESS_RESOURCE && is_caps_node(request, node))) {
		add_info(request, query);
		return true;
	}
	if (request->address != ADDRESS_COMPONENT)
		return false;
	if (strcmp(node, NS_COMMANDS) == 0) {
		element_new(component_context(request->component), query, "identity", NULL, "category",
			"automation", "type", "command-list", "name", component_name(request->component),
			NULL);
		return true;
	}
	return pubsub_add_info(request, node, query) || commands_add_info(request, node, query);
}

static void answer(
	struct request *request, const char *namespace_, bool (*fill)(struct request *, xmpp_stanza_t *))
{
	if (!may_see(request)) {
		reply_error(request, "cancel", "service-unavailable", NULL);
		return;
	}
	xmpp_stanza_t *result = reply_result(request);
	if (fill(request, query_new(request, result, namespace_)))
		component_send(request->component, result);
	else
		reply_error(request, "cancel", "item-not-found", NULL);
	xmpp_stanza_release(result);
}

static void handle_info(struct request *request)
{
	answer(request, NS_DISCO_INFO, fill_info);
}

/* ---- items ---- */

static void add_item(struct request *request, xmpp_stanza_t *query, const struct person *person)
{
	char jid[JID_TEXT];

	snprintf(jid, sizeof(jid), "%s@%s", person->contact, component_address(request->component));
	element_new(component_context(request->component), query, "item", NULL, "jid", jid, "name",
		person->name, NULL);
}

/* What a colleague finds at the component: the catalogue's node, which goes by its name in pages (no contact
 * has a colon), then the people. */
static void add_all(struct request *request, const struct page *page, xmpp_stanza_t *query)
{
	struct engine *engine = component_engine(request->component);
	struct person *people[LIMIT_PAGE];
	bool node = page->after == NULL && page->most > 0;
	bool after_node = page->after != NULL && strcmp(page->after, NODE_STATUSES) == 0;
	size_t most = page->most - node, total = engine->person_count + 1;
	size_t count = most > 0 ? engine_people(engine, after_node ? NULL : page->after, people, most) : 0;
	const char *last = count > 0 ? people[count - 1]->contact : node ? NODE_STATUSES : NULL;

	if (node)
		element_new(component_context(request->component), query, "item", NULL, "jid",
			component_address(request->component), "node", NODE_STATUSES, "name",
			NODE_STATUSES_NAME, NULL);
	for (size_t i = 0; i < count; i++)
		add_item(request, query, people[i]);
	if (page->asked || count + node < total)
		page_add_set(query,
			node        ? NODE_STATUSES
			: count > 0 ? people[0]->contact
				    : NULL,
			last, total);
}

static bool fill_items(struct request *request, xmpp_stanza_t *query)
{
	const char *node = node_of(request);

	if (request->address == ADDRESS_COMPONENT && strcmp(node, NS_COMMANDS) == 0)
		commands_add_items(request, query);
	else if (node[0] != '\0')
		return false;
	return true;
}

static void handle_all(struct request *request)
{
	struct page page;

	if (!page_read(request, &page))
		return;
	xmpp_stanza_t *result = reply_result(request);
	add_all(request, &page, query_new(request, result, NS_DISCO_ITEMS));
	component_send(request->component, result);
	xmpp_stanza_release(result);
}

static void handle_items(struct request *request)
{
	bool of_tenant = request->address == ADDRESS_COMPONENT && request->insider;

	if (of_tenant && node_of(request)[0] == '\0')
		handle_all(request);
	else if (of_tenant && strcmp(node_of(request), NODE_STATUSES) == 0)
		pubsub_answer_items(request);
	else
		answer(request, NS_DISCO_ITEMS, fill_items);
}

const struct route disco_routes[] = {
	{"iq", "get", NS_DISCO_INFO, "query", ADDRESS_ANY, handle_info, NS_DISCO_INFO},
	{"iq", "get", NS_DISCO_ITEMS, "query", ADDRESS_ANY, handle_items, NS_DISCO_ITEMS},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
