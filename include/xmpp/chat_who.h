/*
 * Whom somebody means who asks for a person in a chat line.
 */
#ifndef OFFHOOK_XMPP_CHAT_WHO_H
#define OFFHOOK_XMPP_CHAT_WHO_H

#include "core/engine.h"

/* The names of the PBXes that have extensions, so that a number can be looked up without one. */
struct chat_who {
	const char *address; /* the component's; borrowed */
	char *pbxes[LIMIT_PBXES];
	size_t count;
	usec_t looked; /* when they were collected */
};
/* Zeroed but for the address before the first use. */
void chat_who_done(struct chat_who *who);

/* The people who are meant by a contact, an account, a contact address, an extension ("1001", "hq:1001") or,
 * if nobody is, by the start of a contact or of a word of a name (of the first LIMIT_PEOPLE_SCAN people); at
 * most `most` of them. Returns how many. */
size_t chat_who_find(struct chat_who *who, struct engine *engine, const char *text, usec_t now,
	struct person **people, size_t most);

#endif
