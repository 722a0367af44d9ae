/*
 * The namespaces on the wire. Our own stands here and nowhere else.
 */
#ifndef OFFHOOK_XMPP_NAMESPACES_H
#define OFFHOOK_XMPP_NAMESPACES_H

#define NS_OFFHOOK "urn:offhook:1"

#define NS_COMPONENT "jabber:component:accept"
#define NS_CLIENT "jabber:client"
#define NS_STREAMS "http://etherx.jabber.org/streams"
#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"
#define NS_STANZA_ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define NS_DISCO_INFO "http://jabber.org/protocol/disco#info"
#define NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"
#define NS_COMMANDS "http://jabber.org/protocol/commands"
#define NS_CAPS "http://jabber.org/protocol/caps"
#define NS_ACTIVITY_NOTIFY "http://jabber.org/protocol/activity+notify"
#define NS_PRIVILEGE_1 "urn:xmpp:privilege:1"
#define NS_PRIVILEGE_2 "urn:xmpp:privilege:2"
#define NS_RSM "http://jabber.org/protocol/rsm"
#define NS_IDLE "urn:xmpp:idle:1"
#define NS_DELAY "urn:xmpp:delay"
#define NS_ENCRYPTION "urn:xmpp:eme:0"
#define NS_CARBONS "urn:xmpp:carbons:2"
#define NS_PING "urn:xmpp:ping"
#define NS_TIME "urn:xmpp:time"
#define NS_VERSION "jabber:iq:version"
#define NS_LAST "jabber:iq:last"
#define NS_VCARD "vcard-temp"
#define NS_PUBSUB "http://jabber.org/protocol/pubsub"
#define NS_PUBSUB_OWNER NS_PUBSUB "#owner"
#define NS_PUBSUB_ERRORS NS_PUBSUB "#errors"
#define NS_PUBSUB_EVENT NS_PUBSUB "#event"
#define NS_ACTIVITY "http://jabber.org/protocol/activity"

/* The resource that a contact address's presence comes from, and the node of its capabilities. */
#define CONTACT_RESOURCE "offhook"
#define CAPS_NODE NS_OFFHOOK

#endif
