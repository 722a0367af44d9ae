/*
 * GET /v1/stream: changes of presence as they happen, as server-sent events (HTML Standard, section 9.2).
 *
 *     retry: 2000                                   once, at the beginning
 *     event: reset      data: {}                    forget everybody: all people of the tenant follow
 *     event: presence   data: a presence object     as in GET /v1/people
 *     event: complete   data: {}                    those were all
 *     event: gone       data: {"contact":"bob"}     this person is no more
 *     :                                             keep-alive
 *
 * Who comes with the Last-Event-ID of a change that is still known gets what was missed; everybody else, also
 * who comes without one, gets a reset. What comes between `reset` and `complete` has no id, so that who is
 * cut off in the middle begins anew. People who are unheard are left out: that they are heard is a change.
 *
 * Nothing is queued for a listener: it has a place in the tenant's latest LIMIT_LIVE_CHANGES changes, of which
 * each only says whose presence changed, and gets what is true when it is told. Of somebody who changed several
 * times meanwhile only the last counts. At most LIMIT_LIVE_BYTES (and one slice of people) are on their way to
 * one. Whose place is lost gets a reset; who loses it again before `complete`, or does not take what was sent, is
 * cut off.
 */
#ifndef OFFHOOK_HTTP_LIVE_H
#define OFFHOOK_HTTP_LIVE_H

#include "base/clock.h"
#include "core/engine.h"

struct http;
struct http_request;
struct live;

struct live *live_new(struct http *http);
/* Ends all streams. NULL is allowed. */
void live_free(struct live *live);

/* Answers the request with a stream, or says why not. */
void live_begin(struct live *live, struct http_request *request);
/* The contact became another's or nobody's, or colleagues see something else of its person. */
void live_changed(struct live *live, const struct engine *engine, const char *contact);
/* Ends the streams of everybody; they may come back, and miss nothing. */
void live_end_streams(struct live *live);
/* The same for one engine, which is forgotten: who comes back gets a reset. */
void live_forget(struct live *live, const struct engine *engine);
/* What happens once a second, as seen at `now` (monotonic). For tests, which cannot wait. */
void live_keep_alive(struct live *live, usec_t now);

#endif
