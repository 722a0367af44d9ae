/*
 * Random histories: whatever happened in whatever order, the engine shows what deriving afresh shows, and what
 * must never happen does not. A history that fails is made as short as it can be and printed with its seed.
 *
 * OFFHOOK_HISTORIES is how many are tried (more than the few of every day).
 */
#include <check.h>

#include "history.h"

enum { HISTORIES = 1500, STEPS = 120, BATCH = 12 };

/* ---- chance ---- */

static uint64_t random_state;

static unsigned roll(unsigned sides)
{
	random_state = random_state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(random_state >> 33) % sides;
}

static struct step random_step(void)
{
	unsigned total = 0;
	struct step step = {0};
	for (size_t i = 0; i < STEP_KINDS; i++)
		total += step_weights[i];
	for (unsigned at = roll(total); at >= step_weights[step.kind]; step.kind++)
		at -= step_weights[step.kind];
	for (size_t i = 0; i < sizeof(step.r) / sizeof(*step.r); i++)
		step.r[i] = roll(1 << 16);
	return step;
}

/* ---- what must hold ---- */

/* What was seen of somebody after the last step. */
struct seen {
	bool exists, unheard;
	char contact[16], in_force[LIMIT_SLUG + 1];
	uint64_t digest;
};
static struct seen seen[PEOPLE];

static const struct choice *chosen_by(const struct person *person)
{
	return choice_in_force(&person->choices, now);
}

static void look_at(size_t who, struct seen *at)
{
	const struct person *person = person_at(who);
	const struct choice *choice = person ? chosen_by(person) : NULL;
	memset(at, 0, sizeof(*at));
	if (!person)
		return;
	at->exists = true;
	at->unheard = person->unheard;
	at->digest = person->presence.digest;
	snprintf(at->contact, sizeof(at->contact), "%s", person->contact);
	snprintf(at->in_force, sizeof(at->in_force), "%s", choice ? choice->status->id : "");
}

/* Nothing from before what covered it ended. (What colleagues saw all along keeps its older since.) */
static void check_since(const struct person *person, const struct presence *fresh)
{
	const struct choice *timed = &person->choices.timed, *standing = &person->choices.standing;
	usec_t end = timed->until && timed->until <= now ? timed->until : 0;
	if (!standing->status && standing->at > end)
		end = standing->at;
	if ((fresh->rule != RULE_CHOICE && fresh->since && fresh->since < end) ||
		(fresh->idle_since && fresh->idle_since < end) || fresh->since > now)
		wrong("since tells what was covered");
}

static void check_derived(const struct person *person)
{
	struct facts facts;
	struct presence fresh;
	const struct presence *kept = &person->presence;
	engine_facts(engine, person, now, &facts);
	derive(&facts, &fresh);
	if (fresh.status != kept->status || fresh.rule != kept->rule || fresh.until != kept->until ||
		fresh.idle_since != kept->idle_since || fresh.automatic != kept->automatic ||
		strcmp(fresh.message, kept->message) != 0 || fresh.digest != kept->digest)
		wrong("the presence is not what deriving afresh gives");
	if (fresh.digest != presence_digest(kept))
		wrong("the digest is not that of the presence");
	check_since(person, &fresh);
	for (size_t i = 0; i < person->device_count; i++) {
		const struct device *device = &person->devices[i];
		if (device->named !=
			(device->text ? catalogue_by_name(&engine->catalogue, device->text) : NULL))
			wrong("a device's text names another status");
	}
	bool rings = false, up = false;
	for (size_t i = 0; i < facts.leg_count; i++) {
		up = up || leg_is_up(facts.legs[i]);
		rings = rings || facts.legs[i]->state == LEG_RINGING;
	}
	if (kept->rule == RULE_CALL && !up && !(rings && engine->policy.ringing_status[0]))
		wrong("on a call without a call");
	usec_t next = derive_next(&facts), devices = devices_next(person);
	next = next && (!devices || next < devices) ? next : devices;
	if ((person->timer.place ? person->timer.at : 0) != next)
		wrong("the timer is not set for what comes next");
	if (next && next <= now)
		wrong("something is overdue");
}

static void check_invisible(const struct person *person)
{
	const struct choice *choice = chosen_by(person);
	const struct presence *shown = &person->presence;
	if (!choice || choice->status != engine->catalogue.invisible)
		return;
	if (shown->status != engine->catalogue.offline || shown->message[0] || shown->since || shown->until ||
		shown->idle_since || !shown->automatic)
		wrong("Invisible leaks");
}

static bool is_same_choice(const struct saved_choice *one, const struct saved_choice *other)
{
	/* Of a deleted status only the times matter. */
	const struct catalogue *catalogue = &engine->catalogue;
	bool of_nothing = !catalogue_get(catalogue, one->status) && !catalogue_get(catalogue, other->status);
	if (of_nothing)
		return one->at == other->at && one->until == other->until;
	return memcmp(one, other, sizeof(*one)) == 0;
}

static void check_choice(
	const struct step *step, size_t who, const struct person *person, const struct seen *before)
{
	struct saved_choice standing, timed;
	const struct saved_person *stored = &saved.people[who];
	save_choice(&standing, &person->choices.standing);
	save_choice(&timed, &person->choices.timed);
	if (!is_same_choice(&standing, &stored->standing) || !is_same_choice(&timed, &stored->timed))
		wrong("a choice changed without being saved");
	const struct choice *choice = chosen_by(person);
	if (!before->exists || strcmp(choice ? choice->status->id : "", before->in_force) == 0)
		return;
	bool of_this_step = step->kind == STEP_CHOICE && step->r[0] % PEOPLE == who;
	bool expired = timed.until > 0 && timed.until <= now && step->kind == STEP_TIME;
	bool deleted = step->kind == STEP_STATUS && !catalogue_get(&engine->catalogue, before->in_force);
	const struct preferences *preferences = &person->preferences;
	bool logged = standing.at == now || timed.at == now;
	bool at_login = (preferences->on_login || preferences->on_logout) && logged &&
			(step->kind == STEP_DEVICE || step->kind == STEP_TIME);
	if (!of_this_step && !expired && !deleted && !at_login)
		wrong("a choice disappeared unasked");
}

/* Who sees the effects knows what is shown, and hears nothing twice. */
static void check_effects(
	const struct step *step, size_t who, const struct seen *before, const struct seen *after)
{
	size_t effects = presence_effects[who];
	bool is_new = !before->exists || strcmp(before->contact, after->contact) != 0;
	bool news = is_new || before->digest != after->digest || (before->unheard && !after->unheard);
	if (after->unheard || step->kind == STEP_RESTART)
		return;
	if (news && effects == 0)
		wrong("a change went unnoticed");
	/* On the way through a snapshot, or over several expiries, things change and change back. */
	if (!news && effects > 0 && step->kind != STEP_SNAPSHOT && step->kind != STEP_TIME)
		wrong("an effect though nothing visible changed");
}

/* Whose devices are not known then shows the same before and after. */
static void check_restart(const struct seen *before, const struct seen *after, const struct person *person)
{
	if (person_feed(person) != FEED_ACTIVE && before->digest != after->digest)
		wrong("a restart changed what is shown");
}

static void check(const struct step *step)
{
	if (timers_next(&timers) && timers_next(&timers) <= now)
		wrong("a timer is overdue");
	for (size_t i = 0; i < PEOPLE; i++) {
		const struct person *person = person_at(i);
		struct seen before = seen[i];
		look_at(i, &seen[i]);
		if (!person)
			continue;
		check_derived(person);
		check_invisible(person);
		check_choice(step, i, person, &before);
		check_effects(step, i, &before, &seen[i]);
		if (step->kind == STEP_RESTART && before.exists)
			check_restart(&before, &seen[i], person);
	}
}

/* When every call has ended, nobody is on one. */
static void check_the_end(void)
{
	apply((struct fact){.kind = FACT_SNAPSHOT, .snapshot = {.pbx = "hq", .at = now + DAY}});
	if (engine->live.count)
		wrong("an empty snapshot leaves a call");
	for (size_t i = 0; i < PEOPLE; i++)
		if (person_at(i) && person_at(i)->presence.rule == RULE_CALL)
			wrong("on a call after all have ended");
}

/* What went wrong, or NULL. */
static const char *run_history(const struct step *steps, size_t count)
{
	begin();
	for (size_t i = 0; i < PEOPLE; i++)
		look_at(i, &seen[i]);
	for (size_t i = 0; i < count && !trouble; i++) {
		run_step(&steps[i]);
		check(&steps[i]);
	}
	if (!trouble)
		check_the_end();
	end();
	return trouble;
}

/* ---- failures, made short ---- */

typedef const char *run_fn(const struct step *steps, size_t count);

/* Leaves out what need not be there, in ever smaller pieces. */
static size_t shrink(struct step *steps, size_t count, run_fn *run)
{
	struct step fewer[STEPS + BATCH];
	for (size_t piece = count / 2; piece > 0; piece = piece > 1 ? (piece + 1) / 2 : 0) {
		for (size_t at = 0; at + piece <= count;) {
			memcpy(fewer, steps, at * sizeof(*steps));
			memcpy(fewer + at, steps + at + piece, (count - at - piece) * sizeof(*steps));
			if (run(fewer, count - piece)) {
				count -= piece;
				memcpy(steps, fewer, count * sizeof(*steps));
			} else {
				at += piece;
			}
		}
	}
	return count;
}

static void fail_with(unsigned seed, struct step *steps, size_t count, run_fn *run)
{
	struct buf text;
	buf_init(&text, 64 * 1024);
	count = shrink(steps, count, run);
	const char *why = run(steps, count);
	for (size_t i = 0; i < count; i++) {
		const unsigned *r = steps[i].r;
		buf_addf(&text, "\n\t{STEP_%s, {%u, %u, %u, %u, %u, %u, %u}},", step_names[steps[i].kind],
			r[0], r[1], r[2], r[3], r[4], r[5], r[6]);
	}
	ck_abort_msg("seed %u: %s after these steps:%s", seed, why, buf_text(&text));
}

static unsigned histories(void)
{
	const char *wanted = getenv("OFFHOOK_HISTORIES");
	return wanted ? (unsigned)strtoul(wanted, NULL, 10) : HISTORIES;
}

START_TEST(histories_show_what_deriving_afresh_shows)
{
	static struct step steps[STEPS];
	for (unsigned seed = 1; seed <= histories(); seed++) {
		random_state = seed;
		keeps_at_login = seed % 3 == 0;
		for (size_t i = 0; i < STEPS; i++)
			steps[i] = random_step();
		if (run_history(steps, STEPS))
			fail_with(seed, steps, STEPS, run_history);
	}
}
END_TEST

/* ---- the same facts in another order ---- */

/* Facts with the same key depend on each other; 0: this kind is not among them. */
static unsigned key_of(const struct step *step, bool with_catalogue)
{
	unsigned who = step->r[0] % PEOPLE;
	switch (step->kind) {
	case STEP_CALL:
		return 100 + step->r[0] % NUMBERS;
	case STEP_PHONE:
		return 200 + step->r[0] % NUMBERS;
	case STEP_CHOICE:
		return with_catalogue ? 0 : 300 + who; /* what is not offered cannot be chosen */
	case STEP_MESSAGE:
		return 400 + who;
	case STEP_PREFERENCES:
		return 500 + who;
	case STEP_DEVICE:
		return step->r[6] % 12 ? 600 + 10 * who + step->r[1] % 3 : 0;
	case STEP_CLASS:
		return 600 + 10 * who + step->r[1] % 3;
	case STEP_STATUS:
		return with_catalogue ? 700 : 0;
	case STEP_POLICY:
		return 800;
	default:
		return 0;
	}
}

static size_t random_batch(struct step *batch, bool with_catalogue)
{
	size_t count = 0;
	for (int tries = 0; tries < 60 && count < BATCH; tries++) {
		struct step step = random_step();
		unsigned key = key_of(&step, with_catalogue);
		bool taken = key == 0;
		for (size_t i = 0; i < count; i++)
			taken = taken || key_of(&batch[i], with_catalogue) == key;
		if (!taken)
			batch[count++] = step;
	}
	return count;
}

static void shuffle(struct step *steps, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t other = roll((unsigned)i);
		struct step swap = steps[i - 1];
		steps[i - 1] = steps[other];
		steps[other] = swap;
	}
}

enum { LOOKS = 4 };

/* What is shown of everybody at once, and as time passes. */
static void run_and_look(const struct step *steps, size_t count, struct seen looks[LOOKS][PEOPLE],
	enum rule rules[LOOKS][PEOPLE])
{
	static const usec_t after[LOOKS] = {0, 3 * SECOND, 6 * MINUTE, 10 * MINUTE};
	begin();
	for (size_t i = 0; i < count; i++)
		run_step(&steps[i]);
	for (size_t look = 0; look < LOOKS; look++) {
		pass(after[look]);
		for (size_t i = 0; i < PEOPLE; i++) {
			look_at(i, &looks[look][i]);
			rules[look][i] = person_at(i) ? person_at(i)->presence.rule : RULE_OFFLINE;
		}
	}
	end();
}

static void show(const char *which, const struct step *steps, size_t count, struct buf *text)
{
	buf_addf(text, "\n%s:", which);
	for (size_t i = 0; i < count; i++)
		buf_addf(text, " %s(%u %u %u %u)", step_names[steps[i].kind], steps[i].r[0] % PEOPLE,
			steps[i].r[1], steps[i].r[2], steps[i].r[3]);
}

static bool is_same_in_order(const struct step *one, const struct step *other, size_t count)
{
	static struct seen looks[2][LOOKS][PEOPLE];
	enum rule rules[2][LOOKS][PEOPLE];
	run_and_look(one, count, looks[0], rules[0]);
	run_and_look(other, count, looks[1], rules[1]);
	return memcmp(looks[0], looks[1], sizeof(looks[0])) == 0 &&
	       memcmp(rules[0], rules[1], sizeof(rules[0])) == 0;
}

START_TEST(independent_facts_in_any_order_show_the_same)
{
	static struct step one[STEPS + BATCH], other[STEPS + BATCH];
	keeps_at_login = true; /* else a device chooses */
	for (unsigned seed = 1; seed <= histories(); seed++) {
		random_state = seed + 1000000;
		size_t before = roll(STEPS / 2);
		for (size_t i = 0; i < before; i++)
			one[i] = random_step();
		size_t count = before + random_batch(one + before, roll(2));
		memcpy(other, one, count * sizeof(*one));
		shuffle(other + before, count - before);
		if (is_same_in_order(one, other, count))
			continue;
		struct buf text;
		buf_init(&text, 64 * 1024);
		show("before", one, before, &text);
		show("one", one + before, count - before, &text);
		show("other", other + before, count - before, &text);
		ck_abort_msg("seed %u: another order shows something else%s", seed, buf_text(&text));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("properties");
	TCase *tests = tcase_create("histories");
	tcase_set_timeout(tests, 0);
	tcase_add_test(tests, histories_show_what_deriving_afresh_shows);
	tcase_add_test(tests, independent_facts_in_any_order_show_the_same);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
