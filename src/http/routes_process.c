/*
 * How the process is: alive, ready, and in numbers.
 */
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

static void get_readiness(struct http_request *request)
{
	const struct http_world *world = &request->http->world;
	struct buf missing;
	enum { MISSING_MOST = 4096 };
	buf_init(&missing, MISSING_MOST);
	if (world->ready(world->ctx, &missing)) {
		json_t *object = json_object();
		json_object_set_new(object, "status", json_string("ready"));
		request_answer(request, object);
	} else {
		/* One line each becomes one sentence. */
		while (missing.length > 0 && missing.data[missing.length - 1] == '\n')
			missing.data[--missing.length] = '\0';
		for (char *end = missing.data; end != NULL && (end = strchr(end, '\n')) != NULL;)
			*end = ';';
		request_unavailable(request, "%s", buf_text(&missing));
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
