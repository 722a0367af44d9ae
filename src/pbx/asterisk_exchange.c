/* What a link to an Asterisk brings goes to the engine here, and what people chose to Asterisk. */
#include "pbx/asterisk_link_inside.h"

#include <stdio.h>

#include "base/log.h"
#include "base/metrics.h"

#define RETRY_BUSY (SECOND / 4)
#define STEPS_PER_TURN 100

/* --- facts */

static void fill_facts(struct asterisk_link *link, usec_t now)
{
	if (!link->wants_snapshot) {
		(void)asterisk_state_take(link->asterisk, &link->facts, LIMIT_EVENTS_PER_POST / 2, now);
		return;
	}
	link->wants_snapshot = false;
	asterisk_state_snapshot(link->asterisk, &link->facts, now);
}

static void plan_flush(struct asterisk_link *link, usec_t now)
{
	usec_t next = asterisk_state_next(link->asterisk);
	if (link->wants_snapshot || (next && next <= now))
		loop_timer_set(link->flush, 0);
	else if (next)
		loop_timer_set(link->flush, next - now < SECOND ? next - now : SECOND);
}

static void forget_facts(struct asterisk_link *link)
{
	facts_done(&link->facts);
	facts_init(&link->facts);
}

/* By the time there is room a snapshot is old: another is made then. */
static void put_off(struct asterisk_link *link)
{
	if (link->facts.facts[0].kind == FACT_SNAPSHOT) {
		forget_facts(link);
		asterisk_state_untell(link->asterisk);
		link->wants_snapshot = true;
	}
	link->put_off = true;
	loop_timer_set(link->flush, RETRY_BUSY);
}

void asterisk_link_flush(struct asterisk_link *link)
{
	struct error error = {0};
	if (link->put_off)
		return;
	usec_t now = link->ports->now(link->ports->ctx);
	if (link->facts.count == 0)
		fill_facts(link, now);
	enum submit_result result = SUBMIT_OK;
	if (link->facts.count > 0)
		result = link->ports->submit(link->ports->ctx, link->engine, link->facts.facts,
			link->facts.count, NULL, NULL, NULL, &error);
	if (result == SUBMIT_BUSY) {
		put_off(link);
		return;
	}
	if (result == SUBMIT_INVALID)
		log_warn(link->subject, "what it says does not fit: %s %s", error.field, error.text);
	forget_facts(link);
	plan_flush(link, now);
}

void asterisk_link_flush_now(void *arg)
{
	struct asterisk_link *link = arg;
	link->put_off = false;
	asterisk_link_flush(link);
}

/* --- what we say */

static void send_step(struct asterisk_link *link, const struct mirror_step *step)
{
	struct buf out;
	char id[48];
	snprintf(id, sizeof(id), "%s-w%llu", link->nonce, (unsigned long long)step->serial);
	buf_init(&out, LIMIT_AMI_BLOCK_BYTES);
	ami_begin(&out, step->action, id);
	for (size_t i = 0; i < step->field_count; i++)
		ami_add(&out, step->fields[i].name, step->fields[i].value);
	ami_end(&out);
	metrics_add(METRIC_PBX_WRITES, 1);
	asterisk_link_send(link, &out);
	buf_done(&out);
}

/* False: not now. */
static bool choose(struct asterisk_link *link, struct mirror_step *step)
{
	struct error error = {0};
	enum submit_result result = link->ports->submit(
		link->ports->ctx, link->engine, &step->choice, 1, NULL, NULL, NULL, &error);
	if (result == SUBMIT_BUSY)
		return false;
	if (result == SUBMIT_INVALID)
		log_warn(link->subject, "what was set at a phone does not fit: %s %s", error.field,
			error.text);
	asterisk_mirror_chosen(link->mirror);
	metrics_add(METRIC_PBX_CHOICES, 1);
	return true;
}

void asterisk_link_sync(void *arg)
{
	struct asterisk_link *link = arg;
	struct mirror_step step;
	usec_t now = link->ports->now(link->ports->ctx), wake;
	size_t steps = 0;
	while (link->stream && steps++ < STEPS_PER_TURN && asterisk_mirror_next(link->mirror, now, &step)) {
		if (step.kind == MIRROR_SEND) {
			send_step(link, &step);
		} else if (!choose(link, &step)) {
			asterisk_mirror_put_off(link->mirror, now);
		}
	}
	wake = link->stream ? asterisk_mirror_wake(link->mirror, now) : 0;
	if (wake)
		loop_timer_set(link->sync, wake > now ? wake - now : 0);
}

void asterisk_link_person(struct asterisk_link *link, const struct person *person)
{
	asterisk_mirror_person(link->mirror, person);
	if (link->stream)
		loop_timer_set(link->sync, 0);
}
