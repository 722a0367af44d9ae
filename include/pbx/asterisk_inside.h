/*
 * What the files of the state of an Asterisk share: asterisk_state.c takes what Asterisk says, asterisk_facts.c makes
 * facts of it. The manual is pbx/asterisk_state.h.
 */
#ifndef OFFHOOK_PBX_ASTERISK_INSIDE_H
#define OFFHOOK_PBX_ASTERISK_INSIDE_H

#include "base/map.h"
#include "pbx/asterisk_state.h"

/* In the order in which devices of one extension outvote each other. */
enum call { CALL_UNKNOWN, CALL_OFFLINE, CALL_IDLE, CALL_RINGS, CALL_UP };

struct extension_state;

struct device_state {
	char *name;
	enum call call; /* CALL_UNKNOWN: never heard of, or Asterisk does not know */
	bool heard;
	bool ghost;     /* long in use, but there is no channel */
	usec_t since;   /* when `call` began */
	uint64_t stamp; /* the lists during or after which it was last heard of live */
	uint64_t seen;  /* the lists that last named it */
	uint64_t met;   /* as `stamp`, of its conferences */
	unsigned channels, conferences, listed_conferences;
	struct extension_state **users;
	size_t user_count;
};

enum place { PLACE_NONE, PLACE_READY, PLACE_WAITING };

struct queue {
	struct extension_state *first, *last;
};

struct extension_state {
	char *number, *context;
	struct device_state *devices[LIMIT_ASTERISK_HINT_DEVICES];
	size_t device_count;
	bool custom; /* the hint has more than devices, which can hide that these are unavailable */
	int status;  /* of ExtensionStatus */
	uint64_t stamp, seen;
	enum call told;
	bool told_meeting;
	enum call told_before; /* the last snapshot, as the next */
	bool told_meeting_before;
	enum phone told_phone;
	enum place place;
	usec_t due;
	struct extension_state *before, *after;
};

struct asterisk_state {
	char *pbx, *context;
	uint32_t lease_seconds;
	struct map devices, extensions;
	struct queue queues[3]; /* by place; in the order in which they are due */
	uint64_t lists;         /* how often lists were asked for */
	bool complete;
	bool devices_listed; /* so an unlisted one has never done anything */
};

/* Puts it where it belongs after something about it, or about a device, changed. */
void asterisk_look(struct asterisk_state *state, struct extension_state *extension, usec_t now);
void asterisk_look_at_users(struct asterisk_state *state, const struct device_state *device, usec_t now);
/* Takes it out of its queue. */
void asterisk_leave(struct asterisk_state *state, struct extension_state *extension);

#endif
