/*
 * Accounts become people here.
 */
#include "xmpp/auto_people.h"

#include <stdlib.h>
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"

struct waiter {
	struct waiter *next;
	auto_person_fn *done;
	void *arg;
};

/* One account on its way through the database. */
struct candidate {
	struct auto_people *people;
	struct candidate *before, *after;
	struct waiter *waiters;
	char account[];
};

struct auto_people {
	struct engine *engine;
	const struct ports *ports;
	char *subject;
	struct candidate *candidates;
	size_t waiting;
};

static void candidate_free(struct candidate *candidate)
{
	while (candidate->waiters != NULL) {
		struct waiter *next = candidate->waiters->next;
		free(candidate->waiters);
		candidate->waiters = next;
		candidate->people->waiting--;
	}
	*(candidate->before != NULL ? &candidate->before->after : &candidate->people->candidates) =
		candidate->after;
	if (candidate->after != NULL)
		candidate->after->before = candidate->before;
	free(candidate);
}

struct auto_people *auto_people_new(struct engine *engine, const struct ports *ports, const char *subject)
{
	struct auto_people *people = mem_new(sizeof(*people));
	people->engine = engine;
	people->ports = ports;
	people->subject = mem_string(subject);
	return people;
}

void auto_people_free(struct auto_people *people)
{
	if (people == NULL)
		return;
	while (people->candidates != NULL) {
		people->ports->forget(people->ports->ctx, people->candidates);
		candidate_free(people->candidates);
	}
	free(people->subject);
	free(people);
}

/* A waiter may end with anything but the component gone, so nothing of the candidate is used afterwards
 * but the list that was taken off it. */
static void on_change(void *arg, bool ok, struct person *person, const struct error *error)
{
	struct candidate *candidate = arg;
	struct auto_people *people = candidate->people;
	struct waiter *waiters = candidate->waiters;

	if (ok)
		log_info(people->subject, "%s is a person now", candidate->account);
	else
		log_info(people->subject, "%s did not become a person: %s", candidate->account, error->text);
	candidate->waiters = NULL;
	candidate_free(candidate);
	while (waiters != NULL) {
		struct waiter *waiter = waiters;
		waiters = waiter->next;
		people->waiting--;
		if (waiter->done != NULL)
			waiter->done(waiter->arg, ok ? person : NULL, ok ? NULL : error);
		free(waiter);
	}
}

/* False: no account that may become a person, and why. */
static bool check(
	const struct auto_people *people, const char *account, char contact[1024], struct error *error)
{
	const struct engine *engine = people->engine;
	struct jid jid;

	if (!jid_split(account, &jid) || jid.local[0] == '\0' || strcmp(jid.domain, engine->domain) != 0)
		return error_set(error, NULL, "%s is not an account of %s", account, engine->domain);
	if (!engine->policy.auto_people)
		return error_set(
			error, NULL, "you are not in the list of people; ask an administrator to add you");
	if (!jid_parse_contact(jid.local, contact, error))
		return false;
	if (engine_person(engine, contact) != NULL)
		return error_set(error, NULL,
			"the contact address %s belongs to somebody else; ask an administrator to add you",
			contact);
	if (people->waiting >= LIMIT_AUTO_PEOPLE)
		return error_set(error, NULL, "too many accounts are being added; try again in a moment");
	return true;
}

static struct candidate *find(const struct auto_people *people, const char *account)
{
	struct candidate *candidate = people->candidates;
	while (candidate != NULL && strcmp(candidate->account, account) != 0)
		candidate = candidate->after;
	return candidate;
}

static struct candidate *candidate_new(struct auto_people *people, const char *account)
{
	size_t size = strlen(account) + 1;
	struct candidate *candidate = mem_new(sizeof(*candidate) + size);

	memcpy(candidate->account, account, size);
	candidate->people = people;
	candidate->after = people->candidates;
	if (candidate->after != NULL)
		candidate->after->before = candidate;
	people->candidates = candidate;
	return candidate;
}

static void add_waiter(struct candidate *candidate, auto_person_fn *done, void *arg)
{
	struct waiter *waiter = mem_new(sizeof(*waiter));
	waiter->done = done;
	waiter->arg = arg;
	waiter->next = candidate->waiters;
	candidate->waiters = waiter;
	candidate->people->waiting++;
}

static struct candidate *ask(
	struct auto_people *people, const char *account, const char *contact, struct error *error)
{
	struct candidate *candidate = candidate_new(people, account);
	const struct change change = {.kind = CHANGE_PERSON_ADD,
		.actor = "auto",
		.person = {.contact = contact, .account = account, .name = contact}};

	if (people->ports->change(people->ports->ctx, people->engine, &change, on_change, candidate, error))
		return candidate;
	candidate_free(candidate);
	return NULL;
}

void auto_person(struct component *component, const char *account, auto_person_fn *done, void *arg)
{
	struct auto_people *people = component_auto_people(component);
	struct person *person = engine_person_by_account(people->engine, account);
	struct candidate *candidate = person == NULL ? find(people, account) : NULL;
	struct error error = {0};
	char contact[1024];

	if (person == NULL && check(people, account, contact, &error)) {
		if (candidate == NULL)
			candidate = ask(people, account, contact, &error);
		if (candidate != NULL) {
			add_waiter(candidate, done, arg);
			return;
		}
	}
	if (done != NULL)
		done(arg, person, person != NULL ? NULL : &error);
}
