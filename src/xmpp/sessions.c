/* Keeping the sessions of ad-hoc commands by id and owner, and in order of age. */
#include "xmpp/sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"

struct session {
	char *key; /* id, a blank, full JID */
	const void *command;
	usec_t expires;
	struct session *older, *newer;
};

static char *key_of(const char *id, const char *from)
{
	size_t size = strlen(id) + strlen(from) + 2;
	char *key = mem_new(size);
	snprintf(key, size, "%s %s", id, from);
	return key;
}

static struct session *find(const struct sessions *sessions, const char *id, const char *from)
{
	char *key = key_of(id, from);
	struct session *session = map_get(&sessions->map, key);
	free(key);
	return session;
}

static void drop(struct sessions *sessions, struct session *session)
{
	map_remove(&sessions->map, session->key);
	*(session->older ? &session->older->newer : &sessions->oldest) = session->newer;
	*(session->newer ? &session->newer->older : &sessions->newest) = session->older;
	free(session->key);
	free(session);
}

void sessions_init(struct sessions *sessions)
{
	memset(sessions, 0, sizeof(*sessions));
	map_init(&sessions->map);
}

void sessions_done(struct sessions *sessions)
{
	while (sessions->oldest)
		drop(sessions, sessions->oldest);
	map_done(&sessions->map);
}

void sessions_close(struct sessions *sessions, const char *id, const char *from)
{
	struct session *session = find(sessions, id, from);
	if (session)
		drop(sessions, session);
}

static void tidy(struct sessions *sessions, usec_t now)
{
	const usec_t remembered = LIMIT_COMMAND_SESSION_MINUTES * MINUTE;

	while (sessions->oldest && (sessions->map.count >= LIMIT_COMMAND_SESSIONS ||
					   now > sessions->oldest->expires + remembered))
		drop(sessions, sessions->oldest);
}

void sessions_open(
	struct sessions *sessions, const char *id, const char *from, const void *command, usec_t now)
{
	struct session *session;

	sessions_close(sessions, id, from);
	tidy(sessions, now);
	session = mem_new(sizeof(*session));
	session->key = key_of(id, from);
	session->command = command;
	session->expires = now + LIMIT_COMMAND_SESSION_MINUTES * MINUTE;
	session->older = sessions->newest;
	*(sessions->newest ? &sessions->newest->newer : &sessions->oldest) = session;
	sessions->newest = session;
	map_put(&sessions->map, session->key, session);
}

enum session_state sessions_state(
	const struct sessions *sessions, const char *id, const char *from, const void *command, usec_t now)
{
	const struct session *session = find(sessions, id, from);

	if (!session || session->command != command)
		return SESSION_UNKNOWN;
	return now > session->expires ? SESSION_EXPIRED : SESSION_OPEN;
}
