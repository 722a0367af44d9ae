/*
 * Choices and messages that came over HTTP become facts here.
 */
#include "http/choice.h"

#include "base/expiry.h"
#include "base/json.h"
#include "base/text.h"
#include "http/render.h"

static const struct json_member choice_members[] = {
	{"status", JSON_KIND_STRING, true},
	{"message", JSON_KIND_STRING, false},
	{"expires", JSON_KIND_STRING, false},
	{0},
};

static const struct json_member message_members[] = {
	{"message", JSON_KIND_STRING, true},
	{"expires", JSON_KIND_STRING, false},
	{0},
};

static void submit(struct http_request *request, struct person *person, struct fact *fact)
{
	if (request_submit(request, fact, 1, false) == SUBMIT_OK)
		request_hold(request, render_person(request->engine, person));
}

/* The body as an object with those members, or NULL with an error. The caller owns it. */
static json_t *read_body(
	const struct http_request *request, const struct json_member *members, struct error *error)
{
	json_t *body = json_read(request->body, request->length, error);
	if (body != NULL && !json_check(body, members, "", error)) {
		json_decref(body);
		return NULL;
	}
	return body;
}

static bool read_message(const json_t *body, const char **message, struct error *error)
{
	*message = json_text(body, "message");
	return *message == NULL || text_check(*message, 0, LIMIT_MESSAGE, "message", error);
}

/* 0 when `expires` is absent. */
static bool read_expiry(const struct http_request *request, const struct person *person, const json_t *body,
	usec_t *until, struct error *error)
{
	const char *text = json_text(body, "expires");
	*until = 0;
	return text == NULL ||
	       expiry_parse(text, person_zone(request->engine, person), request_now(request), until, error);
}

static bool read_choice(const struct http_request *request, const json_t *body, struct fact_choice *choice,
	struct error *error)
{
	choice->status = json_text(body, "status");
	if (!read_message(body, &choice->message, error) ||
		!read_expiry(request, choice->person, body, &choice->until, error))
		return false;
	const struct status *status = catalogue_get(&request->engine->catalogue, choice->status);
	if (status != NULL && json_text(body, "expires") == NULL && status->default_expiry != 0)
		choice->until = request_now(request) + status->default_expiry * MINUTE;
	return true;
}

void choice_put(struct http_request *request, struct person *person, enum source source)
{
	struct error error = {0};
	struct fact fact = {.kind = FACT_CHOICE, .choice = {.person = person, .source = source}};
	json_t *body = read_body(request, choice_members, &error);
	if (body != NULL && read_choice(request, body, &fact.choice, &error))
		submit(request, person, &fact);
	else
		request_refuse(request, 400, error.field, "%s", error.text);
	json_decref(body);
}

void choice_delete(struct http_request *request, struct person *person, enum source source)
{
	struct fact fact = {.kind = FACT_CHOICE, .choice = {.person = person, .source = source}};
	submit(request, person, &fact);
}

void message_put(struct http_request *request, struct person *person)
{
	struct error error = {0};
	struct fact fact = {.kind = FACT_MESSAGE, .message = {.person = person}};
	json_t *body = read_body(request, message_members, &error);
	if (body != NULL && read_message(body, &fact.message.text, &error) &&
		read_expiry(request, person, body, &fact.message.until, &error))
		submit(request, person, &fact);
	else
		request_refuse(request, 400, error.field, "%s", error.text);
	json_decref(body);
}
