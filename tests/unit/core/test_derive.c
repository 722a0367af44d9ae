/* The rules of presence as a table: what is known of a person, and what colleagues see. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/derive.h"

#define NOW (1000 * DAY)

static struct catalogue catalogue;

/* Besides the built-in ones: a status that is published as unavailable, one with a text, one whose name folds,
 * one that is hidden. */
static const struct status_fields own_statuses[] = {
	{.id = "gone-home", .name = "Gone home", .show = SHOW_UNAVAILABLE, .icon = "🏠", .enabled = true},
	{.id = "training",
		.name = "Training",
		.show = SHOW_DND,
		.icon = "📚",
		.text = "ask Ann",
		.enabled = true},
	{.id = "pause", .name = "Große Pause", .show = SHOW_AWAY, .icon = "Ⓟ", .enabled = true},
	{.id = "hidden", .name = "Hidden", .show = SHOW_AWAY, .icon = "🙈"},
};

/*
 * Legs, a letter each: "a" active call, "h" held call, "r" inbound ringing, "o" outbound ringing; "m" active,
 * "p" outbound ringing for a meeting.
 *
 * Devices, the longest unchanged first, separated by blanks: "o" shows available, "c" chat, "a" away, "x" xa,
 * "d" dnd; then "m" mobile, "-" negative priority, "i" idle for 5 minutes, "I" for 15 (auto-away is after 10);
 * then 'a text'. NULL: no feed; "": a feed and no device.
 */
struct row {
	const char *given;
	const char *standing, *timed; /* ids of choices; timed until NOW + HOUR unless `expired` */
	const char *legs, *devices;
	const char *said, *message;              /* with the choice; the person's own */
	const char *on_call, *meeting, *ringing; /* policy, if not the default */
	uint32_t own_minutes;
	enum phone phone;
	bool expired, account, extension, ever, call_first, hide_calls, voicemail;
	const char *seen;
	enum rule rule;
	const char *says;  /* the message seen; NULL is none */
	const char *calls; /* NULL is yes; "dnd"; "no": refused without an action */
};

#define KNOWN .account = true, .extension = true
static const struct row rows[] = {
	/* ---- connected; rules 6 and 7 ---- */
	{"nothing at all", .seen = "offline", .rule = 7},
	{"an account that never chose", .account = true, .seen = "offline", .rule = 7},
	{"an extension of unknown state", .extension = true, .seen = "available", .rule = 6},
	{"an account that once chose", .account = true, .ever = true, .seen = "available", .rule = 6},
	{"a registered phone", .extension = true, .phone = PHONE_REGISTERED, .seen = "available", .rule = 6},
	{"an unregistered phone and no account", .extension = true, .phone = PHONE_UNREGISTERED,
		.seen = "offline", .rule = 7},
	{"an unregistered phone and an account", KNOWN, .phone = PHONE_UNREGISTERED, .ever = true,
		.seen = "offline", .rule = 7},
	{"offline, with callers to voicemail", .extension = true, .phone = PHONE_UNREGISTERED,
		.voicemail = true, .seen = "offline", .rule = 7, .calls = "no"},
	{"available, with callers to voicemail", KNOWN, .voicemail = true, .seen = "available", .rule = 6},
	{"a feed and no device: phones count for nothing", KNOWN, .phone = PHONE_REGISTERED, .ever = true,
		.devices = "", .seen = "offline", .rule = 7},
	{"a feed and a device of negative priority only", KNOWN, .devices = "o-", .seen = "offline",
		.rule = 7},

	/* ---- rule 1: Invisible ---- */
	{"invisible", KNOWN, .standing = "invisible", .seen = "offline", .rule = 1},
	{"invisible for a while", KNOWN, .standing = "lunch-break", .timed = "invisible", .seen = "offline",
		.rule = 1},
	{"invisible, with callers to voicemail", KNOWN, .standing = "invisible", .voicemail = true,
		.seen = "offline", .rule = 1},
	{"invisible under a timed choice", KNOWN, .standing = "invisible", .timed = "dnd", .seen = "dnd",
		.rule = 2, .calls = "dnd"},
	{"invisible and a call", KNOWN, .standing = "invisible", .legs = "a", .seen = "offline", .rule = 1},
	{"invisible, a call, and calls first", KNOWN, .standing = "invisible", .legs = "a",
		.call_first = true, .seen = "offline", .rule = 1},
	{"invisible and every device says something else", KNOWN, .standing = "invisible",
		.devices = "d c o'Lunch Break'", .seen = "offline", .rule = 1},
	{"invisible and nowhere", KNOWN, .standing = "invisible", .devices = "", .seen = "offline",
		.rule = 1},
	{"invisible with messages", KNOWN, .standing = "invisible", .said = "secret", .message = "in Berlin",
		.devices = "o'here'", .seen = "offline", .rule = 1},

	/* ---- rule 2: the choice in force ---- */
	{"a standing choice", KNOWN, .standing = "lunch-break", .seen = "lunch-break", .rule = 2},
	{"a timed choice covers the standing one", KNOWN, .standing = "lunch-break", .timed = "dnd",
		.seen = "dnd", .rule = 2, .calls = "dnd"},
	{"an expired timed choice uncovers the standing one", KNOWN, .standing = "lunch-break",
		.timed = "dnd", .expired = true, .seen = "lunch-break", .rule = 2},
	{"an expired timed choice and nothing below", KNOWN, .timed = "dnd", .expired = true,
		.seen = "available", .rule = 6},
	{"a choice of somebody whose only phone is gone", .extension = true, .phone = PHONE_UNREGISTERED,
		.standing = "lunch-break", .seen = "offline", .rule = 7},
	{"the same with an account: perhaps connected", KNOWN, .phone = PHONE_UNREGISTERED,
		.standing = "lunch-break", .seen = "lunch-break", .rule = 2},
	{"a choice that shows when offline", .extension = true, .phone = PHONE_UNREGISTERED,
		.standing = "business-trip", .seen = "business-trip", .rule = 2},
	{"calls follow the choice even while it does not show", .extension = true,
		.phone = PHONE_UNREGISTERED, .standing = "dnd", .seen = "offline", .rule = 7, .calls = "dnd"},
	{"a choice of somebody with a device", KNOWN, .standing = "lunch-break", .devices = "o",
		.seen = "lunch-break", .rule = 2},
	{"a choice of somebody whose devices are all gone", KNOWN, .standing = "lunch-break", .devices = "",
		.seen = "offline", .rule = 7},
	{"a choice of somebody with a device of negative priority only", KNOWN, .standing = "lunch-break",
		.devices = "o-", .seen = "offline", .rule = 7},
	{"a choice that shows when offline, and all devices are gone", KNOWN, .standing = "business-trip",
		.devices = "", .seen = "business-trip", .rule = 2},
	{"a choice before what devices say", KNOWN, .standing = "lunch-break", .devices = "d o'Training'",
		.seen = "lunch-break", .rule = 2},
	{"a choice before idle time", KNOWN, .standing = "chat", .devices = "oI", .seen = "chat", .rule = 2},
	{"a choice of a status that is published as unavailable", KNOWN, .standing = "gone-home",
		.devices = "o", .message = "until 8", .seen = "gone-home", .rule = 2, .says = "until 8"},
	{"a choice of a status that was hidden since", KNOWN, .standing = "hidden", .seen = "hidden",
		.rule = 2},
	{"a choice and a call: the choice stays", KNOWN, .standing = "lunch-break", .legs = "a",
		.seen = "lunch-break", .rule = 2},

	/* ---- rule 3: a device expresses a choice ---- */
	{"a device that shows dnd", KNOWN, .devices = "d", .seen = "dnd", .rule = 3},
	{"not to be disturbed, but calls follow choices only", KNOWN, .devices = "d", .seen = "dnd",
		.rule = 3, .calls = NULL},
	{"dnd on one of two, the longer unchanged one", KNOWN, .devices = "d o", .seen = "dnd", .rule = 3},
	{"dnd with a negative priority", KNOWN, .devices = "o d-", .seen = "available", .rule = 5},
	{"dnd on a mobile", KNOWN, .devices = "dm o", .seen = "dnd", .rule = 3},
	{"dnd stays dnd however idle", KNOWN, .devices = "dI", .seen = "dnd", .rule = 3},
	{"a text that is a status's name", KNOWN, .devices = "o'Lunch Break'", .seen = "lunch-break",
		.rule = 3},
	{"with its icon", KNOWN, .devices = "o'🍽️ Lunch Break'", .seen = "lunch-break", .rule = 3},
	{"with its icon and no blank", KNOWN, .devices = "o'🍽️Lunch Break'", .seen = "lunch-break",
		.rule = 3},
	{"with another's icon", KNOWN, .devices = "o'📚 Lunch Break'", .seen = "available", .rule = 5,
		.says = "📚 Lunch Break"},
	{"in other letters", KNOWN, .devices = "o'GROSSE pause'", .seen = "pause", .rule = 3},
	{"in other letters, with an icon that is one", KNOWN, .devices = "o'Ⓟ  GROSSE pause'",
		.seen = "pause", .rule = 3},
	{"with something after it", KNOWN, .devices = "o'Lunch Break soon'", .seen = "available", .rule = 5,
		.says = "Lunch Break soon"},
	{"a status's own text comes with its name", KNOWN, .devices = "o'Training'", .seen = "training",
		.rule = 3, .says = "ask Ann"},
	{"a name before dnd", KNOWN, .devices = "o'Lunch Break' d", .seen = "lunch-break", .rule = 3},
	{"a name on the device that shows dnd", KNOWN, .devices = "d'Lunch Break'", .seen = "lunch-break",
		.rule = 3},
	{"of two names the more recently changed", KNOWN, .devices = "o'Training' o'Lunch Break'",
		.seen = "lunch-break", .rule = 3},
	{"a name before one that changed since", KNOWN, .devices = "o'Training' o", .seen = "training",
		.rule = 3, .says = "ask Ann"},
	{"a name with a negative priority", KNOWN, .devices = "o o-'Training'", .seen = "available",
		.rule = 5},
	{"a name of an automatic status", KNOWN, .devices = "o'On Call'", .seen = "available", .rule = 5},
	{"a name of a hidden status", KNOWN, .devices = "o'Hidden'", .seen = "available", .rule = 5},
	{"Available is no choice", KNOWN, .devices = "a'Available'", .seen = "away", .rule = 5},
	{"Invisible is not said to the whole world", KNOWN, .devices = "o'Invisible'", .seen = "available",
		.rule = 5},
	{"nor is another that is published as unavailable", KNOWN, .devices = "o'Gone home'",
		.seen = "available", .rule = 5},
	{"Offline neither", KNOWN, .devices = "o'Offline'", .seen = "available", .rule = 5},
	{"the name of a status on a device that is away by hand", KNOWN, .devices = "a'Lunch Break'",
		.seen = "lunch-break", .rule = 3},
	{"the name of a status on a device that is automatically away", KNOWN, .devices = "ai'Lunch Break'",
		.seen = "away", .rule = 5},
	{"the name of a status on a device that is idle", KNOWN, .devices = "oi'Lunch Break'",
		.seen = "lunch-break", .rule = 3},
	{"the name of a status on a device that is idle for too long", KNOWN, .devices = "oI'Lunch Break'",
		.seen = "away", .rule = 5},
	{"the name of a status on a mobile that is put away", KNOWN, .devices = "omI'Lunch Break'",
		.seen = "lunch-break", .rule = 3},
	{"without a feed devices count for nothing", KNOWN, .seen = "available", .rule = 6},
	{"a device expresses a choice during a call", KNOWN, .devices = "d", .legs = "a", .seen = "dnd",
		.rule = 3},
	{"a device names a status during a call", KNOWN, .devices = "o'Lunch Break'", .legs = "a",
		.seen = "lunch-break", .rule = 3},

	/* ---- rule 4: a leg is up ---- */
	{"a call", KNOWN, .legs = "a", .seen = "on-call", .rule = 4},
	{"a held call", KNOWN, .legs = "h", .seen = "on-call", .rule = 4},
	{"placing a call", KNOWN, .legs = "o", .seen = "on-call", .rule = 4},
	{"being rung is not a call", KNOWN, .legs = "r", .seen = "available", .rule = 6},
	{"being rung with a ringing_status", KNOWN, .legs = "r", .ringing = "chat", .seen = "chat",
		.rule = 4},
	{"being rung with a ringing_status and hide_calls", KNOWN, .legs = "r", .ringing = "chat",
		.hide_calls = true, .seen = "available", .rule = 6},
	{"being rung during a call", KNOWN, .legs = "ra", .ringing = "chat", .seen = "on-call", .rule = 4},
	{"a meeting", KNOWN, .legs = "m", .seen = "busy", .rule = 4},
	{"calling into a meeting", KNOWN, .legs = "p", .seen = "busy", .rule = 4},
	{"a meeting and a call", KNOWN, .legs = "ma", .seen = "on-call", .rule = 4},
	{"a call with hide_calls looks like a meeting", KNOWN, .legs = "a", .hide_calls = true,
		.seen = "busy", .rule = 4},
	{"statuses of the tenant's own", KNOWN, .legs = "a", .on_call = "training", .seen = "training",
		.rule = 4, .says = "ask Ann"},
	{"and for meetings", KNOWN, .legs = "m", .meeting = "training", .seen = "training", .rule = 4,
		.says = "ask Ann"},
	{"which a hidden call looks like", KNOWN, .legs = "a", .hide_calls = true, .meeting = "training",
		.seen = "training", .rule = 4, .says = "ask Ann"},
	{"one that was deleted stands for nothing", KNOWN, .legs = "a", .on_call = "no-more",
		.seen = "on-call", .rule = 4},
	{"a call of a desk phone that is said to be unregistered", .extension = true,
		.phone = PHONE_UNREGISTERED, .legs = "a", .seen = "on-call", .rule = 4},
	{"a call of somebody with no client online", KNOWN, .devices = "", .legs = "a", .seen = "on-call",
		.rule = 4},
	{"a call of somebody whose choice does not show", KNOWN, .devices = "", .standing = "dnd",
		.legs = "a", .seen = "on-call", .rule = 4, .calls = "dnd"},
	{"a call before what the best device shows", KNOWN, .devices = "c", .legs = "a", .seen = "on-call",
		.rule = 4},
	{"a call before away by hand", KNOWN, .devices = "a", .legs = "a", .seen = "on-call", .rule = 4},
	{"a call before idle time", KNOWN, .devices = "oI", .legs = "a", .seen = "on-call", .rule = 4},

	/* ---- rule 5: the best device ---- */
	{"a device", KNOWN, .devices = "o", .seen = "available", .rule = 5},
	{"an account's device, nothing else known", .account = true, .devices = "o", .seen = "available",
		.rule = 5},
	{"free for chat", KNOWN, .devices = "c", .seen = "chat", .rule = 5},
	{"away by hand", KNOWN, .devices = "a", .seen = "away", .rule = 5},
	{"gone for longer by hand", KNOWN, .devices = "x", .seen = "extended-away", .rule = 5},
	{"idle, but not for so long", KNOWN, .devices = "oi", .seen = "available", .rule = 5},
	{"idle for too long", KNOWN, .devices = "oI", .seen = "away", .rule = 5},
	{"free for chat, but idle for too long", KNOWN, .devices = "cI", .seen = "away", .rule = 5},
	{"xa by idle time", KNOWN, .devices = "xI", .seen = "extended-away", .rule = 5},
	{"idle for long, but the person's own time is longer", KNOWN, .devices = "oI", .own_minutes = 20,
		.seen = "available", .rule = 5},
	{"idle for less, but the person's own time is shorter", KNOWN, .devices = "oi", .own_minutes = 3,
		.seen = "away", .rule = 5},
	{"the more recently changed of two decides", KNOWN, .devices = "o c", .seen = "chat", .rule = 5},
	{"the more recently changed of two decides, the other way round", KNOWN, .devices = "c o",
		.seen = "available", .rule = 5},
	{"one that is not away before one that is", KNOWN, .devices = "c a", .seen = "chat", .rule = 5},
	{"one that is not away before one that is gone for longer", KNOWN, .devices = "o x",
		.seen = "available", .rule = 5},
	{"one that is not away before one that is idle", KNOWN, .devices = "c oI", .seen = "chat", .rule = 5},
	{"all of them xa", KNOWN, .devices = "x xI x", .seen = "extended-away", .rule = 5},
	{"all of them away, but not all xa", KNOWN, .devices = "x a", .seen = "away", .rule = 5},
	{"xa and idle for too long", KNOWN, .devices = "x oI", .seen = "away", .rule = 5},
	{"one of negative priority does not decide", KNOWN, .devices = "a c-", .seen = "away", .rule = 5},
	{"nor does it keep all from being xa", KNOWN, .devices = "x a-", .seen = "extended-away", .rule = 5},
	{"a mobile is never too idle", KNOWN, .devices = "omI", .seen = "available", .rule = 5},
	{"a mobile that is put away keeps its owner available", KNOWN, .devices = "ami", .seen = "available",
		.rule = 5},
	{"and so it does beside an idle desktop", KNOWN, .devices = "ami oI", .seen = "available", .rule = 5},
	{"and xa, put away", KNOWN, .devices = "xmI oI", .seen = "available", .rule = 5},
	{"a mobile that is away by hand", KNOWN, .devices = "am", .seen = "away", .rule = 5},
	{"a mobile that is away by hand beside an idle desktop", KNOWN, .devices = "am oI", .seen = "away",
		.rule = 5},
	{"a mobile that is away by hand beside a desktop in use", KNOWN, .devices = "o am",
		.seen = "available", .rule = 5},
	{"a mobile that is free for chat", KNOWN, .devices = "cmI", .seen = "chat", .rule = 5},
	{"being rung changes nothing", KNOWN, .devices = "c", .legs = "r", .seen = "chat", .rule = 5},
	{"after an expired choice", KNOWN, .timed = "dnd", .expired = true, .devices = "c", .seen = "chat",
		.rule = 5},

	/* ---- call_precedence = call: invisible, spared choice, spared device, call, choice, device ---- */
	{"calls first: a call before a choice", KNOWN, .call_first = true, .standing = "lunch-break",
		.legs = "a", .seen = "on-call", .rule = 4},
	{"calls first: no call", KNOWN, .call_first = true, .standing = "lunch-break", .seen = "lunch-break",
		.rule = 2},
	{"calls first: being rung is no call", KNOWN, .call_first = true, .standing = "lunch-break",
		.legs = "r", .seen = "lunch-break", .rule = 2},
	{"calls first: Do Not Disturb is spared", KNOWN, .call_first = true, .standing = "dnd", .legs = "a",
		.seen = "dnd", .rule = 2, .calls = "dnd"},
	{"calls first: so is every status with that show", KNOWN, .call_first = true, .standing = "training",
		.legs = "a", .seen = "training", .rule = 2, .says = "ask Ann"},
	{"calls first: and one that is published as unavailable", KNOWN, .call_first = true,
		.standing = "gone-home", .legs = "a", .seen = "gone-home", .rule = 2},
	{"calls first: but not while it does not show", KNOWN, .call_first = true, .standing = "dnd",
		.devices = "", .legs = "a", .seen = "on-call", .rule = 4, .calls = "dnd"},
	{"calls first: nor when another covers it", KNOWN, .call_first = true, .standing = "dnd",
		.timed = "lunch-break", .legs = "a", .seen = "on-call", .rule = 4},
	{"calls first: a device's Do Not Disturb is spared", KNOWN, .call_first = true, .devices = "d",
		.legs = "a", .seen = "dnd", .rule = 3},
	{"calls first: a device's name of such a status is", KNOWN, .call_first = true,
		.devices = "o'Training'", .legs = "a", .seen = "training", .rule = 3, .says = "ask Ann"},
	{"calls first: a device's name of another is not", KNOWN, .call_first = true,
		.devices = "o'Lunch Break'", .legs = "a", .seen = "on-call", .rule = 4},
	{"calls first: a device's name of another, no call", KNOWN, .call_first = true,
		.devices = "o'Lunch Break'", .seen = "lunch-break", .rule = 3},
	{"calls first: a spared choice before a spared device", KNOWN, .call_first = true, .standing = "busy",
		.devices = "d", .legs = "a", .seen = "busy", .rule = 2},
	{"calls first: a spared device before a choice", KNOWN, .call_first = true, .standing = "lunch-break",
		.devices = "d", .legs = "a", .seen = "dnd", .rule = 3},
	{"calls first: and without a call", KNOWN, .call_first = true, .standing = "lunch-break",
		.devices = "d", .seen = "dnd", .rule = 3},
	{"calls first: a choice before a device's that is not spared", KNOWN, .call_first = true,
		.standing = "lunch-break", .devices = "o'Große Pause'", .seen = "lunch-break", .rule = 2},
	{"calls first: the best device comes after all of them", KNOWN, .call_first = true, .devices = "c",
		.legs = "m", .seen = "busy", .rule = 4},
	{"calls first: and decides when there is nothing else", KNOWN, .call_first = true, .devices = "c",
		.seen = "chat", .rule = 5},

	/* ---- messages: the choice's or device's own, the person's, the status's ---- */
	{"the choice's own message", KNOWN, .standing = "training", .said = "room 4", .message = "in Berlin",
		.seen = "training", .rule = 2, .says = "room 4"},
	{"the person's own", KNOWN, .standing = "training", .message = "in Berlin", .seen = "training",
		.rule = 2, .says = "in Berlin"},
	{"the status's text", KNOWN, .standing = "training", .seen = "training", .rule = 2,
		.says = "ask Ann"},
	{"the person's with rule 6", KNOWN, .message = "in Berlin", .seen = "available", .rule = 6,
		.says = "in Berlin"},
	{"the person's during a call", KNOWN, .legs = "a", .message = "in Berlin", .seen = "on-call",
		.rule = 4, .says = "in Berlin"},
	{"not a device's during a call", KNOWN, .devices = "o'coding'", .legs = "a", .seen = "on-call",
		.rule = 4},
	{"none with Offline", .account = true, .message = "in Berlin", .seen = "offline", .rule = 7},
	{"the deciding device's text", KNOWN, .devices = "o'coding'", .message = "in Berlin",
		.seen = "available", .rule = 5, .says = "coding"},
	{"the deciding device's text, away", KNOWN, .devices = "a'back soon'", .message = "in Berlin",
		.seen = "away", .rule = 5, .says = "back soon"},
	{"the deciding device's text, not to be disturbed", KNOWN, .devices = "d'on a deadline'",
		.message = "in Berlin", .seen = "dnd", .rule = 3, .says = "on a deadline"},
	{"not another device's text", KNOWN, .devices = "a'back soon' c", .message = "in Berlin",
		.seen = "chat", .rule = 5, .says = "in Berlin"},
	{"not a text that names a status", KNOWN, .devices = "o'Available'", .message = "in Berlin",
		.seen = "available", .rule = 5, .says = "in Berlin"},
	{"not a device's under a choice", KNOWN, .standing = "lunch-break", .devices = "o'coding'",
		.seen = "lunch-break", .rule = 2},
};

/* ---- from letters to facts ---- */

enum { MOST = 8 };

struct world {
	struct choices choices;
	struct message message;
	struct preferences preferences;
	struct policy policy;
	struct leg legs[MOST];
	const struct leg *leg_pointers[MOST];
	struct device devices[MOST];
	char names[MOST][4], texts[MOST][64];
	struct facts facts;
};

static struct choice choice_of(const char *id, const char *said, usec_t at, usec_t until)
{
	const struct status *status = id ? catalogue_get(&catalogue, id) : NULL;
	ck_assert(!id || status);
	return (struct choice){status, (char *)(uintptr_t)said, until, status ? at : 0, SOURCE_PERSON};
}

static void add_legs(struct world *world, const char *letters)
{
	for (; *letters; letters++) {
		bool rings = strchr("rop", *letters), outbound = strchr("op", *letters);
		size_t i = world->facts.leg_count++;
		world->legs[i] = (struct leg){
			.state = *letters == 'h' ? LEG_HELD
				 : rings         ? LEG_RINGING
						 : LEG_ACTIVE,
			.direction = outbound ? DIRECTION_OUTBOUND : DIRECTION_INBOUND,
			.kind = strchr("mp", *letters) ? LEG_MEETING : LEG_CALL,
			.since = NOW - 30 * MINUTE + (usec_t)i * MINUTE,
		};
		world->leg_pointers[i] = &world->legs[i];
	}
}

/* The first changed an hour ago, each next one a minute later. */
static const char *add_device(struct world *world, const char *letters)
{
	static const char shows[] = "ocaxd";
	size_t i = world->facts.device_count++;
	struct device *device = &world->devices[i];
	snprintf(world->names[i], sizeof(world->names[i]), "r%zu", i);
	device->resource = world->names[i];
	device->changed = NOW - HOUR + (usec_t)i * MINUTE;
	ck_assert_ptr_nonnull(strchr(shows, *letters));
	device->show = (enum show)(strchr(shows, *letters++) - shows);
	for (; *letters && *letters != ' '; letters++) {
		if (*letters == 'm')
			device->mobile = true;
		else if (*letters == '-')
			device->priority = -1;
		else if (*letters == 'i' || *letters == 'I')
			device->idle_since = NOW - (*letters == 'i' ? 5 : 15) * MINUTE;
		else
			break;
	}
	if (*letters != '\'')
		return letters;
	size_t length = strcspn(letters + 1, "'");
	snprintf(world->texts[i], sizeof(world->texts[i]), "%.*s", (int)length, letters + 1);
	device->text = world->texts[i];
	device->named = catalogue_by_name(&catalogue, device->text);
	return letters + length + 2;
}

static void add_devices(struct world *world, const char *letters)
{
	world->facts.feed = true;
	while (*letters) {
		letters = add_device(world, letters);
		letters += strspn(letters, " ");
	}
}

static void given(struct world *world, const struct row *row)
{
	memset(world, 0, sizeof(*world));
	policy_init(&world->policy);
	preferences_init(&world->preferences);
	world->policy.call_precedence = row->call_first;
	world->policy.offline_to_voicemail = row->voicemail;
	if (row->on_call)
		strcpy(world->policy.on_call_status, row->on_call);
	if (row->meeting)
		strcpy(world->policy.meeting_status, row->meeting);
	if (row->ringing)
		strcpy(world->policy.ringing_status, row->ringing);
	world->preferences.hide_calls = row->hide_calls;
	world->preferences.auto_away_minutes = row->own_minutes;
	world->choices.ever = row->ever || row->standing || row->timed;
	world->choices.standing = choice_of(row->standing, row->timed ? NULL : row->said, NOW - 3 * HOUR, 0);
	world->choices.timed =
		choice_of(row->timed, row->said, NOW - 2 * HOUR, row->expired ? NOW : NOW + HOUR);
	if (!row->timed)
		world->choices.timed.until = 0;
	world->message.text = (char *)(uintptr_t)row->message;
	world->facts = (struct facts){.choices = &world->choices,
		.message = &world->message,
		.legs = world->leg_pointers,
		.devices = world->devices,
		.phone = row->phone,
		.has_account = row->account,
		.has_extension = row->extension,
		.preferences = &world->preferences,
		.policy = &world->policy,
		.catalogue = &catalogue,
		.now = NOW};
	add_legs(world, row->legs ? row->legs : "");
	if (row->devices)
		add_devices(world, row->devices);
}

static const char *calls_of(const struct facts *facts, const struct presence *presence)
{
	if (derive_accepts_calls(facts, presence))
		return "yes";
	return derive_action(facts) == ACTION_DND ? "dnd" : "no";
}

START_TEST(the_rules)
{
	const struct row *row = &rows[_i];
	struct world world;
	struct presence presence;
	given(&world, row);
	derive(&world.facts, &presence);
	ck_assert_msg(strcmp(presence.status->id, row->seen) == 0, "%s: %s", row->given, presence.status->id);
	ck_assert_msg(presence.rule == row->rule, "%s: rule %d", row->given, (int)presence.rule);
	const char *says = row->says ? row->says : "";
	ck_assert_msg(strcmp(presence.message, says) == 0, "%s: %s", row->given, presence.message);
	/* What the person said is not automatic, all else is. */
	bool said = row->rule == RULE_CHOICE || row->rule == RULE_DEVICE_CHOICE;
	ck_assert_msg(presence.automatic == !said, "%s: automatic", row->given);
	const char *calls = calls_of(&world.facts, &presence);
	ck_assert_msg(strcmp(calls, row->calls ? row->calls : "yes") == 0, "%s: calls %s", row->given, calls);
}
END_TEST

/* Derives what is given in the row's words. */
#define DERIVE(...)                                                                                          \
	given(&world, &(struct row){.given = __func__, __VA_ARGS__});                                        \
	derive(&world.facts, &presence)

START_TEST(offline_and_invisible_are_the_same_and_say_nothing)
{
	static const struct row invisible[] = {
		{.standing = "invisible", KNOWN, .said = "secret", .message = "in Berlin"},
		{.timed = "invisible", KNOWN, .said = "secret", .message = "in Berlin"},
		{.standing = "invisible", KNOWN, .devices = "oi d'x' a", .legs = "a"},
		{.standing = "invisible", KNOWN, .devices = "aI", .legs = "r", .call_first = true},
		{.timed = "invisible", .standing = "training", KNOWN, .devices = "", .hide_calls = true},
	};
	struct world world;
	struct presence presence, offline;
	DERIVE(.account = true, .message = "in Berlin");
	offline = presence;
	ck_assert_int_eq(offline.rule, RULE_OFFLINE);
	for (size_t i = 0; i < sizeof(invisible) / sizeof(*invisible); i++) {
		given(&world, &invisible[i]);
		derive(&world.facts, &presence);
		ck_assert_int_eq(presence.rule, RULE_INVISIBLE);
		ck_assert_ptr_eq(presence.status, offline.status);
		ck_assert_str_eq(presence.message, "");
		ck_assert_int_eq(presence.since, offline.since);
		ck_assert_int_eq(presence.until, offline.until);
		ck_assert_int_eq(presence.idle_since, offline.idle_since);
		ck_assert_int_eq(presence.automatic, offline.automatic);
		ck_assert(presence.digest == offline.digest);
	}
}
END_TEST

START_TEST(since_and_until_of_a_choice)
{
	struct world world;
	struct presence presence;
	DERIVE(KNOWN, .standing = "lunch-break", .timed = "dnd");
	ck_assert_int_eq(presence.since, NOW - 2 * HOUR);
	ck_assert_int_eq(presence.until, NOW + HOUR);
	DERIVE(KNOWN, .standing = "lunch-break");
	ck_assert_int_eq(presence.since, NOW - 3 * HOUR);
	ck_assert_int_eq(presence.until, 0);
	/* It can be seen since the timed one ended. */
	DERIVE(KNOWN, .standing = "lunch-break", .timed = "dnd", .expired = true);
	ck_assert_int_eq(presence.since, NOW);
}
END_TEST

START_TEST(since_of_calls_is_that_of_the_first)
{
	struct world world;
	struct presence presence;
	usec_t first = NOW - 30 * MINUTE;
	DERIVE(KNOWN, .legs = "aa");
	ck_assert_int_eq(presence.since, first);
	DERIVE(KNOWN, .legs = "ma");
	ck_assert_int_eq(presence.since, first + MINUTE);
	/* A hidden call and a meeting are one, not two. */
	DERIVE(KNOWN, .legs = "ma", .hide_calls = true);
	ck_assert_int_eq(presence.since, first);
	DERIVE(KNOWN, .legs = "ra");
	ck_assert_int_eq(presence.since, first + MINUTE);
}
END_TEST

START_TEST(since_of_devices_is_when_the_deciding_one_became_so)
{
	struct world world;
	struct presence presence;
	usec_t first = NOW - HOUR;
	DERIVE(KNOWN, .devices = "c a");
	ck_assert_int_eq(presence.since, first);
	DERIVE(KNOWN, .devices = "d o");
	ck_assert_int_eq(presence.since, first);
	DERIVE(KNOWN, .devices = "a a");
	ck_assert_int_eq(presence.since, first + MINUTE);
	/* Idle since 15 minutes, away since 5; the other was away long before, though it changed later. */
	DERIVE(KNOWN, .devices = "oI a");
	ck_assert_int_eq(presence.since, NOW - 5 * MINUTE);
}
END_TEST

START_TEST(idle_since_shows_when_all_devices_are_idle)
{
	struct world world;
	struct presence presence;
	DERIVE(KNOWN, .devices = "oI");
	ck_assert_int_eq(presence.idle_since, NOW - 15 * MINUTE);
	/* The latest sign of life counts. */
	DERIVE(KNOWN, .devices = "ai oI");
	ck_assert_int_eq(presence.idle_since, NOW - 5 * MINUTE);
	DERIVE(KNOWN, .devices = "xi");
	ck_assert_int_eq(presence.idle_since, NOW - 5 * MINUTE);
	DERIVE(KNOWN, .devices = "a oI"); /* by hand */
	ck_assert_int_eq(presence.idle_since, 0);
	DERIVE(KNOWN, .devices = "oi"); /* not away */
	ck_assert_int_eq(presence.idle_since, 0);
	DERIVE(KNOWN, .devices = "oI", .legs = "a");
	ck_assert_int_eq(presence.idle_since, 0);
	DERIVE(KNOWN, .devices = "oI", .standing = "lunch-break");
	ck_assert_int_eq(presence.idle_since, 0);
}
END_TEST

/* Somebody was invisible until ten minutes ago: nothing tells of what was before. */
START_TEST(nothing_tells_what_was_covered_by_invisible)
{
	static const struct row uncovered[] = {
		{"a call", KNOWN, .legs = "a"},
		{"a meeting", KNOWN, .legs = "m"},
		{"a device's choice", KNOWN, .devices = "d"},
		{"a device's name", KNOWN, .devices = "o'Lunch Break'"},
		{"a device", KNOWN, .devices = "o"},
		{"away by hand", KNOWN, .devices = "a"},
		{"away by idle time", KNOWN, .devices = "oI"},
		{"a phone", KNOWN, .phone = PHONE_REGISTERED},
	};
	usec_t end = NOW - 10 * MINUTE;
	for (size_t i = 0; i < sizeof(uncovered) / sizeof(*uncovered); i++) {
		struct world cleared, expired;
		struct presence presence;
		given(&cleared, &uncovered[i]);
		cleared.choices.standing.at = end;
		derive(&cleared.facts, &presence);
		bool later = presence.since >= end || presence.since == 0;
		ck_assert_msg(later, "%s: since", uncovered[i].given);
		ck_assert_msg(presence.idle_since == 0 || presence.idle_since >= end, "%s: idle since",
			uncovered[i].given);
		given(&expired, &uncovered[i]);
		expired.choices.timed = choice_of("invisible", NULL, end - HOUR, end);
		derive(&expired.facts, &presence);
		later = presence.since >= end || presence.since == 0;
		ck_assert_msg(later, "%s: since, expired", uncovered[i].given);
		ck_assert_msg(presence.idle_since == 0 || presence.idle_since >= end,
			"%s: idle since, expired", uncovered[i].given);
	}
}
END_TEST

/* The same of somebody who chose something else ten minutes ago, which does not decide. */
START_TEST(nothing_tells_what_was_covered_by_invisible_that_was_replaced)
{
	static const struct row rows_of_others[] = {
		{"a call of somebody who is nowhere online", KNOWN, .legs = "a", .devices = ""},
		{"a call of somebody whose phone is gone", .extension = true, .phone = PHONE_UNREGISTERED,
			.legs = "a"},
		{"a call that goes first", KNOWN, .legs = "a", .call_first = true},
		{"a meeting that goes first", KNOWN, .legs = "m", .devices = "o", .call_first = true},
		{"a device that is spared", KNOWN, .legs = "a", .devices = "d", .call_first = true},
	};
	usec_t replaced = NOW - 10 * MINUTE;
	for (size_t i = 0; i < sizeof(rows_of_others) / sizeof(*rows_of_others); i++) {
		struct world standing, timed;
		struct presence presence;
		given(&standing, &rows_of_others[i]);
		standing.choices.standing = choice_of("lunch-break", NULL, replaced, 0);
		derive(&standing.facts, &presence);
		ck_assert_int_ne(presence.rule, RULE_CHOICE);
		ck_assert_msg(presence.since == replaced, "%s: since", rows_of_others[i].given);
		given(&timed, &rows_of_others[i]);
		timed.choices.timed = choice_of("lunch-break", NULL, replaced, NOW + HOUR);
		derive(&timed.facts, &presence);
		ck_assert_int_ne(presence.rule, RULE_CHOICE);
		ck_assert_msg(presence.since == replaced, "%s: since, timed", rows_of_others[i].given);
	}
}
END_TEST

START_TEST(away_begins_the_instant_after_so_many_idle_minutes)
{
	struct world world;
	struct presence presence;
	usec_t idle_since = NOW - 5 * MINUTE;
	DERIVE(KNOWN, .devices = "oi");
	usec_t next = derive_next(&world.facts);
	ck_assert_int_eq(next, idle_since + 10 * MINUTE + 1);
	world.facts.now = next - 1; /* ten minutes are not longer than ten minutes */
	derive(&world.facts, &presence);
	ck_assert_str_eq(presence.status->id, "available");
	ck_assert_int_eq(derive_next(&world.facts), next);
	world.facts.now = next;
	derive(&world.facts, &presence);
	ck_assert_str_eq(presence.status->id, "away");
	ck_assert_int_eq(derive_next(&world.facts), 0);
}
END_TEST

START_TEST(a_devices_choice_ends_when_it_has_been_idle_for_too_long)
{
	struct world world;
	struct presence presence;
	DERIVE(KNOWN, .devices = "oi'Lunch Break'");
	ck_assert_str_eq(presence.status->id, "lunch-break");
	world.facts.now = derive_next(&world.facts);
	ck_assert_int_eq(world.facts.now, NOW + 5 * MINUTE + 1);
	derive(&world.facts, &presence);
	ck_assert_str_eq(presence.status->id, "away");
}
END_TEST

START_TEST(of_two_devices_that_changed_at_once_it_is_always_the_same)
{
	struct world world;
	struct presence presence;
	DERIVE(KNOWN, .devices = "o c");
	world.devices[0].changed = world.devices[1].changed;
	derive(&world.facts, &presence);
	const struct status *seen = presence.status;
	struct device swap = world.devices[0];
	world.devices[0] = world.devices[1];
	world.devices[1] = swap;
	derive(&world.facts, &presence);
	ck_assert_ptr_eq(presence.status, seen);
}
END_TEST

START_TEST(what_clients_show_is_icon_name_and_message)
{
	struct world world;
	struct presence presence;
	struct buf text;
	buf_init(&text, 1000);
	DERIVE(KNOWN, .timed = "lunch-break", .said = "back at 2");
	presence_text(&presence, &text);
	ck_assert_str_eq(buf_text(&text), "🍽️ Lunch Break (back at 2)");
	buf_clear(&text);
	DERIVE(KNOWN, .legs = "a");
	presence_text(&presence, &text);
	ck_assert_str_eq(buf_text(&text), "📞 On Call");
	buf_clear(&text);
	DERIVE(KNOWN, .standing = "invisible", .said = "secret");
	presence_text(&presence, &text);
	ck_assert_str_eq(buf_text(&text), "");
	buf_done(&text);
}
END_TEST

START_TEST(a_message_ends_when_it_expires)
{
	struct world world;
	struct presence presence;
	DERIVE(KNOWN, .standing = "lunch-break", .message = "in Berlin");
	world.message.until = NOW + 1;
	derive(&world.facts, &presence);
	ck_assert_str_eq(presence.message, "in Berlin");
	ck_assert_int_eq(presence.until, 0); /* the message's end is not the status's */
	world.message.until = NOW;
	derive(&world.facts, &presence);
	ck_assert_str_eq(presence.message, "");
}
END_TEST

START_TEST(a_persons_own_action_for_a_show_goes_before_the_statuss)
{
	struct world world;
	struct presence presence;
	DERIVE(KNOWN, .standing = "dnd");
	ck_assert_int_eq(derive_action(&world.facts), ACTION_DND);
	world.preferences.actions[SHOW_DND] = ACTION_NONE;
	ck_assert_int_eq(derive_action(&world.facts), ACTION_NONE);
	world.preferences.actions[SHOW_DND] = ACTION_FOLLOW_ME;
	ck_assert_int_eq(derive_action(&world.facts), ACTION_FOLLOW_ME);
	ck_assert(derive_accepts_calls(&world.facts, &presence));
	DERIVE(KNOWN);
	world.preferences.actions[SHOW_AVAILABLE] = ACTION_DND;
	ck_assert_int_eq(derive_action(&world.facts), ACTION_DND);
	/* Neither legs nor devices make one. */
	DERIVE(KNOWN, .devices = "d", .legs = "a");
	world.preferences.actions[SHOW_DND] = ACTION_DND;
	ck_assert_int_eq(derive_action(&world.facts), ACTION_NONE);
}
END_TEST

START_TEST(the_next_expiry_is_the_earliest_ahead)
{
	struct world world;
	struct presence presence;
	DERIVE(KNOWN, .timed = "dnd", .message = "x");
	ck_assert_int_eq(derive_next(&world.facts), NOW + HOUR);
	world.message.until = NOW + 5;
	ck_assert_int_eq(derive_next(&world.facts), NOW + 5);
	world.message.until = NOW;
	ck_assert_int_eq(derive_next(&world.facts), NOW + HOUR);
	DERIVE(KNOWN, .timed = "dnd", .devices = "omi ai di oI o oi");
	ck_assert_int_eq(derive_next(&world.facts), NOW + 5 * MINUTE + 1);
	DERIVE(KNOWN, .devices = "omi ai di oI o");
	ck_assert_int_eq(derive_next(&world.facts), 0);
}
END_TEST

static void add_own_statuses(void)
{
	for (size_t i = 0; i < sizeof(own_statuses) / sizeof(*own_statuses); i++) {
		struct status_fields fields = own_statuses[i];
		fields.color = "#123456";
		fields.activity = "";
		fields.text = fields.text ? fields.text : "";
		fields.kind = STATUS_CUSTOM;
		fields.position = 200;
		catalogue_put(&catalogue, &fields);
	}
}

int main(void)
{
	catalogue_init(&catalogue);
	add_own_statuses();
	Suite *suite = suite_create("derive");
	TCase *tests = tcase_create("rules");
	tcase_add_loop_test(tests, the_rules, 0, sizeof(rows) / sizeof(*rows));
	tcase_add_test(tests, offline_and_invisible_are_the_same_and_say_nothing);
	tcase_add_test(tests, since_and_until_of_a_choice);
	tcase_add_test(tests, since_of_calls_is_that_of_the_first);
	tcase_add_test(tests, since_of_devices_is_when_the_deciding_one_became_so);
	tcase_add_test(tests, idle_since_shows_when_all_devices_are_idle);
	tcase_add_test(tests, nothing_tells_what_was_covered_by_invisible);
	tcase_add_test(tests, nothing_tells_what_was_covered_by_invisible_that_was_replaced);
	tcase_add_test(tests, away_begins_the_instant_after_so_many_idle_minutes);
	tcase_add_test(tests, a_devices_choice_ends_when_it_has_been_idle_for_too_long);
	tcase_add_test(tests, of_two_devices_that_changed_at_once_it_is_always_the_same);
	tcase_add_test(tests, what_clients_show_is_icon_name_and_message);
	tcase_add_test(tests, a_message_ends_when_it_expires);
	tcase_add_test(tests, a_persons_own_action_for_a_show_goes_before_the_statuss);
	tcase_add_test(tests, the_next_expiry_is_the_earliest_ahead);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	catalogue_done(&catalogue);
	return failed != 0;
}
