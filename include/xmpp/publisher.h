/*
 * The fan-out: brings the latest presence of every watched contact address to its watchers.
 *
 * A target has a cursor and a number of watchers still to be served; a change during a fan-out begins the
 * number anew, so that everybody ends with the latest and nobody waits for an older one. Work is done in
 * slices, one turn fills the stream up to LIMIT_STREAM_OUT_LOW. A stanza is rendered once for a slice of
 * watchers. Nothing is sent when what a watcher can see has not changed (render_digest).
 *
 * Of those who changed together, one in MANY_SHARE has its turn while others have changed alone.
 *
 * After a connect, targets whose digest differs from what was last sent come first and as fast as the
 * stream takes them, then everybody else, LIMIT_REPUBLISH_PER_SECOND stanzas a second.
 *
 * Of a person whose feed is active but not heard yet (person->unheard) nothing is sent: what they show is not
 * known, and a wrong guess would be a flicker. The target is held until the engine makes EFFECT_PRESENCE; who
 * probes or subscribes meanwhile is answered then.
 *
 * The digest is stored when the server has acknowledged a complete fan-out (stream_mark), and removed when a
 * new one begins: after any loss, in the program, the network or the server, a stored digest is true.
 */
#ifndef OFFHOOK_XMPP_PUBLISHER_H
#define OFFHOOK_XMPP_PUBLISHER_H

#include "base/loop.h"
#include "core/engine.h"
#include "core/ports.h"
#include "xmpp/stream.h"
#include "xmpp/watchers.h"

struct publisher;
struct component;

struct publisher_world {
	struct loop *loop;
	struct engine *engine;
	const struct ports *ports;
	struct stream *stream;
	struct watchers *watchers;
	const char *domain; /* of the contact addresses */
	const char *caps;   /* ver, XEP-0115 */
};

/* What `world` names is borrowed. */
struct publisher *publisher_new(const struct publisher_world *world);
void publisher_free(struct publisher *publisher); /* NULL is allowed */

/* What was stored, before the first connect. */
void publisher_load(struct publisher *publisher, const char *contact, uint64_t digest);
void publisher_connected(struct publisher *publisher);
void publisher_disconnected(struct publisher *publisher);
void publisher_acknowledged(struct publisher *publisher, uint32_t mark);
void publisher_target_gone(struct publisher *publisher, struct target *target); /* for watchers_new */

/* The presence of a contact address is new; person is NULL when it is nobody's. */
void publisher_changed(struct publisher *publisher, const char *contact, const struct person *person);
/* The same of one among many who changed together: they wait behind those who changed alone. */
void publisher_changed_with_many(
	struct publisher *publisher, const char *contact, const struct person *person);
/* Sends the present presence of a contact address, or that it is unavailable, to one address at once. False: its
 * person is unheard; what they show goes to all watchers, which the address is one of, as soon as it is known. */
bool publisher_answer(struct publisher *publisher, const char *contact, const char *to);
void publisher_answer_unavailable(struct publisher *publisher, const char *contact, const char *to);

/* The work of one turn. True when there is more that need not wait for anything but the stream. */
bool publisher_step(struct publisher *publisher);
/* From now on everybody is offline: those who were not are told. */
void publisher_sign_off(struct publisher *publisher);
bool publisher_idle(const struct publisher *publisher); /* nothing to send but the paced part */

struct publisher *component_publisher(struct component *component);

#endif
