/*
 * The JSON objects that several routes (and later the stream) show. Everything in them is fit for
 * colleagues' eyes: they are made of the derived presence alone, never of choices or legs.
 */
#ifndef OFFHOOK_HTTP_RENDER_H
#define OFFHOOK_HTTP_RENDER_H

#include <jansson.h>

#include "core/engine.h"

/* A presence object: contact, name, status, show, icon, color, text, message, automatic, since, until. Absent
 * ones are null. Offline and Invisible differ in nothing but contact and name. */
json_t *render_person(const struct engine *engine, const struct person *person);
/* The id of the status that render_person shows. */
const char *render_status_id(const struct engine *engine, const struct person *person);
/* A status of the catalogue: id, name, show, icon, color, text, default_expiry, kind, position. */
json_t *render_status(const struct status *status);

#endif
