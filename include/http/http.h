/*
 * The HTTP interface (design section 7): listener, routes, tokens, problem documents.
 */
#ifndef OFFHOOK_HTTP_HTTP_H
#define OFFHOOK_HTTP_HTTP_H

#include "base/config.h"
#include "base/loop.h"
#include "core/engine.h"
#include "core/ports.h"

struct http;

/* What the routes need from the program. */
struct http_world {
	void *ctx;
	const struct ports *ports;
	/* The engine of the tenant with this index in the configuration; NULL while this process does not
	 * lead it or has not loaded it (503). */
	struct engine *(*engine)(void *ctx, size_t tenant);
	/* Ready: the database and every component are connected. Else appends what is missing, one line each. */
	bool (*ready)(void *ctx, struct buf *missing);
	/* The media type of a PBX's own format, by its name in the path; NULL: there is none. */
	const char *(*media_type)(void *ctx, const char *format);
	/* Turns a body into facts: "events", "calls", or a PBX's own format; see pbx/format.h. False with an
	 * error; *too_many. */
	bool (*parse)(void *ctx, const char *format, const char *bytes, size_t length,
		const struct config_pbx *pbx, struct fact_list *list, bool *too_many, struct error *error);
};

/* NULL and a reason when it cannot listen. `config` is borrowed until http_reconfigure or http_free. */
struct http *http_new(struct loop *loop, const struct config *config, const struct http_world *world,
	struct error *error) must_check;
/* The port it listens on: the configured one, or with 0 the one that the system gave. */
uint16_t http_port(const struct http *http);
/* New tokens, pbxes and certificate (SIGHUP); the listening address stays. Streams end, so that nobody goes on
 * listening whose token is gone. False: the certificate cannot be read, and nothing has changed. */
bool http_reconfigure(struct http *http, const struct config *config, struct error *error) must_check;
/* Whether it could be started or reconfigured with this as far as files are concerned. */
bool http_check(const struct config *config, struct error *error) must_check;
/* Colleagues see something else of a contact, or it became another's or nobody's. */
void http_presence_changed(struct http *http, const struct engine *engine, const char *contact);
/* An event with this id was applied but will never be stored: whoever sent it again meanwhile must not be told
 * that it is. To be called before the commits that it concerns are answered. */
void http_event_dropped(struct http *http, const struct engine *engine, const char *pbx, const char *id);
/* A tenant's engine is about to go away: no request may touch it again (held ones are answered 503, streams end). */
void http_engine_gone(struct http *http, struct engine *engine);
/* Takes no new connections and ends streams; http_free answers what is held with 503 and closes. */
void http_stop(struct http *http);
void http_free(struct http *http);

#endif
