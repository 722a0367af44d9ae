/*
 * Requests come in here, and meet what their routes ask of them.
 */
#include "http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "http/message.h"
#include "http/replays.h"
#include "http/request.h"
#include "http/server.h"
#include "http/tls.h"

static const struct {
	unsigned scope;
	const char *name;
} scopes[] = {
	{SCOPE_EVENTS, "events"},
	{SCOPE_ROUTE, "route"},
	{SCOPE_READ, "read"},
	{SCOPE_WRITE, "write"},
	{SCOPE_BOARD, "board"},
	{SCOPE_METRICS, "metrics"},
};

/* What a route that acts on a tenant can ask for. */
enum { TENANT_SCOPES = SCOPE_EVENTS | SCOPE_ROUTE | SCOPE_READ | SCOPE_WRITE | SCOPE_BOARD };

/* Any of these will do: "read or board". */
static void name_scopes(unsigned any, struct buf *out)
{
	for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++) {
		if ((scopes[i].scope & any) != 0)
			buf_addf(out, "%s%s", out->length > 0 ? " or " : "", scopes[i].name);
	}
}

static enum path_result read_target(struct http_request *request)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request->message);
	/* libevent takes what is after two slashes for a host, and only what is after that for the path. */
	if (evhttp_uri_get_host(uri) != NULL && evhttp_uri_get_scheme(uri) == NULL)
		return PATH_STRANGE;
	request->query = evhttp_uri_get_query(uri);
	return path_split(evhttp_uri_get_path(uri), &request->path);
}

/* Each of the following answers the request when it returns NULL or false. */

static const struct http_route *find_route(struct http_request *request)
{
	switch (read_target(request)) {
	case PATH_BAD:
		request_refuse(request, 400, NULL, "the path has a bad escape or is not UTF-8");
		return NULL;
	case PATH_TOO_LONG:
		request_refuse(request, 414, NULL, "the path is longer than %d bytes", LIMIT_HTTP_PATH);
		return NULL;
	case PATH_STRANGE:
		request_refuse(request, 404, NULL, "there is nothing here");
		return NULL;
	case PATH_OK:
		break;
	}

	const struct http_route *route = NULL;
	struct buf allow;
	enum { ALLOW_MOST = 64 };
	buf_init(&allow, ALLOW_MOST);
	switch (http_route_find(&request->path, request->method, &route, &request->captures, &allow)) {
	case ROUTE_FOUND:
		break;
	case ROUTE_UNKNOWN:
		request_refuse(request, 404, NULL, "there is nothing here");
		break;
	case ROUTE_OTHER_METHOD:
		request_add_header(request, "Allow", buf_text(&allow));
		request_refuse(request, 405, NULL, "this can be done here: %s", buf_text(&allow));
		break;
	}
	buf_done(&allow);
	return route;
}

static void refuse_login(struct http_request *request, const char *reason)
{
	unsigned wait = auth_failed(request->http->auth, request->peer, clock_monotonic());
	if (wait > 0) {
		char seconds[16];
		snprintf(seconds, sizeof(seconds), "%u", wait);
		request_add_header(request, "Retry-After", seconds);
		request_refuse(
			request, 429, NULL, "too many requests without a good token from this address");
		return;
	}
	metrics_add(METRIC_HTTP_UNAUTHORIZED, 1);
	request_add_header(request, "WWW-Authenticate", "Bearer");
	request_refuse(request, 401, NULL, "%s", reason);
}

/* The whole body, which stays with evhttp. */
static const char *body_of(const struct http_request *request, size_t *length)
{
	struct evbuffer *input = evhttp_request_get_input_buffer(request->message);
	*length = evbuffer_get_length(input);
	return *length > 0 ? (const char *)evbuffer_pullup(input, -1) : "";
}

/* The PBX of the path, if it must sign this. Nothing is changed by GET, and there is nothing to sign. */
static const struct config_pbx *find_signer(const struct http_request *request)
{
	const struct config *config = request->http->config;
	const char *name = request->captures.pbx;
	if (name == NULL || request->method == EVHTTP_REQ_GET || request->method == EVHTTP_REQ_HEAD)
		return NULL;
	for (size_t i = 0; i < config->pbx_count; i++) {
		if (strcmp(config->pbxes[i].name, name) == 0 && config->pbxes[i].signature.secret != NULL)
			return &config->pbxes[i];
	}
	return NULL;
}

static bool check_signature(
	struct http_request *request, const struct config_pbx *signer, struct error *error)
{
	const struct signature_scheme *scheme = &signer->signature;
	const char *header = signature_header(scheme);
	struct signature signature;
	usec_t now = clock_now();
	size_t length;
	const char *body = body_of(request, &length);
	if (!signature_check(
		    scheme, message_header(request->message, header), body, length, now, &signature, error))
		return false;
	if (signature.at == 0)
		return true;
	if (!replays_add(request->http->replays, signer->name, &signature, now))
		return error_set(error, header, "was used before");
	memcpy(request->signature, signature.key, sizeof(request->signature));
	return true;
}

/* Whether it is known who asks; else answers. A bad token is not mended by a good signature. */
static bool identify(struct http_request *request)
{
	static const char no_token[] = "a token is needed, as Authorization: Bearer TOKEN";
	const struct config *config = request->http->config;
	const char *authorization = message_header(request->message, "Authorization");
	const struct config_pbx *signer = find_signer(request);
	bool is_known = auth_identify(config, authorization, &request->who);
	if (!is_known && (signer == NULL || authorization != NULL)) {
		refuse_login(request, no_token);
		return false;
	}
	if (signer == NULL || (is_known && strcmp(request->who.name, signer->name) != 0) ||
		request->who.kind == IDENTITY_CLIENT)
		return true;
	struct error error = {0};
	if (check_signature(request, signer, &error)) {
		auth_set_signer(config, (size_t)(signer - config->pbxes), &request->who);
		return true;
	}
	char reason[sizeof(error.field) + sizeof(error.text) + 2];
	snprintf(reason, sizeof(reason), "%s %s", error.field, error.text);
	refuse_login(request, reason);
	return false;
}

static void refuse_scope(struct http_request *request, unsigned any)
{
	struct buf names;
	enum { NAMES_MOST = 64 };
	buf_init(&names, NAMES_MOST);
	name_scopes(any, &names);
	request_refuse(request, 403, NULL, "this token has not the scope %s", buf_text(&names));
	buf_done(&names);
}

static bool authorise(struct http_request *request, const struct http_route *route)
{
	if (route->scope == 0)
		return true;
	if (route->open_on_loopback && auth_is_loopback(request->peer) &&
		!message_is_forwarded(request->message))
		return true;
	if (!identify(request))
		return false;
	if ((request->who.scopes & route->scope) == 0) {
		refuse_scope(request, route->scope);
		return false;
	}
	/* Whether another PBX exists is no business of this one. */
	if (request->who.kind == IDENTITY_PBX &&
		(request->captures.pbx == NULL || strcmp(request->captures.pbx, request->who.name) != 0)) {
		request_refuse(request, 403, NULL, "the token of a PBX is good for that PBX only");
		return false;
	}
	return true;
}

static bool find_pbx(struct http_request *request)
{
	const struct config *config = request->http->config;
	const char *name = request->captures.pbx;
	if (name == NULL)
		return true;
	for (size_t i = 0; i < config->pbx_count && request->pbx == NULL; i++) {
		if (strcmp(config->pbxes[i].name, name) == 0)
			request->pbx = &config->pbxes[i];
	}
	if (request->pbx == NULL) {
		request_refuse(request, 404, NULL, "there is no such PBX");
		return false;
	}
	if (request->pbx->tenant != request->who.tenant) {
		request_refuse(request, 403, NULL, "this PBX belongs to another tenant");
		return false;
	}
	return true;
}

static bool find_engine(struct http_request *request, const struct http_route *route)
{
	const struct http_world *world = &request->http->world;
	if ((route->scope & TENANT_SCOPES) == 0)
		return true;
	request->engine = world->engine(world->ctx, request->who.tenant);
	if (request->engine != NULL)
		return true;
	request_unavailable(request, "this process does not serve the tenant at the moment");
	return false;
}

static bool take_body(struct http_request *request)
{
	if (request->method != EVHTTP_REQ_POST && request->method != EVHTTP_REQ_PUT)
		return true;
	const struct http_world *world = &request->http->world;
	const char *format = request->captures.format;
	const char *type = format != NULL ? world->media_type(world->ctx, format) : "application/json";
	if (type == NULL) {
		request_refuse(request, 404, NULL, "there is no such format");
		return false;
	}
	if (!message_has_type(request->message, type)) {
		request_refuse(request, 415, NULL, "the Content-Type must be %s", type);
		return false;
	}
	request->body = body_of(request, &request->length);
	return true;
}

static void receive(struct evhttp_request *message, void *arg)
{
	struct http_request *request = request_new(arg, message);
	struct error error = {0};
	int status;
	if (!message_check(message, &status, &error)) {
		request->close = true;
		request_refuse(request, status, error.field, "%s", error.text);
		return;
	}
	const struct http_route *route = find_route(request);
	if (route != NULL && authorise(request, route) && find_pbx(request) && find_engine(request, route) &&
		take_body(request))
		route->handle(request);
}

static uint16_t port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {0};
	socklen_t length = sizeof(address);
	if (getsockname(fd, &address.any, &length) != 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static size_t most_connections(const struct config *config)
{
	return config->http_max_connections != 0 ? config->http_max_connections : LIMIT_HTTP_CONNECTIONS;
}

/* NULL without TLS. */
static bool read_certificate(const struct config *config, struct ssl_ctx_st **tls, struct error *error)
{
	*tls = config->http_tls_cert != NULL ? tls_new(config, error) : NULL;
	return *tls != NULL || config->http_tls_cert == NULL;
}

/* For new connections. */
static void use_certificate(struct http *http, struct ssl_ctx_st *tls)
{
	conns_set_tls(http->conns, tls);
	tls_free(tls);
}

struct http *http_new(
	struct loop *loop, const struct config *config, const struct http_world *world, struct error *error)
{
	struct ssl_ctx_st *tls;
	if (!read_certificate(config, &tls, error))
		return NULL;
	struct evhttp *server = evhttp_new(loop_base(loop));
	struct evhttp_bound_socket *socket =
		evhttp_bind_socket_with_handle(server, config->http_host, config->http_port);
	if (socket == NULL) {
		error_set(error, "listen", "cannot listen on %s port %u: %s", config->http_host,
			config->http_port, strerror(errno));
		evhttp_free(server);
		tls_free(tls);
		return NULL;
	}
	/* Sockets that are accepted inherit it. */
	int fd = evhttp_bound_socket_get_fd(socket), on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

	struct http *http = mem_new(sizeof(*http));
	http->loop = loop;
	http->config = config;
	http->world = *world;
	http->server = server;
	http->port = port_of(fd);
	http->auth = auth_new();
	http->replays = replays_new();
	http->conns = conns_new(loop, server, socket, most_connections(config));
	use_certificate(http, tls);
	http->live = live_new(http);
	http->unknown_logged = clock_monotonic() - MINUTE;
	evhttp_set_max_headers_size(server, CONN_HEADERS_MOST);
	evhttp_set_max_body_size(server, CONN_BODY_MOST);
	/* Takes in the rest of a body that is too long, so that the client reads why. */
	evhttp_set_flags(server, EVHTTP_SERVER_LINGERING_CLOSE);
	/* Every method comes to us, for a 405 that names those there are. */
	evhttp_set_allowed_methods(server, UINT16_MAX);
	evhttp_set_gencb(server, receive, http);
	return http;
}

uint16_t http_port(const struct http *http)
{
	return http->port;
}

bool http_check(const struct config *config, struct error *error)
{
	struct ssl_ctx_st *tls;
	bool good = read_certificate(config, &tls, error);
	if (good)
		tls_free(tls);
	return good;
}

bool http_reconfigure(struct http *http, const struct config *config, struct error *error)
{
	struct ssl_ctx_st *tls;
	if (!read_certificate(config, &tls, error))
		return false;
	use_certificate(http, tls);
	http->config = config;
	conns_set_most(http->conns, most_connections(config));
	live_end_streams(http->live);
	return true;
}

void http_presence_changed(struct http *http, const struct engine *engine, const char *contact)
{
	live_changed(http->live, engine, contact);
}

void http_event_dropped(struct http *http, const struct engine *engine, const char *pbx, const char *id)
{
	requests_lose_duplicate(http, engine, pbx, id);
}

void http_engine_gone(struct http *http, struct engine *engine)
{
	live_forget(http->live, engine);
	requests_abandon(http, engine);
}

void http_stop(struct http *http)
{
	http->stopping = true;
	live_end_streams(http->live);
	conns_stop(http->conns);
}

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	http_stop(http);
	requests_abandon(http, NULL);
	live_free(http->live);
	conns_flush(http->conns);
	evhttp_free(http->server);
	conns_free(http->conns);
	loop_timer_free(http->patience);
	replays_free(http->replays);
	auth_free(http->auth);
	free(http);
}
