/*
 * The contact addresses of a tenant as a shared contact list of the XMPP server, so that everybody with an account
 * has all of them and nobody needs to ask for subscriptions.
 *
 * For Prosody a groups file of mod_groups, with one public group. For ejabberd a shell script that makes two groups
 * of mod_shared_roster, one with the contact addresses and one with all accounts, which sees the first; it makes them
 * afresh each time it is run. The addresses go in through `ejabberdctl load`, as srg_user_add takes only those of
 * ejabberd's own domains (23.01). ejabberd keeps no names of others' addresses: clients read those from vCards.
 */
#ifndef OFFHOOK_XMPP_SHARED_ROSTER_H
#define OFFHOOK_XMPP_SHARED_ROSTER_H

#include <stdbool.h>

#include "base/buf.h"

enum roster_server { ROSTER_PROSODY, ROSTER_EJABBERD };
/* "prosody", "ejabberd" */
bool roster_server_parse(const char *text, enum roster_server *server) must_check;

struct shared_roster {
	enum roster_server server;
	const char *domain, *component;
	struct buf *out;
};

void shared_roster_begin(struct shared_roster *roster);
/* False: the server's format has no way to write this contact, and it was left out. */
bool shared_roster_add(struct shared_roster *roster, const char *contact, const char *name) must_check;
void shared_roster_end(struct shared_roster *roster);

#endif
