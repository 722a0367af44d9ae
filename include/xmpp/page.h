/*
 * One page of a list (XEP-0059, result set management): only forwards, by <after/>, as pages of changing lists go.
 */
#ifndef OFFHOOK_XMPP_PAGE_H
#define OFFHOOK_XMPP_PAGE_H

#include "xmpp/route.h"

struct page {
	const char *after; /* NULL: from the start. Borrowed from the request */
	size_t most;       /* at most LIMIT_PAGE */
	bool asked;        /* the request has a <set/> */
};

/* Reads the <set/> in the request's payload. False: answered with an error. */
bool page_read(struct request *request, struct page *page) must_check;
/* Adds a <set/>: of an empty page `first` and `last` are NULL; `count` is of the whole list. */
void page_add_set(xmpp_stanza_t *parent, const char *first, const char *last, size_t count);

#endif
