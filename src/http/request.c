/*
 * Requests are answered here, some of them later.
 */
#include "http/request.h"

#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "http/problem.h"
#include "http/replays.h"
#include "http/server.h"

static const char json_type_name[] = "application/json";
static const char problem_type_name[] = "application/problem+json";

/* The connection ends before the answer: evhttp frees the message with it, unless it has just given it up. */
static void client_gone(void *arg)
{
	struct http_request *request = arg;
	if (evhttp_request_get_connection(request->message) == NULL)
		evhttp_request_free(request->message);
	request->message = NULL;
	request->conn = NULL;
}

struct http_request *request_new(struct http *http, struct evhttp_request *message)
{
	struct http_request *request = mem_new(sizeof(*request));
	request->http = http;
	request->message = message;
	request->begun = clock_monotonic();
	request->conn = conns_asked(http->conns, message, client_gone, request);
	request->method = evhttp_request_get_command(message);
	snprintf(request->who.name, sizeof(request->who.name), "nobody");

	char *peer = NULL;
	ev_uint16_t port;
	evhttp_connection_get_peer(evhttp_request_get_connection(message), &peer, &port);
	snprintf(request->peer, sizeof(request->peer), "%s", peer != NULL ? peer : "");

	const char *uri = evhttp_request_get_uri(message);
	snprintf(request->what, sizeof(request->what), "%s %.*s", http_method_to_text(request->method),
		(int)strcspn(uri, "?"), uri);
	return request;
}

usec_t request_now(const struct http_request *request)
{
	const struct ports *ports = request->http->world.ports;
	return ports->now(ports->ctx);
}

static void unhold(struct http_request *request)
{
	struct http *http = request->http;
	if (request->answer == NULL)
		return;
	*(request->older != NULL ? &request->older->newer : &http->oldest) = request->newer;
	*(request->newer != NULL ? &request->newer->older : &http->newest) = request->older;
	free(request->answer);
	request->answer = NULL;
}

static void add_common_headers(struct http_request *request, const char *type)
{
	request_add_header(request, "Content-Type", type);
	request_add_header(request, "Cache-Control", "no-store");
	request_add_header(request, "X-Content-Type-Options", "nosniff");
}

static void send_message(struct http_request *request, int status, const char *type, const char *text)
{
	size_t length = strlen(text);
	struct evbuffer *body = evbuffer_new();

	add_common_headers(request, type);
	if (request->close || request->http->stopping)
		request_add_header(request, "Connection", "close");
	if (request->method == EVHTTP_REQ_HEAD) {
		char number[24];
		snprintf(number, sizeof(number), "%zu", length);
		request_add_header(request, "Content-Length", number);
	} else {
		evbuffer_add(body, text, length);
	}
	conn_answering(request->conn, request->message);
	evhttp_send_reply(request->message, status, http_title(status), body);
	evbuffer_free(body);
}

/* It has been answered: says so, and forgets it. */
static void put_away(struct http_request *request, int status)
{
	if (status >= 500 && request->signature[0] != '\0')
		replays_forget(request->http->replays, request->who.name, request->signature);
	metrics_add(METRIC_HTTP_REQUESTS, 1);
	log_debug("http", "%s: %d to %s at %s in %lld us%s", request->what, status, request->who.name,
		request->peer, (long long)(clock_monotonic() - request->begun),
		request->message != NULL ? "" : ", who had gone");
	unhold(request);
	json_decref(request->duplicates);
	free(request->pbx_name);
	free(request);
}

static void finish(struct http_request *request, int status, const char *type, const char *text)
{
	if (request->message != NULL)
		send_message(request, status, type, text);
	put_away(request, status);
}

struct evhttp_request *request_answer_stream(
	struct http_request *request, const char *type, void (*gone)(void *owner), void *owner)
{
	struct evhttp_request *message = request->message;
	add_common_headers(request, type);
	request_add_header(request, "Connection", "close");
	conn_streaming(request->conn, gone, owner);
	evhttp_send_reply_start(message, 200, http_title(200));
	put_away(request, 200);
	return message;
}

void request_answer(struct http_request *request, json_t *body)
{
	char *text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	finish(request, 200, json_type_name, text);
	free(text);
}

void request_answer_text(struct http_request *request, const char *type, const char *text)
{
	finish(request, 200, type, text);
}

static void refuse(struct http_request *request, int status, const char *field, const char *detail)
{
	char *problem = problem_render(status, detail, field);
	finish(request, status, problem_type_name, problem);
	free(problem);
}

void request_refuse(struct http_request *request, int status, const char *field, const char *format, ...)
{
	char detail[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	refuse(request, status, field, detail);
}

void request_unavailable(struct http_request *request, const char *format, ...)
{
	char detail[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	request_add_header(request, "Retry-After", "1");
	refuse(request, 503, NULL, detail);
}

void request_add_header(struct http_request *request, const char *name, const char *value)
{
	if (request->message != NULL)
		evhttp_add_header(evhttp_request_get_output_headers(request->message), name, value);
}

static void committed(void *arg, enum commit_result result)
{
	struct http_request *request = arg;
	switch (result) {
	case COMMIT_DONE:
		if (request->duplicate_lost)
			request_unavailable(request,
				"an event of this was taken for the repetition of one that "
				"the database did not accept; send it again");
		else
			finish(request, 200, json_type_name, request->answer);
		return;
	case COMMIT_REFUSED:
		request_refuse(request, 500, NULL, "the database did not accept this");
		return;
	case COMMIT_LOST:
		break;
	}
	request_unavailable(request, "this process stops serving; the request was possibly taken, and "
				     "sending it again is harmless");
}

enum submit_result request_submit(struct http_request *request, struct fact *facts, size_t count, bool listed)
{
	const struct ports *ports = request->http->world.ports;
	struct error error = {0};
	size_t at = 0;
	enum submit_result result =
		ports->submit(ports->ctx, request->engine, facts, count, committed, request, &at, &error);
	if (result == SUBMIT_BUSY) {
		request_unavailable(request, "too much is waiting; nothing of this was taken");
	} else if (result == SUBMIT_INVALID) {
		char field[sizeof(error.field) + 32];
		if (listed)
			snprintf(field, sizeof(field), "[%zu]%s%s", at, error.field[0] != '\0' ? "." : "",
				error.field);
		request_refuse(request, 400, listed ? field : error.field, "%s", error.text);
	}
	return result;
}

static void on_patience(void *arg)
{
	struct http *http = arg;
	http->patience_armed = false;
	requests_expire(http, clock_monotonic());
}

static void arm_patience(struct http *http, usec_t now)
{
	if (http->oldest == NULL || http->patience_armed)
		return;
	if (http->patience == NULL)
		http->patience = loop_timer_new(http->loop, on_patience, http);
	usec_t left = http->oldest->held_until - now;
	loop_timer_set(http->patience, left > 0 ? left : 0);
	http->patience_armed = true;
}

void request_hold(struct http_request *request, json_t *body)
{
	struct http *http = request->http;
	usec_t now = clock_monotonic();
	request->answer = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	request->held_until = now + LIMIT_COMMIT_SECONDS * SECOND;
	request->older = http->newest;
	*(http->newest != NULL ? &http->newest->newer : &http->oldest) = request;
	http->newest = request;
	arm_patience(http, now);

	/* The facts are made; their bytes need not wait. */
	struct evbuffer *input = evhttp_request_get_input_buffer(request->message);
	evbuffer_drain(input, evbuffer_get_length(input));
	request->body = NULL;
	request->length = 0;
	request->pbx = NULL; /* the configuration may change meanwhile */
}

void request_add_duplicate(struct http_request *request, const char *pbx, const char *id)
{
	if (request->duplicates == NULL) {
		request->duplicates = json_object();
		request->pbx_name = mem_string(pbx);
	}
	json_object_set_new(request->duplicates, id, json_true());
}

void requests_lose_duplicate(struct http *http, const struct engine *engine, const char *pbx, const char *id)
{
	for (struct http_request *request = http->oldest; request != NULL; request = request->newer) {
		if (request->engine == engine && request->duplicates != NULL &&
			strcmp(request->pbx_name, pbx) == 0 &&
			json_object_get(request->duplicates, id) != NULL)
			request->duplicate_lost = true;
	}
}

static void forget(struct http_request *request)
{
	const struct ports *ports = request->http->world.ports;
	ports->forget(ports->ctx, request);
}

void requests_abandon(struct http *http, const struct engine *engine)
{
	for (struct http_request *request = http->oldest, *newer; request != NULL; request = newer) {
		newer = request->newer;
		if (engine != NULL && request->engine != engine)
			continue;
		forget(request);
		committed(request, COMMIT_LOST);
	}
}

void requests_expire(struct http *http, usec_t now)
{
	while (http->oldest != NULL && http->oldest->held_until <= now) {
		forget(http->oldest);
		request_unavailable(http->oldest,
			"the commit takes longer than %d s; the request was possibly taken, and sending it "
			"again is harmless",
			LIMIT_COMMIT_SECONDS);
	}
	arm_patience(http, now);
}
