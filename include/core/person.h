/*
 * A person of a tenant and all that is known of them: the facts from which presence is derived.
 *
 * Persons, extensions and legs are owned by the engine and change only in it. Strings are owned by the
 * struct they stand in.
 */
#ifndef OFFHOOK_CORE_PERSON_H
#define OFFHOOK_CORE_PERSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/limits.h"
#include "core/preferences.h"
#include "core/presence.h"
#include "core/status.h"
#include "core/timers.h"

/* Who made a choice. */
enum source { SOURCE_PERSON, SOURCE_ADMIN, SOURCE_PHONE, SOURCE_API, SOURCE_LOGIN };
const char *source_to_text(enum source source); /* person, admin, phone, api, login */
bool source_parse(const char *text, enum source *source) must_check;

struct choice {
	const struct status *status; /* NULL: there is no such choice */
	char *message;               /* NULL or "" for none */
	usec_t until;                /* timed choices only */
	usec_t at;                   /* when it was made */
	enum source source;
};

/* At most two; the timed one covers the standing one while it lasts. Without a status, standing.at tells when
 * Available was last chosen. `ever`: a choice was once made, Available included. */
struct choices {
	struct choice standing, timed;
	bool ever;
};

struct message {
	char *text;   /* NULL: none */
	usec_t until; /* 0: for good */
};

enum feed { FEED_NONE, FEED_ASKED, FEED_ACTIVE, FEED_REFUSED };
const char *feed_to_text(enum feed feed);
bool feed_parse(const char *text, enum feed *feed) must_check;

enum phone { PHONE_UNKNOWN, PHONE_REGISTERED, PHONE_UNREGISTERED };
const char *phone_to_text(enum phone phone);

/* One connected resource of the person's account (core/devices.h). */
struct device {
	char *resource;
	char *text;                 /* its <status/>, NULL for none */
	const struct status *named; /* the status whose name the text is, NULL for none */
	usec_t idle_since;          /* 0: not idle, XEP-0319 */
	usec_t changed;             /* when show, text or priority last changed, our clock */
	usec_t leaves;              /* 0, or it is gone and counts until then, as it may come back at once */
	enum show show;             /* never SHOW_UNAVAILABLE */
	int8_t priority;
	bool mobile;         /* client/phone or client/handheld */
	bool wants_activity; /* its caps have XEP-0108's +notify */
	bool was_there;      /* before it was first heard of: it was sent what is not known here */
	bool confirmed;      /* heard of since it was last asked for */
};

enum leg_state { LEG_RINGING, LEG_ACTIVE, LEG_HELD, LEG_ENDED };
const char *leg_state_to_text(enum leg_state state);
bool leg_state_parse(const char *text, enum leg_state *state) must_check;
enum leg_kind { LEG_CALL, LEG_MEETING };
const char *leg_kind_to_text(enum leg_kind kind);
bool leg_kind_parse(const char *text, enum leg_kind *kind) must_check;
enum direction { DIRECTION_UNKNOWN, DIRECTION_INBOUND, DIRECTION_OUTBOUND };
const char *direction_to_text(enum direction direction); /* "" for unknown */
bool direction_parse(const char *text, enum direction *direction) must_check;

struct engine;
struct extension;

/* One extension's part in one call. */
struct leg {
	struct engine *engine;
	struct leg *next; /* live legs of the same extension */
	struct extension *extension;
	char *call;
	char *id;  /* the PBX's leg id, "" when it gave none */
	char *key; /* in the engine's map of legs */
	enum leg_state state;
	enum leg_kind kind;
	enum direction direction;
	usec_t at;          /* the PBX's `at` of the last event that had one, or 0 */
	usec_t changed;     /* our clock at the last event */
	usec_t since;       /* when it went up (or began to ring), our clock */
	usec_t lease_until; /* live legs: when they end by themselves; ended ones: when they are forgotten */
	struct timer timer;
	struct leg *list_before, *list_after; /* in the engine's list of live or of ended legs */
	uint64_t snapshot;                    /* the last snapshot that named it */
	bool of_nobody;                       /* ended, when its extension was nobody's */
	bool without_at;                      /* the last event had none: `changed` is its instant */
};

struct person;

/* A number on a PBX. Exists while it is somebody's, has a leg, or its registration is known. */
struct extension {
	char *pbx;
	char *number;
	char *key;             /* "pbx:number" */
	struct person *person; /* NULL: nobody's */
	struct leg *legs;      /* live ones, the newest first */
	size_t live_legs;
	size_t ended_legs; /* remembered ones, which keep the extension alive */
	enum phone registered;
};

struct person {
	int64_t row;   /* people.id in PostgreSQL */
	char *contact; /* localpart of the contact address; unique in the tenant */
	char *account; /* bare JID, or NULL */
	char *name;
	char *time_zone; /* or NULL: the tenant's */
	struct extension *extensions[LIMIT_EXTENSIONS_PER_PERSON];
	size_t extension_count;
	struct choices choices;
	struct message message;
	struct preferences preferences;
	const struct status *recent[LIMIT_RECENT]; /* what was last chosen, the latest first; NULL: no more */
	enum feed feed;      /* of the subscription; person_feed() also knows of privilege */
	bool feed_unsure;    /* the request for it may be lost: `feed` is not stored */
	bool privileged;     /* the server tells of the account unasked (XEP-0356) */
	bool unheard;        /* the feed is active, but what it says is not known yet: nothing is published */
	bool probed;         /* answers to a probe are awaited; else those to the first word of the feed */
	bool online;         /* a device with priority >= 0 is there */
	usec_t settles;      /* 0, or until then answers to a probe are awaited */
	usec_t went_offline; /* 0: not known */
	struct device *devices;
	size_t device_count;

	struct presence presence; /* the last derived */
	uint64_t generation;      /* grows with every visible change */
	struct timer timer;       /* the next expiry that can change the presence */
	struct engine *engine;
};

/* Up: a call or meeting that goes on, or one being placed; an inbound ring is not a call yet. */
bool leg_is_up(const struct leg *leg);
/* What is known of the feed: active also by privilege. */
enum feed person_feed(const struct person *person);
/* The phones together: registered if any is, unregistered if all are, else unknown. */
enum phone person_phone(const struct person *person);

#endif
