/*
 * Who may administer a tenant (the rest is in core/engine.h): those of the configuration, and those that an
 * administrator added, at most LIMIT_ADMINS together. There is always one, if there ever was.
 */
#ifndef OFFHOOK_CORE_ADMINS_H
#define OFFHOOK_CORE_ADMINS_H

#include "core/engine.h"

/* Takes away the right that came from this source. */
void admins_remove(struct engine *engine, const char *account, enum admin_source source);
/* Walk, in no order, over those whose right comes from this source: as map_next. */
const char *admins_next(const struct engine *engine, enum admin_source source, size_t *at);
/* Whether the account (a prepared bare JID) may be added, or removed; errors are about the field "jid". */
bool admins_check_add(const struct engine *engine, const char *account, struct error *error) must_check;
bool admins_check_remove(const struct engine *engine, const char *account, struct error *error) must_check;

#endif
