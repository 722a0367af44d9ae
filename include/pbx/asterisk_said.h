/*
 * A presence state as Asterisk keeps it (CustomPresence): a show, a subtype and a message. Here it is one string,
 * "away\nsubtype\nmessage", so that two of them are equal when the strings are.
 *
 * What we write has a subtype that tells so and tells what we hold: "offhook lunch-break", "offhook dnd dnd". Asterisk
 * keeps it for us: after a restart it shows what we wrote last, and a state without it is somebody else's.
 */
#ifndef OFFHOOK_PBX_ASTERISK_SAID_H
#define OFFHOOK_PBX_ASTERISK_SAID_H

#include "core/presence.h"
#include "pbx/ami.h"

/* What a PresenceStateChange says, whose texts are escaped as in C. The caller frees it; NULL: not set, or no state
 * that we know. */
char *said_read(const struct ami_block *block);
/* What we say: name and message, without the icon, which desk phones do not have. `held`: what we hold at the PBX for
 * this. The caller frees it. */
char *said_render(const struct presence *presence, enum call_action held);
/* Appends the value that PRESENCE_STATE() takes: texts in base64, as a comma would end them. */
void said_value(const char *said, struct buf *out);

bool said_is_ours(const char *said);          /* false for NULL */
enum call_action said_held(const char *said); /* of one that is ours */
enum show said_show(const char *said);        /* unavailable for NULL */
/* Which status somebody means who set this at a phone: by a subtype that is its id, by a message that is its name,
 * else by the show. NULL in *status: Available. What else the message has goes into *message, which the caller frees
 * (NULL: nothing). False: no status that may be chosen. */
bool said_choice(const char *said, const struct catalogue *catalogue, const struct status **status,
	char **message) must_check;

#endif
