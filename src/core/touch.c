/* What concerns many people reaches them here, a slice at a time. */
#include "core/touch.h"

#include <stdlib.h>

#include "base/memory.h"
#include "core/devices.h"
#include "core/engine.h"
#include "core/people.h"

/* People looked at, and those derived again, in a slice. */
enum { LOOKED_AT = 4000, TOUCHED = 250 };

static bool is_new(const struct engine *engine, const struct status *status)
{
	return status && status->looks > engine->touch.looks;
}

/* Statuses that the policy shows to people with calls. */
static bool calls_concerned(const struct engine *engine)
{
	const char *const ids[] = {
		engine->policy.on_call_status, engine->policy.meeting_status, engine->policy.ringing_status};
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		if (is_new(engine, map_get(&engine->catalogue.by_id, ids[i])))
			return true;
	return false;
}

static bool has_leg(const struct person *person)
{
	for (size_t i = 0; i < person->extension_count; i++)
		if (person->extensions[i]->legs)
			return true;
	return false;
}

static bool names_new(const struct engine *engine, const struct person *person)
{
	for (size_t i = 0; i < person->device_count; i++)
		if (is_new(engine, person->devices[i].named))
			return true;
	return false;
}

static bool is_concerned(const struct engine *engine, struct person *person, bool calls)
{
	bool renamed = devices_name_again(engine, person);
	return engine->touch.all || renamed || names_new(engine, person) ||
	       is_new(engine, person->presence.status) || is_new(engine, person->choices.standing.status) ||
	       is_new(engine, person->choices.timed.status) || (calls && has_leg(person));
}

static const char *notice_of_deletion(
	struct engine *engine, const struct status *status, const char *consequence)
{
	struct touch *touch = &engine->touch;
	struct buf text;

	buf_init(&text, LIMIT_TEXT_BYTES + 256);
	buf_addf(&text, "The status %s%s%s, which you had chosen, was deleted by an administrator. %s",
		status->icon, status->icon[0] ? " " : "", status->name, consequence);
	if (touch->text_count == touch->text_room) {
		touch->text_room = touch->text_room ? touch->text_room * 2 : 16;
		touch->texts = mem_resize(touch->texts, touch->text_room, sizeof(*touch->texts));
	}
	return touch->texts[touch->text_count++] = buf_take(&text);
}

/* Its status, if that was deleted; the choice is then no more. Until when it covered the rest stays known. */
static const struct status *end_choice(struct choice *choice, usec_t now)
{
	const struct status *status = choice->status;
	usec_t at = choice->at, until = choice->until < now ? choice->until : now;

	if (!status || !status->deleted)
		return NULL;
	choice_clear(choice);
	choice->at = at;
	choice->until = until;
	return status;
}

static void add_notice(struct engine *engine, struct person *person, const struct status *status, usec_t now)
{
	bool other = choice_in_force(&person->choices, now) != NULL;
	const char *text = notice_of_deletion(engine, status,
		other ? "Your other choice stays in force." : "Your choice is now Available.");
	engine_add_effect(engine, &(struct effect){.kind = EFFECT_NOTICE, .person = person, .text = text});
}

/* A timed choice that has run out is nobody's concern any more. */
static void meet(struct engine *engine, struct person *person, usec_t now)
{
	struct choices *choices = &person->choices;
	bool ran_out = choices->timed.until <= now;
	const struct status *timed = end_choice(&choices->timed, now);
	const struct status *standing = end_choice(&choices->standing, now);

	timed = ran_out ? NULL : timed;
	if (standing)
		choices->standing.at = now;
	if (timed || standing)
		engine_add_effect(engine, &(struct effect){.kind = EFFECT_CHOICES, .person = person});
	engine_touch(engine, person, now);
	if (timed)
		add_notice(engine, person, timed, now);
	if (standing && standing != timed)
		add_notice(engine, person, standing, now);
}

/* True: and with it the walk. */
static bool lap_ends(struct engine *engine)
{
	struct touch *touch = &engine->touch;

	if (touch->next_upto == 0) {
		touch->running = touch->all = false;
		touch->looks = engine->catalogue.looks;
		catalogue_forget_texts(&engine->catalogue);
		return true;
	}
	touch->at = 0;
	touch->upto = touch->next_upto;
	touch->next_upto = 0;
	return false;
}

/* NULL: the walk is at its end. */
static struct person *next_person(struct engine *engine, size_t *place)
{
	while (*place >= engine->person_count || engine->rows[*place]->row > engine->touch.upto) {
		if (lap_ends(engine))
			return NULL;
		*place = 0;
	}
	return engine->rows[(*place)++];
}

bool engine_continue(struct engine *engine, usec_t now)
{
	struct touch *touch = &engine->touch;
	if (!touch->running)
		return false;
	size_t place = people_place(engine, touch->at + 1), touched = 0;
	bool calls = calls_concerned(engine);
	struct person *person;

	touch_forget_texts(engine);
	touch->slicing = true;
	for (size_t looked = 0; looked < LOOKED_AT && touched < TOUCHED; looked++) {
		person = next_person(engine, &place);
		if (!person)
			break;
		touch->at = person->row;
		if (!is_concerned(engine, person, calls))
			continue;
		meet(engine, person, now);
		touched++;
	}
	touch->slicing = false;
	return touch->running;
}

void touch_begin(struct engine *engine, bool all, usec_t now)
{
	struct touch *touch = &engine->touch;

	touch->all = touch->all || all;
	if (touch->running) {
		touch->next_upto = touch->at;
		touch->upto = INT64_MAX;
		return;
	}
	touch->running = true;
	touch->at = touch->next_upto = 0;
	touch->upto = INT64_MAX;
	engine_continue(engine, now);
}

void touch_everybody(struct engine *engine, usec_t now)
{
	for (size_t i = 0; i < engine->person_count; i++)
		engine_touch(engine, engine->rows[i], now);
	engine->touch.looks = engine->catalogue.looks;
	catalogue_forget_texts(&engine->catalogue);
}

void touch_forget_texts(struct engine *engine)
{
	struct touch *touch = &engine->touch;

	for (size_t i = 0; i < touch->text_count; i++)
		free(touch->texts[i]);
	touch->text_count = 0;
}

void touch_done(struct engine *engine)
{
	touch_forget_texts(engine);
	free(engine->touch.texts);
}
