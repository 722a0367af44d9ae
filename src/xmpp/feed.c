/*
 * The component subscribes to accounts, and what they say becomes facts here.
 */
#include "xmpp/feed.h"

#include <stdlib.h>

#include "base/memory.h"
#include "xmpp/route.h"

struct feed_link {
	struct component *component;
};

struct feed_link *feed_link_new(struct component *component)
{
	struct feed_link *link = mem_new(sizeof(*link));
	link->component = component;
	return link;
}

void feed_link_free(struct feed_link *link)
{
	free(link);
}

void feed_link_connected(struct feed_link *link)
{
	(void)link;
}

void feed_link_disconnected(struct feed_link *link)
{
	(void)link;
}

bool feed_link_step(struct feed_link *link)
{
	(void)link;
	return false;
}

void feed_link_ask(struct feed_link *link, struct person *person)
{
	(void)link;
	(void)person;
}

void feed_link_refuse(struct feed_link *link, struct person *person)
{
	(void)link;
	(void)person;
}

void feed_link_over(struct feed_link *link, const char *account)
{
	(void)link;
	(void)account;
}
