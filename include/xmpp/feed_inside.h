/*
 * What the files of the feed share: feed.c subscribes to accounts and probes them, feed_told.c takes what they say.
 * The manual is xmpp/feed.h.
 */
#ifndef OFFHOOK_XMPP_FEED_INSIDE_H
#define OFFHOOK_XMPP_FEED_INSIDE_H

#include "base/limits.h"
#include "base/loop.h"
#include "xmpp/component.h"
#include "xmpp/feed.h"
#include "xmpp/stream.h"

/* Over all people, in the order of their rows. */
enum walk {
	WALK_OVER,
	WALK_PROBING,
	WALK_WAITING, /* for the server to say whether asking is needless */
	WALK_ASKING,
};

/* A request that the server has not said it took. */
struct asked {
	int64_t row;
	uint32_t mark;
};

struct farewell {
	struct farewell *next;
	char account[];
};

/* A person whose server was asked again, as it may have a subscription that we do not know of. */
struct look {
	int64_t row;
	usec_t at; /* monotonic */
	uint32_t mark;
	bool waits; /* for the server to have taken the question */
};

struct feed_link {
	struct component *component;
	struct stream *stream;
	struct loop_timer *timer; /* ends a pause; the end of the turn does the work */
	struct caps *caps;
	enum walk walk;
	int64_t row;                         /* of the last person that the walk came to */
	usec_t paced;                        /* monotonic, when the next stanza may go out */
	usec_t connected;                    /* monotonic */
	bool decided;                        /* whether the server tells of all accounts unasked */
	int64_t hurried[LIMIT_FEED_HURRIED]; /* rows of people to be probed ahead of the walk */
	size_t hurried_count, hurried_done;  /* ever; those between wait */
	int64_t asks[LIMIT_FEED_ASKS];       /* rows of people to be asked besides the walk */
	size_t ask_count;
	struct asked asked[LIMIT_FEED_UNSURE];
	size_t asked_count, asked_done; /* ever; those between are unsure */
	struct farewell *farewells, *last_farewell;
	size_t farewell_count;
	struct look looks[LIMIT_FEED_LOOKS];
	size_t look_count, look_done; /* ever; those between may wait */
};

/* False: not applied. */
bool feed_link_submit(struct feed_link *link, struct fact *fact);
bool feed_link_set(struct feed_link *link, struct person *person, enum feed feed);
/* Presence from the component's address, or ("/resource") from one of its resources. */
void feed_link_send(struct feed_link *link, const char *resource, const char *type, const char *to);

/* For feed_link_acknowledged. */
void feed_link_end_looks(struct feed_link *link, uint32_t mark);

#endif
