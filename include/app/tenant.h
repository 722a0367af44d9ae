/*
 * A tenant while this process serves it: from the lock on its leadership, through loading, to the
 * component that is connected, and back.
 */
#ifndef OFFHOOK_APP_TENANT_H
#define OFFHOOK_APP_TENANT_H

#include "base/config.h"
#include "core/engine.h"
#include "core/ports.h"
#include "store/store.h"
#include "xmpp/component.h"

enum tenant_state {
	TENANT_STANDBY, /* another process leads, or PostgreSQL is away since the start */
	TENANT_LOADING,
	TENANT_SERVING,
	TENANT_CLOSING, /* lost while loading: ends when the store has let go of the engine */
};

struct tenant {
	struct app *app;
	size_t index; /* in the configuration */
	enum tenant_state state;
	struct engine *engine; /* NULL in standby */
	struct component *component;
	struct asterisk_link **links; /* as many as there are [[pbx]]; NULL for other types and tenants */
	size_t link_count;
	int64_t row;
	usec_t loading_since;
	bool changed_outside; /* while it was loading: read again afterwards */
};

void tenant_lead(struct tenant *tenant, int64_t row);
void tenant_lose(struct tenant *tenant);
/* Reads people, statuses and policy again, as somebody else changed them. */
void tenant_reload(struct tenant *tenant);
/* Connects to the tenant's PBXes of type asterisk, anew if it was. */
void tenant_link(struct tenant *tenant, const struct config *config);
/* Something about the person has changed that its PBXes may have to know. */
void tenant_tell_links(const struct tenant *tenant, const struct person *person);
void tenant_close(struct tenant *tenant); /* at once, without goodbye */
const char *tenant_domain(const struct tenant *tenant);

#endif
