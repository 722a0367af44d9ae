/*
 * What we and an Asterisk say of the same extension, kept in agreement: presence (CustomPresence), Do Not Disturb
 * (Custom:DND and DB(DND)) and follow-me (AMPUSER/.../followme/ddial). Pure: blocks and instants in, steps out.
 *
 * Ours is what colleagues see without calls, and the action of the choice in force. Theirs, when it is no echo of a
 * write of ours, was set at a phone and becomes a choice of the person. The last change wins: what arrives while a
 * write is on its way was before it. Each extension has at most one write on its way; it is done when its echo came,
 * or LIMIT_ASTERISK_ECHO_MS after Asterisk said yes. A choice made at a phone waits for LIMIT_ASTERISK_SETTLE_MS, as
 * phones set several things one after the other. Where it came from is not written again while it means the same,
 * unless the choice ends by itself: after a restart it would be taken for a new one.
 *
 * After the link was lost, the lists tell: what is not set any more, or is an older write of ours (a lost AstDB), is
 * written again; else it was set at a phone meanwhile, unless something was chosen here meanwhile. At the first link
 * `meanwhile` is since asterisk_mirror_new. What was refused is tried once more with the next link.
 *
 * A presence that another Offhook writes as well is left as that wrote it after LIMIT_ASTERISK_REPLACED times in a
 * minute, until ours changes or the lists are read again: both would write for ever.
 *
 * Choices wait for no write. Nothing is written for extensions that are nobody's. At most LIMIT_ASTERISK_WRITES are on their way, and
 * LIMIT_ASTERISK_WRITES_PER_SECOND begin.
 */
#ifndef OFFHOOK_PBX_ASTERISK_MIRROR_H
#define OFFHOOK_PBX_ASTERISK_MIRROR_H

#include "core/engine.h"
#include "pbx/ami.h"

struct asterisk_mirror;

/* `engine` is borrowed. */
struct asterisk_mirror *asterisk_mirror_new(const char *pbx, struct engine *engine, usec_t now);
void asterisk_mirror_free(struct asterisk_mirror *mirror); /* NULL is allowed */

/* The link is lost: nothing is on its way any more, and there are no steps until lists are complete. */
void asterisk_mirror_lost(struct asterisk_mirror *mirror);
/* Lists were asked for. */
void asterisk_mirror_begin(struct asterisk_mirror *mirror);
/* An event, or an item of these lists. Those of no interest are ignored. */
void asterisk_mirror_event(
	struct asterisk_mirror *mirror, const struct ami_block *block, bool listed, usec_t now);
/* Which lists are complete; what they left out is not set. */
void asterisk_mirror_complete(struct asterisk_mirror *mirror, bool devices, bool presences);
/* Something about the person has changed. */
void asterisk_mirror_person(struct asterisk_mirror *mirror, const struct person *person);

enum mirror_step_kind {
	MIRROR_CHOOSE, /* `choice`: then asterisk_mirror_chosen, or asterisk_mirror_put_off */
	MIRROR_SEND,   /* `action`, whose answers go to asterisk_mirror_answer with `serial` */
};
struct mirror_step {
	enum mirror_step_kind kind;
	struct fact choice;
	uint64_t serial;
	const char *action;
	struct {
		const char *name, *value;
	} fields[3];
	size_t field_count;
};
/* The next thing to do; what it points to is valid until the next call. False: nothing for now, see
 * asterisk_mirror_wake. */
bool asterisk_mirror_next(struct asterisk_mirror *mirror, usec_t now, struct mirror_step *step);
/* The choice of the last step was taken, or can't be: it is not offered again. */
void asterisk_mirror_chosen(struct asterisk_mirror *mirror);
/* It can't be taken now: it is offered again after LIMIT_ASTERISK_SETTLE_MS. */
void asterisk_mirror_put_off(struct asterisk_mirror *mirror, usec_t now);
/* An answer, or an event that answers, to the action with this serial. */
void asterisk_mirror_answer(
	struct asterisk_mirror *mirror, uint64_t serial, const struct ami_block *block, usec_t now);
/* When asterisk_mirror_next should be asked again: 0 for not before something happens. */
usec_t asterisk_mirror_wake(const struct asterisk_mirror *mirror, usec_t now);

#endif
