/* What an extension is reduced to, and the facts that come of its changes. */
#include "pbx/asterisk_inside.h"

/* Every extension has one leg, the same for ever. */
#define CALL_ID "asterisk"

/* --- queues */

void asterisk_leave(struct asterisk_state *state, struct extension_state *extension)
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
	asterisk_leave(state, extension);
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

void asterisk_look(struct asterisk_state *state, struct extension_state *extension, usec_t now)
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

void asterisk_look_at_users(struct asterisk_state *state, const struct device_state *device, usec_t now)
{
	for (size_t i = 0; i < device->user_count; i++)
		asterisk_look(state, device->users[i], now);
}

/* --- facts */

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
		extension->told_before = extension->told;
		extension->told_meeting_before = extension->told_meeting;
		extension->told = call_of(state, extension);
		extension->told_meeting = is_meeting(extension);
		if (was_up && extension->told == CALL_RINGS) {
			/* Another call than was told of, but of the same id: that one ends first. */
			extension->told = CALL_IDLE;
			asterisk_look(state, extension, now);
		}
		if (extension->told < CALL_RINGS)
			continue;
		legs[count++] = (struct snapshot_leg){.call = CALL_ID,
			.extension = facts_string(list, extension->number),
			.state = extension->told == CALL_UP ? LEG_ACTIVE : LEG_RINGING,
			.direction = extension->told == CALL_UP ? DIRECTION_UNKNOWN : DIRECTION_INBOUND,
			.kind = extension->told_meeting ? LEG_MEETING : LEG_CALL,
			.has_kind = true};
	}
	facts_add(list, FACT_SNAPSHOT)->snapshot =
		(struct fact_snapshot){.pbx = facts_string(list, state->pbx),
			.at = now,
			.in_order = true, /* that of the stream */
			.legs = legs,
			.count = count,
			.lease_seconds = state->lease_seconds};
}

void asterisk_state_untell(struct asterisk_state *state)
{
	struct extension_state *extension;
	size_t at = 0;
	while ((extension = map_next(&state->extensions, &at))) {
		extension->told = extension->told_before;
		extension->told_meeting = extension->told_meeting_before;
	}
}

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

static struct extension_state *next_due(const struct asterisk_state *state, usec_t now)
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
	while ((extension = next_due(state, now))) {
		if (list->count >= most)
			return false;
		asterisk_leave(state, extension);
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
