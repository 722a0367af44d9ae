/* What an Asterisk says of its devices, hints and channels is kept here. */
#include "pbx/asterisk_state.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "pbx/asterisk_inside.h"

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
	asterisk_look_at_users(state, device, now);
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
	asterisk_look(state, extension, now);
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
	device->met = state->lists;
	asterisk_look_at_users(state, device, now);
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
	if (!(which & ASTERISK_CHANNELS) || live || device->met == lists)
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
		asterisk_look(state, extension, now);
	}
}

void asterisk_state_lost(struct asterisk_state *state)
{
	struct extension_state *extension;
	size_t at = 0;
	asterisk_state_connected(state);
	while ((extension = map_next(&state->extensions, &at))) {
		extension->status = -1;
		asterisk_leave(state, extension);
	}
}

/* --- life */

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
