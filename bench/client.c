/*
 * A chat client logs in and sees presence here.
 */
#include "bench/client.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <expat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/memory.h"

/* A tag that comes in two pieces must not wait for a third: this is about latency. Not every expat has it. */
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled) __attribute__((weak));

enum { STANZA_BYTES = 64 * 1024, NAME_BYTES = 3072 };

struct client {
	struct bufferevent *connection;
	XML_Parser expat;
	struct client_events events;
	char *user, *domain;
	usec_t read_at;
	int depth;
	bool restart, authenticated, failed;
	/* of the stanza being read */
	char kind, from[NAME_BYTES], type[32], iq[256], id[64];
};

static void fail(struct client *client, const char *reason)
{
	if (client->failed)
		return;
	client->failed = true;
	client->events.failed(client->events.ctx, reason);
}

static void send_text(struct client *client, const char *text)
{
	bufferevent_write(client->connection, text, strlen(text));
}

static void copy(char *to, size_t room, const char *text)
{
	snprintf(to, room, "%s", text ? text : "");
}

static const char *find(const XML_Char **attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2)
		if (strcmp(attributes[i], name) == 0)
			return attributes[i + 1];
	return NULL;
}

static void open_stream(struct client *client)
{
	char header[NAME_BYTES];
	snprintf(header, sizeof(header),
		"<?xml version='1.0'?><stream:stream to='%s' xmlns='jabber:client' "
		"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
		client->domain);
	send_text(client, header);
}

static void authenticate(struct client *client)
{
	unsigned char plain[512], text[1024];
	char stanza[1200];
	int length =
		snprintf((char *)plain, sizeof(plain), "%c%s%c%s", '\0', client->user, '\0', client->user);
	EVP_EncodeBlock(text, plain, length);
	snprintf(stanza, sizeof(stanza),
		"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>",
		(const char *)text);
	send_text(client, stanza);
}

static void end_iq(struct client *client)
{
	if (strcmp(client->type, "get") == 0 || strcmp(client->type, "set") == 0) {
		struct buf answer;
		buf_init(&answer, STANZA_BYTES);
		buf_add_text(&answer, "<iq type='result' id='");
		buf_add_xml(&answer, client->iq);
		if (client->from[0]) {
			buf_add_text(&answer, "' to='");
			buf_add_xml(&answer, client->from);
		}
		buf_add_text(&answer, "'/>");
		bufferevent_write(client->connection, answer.data, answer.length);
		buf_done(&answer);
	} else if (strcmp(client->iq, "bind") == 0) {
		if (strcmp(client->type, "result") != 0) {
			fail(client, "the server bound no resource");
			return;
		}
		send_text(client, "<presence/>");
		client->events.online(client->events.ctx);
	}
}

static void end_stanza(struct client *client)
{
	switch (client->kind) {
	case 'f': /* features */
		if (client->authenticated)
			send_text(client,
				"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
				"<resource>bench</resource></bind></iq>");
		else
			authenticate(client);
		break;
	case 's':
		client->authenticated = client->restart = true;
		break;
	case 'i':
		end_iq(client);
		break;
	case 'p':
		client->events.presence(client->events.ctx, client->from,
			client->type[0] ? client->type : NULL, client->id[0] ? client->id : NULL,
			client->read_at);
		break;
	case 'x':
		fail(client, "the server refused the login or ended the stream");
		break;
	default:
		break;
	}
}

static void begin_stanza(struct client *client, const char *name, const XML_Char **attributes)
{
	static const struct {
		const char *name;
		char kind;
	} kinds[] = {{"stream:features", 'f'}, {"success", 's'}, {"failure", 'x'}, {"stream:error", 'x'},
		{"presence", 'p'}, {"iq", 'i'}};
	client->kind = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			client->kind = kinds[i].kind;
	copy(client->from, sizeof(client->from), find(attributes, "from"));
	copy(client->type, sizeof(client->type), find(attributes, "type"));
	copy(client->iq, sizeof(client->iq), find(attributes, "id"));
	client->id[0] = '\0';
}

static void on_begin(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct client *client = arg;
	if (client->depth == 1)
		begin_stanza(client, name, attributes);
	else if (client->depth == 2 && strcmp(name, "rich-status") == 0)
		copy(client->id, sizeof(client->id), find(attributes, "id"));
	client->depth++;
}

static void on_end(void *arg, const XML_Char *name)
{
	struct client *client = arg;
	(void)name;
	if (--client->depth == 1)
		end_stanza(client);
}

static void begin_parser(struct client *client)
{
	if (client->expat)
		XML_ParserFree(client->expat);
	client->expat = XML_ParserCreate(NULL);
	if (!client->expat)
		abort();
	if (XML_SetReparseDeferralEnabled)
		XML_SetReparseDeferralEnabled(client->expat, XML_FALSE);
	XML_SetUserData(client->expat, client);
	XML_SetElementHandler(client->expat, on_begin, on_end);
	client->depth = 0;
	client->restart = false;
}

static void on_read(struct bufferevent *connection, void *arg)
{
	struct client *client = arg;
	char bytes[16 * 1024];
	size_t length;
	client->read_at = clock_monotonic();
	while ((length = bufferevent_read(connection, bytes, sizeof(bytes))) > 0) {
		if (XML_Parse(client->expat, bytes, (int)length, 0) == XML_STATUS_ERROR) {
			fail(client, XML_ErrorString(XML_GetErrorCode(client->expat)));
			return;
		}
		if (client->restart) { /* the server says nothing before our new header */
			begin_parser(client);
			open_stream(client);
		}
	}
}

static void on_event(struct bufferevent *connection, short what, void *arg)
{
	struct client *client = arg;
	int yes = 1;
	if (!(what & BEV_EVENT_CONNECTED)) {
		fail(client, "the connection to the XMPP server was lost");
		return;
	}
	setsockopt(bufferevent_getfd(connection), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	open_stream(client);
}

struct client *client_new(struct event_base *base, uint16_t port, const char *user, const char *domain,
	const struct client_events *events)
{
	struct client *client = mem_new(sizeof(*client));
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	client->events = *events;
	client->user = mem_string(user);
	client->domain = mem_string(domain);
	begin_parser(client);
	client->connection = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(client->connection, on_read, NULL, on_event, client);
	bufferevent_enable(client->connection, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect(client->connection, (struct sockaddr *)&address, sizeof(address)) != 0)
		fail(client, "no connection to the XMPP server");
	return client;
}

void client_free(struct client *client)
{
	bufferevent_free(client->connection);
	XML_ParserFree(client->expat);
	free(client->user);
	free(client->domain);
	free(client);
}

void client_subscribe(struct client *client, const char *contact)
{
	struct evbuffer *out = bufferevent_get_output(client->connection);
	evbuffer_add_printf(out, "<presence type='subscribe' to='%s'/>", contact);
}
