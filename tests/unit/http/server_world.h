/*
 * A server on a free port with a real engine, ports that keep their promises only when a test says so, and
 * a client that speaks raw bytes; all on one thread, which turns the loop while it waits.
 */
#ifndef OFFHOOK_TESTS_SERVER_WORLD_H
#define OFFHOOK_TESTS_SERVER_WORLD_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "http/conns.h"
#include "http/http.h"
#include "http/request.h"
#include "http/server.h"

#define PBX_TOKEN "pbx-token-0123456789"
#define OTHER_PBX_TOKEN "other-pbx-token-0123456789"
#define READER_TOKEN "reader-token-0123456789"
#define EVENTS "/v1/pbx/hq/events"
#define GOOD "{\"extension\":\"1001\"}"

enum { PROMISES = 16 };

static struct loop *loop;
static struct loop_timer *alarm_clock;
static struct timers timers;
static struct engine *engine;
static struct config config;
static struct http *http;
static bool engine_away, is_ready, is_busy;
static struct {
	commit_fn *done;
	void *arg;
} promises[PROMISES];
static size_t promise_count;

static inline void drain(void)
{
	struct effect effect;
	while (engine_next_effect(engine, &effect)) {
		bool is_seen = effect.kind == EFFECT_PRESENCE || effect.kind == EFFECT_CONTACT;
		if (is_seen && http != NULL)
			http_presence_changed(http, engine, effect.contact);
	}
}

static inline usec_t port_now(void *ctx)
{
	(void)ctx;
	return clock_now();
}

static inline enum submit_result port_submit(void *ctx, struct engine *of, struct fact *facts, size_t count,
	commit_fn *done, void *arg, size_t *at, struct error *error)
{
	(void)ctx;
	if (is_busy)
		return SUBMIT_BUSY;
	for (*at = 0; *at < count; (*at)++) {
		if (facts[*at].kind == FACT_CALL && strcmp(facts[*at].call.extension, "impossible") == 0) {
			error_set(error, "extension", "is impossible");
			return SUBMIT_INVALID;
		}
		if (!engine_apply(of, &facts[*at], clock_now(), error))
			return SUBMIT_INVALID;
		drain();
	}
	ck_assert_uint_lt(promise_count, PROMISES);
	promises[promise_count].done = done;
	promises[promise_count++].arg = arg;
	return SUBMIT_OK;
}

static inline void port_forget(void *ctx, void *arg)
{
	(void)ctx;
	for (size_t i = 0; i < promise_count; i++) {
		if (promises[i].arg == arg)
			promises[i].done = NULL;
	}
}

/* What was submitted is committed now, or not. Returns how many still waited for it. */
static inline size_t commit(enum commit_result result)
{
	size_t waited = 0;
	for (size_t i = 0; i < promise_count; i++) {
		if (promises[i].done == NULL)
			continue;
		waited++;
		promises[i].done(promises[i].arg, result);
	}
	promise_count = 0;
	return waited;
}

static inline struct engine *world_engine(void *ctx, size_t tenant)
{
	(void)ctx;
	return engine_away || tenant != 0 ? NULL : engine;
}

static inline bool world_ready(void *ctx, struct buf *missing)
{
	(void)ctx;
	if (!is_ready)
		buf_add_text(missing, "PostgreSQL is not connected\npresence.example.org is not connected\n");
	return is_ready;
}

static inline const char *world_media_type(void *ctx, const char *format)
{
	(void)ctx;
	return strcmp(format, "telegraph") == 0 ? "application/morse" : NULL;
}

/* Of the real formats only what these tests need: {"extension", "id"}, alone or in an array. */
static inline bool world_parse(void *ctx, const char *format, const char *bytes, size_t length,
	const struct config_pbx *pbx, struct fact_list *list, bool *too_many, struct error *error)
{
	(void)ctx;
	(void)format;
	json_t *body = json_read(bytes, length, error);
	if (body == NULL)
		return false;
	size_t count = json_is_array(body) ? json_array_size(body) : 1;
	*too_many = count > LIMIT_EVENTS_PER_POST;
	for (size_t i = 0; i < count && !*too_many; i++) {
		const json_t *object = json_is_array(body) ? json_array_get(body, i) : body;
		const char *extension = facts_string(list, json_text(object, "extension"));
		if (extension == NULL) {
			char field[40];
			snprintf(field, sizeof(field), "[%zu].extension", i);
			json_decref(body);
			return error_set(error, field, "is missing");
		}
		facts_add(list, FACT_CALL)->call = (struct fact_call){.pbx = facts_string(list, pbx->name),
			.call = "c1",
			.extension = extension,
			.id = facts_string(list, json_text(object, "id")),
			.event = CALL_ANSWERED};
	}
	json_decref(body);
	return *too_many ? error_set(error, NULL, "too many events") : true;
}

static inline void stop_turning(void *arg)
{
	loop_stop(arg);
}

static inline void turn(usec_t time)
{
	loop_timer_set(alarm_clock, time);
	loop_run(loop);
}

static inline void add_person(int64_t row, const char *contact, const char *name, const char *extension)
{
	const char *const extensions[] = {extension};
	struct fact fact = {.kind = FACT_PERSON,
		.person = {.row = row,
			.contact = contact,
			.name = name,
			.extensions = extensions,
			.extension_count = 1}};
	ck_assert(engine_apply(engine, &fact, clock_now(), NULL));
	drain();
}

static inline void add_status(const char *id, const char *name, uint32_t default_expiry)
{
	struct fact fact = {.kind = FACT_STATUS,
		.status = {.row = 100,
			.id = id,
			.name = name,
			.icon = "🚬",
			.color = "#123456",
			.text = "",
			.activity = "",
			.show = SHOW_AWAY,
			.default_expiry = default_expiry,
			.position = 50,
			.enabled = true,
			.kind = STATUS_CUSTOM}};
	ck_assert(engine_apply(engine, &fact, clock_now(), NULL));
	drain();
}

static inline void token(unsigned char digest[SHA256_BYTES], const char *text)
{
	secret_sha256(text, strlen(text), digest);
}

static struct config_tenant tenants[2];
static struct config_pbx pbxes[3];
static struct config_client clients[1];

static inline void configure(void)
{
	static char hq[] = "hq", branch[] = "branch", foreign[] = "foreign", reader[] = "reader";
	static char host[] = "127.0.0.1";
	pbxes[0] = (struct config_pbx){.name = hq, .has_token = true};
	pbxes[1] = (struct config_pbx){.name = branch, .has_token = true};
	pbxes[2] = (struct config_pbx){.name = foreign, .tenant = 1};
	token(pbxes[0].token, PBX_TOKEN);
	token(pbxes[1].token, OTHER_PBX_TOKEN);
	clients[0] = (struct config_client){
		.name = reader, .scopes = SCOPE_READ | SCOPE_WRITE | SCOPE_ROUTE | SCOPE_METRICS};
	token(clients[0].token, READER_TOKEN);
	config = (struct config){.http_host = host,
		.tenants = tenants,
		.tenant_count = 2,
		.pbxes = pbxes,
		.pbx_count = 3,
		.clients = clients,
		.client_count = 1};
}

static inline void world_begin(void)
{
	static const struct ports ports = {.now = port_now, .submit = port_submit, .forget = port_forget};
	engine_away = is_busy = false;
	is_ready = true;
	promise_count = 0;
	loop = loop_new();
	alarm_clock = loop_timer_new(loop, stop_turning, loop);
	timers_init(&timers);
	engine = engine_new("example.org", 1, &timers);
	add_person(1, "alice", "Alice Ünlü", "hq:1001");
	add_person(2, "bob", "Bob", "hq:1002");
	add_person(3, "carol", "Carol", "hq:1003");
	engine_start(engine, clock_now());
	drain();
	configure();
	struct http_world world = {.ports = &ports,
		.engine = world_engine,
		.ready = world_ready,
		.media_type = world_media_type,
		.parse = world_parse};
	struct error error = {0};
	http = http_new(loop, &config, &world, &error);
	ck_assert_msg(http != NULL, "%s", error.text);
}

static inline void world_end(void)
{
	http_free(http);
	http = NULL;
	loop_timer_free(alarm_clock);
	loop_free(loop);
	engine_free(engine);
	timers_done(&timers);
}

static inline int dial(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(http_port(http)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	turn(1000);
	return fd;
}

/* Everything, even when the server has to take some of it first. */
static inline void say_bytes(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0) {
			bytes += sent;
			length -= (size_t)sent;
		} else if (errno != EAGAIN) {
			return;
		}
		turn(1000);
	}
}

static inline void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

/* The last answer heard. */
static struct {
	int status; /* 0: none */
	bool closed;
	char headers[4096];
	char body[262144];
} heard;

static inline const char *header(const char *name)
{
	static char value[512];
	for (const char *line = strchr(heard.headers, '\n'); line != NULL; line = strchr(line, '\n')) {
		line++;
		size_t length = strlen(name);
		if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
			snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + length + 2, "\r"),
				line + length + 2);
			return value;
		}
	}
	return "";
}

/* One answer, byte-exact, so that the next one on the connection stays for the next call. Waits for as long as
 * given. */
static inline int hear_within(int fd, bool has_body, usec_t time)
{
	usec_t end = clock_monotonic() + time;
	size_t length = 0, wanted = sizeof(heard.headers) - 1;
	bool in_body = false;
	memset(&heard, 0, sizeof(heard));
	while (clock_monotonic() < end && !heard.closed && length < wanted) {
		char *to = in_body ? heard.body : heard.headers;
		ssize_t got = recv(fd, to + length, in_body ? wanted - length : 1, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN)) {
			heard.closed = true;
		} else if (got < 0) {
			turn(2000);
		} else {
			length += (size_t)got;
		}
		if (!in_body && length >= 4 && strcmp(heard.headers + length - 4, "\r\n\r\n") == 0) {
			sscanf(heard.headers, "HTTP/1.%*d %d", &heard.status);
			in_body = true;
			length = 0;
			wanted = has_body ? (size_t)atol(header("Content-Length")) : 0;
			ck_assert_uint_lt(wanted, sizeof(heard.body));
		}
	}
	return heard.status;
}

static inline int hear(int fd)
{
	return hear_within(fd, true, 3 * SECOND);
}

/* Whether the server closes the connection soon, whatever it still says. */
static inline bool is_closed(int fd)
{
	char bytes[4096];
	for (int i = 0; i < 200; i++) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			return true;
		turn(2000);
	}
	return false;
}

static inline bool all_connections_end(void)
{
	for (int i = 0; i < 1500 && metrics_get(METRIC_HTTP_CONNECTIONS) > 0; i++) {
		turn(2000);
		conns_sweep(http->conns, clock_monotonic());
	}
	return metrics_get(METRIC_HTTP_CONNECTIONS) == 0;
}

static inline void ask_on(int fd, const char *method, const char *path, const char *with, const char *body)
{
	char authorization[128] = "";
	if (with != NULL)
		snprintf(authorization, sizeof(authorization), "Authorization: Bearer %s\r\n", with);
	char head[4096];
	snprintf(head, sizeof(head),
		"%s %s HTTP/1.1\r\nHost: offhook\r\n%sContent-Type: application/json\r\nContent-Length: "
		"%zu\r\n\r\n",
		method, path, authorization, strlen(body));
	say(fd, head);
	say(fd, body);
}

/* Until so many promises are open; the machine may be slow. */
static inline void wait_for_promises(size_t count)
{
	for (int i = 0; i < 1500 && promise_count < count; i++)
		turn(2000);
	ck_assert_uint_eq(promise_count, count);
}

/* A request of its own connection, answered at once. */
static inline int ask(const char *method, const char *path, const char *with, const char *body)
{
	int fd = dial();
	ask_on(fd, method, path, with, body);
	hear(fd);
	close(fd);
	return heard.status;
}

/* The same for one that is answered after a commit. */
static inline int ask_and_commit(const char *method, const char *path, const char *with, const char *body)
{
	int fd = dial();
	ask_on(fd, method, path, with, body);
	wait_for_promises(1);
	ck_assert_uint_eq(commit(COMMIT_DONE), 1);
	hear(fd);
	close(fd);
	return heard.status;
}

/* Checks that the last answer is a problem document. */
static inline void is_problem(int status)
{
	ck_assert_int_eq(heard.status, status);
	ck_assert_str_eq(header("Content-Type"), "application/problem+json");
	json_t *problem = json_read(heard.body, strlen(heard.body), NULL);
	ck_assert_ptr_nonnull(problem);
	ck_assert_int_eq(json_integer_value(json_object_get(problem, "status")), status);
	ck_assert_str_eq(json_text(problem, "type"), "about:blank");
	ck_assert(json_text(problem, "title")[0] != '\0');
	json_decref(problem);
}

#define heard_contains(part) ck_assert_msg(strstr(heard.body, (part)) != NULL, "not in: %s", heard.body)

#endif
