/*
 * The engine: all that is known of one tenant, the one place where facts are applied to people, and
 * the list of effects that result.
 *
 * Deterministic and pure: facts and an instant in, effects out; no socket, no clock, no SQL. After
 * every engine_apply, engine_continue and timers_run the driver drains engine_next_effect until it
 * returns false, before it touches the engine again (effects point to live objects).
 */
#ifndef OFFHOOK_CORE_ENGINE_H
#define OFFHOOK_CORE_ENGINE_H

#include "core/derive.h"
#include "core/fact.h"
#include "core/person.h"
#include "core/policy.h"
#include "core/timers.h"
#include "core/touch.h"

enum effect_kind {
	EFFECT_PRESENCE, /* person: what colleagues see has changed, generation is new */
	EFFECT_CONTACT,  /* contact: it became somebody's or nobody's; its presence is new */
	EFFECT_CHOICES,  /* person: save the choices */
	EFFECT_MESSAGE,  /* person: save the message */
	EFFECT_LEG,      /* leg: save it */
	EFFECT_PHONE,    /* extension: save its registration */
	EFFECT_EVENT_ID, /* pbx, id: save an idempotency id */
	EFFECT_NOTICE,   /* person, text: a message for them, if they have an account */
	EFFECT_FEED, /* account, feed: save it; of nobody (person is NULL, feed none): end the subscription */
	EFFECT_ACCOUNT, /* person: has a new account, whose feed may be asked for */
	EFFECT_DEVICE,  /* person, resource, was_there: that device wants to hear of activities from now on */
	EFFECT_UNHEARD, /* person: changed, but is unheard and was not probed: nothing is published before that */
	EFFECT_TOUCH, /* person: was derived again; only with `tells_touches`, of people with an extension */
};

struct leg_list {
	struct leg *first, *last;
	size_t count;
};

struct effect {
	enum effect_kind kind;
	bool of_many;          /* EFFECT_PRESENCE: one of many people whom a change concerned */
	struct person *person; /* NULL for EFFECT_CONTACT of nobody */
	const struct leg *leg;
	const struct extension *extension;
	enum feed feed;
	const char *account;
	const char *contact, *pbx, *id, *text, *resource; /* valid until the next call into the engine */
	bool was_there; /* it may show what was sent to it before a loss or a start */
};

struct engine {
	char *domain;
	int64_t row; /* tenants.id in PostgreSQL */
	struct policy policy;
	struct catalogue catalogue;
	struct timers *timers; /* shared by all engines; borrowed */
	struct map people;     /* by contact */
	struct map accounts;   /* by bare JID */
	struct map extensions; /* by "pbx:number" */
	struct map legs;
	struct map admins;        /* by bare JID */
	struct map event_ids;     /* by PBX: struct seen */
	struct person **rows;     /* sorted by row id */
	struct person **contacts; /* sorted by contact, from when that was first asked for */
	size_t person_count, row_room, contact_count;
	bool contacts_sorted;
	struct leg_list live; /* in the order in which they got there, as the next two */
	struct leg_list ended;
	struct leg_list ended_of_nobody;
	size_t unknown_extensions; /* nobody's */
	size_t activity_devices;   /* that want to hear of activities */
	uint64_t snapshots;        /* how many were applied */
	struct effect *effects;
	size_t effect_count, effect_room, effect_next;
	const struct leg **leg_scratch;
	size_t leg_scratch_room;
	char *gone_contact; /* for EFFECT_CONTACT, until the next engine_apply */
	char *gone_account; /* for EFFECT_FEED, likewise */
	bool privileged;    /* the server tells of all accounts unasked (XEP-0356) */
	bool tells_touches; /* makes EFFECT_TOUCH */
	struct touch touch;
	bool started;
};

/* `timers` is borrowed and outlives the engine. */
struct engine *engine_new(const char *domain, int64_t row, struct timers *timers);
void engine_free(struct engine *engine);

/* Applies one fact. On false nothing has changed and `error` says why (its field is named as in forms
 * and HTTP). `fact->outcome` tells duplicates and stale events apart from news. */
bool engine_apply(struct engine *engine, struct fact *fact, usec_t now, struct error *error) must_check;
/* Whether there is room for the legs that these facts can open. Ends and events of live legs always have. */
bool engine_has_room(const struct engine *engine, const struct fact *facts, size_t count);
/* The live legs that this snapshot can end: as many rows it can change besides those it names. */
size_t engine_replaced_legs(const struct engine *engine, const struct fact_snapshot *snapshot);
/* An event that was never stored after all: its id is news again. */
void engine_forget_event_id(struct engine *engine, const char *pbx, const char *id);
/* A change that concerns many people (core/touch.h) does so in slices, the first with the fact itself: to be
 * called every turn. True: there is more. */
bool engine_continue(struct engine *engine, usec_t now);
bool engine_next_effect(struct engine *engine, struct effect *effect);
/* The same check as for FACT_CHOICE, without changing anything: for a change that is committed first. */
bool engine_check_choice(const struct engine *engine, const struct fact_choice *choice, usec_t now,
	struct error *error) must_check;

/* Loading, before engine_start: state as it was stored, no effects. Order: policy, statuses, people
 * (as facts through engine_apply), then these. False: it names something that is not there (ignored). */
bool engine_load_choices(struct engine *engine, int64_t person, const struct choices *choices);
bool engine_load_message(struct engine *engine, int64_t person, const char *text, usec_t until);
/* `account` may be the tenant's domain: then it is about privilege. */
bool engine_load_feed(struct engine *engine, const char *account, enum feed feed);
/* What the person chose last; the latest first. */
bool engine_load_recent(
	struct engine *engine, int64_t person, const struct status *const *recent, size_t count);
bool engine_load_phone(struct engine *engine, const char *pbx, const char *number, bool registered);
bool engine_load_leg(struct engine *engine, const struct fact_call *identity, enum leg_state state,
	usec_t changed, usec_t since, usec_t lease_until); /* identity: also kind, direction, at */
void engine_load_event_id(struct engine *engine, const char *pbx, const char *id);
/* Administrators come from the configuration and from the database; one of either is one. */
enum admin_source { ADMIN_CONFIGURED = 1, ADMIN_STORED = 2 };
void engine_add_admin(struct engine *engine, const char *account, enum admin_source source);
/* Takes away everybody's right that came from this source. */
void engine_clear_admins(struct engine *engine, enum admin_source source);
/* Derives everybody; leases and expiries that passed meanwhile take effect now. No EFFECT_PRESENCE is
 * made (the publisher sends the truth to all after a start anyway), the effects of expired leases are. */
void engine_start(struct engine *engine, usec_t now);

/* At most LIMIT_AHEAD people who will be looked for soon, by hash_random of their contacts (base/map.h), with
 * their presence. */
void engine_fetch_people(const struct engine *engine, const uint64_t *contacts, size_t count);
struct person *engine_person(const struct engine *engine, const char *contact);            /* NULL */
struct person *engine_person_by_account(const struct engine *engine, const char *account); /* NULL */
struct person *engine_person_by_row(const struct engine *engine, int64_t row);             /* NULL */
struct extension *engine_extension(
	const struct engine *engine, const char *pbx, const char *number); /* NULL */
bool engine_is_admin(const struct engine *engine, const char *account);
/* People in order of contact, after `after` (NULL: from the start) into `people`, at most `most`. Returns
 * how many. For lists and pages. */
size_t engine_people(struct engine *engine, const char *after, struct person **people, size_t most);
const char *person_zone(const struct engine *engine, const struct person *person);
/* The person's facts as derive() takes them; the legs stand in memory of the engine that the next call
 * of engine_facts uses again. */
void engine_facts(struct engine *engine, const struct person *person, usec_t now, struct facts *facts);
/* For the other files of the engine: derives the person again, sets the next timer and makes the effect
 * when colleagues can see a difference. NULL is allowed. */
void engine_touch(struct engine *engine, struct person *person, usec_t now);
/* As if the person had chosen it, for preferences; does not derive. */
void engine_choose_at_login(
	struct engine *engine, struct person *person, const struct status *status, usec_t now);
void choice_clear(struct choice *choice);
void engine_add_effect(struct engine *engine, const struct effect *effect);
enum call_action engine_action(struct engine *engine, const struct person *person, usec_t now);
bool engine_accepts_calls(struct engine *engine, const struct person *person, usec_t now);

#endif
