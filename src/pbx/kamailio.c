/*
 * What docs/pbx/kamailio.cfg posts becomes facts: an event of a call speaks of its caller and its callee, a
 * snapshot has all dialogs as Kamailio's own dlg.list gives them.
 *
 * `seq` begins anew with Kamailio, so it tells no two events apart; a body that is the same to the byte does.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/secret.h"
#include "pbx/format.h"
#include "pbx/member.h"

static const struct json_member event_members[] = {
	{"event", JSON_KIND_STRING, true},
	{"time", JSON_KIND_NUMBER, true},
	{"seq", JSON_KIND_NUMBER, false},
	{"callid", JSON_KIND_STRING, true},
	{"caller", JSON_KIND_STRING, false},
	{"callee", JSON_KIND_STRING, false},
	{0},
};

static const struct json_member snapshot_members[] = {
	{"event", JSON_KIND_STRING, true},
	{"time", JSON_KIND_NUMBER, true},
	{"seq", JSON_KIND_NUMBER, false},
	{"dialogs", JSON_KIND_OBJECT, true},
	{0},
};

/* The two parties of a call, as legs of their extensions. */
struct party {
	const char *name, *variable; /* of an event; of a dialog in a list */
	enum direction direction;
};
static const struct party parties[] = {
	{"caller", "offhook_caller", DIRECTION_OUTBOUND},
	{"callee", "offhook_callee", DIRECTION_INBOUND},
};
enum { PARTIES = sizeof(parties) / sizeof(*parties) };

/* States of Kamailio's dialog module; one that is deleted is still listed for a while. */
enum { DIALOG_UNCONFIRMED = 1, DIALOG_EARLY, DIALOG_CONFIRMED_NO_ACK, DIALOG_CONFIRMED };

static bool parse_time(const json_t *object, usec_t *at, struct error *error)
{
	static const double latest = 253402300799.0; /* in the year 9999 */
	double seconds = json_number_value(json_object_get(object, "time"));
	if (!(seconds >= 1) || seconds > latest)
		return member_error(error, "", "time", "must be seconds since 1970");
	*at = (usec_t)llround(seconds * 1e6);
	return true;
}

/* False: this event says nothing of that party. */
static bool event_of(const char *word, const struct party *party, enum call_event *event)
{
	if (strcmp(word, "initiated") == 0) {
		*event = CALL_RINGING;
		return party->direction == DIRECTION_OUTBOUND;
	}
	return call_event_parse(word, event);
}

static bool parse_event(const json_t *body, const char *digest, const struct pbx_source *source,
	struct fact_list *list, struct error *error)
{
	const char *word = json_text(body, "event");
	struct fact_call call = {
		.pbx = facts_string(list, source->pbx), .lease_seconds = source->lease_seconds};
	if (!json_check(body, event_members, "", error) || !parse_time(body, &call.at, error) ||
		!member_id(body, "callid", LIMIT_CALL_ID_BYTES, "", list, &call.call, error))
		return false;
	if (strcmp(word, "initiated") != 0 && !call_event_parse(word, &call.event))
		return member_error(error, "", "event",
			"must be initiated, ringing, answered, held, resumed, ended or snapshot");
	for (size_t i = 0; i < PARTIES; i++) {
		if (!member_id(
			    body, parties[i].name, LIMIT_EXTENSION_BYTES, "", list, &call.extension, error))
			return false;
		if (call.extension == NULL || !event_of(word, &parties[i], &call.event))
			continue;
		char id[SHA256_TEXT + 8];
		snprintf(id, sizeof(id), "%s-%s", digest, parties[i].name);
		call.id = facts_string(list, id);
		call.leg = parties[i].name;
		call.direction = parties[i].direction;
		facts_add(list, FACT_CALL)->call = call;
	}
	return true;
}

/* A dialog's variables are listed as objects of one member each. */
static const char *variable(const json_t *dialog, const char *name)
{
	const json_t *variables = json_object_get(dialog, "variables");
	for (size_t i = 0; i < json_array_size(variables); i++) {
		const char *value = json_text(json_array_get(variables, i), name);
		if (value != NULL)
			return value;
	}
	return NULL;
}

/* False: the party is not on a call by this dialog. */
static bool state_of(const json_t *dialog, const struct party *party, enum leg_state *state)
{
	json_int_t number = json_integer_value(json_object_get(dialog, "state"));
	const char *held = variable(dialog, "offhook_held");
	*state = LEG_RINGING;
	if (number == DIALOG_UNCONFIRMED)
		return party->direction == DIRECTION_OUTBOUND;
	if (number == DIALOG_CONFIRMED_NO_ACK || number == DIALOG_CONFIRMED)
		*state = held != NULL && strcmp(held, "yes") == 0 ? LEG_HELD : LEG_ACTIVE;
	return number >= DIALOG_UNCONFIRMED && number <= DIALOG_CONFIRMED;
}

static bool parse_dialog(const json_t *dialog, const char *path, struct fact_list *list,
	struct fact_snapshot *snapshot, struct snapshot_leg *legs, struct error *error)
{
	struct snapshot_leg leg = {0};
	json_int_t start = json_integer_value(json_object_get(dialog, "start_ts"));
	if (!member_id(dialog, "call-id", LIMIT_CALL_ID_BYTES, path, list, &leg.call, error))
		return false;
	if (leg.call == NULL)
		return member_error(error, path, "call-id", "must be a string");
	if (start > 0 && start < snapshot->at / SECOND)
		leg.since = start * SECOND;
	for (size_t i = 0; i < PARTIES; i++) {
		const char *extension = variable(dialog, parties[i].variable);
		if (extension == NULL || extension[0] == '\0' || !state_of(dialog, &parties[i], &leg.state))
			continue;
		if (!member_text(extension, LIMIT_EXTENSION_BYTES, path, parties[i].variable, list,
			    &leg.extension, error))
			return false;
		leg.leg = parties[i].name;
		leg.direction = parties[i].direction;
		legs[snapshot->count++] = leg;
	}
	return true;
}

static bool parse_snapshot(
	const json_t *body, const struct pbx_source *source, struct fact_list *list, struct error *error)
{
	struct fact_snapshot snapshot = {.lease_seconds = source->lease_seconds};
	if (!json_check(body, snapshot_members, "", error) || !parse_time(body, &snapshot.at, error))
		return false;
	const json_t *dialogs = json_object_get(json_object_get(body, "dialogs"), "result");
	if (!json_is_array(dialogs))
		return member_error(error, "dialogs", "result", "must be an array");
	size_t count = json_array_size(dialogs);
	struct snapshot_leg *legs = facts_memory(list, (PARTIES * count + 1) * sizeof(*legs));
	for (size_t i = 0; i < count; i++) {
		char path[40];
		snprintf(path, sizeof(path), "dialogs.result[%zu]", i);
		if (!parse_dialog(json_array_get(dialogs, i), path, list, &snapshot, legs, error))
			return false;
	}
	snapshot.legs = legs;
	snapshot.pbx = facts_string(list, source->pbx);
	facts_add(list, FACT_SNAPSHOT)->snapshot = snapshot;
	return true;
}

bool pbx_kamailio_parse(const char *bytes, size_t length, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error)
{
	unsigned char sum[SHA256_BYTES];
	char digest[SHA256_TEXT];
	*too_many = false;
	json_t *body = json_read(bytes, length, error);
	if (body == NULL)
		return false;
	secret_sha256(bytes, length, sum);
	const char *word = json_text(body, "event");
	bool ok = word != NULL && strcmp(word, "snapshot") == 0
			  ? parse_snapshot(body, source, list, error)
			  : parse_event(body, secret_hex(sum, sizeof(sum), digest), source, list, error);
	json_decref(body);
	return ok;
}
