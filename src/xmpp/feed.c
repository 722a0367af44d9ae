/*
 * The component subscribes to accounts and probes them here.
 */
#include "xmpp/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jid.h"
#include "base/memory.h"
#include "xmpp/caps.h"
#include "xmpp/feed_inside.h"

enum { PEOPLE_A_TURN = 2000 };

#define PROBE_STEP (SECOND / LIMIT_FEED_PROBES_PER_SECOND)
#define ASK_STEP (SECOND / LIMIT_FEED_ASKS_PER_SECOND)
#define PACE_WAIT (SECOND / 50)  /* a pause, so that stanzas go out in handfuls */
#define PACE_BURST (SECOND / 20) /* worth of stanzas at once */

static struct engine *engine_of(const struct feed_link *link)
{
	return component_engine(link->component);
}

bool feed_link_submit(struct feed_link *link, struct fact *fact)
{
	const struct ports *ports = component_ports(link->component);
	struct error error;
	size_t at;

	return ports->submit(ports->ctx, engine_of(link), fact, 1, NULL, NULL, &at, &error) == SUBMIT_OK;
}

bool feed_link_set(struct feed_link *link, struct person *person, enum feed feed)
{
	return feed_link_submit(
		link, &(struct fact){.kind = FACT_FEED, .feed = {.person = person, .feed = feed}});
}

static bool set_asked(struct feed_link *link, struct person *person, bool unsure)
{
	return feed_link_submit(
		link, &(struct fact){.kind = FACT_FEED, .feed = {person, FEED_ASKED, unsure}});
}

void feed_link_send(struct feed_link *link, const char *resource, const char *type, const char *to)
{
	char from[JID_TEXT];
	snprintf(from, sizeof(from), "%s%s", component_address(link->component), resource);
	xmpp_stanza_t *presence = element_new(component_context(link->component), NULL, "presence", NULL,
		"type", type, "from", from, "to", to, NULL);
	component_send(link->component, presence);
	xmpp_stanza_release(presence);
}

static void send_presence(struct feed_link *link, const char *type, const char *to)
{
	feed_link_send(link, "", type, to);
}

/* ---- requests that may be lost with the stream ---- */

static void remember_asked(struct feed_link *link, const struct person *person)
{
	link->asked[link->asked_count++ % LIMIT_FEED_UNSURE] =
		(struct asked){.row = person->row, .mark = stream_mark(link->stream)};
	if (link->asked_count - link->asked_done > LIMIT_FEED_UNSURE)
		link->asked_done = link->asked_count - LIMIT_FEED_UNSURE;
}

/* On this stream, so that the answer to it is awaited. */
static bool was_asked(const struct feed_link *link, const struct person *person)
{
	for (size_t i = link->asked_done; i < link->asked_count; i++)
		if (link->asked[i % LIMIT_FEED_UNSURE].row == person->row)
			return true;
	return false;
}

static void confirm_asked(struct feed_link *link, uint32_t mark)
{
	while (link->asked_done < link->asked_count) {
		const struct asked *asked = &link->asked[link->asked_done % LIMIT_FEED_UNSURE];
		if (asked->mark > mark)
			return;
		link->asked_done++;
		struct person *person = engine_person_by_row(engine_of(link), asked->row);
		if (person != NULL && person->feed == FEED_ASKED && person->feed_unsure)
			(void)set_asked(link, person, false);
	}
}

void feed_link_acknowledged(struct feed_link *link, uint32_t mark)
{
	confirm_asked(link, mark);
	feed_link_end_looks(link, mark);
}

/* ---- farewells ---- */

static void add_farewell(struct feed_link *link, const char *account)
{
	size_t size = strlen(account) + 1;

	if (link->farewell_count >= LIMIT_FEED_FAREWELLS)
		return;
	struct farewell *farewell = mem_new(sizeof(*farewell) + size);
	memcpy(farewell->account, account, size);
	if (link->last_farewell != NULL)
		link->last_farewell->next = farewell;
	else
		link->farewells = farewell;
	link->last_farewell = farewell;
	link->farewell_count++;
}

static void remove_farewell(struct feed_link *link)
{
	struct farewell *farewell = link->farewells;

	link->farewells = farewell->next;
	if (link->farewells == NULL)
		link->last_farewell = NULL;
	link->farewell_count--;
	free(farewell);
}

/* The account may have become somebody else's, or its person may want the feed after all. */
static bool say_farewell(struct feed_link *link)
{
	const char *account = link->farewells->account;
	const struct person *person = engine_person_by_account(engine_of(link), account);
	bool over = person == NULL || person->feed == FEED_REFUSED;

	if (over)
		send_presence(link, "unsubscribe", account);
	remove_farewell(link);
	return over;
}

/* ---- the walk ---- */

/* The first person whose row is greater; people may have come and gone since the last. */
static struct person *next_person(struct feed_link *link)
{
	const struct engine *engine = engine_of(link);
	size_t low = 0, high = engine->person_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (engine->rows[middle]->row <= link->row)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == engine->person_count)
		return NULL;
	link->row = engine->rows[low]->row;
	return engine->rows[low];
}

/* Both are true when a stanza was sent. */
static bool probe(struct feed_link *link, struct person *person)
{
	if (person->feed != FEED_ACTIVE ||
		!feed_link_submit(link, &(struct fact){.kind = FACT_PROBED, .probed.person = person}))
		return false;
	send_presence(link, "probe", person->account);
	return true;
}

static bool is_to_be_asked(const struct feed_link *link, const struct person *person)
{
	return person->feed == FEED_NONE ||
	       (person->feed == FEED_ASKED && person->feed_unsure && !was_asked(link, person));
}

static bool ask(struct feed_link *link, struct person *person)
{
	if (person == NULL || person->account == NULL || !is_to_be_asked(link, person) ||
		engine_of(link)->privileged || !set_asked(link, person, true))
		return false;
	send_presence(link, "subscribe", person->account);
	remember_asked(link, person);
	return true;
}

static void begin_walk(struct feed_link *link, enum walk walk)
{
	link->walk = walk;
	link->row = INT64_MIN;
}

static bool hurries(const struct feed_link *link)
{
	return link->hurried_done < link->hurried_count;
}

/* Nothing is known of the account, and no answer to a probe is awaited. */
static bool is_unknown(const struct person *person)
{
	return person->unheard && person->settles == 0;
}

static bool probe_hurried(struct feed_link *link)
{
	int64_t row = link->hurried[link->hurried_done++ % LIMIT_FEED_HURRIED];
	struct person *person = engine_person_by_row(engine_of(link), row);

	return person != NULL && is_unknown(person) && probe(link, person);
}

/* Probed ahead of the walk, or lately allowed: the answers are on their way. Privilege says nothing of that. */
static bool is_awaited(const struct feed_link *link, const struct person *person)
{
	return person->settles != 0 && !engine_of(link)->privileged;
}

static bool walk_on(struct feed_link *link)
{
	struct person *person = next_person(link);

	if (person == NULL) {
		link->walk = link->walk == WALK_PROBING ? WALK_WAITING : WALK_OVER;
		return false;
	}
	if (link->walk == WALK_ASKING)
		return ask(link, person);
	return !is_awaited(link, person) && probe(link, person);
}

/* What it costs of the pace; 0 when there was nothing to send. */
static usec_t work(struct feed_link *link)
{
	if (hurries(link))
		return probe_hurried(link) ? PROBE_STEP : 0;
	if (link->farewells != NULL)
		return say_farewell(link) ? ASK_STEP : 0;
	if (link->walk == WALK_PROBING)
		return walk_on(link) ? PROBE_STEP : 0;
	if (link->walk == WALK_ASKING)
		return walk_on(link) ? ASK_STEP : 0;
	return ask(link, engine_person_by_row(engine_of(link), link->asks[--link->ask_count])) ? ASK_STEP : 0;
}

static bool has_work(const struct feed_link *link)
{
	return hurries(link) || link->farewells != NULL || link->walk == WALK_PROBING ||
	       link->walk == WALK_ASKING || (link->walk == WALK_OVER && link->ask_count > 0);
}

static usec_t time_to_wait(struct feed_link *link)
{
	usec_t now = clock_monotonic();

	if (link->paced < now - PACE_BURST)
		link->paced = now - PACE_BURST;
	return link->paced < now ? 0 : PACE_WAIT;
}

/* The server says what it tells of unasked when the stream begins, or not at all. */
static void decide(struct feed_link *link)
{
	bool privileged = engine_of(link)->privileged;
	int patience = privileged ? LIMIT_FEED_PRIVILEGE_SECONDS : LIMIT_FEED_ADVERTISE_SECONDS;
	usec_t left = link->connected + patience * SECOND - clock_monotonic();

	if (!link->decided && left > 0) {
		loop_timer_set(link->timer, left);
		return;
	}
	if (!link->decided && privileged)
		(void)feed_link_submit(link, &(struct fact){.kind = FACT_PRIVILEGE});
	link->decided = true;
	if (link->walk == WALK_WAITING)
		begin_walk(link, WALK_ASKING);
}

bool feed_link_step(struct feed_link *link)
{
	if (!stream_is_up(link->stream))
		return false;
	if (!link->decided || link->walk == WALK_WAITING)
		decide(link);
	for (int i = 0; i < PEOPLE_A_TURN && has_work(link) && stream_room(link->stream) > 0; i++) {
		usec_t wait = time_to_wait(link);
		if (wait > 0) {
			loop_timer_set(link->timer, wait);
			return false;
		}
		link->paced += work(link);
	}
	return has_work(link) || (link->walk == WALK_WAITING && link->decided);
}

/* The next turn is all that is needed. */
static void on_timer(void *arg)
{
	(void)arg;
}

/* ---- what is wanted ---- */

void feed_link_ask(struct feed_link *link, struct person *person)
{
	if (person->account == NULL || person->feed == FEED_ACTIVE)
		return;
	if (person->feed != FEED_NONE && !feed_link_set(link, person, FEED_NONE))
		return;
	if (!stream_is_up(link->stream))
		return;
	if (link->ask_count < LIMIT_FEED_ASKS)
		link->asks[link->ask_count++] = person->row;
	else if (link->walk == WALK_OVER || link->walk == WALK_ASKING)
		begin_walk(link, WALK_ASKING);
}

/* While disconnected it is remembered: the next walk is about to begin. */
void feed_link_hurry(struct feed_link *link, const struct person *person)
{
	bool all_probed = stream_is_up(link->stream) && link->walk != WALK_PROBING;

	if (all_probed || !is_unknown(person))
		return;
	for (size_t i = link->hurried_done; i < link->hurried_count; i++)
		if (link->hurried[i % LIMIT_FEED_HURRIED] == person->row)
			return;
	if (link->hurried_count - link->hurried_done < LIMIT_FEED_HURRIED)
		link->hurried[link->hurried_count++ % LIMIT_FEED_HURRIED] = person->row;
}

void feed_link_refuse(struct feed_link *link, struct person *person)
{
	bool over = person->feed == FEED_ASKED || person->feed == FEED_ACTIVE;

	if (person->account == NULL || !feed_link_set(link, person, FEED_REFUSED))
		return;
	if (over)
		add_farewell(link, person->account);
}

void feed_link_over(struct feed_link *link, const char *account)
{
	add_farewell(link, account);
}

void feed_link_privilege(struct feed_link *link, bool granted)
{
	bool before = engine_of(link)->privileged;

	link->decided = true;
	if (granted || before)
		(void)feed_link_submit(
			link, &(struct fact){.kind = FACT_PRIVILEGE, .privilege.granted = granted});
	if (!granted && before && link->walk == WALK_OVER)
		begin_walk(link, WALK_ASKING);
}

/* ---- life ---- */

struct feed_link *feed_link_new(struct component *component, struct loop *loop, struct stream *stream)
{
	struct feed_link *link = mem_new(sizeof(*link));

	link->component = component;
	link->stream = stream;
	link->timer = loop_timer_new(loop, on_timer, link);
	link->caps = caps_new(component, loop);
	return link;
}

void feed_link_free(struct feed_link *link)
{
	if (link == NULL)
		return;
	while (link->farewells != NULL)
		remove_farewell(link);
	loop_timer_free(link->timer);
	caps_free(link->caps);
	free(link);
}

struct caps *feed_link_caps(struct feed_link *link)
{
	return link->caps;
}

void feed_link_connected(struct feed_link *link)
{
	link->connected = clock_monotonic();
	link->decided = false;
	begin_walk(link, WALK_PROBING);
}

/* Answers to the probes of this stream do not come any more. */
static void forget_probes(struct feed_link *link)
{
	const struct engine *engine = engine_of(link);

	for (size_t i = 0; i < engine->person_count; i++)
		if (engine->rows[i]->settles)
			(void)feed_link_submit(
				link, &(struct fact){.kind = FACT_PROBED, .probed = {engine->rows[i], true}});
}

/* Who was to be asked has no feed yet, or is unsure: the next walk comes to them. */
void feed_link_disconnected(struct feed_link *link)
{
	forget_probes(link);
	link->walk = WALK_OVER;
	link->ask_count = 0;
	link->asked_count = link->asked_done = 0;
	memset(link->looks, 0, sizeof(link->looks));
	link->look_count = link->look_done = 0;
	loop_timer_stop(link->timer);
	caps_disconnected(link->caps);
}
