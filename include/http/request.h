/*
 * One HTTP request, from the moment all of it has come until it is answered.
 *
 * A handler answers exactly once, by one of the functions below that say so; the request is gone
 * after that. Those that submit facts hold their answer until the facts are committed. The client may
 * leave meanwhile: the request stays, and its answer goes nowhere.
 */
#ifndef OFFHOOK_HTTP_REQUEST_H
#define OFFHOOK_HTTP_REQUEST_H

#include <jansson.h>

#include "core/ports.h"
#include "http/auth.h"
#include "http/conns.h"
#include "http/route.h"
#include "http/url.h"

struct http;

struct http_request {
	struct http *http;
	struct evhttp_request *message; /* NULL: the client has gone */
	struct conn *conn;              /* likewise */
	enum evhttp_cmd_type method;
	const char *query; /* as sent, or NULL */
	const char *body;  /* valid while its handler runs */
	size_t length;
	struct http_path path;
	struct http_captures captures;
	struct identity who;
	const struct config_pbx *pbx; /* of a route that names one; valid while its handler runs */
	struct engine *engine;        /* of a route that needs one */
	bool close;                   /* the connection ends with the answer */
	usec_t begun;                 /* monotonic */
	usec_t held_until;            /* monotonic */
	char *answer;                 /* held until the commit */
	char *pbx_name;               /* of `duplicates` */
	json_t *duplicates;  /* held: ids of events that were there before, perhaps not committed; or NULL */
	bool duplicate_lost; /* one of them never will be */
	char signature[SHA256_TEXT];        /* remembered for as long as the answer is no 5xx; "": none */
	struct http_request *older, *newer; /* among the held */
	char peer[64];
	char what[160]; /* method and path, for the log */
};

/* Takes a complete request over from evhttp. */
struct http_request *request_new(struct http *http, struct evhttp_request *message);
usec_t request_now(const struct http_request *request); /* the program's wall clock */

/* These answer. */
void request_answer(struct http_request *request, json_t *body); /* 200; takes the reference */
void request_answer_text(struct http_request *request, const char *type, const char *text); /* 200 */
/* 200 and the head of a body without end. The message and its connection are the caller's from here on: `gone` is
 * called with `owner` if the connection ends before conn_answering. */
struct evhttp_request *request_answer_stream(
	struct http_request *request, const char *type, void (*gone)(void *owner), void *owner);
/* A problem document; `field` may be NULL. */
void request_refuse(struct http_request *request, int status, const char *field, const char *format, ...)
	printf_like(4, 5);
/* 503 with Retry-After: 1. */
void request_unavailable(struct http_request *request, const char *format, ...) printf_like(2, 3);
/* Adds a header to the answer that follows. */
void request_add_header(struct http_request *request, const char *name, const char *value);

/* Applies the facts. SUBMIT_OK: request_hold is to follow, at once. Else it has answered: 503, or 400 with the
 * field; `listed` says that the facts were elements of an array, so that the field begins with "[n]". */
enum submit_result request_submit(
	struct http_request *request, struct fact *facts, size_t count, bool listed) must_check;
/* Answers 200 with `body` (takes the reference) when what was submitted is committed; 500 or 503 when it is not. */
void request_hold(struct http_request *request, json_t *body);

/* To be called before request_hold: the answer counts an event as a duplicate of an earlier one. */
void request_add_duplicate(struct http_request *request, const char *pbx, const char *id);

/* An event of the engine with that id was not stored after all: who sent it again is to send it once more. */
void requests_lose_duplicate(struct http *http, const struct engine *engine, const char *pbx, const char *id);
/* Answers held requests with 503: those of an engine (NULL: all of them), and those held too long at `now`. */
void requests_abandon(struct http *http, const struct engine *engine);
void requests_expire(struct http *http, usec_t now);

#endif
