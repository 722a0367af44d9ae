/*
 * Facts: what every adapter turns its outside format into, and the only thing that changes a person.
 *
 * Strings are borrowed for the duration of the call that applies the fact; a fact_list keeps its own.
 * Sizes and encodings were checked by whoever made the fact; whether it makes sense (such a person, such
 * a status, an expiry ahead) is checked by the engine.
 */
#ifndef OFFHOOK_CORE_FACT_H
#define OFFHOOK_CORE_FACT_H

#include "core/person.h"

enum call_event { CALL_RINGING, CALL_ANSWERED, CALL_HELD, CALL_RESUMED, CALL_ENDED };
bool call_event_parse(const char *text, enum call_event *event) must_check;

/* One event of one leg. */
struct fact_call {
	const char *pbx, *call, *extension;
	const char *leg; /* NULL: not given */
	const char *id;  /* idempotency id, NULL: none */
	enum call_event event;
	enum direction direction; /* unknown: unchanged, inbound for a new leg */
	enum leg_kind kind;
	bool has_kind;          /* else unchanged, call for a new leg */
	usec_t at;              /* 0: not given */
	uint32_t lease_seconds; /* of the PBX, 0: the tenant's policy */
};

struct snapshot_leg {
	const char *call, *extension;
	const char *leg;      /* NULL: not given */
	enum leg_state state; /* not LEG_ENDED */
	enum direction direction;
	enum leg_kind kind;
	bool has_kind; /* else as known, call for a new leg */
	usec_t since;  /* 0: not given */
};

/* All calls of a PBX, or of one of its extensions, as they stood at `at`. */
struct fact_snapshot {
	const char *pbx;
	const char *extension; /* NULL: the whole PBX; else every leg is of this extension */
	usec_t at;
	bool in_order; /* nothing known is newer, whatever clocks say; `at` orders nothing */
	const struct snapshot_leg *legs;
	size_t count;
	uint32_t lease_seconds;
};

struct fact_phone {
	const char *pbx, *extension;
	bool registered;
};

/* A person picks a status, or clears it (`status` is NULL or "available"). */
struct fact_choice {
	struct person *person;
	const char *extension; /* of a PBX's own format, with `person` NULL: the border looks the person up */
	const char *status;
	const char *message; /* NULL: none */
	usec_t until;        /* 0: a standing choice. With a status that has a default_expiry, the
	                          border fills it in when nothing was said */
	enum source source;
};

struct fact_message {
	struct person *person;
	const char *text; /* NULL or "": clear */
	usec_t until;
};

/* A person was added or edited (already committed): the whole of it. */
struct fact_person {
	int64_t row;
	const char *contact, *account, *name, *time_zone; /* account, time_zone may be NULL */
	const char *const *extensions;                    /* "pbx:number" */
	size_t extension_count;
	const struct preferences *preferences; /* NULL: as they are; the defaults for somebody new */
	bool swaps; /* a contact that is somebody else's, who gets this person's for it; their own fact follows */
};

/* A person's preferences were changed (already committed). */
struct fact_preferences {
	int64_t row;
	const char *time_zone; /* NULL: the tenant's */
	const struct preferences *preferences;
};

struct fact_person_gone {
	int64_t row;
};

struct fact_policy {
	struct policy *policy;
};

/* What a presence of the person's account says of one of its devices. */
struct fact_device {
	struct person *person;
	const char *resource; /* NULL: all of them are gone */
	const char *text;     /* NULL or "": none; at most LIMIT_MESSAGE characters, one line */
	usec_t idle_since;    /* 0: not idle */
	usec_t changed;       /* 0: now; else when it became so (XEP-0203) */
	enum show show;       /* SHOW_UNAVAILABLE: it is gone */
	int8_t priority;
};

/* What a device's capabilities say (XEP-0115). */
struct fact_device_class {
	struct person *person;
	const char *resource;
	bool mobile, wants_activity;
};

struct fact_feed {
	struct person *person;
	enum feed feed;
	bool unsure; /* FEED_ASKED: the request may be lost; not stored until it is told without this */
};

/* The account was asked where it stands; answers follow. */
struct fact_probed {
	struct person *person;
	bool lost; /* no: the stream ended, and answers do not follow any more */
};

/* The server tells of all accounts unasked, or no longer does (XEP-0356). */
struct fact_privilege {
	bool granted;
};

enum fact_kind {
	FACT_CALL,
	FACT_SNAPSHOT,
	FACT_PHONE,
	FACT_CHOICE,
	FACT_MESSAGE,
	FACT_PERSON,
	FACT_PREFERENCES,
	FACT_PERSON_GONE,
	FACT_STATUS,
	FACT_POLICY,
	FACT_DEVICE,
	FACT_DEVICE_CLASS,
	FACT_FEED,
	FACT_PROBED,
	FACT_PRIVILEGE,
};

/* What became of a fact, filled in by the engine. */
enum outcome {
	OUTCOME_APPLIED,
	OUTCOME_DUPLICATE, /* the idempotency id was seen before */
	OUTCOME_STALE,     /* says nothing new */
	OUTCOME_NO_ROOM,   /* for an extension that is nobody's, of which there are too many: not kept */
};

struct fact {
	enum fact_kind kind;
	enum outcome outcome;
	union {
		struct fact_call call;
		struct fact_snapshot snapshot;
		struct fact_phone phone;
		struct fact_choice choice;
		struct fact_message message;
		struct fact_person person;
		struct fact_preferences preferences;
		struct fact_person_gone gone;
		struct status_fields status;
		struct fact_policy policy;
		struct fact_device device;
		struct fact_device_class device_class;
		struct fact_feed feed;
		struct fact_probed probed;
		struct fact_privilege privilege;
	};
};

/* A list of facts with the strings they borrow. What a PBX format returns. */
struct fact_list {
	struct fact *facts;
	size_t count, room;
	void *arena;
};
void facts_init(struct fact_list *list);
void facts_done(struct fact_list *list);
struct fact *facts_add(
	struct fact_list *list, enum fact_kind kind); /* zeroed but for kind; moves on growth */
const char *facts_string(
	struct fact_list *list, const char *text);       /* a copy that lives with the list; NULL stays */
void *facts_memory(struct fact_list *list, size_t size); /* zeroed, lives with the list */

#endif
