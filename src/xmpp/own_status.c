/* Telling a person in words what is known of them. */
#include "xmpp/own_status.h"

#include <stdlib.h>

#include "base/zone.h"
#include "xmpp/say.h"

enum { OWN_BYTES = 64 * 1024 }; /* devices and calls are few */

struct teller {
	const struct person *person;
	usec_t now;
	own_status_fn *add;
	void *arg;
	struct buf text; /* of the fact that is being told */
};

static void told(struct teller *teller, const char *var, const char *label, bool many)
{
	if (teller->text.length)
		teller->add(teller->arg, var, label, buf_text(&teller->text), many);
	buf_clear(&teller->text);
}

static const char *time_text(const struct teller *teller, usec_t at, char text[ZONE_TEXT])
{
	return zone_text(person_zone(teller->person->engine, teller->person), at, teller->now, text);
}

static void next_line(struct teller *teller)
{
	if (teller->text.length)
		buf_add_char(&teller->text, '\n');
}

/* ---- choices and message ---- */

static const char *chooser(enum source source)
{
	switch (source) {
	case SOURCE_PERSON:
		return "by you";
	case SOURCE_ADMIN:
		return "by an administrator";
	case SOURCE_PHONE:
		return "on your phone";
	case SOURCE_API:
		return "by a program";
	case SOURCE_LOGIN:
		return "by your preferences";
	}
	return "";
}

static void tell_choice(
	struct teller *teller, const char *var, const char *label, const struct choice *choice, usec_t until)
{
	char at[ZONE_TEXT];

	if (!choice->status || choice->status->deleted)
		return;
	say_status(choice->status, &teller->text);
	if (choice->message && choice->message[0])
		buf_addf(&teller->text, " (%s)", choice->message);
	say_until(teller->person, until, teller->now, &teller->text);
	buf_addf(&teller->text, ", chosen %s", chooser(choice->source));
	if (choice->at)
		buf_addf(&teller->text, " (%s)", time_text(teller, choice->at, at));
	told(teller, var, label, false);
}

static void tell_choices(struct teller *teller)
{
	const struct choices *choices = &teller->person->choices;

	if (choices->timed.until > teller->now)
		tell_choice(teller, "timed_choice", "Your choice for a while", &choices->timed,
			choices->timed.until);
	tell_choice(teller, "choice", "Your choice", &choices->standing, 0);
}

static void tell_message(struct teller *teller)
{
	const struct message *message = &teller->person->message;
	char until[ZONE_TEXT];

	if (!message->text || (message->until && message->until <= teller->now))
		return;
	buf_add_text(&teller->text, message->text);
	told(teller, "message", "Your message", false);
	if (message->until)
		buf_add_text(&teller->text, time_text(teller, message->until, until));
	told(teller, "message_until", "Your message until", false);
}

/* ---- devices ---- */

static void tell_device(struct teller *teller, const struct device *device)
{
	char idle[ZONE_TEXT];

	next_line(teller);
	buf_addf(&teller->text, "%s%s: %s", device->resource, device->mobile ? " (mobile)" : "",
		show_to_text(device->show));
	if (device->idle_since)
		buf_addf(&teller->text, ", idle since %s", time_text(teller, device->idle_since, idle));
	if (device->priority)
		buf_addf(&teller->text, ", priority %d%s", device->priority,
			device->priority < 0 ? ", so it does not count" : "");
	if (device->leaves)
		buf_add_text(&teller->text, ", just gone");
	if (device->text)
		buf_addf(&teller->text, ", “%s”", device->text);
}

static int by_change(const void *a, const void *b)
{
	const struct device *const *left = a, *const *right = b;
	return ((*left)->changed < (*right)->changed) - ((*left)->changed > (*right)->changed);
}

static void tell_devices(struct teller *teller)
{
	const struct person *person = teller->person;
	const struct device *devices[LIMIT_DEVICES];

	buf_add_text(&teller->text, say_feed(person));
	told(teller, "feed", "Following your devices", false);
	if (person_feed(person) != FEED_ACTIVE)
		return;
	for (size_t i = 0; i < person->device_count; i++)
		devices[i] = &person->devices[i];
	qsort(devices, person->device_count, sizeof(*devices), by_change);
	for (size_t i = 0; i < person->device_count; i++)
		tell_device(teller, devices[i]);
	if (person->device_count == 0)
		buf_add_text(&teller->text, person->unheard ? "not known yet" : "none is online");
	told(teller, "devices", "Your devices, the last changed first", true);
}

/* ---- phones and calls ---- */

static void tell_phones(struct teller *teller)
{
	static const char *const words[] = {
		[PHONE_UNKNOWN] = "not known",
		[PHONE_REGISTERED] = "registered",
		[PHONE_UNREGISTERED] = "not registered",
	};

	if (teller->person->extension_count == 0)
		return;
	buf_add_text(&teller->text, words[person_phone(teller->person)]);
	told(teller, "phone", "Your phone", false);
}

static void tell_leg(struct teller *teller, const struct leg *leg)
{
	char since[ZONE_TEXT];
	const char *direction = direction_to_text(leg->direction);

	next_line(teller);
	buf_addf(&teller->text, "%s: %s, %s%s%s since %s", leg->extension->key, leg_kind_to_text(leg->kind),
		direction, direction[0] ? ", " : "", leg_state_to_text(leg->state),
		time_text(teller, leg->since, since));
}

static void tell_calls(struct teller *teller)
{
	const struct person *person = teller->person;

	for (size_t i = 0; i < person->extension_count; i++)
		for (const struct leg *leg = person->extensions[i]->legs; leg; leg = leg->next)
			tell_leg(teller, leg);
	told(teller, "calls", "Calls that go on", true);
}

static void tell_action(struct teller *teller)
{
	struct engine *engine = teller->person->engine;
	enum call_action action = engine_action(engine, teller->person, teller->now);

	if (action == ACTION_DND)
		buf_add_text(&teller->text, "your phones do not ring");
	else if (!engine_accepts_calls(engine, teller->person, teller->now))
		buf_add_text(&teller->text, "your phones do not ring, as you are offline");
	else if (action == ACTION_FOLLOW_ME)
		buf_add_text(&teller->text, "they follow you");
	else
		buf_add_text(&teller->text, "your phones ring");
	told(teller, "action", "What calls do", false);
}

void own_status(const struct person *person, usec_t now, own_status_fn *add, void *arg)
{
	struct teller teller = {.person = person, .now = now, .add = add, .arg = arg};

	buf_init(&teller.text, OWN_BYTES);
	tell_choices(&teller);
	tell_message(&teller);
	tell_devices(&teller);
	tell_phones(&teller);
	tell_calls(&teller);
	tell_action(&teller);
	buf_done(&teller.text);
}
