/* The command preferences: what a person prefers, as a form made from the table of its keys. */
#include "core/preferences.h"

#include <string.h>

#include "base/zone.h"
#include "xmpp/feed.h"
#include "xmpp/say.h"
#include "xmpp/status_form.h"

static const struct choice_option actions[] = {
	{"status", "As the status says"},
	{"none", "Ring my phones"},
	{"dnd", "Do not ring my phones"},
	{"follow-me", "Follow me"},
	{NULL, NULL},
};

static void offer_keep(struct options *options, void *arg)
{
	options_add(options, "keep", "Keep it as it is");
	offer_statuses(options, arg);
}

/* Also after a wait, and for one who is nobody (NULL). */
static struct person *asker(const struct command_call *call)
{
	return engine_person_by_account(call->engine, call->sender);
}

static void describe_minutes(struct buf *desc, void *arg)
{
	const struct command_call *call = arg;
	buf_addf(desc, "Minutes; empty: as everybody's, which is %u", call->engine->policy.auto_away_minutes);
}

static void describe_zone(struct buf *desc, void *arg)
{
	const struct command_call *call = arg;
	buf_addf(desc, "Such as Europe/Berlin; empty: the organisation's, which is %s",
		call->engine->policy.time_zone);
}

static void describe_feed(struct buf *desc, void *arg)
{
	const struct person *person = asker(arg);
	buf_addf(desc, "Whether what your clients show counts for your status. Just now: %s",
		person ? say_feed(person) : "not asked for yet");
}

static const struct field zone_field = {.var = "time_zone",
	.label = "Time zone",
	.type = FIELD_TEXT,
	.length = LIMIT_ZONE_BYTES,
	.describe = describe_zone};
static const struct field feed_field = {
	.var = "feed", .label = "Follow my devices", .type = FIELD_BOOLEAN, .describe = describe_feed};

static struct field fields[LIMIT_FORM_FIELDS + 1];
static const struct form form = {
	"preferences", "Your preferences", "What is left out stays as it is.", fields};

static struct field field_of(const struct preference_key *key)
{
	struct field field = {.var = key->name, .label = key->label, .type = FIELD_LIST};

	switch (key->kind) {
	case PREFERENCE_MINUTES:
		field.type = FIELD_TEXT;
		field.datatype = DATATYPE_INTEGER;
		field.min = 1;
		field.max = LIMIT_AUTO_AWAY_MINUTES;
		field.describe = describe_minutes;
		break;
	case PREFERENCE_STATUS:
		field.length = STATUS_CHARACTERS;
		field.offer = offer_keep;
		break;
	case PREFERENCE_BOOLEAN:
		field.type = FIELD_BOOLEAN;
		break;
	case PREFERENCE_ACTION:
		field.choices = actions;
		break;
	}
	return field;
}

/* Time zone and feed stand before and behind hide_calls. */
static void declare(void)
{
	size_t count = 0;

	for (const struct preference_key *key = preference_keys; key->name; key++) {
		bool between = strcmp(key->name, "hide_calls") == 0;
		if (between)
			fields[count++] = zone_field;
		fields[count++] = field_of(key);
		if (between)
			fields[count++] = feed_field;
	}
}

/* What the form shows of a key. A status that is hidden cannot be picked there and acts as keep. */
static const char *shown(const struct command_call *call, const struct preferences *preferences,
	const struct preference_key *key, char text[PREFERENCE_TEXT])
{
	const char *value = preferences_get(preferences, key, text);
	const struct status *status;

	if (key->kind == PREFERENCE_BOOLEAN)
		return strcmp(value, "yes") == 0 ? "1" : "0";
	if (key->kind != PREFERENCE_STATUS || strcmp(value, "keep") == 0)
		return value;
	status = catalogue_get(&call->engine->catalogue, value);
	return status && status_selectable(status) ? value : "keep";
}

static bool fill(struct command_call *call)
{
	const struct person *person = asker(call);
	struct preferences preferences;
	char text[PREFERENCE_TEXT];

	preferences_init(&preferences);
	if (person)
		preferences = person->preferences;
	for (const struct preference_key *key = preference_keys; key->name; key++) {
		const char *value = shown(call, &preferences, key, text);
		if (value[0])
			answers_suggest(&call->answers, key->name, value);
	}
	if (person && person->time_zone)
		answers_suggest(&call->answers, "time_zone", person->time_zone);
	answers_suggest(&call->answers, "feed", person && person_feed(person) == FEED_REFUSED ? "0" : "1");
	return true;
}

static void read_key(
	struct command_call *call, const struct preference_key *key, struct preferences *preferences)
{
	const char *text = answers_text(&call->answers, key->name);
	struct error error;

	if (key->kind == PREFERENCE_STATUS && text[0] && strcmp(text, "keep") != 0) {
		const struct status *status = pick_status(call, key->name);
		if (!status) {
			answers_refuse(&call->answers, key->name, "there is no such status to choose");
			return;
		}
		text = status->id;
	}
	if (!preferences_set(preferences, &call->engine->catalogue, key->name, text, &error))
		answers_refuse_error(&call->answers, &error);
}

static void read_zone(struct command_call *call, const char **zone)
{
	const char *text = answers_text(&call->answers, "time_zone");

	if (!answers_get(&call->answers, "time_zone")->given)
		return;
	*zone = text[0] ? text : NULL;
	if (*zone && !zone_valid(*zone))
		answers_refuse(&call->answers, "time_zone", "is not a time zone such as Europe/Berlin");
}

/* The answers keep what is wanted until the rest is committed. */
static void check_feed(struct command_call *call)
{
	if (answers_get(&call->answers, "feed")->given && !answers_yes(&call->answers, "feed") &&
		call->person->privileged)
		answers_refuse(&call->answers, "feed",
			"cannot be switched off here, as your server tells it of everybody");
}

/* What the person has to know about it, or "". */
static const char *apply_feed(struct command_call *call, struct person *person)
{
	struct feed_link *link = component_feed_link(call->component);
	bool wanted = answers_yes(&call->answers, "feed");

	if (!answers_get(&call->answers, "feed")->given)
		return "";
	if (wanted && person_feed(person) != FEED_ACTIVE) {
		feed_link_ask(link, person);
		return " Your client may ask you now whether this address may see your status: please allow "
		       "it.";
	}
	if (!wanted && person->feed != FEED_REFUSED) {
		feed_link_refuse(link, person);
		return " Your devices are not followed any more.";
	}
	return "";
}

static void saved(struct command_call *call, struct person *person)
{
	command_say(call, "Your preferences are saved.%s", person ? apply_feed(call, person) : "");
}

static void submit(struct command_call *call)
{
	struct preferences preferences = call->person->preferences;
	struct fact_preferences fact = {
		.row = call->person->row, .time_zone = call->person->time_zone, .preferences = &preferences};
	struct change change = {.kind = CHANGE_PREFERENCES, .preferences = &fact};

	for (const struct preference_key *key = preference_keys; key->name; key++)
		if (answers_get(&call->answers, key->name)->given)
			read_key(call, key, &preferences);
	read_zone(call, &fact.time_zone);
	check_feed(call);
	if (answers_refused(&call->answers))
		command_again(call);
	else
		command_change(call, &change, saved);
}

const struct command command_preferences = {
	.node = "preferences",
	.name = "Your preferences",
	.needs_person = true,
	.form = &form,
	.declare = declare,
	.fill = fill,
	.submit = submit,
};
