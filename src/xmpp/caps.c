/*
 * Devices are asked what they are, and their kinds remembered.
 */
#include "xmpp/caps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/memory.h"
#include "xmpp/caps_query.h"
#include "xmpp/feed.h"
#include "xmpp/namespaces.h"
#include "xmpp/routes.h"

#define ID_PREFIX "caps-"
#define SLOW SECOND /* an answer that takes longer has held up others */

enum { KEY_BYTES = 512, DEVICE_KEY_BYTES = KEY_BYTES + JID_TEXT };

struct kind {
	struct caps_class class;
	char key[];
};

struct waiter {
	struct waiter *next;
	char jid[]; /* full */
};

/* About one kind; the first waiter is the one who was asked. */
struct question {
	char *key;
	char *node; /* node#ver */
	char *ver;  /* to be compared; NULL when it is by another hash than SHA-1 */
	unsigned number;
	usec_t deadline; /* monotonic */
	struct waiter *first, *last;
};

struct caps {
	struct component *component;
	struct loop_timer *timer;
	struct map kinds;
	struct kind *ring[LIMIT_CAPS]; /* the oldest gives way */
	size_t next;
	struct map questions;
	size_t waiting;
	unsigned numbers;
};

/* ---- what is known ---- */

static void remember(struct caps *caps, const char *key, struct caps_class class)
{
	size_t size = strlen(key) + 1;
	struct kind *kind = mem_new(sizeof(*kind) + size);
	struct kind **place = &caps->ring[caps->next++ % LIMIT_CAPS];

	if (*place != NULL && map_get(&caps->kinds, (*place)->key) == *place)
		map_remove(&caps->kinds, (*place)->key);
	free(*place);
	*place = kind;
	memcpy(kind->key, key, size);
	kind->class = class;
	map_put(&caps->kinds, kind->key, kind);
}

/* What one device said of itself goes by its address as well. */
static void device_key(const char *key, const char *jid, char text[DEVICE_KEY_BYTES])
{
	snprintf(text, DEVICE_KEY_BYTES, "%s\n%s", key, jid);
}

static const struct kind *kind_of(const struct caps *caps, const char *key, const char *jid)
{
	char own[DEVICE_KEY_BYTES];
	const struct kind *kind = map_get(&caps->kinds, key);

	if (kind != NULL)
		return kind;
	device_key(key, jid, own);
	return map_get(&caps->kinds, own);
}

static void tell(struct caps *caps, struct person *person, const char *resource, struct caps_class class)
{
	const struct ports *ports = component_ports(caps->component);
	struct fact fact = {.kind = FACT_DEVICE_CLASS,
		.device_class = {.person = person,
			.resource = resource,
			.mobile = class.mobile,
			.wants_activity = class.wants_activity}};
	struct error error;
	size_t at;

	(void)ports->submit(ports->ctx, component_engine(caps->component), &fact, 1, NULL, NULL, &at, &error);
}

static void tell_of(struct caps *caps, const char *jid, struct caps_class class)
{
	char bare[JID_TEXT];
	struct jid parts;

	if (!jid_split(jid, &parts))
		return;
	struct person *person =
		engine_person_by_account(component_engine(caps->component), jid_bare(&parts, bare));
	if (person != NULL)
		tell(caps, person, parts.resource, class);
}

/* ---- questions ---- */

static void append(struct question *question, struct waiter *waiter)
{
	waiter->next = NULL;
	*(question->last != NULL ? &question->last->next : &question->first) = waiter;
	question->last = waiter;
}

static void add_waiter(struct caps *caps, struct question *question, const char *jid)
{
	size_t size = strlen(jid) + 1;

	if (caps->waiting >= LIMIT_CAPS_WAITING)
		return;
	struct waiter *waiter = mem_new(sizeof(*waiter) + size);
	memcpy(waiter->jid, jid, size);
	append(question, waiter);
	caps->waiting++;
}

/* The caller frees it. */
static struct waiter *take_waiter(struct caps *caps, struct question *question)
{
	struct waiter *waiter = question->first;

	question->first = waiter->next;
	if (question->first == NULL)
		question->last = NULL;
	caps->waiting--;
	return waiter;
}

static bool is_same_account(const char *jid, const char *other)
{
	size_t length = jid_bare_length(jid);
	return length == jid_bare_length(other) && memcmp(jid, other, length) == 0;
}

/* Devices that do not answer hold up those of their own account, but nobody else's. */
static void put_account_behind(struct question *question, const char *jid)
{
	struct waiter *all = question->first, *own = NULL, **end = &own, *next;

	question->first = question->last = NULL;
	for (struct waiter *waiter = all; waiter != NULL; waiter = next) {
		next = waiter->next;
		if (!is_same_account(waiter->jid, jid)) {
			append(question, waiter);
			continue;
		}
		*end = waiter;
		end = &waiter->next;
	}
	*end = NULL;
	for (struct waiter *waiter = own; waiter != NULL; waiter = next) {
		next = waiter->next;
		append(question, waiter);
	}
}

static void question_free(struct caps *caps, struct question *question)
{
	map_remove(&caps->questions, question->key);
	while (question->first != NULL)
		free(take_waiter(caps, question));
	free(question->key);
	free(question->node);
	free(question->ver);
	free(question);
}

static void put(struct caps *caps, struct question *question)
{
	char id[32];

	question->number = ++caps->numbers;
	question->deadline = clock_monotonic() + LIMIT_CAPS_SECONDS * SECOND;
	snprintf(id, sizeof(id), ID_PREFIX "%u", question->number);
	xmpp_stanza_t *iq = element_new(component_context(caps->component), NULL, "iq", NULL, "type", "get",
		"id", id, "from", component_address(caps->component), "to", question->first->jid, NULL);
	element_new(
		component_context(caps->component), iq, "query", NS_DISCO_INFO, "node", question->node, NULL);
	component_send(caps->component, iq);
	xmpp_stanza_release(iq);
	if (caps->questions.count == 1) /* else it is set for an earlier one */
		loop_timer_set(caps->timer, LIMIT_CAPS_SECONDS * SECOND);
}

/* Only the one who was asked is dealt with; the next of the kind is asked, unless it is known meanwhile. */
static void ask_next(struct caps *caps, struct question *question, struct caps_class class)
{
	char own[DEVICE_KEY_BYTES];
	usec_t left = question->deadline - clock_monotonic();
	struct waiter *asked = take_waiter(caps, question);

	device_key(question->key, asked->jid, own);
	remember(caps, own, class);
	tell_of(caps, asked->jid, class);
	if (left < LIMIT_CAPS_SECONDS * SECOND - SLOW)
		put_account_behind(question, asked->jid);
	free(asked);
	while (question->first != NULL && kind_of(caps, question->key, question->first->jid) != NULL)
		free(take_waiter(caps, question));
	if (question->first != NULL)
		put(caps, question);
	else
		question_free(caps, question);
}

static void answer_all(struct caps *caps, struct question *question, struct caps_class class)
{
	remember(caps, question->key, class);
	for (const struct waiter *waiter = question->first; waiter != NULL; waiter = waiter->next)
		tell_of(caps, waiter->jid, class);
	question_free(caps, question);
}

static void on_timer(void *arg)
{
	struct caps *caps = arg;
	usec_t now = clock_monotonic(), next = 0;
	struct question *question;

	for (size_t at = 0; (question = map_next(&caps->questions, &at)) != NULL;)
		if (question->deadline <= now)
			ask_next(caps, question, (struct caps_class){0});
	for (size_t at = 0; (question = map_next(&caps->questions, &at)) != NULL;)
		if (next == 0 || question->deadline < next)
			next = question->deadline;
	if (next != 0)
		loop_timer_set(caps->timer, next - now);
}

static void begin_question(
	struct caps *caps, const char *key, const struct caps_words *words, const char *from)
{
	char node[KEY_BYTES];

	if (caps->questions.count >= LIMIT_CAPS_QUESTIONS || caps->waiting >= LIMIT_CAPS_WAITING)
		return;
	struct question *question = mem_new(sizeof(*question));
	snprintf(node, sizeof(node), "%s#%s", words->node, words->ver);
	question->key = mem_string(key);
	question->node = mem_string(node);
	question->ver = strcmp(words->hash, "sha-1") == 0 ? mem_string(words->ver) : NULL;
	map_put(&caps->questions, question->key, question);
	add_waiter(caps, question, from);
	put(caps, question);
}

struct caps_words caps_words_of(xmpp_stanza_t *presence)
{
	xmpp_stanza_t *c = xmpp_stanza_get_child_by_name_and_ns(presence, "c", NS_CAPS);

	if (c == NULL)
		return (struct caps_words){0};
	return (struct caps_words){.hash = xmpp_stanza_get_attribute(c, "hash"),
		.node = xmpp_stanza_get_attribute(c, "node"),
		.ver = xmpp_stanza_get_attribute(c, "ver")};
}

/* False: it has none, or one that is too long. */
static bool make_key(const struct caps_words *words, char key[KEY_BYTES])
{
	if (words->hash == NULL || words->ver == NULL || words->node == NULL)
		return false;
	size_t hash = strlen(words->hash), node = strlen(words->node), ver = strlen(words->ver);
	if (hash + node + ver + 3 > KEY_BYTES)
		return false;
	memcpy(key, words->hash, hash);
	key[hash] = '\n';
	memcpy(key + hash + 1, words->node, node);
	key[hash + 1 + node] = '\n';
	memcpy(key + hash + node + 2, words->ver, ver + 1);
	return true;
}

void caps_note(struct caps *caps, struct person *person, const char *from, const struct caps_words *words)
{
	char key[KEY_BYTES];

	if (!make_key(words, key))
		return;
	const struct kind *kind = kind_of(caps, key, from);
	struct question *question = map_get(&caps->questions, key);
	if (kind != NULL)
		tell(caps, person, strchr(from, '/') + 1, kind->class);
	else if (question != NULL)
		add_waiter(caps, question, from);
	else
		begin_question(caps, key, words, from);
}

/* ---- answers ---- */

static struct question *question_of(struct caps *caps, const struct request *request)
{
	size_t length = strlen(ID_PREFIX);
	struct question *question;

	if (strncmp(request->id, ID_PREFIX, length) != 0)
		return NULL;
	for (size_t at = 0; (question = map_next(&caps->questions, &at)) != NULL;) {
		char number[16];
		snprintf(number, sizeof(number), "%u", question->number);
		if (strcmp(request->id + length, number) == 0 &&
			strcmp(question->first->jid, request->from) == 0)
			return question;
	}
	return NULL;
}

static bool is_info(const struct request *request)
{
	const char *namespace_ = request->child != NULL ? xmpp_stanza_get_ns(request->child) : NULL;
	return strcmp(request->type, "result") == 0 && namespace_ != NULL &&
	       strcmp(namespace_, NS_DISCO_INFO) == 0 &&
	       strcmp(xmpp_stanza_get_name(request->child), "query") == 0;
}

static void handle_answer(struct request *request)
{
	struct caps *caps = feed_link_caps(component_feed_link(request->component));
	struct question *question = question_of(caps, request);
	struct caps_class class = {0};
	char ver[CAPS_TEXT];

	if (question == NULL)
		return;
	if (!is_info(request)) {
		ask_next(caps, question, class);
		return;
	}
	class = caps_class_of(request->child);
	if (question->ver != NULL && caps_verification(request->child, ver) &&
		strcmp(ver, question->ver) == 0)
		answer_all(caps, question, class);
	else
		ask_next(caps, question, class);
}

const struct route caps_routes[] = {
	{"iq", "result error", NULL, NULL, ADDRESS_COMPONENT, handle_answer, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};

/* ---- life ---- */

struct caps *caps_new(struct component *component, struct loop *loop)
{
	struct caps *caps = mem_new(sizeof(*caps));

	caps->component = component;
	caps->timer = loop_timer_new(loop, on_timer, caps);
	map_init(&caps->kinds);
	map_init(&caps->questions);
	return caps;
}

void caps_disconnected(struct caps *caps)
{
	struct question *question;

	for (size_t at = 0; (question = map_next(&caps->questions, &at)) != NULL;)
		question_free(caps, question);
	loop_timer_stop(caps->timer);
}

void caps_free(struct caps *caps)
{
	if (caps == NULL)
		return;
	caps_disconnected(caps);
	loop_timer_free(caps->timer);
	for (size_t i = 0; i < LIMIT_CAPS; i++)
		free(caps->ring[i]);
	map_done(&caps->kinds);
	map_done(&caps->questions);
	free(caps);
}
