/*
 * Dialog information (RFC 4235) becomes facts: a full document is the snapshot of its entity, a partial one
 * speaks of the dialogs it names.
 */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "pbx/dialog_versions.h"
#include "pbx/format.h"
#include "pbx/member.h"

#define NAMESPACE "urn:ietf:params:xml:ns:dialog-info"

enum { SEPARATOR = '\1', STATE_ROOM = 16, ENTITY_ROOM = 512 };

struct dialog {
	const char *id, *call; /* call-id, or the id again */
	enum direction direction;
	char state[STATE_ROOM];
	size_t state_length;
	bool held;
};

struct document {
	XML_Parser expat;
	struct fact_list *list;
	struct error *error;
	struct dialog *dialogs;
	size_t count, room;
	unsigned depth;
	bool in_dialog, in_state, failed, too_many, has_root;
	bool full;
	uint32_t version;
	char entity[ENTITY_ROOM];
};

static bool fail(struct document *document, const char *field, const char *reason)
{
	if (!document->failed)
		error_set(document->error, field, "%s", reason);
	document->failed = true;
	XML_StopParser(document->expat, XML_FALSE);
	return false;
}

static const char *attribute(const XML_Char **attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2) {
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	}
	return NULL;
}

static bool is(const XML_Char *name, const char *local)
{
	static const char prefix[] = NAMESPACE "\1";
	return strncmp(name, prefix, sizeof(prefix) - 1) == 0 &&
	       strcmp(name + sizeof(prefix) - 1, local) == 0;
}

static bool begin_document(struct document *document, const XML_Char *name, const XML_Char **attributes)
{
	const char *version = attribute(attributes, "version"), *state = attribute(attributes, "state");
	const char *entity = attribute(attributes, "entity");
	long long number;
	if (!is(name, "dialog-info"))
		return fail(document, NULL, "must be a dialog-info of " NAMESPACE);
	if (version == NULL || !text_number(version, 0, UINT32_MAX, &number))
		return fail(document, "version", "must be a number");
	if (state == NULL || (strcmp(state, "full") != 0 && strcmp(state, "partial") != 0))
		return fail(document, "state", "must be full or partial");
	if (entity == NULL || strlen(entity) >= sizeof(document->entity))
		return fail(document, "entity", "must be a URI");
	document->has_root = true;
	document->version = (uint32_t)number;
	document->full = strcmp(state, "full") == 0;
	memcpy(document->entity, entity, strlen(entity) + 1);
	return true;
}

/* An attribute of the dialog begun last; NULL when absent. */
static bool take_id(
	struct document *document, const XML_Char **attributes, const char *name, size_t max, const char **id)
{
	char path[32];
	const char *text = attribute(attributes, name);
	snprintf(path, sizeof(path), "dialog[%zu]", document->count);
	*id = NULL;
	if (text == NULL || member_text(text, max, path, name, document->list, id, document->error))
		return true;
	document->failed = true;
	XML_StopParser(document->expat, XML_FALSE);
	return false;
}

static void begin_dialog(struct document *document, const XML_Char **attributes)
{
	struct dialog dialog = {0};
	const char *direction = attribute(attributes, "direction");
	if (document->count == LIMIT_EVENTS_PER_POST) {
		document->too_many = true;
		fail(document, NULL, "has too many dialogs");
		return;
	}
	if (!take_id(document, attributes, "id", LIMIT_LEG_ID_BYTES, &dialog.id) ||
		!take_id(document, attributes, "call-id", LIMIT_CALL_ID_BYTES, &dialog.call))
		return;
	if (dialog.id == NULL) {
		fail(document, "dialog", "has no id");
		return;
	}
	if (dialog.call == NULL)
		dialog.call = dialog.id;
	if (direction != NULL && strcmp(direction, "initiator") == 0)
		dialog.direction = DIRECTION_OUTBOUND;
	if (direction != NULL && strcmp(direction, "recipient") == 0)
		dialog.direction = DIRECTION_INBOUND;
	if (document->count == document->room) {
		document->room = document->room > 0 ? 2 * document->room : 4;
		document->dialogs = mem_resize(document->dialogs, document->room, sizeof(*document->dialogs));
	}
	document->dialogs[document->count++] = dialog;
	document->in_dialog = true;
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct document *document = arg;
	unsigned depth = document->depth++;
	if (document->failed)
		return;
	if (depth >= LIMIT_DIALOG_DEPTH) {
		fail(document, NULL, "is nested too deeply");
		return;
	}
	if (depth == 0) {
		begin_document(document, name, attributes);
	} else if (depth == 1 && is(name, "dialog")) {
		begin_dialog(document, attributes);
	} else if (document->in_dialog && depth == 2 && is(name, "state")) {
		document->in_state = true;
		document->dialogs[document->count - 1].state_length = 0;
	} else if (document->in_dialog && is(name, "param")) {
		const char *parameter = attribute(attributes, "pname"),
			   *value = attribute(attributes, "pval");
		if (parameter != NULL && value != NULL && strcmp(parameter, "+sip.rendering") == 0)
			document->dialogs[document->count - 1].held |= strcmp(value, "no") == 0;
	}
}

static void on_end(void *arg, const XML_Char *name)
{
	struct document *document = arg;
	(void)name;
	document->depth--;
	if (document->depth == 1)
		document->in_dialog = false;
	if (document->depth == 2)
		document->in_state = false;
}

/* A state longer than all that are known stays cut short, and so is unknown. */
static void on_text(void *arg, const XML_Char *text, int length)
{
	struct document *document = arg;
	if (!document->in_state || document->failed || document->depth != 3)
		return;
	struct dialog *dialog = &document->dialogs[document->count - 1];
	for (int i = 0; i < length; i++) {
		if (strchr(" \t\r\n", text[i]) == NULL && dialog->state_length < STATE_ROOM - 1)
			dialog->state[dialog->state_length++] = text[i];
	}
	dialog->state[dialog->state_length] = '\0';
}

/* Without a document type there are no entities that could grow or reach outside. */
static void on_doctype(
	void *arg, const XML_Char *name, const XML_Char *system, const XML_Char *public, int has_subset)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_subset;
	fail(arg, NULL, "must not have a document type");
}

static bool read_document(struct document *document, const char *bytes, size_t length)
{
	document->expat = XML_ParserCreateNS("UTF-8", SEPARATOR);
	XML_SetUserData(document->expat, document);
	XML_SetElementHandler(document->expat, on_start, on_end);
	XML_SetCharacterDataHandler(document->expat, on_text);
	XML_SetStartDoctypeDeclHandler(document->expat, on_doctype);
	if (length > LIMIT_HTTP_BODY)
		fail(document, NULL, "is too long");
	else if (XML_Parse(document->expat, bytes, (int)length, XML_TRUE) != XML_STATUS_OK &&
		 !document->failed) {
		document->failed = true;
		error_set(document->error, NULL, "line %lu column %lu: %s",
			XML_GetCurrentLineNumber(document->expat),
			XML_GetCurrentColumnNumber(document->expat) + 1,
			XML_ErrorString(XML_GetErrorCode(document->expat)));
	}
	XML_ParserFree(document->expat);
	return !document->failed;
}

static int hex_value(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c | 0x20) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* The user part of "sip:1001@pbx.example.org", or the number of "tel:+4930", without its escapes. */
static bool find_extension(const struct document *document, const char **extension)
{
	const char *at = strchr(document->entity, ':');
	char text[ENTITY_ROOM];
	size_t length = 0;
	if (at == NULL || (strncmp(document->entity, "tel:", 4) != 0 && strchr(at, '@') == NULL))
		return error_set(document->error, "entity", "must have a user, as in sip:1001@example.org");
	for (at++; *at != '\0' && strchr("@;:?", *at) == NULL; at++) {
		int high = *at == '%' ? hex_value(at[1]) : -1, low = high >= 0 ? hex_value(at[2]) : -1;
		if (high >= 0 && low >= 0) {
			text[length++] = (char)(high * 16 + low);
			at += 2;
		} else {
			text[length++] = *at;
		}
	}
	text[length] = '\0';
	if (strlen(text) != length)
		return error_set(document->error, "entity", "has characters that are not allowed");
	return member_text(
		text, LIMIT_EXTENSION_BYTES, "", "entity", document->list, extension, document->error);
}

/* False: the dialog has ended, or its state is not known. */
static bool state_of(const struct dialog *dialog, enum leg_state *state)
{
	if (strcmp(dialog->state, "confirmed") == 0) {
		*state = dialog->held ? LEG_HELD : LEG_ACTIVE;
		return true;
	}
	*state = LEG_RINGING;
	return strcmp(dialog->state, "trying") == 0 || strcmp(dialog->state, "proceeding") == 0 ||
	       strcmp(dialog->state, "early") == 0;
}

static void add_snapshot(
	const struct document *document, const struct pbx_source *source, const char *extension)
{
	struct snapshot_leg *legs = facts_memory(document->list, (document->count + 1) * sizeof(*legs));
	struct fact_snapshot snapshot = {.pbx = facts_string(document->list, source->pbx),
		.extension = extension,
		.at = source->received,
		.in_order = true, /* by `version` */
		.legs = legs,
		.lease_seconds = source->lease_seconds};
	for (size_t i = 0; i < document->count; i++) {
		const struct dialog *dialog = &document->dialogs[i];
		struct snapshot_leg leg = {.call = dialog->call,
			.leg = dialog->id,
			.extension = extension,
			.direction = dialog->direction};
		if (state_of(dialog, &leg.state))
			legs[snapshot.count++] = leg;
	}
	facts_add(document->list, FACT_SNAPSHOT)->snapshot = snapshot;
}

static void add_events(
	const struct document *document, const struct pbx_source *source, const char *extension)
{
	struct fact_call call = {.pbx = facts_string(document->list, source->pbx),
		.extension = extension,
		.lease_seconds = source->lease_seconds};
	for (size_t i = 0; i < document->count; i++) {
		const struct dialog *dialog = &document->dialogs[i];
		enum leg_state state;
		bool is_live = state_of(dialog, &state);
		call.call = dialog->call;
		call.leg = dialog->id;
		call.direction = dialog->direction;
		call.event = is_live ? CALL_RINGING : CALL_ENDED;
		if (is_live && state != LEG_RINGING)
			facts_add_call_up(document->list, &call);
		else if (is_live || strcmp(dialog->state, "terminated") == 0)
			facts_add(document->list, FACT_CALL)->call = call;
		call.event = CALL_HELD;
		if (is_live && state == LEG_HELD)
			facts_add(document->list, FACT_CALL)->call = call;
	}
}

static bool add_facts(const struct document *document, const struct pbx_source *source)
{
	const char *extension = NULL;
	if (!find_extension(document, &extension))
		return false;
	if (source->versions != NULL && !dialog_versions_take(source->versions, source->pbx, document->entity,
						document->version, document->full, source->received))
		return true;
	if (document->full)
		add_snapshot(document, source, extension);
	else
		add_events(document, source, extension);
	return true;
}

bool pbx_dialog_info_parse(const char *bytes, size_t length, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error)
{
	struct document document = {.list = list, .error = error};
	bool ok = read_document(&document, bytes, length) && add_facts(&document, source);
	*too_many = document.too_many;
	free(document.dialogs);
	return ok;
}
