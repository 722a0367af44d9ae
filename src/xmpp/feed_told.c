/*
 * What accounts say becomes facts here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/jid.h"
#include "xmpp/caps.h"
#include "xmpp/device.h"
#include "xmpp/feed_inside.h"
#include "xmpp/routes.h"

#define LOOK_AGAIN MINUTE /* whether there is a subscription after all */

/* Whence we ask whether there is a subscription: presence that comes there is an answer to that, and nothing
 * else. */
#define ASKING_RESOURCE "feed"

/* ---- accounts whose presence may have been sent to us alone (docs/decisions/0007) ---- */

/* The latest; NULL when there is none. */
static struct look *find_look(struct feed_link *link, const struct person *person)
{
	struct look *found = NULL;

	for (size_t i = 0; i < LIMIT_FEED_LOOKS; i++) {
		struct look *look = &link->looks[i];
		if (look->row == person->row && look->at > (found != NULL ? found->at : 0))
			found = look;
	}
	return found;
}

static void look_for_subscription(struct feed_link *link, const struct person *person)
{
	const struct look *last = find_look(link, person);
	usec_t now = clock_monotonic();

	if (last != NULL && last->at > now - LOOK_AGAIN)
		return;
	feed_link_send(link, "", "subscribe", person->account);
	link->looks[link->look_count++ % LIMIT_FEED_LOOKS] = (struct look){
		.row = person->row, .at = now, .mark = stream_mark(link->stream), .waits = true};
	if (link->look_count - link->look_done > LIMIT_FEED_LOOKS)
		link->look_done = link->look_count - LIMIT_FEED_LOOKS;
}

/* Prosody says so at once when the request waits for its person. */
static void look_is_in_vain(struct feed_link *link, const struct person *person)
{
	struct look *look = find_look(link, person);
	if (look != NULL)
		look->waits = false;
}

void feed_link_end_looks(struct feed_link *link, uint32_t mark)
{
	while (link->look_done < link->look_count) {
		struct look *look = &link->looks[link->look_done % LIMIT_FEED_LOOKS];
		if (look->mark > mark)
			return;
		link->look_done++;
		const struct person *person =
			engine_person_by_row(component_engine(link->component), look->row);
		if (look->waits && person != NULL && person->feed == FEED_ASKED && person->account != NULL)
			feed_link_send(link, "/" ASKING_RESOURCE, "probe", person->account);
		look->waits = false;
	}
}

/* ---- what accounts tell ---- */

static bool is_answer(const struct request *request)
{
	return strcmp(request->to + jid_bare_length(request->to), "/" ASKING_RESOURCE) == 0;
}

static void tell(struct feed_link *link, struct request *request, const char *resource)
{
	struct fact fact = {.kind = FACT_DEVICE, .device = {.person = request->person}};
	const struct announcement *announcement = request->announcement;
	struct caps_words words;
	char *text;

	if (announcement != NULL) {
		device_read_announcement(announcement, &fact.device, &text);
		words = (struct caps_words){announcement->hash, announcement->node, announcement->ver};
	} else {
		device_read(request->stanza, &fact.device, &text);
		words = caps_words_of(request->stanza);
	}
	fact.device.resource = resource;
	if (feed_link_submit(link, &fact) && fact.device.show != SHOW_UNAVAILABLE)
		caps_note(link->caps, request->person, request->from, &words);
	free(text);
}

static void handle_presence(struct request *request)
{
	struct feed_link *link = component_feed_link(request->component);
	struct person *person = request->person;
	const char *slash = strchr(request->from, '/');
	const char *resource = slash != NULL && slash[1] != '\0' ? slash + 1 : NULL;
	bool available = request->type[0] == '\0';

	if (person == NULL || (available && resource == NULL))
		return;
	if (person->feed == FEED_ACTIVE || component_engine(link->component)->privileged) {
		tell(link, request, resource);
	} else if (person->feed == FEED_ASKED) {
		if (available && !is_answer(request))
			look_for_subscription(link, person);
		else if (available && feed_link_set(link, person, FEED_ACTIVE))
			tell(link, request, resource);
		else if (resource == NULL)
			look_is_in_vain(link, person);
	}
}

/* A server that had the consent already may say no more than that. */
static void handle_subscribed(struct request *request)
{
	struct feed_link *link = component_feed_link(request->component);
	struct person *person = request->person;

	if (person == NULL)
		return;
	if (person->feed != FEED_ASKED)
		feed_link_ask(link, person);
	else if (feed_link_set(link, person, FEED_ACTIVE))
		feed_link_send(link, "", "probe", person->account);
}

static void handle_unsubscribed(struct request *request)
{
	if (request->person != NULL && !is_answer(request))
		(void)feed_link_set(component_feed_link(request->component), request->person, FEED_REFUSED);
}

const struct route feed_routes[] = {
	{"presence", "", NULL, NULL, ADDRESS_COMPONENT, handle_presence, NULL},
	{"presence", "unavailable", NULL, NULL, ADDRESS_COMPONENT, handle_presence, NULL},
	{"presence", "subscribed", NULL, NULL, ADDRESS_COMPONENT, handle_subscribed, NULL},
	{"presence", "unsubscribed", NULL, NULL, ADDRESS_COMPONENT, handle_unsubscribed, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
