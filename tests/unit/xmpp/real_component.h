/* A component of the tenant in core/world.h, connected to the fake server; its ports apply facts to the
 * engine at once and keep what was to be saved. */
#ifndef OFFHOOK_TESTS_REAL_COMPONENT_H
#define OFFHOOK_TESTS_REAL_COMPONENT_H

#include "fake_server.h"

#include "base/map.h"
#include "base/metrics.h"
#include "core/world.h"
#include "xmpp/component.h"
#include "xmpp/publisher.h"
#include "xmpp/render.h"

#define SOON (5 * SECOND)

static struct loop *loop;
static struct fake_server server;
static struct component *component;
static struct ports ports;
static char saved_watcher[256]; /* the last, as "contact watcher day" */
static unsigned watchers_saved, digests_saved, changes_asked;
static uint64_t saved_digest; /* the last */
static char saved_contact[64];
static change_fn *change_done; /* of a change that waits for commit_person() */
static void *change_arg;
static char change_contact[64], change_account[64];
static unsigned stops;

static inline usec_t port_now(void *ctx)
{
	(void)ctx;
	return now;
}

static inline void publish(void);

static inline enum submit_result port_submit(void *ctx, struct engine *of, struct fact *facts, size_t count,
	commit_fn *done, void *arg, size_t *at, struct error *error)
{
	(void)ctx;
	(void)done;
	(void)arg;
	for (*at = 0; *at < count; ++*at) {
		if (!engine_apply(of, &facts[*at], now, error))
			return SUBMIT_INVALID;
		publish();
	}
	return SUBMIT_OK;
}

static inline void port_forget(void *ctx, void *arg)
{
	(void)ctx;
	if (change_arg == arg)
		change_done = NULL;
}

static inline bool port_change(void *ctx, struct engine *of, const struct change *change, change_fn *done,
	void *arg, struct error *error)
{
	(void)ctx;
	(void)of;
	changes_asked++;
	if (change_done != NULL)
		return error_set(error, NULL, "the database is away");
	ck_assert_int_eq(change->kind, CHANGE_PERSON_ADD);
	snprintf(change_contact, sizeof(change_contact), "%s", change->person.contact);
	snprintf(change_account, sizeof(change_account), "%s", change->person.account);
	change_done = done;
	change_arg = arg;
	return true;
}

static inline void port_save_watcher(
	void *ctx, struct engine *of, const char *contact, const char *watcher, usec_t heard)
{
	(void)ctx;
	(void)of;
	watchers_saved++;
	snprintf(saved_watcher, sizeof(saved_watcher), "%s %s %d", contact, watcher, heard != 0);
}

static inline void port_save_published(void *ctx, struct engine *of, const char *contact, uint64_t digest)
{
	(void)ctx;
	(void)of;
	digests_saved++;
	saved_digest = digest;
	snprintf(saved_contact, sizeof(saved_contact), "%s", contact);
}

/* Effects become presence, as src/app does it. */
static inline void publish(void)
{
	struct effect effect;
	while (engine_next_effect(engine, &effect)) {
		if (effect.kind == EFFECT_PRESENCE || effect.kind == EFFECT_CONTACT)
			component_presence_changed(component, effect.contact, effect.person);
		if (effect.kind == EFFECT_DEVICE)
			component_device_listens(component, effect.person, effect.resource, effect.was_there);
		if (effect.kind == EFFECT_FEED && effect.person == NULL && effect.account != engine->domain)
			component_feed_over(component, effect.account);
		if (effect.kind == EFFECT_ACCOUNT)
			component_account_added(component, effect.person);
		if (effect.kind == EFFECT_UNHEARD)
			component_account_awaited(component, effect.person);
	}
}

/* Time passes for the engine, whose timers run. */
static inline void time_passes(usec_t time)
{
	now += time;
	while (timers_run(&timers, now, 1000))
		publish();
	publish();
}

static inline void tell(struct fact fact)
{
	struct error error = {0};
	ck_assert_msg(engine_apply(engine, &fact, now, &error), "%s", error.text);
	publish();
}

static inline void choose(struct person *person, const char *status)
{
	tell((struct fact){.kind = FACT_CHOICE, .choice = {.person = person, .status = status}});
}

static inline void commit_person(int64_t row)
{
	change_fn *done = change_done;
	change_done = NULL;
	tell((struct fact){.kind = FACT_PERSON,
		.person = {.row = row,
			.contact = change_contact,
			.account = change_account,
			.name = change_contact}});
	done(change_arg, true, engine_person(engine, change_contact), NULL);
}

static inline void on_stopped(void *arg)
{
	(void)arg;
	stops++;
}

static inline bool connected(void *arg)
{
	(void)arg;
	return component_connected(component);
}

static inline void turns(usec_t most)
{
	turn_until(loop, NULL, NULL, most);
}

static inline void component_make(void)
{
	const struct component_options options = {.component = "presence.example.org",
		.host = "127.0.0.1",
		.port = server.port,
		.secret = "s3cret",
		.name = "Presence"};
	component = component_new(loop, &options, engine, &ports);
}

static inline void connect_now(void)
{
	component_start(component);
	ck_assert(turn_until(loop, connected, NULL, SOON));
}

static inline void component_begin(void)
{
	world_begin();
	alice->feed = bob->feed = FEED_REFUSED; /* else they are asked meanwhile */
	ports = (struct ports){.now = port_now,
		.submit = port_submit,
		.forget = port_forget,
		.change = port_change,
		.save_watcher = port_save_watcher,
		.save_published = port_save_published};
	watchers_saved = digests_saved = changes_asked = stops = 0;
	saved_watcher[0] = saved_contact[0] = '\0';
	saved_digest = 0;
	change_done = NULL;
	change_arg = NULL;
	loop = loop_new();
	fake_begin(&server, loop);
	component_make();
}

static inline void component_end(void)
{
	component_free(component);
	fake_end(&server);
	loop_free(loop);
	world_end();
}

struct expected {
	const char *text;
	unsigned count;
	unsigned seen;
	size_t at;
};

static inline bool has_come(void *arg)
{
	struct expected *expected = arg;
	expected->seen += fake_count_from(&server, expected->text, &expected->at);
	return expected->seen >= expected->count;
}

/* The component sends `text` that often. */
static inline void expect(const char *text, unsigned count)
{
	struct expected expected = {.text = text, .count = count};
	ck_assert_msg(turn_until(loop, has_come, &expected, SOON), "waiting for %u times %s, got %.1500s",
		count, text, buf_text(&server.in));
}

/* Everything said so far is answered: pings come in order. */
static inline void settle(void)
{
	fake_say(&server, "<iq type='get' id='settled' from='alice@example.org/r' to='presence.example.org'>"
			  "<ping xmlns='urn:xmpp:ping'/></iq>");
	expect("<iq id='settled'", 1);
	/* That answer is ours, not the test's. */
	*strstr(server.in.data, "<iq id='settled'") = '\0';
	server.in.length = strlen(server.in.data);
	server.looked = server.looked < server.in.length ? server.looked : server.in.length;
}

static inline void refuse(const char *text)
{
	ck_assert_msg(fake_count(&server, text) == 0, "there should be no %s in %.1500s", text,
		buf_text(&server.in));
}

#endif
