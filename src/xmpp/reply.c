/*
 * Answers are made here.
 */
#include <stdarg.h>
#include <string.h>

#include "base/metrics.h"
#include "xmpp/namespaces.h"
#include "xmpp/route.h"

xmpp_stanza_t *element_new(
	xmpp_ctx_t *context, xmpp_stanza_t *parent, const char *name, const char *namespace_, ...)
{
	xmpp_stanza_t *element = xmpp_stanza_new(context);
	const char *attribute;
	va_list args;

	xmpp_stanza_set_name(element, name);
	if (namespace_ != NULL)
		xmpp_stanza_set_ns(element, namespace_);
	va_start(args, namespace_);
	while ((attribute = va_arg(args, const char *)) != NULL)
		xmpp_stanza_set_attribute(element, attribute, va_arg(args, const char *));
	va_end(args);
	if (parent != NULL)
		xmpp_stanza_add_child_ex(parent, element, 0);
	return element;
}

void element_text(xmpp_stanza_t *element, const char *text)
{
	xmpp_stanza_t *node = xmpp_stanza_new(xmpp_stanza_get_context(element));
	xmpp_stanza_set_text(node, text);
	xmpp_stanza_add_child_ex(element, node, 0);
}

static xmpp_stanza_t *answer_new(const struct request *request, const char *type)
{
	xmpp_stanza_t *answer = element_new(component_context(request->component), NULL,
		xmpp_stanza_get_name(request->stanza), NULL, "type", type, "from", request->to, "to",
		request->from, NULL);
	if (request->id != NULL)
		xmpp_stanza_set_id(answer, request->id);
	return answer;
}

xmpp_stanza_t *reply_result(struct request *request)
{
	return answer_new(request, "result");
}

void reply_error(struct request *request, const char *type, const char *condition, const char *text)
{
	xmpp_ctx_t *context = component_context(request->component);

	if (strcmp(request->type, "error") == 0 || strcmp(request->type, "result") == 0)
		return;
	xmpp_stanza_t *answer = answer_new(request, "error");
	xmpp_stanza_t *error = element_new(context, answer, "error", NULL, "type", type, NULL);
	element_new(context, error, condition, NS_STANZA_ERRORS, NULL);
	if (text != NULL)
		element_text(
			element_new(context, error, "text", NS_STANZA_ERRORS, "xml:lang", "en", NULL), text);
	component_send(request->component, answer);
	xmpp_stanza_release(answer);
}
