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
	for (size_t i = 0; facts->feed && i < facts->device_count; i++)
		if (facts->devices[i].priority >= 0)
			return CONNECTED_YES;
	if (facts->feed)
		return CONNECTED_NO;
	if (facts->phone == PHONE_REGISTERED)
		return CONNECTED_YES;
	if (!facts->has_account && facts->phone == PHONE_UNREGISTERED)
		return CONNECTED_NO;
	return CONNECTED_UNKNOWN;
}

static usec_t later(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

/* When what covered the rest last may have gone away: colleagues see nothing of the rest from before. Else somebody
 * who was invisible would be told apart from somebody who was offline. What a choice took the place of is not
 * known, so that it counts from when it was made, also where it does not decide. */
static usec_t uncovered(const struct facts *facts)
{
	const struct choice *standing = &facts->choices->standing, *timed = &facts->choices->timed;
	return later(standing->at, timed->until <= facts->now ? timed->until : timed->at);
}

static const char *own_message(const struct facts *facts)
{
	const struct message *message = facts->message;
	return message->text && (message->until == 0 || message->until > facts->now) ? message->text : "";
}

/* `said`: the message that came with what decided, or NULL. */
static void show_status(const struct facts *facts, const struct status *status, enum rule rule,
	const char *said, struct presence *presence)
{
	presence->status = status;
	presence->rule = rule;
	presence->message = said && said[0] ? said : own_message(facts);
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

static bool rule_invisible(const struct facts *facts, struct presence *presence)
{
	const struct choice *choice = choice_in_force(facts->choices, facts->now);
	if (!choice || choice->status != facts->catalogue->invisible)
		return false;
	show_offline(facts, RULE_INVISIBLE, presence);
	return true;
}

static bool rule_choice(const struct facts *facts, struct presence *presence)
{
	const struct choice *choice = choice_in_force(facts->choices, facts->now);
	if (!choice || (connected(facts) == CONNECTED_NO && !choice->status->when_offline))
		return false;
	show_status(facts, choice->status, RULE_CHOICE, choice->message, presence);
	presence->since = choice->at;
	if (choice == &facts->choices->timed)
		presence->until = choice->until;
	else
		presence->since = later(choice->at, uncovered(facts));
	return true;
}

/* ---- devices ---- */

static usec_t auto_away(const struct facts *facts)
{
	uint32_t own = facts->preferences->auto_away_minutes;
	return (own ? own : facts->policy->auto_away_minutes) * MINUTE;
}

static bool shows_away(const struct device *device)
{
	return device->show == SHOW_AWAY || device->show == SHOW_XA;
}

/* When an idle device that shows nothing of it counts as away; 0: never. */
static usec_t away_from(const struct facts *facts, const struct device *device)
{
	bool may = !device->mobile && (device->show == SHOW_AVAILABLE || device->show == SHOW_CHAT);
	return may && device->idle_since ? device->idle_since + auto_away(facts) : 0;
}

static bool is_automatically_away(const struct facts *facts, const struct device *device)
{
	usec_t from = away_from(facts, device);
	return (shows_away(device) && device->idle_since) || (from && facts->now > from);
}

/* A mobile device that is put away is still with its owner, but for one who said so by hand. */
static bool is_away(const struct facts *facts, const struct device *device)
{
	if (device->mobile)
		return shows_away(device) && !device->idle_since;
	return shows_away(device) || is_automatically_away(facts, device);
}

static const char *said_by(const struct device *device)
{
	return device->named ? NULL : device->text;
}

static const struct status *named_choice(const struct facts *facts, const struct device *device)
{
	const struct status *status = device->named;
	bool is_choice = status && status_selectable(status) && status != facts->catalogue->available &&
			 status->show != SHOW_UNAVAILABLE;
	return is_choice ? status : NULL;
}

/* Of two that changed at the same instant it must always be the same one. */
static bool is_younger(const struct device *device, const struct device *than)
{
	if (!than || device->changed != than->changed)
		return !than || device->changed > than->changed;
	return strcmp(device->resource, than->resource) < 0;
}

static bool rule_device_choice(const struct facts *facts, struct presence *presence)
{
	const struct device *names = NULL, *disturbed = NULL;
	for (size_t i = 0; facts->feed && i < facts->device_count; i++) {
		const struct device *device = &facts->devices[i];
		if (device->priority < 0 || is_automatically_away(facts, device))
			continue;
		if (is_younger(device, names) && named_choice(facts, device))
			names = device;
		if (is_younger(device, disturbed) && device->show == SHOW_DND)
			disturbed = device;
	}
	if (names)
		show_status(facts, named_choice(facts, names), RULE_DEVICE_CHOICE, NULL, presence);
	else if (disturbed)
		show_status(facts, facts->catalogue->dnd, RULE_DEVICE_CHOICE, said_by(disturbed), presence);
	else
		return false;
	presence->since = later((names ? names : disturbed)->changed, uncovered(facts));
	return true;
}

static void show_device(const struct facts *facts, const struct status *status, const struct device *device,
	usec_t since, struct presence *presence)
{
	show_status(facts, status, RULE_DEVICE, said_by(device), presence);
	presence->since = later(since, uncovered(facts));
}

/* The best device: one that is not away; else all are, and it takes all of them to be gone for longer. They
 * are away since the last of them is. */
static bool rule_device(const struct facts *facts, struct presence *presence)
{
	const struct catalogue *catalogue = facts->catalogue;
	const struct device *here = NULL, *away = NULL;
	bool all_xa = true, all_idle = true;
	usec_t idle_since = 0, away_since = 0;

	for (size_t i = 0; facts->feed && i < facts->device_count; i++) {
		const struct device *device = &facts->devices[i];
		if (device->priority < 0)
			continue;
		if (!is_away(facts, device)) {
			here = is_younger(device, here) ? device : here;
			continue;
		}
		away = is_younger(device, away) ? device : away;
		all_xa = all_xa && device->show == SHOW_XA;
		all_idle = all_idle && device->idle_since;
		idle_since = later(idle_since, device->idle_since);
		away_since = later(away_since, later(device->changed, away_from(facts, device)));
	}
	if (here)
		show_device(facts, here->show == SHOW_CHAT ? catalogue->chat : catalogue->available, here,
			here->changed, presence);
	else if (away)
		show_device(facts, all_xa ? catalogue->extended_away : catalogue->away, away, away_since,
			presence);
	if (!here && away && all_idle)
		presence->idle_since = later(idle_since, uncovered(facts));
	return here || away;
}

/* ---- calls ---- */

static const struct status *policy_status(
	const struct facts *facts, const char *id, const struct status *otherwise)
{
	const struct status *status = id[0] ? catalogue_get(facts->catalogue, id) : NULL;
	return status ? status : otherwise;
}

static bool rule_call(const struct facts *facts, struct presence *presence)
{
	const struct leg *call = NULL, *meeting = NULL, *ringing = NULL;
	bool hide_calls = facts->preferences->hide_calls;
	for (size_t i = 0; i < facts->leg_count; i++) {
		const struct leg *leg = facts->legs[i];
		const struct leg **first = leg->kind == LEG_CALL && !hide_calls ? &call : &meeting;
		if (!leg_is_up(leg))
			first = &ringing;
		if (leg->state != LEG_ENDED && (!*first || leg->since < (*first)->since))
			*first = leg;
	}
	const struct policy *policy = facts->policy;
	const struct catalogue *catalogue = facts->catalogue;
	const struct status *status;
	if (call)
		status = policy_status(facts, policy->on_call_status, catalogue->on_call);
	else if (meeting)
		status = policy_status(facts, policy->meeting_status, catalogue->busy);
	else if (ringing && !hide_calls)
		status = policy_status(facts, policy->ringing_status, NULL);
	else
		status = NULL;
	if (!status)
		return false;
	show_status(facts, status, RULE_CALL, NULL, presence);
	presence->since = later((call ? call : meeting ? meeting : ringing)->since, uncovered(facts));
	return true;
}

/* ---- all together ---- */

/* Without a feed. */
static bool rule_available(const struct facts *facts, struct presence *presence)
{
	bool maybe_here = facts->phone == PHONE_REGISTERED ||
			  (facts->phone == PHONE_UNKNOWN && (facts->has_extension || facts->choices->ever));
	if (facts->feed || !maybe_here)
		return false;
	show_status(facts, facts->catalogue->available, RULE_AVAILABLE, NULL, presence);
	return true;
}

static bool rule_offline(const struct facts *facts, struct presence *presence)
{
	show_offline(facts, RULE_OFFLINE, presence);
	return true;
}

/* With policy call_precedence = call, these still stand before a call. */
static bool is_spared(const struct status *status)
{
	return status->show == SHOW_DND || status->show == SHOW_UNAVAILABLE;
}

static bool rule_spared_choice(const struct facts *facts, struct presence *presence)
{
	const struct choice *choice = choice_in_force(facts->choices, facts->now);
	return choice && is_spared(choice->status) && rule_choice(facts, presence);
}

static bool rule_spared_device(const struct facts *facts, struct presence *presence)
{
	struct presence device = *presence;
	if (!rule_device_choice(facts, &device) || !is_spared(device.status))
		return false;
	*presence = device;
	return true;
}

typedef bool rule_fn(const struct facts *facts, struct presence *presence);

void derive(const struct facts *facts, struct presence *presence)
{
	static rule_fn *const manual[] = {rule_invisible, rule_choice, rule_device_choice, rule_call,
		rule_device, rule_available, rule_offline};
	static rule_fn *const calls_first[] = {rule_invisible, rule_spared_choice, rule_spared_device,
		rule_call, rule_choice, rule_device_choice, rule_device, rule_available, rule_offline};
	rule_fn *const *rule = facts->policy->call_precedence ? calls_first : manual;

	*presence = (struct presence){.message = ""};
	while (!(*rule)(facts, presence))
		rule++;
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

static usec_t sooner(const struct facts *facts, usec_t a, usec_t b)
{
	return b > facts->now && (a == 0 || b < a) ? b : a;
}

usec_t derive_next(const struct facts *facts)
{
	usec_t next = sooner(facts, 0, facts->choices->timed.status ? facts->choices->timed.until : 0);
	next = sooner(facts, next, facts->message->text ? facts->message->until : 0);
	for (size_t i = 0; facts->feed && i < facts->device_count; i++) {
		usec_t from = away_from(facts, &facts->devices[i]);
		next = sooner(facts, next, from ? from + 1 : 0); /* longer than that, not as long */
	}
	return next;
}
