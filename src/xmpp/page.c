/*
 * Which page of a list is wanted, and what to say of the one that is given.
 */
#include "xmpp/page.h"

#include <stdio.h>

#include "base/text.h"
#include "xmpp/namespaces.h"

static const char *child_text(xmpp_stanza_t *parent, const char *name)
{
	xmpp_stanza_t *child = xmpp_stanza_get_child_by_name(parent, name);
	xmpp_stanza_t *text = child != NULL ? xmpp_stanza_get_children(child) : NULL;
	const char *content = text != NULL ? xmpp_stanza_get_text_ptr(text) : NULL;
	return content != NULL ? content : "";
}

bool page_read(struct request *request, struct page *page)
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

void page_add_set(xmpp_stanza_t *parent, const char *first, const char *last, size_t count)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(parent);
	xmpp_stanza_t *set = element_new(context, parent, "set", NS_RSM, NULL);
	char total[24];

	if (first != NULL) {
		element_text(element_new(context, set, "first", NULL, NULL), first);
		element_text(element_new(context, set, "last", NULL, NULL), last);
	}
	snprintf(total, sizeof(total), "%zu", count);
	element_text(element_new(context, set, "count", NULL, NULL), total);
}
