/*
 * What the files of src/app share.
 */
#ifndef OFFHOOK_APP_INSIDE_H
#define OFFHOOK_APP_INSIDE_H

#include "app/app.h"
#include "app/dispatch.h"
#include "app/tenant.h"
#include "base/loop.h"
#include "http/http.h"

struct pending_change;

struct app {
	char *path;
	struct config *config;
	struct loop *loop;
	struct timers timers; /* of all engines */
	usec_t clock_ahead;   /* for clock_set_back */
	struct store *store;
	struct http *http;
	struct dialog_versions *dialog_versions; /* of all PBXes */
	struct ports ports;
	struct http_world world;
	struct tenant *tenants; /* as many as config->tenant_count */
	struct pending_change *changes;
	struct event *signals[3];
	struct loop_timer *deadline; /* of the goodbye */
	struct loop_timer *retry;    /* of loading that failed */
	size_t saying_goodbye;       /* components that still do */
	usec_t no_room_warned;       /* monotonic */
	bool stopping;
	int status;
};

/* One component less to wait for while stopping. */
void app_goodbye_said(struct app *app);
struct tenant *app_tenant_of(struct app *app, const struct engine *engine); /* NULL */

#endif
