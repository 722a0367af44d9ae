/*
 * How the process is: alive, ready, and in numbers.
 */
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "http/request.h"
#include "http/server.h"

static void get_health(struct http_request *request)
{
	json_t *object = json_object();
	json_object_set_new(object, "status", json_string("ok"));
	request_answer(request, object);
}

/* The lines as one, for a problem's detail; the caller frees it. */
static char *join_lines(const char *lines)
{
	struct buf joined;
	enum { JOINED_MOST = 4000 };
	buf_init(&joined, JOINED_MOST);
	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");
		buf_add_text(&joined, joined.length > 0 ? "; " : "");
		buf_add(&joined, lines, length);
		lines += length + (lines[length] == '\n');
	}
	return buf_take(&joined);
}

static void get_readiness(struct http_request *request)
{
	const struct http_world *world = &request->http->world;
	struct buf missing;
	enum { MISSING_MOST = 1000 };
	buf_init(&missing, MISSING_MOST);
	if (world->ready(world->ctx, &missing)) {
		json_t *object = json_object();
		json_object_set_new(object, "status", json_string("ready"));
		request_answer(request, object);
	} else {
		char *sentence = join_lines(buf_text(&missing));
		request_unavailable(request, "%s", sentence);
		free(sentence);
	}
	buf_done(&missing);
}

static void get_metrics(struct http_request *request)
{
	struct buf text;
	enum { METRICS_MOST = 256 * 1024 };
	buf_init(&text, METRICS_MOST);
	metrics_render(&text);
	request_answer_text(request, "text/plain; version=0.0.4; charset=utf-8", buf_text(&text));
	buf_done(&text);
}

const struct http_route process_routes[] = {
	{EVHTTP_REQ_GET, "/healthz", 0, false, get_health},
	{EVHTTP_REQ_GET, "/readyz", 0, false, get_readiness},
	{EVHTTP_REQ_GET, "/metrics", SCOPE_METRICS, true, get_metrics},
	{0},
};
