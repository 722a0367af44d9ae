/* The lines of each sender's minute are counted here. */
#include "xmpp/chat_pace.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"

struct chat_writer {
	char *sender;
	usec_t since;
	unsigned lines; /* not counted beyond the one that is told */
	struct chat_writer *newer;
};

void chat_pace_init(struct chat_pace *pace)
{
	memset(pace, 0, sizeof(*pace));
	map_init(&pace->writers);
}

static void drop_oldest(struct chat_pace *pace)
{
	struct chat_writer *writer = pace->oldest;

	map_remove(&pace->writers, writer->sender);
	pace->oldest = writer->newer;
	if (!pace->oldest)
		pace->newest = NULL;
	free(writer->sender);
	free(writer);
}

void chat_pace_done(struct chat_pace *pace)
{
	while (pace->oldest)
		drop_oldest(pace);
	map_done(&pace->writers);
}

/* A clock that was set back must not make a minute longer. */
static bool is_over(const struct chat_writer *writer, usec_t now)
{
	return now < writer->since || now - writer->since >= MINUTE;
}

static struct chat_writer *add(struct chat_pace *pace, const char *sender, usec_t now)
{
	struct chat_writer *writer = mem_new(sizeof(*writer));

	if (pace->oldest && pace->writers.count >= LIMIT_CHAT_WRITERS)
		drop_oldest(pace);
	writer->sender = mem_string(sender);
	writer->since = now;
	*(pace->newest ? &pace->newest->newer : &pace->oldest) = writer;
	pace->newest = writer;
	map_put(&pace->writers, writer->sender, writer);
	return writer;
}

enum pace chat_pace_take(struct chat_pace *pace, const char *sender, usec_t now)
{
	struct chat_writer *writer;

	while (pace->oldest && is_over(pace->oldest, now))
		drop_oldest(pace);
	writer = map_get(&pace->writers, sender);
	if (!writer)
		writer = add(pace, sender, now);
	if (writer->lines > LIMIT_CHAT_LINES)
		return PACE_IGNORE;
	return ++writer->lines > LIMIT_CHAT_LINES ? PACE_TELL : PACE_ANSWER;
}
