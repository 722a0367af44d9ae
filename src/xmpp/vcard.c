/*
 * Business cards (XEP-0054): who stands behind a contact address, and what the component is.
 */
#include "xmpp/namespaces.h"
#include "xmpp/routes.h"

static void add_text(xmpp_stanza_t *parent, const char *name, const char *text)
{
	element_text(element_new(xmpp_stanza_get_context(parent), parent, name, NULL, NULL), text);
}

/* Which part of a name is the family's differs from country to country, so it stays in one piece. */
static void add_names(xmpp_stanza_t *card, const char *name)
{
	add_text(card, "FN", name);
	add_text(element_new(xmpp_stanza_get_context(card), card, "N", NULL, NULL), "GIVEN", name);
}

static void add_number(xmpp_stanza_t *card, const char *number)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(card);
	xmpp_stanza_t *tel = element_new(context, card, "TEL", NULL, NULL);

	element_new(context, tel, "WORK", NULL, NULL);
	element_new(context, tel, "VOICE", NULL, NULL);
	add_text(tel, "NUMBER", number);
}

static void fill_person(xmpp_stanza_t *card, const struct person *person)
{
	add_names(card, person->name);
	for (size_t i = 0; i < person->extension_count; i++)
		add_number(card, person->extensions[i]->number);
	if (person->account != NULL)
		add_text(card, "JABBERID", person->account);
}

static void fill_component(xmpp_stanza_t *card, struct request *request)
{
	add_names(card, component_name(request->component));
	add_text(card, "JABBERID", component_address(request->component));
	add_text(card, "DESC", "Shows who is free, on the phone or away");
}

/* Strangers do not learn who exists. */
static void handle_get(struct request *request)
{
	xmpp_ctx_t *context = component_context(request->component);
	const struct person *person = engine_person(component_engine(request->component), request->contact);

	if (!request->allowed) {
		reply_error(request, "auth", "forbidden", NULL);
		return;
	}
	if (person == NULL && request->address != ADDRESS_COMPONENT) {
		reply_error(request, "cancel", "item-not-found", NULL);
		return;
	}
	xmpp_stanza_t *result = reply_result(request);
	xmpp_stanza_t *card = element_new(context, result, "vCard", NS_VCARD, NULL);
	if (person != NULL)
		fill_person(card, person);
	else
		fill_component(card, request);
	component_send(request->component, result);
	xmpp_stanza_release(result);
}

static void handle_set(struct request *request)
{
	reply_error(request, "auth", "forbidden", NULL);
}

const struct route vcard_routes[] = {
	{"iq", "get", NS_VCARD, "vCard", ADDRESS_ANY, handle_get, NS_VCARD},
	{"iq", "set", NS_VCARD, "vCard", ADDRESS_ANY, handle_set, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
