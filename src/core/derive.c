/* The rules of presence: from all that is known of a person to the one status that colleagues see. */
#include "core/derive.h"

#include <string.h>

enum connected { CONNECTED_NO, CONNECTED_YES, CONNECTED_UNKNOWN };

const struct choice *choice_in_force(const struct choices *choices, usec_t now)
{
	if (choices->timed.status && !choices->timed.status->deleted && choices->timed.until > now)
		return &choices->timed;
	if (choices->standing.status && !choices->standing.status->deleted)
		return &choices->standing;
	return NULL;
}

static enum connected connected(const struct facts *facts)
{
	if (facts->phone == PHONE_REGISTERED)
		return CONNECTED_YES;
	if (!facts->has_account && facts->phone == PHONE_UNREGISTERED)
		return CONNECTED_NO;
	return CONNECTED_UNKNOWN;
}

/* When what covered the rest last went away: colleagues see nothing of the rest from before. Else somebody
 * who was invisible would be told apart from somebody who was offline. */
static usec_t uncovered(const struct facts *facts)
{
	const struct choices *choices = facts->choices;
	usec_t cleared = choices->standing.status ? 0 : choices->standing.at;
	usec_t expired =
		choices->timed.status && choices->timed.until <= facts->now ? choices->timed.until : 0;
	return cleared > expired ? cleared : expired;
}

static usec_t later(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

static const char *own_message(const struct facts *facts)
{
	const struct message *message = facts->message;
	return message->text && (message->until == 0 || message->until > facts->now) ? message->text : "";
}

static void show_status(
	const struct facts *facts, const struct status *status, enum rule rule, struct presence *presence)
{
	presence->status = status;
	presence->rule = rule;
	presence->message = own_message(facts);
	if (presence->message[0] == '\0')
		presence->message = status->text;
	presence->automatic = rule != RULE_CHOICE && rule != RULE_DEVICE_CHOICE;
}

/* Rules 1 and 7 end here, so that nobody can tell them apart. */
static void show_offline(const struct facts *facts, enum rule rule, struct presence *presence)
{
	presence->status = facts->catalogue->offline;
	presence->rule = rule;
	presence->message = "";
	presence->automatic = true;
}

static bool rule_choice(const struct facts *facts, const struct choice *choice, struct presence *presence)
{
	if (!choice || (connected(facts) == CONNECTED_NO && !choice->status->when_offline))
		return false;
	show_status(facts, choice->status, RULE_CHOICE, presence);
	if (choice->message && choice->message[0])
		presence->message = choice->message;
	presence->since = choice->at;
	if (choice == &facts->choices->timed)
		presence->until = choice->until;
	else
		presence->since = later(choice->at, uncovered(facts));
	return true;
}

static const struct status *policy_status(
	const struct facts *facts, const char *id, const struct status *otherwise)
{
	const struct status *status = id[0] ? catalogue_get(facts->catalogue, id) : NULL;
	return status ? status : otherwise;
}

static bool rule_call(const struct facts *facts, struct presence *presence)
{
	const struct leg *call = NULL, *meeting = NULL, *ringing = NULL;
	for (size_t i = 0; i < facts->leg_count; i++) {
		const struct leg *leg = facts->legs[i];
		const struct leg **first = leg->kind == LEG_CALL ? &call : &meeting;
		if (!leg_is_up(leg))
			first = &ringing;
		if (leg->state != LEG_ENDED && (!*first || leg->since < (*first)->since))
			*first = leg;
	}
	const struct policy *policy = facts->policy;
	const struct catalogue *catalogue = facts->catalogue;
	const struct status *status;
	if ((call || meeting) && (!call || facts->preferences->hide_calls))
		status = policy_status(facts, policy->meeting_status, catalogue->busy);
	else if (call)
		status = policy_status(facts, policy->on_call_status, catalogue->on_call);
	else if (ringing && !facts->preferences->hide_calls)
		status = policy_status(facts, policy->ringing_status, NULL);
	else
		status = NULL;
	if (!status)
		return false;
	show_status(facts, status, RULE_CALL, presence);
	presence->since = later((call ? call : meeting ? meeting : ringing)->since, uncovered(facts));
	return true;
}

/* With policy call_precedence = call, these still stand before a call. */
static bool spared(const struct choice *choice)
{
	return choice && (choice->status->show == SHOW_DND || choice->status->show == SHOW_UNAVAILABLE);
}

void derive(const struct facts *facts, struct presence *presence)
{
	const struct choice *choice = choice_in_force(facts->choices, facts->now);
	bool call_first = facts->policy->call_precedence && !spared(choice);
	bool maybe_here = facts->phone == PHONE_REGISTERED ||
			  (facts->phone == PHONE_UNKNOWN && (facts->has_extension || facts->choices->ever));

	*presence = (struct presence){.message = ""};
	if (choice && choice->status == facts->catalogue->invisible)
		show_offline(facts, RULE_INVISIBLE, presence);
	else if (call_first && rule_call(facts, presence))
		; /* shown */
	else if (rule_choice(facts, choice, presence))
		; /* shown */
	else if (!call_first && rule_call(facts, presence))
		; /* shown */
	else if (maybe_here)
		show_status(facts, facts->catalogue->available, RULE_AVAILABLE, presence);
	else
		show_offline(facts, RULE_OFFLINE, presence);
	presence->digest = presence_digest(presence);
}

enum call_action derive_action(const struct facts *facts)
{
	const struct choice *choice = choice_in_force(facts->choices, facts->now);
	enum show show = choice ? choice->status->show : SHOW_AVAILABLE;
	enum call_action own = facts->preferences->actions[show];
	if (own != ACTION_STATUS)
		return own;
	return choice ? choice->status->call_action : ACTION_NONE;
}

bool derive_accepts_calls(const struct facts *facts, const struct presence *presence)
{
	if (derive_action(facts) == ACTION_DND)
		return false;
	return !(facts->policy->offline_to_voicemail && presence->rule == RULE_OFFLINE);
}

usec_t derive_next(const struct facts *facts)
{
	usec_t next = 0;
	const usec_t ends[] = {facts->choices->timed.status ? facts->choices->timed.until : 0,
		facts->message->text ? facts->message->until : 0};
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends[i] > facts->now && (next == 0 || ends[i] < next))
			next = ends[i];
	return next;
}
