/*
 * Facts in, effects out: the implementation of the ports of core/ports.h.
 */
#ifndef OFFHOOK_APP_DISPATCH_H
#define OFFHOOK_APP_DISPATCH_H

#include "app/tenant.h"

/* The ports with `app` as their context. */
void dispatch_ports(struct app *app, struct ports *ports);
/* Carries out what the engine's last call gave rise to: rows to the store, presence to the component. */
void dispatch_effects(struct tenant *tenant);
/* Answers the imports of people that were committed: the tenant was read again since. */
void dispatch_reloaded(struct tenant *tenant);
/* Answers changes that wait for a tenant which this process stops serving. */
void dispatch_forget_tenant(struct app *app, const struct tenant *tenant);

#endif
