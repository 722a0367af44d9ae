/* People come, change and go; each is found by contact, account and row. */
#include "core/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/metrics.h"
#include "core/devices.h"
#include "core/legs.h"

size_t people_place(const struct engine *engine, int64_t row)
{
	size_t low = 0, high = engine->person_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (engine->rows[middle]->row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct person *engine_person_by_row(const struct engine *engine, int64_t row)
{
	size_t place = people_place(engine, row);
	return place < engine->person_count && engine->rows[place]->row == row ? engine->rows[place] : NULL;
}

void engine_fetch_people(const struct engine *engine, const uint64_t *contacts, size_t count)
{
	const struct person *people[LIMIT_AHEAD];

	for (size_t i = 0; i < count; i++)
		map_fetch_slot(&engine->people, contacts[i]);
	for (size_t i = 0; i < count; i++) {
		people[i] = map_fetch_entry(&engine->people, contacts[i]);
		if (people[i]) {
			__builtin_prefetch(&people[i]->unheard);
			__builtin_prefetch(&people[i]->presence);
			__builtin_prefetch(&people[i]->presence + 1);
		}
	}
	for (size_t i = 0; i < count; i++)
		if (people[i])
			__builtin_prefetch(people[i]->presence.message);
}

struct person *engine_person(const struct engine *engine, const char *contact)
{
	return map_get(&engine->people, contact);
}

struct person *engine_person_by_account(const struct engine *engine, const char *account)
{
	return map_get(&engine->accounts, account);
}

struct extension *engine_extension(const struct engine *engine, const char *pbx, const char *number)
{
	char key[EXTENSION_KEY];
	return extension_key(key, pbx, number) < sizeof(key) ? map_get(&engine->extensions, key) : NULL;
}

const char *person_zone(const struct engine *engine, const struct person *person)
{
	return person && person->time_zone ? person->time_zone : engine->policy.time_zone;
}

static int by_contact(const void *a, const void *b)
{
	return strcmp((*(struct person *const *)a)->contact, (*(struct person *const *)b)->contact);
}

/* How many come before `contact`, itself included. */
static size_t contacts_upto(const struct engine *engine, const char *contact)
{
	size_t low = 0, high = engine->contact_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(engine->contacts[middle]->contact, contact) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The order by contact is made when first asked for, and kept from then on. */
static void contacts_add(struct engine *engine, struct person *person)
{
	if (!engine->contacts_sorted)
		return;
	size_t place = contacts_upto(engine, person->contact);
	engine->contacts = mem_resize(engine->contacts, engine->contact_count + 1, sizeof(*engine->contacts));
	memmove(&engine->contacts[place + 1], &engine->contacts[place],
		(engine->contact_count++ - place) * sizeof(*engine->contacts));
	engine->contacts[place] = person;
}

static void contacts_remove(struct engine *engine, const struct person *person)
{
	if (!engine->contacts_sorted)
		return;
	size_t place = contacts_upto(engine, person->contact);
	memmove(&engine->contacts[place - 1], &engine->contacts[place],
		(engine->contact_count-- - place) * sizeof(*engine->contacts));
}

static void contacts_sort(struct engine *engine)
{
	engine->contacts = mem_resize(engine->contacts, engine->person_count + 1, sizeof(*engine->contacts));
	engine->contact_count = engine->person_count;
	if (engine->person_count)
		memcpy(engine->contacts, engine->rows, engine->person_count * sizeof(*engine->rows));
	qsort(engine->contacts, engine->contact_count, sizeof(*engine->contacts), by_contact);
	engine->contacts_sorted = true;
}

size_t engine_people(struct engine *engine, const char *after, struct person **people, size_t most)
{
	if (!engine->contacts_sorted)
		contacts_sort(engine);
	size_t low = after ? contacts_upto(engine, after) : 0;
	size_t count = 0;
	while (count < most && low < engine->contact_count)
		people[count++] = engine->contacts[low++];
	return count;
}

static void expiry_due(void *arg, usec_t now)
{
	struct person *person = arg;
	engine_touch(person->engine, person, now);
}

static struct person *person_add(struct engine *engine, int64_t row)
{
	struct person *person = mem_new(sizeof(*person));
	person->engine = engine;
	person->row = row;
	person->timer.fire = expiry_due;
	person->timer.arg = person;
	person->presence.status = engine->catalogue.offline;
	person->presence.rule = RULE_OFFLINE;
	person->presence.message = "";
	preferences_init(&person->preferences);
	if (engine->person_count == engine->row_room) {
		engine->row_room = engine->row_room ? engine->row_room * 2 : 64;
		engine->rows = mem_resize(engine->rows, engine->row_room, sizeof(*engine->rows));
	}
	size_t place = people_place(engine, row);
	memmove(&engine->rows[place + 1], &engine->rows[place],
		(engine->person_count - place) * sizeof(*engine->rows));
	engine->rows[place] = person;
	engine->person_count++;
	metrics_add(METRIC_PEOPLE, 1);
	return person;
}

static void extensions_clear(struct engine *engine, struct person *person)
{
	for (size_t i = 0; i < person->extension_count; i++) {
		extension_assign(engine, person->extensions[i], NULL);
		extension_release(engine, person->extensions[i]);
	}
	person->extension_count = 0;
}

static void person_free(struct engine *engine, struct person *person)
{
	timers_stop(engine->timers, &person->timer);
	devices_forget(person);
	free(person->devices);
	free(person->contact);
	free(person->account);
	free(person->name);
	free(person->time_zone);
	free(person->choices.standing.message);
	free(person->choices.timed.message);
	free(person->message.text);
	free(person);
	metrics_add(METRIC_PEOPLE, -1);
}

void people_free(struct engine *engine)
{
	for (size_t i = 0; i < engine->person_count; i++) {
		extensions_clear(engine, engine->rows[i]);
		person_free(engine, engine->rows[i]);
	}
	free(engine->rows);
	free(engine->contacts);
	engine->rows = NULL;
	engine->contacts = NULL;
	engine->person_count = engine->contact_count = 0;
	engine->contacts_sorted = false;
}

static void split_key(const char *key, char pbx[LIMIT_PBX_NAME + 1], const char **number)
{
	size_t length = strcspn(key, ":");
	snprintf(pbx, LIMIT_PBX_NAME + 1, "%.*s", (int)length, key);
	*number = key[length] ? key + length + 1 : key + length;
}

bool people_check(const struct engine *engine, const struct fact_person *fact, struct error *error)
{
	const struct person *person = engine_person_by_row(engine, fact->row);
	const struct person *holder = engine_person(engine, fact->contact);
	if (holder && holder->row != fact->row && !(person && fact->swaps))
		return error_set(
			error, "contact", "%s is already the contact of %s", fact->contact, holder->name);
	holder = fact->account ? engine_person_by_account(engine, fact->account) : NULL;
	if (holder && holder->row != fact->row)
		return error_set(error, "jid", "%s is already the account of %s (%s)", fact->account,
			holder->name, holder->contact);
	if (fact->extension_count > LIMIT_EXTENSIONS_PER_PERSON)
		return error_set(error, "extensions", "are more than %d", LIMIT_EXTENSIONS_PER_PERSON);
	for (size_t i = 0; i < fact->extension_count; i++) {
		const struct extension *extension = map_get(&engine->extensions, fact->extensions[i]);
		holder = extension ? extension->person : NULL;
		if (holder && holder->row != fact->row)
			return error_set(error, "extensions", "%s belongs to %s (%s)", fact->extensions[i],
				holder->name, holder->contact);
	}
	if (!person && engine->person_count >= LIMIT_PEOPLE)
		return error_set(
			error, NULL, "there are %d people already, which is the limit", LIMIT_PEOPLE);
	return true;
}

/* The holder is shown at the other contact by the fact that follows, if that is where they stay. */
static void swap_contacts(struct engine *engine, struct person *person, struct person *holder)
{
	char *contact = holder->contact;

	contacts_remove(engine, person);
	contacts_remove(engine, holder);
	map_remove(&engine->people, person->contact);
	map_remove(&engine->people, holder->contact);
	holder->contact = person->contact;
	person->contact = contact;
	map_put(&engine->people, person->contact, person);
	map_put(&engine->people, holder->contact, holder);
	contacts_add(engine, person);
	contacts_add(engine, holder);
	person->generation = holder->generation = 0;
}

static void set_contact(struct engine *engine, struct person *person, const char *contact)
{
	struct person *holder = engine_person(engine, contact);
	if (holder == person)
		return;
	if (holder) {
		swap_contacts(engine, person, holder);
		return;
	}
	if (person->contact) {
		contacts_remove(engine, person);
		map_remove(&engine->people, person->contact);
		engine->gone_contact = person->contact;
		engine_add_effect(
			engine, &(struct effect){.kind = EFFECT_CONTACT, .contact = engine->gone_contact});
	}
	person->contact = mem_string(contact);
	map_put(&engine->people, person->contact, person);
	contacts_add(engine, person);
	person->generation = 0; /* the new address has shown nothing yet */
}

/* What its feed told is nobody's any more, and the subscription ends. */
static void end_account(struct engine *engine, struct person *person)
{
	devices_forget(person);
	if (engine_person_by_account(engine, person->account) == person)
		map_remove(&engine->accounts, person->account);
	if (person->feed == FEED_NONE)
		return;
	person->feed = FEED_NONE;
	person->feed_unsure = false;
	engine->gone_account = person->account;
	person->account = NULL;
	engine_add_effect(engine,
		&(struct effect){.kind = EFFECT_FEED, .account = engine->gone_account, .feed = FEED_NONE});
}

static void set_account(struct engine *engine, struct person *person, const char *account)
{
	if (person->account && account && strcmp(person->account, account) == 0)
		return;
	if (person->account)
		end_account(engine, person);
	mem_replace(&person->account, account);
	if (!person->account)
		return;
	map_put(&engine->accounts, person->account, person);
	if (engine->started)
		engine_add_effect(engine, &(struct effect){.kind = EFFECT_ACCOUNT, .person = person});
}

static void set_extensions(struct engine *engine, struct person *person, const struct fact_person *fact)
{
	struct extension *wanted[LIMIT_EXTENSIONS_PER_PERSON];
	size_t count = 0;
	for (size_t i = 0; i < fact->extension_count; i++) {
		char pbx[LIMIT_PBX_NAME + 1];
		const char *number;
		split_key(fact->extensions[i], pbx, &number);
		struct extension *extension = extension_get(engine, pbx, number, false);
		bool twice = false;
		for (size_t k = 0; k < count; k++)
			twice = twice || wanted[k] == extension;
		if (!twice)
			wanted[count++] = extension;
	}
	for (size_t i = 0; i < person->extension_count; i++)
		extension_assign(engine, person->extensions[i], NULL);
	for (size_t i = 0; i < count; i++)
		extension_assign(engine, wanted[i], person);
	for (size_t i = 0; i < person->extension_count; i++)
		extension_release(engine, person->extensions[i]);
	memcpy(person->extensions, wanted, count * sizeof(*wanted));
	person->extension_count = count;
}

bool people_put(struct engine *engine, const struct fact_person *fact, usec_t now, struct error *error)
{
	if (!people_check(engine, fact, error))
		return false;
	struct person *person = engine_person_by_row(engine, fact->row);
	bool added = !person;
	if (added)
		person = person_add(engine, fact->row);
	set_contact(engine, person, fact->contact);
	set_account(engine, person, fact->account);
	mem_replace(&person->name, fact->name);
	mem_replace(&person->time_zone, fact->time_zone);
	set_extensions(engine, person, fact);
	if (fact->preferences)
		person->preferences = *fact->preferences;
	engine_touch(engine, person, now);
	return true;
}

bool people_prefer(
	struct engine *engine, const struct fact_preferences *fact, usec_t now, struct error *error)
{
	struct person *person = engine_person_by_row(engine, fact->row);
	if (!person)
		return error_set(error, "contact", "there is no such person");
	mem_replace(&person->time_zone, fact->time_zone);
	person->preferences = *fact->preferences;
	engine_touch(engine, person, now);
	return true;
}

bool people_remove(struct engine *engine, int64_t row, struct error *error)
{
	struct person *person = engine_person_by_row(engine, row);
	if (!person)
		return error_set(error, "contact", "there is no such person");
	size_t place = people_place(engine, row);
	engine->person_count--;
	memmove(&engine->rows[place], &engine->rows[place + 1],
		(engine->person_count - place) * sizeof(*engine->rows));
	contacts_remove(engine, person);
	map_remove(&engine->people, person->contact);
	if (person->account)
		end_account(engine, person);
	extensions_clear(engine, person);
	engine->gone_contact = person->contact;
	person->contact = NULL;
	engine_add_effect(engine, &(struct effect){.kind = EFFECT_CONTACT, .contact = engine->gone_contact});
	person_free(engine, person);
	return true;
}
