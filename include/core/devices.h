/*
 * The devices of people, as their feed tells of them: they come, change, fall idle and go.
 *
 * A device that goes counts for LIMIT_DEVICE_GRACE_SECONDS more, so that a client which loses its connection
 * and is back at once makes no noise. After a start nothing is known until the account was asked: the person
 * is `unheard`, is derived as if without a feed, and nothing is published (no EFFECT_PRESENCE; what changes
 * before the account was asked makes EFFECT_UNHEARD, so that it is asked soon). After a lost stream, what was known
 * stands until the account was asked again; devices that do not answer are gone without grace.
 *
 * Both spans are measured by the wall clock, as all is. When that is set back they are over as soon as the person
 * is touched, and whoever sets `now` sees to it that everybody is (touch_begin).
 *
 * A device that wants to hear of activities (XEP-0108) makes EFFECT_DEVICE when it comes, and when it is heard of
 * again after it was gone or asked for.
 *
 * `on_login` and `on_logout` (design section 3) act here, never on answers to probes.
 */
#ifndef OFFHOOK_CORE_DEVICES_H
#define OFFHOOK_CORE_DEVICES_H

#include "core/engine.h"

/* For engine_apply. */
void devices_apply(struct engine *engine, const struct fact_device *fact, usec_t now);
void devices_apply_class(struct engine *engine, const struct fact_device_class *fact, usec_t now);
void devices_apply_feed(struct engine *engine, const struct fact_feed *fact, usec_t now);
void devices_apply_probed(struct engine *engine, const struct fact_probed *fact, usec_t now);
void devices_apply_privilege(struct engine *engine, bool granted, usec_t now);

/* For engine_touch: takes away what is over by `now` and acts on logins and logouts; makes EFFECT_CHOICES. */
void devices_pass(struct engine *engine, struct person *person, usec_t now);
/* When devices_pass has something to do next; 0: never. */
usec_t devices_next(const struct person *person);

/* After a change of the catalogue: finds again which statuses the devices' texts name. True if one names another
 * than before. */
bool devices_name_again(const struct engine *engine, struct person *person);

/* For engine_start. */
void devices_start(struct person *person);
/* When the account changes or the person goes. */
void devices_forget(struct person *person);

const struct device *device_find(const struct person *person, const char *resource); /* NULL */

#endif
