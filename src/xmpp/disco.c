/*
 * What there is to discover is told here.
 */
#include "xmpp/disco.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "xmpp/command.h"
#include "xmpp/namespaces.h"
#include "xmpp/routes.h"

enum { FEATURES = 64, CAPS_BYTES = 8 * 1024, NODE_BYTES = sizeof(CAPS_NODE) + CAPS_TEXT + 1 };

struct identity {
	enum address address;
	const char *category, *type;
};

static const struct identity identities[] = {
	{ADDRESS_COMPONENT, "component", "presence"},
	{ADDRESS_COMPONENT, "automation", "command-list"},
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
	return commands_add_info(request, node, query);
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

struct page {
	const char *after; /* NULL: from the start */
	size_t most;
	bool asked; /* XEP-0059 was used */
};

static const char *child_text(xmpp_stanza_t *parent, const char *name)
{
	xmpp_stanza_t *child = xmpp_stanza_get_child_by_name(parent, name);
	xmpp_stanza_t *text = child != NULL ? xmpp_stanza_get_children(child) : NULL;
	const char *content = text != NULL ? xmpp_stanza_get_text_ptr(text) : NULL;
	return content != NULL ? content : "";
}

/* False: answered with an error. Only forwards, by <after/>, as pages of changing lists go. */
static bool read_page(struct request *request, struct page *page)
{
	xmpp_stanza_t *set = xmpp_stanza_get_child_by_name_and_ns(request->child, "set", NS_RSM);
	long long most = LIMIT_PAGE;

	*page = (struct page){.most = LIMIT_PAGE, .asked = set != NULL};
	if (set == NULL)
		return true;
	if (xmpp_stanza_get_child_by_name(set, "before") != NULL ||
		xmpp_stanza_get_child_by_name(set, "index") != NULL) {
		reply_error(request, "cancel", "feature-not-implemented", NULL);
		return false;
	}
	if (xmpp_stanza_get_child_by_name(set, "max") != NULL &&
		!text_number(child_text(set, "max"), 0, 1000000000, &most)) {
		reply_error(request, "modify", "bad-request", NULL);
		return false;
	}
	page->most = most < LIMIT_PAGE ? (size_t)most : LIMIT_PAGE;
	const char *after = child_text(set, "after");
	page->after = after[0] != '\0' ? after : NULL;
	return true;
}

static void add_set(struct request *request, xmpp_stanza_t *query, struct person *const *people, size_t count)
{
	xmpp_ctx_t *context = component_context(request->component);
	xmpp_stanza_t *set = element_new(context, query, "set", NS_RSM, NULL);
	char total[24];

	if (count > 0) {
		element_text(element_new(context, set, "first", NULL, NULL), people[0]->contact);
		element_text(element_new(context, set, "last", NULL, NULL), people[count - 1]->contact);
	}
	snprintf(total, sizeof(total), "%zu", component_engine(request->component)->person_count);
	element_text(element_new(context, set, "count", NULL, NULL), total);
}

static void add_people(struct request *request, const struct page *page, xmpp_stanza_t *query)
{
	struct engine *engine = component_engine(request->component);
	struct person *people[LIMIT_PAGE];
	size_t count = page->most > 0 ? engine_people(engine, page->after, people, page->most) : 0;
	struct buf jid;

	buf_init(&jid, JID_TEXT);
	for (size_t i = 0; i < count; i++) {
		buf_clear(&jid);
		buf_addf(&jid, "%s@%s", people[i]->contact, component_address(request->component));
		element_new(component_context(request->component), query, "item", NULL, "jid", buf_text(&jid),
			"name", people[i]->name, NULL);
	}
	buf_done(&jid);
	if (page->asked || count < engine->person_count)
		add_set(request, query, people, count);
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

static void handle_people(struct request *request)
{
	struct page page;

	if (!read_page(request, &page))
		return;
	xmpp_stanza_t *result = reply_result(request);
	add_people(request, &page, query_new(request, result, NS_DISCO_ITEMS));
	component_send(request->component, result);
	xmpp_stanza_release(result);
}

static void handle_items(struct request *request)
{
	if (request->address == ADDRESS_COMPONENT && request->insider && node_of(request)[0] == '\0')
		handle_people(request);
	else
		answer(request, NS_DISCO_ITEMS, fill_items);
}

const struct route disco_routes[] = {
	{"iq", "get", NS_DISCO_INFO, "query", ADDRESS_ANY, handle_info, NS_DISCO_INFO},
	{"iq", "get", NS_DISCO_ITEMS, "query", ADDRESS_ANY, handle_items, NS_DISCO_ITEMS},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
