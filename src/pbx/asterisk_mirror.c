/* What Asterisk says of extensions, and what is on its way to it, is kept here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/memory.h"
#include "pbx/asterisk_mirror_inside.h"
#include "pbx/asterisk_said.h"

#define WRITES_AT_ONCE 10
#define WRITE_INTERVAL (SECOND / LIMIT_ASTERISK_WRITES_PER_SECOND)

/* How often a session is asked whether the database may be written, when it does not answer. */
enum { MOST_PROBES = 3 };

/* --- queues */

static void leave(struct asterisk_mirror *mirror, struct entry *entry)
{
	struct queue *queue = &mirror->queues[entry->place];
	if (entry->place == PLACE_NONE)
		return;
	*(entry->before ? &entry->before->after : &queue->first) = entry->after;
	*(entry->after ? &entry->after->before : &queue->last) = entry->before;
	entry->place = PLACE_NONE;
}

void mirror_enter(struct asterisk_mirror *mirror, struct entry *entry, enum place place, usec_t due)
{
	struct queue *queue = &mirror->queues[place];
	leave(mirror, entry);
	entry->place = place;
	entry->due = due;
	entry->after = NULL;
	entry->before = queue->last;
	*(queue->last ? &queue->last->after : &queue->first) = entry;
	queue->last = entry;
}

void mirror_look_at(struct asterisk_mirror *mirror, struct entry *entry)
{
	bool news = entry->news != NEWS_NONE || entry->dnd_news != NEWS_NONE;
	if (entry->place == PLACE_NONE && entry->axis == AXIS_NONE)
		mirror_enter(mirror, entry, news ? PLACE_SETTLING : PLACE_READY, 0);
}

static struct entry *get_entry(struct asterisk_mirror *mirror, const char *number)
{
	struct entry *entry = map_get(&mirror->entries, number);
	size_t length = strlen(number);
	if (entry || length == 0 || length > LIMIT_EXTENSION_BYTES ||
		mirror->entries.count >= LIMIT_ASTERISK_EXTENSIONS)
		return entry;
	entry = mem_new(sizeof(*entry));
	entry->number = mem_string(number);
	map_put(&mirror->entries, entry->number, entry);
	return entry;
}

/* --- writes on their way */

void mirror_free_slot(struct asterisk_mirror *mirror, struct slot *slot)
{
	*slot = (struct slot){0};
	mirror->on_their_way--;
}

void mirror_settle(struct asterisk_mirror *mirror, struct entry *entry)
{
	bool has_echo = entry->axis == AXIS_PRESENCE || entry->axis == AXIS_DND;
	entry->vain = entry->vain || (has_echo && !entry->answered);
	if (entry->axis == AXIS_PRESENCE) {
		entry->agreed = entry->axis_digest;
		if (entry->answered && entry->news == NEWS_NONE)
			mem_replace(&entry->theirs, entry->written);
	}
	if (entry->axis == AXIS_DND) {
		entry->dnd_agreed = entry->axis_digest;
		if (entry->answered && entry->dnd_news == NEWS_NONE)
			entry->their_dnd = entry->written_dnd;
	}
	entry->axis = AXIS_NONE;
	leave(mirror, entry);
	mirror_look_at(mirror, entry);
}

static void echoed(struct asterisk_mirror *mirror, struct entry *entry)
{
	entry->echoed = true;
	if (entry->answered)
		mirror_settle(mirror, entry);
}

/* --- what they say */

static void note_news(struct asterisk_mirror *mirror, struct entry *entry, usec_t now)
{
	if (entry->axis != AXIS_NONE)
		return; /* looked at when the write has settled */
	mirror_enter(mirror, entry, PLACE_SETTLING, now + LIMIT_ASTERISK_SETTLE_MS * MILLISECOND);
}

/* What Asterisk says while it starts is no younger than its lists. */
static enum news news_of(const struct asterisk_mirror *mirror, bool listed)
{
	return listed || !mirror->complete ? NEWS_LISTED : NEWS_LIVE;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether another Offhook answers each write of ours with its own, as each takes the other's for a lost database. */
static bool is_contested(struct asterisk_mirror *mirror, struct entry *entry, bool listed, usec_t now)
{
	if (listed || !mirror->complete || !entry->agreed)
		return false;
	if (now < entry->replaced_since || now - entry->replaced_since > MINUTE) {
		entry->replaced_since = now;
		entry->replaced = 0;
	}
	if (++entry->replaced < LIMIT_ASTERISK_REPLACED)
		return false;
	if (!mirror->warned_replaced)
		log_warn(mirror->subject,
			"another Offhook writes the presence of extension %s as well, which is left as it "
			"is: serve each number of an Asterisk through one [[pbx]] only",
			entry->number);
	mirror->warned_replaced = true;
	return true;
}

static void take_presence(
	struct asterisk_mirror *mirror, struct entry *entry, const char *said, bool listed, usec_t now)
{
	bool same = same_text(entry->theirs, said);
	mem_replace(&entry->theirs, said);
	if (entry->axis == AXIS_PRESENCE && said && same_text(entry->written, said)) {
		entry->news = NEWS_NONE;
		echoed(mirror, entry);
		return;
	}
	if (same)
		return;
	entry->taken = false;
	if (!said || said_is_ours(said)) {
		entry->news = NEWS_NONE;
		if (!said || !is_contested(mirror, entry, listed, now))
			entry->agreed = 0;
		mirror_look_at(mirror, entry);
	} else {
		entry->news = news_of(mirror, listed);
		note_news(mirror, entry, now);
	}
}

static void take_dnd(
	struct asterisk_mirror *mirror, struct entry *entry, enum dnd dnd, bool listed, usec_t now)
{
	bool same = (entry->their_dnd == DND_ON) == (dnd == DND_ON);
	entry->their_dnd = dnd;
	if (entry->axis == AXIS_DND && dnd == entry->written_dnd) {
		entry->dnd_news = NEWS_NONE;
		echoed(mirror, entry);
		return;
	}
	if (same)
		return;
	bool ours = entry->dnd_in_doubt && dnd == entry->written_dnd;
	entry->dnd_taken = false;
	entry->dnd_agreed = 0;
	if (dnd == DND_NONE || ours) {
		entry->dnd_news = NEWS_NONE;
		mirror_look_at(mirror, entry);
	} else {
		entry->dnd_news = news_of(mirror, listed);
		note_news(mirror, entry, now);
	}
}

static void on_presence(
	struct asterisk_mirror *mirror, const struct ami_block *block, bool listed, usec_t now)
{
	const char *presentity = ami_text(block, "Presentity");
	if (strncasecmp(presentity, PRESENTITY, strlen(PRESENTITY)) != 0)
		return;
	struct entry *entry = get_entry(mirror, presentity + strlen(PRESENTITY));
	if (!entry)
		return;
	entry->seen = mirror->lists;
	if (listed && (entry->stamp == mirror->lists || entry->axis == AXIS_PRESENCE))
		return; /* events are newer */
	if (!listed)
		entry->stamp = mirror->lists;
	char *said = said_read(block);
	take_presence(mirror, entry, said, listed, now);
	free(said);
}

static void on_device(struct asterisk_mirror *mirror, const struct ami_block *block, bool listed, usec_t now)
{
	const char *device = ami_text(block, "Device"), *state = ami_text(block, "State");
	if (strncmp(device, DND_DEVICE, strlen(DND_DEVICE)) != 0)
		return;
	struct entry *entry = get_entry(mirror, device + strlen(DND_DEVICE));
	if (!entry)
		return;
	enum dnd dnd = DND_OFF;
	if (strcasecmp(state, "BUSY") == 0 || strcasecmp(state, "INUSE") == 0)
		dnd = DND_ON;
	else if (strcasecmp(state, "UNKNOWN") == 0 || strcasecmp(state, "INVALID") == 0)
		dnd = DND_NONE;
	entry->dnd_seen = mirror->lists;
	if (listed && (entry->dnd_stamp == mirror->lists || entry->axis == AXIS_DND))
		return;
	if (!listed)
		entry->dnd_stamp = mirror->lists;
	take_dnd(mirror, entry, dnd, listed, now);
}

void asterisk_mirror_event(
	struct asterisk_mirror *mirror, const struct ami_block *block, bool listed, usec_t now)
{
	const char *event = ami_text(block, "Event");
	if (strcmp(event, "PresenceStateChange") == 0)
		on_presence(mirror, block, listed, now);
	else if (strcmp(event, "DeviceStateChange") == 0)
		on_device(mirror, block, listed, now);
}

/* --- lists */

/* Whether Asterisk took it is for the lists to say; of keys they say nothing. */
static void doubt(struct entry *entry)
{
	if (entry->axis == AXIS_PRESENCE || entry->vain)
		entry->agreed = 0;
	if (entry->axis == AXIS_DND || entry->vain)
		entry->dnd_agreed = 0;
	entry->vain = false;
	entry->dnd_in_doubt = entry->dnd_in_doubt || entry->axis == AXIS_DND;
	if (entry->axis == AXIS_DND_KEY || (entry->their_dnd == DND_ON && entry->written_dnd == DND_ON))
		entry->key_due = true;
	if (entry->axis == AXIS_FOLLOW_ME)
		entry->follows_us = entry->may_follow = true;
	if (entry->axis == AXIS_FOLLOW_ME_READ)
		entry->follow_me_read = 0;
	if (entry->news == NEWS_LIVE)
		entry->news = NEWS_LISTED;
	if (entry->dnd_news == NEWS_LIVE)
		entry->dnd_news = NEWS_LISTED;
	entry->axis = AXIS_NONE;
	entry->stamp = entry->dnd_stamp = 0;
}

void asterisk_mirror_lost(struct asterisk_mirror *mirror)
{
	struct entry *entry;
	size_t at = 0;
	mirror->complete = false;
	mirror->database = RIGHTS_UNKNOWN;
	mirror->probes = 0;
	mirror->asks_snippet = false;
	mirror->on_their_way = 0;
	memset(mirror->slots, 0, sizeof(mirror->slots));
	while ((entry = map_next(&mirror->entries, &at))) {
		doubt(entry);
		leave(mirror, entry);
	}
}

void asterisk_mirror_begin(struct asterisk_mirror *mirror)
{
	mirror->lists++;
}

void asterisk_mirror_complete(struct asterisk_mirror *mirror, bool devices, bool presences)
{
	struct entry *entry;
	const struct extension *extension;
	size_t at = 0;
	while ((entry = map_next(&mirror->entries, &at))) {
		if (presences && entry->seen != mirror->lists && entry->axis != AXIS_PRESENCE)
			take_presence(mirror, entry, NULL, true, 0);
		if (devices && entry->dnd_seen != mirror->lists && entry->axis != AXIS_DND)
			take_dnd(mirror, entry, DND_NONE, true, 0);
		entry->dnd_in_doubt = false;
		if (entry->replaced >= LIMIT_ASTERISK_REPLACED)
			entry->agreed = entry->replaced = 0; /* perhaps nobody else writes any more */
		mirror_look_at(mirror, entry);
	}
	at = 0;
	while ((extension = map_next(&mirror->engine->extensions, &at)))
		if (extension->person && strcmp(extension->pbx, mirror->pbx) == 0)
			asterisk_mirror_person(mirror, extension->person);
	mirror->complete = true;
}

void asterisk_mirror_person(struct asterisk_mirror *mirror, const struct person *person)
{
	for (size_t i = 0; i < person->extension_count; i++) {
		const struct extension *extension = person->extensions[i];
		struct entry *entry = strcmp(extension->pbx, mirror->pbx) == 0
					      ? get_entry(mirror, extension->number)
					      : NULL;
		if (entry)
			mirror_look_at(mirror, entry);
	}
}

/* --- steps */

void mirror_add(struct mirror_step *step, const char *name, const char *value)
{
	step->fields[step->field_count].name = name;
	step->fields[step->field_count++].value = value;
}

void mirror_send(struct asterisk_mirror *mirror, struct entry *entry, enum axis axis, const char *action,
	usec_t now, struct mirror_step *step)
{
	struct slot *slot = mirror->slots;
	while (slot->serial)
		slot++;
	*slot = (struct slot){.serial = ++mirror->serials, .entry = entry, .axis = axis, .since = now};
	mirror->on_their_way++;
	usec_t least = now - WRITES_AT_ONCE * WRITE_INTERVAL;
	mirror->next_write = (mirror->next_write > least ? mirror->next_write : least) + WRITE_INTERVAL;
	*step = (struct mirror_step){.kind = MIRROR_SEND, .serial = slot->serial, .action = action};
	if (!entry)
		return;
	entry->axis = axis;
	entry->answered = entry->echoed = false;
}

void asterisk_mirror_chosen(struct asterisk_mirror *mirror)
{
	struct entry *entry = mirror->choosing;
	if (!entry)
		return;
	*(mirror->choosing_dnd ? &entry->dnd_news : &entry->news) = NEWS_NONE;
	*(mirror->choosing_dnd ? &entry->dnd_taken : &entry->taken) = true;
	mirror->choosing = NULL;
	leave(mirror, entry);
	mirror_look_at(mirror, entry);
}

void asterisk_mirror_put_off(struct asterisk_mirror *mirror, usec_t now)
{
	if (mirror->choosing)
		note_news(mirror, mirror->choosing, now);
	mirror->choosing = NULL;
}

/* The clock may have been set back. */
static bool is_due(usec_t due, usec_t now)
{
	return due <= now || due - now > 2 * MILLISECOND * LIMIT_ASTERISK_ECHO_MS;
}

static void pass_time(struct asterisk_mirror *mirror, usec_t now)
{
	struct entry *entry;
	while ((entry = mirror->queues[PLACE_ECHO].first) && is_due(entry->due, now))
		mirror_settle(mirror, entry);
	for (size_t i = 0; mirror->on_their_way && i < LIMIT_ASTERISK_WRITES; i++) {
		struct slot *slot = &mirror->slots[i];
		usec_t age = now - slot->since;
		if (!slot->serial || (age >= 0 && age < LIMIT_ASTERISK_ANSWER_SECONDS * SECOND))
			continue;
		if (slot->entry && slot->entry->axis == slot->axis) {
			slot->entry->follows_us = slot->entry->follows_us || slot->axis == AXIS_FOLLOW_ME;
			mirror_settle(mirror, slot->entry);
		}
		if (slot->axis == AXIS_PROBE && mirror->probes < MOST_PROBES)
			mirror->database = RIGHTS_UNKNOWN;
		mirror_free_slot(mirror, slot);
	}
}

static bool may_write(const struct asterisk_mirror *mirror, usec_t now)
{
	return mirror->on_their_way < LIMIT_ASTERISK_WRITES &&
	       (mirror->next_write <= now || mirror->next_write - now > SECOND);
}

/* Whether we may write AstDB is found out by taking out what is not there. */
static bool probe(struct asterisk_mirror *mirror, usec_t now, struct mirror_step *step)
{
	if (mirror->database == RIGHTS_UNKNOWN) {
		mirror->database = RIGHTS_ASKED;
		mirror->probes++;
		mirror_send(mirror, NULL, AXIS_PROBE, "DBDel", now, step);
		mirror_add(step, "Family", "OFFHOOK");
		mirror_add(step, "Key", "probe");
		return true;
	}
	if (!mirror->asks_snippet)
		return false;
	mirror->asks_snippet = false;
	mirror_send(mirror, NULL, AXIS_SNIPPET, "Getvar", now, step);
	mirror_add(step, "Variable", "OFFHOOK_DND");
	return true;
}

/* What was set at phones waits for no write, or it would end what is chosen meanwhile. */
static bool judge(struct asterisk_mirror *mirror, usec_t now, struct mirror_step *step)
{
	struct queue *settling = &mirror->queues[PLACE_SETTLING];
	struct entry *entry;
	for (size_t looks = 0; looks < LIMIT_ASTERISK_LOOKS; looks++) {
		entry = settling->first;
		if (!entry || !is_due(entry->due, now))
			return false;
		leave(mirror, entry);
		if (mirror_judge(mirror, entry, now, step)) {
			mirror_look_at(mirror, entry);
			return true;
		}
		mirror_enter(mirror, entry, PLACE_READY, 0);
	}
	return false;
}

bool asterisk_mirror_next(struct asterisk_mirror *mirror, usec_t now, struct mirror_step *step)
{
	struct queue *ready = &mirror->queues[PLACE_READY];
	struct entry *entry;
	if (!mirror->complete)
		return false;
	pass_time(mirror, now);
	if (judge(mirror, now, step))
		return true;
	if (!may_write(mirror, now))
		return false;
	if (probe(mirror, now, step))
		return true;
	for (size_t looks = 0; looks < LIMIT_ASTERISK_LOOKS && (entry = ready->first); looks++) {
		leave(mirror, entry);
		if (!mirror_compare(mirror, entry, now, step))
			continue;
		if (step->kind == MIRROR_CHOOSE)
			mirror_look_at(mirror, entry);
		return true;
	}
	return false;
}

usec_t asterisk_mirror_wake(const struct asterisk_mirror *mirror, usec_t now)
{
	usec_t wake = 0;
	if (!mirror->complete)
		return 0;
	if (mirror->queues[PLACE_READY].first && mirror->on_their_way < LIMIT_ASTERISK_WRITES)
		wake = may_write(mirror, now) ? now : mirror->next_write;
	for (enum place place = PLACE_SETTLING; place <= PLACE_ECHO; place++) {
		const struct entry *entry = mirror->queues[place].first;
		usec_t due = entry && is_due(entry->due, now) ? now : entry ? entry->due : 0;
		if (due && (!wake || due < wake))
			wake = due;
	}
	if (mirror->on_their_way && !wake)
		wake = now + LIMIT_ASTERISK_ANSWER_SECONDS * SECOND;
	return wake;
}

/* --- life */

struct asterisk_mirror *asterisk_mirror_new(const char *pbx, struct engine *engine, usec_t now)
{
	struct asterisk_mirror *mirror = mem_new(sizeof(*mirror));
	mirror->pbx = mem_string(pbx);
	snprintf(mirror->subject, sizeof(mirror->subject), "pbx %s", pbx);
	mirror->engine = engine;
	mirror->born = now;
	map_init(&mirror->entries);
	buf_init(&mirror->value, LIMIT_AMI_BLOCK_BYTES);
	return mirror;
}

void asterisk_mirror_free(struct asterisk_mirror *mirror)
{
	struct entry *entry;
	size_t at = 0;
	if (!mirror)
		return;
	while ((entry = map_next(&mirror->entries, &at))) {
		free(entry->number);
		free(entry->theirs);
		free(entry->written);
		free(entry);
	}
	map_done(&mirror->entries);
	buf_done(&mirror->value);
	free(mirror->message);
	free(mirror->pbx);
	free(mirror);
}
