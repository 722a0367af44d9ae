/*
 * What the files of the mirror of an Asterisk share: asterisk_mirror.c keeps what Asterisk says and what is on its
 * way to it, asterisk_compare.c decides what has to be done, asterisk_answers.c takes what Asterisk answers. The
 * manual is pbx/asterisk_mirror.h.
 */
#ifndef OFFHOOK_PBX_ASTERISK_MIRROR_INSIDE_H
#define OFFHOOK_PBX_ASTERISK_MIRROR_INSIDE_H

#include "base/map.h"
#include "pbx/asterisk_mirror.h"

#define PRESENTITY "CustomPresence:"
#define DND_DEVICE "Custom:DND"
#define MILLISECOND (SECOND / 1000)

enum news { NEWS_NONE, NEWS_LIVE, NEWS_LISTED };
enum dnd { DND_NONE, DND_OFF, DND_ON };

/* What is written, one at a time for each extension. */
enum axis {
	AXIS_NONE,
	AXIS_DND,
	AXIS_DND_KEY, /* in AstDB */
	AXIS_FOLLOW_ME_READ,
	AXIS_FOLLOW_ME,
	AXIS_PRESENCE,
	AXIS_PROBE, /* of no extension, as the next */
	AXIS_SNIPPET,
};

/* Where an extension waits. */
enum place { PLACE_NONE, PLACE_READY, PLACE_SETTLING, PLACE_ECHO };

struct queue {
	struct entry *first, *last;
};

struct entry {
	char *number;
	char *theirs;  /* NULL: not set */
	char *written; /* what we wrote last, or found that we had; NULL: nothing */
	enum dnd their_dnd, written_dnd;
	enum news news, dnd_news;
	uint64_t agreed;     /* digest of ours when it was last the same or left alone; 0: never */
	uint64_t dnd_agreed; /* likewise, of the choice, for Do Not Disturb */
	uint64_t follow_me_read;
	uint64_t stamp, seen, dnd_stamp, dnd_seen; /* lists: of the last live news, and that named it */
	bool of_nobody;                            /* when it was last looked at */
	bool met;                                  /* compared at least once */
	bool taken, dnd_taken;                     /* a choice was made of it */
	bool dnd_in_doubt;                         /* the link was lost while it was on its way */
	bool vain;                                 /* a write was refused or not answered */
	bool key_due;                              /* DB(DND) has to follow */
	bool may_follow;                           /* follow-me can be switched on by us */
	bool follows_us;                           /* we switched it on */
	enum axis axis;                            /* on its way */
	uint64_t axis_digest;
	unsigned replaced;     /* how often somebody else's write took the place of ours, */
	usec_t replaced_since; /* since then */
	bool answered, echoed;
	enum place place;
	usec_t due;
	struct entry *before, *after;
};

/* An action on its way. */
struct slot {
	uint64_t serial; /* 0: free */
	struct entry *entry;
	enum axis axis;
	usec_t since;
};

enum rights { RIGHTS_UNKNOWN, RIGHTS_ASKED, RIGHTS_YES, RIGHTS_NO };

struct asterisk_mirror {
	char *pbx;
	char subject[LIMIT_PBX_NAME + 8];
	struct engine *engine;
	struct map entries; /* by number */
	struct queue queues[4];
	struct slot slots[LIMIT_ASTERISK_WRITES];
	size_t on_their_way;
	uint64_t lists, serials;
	usec_t next_write; /* not before */
	usec_t born;
	bool complete;
	enum rights database; /* may we write AstDB */
	unsigned probes;      /* how often that was asked in this session */
	bool asks_snippet, warned, warned_refused, warned_replaced;
	struct entry *choosing;
	bool choosing_dnd;
	char *message; /* of the choice that is offered */
	struct buf value;
	char key[LIMIT_EXTENSION_BYTES + 32], variable[LIMIT_EXTENSION_BYTES + 48];
};

/* A choice, if what was set at the phone is one; false: nothing. */
bool mirror_judge(struct asterisk_mirror *mirror, struct entry *entry, usec_t now, struct mirror_step *step);
/* The first thing that has to be done for an extension; false: nothing. */
bool mirror_compare(
	struct asterisk_mirror *mirror, struct entry *entry, usec_t now, struct mirror_step *step);
/* Makes the step an action, on its way from now on; `entry` is NULL for what is of no extension. */
void mirror_send(struct asterisk_mirror *mirror, struct entry *entry, enum axis axis, const char *action,
	usec_t now, struct mirror_step *step);
/* Lets it wait in a place, out of any other; `due` rises within a place, or has passed. */
void mirror_enter(struct asterisk_mirror *mirror, struct entry *entry, enum place place, usec_t due);
/* To be looked at, unless it waits for something that will bring this about. */
void mirror_look_at(struct asterisk_mirror *mirror, struct entry *entry);
/* The write is over. Without an echo, and without anything else that was set since, Asterisk's word for it has to
 * do. */
void mirror_settle(struct asterisk_mirror *mirror, struct entry *entry);
void mirror_free_slot(struct asterisk_mirror *mirror, struct slot *slot);
void mirror_add(struct mirror_step *step, const char *name, const char *value);

#endif
