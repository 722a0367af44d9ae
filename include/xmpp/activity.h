/*
 * What people do, as XEP-0108 has it: an event from a contact address to the devices of its watchers that asked for
 * such (`http://jabber.org/protocol/activity+notify` in their caps, heard of through a feed) whenever the activity of
 * the status that colleagues see changes; an empty one when it ends. To nobody else, and as a headline, which no
 * server stores. A device that comes online hears once of all whom it watches that do something; one that was there
 * before the program or the stream was also hears who does nothing, as it may show what is no longer true.
 *
 * The latest wins: what changes back before anybody heard of it is not sent. Only what the stream has room for is
 * written, in slices. While no device asked for it a change costs one comparison, whoever watches.
 */
#ifndef OFFHOOK_XMPP_ACTIVITY_H
#define OFFHOOK_XMPP_ACTIVITY_H

#include "core/engine.h"
#include "xmpp/stream.h"
#include "xmpp/watchers.h"

struct activities;

struct activities_world {
	struct engine *engine;
	struct stream *stream;
	struct watchers *watchers;
	const char *domain; /* of the contact addresses */
};

/* What `world` names is borrowed. */
struct activities *activities_new(const struct activities_world *world);
void activities_free(struct activities *activities); /* NULL is allowed */
void activities_disconnected(struct activities *activities);
/* The presence of a contact address is new; person is NULL when it is nobody's. */
void activities_changed(struct activities *activities, const char *contact, const struct person *person);
/* A device wants to hear of them: EFFECT_DEVICE. */
void activities_wanted(
	struct activities *activities, const struct person *person, const char *resource, bool was_there);
/* The account watches the contact from now on. */
void activities_watched(struct activities *activities, const char *contact, const char *account);
/* The work of one turn. True when there is more that need not wait for anything but the stream. */
bool activities_step(struct activities *activities);
/* From now on nobody does anything. */
void activities_sign_off(struct activities *activities);
bool activities_idle(const struct activities *activities); /* no change is to be told */

struct component;
struct activities *component_activities(struct component *component);

#endif
