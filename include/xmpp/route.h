/*
 * Routing of incoming stanzas: a feature is one file with a table of routes; nothing else changes.
 *
 * Every stanza whose sender and addressee are well-formed becomes a `struct request` and goes to the first
 * route that fits. An iq get or set that no route takes gets the proper error (RFC 6120 section 8.3.3.19);
 * what is no iq never gets one here. xmpp/chat.h takes every message, and knows which to answer.
 */
#ifndef OFFHOOK_XMPP_ROUTE_H
#define OFFHOOK_XMPP_ROUTE_H

#include <strophe.h>

#include "base/jid.h"
#include "core/engine.h"
#include "core/ports.h"
#include "xmpp/announcement.h"
#include "xmpp/component.h"

/* What a stanza is addressed to. */
enum address {
	ADDRESS_COMPONENT = 1 << 0, /* presence.example.org, with or without a resource */
	ADDRESS_CONTACT = 1 << 1,   /* bob@presence.example.org */
	ADDRESS_RESOURCE = 1 << 2,  /* bob@presence.example.org/offhook (or any other resource) */
	ADDRESS_ANY = 7,
};

struct request {
	struct component *component;
	xmpp_stanza_t *stanza;                   /* borrowed; NULL when it is an announcement */
	const struct announcement *announcement; /* borrowed; NULL when it is a stanza */
	xmpp_stanza_t *child; /* iq, message: the one element in it; NULL when there is not one */
	const char *from;     /* full JID as stamped by the server */
	const char *to;
	const char *id;   /* may be NULL */
	const char *type; /* "get", "subscribe", …; "" when absent */
	enum address address;
	const char *contact;   /* localpart of `to`, "" for the component itself */
	bool insider;          /* the sender's domain is the tenant's */
	bool allowed;          /* insider, or of a domain that policy allowed_domains names */
	bool admin;            /* implies insider */
	struct person *person; /* whose account the sender is, NULL; of announcements to contacts not known */
	char sender[JID_TEXT]; /* the bare JID of `from` */
};

struct route {
	const char *stanza;     /* "iq", "presence", "message" */
	const char *types;      /* separated by blanks: "get set"; "" matches an absent type; NULL any */
	const char *namespace_; /* of the payload (iq, message); NULL any */
	const char *name;       /* of the payload (iq, message); NULL any */
	unsigned addresses;     /* enum address */
	void (*handle)(struct request *request);
	const char *feature; /* advertised in disco#info for those addresses; NULL none */
};

/* The tables of all features, ended by NULL; each ends with a NULL stanza. In xmpp/routes.c. */
extern const struct route *const route_tables[];
/* Splits addresses, fills a request, finds the route, calls it or answers the error. */
void route_stanza(struct component *component, xmpp_stanza_t *stanza);
/* The same; it goes to the first route for presence of its type. */
void route_announcement(struct component *component, const struct announcement *announcement);
/* At most LIMIT_AHEAD announcements will be routed next: what is known of their contacts is fetched. */
void route_expected(struct component *component, const struct announcement *list, size_t count);
/* For a stanza that was too large, of which only the outermost element is there: an iq get or set gets an
 * error, all else is dropped. */
void route_too_large(struct component *component, xmpp_stanza_t *stanza);

/* What handlers may use of their component. */
struct engine *component_engine(struct component *component);
const struct ports *component_ports(struct component *component);
usec_t component_now(struct component *component);
xmpp_ctx_t *component_context(struct component *component); /* for new stanzas; no connection in it */
const char *component_address(const struct component *component);
const char *component_name(const struct component *component);
usec_t component_uptime(const struct component *component); /* since component_start */
struct watchers;
struct watchers *component_watchers(struct component *component);
struct commands;
struct commands *component_commands(struct component *component); /* xmpp/command.h */
/* Hands a stanza to the stream; it stays the caller's. Every text in it is cleaned on the way out. */
void component_send(struct component *component, xmpp_stanza_t *stanza);

/* Answers (in xmpp/reply.c). */
/* An iq result with from, to and id; the caller releases it. */
xmpp_stanza_t *reply_result(struct request *request);
/* A stanza error (RFC 6120 8.3): type "cancel", "modify", "auth", "wait"; condition "forbidden", …; text may be NULL. */
void reply_error(struct request *request, const char *type, const char *condition, const char *text);
/* New element below parent (NULL: none); attributes as name, value pairs ended by NULL. With a parent it
 * belongs to the parent, and the result is borrowed; without, the caller releases it. */
xmpp_stanza_t *element_new(xmpp_ctx_t *context, xmpp_stanza_t *parent, const char *name,
	const char *namespace_, ...) __attribute__((sentinel));
void element_text(xmpp_stanza_t *element, const char *text);

#endif
