/*
 * What the files of the link to an Asterisk share: asterisk_link.c keeps the session, asterisk_exchange.c takes what it
 * brings to the engine, and what people chose to Asterisk. The manual is pbx/asterisk_link.h.
 */
#ifndef OFFHOOK_PBX_ASTERISK_LINK_INSIDE_H
#define OFFHOOK_PBX_ASTERISK_LINK_INSIDE_H

#include "base/dial.h"
#include "pbx/asterisk_link.h"
#include "pbx/asterisk_mirror.h"
#include "pbx/asterisk_state.h"

enum state { STATE_WAITING, STATE_LOGIN, STATE_BOOTING, STATE_LISTING, STATE_UP };

struct asterisk_link {
	char *host, *username, *password;
	uint16_t port;
	uint32_t lease_seconds;
	char subject[LIMIT_PBX_NAME + 8];
	struct loop *loop;
	struct engine *engine;
	const struct ports *ports;
	struct asterisk_state *asterisk;
	struct asterisk_mirror *mirror;
	struct dial dial;
	struct bufferevent *stream; /* NULL: no connection */
	struct loop_timer *tick, *flush, *sync;
	enum state state;
	unsigned attempts;
	bool refused;  /* the login; for the next delay */
	usec_t since;  /* these are monotonic: when the state began */
	usec_t heard;  /* the last byte */
	usec_t listed; /* when lists were last complete */
	usec_t lost;   /* since when there are no true lists; 0: there are */
	usec_t up_since;
	bool pinged;
	bool calls_ended; /* as it was lost for too long */
	bool warned_denied, warned_filter;
	unsigned awaited, got; /* lists */
	char nonce[17];
	char last_reason[256];
	struct fact_list facts; /* offered until they are taken */
	bool wants_snapshot;
	bool put_off; /* they were refused for want of room, until `flush` fires */
	struct ami_reader reader;
};

/* Sends an action; the link is lost when too much waits already. */
void asterisk_link_send(struct asterisk_link *link, const struct buf *action);
/* Offers facts to the engine, and plans when next; not while they are put off. */
void asterisk_link_flush(struct asterisk_link *link);
/* The same when the timer `flush` fires. */
void asterisk_link_flush_now(void *link);
/* Takes the mirror's steps, and plans when next. */
void asterisk_link_sync(void *link);

#endif
