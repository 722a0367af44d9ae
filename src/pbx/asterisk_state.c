/* What an Asterisk says of devices becomes facts about extensions here. */
#include "pbx/asterisk_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"

/* Every extension has one leg, the same for ever. */
#define CALL_ID "asterisk"

/* In the order in which devices of one extension outvote each other. */
enum call { CALL_UNKNOWN, CALL_OFFLINE, CALL_IDLE, CALL_RINGS, CALL_UP };

struct extension_state;

struct device_state {
	char *name;
	enum call call; /* CALL_UNKNOWN: never heard of, or Asterisk does not know */
	bool heard;
	bool ghost;     /* long in use, but there is no channel */
	usec_t since;   /* when `call` began */
	uint64_t stamp; /* the lists during or after which it was last heard of live */
	uint64_t seen;  /* the lists that last named it */
	unsigned channels, conferences, listed_conferences;
	struct extension_state **users;
	size_t user_count;
};

enum place { PLACE_NONE, PLACE_READY, PLACE_WAITING };

struct queue {
	struct extension_state *first, *last;
};

struct extension_state {
	char *number, *context;
	struct device_state *devices[LIMIT_ASTERISK_HINT_DEVICES];
	size_t device_count;
	bool custom; /* the hint has more than devices, which can hide that these are unavailable */
	int status;  /* of ExtensionStatus */
	uint64_t stamp, seen;
	enum call told;
	bool told_meeting;
	enum phone told_phone;
	enum place place;
	usec_t due;
	struct extension_state *before, *after;
};

struct asterisk_state {
	char *pbx, *context;
	uint32_t lease_seconds;
	struct map devices, extensions;
	struct queue queues[3]; /* by place; in the order in which they are due */
	uint64_t lists;         /* how often lists were asked for */
	bool complete;
	bool devices_listed; /* so an unlisted one has never done anything */
};

/* --- queues */

static void leave(struct asterisk_state *state, struct extension_state *extension)
{
	struct queue *queue = &state->queues[extension->place];
	if (extension->place == PLACE_NONE)
		return;
	*(extension->before ? &extension->before->after : &queue->first) = extension->after;
	*(extension->after ? &extension->after->before : &queue->last) = extension->before;
	extension->place = PLACE_NONE;
}

static void enter(
	struct asterisk_state *state, struct extension_state *extension, enum place place, usec_t due)
{
	struct queue *queue = &state->queues[place];
	leave(state, extension);
	extension->place = place;
	extension->due = due;
	extension->after = NULL;
	extension->before = queue->last;
	*(queue->last ? &queue->last->after : &queue->first) = extension;
	queue->last = extension;
}

/* --- reducing */

static enum call call_of_device(const struct device_state *device)
{
	return device->ghost && device->call == CALL_UP ? CALL_IDLE : device->call;
}

static bool is_heard(const struct extension_state *extension)
{
	for (size_t i = 0; i < extension->device_count; i++)
		if (extension->devices[i]->heard)
			return true;
	return false;
}

static enum call call_of_status(const struct extension_state *extension)
{
	switch (extension->status) {
	case 1:
	case 9:
	case 16:
	case 17:
		return CALL_UP;
	case 8:
		return CALL_RINGS;
	case 0:
		return extension->custom ? CALL_UNKNOWN : CALL_IDLE;
	case 4:
		return CALL_OFFLINE;
	default:
		return CALL_UNKNOWN;
	}
}

/* While the devices are known, what the status has beyond them comes from what is no phone. */
static enum call call_of_unheard(const struct asterisk_state *state, const struct extension_state *extension)
{
	enum call call = extension->device_count ? call_of_status(extension) : CALL_UNKNOWN;
	return state->devices_listed && call > CALL_IDLE ? CALL_UNKNOWN : call;
}

static enum call call_of(const struct asterisk_state *state, const struct extension_state *extension)
{
	enum call call = CALL_UNKNOWN;
	if (!is_heard(extension))
		return call_of_unheard(state, extension);
	for (size_t i = 0; i < extension->device_count; i++)
		if (call_of_device(extension->devices[i]) > call)
			call = call_of_device(extension->devices[i]);
	return call;
}

static bool is_meeting(const struct extension_state *extension)
{
	bool meeting = false;
	for (size_t i = 0; i < extension->device_count; i++) {
		const struct device_state *device = extension->devices[i];
		if (call_of_device(device) != CALL_UP)
			continue;
		if (!device->conferences)
			return false;
		meeting = true;
	}
	return meeting;
}

static enum phone phone_of(enum call call)
{
	return call == CALL_UNKNOWN   ? PHONE_UNKNOWN
	       : call == CALL_OFFLINE ? PHONE_UNREGISTERED
				      : PHONE_REGISTERED;
}

/* Puts it where it belongs after something about it changed. */
static void look(struct asterisk_state *state, struct extension_state *extension, usec_t now)
{
	enum call call = call_of(state, extension);
	bool meeting = is_meeting(extension);
	bool less = extension->told == CALL_UP && (call != CALL_UP || (extension->told_meeting && !meeting));
	if (less && extension->place == PLACE_WAITING)
		return;
	if (less)
		enter(state, extension, PLACE_WAITING, now + LIMIT_ASTERISK_IDLE_MS * (SECOND / 1000));
	else if (extension->place != PLACE_READY)
		enter(state, extension, PLACE_READY, now);
}

static void look_at_users(struct asterisk_state *state, const struct device_state *device, usec_t now)
{
	for (size_t i = 0; i < device->user_count; i++)
		look(state, device->users[i], now);
}

/* --- devices and hints */

static bool name_is_good(const char *name)
{
	return name[0] != '\0' && strlen(name) <= LIMIT_ASTERISK_NAME_BYTES && text_valid(name);
}

/* "PJSIP/1001", but neither "Queue:support_pause_PJSIP/1002" nor "Local/1001@from-queue". */
static bool is_phone(const char *name)
{
	const char *slash = strchr(name, '/');
	return slash && slash > name && slash[1] && !memchr(name, ':', (size_t)(slash - name)) &&
	       strncasecmp(name, "Local/", 6) != 0 && name_is_good(name);
}

void asterisk_channel_device(const char *channel, char device[LIMIT_ASTERISK_NAME_BYTES + 1])
{
	const char *dash = strrchr(channel, '-');
	size_t length = dash ? (size_t)(dash - channel) : 0;
	device[0] = '\0';
	if (length > LIMIT_ASTERISK_NAME_BYTES)
		return;
	memcpy(device, channel, length);
	device[length] = '\0';
	if (!is_phone(device))
		device[0] = '\0';
}

static struct device_state *get_device(struct asterisk_state *state, const char *name)
{
	struct device_state *device = map_get(&state->devices, name);
	if (device || state->devices.count >= LIMIT_ASTERISK_DEVICES)
		return device;
	device = mem_new(sizeof(*device));
	device->name = mem_string(name);
	map_put(&state->devices, device->name, device);
	return device;
}

static void free_device(struct device_state *device)
{
	free(device->name);
	free(device->users);
	free(device);
}

static enum call parse_device_state(const char *text)
{
	static const struct {
		const char *text;
		enum call call;
	} names[] = {{"INUSE", CALL_UP}, {"BUSY", CALL_UP}, {"ONHOLD", CALL_UP}, {"RINGINUSE", CALL_UP},
		{"RINGING", CALL_RINGS}, {"NOT_INUSE", CALL_IDLE}, {"UNAVAILABLE", CALL_OFFLINE}};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i].text, text) == 0)
			return names[i].call;
	return CALL_UNKNOWN;
}

static void set_device(struct device_state *device, enum call call, usec_t now)
{
	if (device->call != call)
		device->since = now;
	device->call = call;
	if (call != CALL_UP)
		device->conferences = 0;
}

static void on_device(struct asterisk_state *state, const struct ami_block *block, bool listed, usec_t now)
{
	const char *name = ami_text(block, "Device");
	struct device_state *device = is_phone(name) ? get_device(state, name) : NULL;
	if (!device)
		return;
	if (listed) {
		device->seen = state->lists;
		if (device->stamp == state->lists)
			return;
	} else {
		device->stamp = state->lists;
		device->ghost = false;
	}
	device->heard = true;
	set_device(device, parse_device_state(ami_text(block, "State")), now);
	look_at_users(state, device, now);
}

static void unuse(struct extension_state *extension)
{
	for (size_t i = 0; i < extension->device_count; i++) {
		struct device_state *device = extension->devices[i];
		for (size_t at = 0; at < device->user_count; at++)
			if (device->users[at] == extension)
				device->users[at--] = device->users[--device->user_count];
	}
	extension->device_count = 0;
}

static void use(struct asterisk_state *state, struct extension_state *extension, const char *name)
{
	struct device_state *device;
	if (extension->device_count == LIMIT_ASTERISK_HINT_DEVICES || !(device = get_device(state, name)))
		return;
	for (size_t i = 0; i < extension->device_count; i++)
		if (extension->devices[i] == device)
			return;
	extension->devices[extension->device_count++] = device;
	device->users = mem_resize(device->users, device->user_count + 1, sizeof(struct extension_state *));
	device->users[device->user_count++] = extension;
}

/* The next part of "PJSIP/1002&Custom:DND1002,CustomPresence:1002", up to the comma; false: no more. */
static bool next_part(const char **hint, char name[LIMIT_ASTERISK_NAME_BYTES + 1])
{
	while (**hint && **hint != ',') {
		const char *part = *hint;
		size_t length = strcspn(part, "&,");
		*hint += length + (part[length] == '&');
		if (length == 0 || length > LIMIT_ASTERISK_NAME_BYTES)
			continue;
		memcpy(name, part, length);
		name[length] = '\0';
		return true;
	}
	return false;
}

static bool has_phone(const char *hint)
{
	char name[LIMIT_ASTERISK_NAME_BYTES + 1];
	while (next_part(&hint, name))
		if (is_phone(name))
			return true;
	return false;
}

static void set_hint(struct asterisk_state *state, struct extension_state *extension, const char *hint)
{
	char name[LIMIT_ASTERISK_NAME_BYTES + 1];
	unuse(extension);
	extension->custom = false;
	while (next_part(&hint, name))
		if (is_phone(name))
			use(state, extension, name);
		else
			extension->custom = true;
}

static bool number_is_good(const char *number)
{
	return number[0] != '\0' && number[0] != '_' && strlen(number) <= LIMIT_EXTENSION_BYTES &&
	       text_valid(number);
}

static struct extension_state *get_extension(
	struct asterisk_state *state, const char *number, const char *context, const char *hint)
{
	struct extension_state *extension = map_get(&state->extensions, number);
	if (state->context && strcmp(state->context, context) != 0)
		return NULL;
	if (extension && extension->device_count == 0 && has_phone(hint) && name_is_good(context))
		mem_replace(&extension->context, context);
	if (extension)
		return strcmp(extension->context, context) == 0 ? extension : NULL;
	if (state->extensions.count >= LIMIT_ASTERISK_EXTENSIONS || !number_is_good(number) ||
		!name_is_good(context) || !has_phone(hint))
		return NULL;
	extension = mem_new(sizeof(*extension));
	extension->number = mem_string(number);
	extension->context = mem_string(context);
	extension->status = -1;
	map_put(&state->extensions, extension->number, extension);
	return extension;
}

static void free_extension(struct extension_state *extension)
{
	unuse(extension);
	free(extension->number);
	free(extension->context);
	free(extension);
}

static void on_extension(struct asterisk_state *state, const struct ami_block *block, bool listed, usec_t now)
{
	const char *hint = ami_text(block, "Hint");
	struct extension_state *extension =
		get_extension(state, ami_text(block, "Exten"), ami_text(block, "Context"), hint);
	if (!extension)
		return;
	extension->seen = state->lists;
	if (listed && extension->stamp == state->lists)
		return;
	if (!listed)
		extension->stamp = state->lists;
	long long status;
	const char *text = ami_text(block, "Status");
	extension->status = text_number(text, 0, 100, &status) ? (int)status : -1;
	if (extension->status < 0)
		unuse(extension); /* the hint was removed */
	else
		set_hint(state, extension, hint);
	look(state, extension, now);
}

/* --- conferences and channels */

static struct device_state *device_of_channel(
	const struct asterisk_state *state, const struct ami_block *block)
{
	char name[LIMIT_ASTERISK_NAME_BYTES + 1];
	asterisk_channel_device(ami_text(block, "Channel"), name);
	return map_get(&state->devices, name);
}

static void on_conference(
	struct asterisk_state *state, const struct ami_block *block, bool joined, usec_t now)
{
	struct device_state *device = device_of_channel(state, block);
	if (!device)
		return;
	if (joined)
		device->conferences++;
	else if (device->conferences)
		device->conferences--;
	device->stamp = state->lists;
	look_at_users(state, device, now);
}

static void on_channel(const struct asterisk_state *state, const struct ami_block *block)
{
	struct device_state *device = device_of_channel(state, block);
	if (!device)
		return;
	device->channels++;
	device->listed_conferences += strcasecmp(ami_text(block, "Application"), "ConfBridge") == 0;
}

void asterisk_state_event(
	struct asterisk_state *state, const struct ami_block *block, bool listed, usec_t now)
{
	const char *event = ami_text(block, "Event");
	if (strcmp(event, "DeviceStateChange") == 0)
		on_device(state, block, listed, now);
	else if (strcmp(event, "ExtensionStatus") == 0)
		on_extension(state, block, listed, now);
	else if (listed && strcmp(event, "CoreShowChannel") == 0)
		on_channel(state, block);
	else if (!listed && strcmp(event, "ConfbridgeJoin") == 0)
		on_conference(state, block, true, now);
	else if (!listed && strcmp(event, "ConfbridgeLeave") == 0)
		on_conference(state, block, false, now);
}

/* --- lists */

void asterisk_state_connected(struct asterisk_state *state)
{
	struct device_state *device;
	size_t at = 0;
	state->complete = state->devices_listed = false;
	while ((device = map_next(&state->devices, &at)))
		device->heard = device->ghost = false;
}

void asterisk_state_begin(struct asterisk_state *state)
{
	struct device_state *device;
	size_t at = 0;
	state->lists++;
	while ((device = map_next(&state->devices, &at)))
		device->channels = device->listed_conferences = 0;
}

static void complete_device(struct device_state *device, uint64_t lists, unsigned which, usec_t now)
{
	bool live = device->stamp == lists;
	if ((which & ASTERISK_DEVICES) && !live && device->seen != lists) {
		device->heard = false;
		set_device(device, CALL_UNKNOWN, now);
	}
	if (!(which & ASTERISK_CHANNELS) || live)
		return;
	device->conferences = device->listed_conferences;
	device->ghost = !device->channels && device->call == CALL_UP &&
			now - device->since > LIMIT_ASTERISK_VERIFY_HOURS * HOUR;
}

void asterisk_state_complete(struct asterisk_state *state, unsigned lists, usec_t now)
{
	struct device_state *device;
	struct extension_state *extension;
	size_t at = 0;
	state->complete = true;
	state->devices_listed = state->devices_listed || (lists & ASTERISK_DEVICES);
	while ((device = map_next(&state->devices, &at)))
		complete_device(device, state->lists, lists, now);
	at = 0;
	while ((extension = map_next(&state->extensions, &at))) {
		if ((lists & ASTERISK_EXTENSIONS) && extension->seen != state->lists) {
			unuse(extension);
			extension->status = -1;
		}
		look(state, extension, now);
	}
}

static size_t count_calls(const struct asterisk_state *state)
{
	const struct extension_state *extension;
	size_t count = 0, at = 0;
	while ((extension = map_next(&state->extensions, &at)))
		count += call_of(state, extension) >= CALL_RINGS;
	return count;
}

void asterisk_state_snapshot(struct asterisk_state *state, struct fact_list *list, usec_t now)
{
	struct snapshot_leg *legs = facts_memory(list, (count_calls(state) + 1) * sizeof(*legs));
	struct extension_state *extension;
	size_t count = 0, at = 0;
	while ((extension = map_next(&state->extensions, &at))) {
		bool was_up = extension->told == CALL_UP;
		extension->told = call_of(state, extension);
		extension->told_meeting = is_meeting(extension);
		if (extension->told < CALL_RINGS)
			continue;
		legs[count++] = (struct snapshot_leg){.call = CALL_ID,
			.extension = facts_string(list, extension->number),
			.state = extension->told == CALL_UP ? LEG_ACTIVE : LEG_RINGING,
			.direction =
				was_up || extension->told == CALL_UP ? DIRECTION_UNKNOWN : DIRECTION_INBOUND,
			.kind = extension->told_meeting ? LEG_MEETING : LEG_CALL,
			.has_kind = true};
	}
	facts_add(list, FACT_SNAPSHOT)->snapshot =
		(struct fact_snapshot){.pbx = facts_string(list, state->pbx),
			.at = now,
			.legs = legs,
			.count = count,
			.lease_seconds = state->lease_seconds};
}

void asterisk_state_lost(struct asterisk_state *state)
{
	struct extension_state *extension;
	size_t at = 0;
	asterisk_state_connected(state);
	while ((extension = map_next(&state->extensions, &at))) {
		extension->status = -1;
		leave(state, extension);
	}
}

/* --- facts */

static struct fact_call *add_call(struct asterisk_state *state, const struct extension_state *extension,
	struct fact_list *list, enum call_event event)
{
	struct fact *fact = facts_add(list, FACT_CALL);
	fact->call = (struct fact_call){.pbx = facts_string(list, state->pbx),
		.call = CALL_ID,
		.extension = facts_string(list, extension->number),
		.event = event,
		.lease_seconds = state->lease_seconds};
	return &fact->call;
}

/* A leg that has ended is revived only by ringing, as no `at` is given: the order is that of the stream, and the
 * clock may step. */
static void add_up(struct asterisk_state *state, struct extension_state *extension, struct fact_list *list)
{
	struct fact_call *call;
	enum leg_kind kind = extension->told_meeting ? LEG_MEETING : LEG_CALL;
	if (extension->told < CALL_RINGS) {
		call = add_call(state, extension, list, CALL_RINGING);
		call->direction = DIRECTION_OUTBOUND;
		call->kind = kind;
		call->has_kind = true;
	}
	call = add_call(state, extension, list, CALL_ANSWERED);
	call->kind = kind;
	call->has_kind = true;
}

static void add_calls(struct asterisk_state *state, struct extension_state *extension, struct fact_list *list,
	enum call call)
{
	bool meeting = is_meeting(extension);
	if (call == CALL_UP) {
		bool news = extension->told != CALL_UP || extension->told_meeting != meeting;
		extension->told_meeting = meeting;
		if (news)
			add_up(state, extension, list);
		return;
	}
	if (extension->told == CALL_UP || (extension->told == CALL_RINGS && call != CALL_RINGS))
		add_call(state, extension, list, CALL_ENDED);
	if (call == CALL_RINGS && extension->told != CALL_RINGS) {
		struct fact_call *ring = add_call(state, extension, list, CALL_RINGING);
		ring->direction = DIRECTION_INBOUND;
		ring->has_kind = true;
	}
	extension->told_meeting = false;
}

static void tell(struct asterisk_state *state, struct extension_state *extension, struct fact_list *list)
{
	enum call call = call_of(state, extension);
	add_calls(state, extension, list, call);
	extension->told = call;
	enum phone phone = phone_of(call);
	if (phone == PHONE_UNKNOWN || phone == extension->told_phone)
		return;
	extension->told_phone = phone;
	facts_add(list, FACT_PHONE)->phone = (struct fact_phone){.pbx = facts_string(list, state->pbx),
		.extension = facts_string(list, extension->number),
		.registered = phone == PHONE_REGISTERED};
}

static struct extension_state *due(const struct asterisk_state *state, usec_t now)
{
	struct extension_state *waiting = state->queues[PLACE_WAITING].first;
	if (!state->complete)
		return NULL;
	if (state->queues[PLACE_READY].first)
		return state->queues[PLACE_READY].first;
	/* The clock may have been set back. */
	return waiting && (waiting->due <= now || waiting->due > now + SECOND) ? waiting : NULL;
}

bool asterisk_state_take(struct asterisk_state *state, struct fact_list *list, size_t most, usec_t now)
{
	struct extension_state *extension;
	while ((extension = due(state, now))) {
		if (list->count >= most)
			return false;
		leave(state, extension);
		tell(state, extension, list);
	}
	return true;
}

usec_t asterisk_state_next(const struct asterisk_state *state)
{
	if (!state->complete)
		return 0;
	if (state->queues[PLACE_READY].first)
		return state->queues[PLACE_READY].first->due;
	return state->queues[PLACE_WAITING].first ? state->queues[PLACE_WAITING].first->due : 0;
}

struct asterisk_state *asterisk_state_new(const char *pbx, const char *context, uint32_t lease_seconds)
{
	struct asterisk_state *state = mem_new(sizeof(*state));
	state->pbx = mem_string(pbx);
	state->context = context ? mem_string(context) : NULL;
	state->lease_seconds = lease_seconds;
	map_init(&state->devices);
	map_init(&state->extensions);
	return state;
}

void asterisk_state_free(struct asterisk_state *state)
{
	if (!state)
		return;
	struct extension_state *extension;
	struct device_state *device;
	size_t at = 0;
	while ((extension = map_next(&state->extensions, &at)))
		free_extension(extension);
	at = 0;
	while ((device = map_next(&state->devices, &at)))
		free_device(device);
	map_done(&state->extensions);
	map_done(&state->devices);
	free(state->pbx);
	free(state->context);
	free(state);
}
