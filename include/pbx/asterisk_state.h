/*
 * What an Asterisk says of its devices, reduced to one leg and one registration for each extension. Pure: blocks and
 * instants in, facts out.
 *
 * The devices of an extension are those of its hint, up to the comma, without what is no phone (`Custom:`, `Queue:`,
 * `Local/`...). It is on call if any of them is in use, busy or on hold (who of two holds, chan_sip and PJSIP see
 * the opposite way); else it rings if any of them rings. So a phone in Do Not Disturb that makes a call is on call,
 * and a Do Not Disturb alone is not. Of an extension none of whose devices was heard of, ExtensionStatus
 * decides, as far as it can. A call in which all the devices that are in use are in ConfBridge is a meeting.
 *
 * Once asterisk_state_complete was called, facts can be taken as soon as they are due: the end of a call is held
 * back for LIMIT_ASTERISK_IDLE_MS, all else is due at once. What did not change, or changed back, makes no fact.
 */
#ifndef OFFHOOK_PBX_ASTERISK_STATE_H
#define OFFHOOK_PBX_ASTERISK_STATE_H

#include "core/fact.h"
#include "pbx/ami.h"

struct asterisk_state;

/* `context` (may be NULL) is that of the hints; without, the first that names an extension has it. */
struct asterisk_state *asterisk_state_new(const char *pbx, const char *context, uint32_t lease_seconds);
void asterisk_state_free(struct asterisk_state *state); /* NULL is allowed */

/* A new session: what is known of devices is old, and nothing can be taken until lists are complete. */
void asterisk_state_connected(struct asterisk_state *state);
/* Lists were asked for: what is not heard of from now on until they are complete is gone. */
void asterisk_state_begin(struct asterisk_state *state);
/* An event, `listed` if it is an item of one of these lists: events are newer than items. The caller made sure that
 * it comes from Asterisk. Events of no interest are ignored. */
void asterisk_state_event(
	struct asterisk_state *state, const struct ami_block *block, bool listed, usec_t now);
/* Which lists came to their end; the others were refused, or this is no time for lists at all. */
enum {
	ASTERISK_DEVICES = 1,
	ASTERISK_EXTENSIONS = 2,
	ASTERISK_CHANNELS = 4,
	ASTERISK_PRESENCES = 8, /* of no interest here, but to the mirror */
};
void asterisk_state_complete(struct asterisk_state *state, unsigned lists, usec_t now);
/* All calls as one snapshot, whatever was taken before. Needed after the lists, as others may have changed legs. */
void asterisk_state_snapshot(struct asterisk_state *state, struct fact_list *list, usec_t now);
/* The last snapshot was not taken after all, and nothing since: another is needed, which says what is true then. */
void asterisk_state_untell(struct asterisk_state *state);
/* Asterisk is gone and its calls with it: a snapshot has none, and nothing can be taken until lists are complete
 * again. */
void asterisk_state_lost(struct asterisk_state *state);

/* Appends what is due, of about `most` facts; false: there is more. */
bool asterisk_state_take(struct asterisk_state *state, struct fact_list *list, size_t most, usec_t now);
/* When there is something to take: 0 for never, or an instant that may have passed. */
usec_t asterisk_state_next(const struct asterisk_state *state);

/* The device "PJSIP/1001" of the channel "PJSIP/1001-0000007b"; empty for what is none of a phone. */
void asterisk_channel_device(const char *channel, char device[LIMIT_ASTERISK_NAME_BYTES + 1]);

#endif
