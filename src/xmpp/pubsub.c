/*
 * The catalogue is handed out to programs here.
 */
#include "xmpp/pubsub.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "xmpp/page.h"

struct shown {
	const struct status *list[LIMIT_PAGE];
	size_t count, total;
};

/* False: there is no status that the page could follow. */
static bool find_page(const struct catalogue *catalogue, const struct page *page, struct shown *shown)
{
	bool begun = page->after == NULL;

	*shown = (struct shown){0};
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct status *status = catalogue->ordered[i];
		if (begun && status->enabled && shown->count < page->most)
			shown->list[shown->count++] = status;
		begun = begun || strcmp(status->id, page->after) == 0;
		shown->total += status->enabled;
	}
	return begun;
}

static void add_set(xmpp_stanza_t *parent, const struct page *page, const struct shown *shown)
{
	if (page->asked || shown->count < shown->total)
		page_add_set(parent, shown->count > 0 ? shown->list[0]->id : NULL,
			shown->count > 0 ? shown->list[shown->count - 1]->id : NULL, shown->total);
}

/* ---- errors ---- */

/* An error of XEP-0060, which has a condition of its own besides that of RFC 6120. */
static void reply_pubsub_error(struct request *request, const char *type, const char *condition,
	const char *pubsub_condition, const char *feature)
{
	xmpp_ctx_t *context = component_context(request->component);
	xmpp_stanza_t *iq = reply_result(request);
	xmpp_stanza_t *error = element_new(context, iq, "error", NULL, "type", type, NULL);

	xmpp_stanza_set_type(iq, "error");
	element_new(context, error, condition, NS_STANZA_ERRORS, NULL);
	xmpp_stanza_t *specific = element_new(context, error, pubsub_condition, NS_PUBSUB_ERRORS, NULL);
	if (feature != NULL)
		xmpp_stanza_set_attribute(specific, "feature", feature);
	component_send(request->component, iq);
	xmpp_stanza_release(iq);
}

static const struct {
	const char *namespace_, *action, *feature;
} missing[] = {
	{NS_PUBSUB, "subscribe", "subscribe"},
	{NS_PUBSUB, "unsubscribe", "subscribe"},
	{NS_PUBSUB, "options", "subscription-options"},
	{NS_PUBSUB, "subscriptions", "retrieve-subscriptions"},
	{NS_PUBSUB, "affiliations", "retrieve-affiliations"},
	{NS_PUBSUB, "default", "retrieve-default-sub"},
	{NS_PUBSUB, "publish", "publish"},
	{NS_PUBSUB, "retract", "delete-items"},
	{NS_PUBSUB, "create", "create-nodes"},
	{NS_PUBSUB_OWNER, "configure", "config-node"},
	{NS_PUBSUB_OWNER, "default", "retrieve-default"},
	{NS_PUBSUB_OWNER, "delete", "delete-nodes"},
	{NS_PUBSUB_OWNER, "purge", "purge-nodes"},
	{NS_PUBSUB_OWNER, "subscriptions", "manage-subscriptions"},
	{NS_PUBSUB_OWNER, "affiliations", "modify-affiliations"},
};

static void refuse(struct request *request)
{
	const char *namespace_ = xmpp_stanza_get_ns(request->child);

	for (size_t i = 0; i < sizeof(missing) / sizeof(*missing); i++) {
		if (strcmp(missing[i].namespace_, namespace_) != 0 ||
			xmpp_stanza_get_child_by_name(request->child, missing[i].action) == NULL)
			continue;
		reply_pubsub_error(
			request, "cancel", "feature-not-implemented", "unsupported", missing[i].feature);
		return;
	}
	reply_error(request, "modify", "bad-request", NULL);
}

/* ---- items ---- */

static void add_item(xmpp_stanza_t *items, const struct status *status)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(items);
	xmpp_stanza_t *item = element_new(context, items, "item", NULL, "id", status->id, NULL);
	char position[16];

	snprintf(position, sizeof(position), "%u", status->position);
	xmpp_stanza_t *element = element_new(context, item, "status", NS_OFFHOOK, "id", status->id, "name",
		status->name, "show", show_to_text(status->show), "color", status->color, "kind",
		status_kind_to_text(status->kind), "position", position, NULL);
	if (status->icon[0] != '\0')
		xmpp_stanza_set_attribute(element, "icon", status->icon);
	if (status->text[0] != '\0')
		xmpp_stanza_set_attribute(element, "text", status->text);
}

/* The result, with an empty <items/>, which is returned. */
static xmpp_stanza_t *items_new(struct request *request, xmpp_stanza_t **result)
{
	xmpp_ctx_t *context = component_context(request->component);
	*result = reply_result(request);
	xmpp_stanza_t *pubsub = element_new(context, *result, "pubsub", NS_PUBSUB, NULL);
	return element_new(context, pubsub, "items", NULL, "node", NODE_STATUSES, NULL);
}

static void send_named(struct request *request, xmpp_stanza_t *wanted)
{
	const struct catalogue *catalogue = &component_engine(request->component)->catalogue;
	xmpp_stanza_t *result, *items = items_new(request, &result);
	size_t count = 0;

	for (xmpp_stanza_t *child = xmpp_stanza_get_children(wanted); child != NULL && count < LIMIT_PAGE;
		child = xmpp_stanza_get_next(child)) {
		const char *id = xmpp_stanza_is_tag(child) ? xmpp_stanza_get_id(child) : NULL;
		const struct status *status = id != NULL ? catalogue_get(catalogue, id) : NULL;
		if (status == NULL || !status->enabled)
			continue;
		add_item(items, status);
		count++;
	}
	if (count > 0)
		component_send(request->component, result);
	else
		reply_error(request, "cancel", "item-not-found", NULL);
	xmpp_stanza_release(result);
}

static void send_page(struct request *request, const struct page *page)
{
	struct shown shown;

	if (!find_page(&component_engine(request->component)->catalogue, page, &shown)) {
		reply_error(request, "cancel", "item-not-found", NULL);
		return;
	}
	xmpp_stanza_t *result, *items = items_new(request, &result);
	for (size_t i = 0; i < shown.count; i++)
		add_item(items, shown.list[i]);
	add_set(xmpp_stanza_get_children(result), page, &shown);
	component_send(request->component, result);
	xmpp_stanza_release(result);
}

/* XEP-0060 section 6.5.7: at most so many. */
static bool read_max_items(xmpp_stanza_t *items, struct page *page)
{
	const char *text = xmpp_stanza_get_attribute(items, "max_items");
	long long most;

	if (text == NULL)
		return true;
	if (!text_number(text, 1, 1000000000, &most))
		return false;
	if ((size_t)most < page->most)
		page->most = (size_t)most;
	return true;
}

static void retrieve(struct request *request, xmpp_stanza_t *items)
{
	const char *node = xmpp_stanza_get_attribute(items, "node");
	struct page page;

	if (node == NULL) {
		reply_pubsub_error(request, "modify", "bad-request", "nodeid-required", NULL);
	} else if (strcmp(node, NODE_STATUSES) != 0) {
		reply_error(request, "cancel", "item-not-found", NULL);
	} else if (xmpp_stanza_get_child_by_name(items, "item") != NULL) {
		send_named(request, items);
	} else if (page_read(request, &page)) {
		if (read_max_items(items, &page))
			send_page(request, &page);
		else
			reply_error(request, "modify", "bad-request", NULL);
	}
}

static void handle(struct request *request)
{
	xmpp_stanza_t *items = xmpp_stanza_get_child_by_name(request->child, "items");

	if (!request->insider)
		reply_error(request, "auth", "forbidden", NULL);
	else if (items != NULL && strcmp(request->type, "get") == 0 &&
		 strcmp(xmpp_stanza_get_ns(request->child), NS_PUBSUB) == 0)
		retrieve(request, items);
	else
		refuse(request);
}

/* The first row that fits takes a stanza; the last ones are there for what they advertise. */
const struct route pubsub_routes[] = {
	{"iq", "get set", NS_PUBSUB, "pubsub", ADDRESS_COMPONENT, handle, NS_PUBSUB},
	{"iq", "get set", NS_PUBSUB_OWNER, "pubsub", ADDRESS_COMPONENT, handle, NULL},
	{"iq", "get", NS_PUBSUB, "pubsub", ADDRESS_COMPONENT, handle, NS_PUBSUB "#retrieve-items"},
	{"iq", "get", NS_PUBSUB, "pubsub", ADDRESS_COMPONENT, handle, NS_PUBSUB "#item-ids"},
	{"iq", "get", NS_PUBSUB, "pubsub", ADDRESS_COMPONENT, handle, NS_PUBSUB "#rsm"},
	{"iq", "get", NS_PUBSUB, "pubsub", ADDRESS_COMPONENT, handle, NS_RSM},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};

/* ---- discovery ---- */

bool pubsub_add_info(struct request *request, const char *node, xmpp_stanza_t *query)
{
	xmpp_ctx_t *context = component_context(request->component);

	if (!request->insider || strcmp(node, NODE_STATUSES) != 0)
		return false;
	element_new(context, query, "identity", NULL, "category", "pubsub", "type", "leaf", "name",
		NODE_STATUSES_NAME, NULL);
	element_new(context, query, "feature", NULL, "var", NS_PUBSUB, NULL);
	return true;
}

void pubsub_answer_items(struct request *request)
{
	xmpp_ctx_t *context = component_context(request->component);
	struct shown shown;
	struct page page;

	if (!page_read(request, &page))
		return;
	if (!find_page(&component_engine(request->component)->catalogue, &page, &shown)) {
		reply_error(request, "cancel", "item-not-found", NULL);
		return;
	}
	xmpp_stanza_t *result = reply_result(request);
	xmpp_stanza_t *query =
		element_new(context, result, "query", NS_DISCO_ITEMS, "node", NODE_STATUSES, NULL);
	for (size_t i = 0; i < shown.count; i++)
		element_new(context, query, "item", NULL, "jid", component_address(request->component),
			"name", shown.list[i]->id, NULL);
	add_set(query, &page, &shown);
	component_send(request->component, result);
	xmpp_stanza_release(result);
}
