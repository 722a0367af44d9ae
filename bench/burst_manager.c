/*
 * Offhook is answered as an Asterisk would here.
 */
#include "bench/burst_manager.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { FIELD = 256 };

struct manager {
	struct manager_events events;
	struct event_base *base;
	struct evconnlistener *listener;
	struct bufferevent *session;
	size_t first, extensions;
};

static int status_of(const char *device)
{
	static const struct {
		const char *device;
		int status;
	} statuses[] = {{"INUSE", 1}, {"RINGING", 8}, {"RINGINUSE", 9}, {"ONHOLD", 16}};
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (strcmp(statuses[i].device, device) == 0)
			return statuses[i].status;
	return 0;
}

/* `line` is what tells an event from an item of a list. */
static void add_device(struct manager *manager, const char *line, size_t extension, const char *device)
{
	evbuffer_add_printf(bufferevent_get_output(manager->session),
		"Event: DeviceStateChange\r\n%s\r\nDevice: PJSIP/%zu\r\nState: %s\r\n\r\n", line,
		manager->first + extension, device);
}

static void add_hint(struct manager *manager, const char *line, size_t extension, const char *device)
{
	size_t number = manager->first + extension;
	evbuffer_add_printf(bufferevent_get_output(manager->session),
		"Event: ExtensionStatus\r\n%s\r\nExten: %zu\r\nContext: ext-local\r\n"
		"Hint: PJSIP/%zu&Custom:DND%zu,CustomPresence:%zu\r\nStatus: %d\r\nStatusText: x\r\n\r\n",
		line, number, number, number, number, status_of(device));
}

void manager_send(struct manager *manager, size_t extension, const char *device)
{
	if (!manager->session)
		return;
	add_device(manager, "Privilege: call,all", extension, device);
	add_hint(manager, "Privilege: call,all", extension, device);
}

static void answer(struct manager *manager, const char *id, const char *response, const char *more)
{
	evbuffer_add_printf(bufferevent_get_output(manager->session),
		"Response: %s\r\nActionID: %s\r\n%sMessage: x\r\n\r\n", response, id, more);
}

static void list(struct manager *manager, const char *action, const char *id)
{
	char line[FIELD + 16];
	snprintf(line, sizeof(line), "ActionID: %s", id);
	answer(manager, id, "Success", "EventList: start\r\n");
	for (size_t i = 0; i < manager->extensions; i++) {
		const char *device = manager->events.device(manager->events.ctx, i);
		if (strcmp(action, "DeviceStateList") == 0)
			add_device(manager, line, i, device);
		else if (strcmp(action, "ExtensionStateList") == 0)
			add_hint(manager, line, i, device);
	}
	evbuffer_add_printf(bufferevent_get_output(manager->session),
		"Event: %sComplete\r\n%s\r\nEventList: Complete\r\n\r\n", action, line);
}

static void act(struct manager *manager, const char *action, const char *id)
{
	size_t length = strlen(action);
	if (strcmp(action, "CoreShowChannels") == 0) {
		list(manager, action, id);
		manager->events.listed(manager->events.ctx);
	} else if (length > 4 && strcmp(action + length - 4, "List") == 0) {
		list(manager, action, id);
	} else if (strcmp(action, "DBGet") == 0 || strcmp(action, "DBDel") == 0) {
		answer(manager, id, "Error", "");
	} else {
		answer(manager, id, "Success", "");
		if (strcmp(action, "Login") == 0)
			evbuffer_add_printf(bufferevent_get_output(manager->session),
				"Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n");
	}
}

static void on_read(struct bufferevent *session, void *arg)
{
	struct manager *manager = arg;
	struct evbuffer *input = bufferevent_get_input(session);
	char action[FIELD] = "", id[FIELD] = "", *line;
	while (manager->session == session && evbuffer_search(input, "\r\n\r\n", 4, NULL).pos >= 0) {
		while ((line = evbuffer_readln(input, NULL, EVBUFFER_EOL_CRLF_STRICT)) && line[0]) {
			sscanf(line, "Action: %255s", action);
			sscanf(line, "ActionID: %255s", id);
			free(line);
		}
		free(line);
		act(manager, action, id);
	}
}

void manager_drop(struct manager *manager)
{
	if (manager->session)
		bufferevent_free(manager->session);
	manager->session = NULL;
}

static void on_event(struct bufferevent *session, short what, void *arg)
{
	struct manager *manager = arg;
	(void)what;
	if (manager->session == session)
		manager_drop(manager);
}

static void on_accept(
	struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length, void *arg)
{
	struct manager *manager = arg;
	static const char greeting[] = "Asterisk Call Manager/11.0.0\r\n";
	(void)listener;
	(void)address;
	(void)length;
	manager_drop(manager);
	manager->session = bufferevent_socket_new(manager->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(manager->session, on_read, NULL, on_event, manager);
	bufferevent_enable(manager->session, EV_READ | EV_WRITE);
	bufferevent_write(manager->session, greeting, strlen(greeting));
}

struct manager *manager_new(struct event_base *base, uint16_t port, size_t first, size_t extensions,
	const struct manager_events *events)
{
	struct manager *manager = mem_new(sizeof(*manager));
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	manager->events = *events;
	manager->base = base;
	manager->first = first;
	manager->extensions = extensions;
	manager->listener = evconnlistener_new_bind(base, on_accept, manager,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 16, (struct sockaddr *)&address, sizeof(address));
	if (!manager->listener)
		events->failed(events->ctx, "the manager's port is taken");
	return manager;
}

void manager_free(struct manager *manager)
{
	manager_drop(manager);
	if (manager->listener)
		evconnlistener_free(manager->listener);
	free(manager);
}
