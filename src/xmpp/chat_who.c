/* People are looked up by what others call them here. */
#include "xmpp/chat_who.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jid.h"
#include "base/memory.h"
#include "base/text.h"

/* The walk over all extensions takes milliseconds in a large tenant. */
#define LOOK_AGAIN MINUTE

struct found {
	struct person **people;
	size_t count, most;
};

static void add(struct found *found, struct person *person)
{
	if (person == NULL || found->count == found->most)
		return;
	for (size_t i = 0; i < found->count; i++)
		if (found->people[i] == person)
			return;
	found->people[found->count++] = person;
}

static void add_pbx(struct chat_who *who, const char *pbx)
{
	for (size_t i = 0; i < who->count; i++)
		if (strcmp(who->pbxes[i], pbx) == 0)
			return;
	if (who->count < LIMIT_PBXES)
		who->pbxes[who->count++] = mem_string(pbx);
}

void chat_who_done(struct chat_who *who)
{
	while (who->count > 0)
		free(who->pbxes[--who->count]);
}

static void collect_pbxes(struct chat_who *who, const struct engine *engine, usec_t now)
{
	const struct extension *extension;
	size_t at = 0;

	if (who->looked != 0 && now >= who->looked && now - who->looked < LOOK_AGAIN)
		return;
	chat_who_done(who);
	who->looked = now;
	while ((extension = map_next(&engine->extensions, &at)) != NULL)
		add_pbx(who, extension->pbx);
}

static void add_extension(struct found *found, const struct extension *extension)
{
	if (extension != NULL)
		add(found, extension->person);
}

/* "bob", "bob@example.org", "bob@presence.example.org". */
static void find_address(
	const struct chat_who *who, struct found *found, const struct engine *engine, const char *text)
{
	char contact[1024];
	struct jid jid;
	char bare[JID_TEXT];

	if (strchr(text, '@') == NULL) {
		if (jid_parse_contact(text, contact, NULL))
			add(found, engine_person(engine, contact));
		return;
	}
	if (!jid_parse(text, &jid, NULL))
		return;
	add(found, engine_person_by_account(engine, jid_bare(&jid, bare)));
	if (strcmp(jid.domain, who->address) == 0)
		add(found, engine_person(engine, jid.local));
}

static void find_extension(
	struct chat_who *who, struct found *found, const struct engine *engine, const char *text, usec_t now)
{
	add_extension(found, map_get(&engine->extensions, text));
	if (strlen(text) > LIMIT_EXTENSION_BYTES)
		return;
	collect_pbxes(who, engine, now);
	for (size_t i = 0; i < who->count; i++)
		add_extension(found, engine_extension(engine, who->pbxes[i], text));
}

static void find_contact_start(struct found *found, struct engine *engine, const char *folded)
{
	struct person *people[LIMIT_CHAT_CANDIDATES + 1];
	size_t most = found->most < LIMIT_CHAT_CANDIDATES + 1 ? found->most : LIMIT_CHAT_CANDIDATES + 1;
	size_t count = engine_people(engine, folded, people, most);

	for (size_t i = 0; i < count && strncmp(people[i]->contact, folded, strlen(folded)) == 0; i++)
		add(found, people[i]);
}

static bool has_word_start(const char *name, const char *folded)
{
	char *text = text_fold(name);
	bool found = false;

	for (const char *at = text; !found && at != NULL && (at = strstr(at, folded)) != NULL; at++)
		found = at == text || at[-1] == ' ';
	free(text);
	return found;
}

static void find_name_start(struct found *found, const struct engine *engine, const char *folded)
{
	size_t count = engine->person_count < LIMIT_PEOPLE_SCAN ? engine->person_count : LIMIT_PEOPLE_SCAN;

	for (size_t i = 0; i < count && found->count < found->most; i++)
		if (has_word_start(engine->rows[i]->name, folded))
			add(found, engine->rows[i]);
}

size_t chat_who_find(struct chat_who *who, struct engine *engine, const char *text, usec_t now,
	struct person **people, size_t most)
{
	struct found found = {.people = people, .most = most};
	char *folded = text_fold(text);

	find_address(who, &found, engine, text);
	if (found.count == 0)
		find_extension(who, &found, engine, text, now);
	if (found.count == 0 && folded != NULL && folded[0] != '\0') {
		find_contact_start(&found, engine, folded);
		find_name_start(&found, engine, folded);
	}
	free(folded);
	return found.count;
}
