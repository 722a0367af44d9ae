/* Telling people in words what colleagues see of them. */
#include "xmpp/say.h"

#include "base/zone.h"

void say_status(const struct status *status, struct buf *out)
{
	if (status->icon[0])
		buf_addf(out, "%s ", status->icon);
	buf_add_text(out, status->name);
}

void say_until(const struct person *person, usec_t until, usec_t now, struct buf *out)
{
	char text[ZONE_TEXT];
	if (until)
		buf_addf(out, " until %s", zone_text(person_zone(person->engine, person), until, now, text));
}

void say_shown(const struct person *person, usec_t now, struct buf *out)
{
	const struct presence *presence = &person->presence;

	if (presence_is_offline(presence))
		buf_add_text(out, "offline");
	else
		presence_text(presence, out);
	say_until(person, presence->until, now, out);
}

const char *say_feed(const struct person *person)
{
	if (person->privileged)
		return "your server tells it";
	switch (person->feed) {
	case FEED_NONE:
		return "not asked for yet";
	case FEED_ASKED:
		return "asked for, and not allowed yet by you";
	case FEED_ACTIVE:
		return "allowed";
	case FEED_REFUSED:
		return "refused";
	}
	return "";
}

void say_presence(const struct person *person, usec_t now, struct buf *out)
{
	const struct presence *presence = &person->presence;
	const struct choice *choice = choice_in_force(&person->choices, now);

	buf_add_text(out, "You are shown as ");
	say_shown(person, now, out);
	if (presence->rule != RULE_CHOICE && (choice || presence->rule != RULE_AVAILABLE))
		buf_addf(out, ": %s", rule_to_text(presence->rule));
	buf_add_char(out, '.');
	if (choice && presence->rule != RULE_CHOICE && presence->rule != RULE_INVISIBLE) {
		buf_add_text(out, " Your choice is ");
		say_status(choice->status, out);
		say_until(person, choice == &person->choices.timed ? choice->until : 0, now, out);
		buf_add_char(out, '.');
	}
}
