/* Our side and Asterisk's of an extension are compared here: what was chosen at a phone, what has to be written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/derive.h"
#include "pbx/asterisk_mirror_inside.h"
#include "pbx/asterisk_said.h"

/* What we say of an extension. */
struct ours {
	struct person *person;
	enum call_action action;
	const struct choice *choice;
	char *said; /* owned */
	uint64_t digest;
	uint64_t dnd_digest; /* of the choice, as Do Not Disturb follows from nothing else */
};

/* --- comparing */

static enum call_action held(const struct entry *entry, enum call_action action)
{
	if (action == ACTION_FOLLOW_ME)
		return entry->follows_us ? ACTION_FOLLOW_ME : ACTION_NONE;
	return action;
}

static void get_ours(
	const struct asterisk_mirror *mirror, const struct entry *entry, usec_t now, struct ours *ours)
{
	struct facts facts;
	struct presence presence;
	engine_facts(mirror->engine, ours->person, now, &facts);
	facts.leg_count = 0;
	derive(&facts, &presence);
	ours->action = derive_action(&facts);
	ours->choice = choice_in_force(facts.choices, now);
	ours->said = said_render(&presence, held(entry, ours->action));
	const char *chosen = ours->choice ? ours->choice->status->id : "";
	usec_t at = ours->choice ? ours->choice->at : 0;
	ours->dnd_digest = hash_stable(chosen, strlen(chosen), (uint64_t)at ^ (uint64_t)ours->action) | 1;
	ours->digest = hash_stable(ours->said, strlen(ours->said), (uint64_t)ours->action + 1) | 1;
}

/* The first time since the start: what of theirs we wrote in an earlier life. */
static void meet(struct entry *entry, const struct ours *ours)
{
	entry->met = true;
	if (said_is_ours(entry->theirs)) {
		bool wrote_on = said_held(entry->theirs) == ACTION_DND;
		mem_replace(&entry->written, entry->theirs);
		entry->follows_us = said_held(entry->theirs) == ACTION_FOLLOW_ME;
		entry->key_due = wrote_on;
		if (wrote_on == (entry->their_dnd == DND_ON))
			entry->dnd_news = NEWS_NONE;
		else if (entry->their_dnd == DND_OFF)
			entry->dnd_news = NEWS_LISTED;
	} else if (entry->theirs && said_show(entry->theirs) == SHOW_AVAILABLE) {
		entry->news = NEWS_NONE; /* as every new extension of FreePBX is */
	}
	/* What was set before it was somebody's does not end what they chose. */
	if (entry->of_nobody && ours->choice)
		entry->news = entry->dnd_news = NEWS_NONE;
	entry->of_nobody = false;
}

static bool is_chosen(const struct ours *ours, const struct status *status, const char *message)
{
	const char *said = ours->choice && ours->choice->message ? ours->choice->message : "";
	return (ours->choice ? ours->choice->status : NULL) == status &&
	       strcmp(said, message ? message : "") == 0;
}

static bool offer(struct asterisk_mirror *mirror, struct entry *entry, const struct ours *ours,
	const struct status *status, const char *message, usec_t now, struct mirror_step *step)
{
	struct fact fact = {.kind = FACT_CHOICE,
		.choice = {.person = ours->person,
			.status = status ? status->id : NULL,
			.message = message,
			.source = SOURCE_PHONE}};
	if (status && status->default_expiry)
		fact.choice.until = now + status->default_expiry * MINUTE;
	if (!engine_check_choice(mirror->engine, &fact.choice, now, NULL))
		return false;
	*step = (struct mirror_step){.kind = MIRROR_CHOOSE, .choice = fact};
	mirror->choosing = entry;
	mirror->choosing_dnd = false;
	return true;
}

/* When it was chosen; Available has an instant as well. */
static usec_t chosen_at(const struct person *person)
{
	const struct choices *choices = &person->choices;
	return choices->timed.at > choices->standing.at ? choices->timed.at : choices->standing.at;
}

/* Something was chosen here while the link was away, which is taken as the later one. */
static bool overtaken(const struct asterisk_mirror *mirror, const struct entry *entry, enum news news,
	const struct ours *ours)
{
	if (news != NEWS_LISTED)
		return false;
	return entry->agreed ? entry->agreed != ours->digest : chosen_at(ours->person) > mirror->born;
}

static bool judge_presence(struct asterisk_mirror *mirror, struct entry *entry, const struct ours *ours,
	usec_t now, struct mirror_step *step)
{
	const struct status *status;
	if (entry->news == NEWS_NONE)
		return false;
	entry->taken = false;
	if (!overtaken(mirror, entry, entry->news, ours) &&
		said_choice(entry->theirs, &mirror->engine->catalogue, &status, &mirror->message)) {
		entry->taken = is_chosen(ours, status, mirror->message);
		if (!entry->taken && offer(mirror, entry, ours, status, mirror->message, now, step))
			return true;
	}
	if (!entry->taken)
		entry->agreed = 0;
	entry->news = NEWS_NONE;
	return false;
}

/* As the mark of a write of ours tells beside it: not of a phone, but from before Asterisk lost what came later. */
static bool is_of_old(const struct entry *entry)
{
	return entry->dnd_news == NEWS_LISTED && said_is_ours(entry->theirs) &&
	       (said_held(entry->theirs) == ACTION_DND) == (entry->their_dnd == DND_ON);
}

static bool judge_dnd(struct asterisk_mirror *mirror, struct entry *entry, const struct ours *ours,
	usec_t now, struct mirror_step *step)
{
	bool on = entry->their_dnd == DND_ON;
	enum news news = entry->dnd_news;
	if (news == NEWS_NONE)
		return false;
	if (!is_of_old(entry) && !overtaken(mirror, entry, news, ours)) {
		const struct status *status = on ? mirror->engine->catalogue.dnd : NULL;
		if (on != (ours->action == ACTION_DND) && !is_chosen(ours, status, NULL) &&
			offer(mirror, entry, ours, status, NULL, now, step)) {
			mirror->choosing_dnd = true;
			return true;
		}
		entry->dnd_taken = true;
	}
	entry->dnd_news = NEWS_NONE;
	return false;
}

/* --- writing */

static void send_variable(struct asterisk_mirror *mirror, struct entry *entry, enum axis axis,
	const char *format, const char *value, usec_t now, struct mirror_step *step)
{
	mirror_send(mirror, entry, axis, "Setvar", now, step);
	snprintf(mirror->variable, sizeof(mirror->variable), "%s%s)", format, entry->number);
	mirror_add(step, "Variable", mirror->variable);
	mirror_add(step, "Value", value);
}

static void send_key(struct asterisk_mirror *mirror, struct entry *entry, enum axis axis, const char *action,
	const char *family, const char *key, const char *value, usec_t now, struct mirror_step *step)
{
	mirror_send(mirror, entry, axis, action, now, step);
	snprintf(mirror->key, sizeof(mirror->key), "%s%s", entry->number, key);
	mirror_add(step, "Family", family);
	mirror_add(step, "Key", mirror->key);
	if (value)
		mirror_add(step, "Val", value);
}

static bool write_dnd(struct asterisk_mirror *mirror, struct entry *entry, const struct ours *ours,
	usec_t now, struct mirror_step *step)
{
	bool on = ours->action == ACTION_DND;
	if (entry->dnd_taken) {
		entry->dnd_taken = false;
		entry->dnd_agreed = ours->dnd_digest;
	}
	if (on != (entry->their_dnd == DND_ON) && entry->dnd_agreed != ours->dnd_digest) {
		send_variable(mirror, entry, AXIS_DND, "DEVICE_STATE(" DND_DEVICE,
			on ? "BUSY" : "UNAVAILABLE", now, step);
		entry->written_dnd = on ? DND_ON : DND_OFF;
		entry->dnd_stamp = mirror->lists;
		entry->axis_digest = ours->dnd_digest;
		entry->key_due = true;
		return true;
	}
	if (!entry->key_due || mirror->database != RIGHTS_YES)
		return false;
	entry->key_due = false;
	send_key(
		mirror, entry, AXIS_DND_KEY, on ? "DBPut" : "DBDel", "DND", "", on ? "YES" : NULL, now, step);
	return true;
}

static bool write_follow_me(struct asterisk_mirror *mirror, struct entry *entry, const struct ours *ours,
	usec_t now, struct mirror_step *step)
{
	static const char key[] = "/followme/ddial";
	bool on = ours->action == ACTION_FOLLOW_ME;
	if (mirror->database != RIGHTS_YES)
		return false;
	if (!on) {
		entry->may_follow = false;
		entry->follow_me_read = 0;
		if (entry->follows_us)
			send_key(mirror, entry, AXIS_FOLLOW_ME, "DBPut", "AMPUSER", key, "EXTENSION", now,
				step);
		return entry->follows_us;
	}
	if (entry->may_follow) {
		entry->may_follow = entry->follows_us = false;
		send_key(mirror, entry, AXIS_FOLLOW_ME, "DBPut", "AMPUSER", key, "DIRECT", now, step);
		return true;
	}
	if (entry->follows_us || entry->follow_me_read == ours->digest)
		return false; /* it is on already, or there is none */
	entry->follow_me_read = ours->digest;
	send_key(mirror, entry, AXIS_FOLLOW_ME_READ, "DBGet", "AMPUSER", key, NULL, now, step);
	return true;
}

static bool write_presence(struct asterisk_mirror *mirror, struct entry *entry, const struct ours *ours,
	usec_t now, struct mirror_step *step)
{
	bool means_the_same =
		said_show(entry->theirs) == said_show(ours->said) && !(ours->choice && ours->choice->until);
	if (entry->taken)
		entry->agreed = means_the_same ? ours->digest : 0;
	if (entry->theirs && strcmp(entry->theirs, ours->said) == 0)
		entry->agreed = ours->digest;
	entry->taken = false;
	if (entry->agreed == ours->digest)
		return false;
	buf_clear(&mirror->value);
	said_value(ours->said, &mirror->value);
	send_variable(mirror, entry, AXIS_PRESENCE, "PRESENCE_STATE(" PRESENTITY, buf_text(&mirror->value),
		now, step);
	mem_replace(&entry->written, ours->said);
	entry->stamp = mirror->lists;
	entry->axis_digest = ours->digest;
	return true;
}

/* --- both */

/* False: there is nothing to compare, now. */
static bool look(struct asterisk_mirror *mirror, struct entry *entry, usec_t now, struct ours *ours)
{
	const struct extension *extension = engine_extension(mirror->engine, mirror->pbx, entry->number);
	*ours = (struct ours){.person = extension ? extension->person : NULL};
	free(mirror->message);
	mirror->message = NULL;
	if (!ours->person) {
		entry->of_nobody = true;
		entry->met = false;
		entry->agreed = entry->dnd_agreed = 0;
		return false;
	}
	if (ours->person->unheard)
		return false;
	get_ours(mirror, entry, now, ours);
	if (!entry->met)
		meet(entry, ours);
	return true;
}

static bool judge(struct asterisk_mirror *mirror, struct entry *entry, const struct ours *ours, usec_t now,
	struct mirror_step *step)
{
	return judge_presence(mirror, entry, ours, now, step) || judge_dnd(mirror, entry, ours, now, step);
}

bool mirror_judge(struct asterisk_mirror *mirror, struct entry *entry, usec_t now, struct mirror_step *step)
{
	struct ours ours;
	if (!look(mirror, entry, now, &ours))
		return false;
	bool something = judge(mirror, entry, &ours, now, step);
	free(ours.said);
	return something;
}

bool mirror_compare(struct asterisk_mirror *mirror, struct entry *entry, usec_t now, struct mirror_step *step)
{
	struct ours ours;
	if (!look(mirror, entry, now, &ours))
		return false;
	/* Do Not Disturb stands before the presence that tells of it. */
	bool something = judge(mirror, entry, &ours, now, step) ||
			 write_dnd(mirror, entry, &ours, now, step) ||
			 write_follow_me(mirror, entry, &ours, now, step) ||
			 write_presence(mirror, entry, &ours, now, step);
	free(ours.said);
	return something;
}
