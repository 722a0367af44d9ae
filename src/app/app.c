/* Starting, running and stopping the program. */
#include "app/app.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "app/inside.h"
#include "base/log.h"
#include "base/memory.h"
#include "pbx/dialog_versions.h"
#include "pbx/format.h"

enum { TIMERS_A_TURN = 1000 };

struct tenant *app_tenant_of(struct app *app, const struct engine *engine)
{
	for (size_t i = 0; i < app->config->tenant_count; i++)
		if (app->tenants[i].engine == engine)
			return &app->tenants[i];
	return NULL;
}

static void alarm_rang(void *arg)
{
	(void)arg; /* the step below runs in this turn anyway */
}

/* What is due first, then what concerns many. */
static void run_tenant(struct tenant *tenant)
{
	dispatch_effects(tenant);
	if (engine_continue(tenant->engine, clock_now()))
		loop_again(tenant->app->loop);
	dispatch_effects(tenant);
}

/* Timers of three seconds would last for as long as the step. */
static void on_set_back(struct app *app)
{
	log_info("offhook", "the clock was set back, looking at everybody");
	for (size_t i = 0; i < app->config->tenant_count; i++) {
		if (app->tenants[i].state != TENANT_SERVING)
			continue;
		touch_begin(app->tenants[i].engine, true, clock_now());
		dispatch_effects(&app->tenants[i]);
	}
}

/* First step of every turn: what is due, and when to wake next. */
static void run_timers(void *arg)
{
	struct app *app = arg;
	if (clock_set_back(clock_now(), clock_monotonic(), &app->clock_ahead))
		on_set_back(app);
	if (timers_run(&app->timers, clock_now(), TIMERS_A_TURN) == TIMERS_A_TURN)
		loop_again(app->loop);
	for (size_t i = 0; i < app->config->tenant_count; i++)
		if (app->tenants[i].state == TENANT_SERVING)
			run_tenant(&app->tenants[i]);
	loop_alarm(app->loop, timers_next(&app->timers), alarm_rang, app);
}

static void on_leading(void *ctx, size_t index, int64_t row)
{
	tenant_lead(&((struct app *)ctx)->tenants[index], row);
}

static void on_lost(void *ctx, size_t index)
{
	tenant_lose(&((struct app *)ctx)->tenants[index]);
}

static void on_changed_outside(void *ctx, size_t index)
{
	struct tenant *tenant = &((struct app *)ctx)->tenants[index];
	if (tenant->state == TENANT_SERVING)
		tenant_reload(tenant);
	else
		tenant->changed_outside = true;
}

static void on_reloaded(void *ctx, size_t index)
{
	dispatch_reloaded(&((struct app *)ctx)->tenants[index]);
}

static void on_id_dropped(void *ctx, size_t index, const char *pbx, const char *id)
{
	const struct tenant *tenant = &((struct app *)ctx)->tenants[index];
	if (tenant->state != TENANT_SERVING)
		return;
	engine_forget_event_id(tenant->engine, pbx, id);
	http_event_dropped(tenant->app->http, tenant->engine, pbx, id);
}

static void on_fatal(void *ctx)
{
	struct app *app = ctx;
	app->status = 1;
	loop_stop(app->loop);
}

/* Loading broke off: try again as long as the lock is ours. */
static void load_again(void *arg)
{
	struct app *app = arg;
	bool waiting = false;
	for (size_t i = 0; i < app->config->tenant_count; i++) {
		struct tenant *tenant = &app->tenants[i];
		if (tenant->state != TENANT_STANDBY || !tenant->row || !store_leads(app->store, i))
			continue;
		if (store_connected(app->store))
			tenant_lead(tenant, tenant->row);
		else
			waiting = true;
	}
	if (waiting && !app->stopping)
		loop_timer_set(app->retry, SECOND / 2);
}

static struct engine *world_engine(void *ctx, size_t index)
{
	struct app *app = ctx;
	return index < app->config->tenant_count && app->tenants[index].state == TENANT_SERVING
		       ? app->tenants[index].engine
		       : NULL;
}

static bool world_ready(void *ctx, struct buf *missing)
{
	struct app *app = ctx;
	bool connected = store_connected(app->store), ready = connected;
	if (!connected)
		buf_add_text(missing, "database: not connected\n");
	for (size_t i = 0; i < app->config->tenant_count; i++) {
		const struct tenant *tenant = &app->tenants[i];
		if (tenant->state == TENANT_STANDBY && !connected)
			continue; /* who leads is not known */
		const char *lack = tenant->state == TENANT_STANDBY   ? "standing by, another process may lead"
				   : tenant->state != TENANT_SERVING ? "loading"
				   : !component_connected(tenant->component)
					   ? "component not connected to the XMPP server"
					   : NULL;
		if (lack)
			buf_addf(missing, "tenant %s: %s\n", tenant_domain(tenant), lack);
		ready = ready && !lack;
	}
	return ready;
}

static const char *world_media_type(void *ctx, const char *name)
{
	(void)ctx;
	const struct pbx_format *format = pbx_format_find(name);
	return format && format->own ? format->content_type : NULL;
}

static bool world_parse(void *ctx, const char *name, const char *bytes, size_t length,
	const struct config_pbx *pbx, struct fact_list *list, bool *too_many, struct error *error)
{
	struct app *app = ctx;
	const struct pbx_format *format = pbx_format_find(name);
	struct pbx_source source = {.pbx = pbx->name,
		.lease_seconds = pbx->lease_seconds,
		.received = clock_now(),
		.versions = app->dialog_versions};
	if (!format)
		return error_set(error, NULL, "there is no format %s", name);
	return format->parse(bytes, length, &source, list, too_many, error);
}

static void finish(void *arg)
{
	struct app *app = arg;
	loop_stop(app->loop);
}

void app_goodbye_said(struct app *app)
{
	if (--app->saying_goodbye == 0)
		store_stop(app->store, 2 * SECOND, finish, app);
}

static void goodbye_said(void *arg)
{
	app_goodbye_said(arg);
}

static void goodbye_too_long(void *arg)
{
	log_warn("offhook", "stopping took too long, leaving now");
	finish(arg);
}

static void on_terminate(evutil_socket_t signal, short what, void *arg)
{
	struct app *app = arg;
	(void)what;
	if (app->stopping) {
		finish(app);
		return;
	}
	log_info("offhook", "%s, stopping", signal == SIGINT ? "interrupted" : "asked to terminate");
	app->stopping = true;
	http_stop(app->http);
	app->deadline = loop_timer_new(app->loop, goodbye_too_long, app);
	loop_timer_set(app->deadline, (LIMIT_SIGN_OFF_SECONDS + 3) * SECOND);
	app->saying_goodbye = 1;
	for (size_t i = 0; i < app->config->tenant_count; i++) {
		if (app->tenants[i].state != TENANT_SERVING)
			continue;
		app->saying_goodbye++;
		component_stop(app->tenants[i].component, goodbye_said, app);
	}
	goodbye_said(app);
}

/* What cannot change while running; the name of what did, or NULL. */
static const char *fixed_part(const struct config *old, const struct config *new)
{
	if (strcmp(old->database_url, new->database_url) != 0)
		return "database.url";
	if (strcmp(old->http_host, new->http_host) != 0 || old->http_port != new->http_port)
		return "http.listen";
	if (old->tenant_count != new->tenant_count)
		return "the number of tenants";
	for (size_t i = 0; i < old->tenant_count; i++)
		if (strcmp(old->tenants[i].domain, new->tenants[i].domain) != 0 ||
			strcmp(old->tenants[i].component, new->tenants[i].component) != 0)
			return "a tenant's domain or component, or their order";
	return NULL;
}

static void reconfigure_tenant(struct tenant *tenant, const struct config_tenant *new)
{
	if (!tenant->engine)
		return;
	engine_clear_admins(tenant->engine, ADMIN_CONFIGURED);
	for (size_t i = 0; i < new->admin_count; i++)
		engine_add_admin(tenant->engine, new->admins[i], ADMIN_CONFIGURED);
	struct component_options options = {.component = new->component,
		.host = new->host,
		.port = new->port,
		.secret = new->secret,
		.name = new->name};
	component_reconfigure(tenant->component, &options);
}

static void on_reload(evutil_socket_t signal, short what, void *arg)
{
	struct app *app = arg;
	struct error error = {0};
	(void)signal;
	(void)what;
	struct config *config = config_load(app->path, &error);
	if (!config) {
		log_error("offhook", "not reloaded: %s", error.text);
		return;
	}
	const char *fixed = fixed_part(app->config, config);
	if (fixed) {
		log_error("offhook", "not reloaded: %s changed, which needs a restart", fixed);
		config_free(config);
		return;
	}
	if (!http_reconfigure(app->http, config, &error)) {
		log_error("offhook", "not reloaded: %s", error.text);
		config_free(config);
		return;
	}
	log_configure(config->log_level, config->log_json);
	for (size_t i = 0; i < config->tenant_count; i++)
		reconfigure_tenant(&app->tenants[i], &config->tenants[i]);
	for (size_t i = 0; i < config->tenant_count; i++)
		tenant_link(&app->tenants[i], config);
	config_free(app->config);
	app->config = config;
	log_info("offhook", "configuration reloaded");
}

static void add_signals(struct app *app)
{
	static const struct {
		int signal;
		event_callback_fn call;
	} signals[] = {{SIGTERM, on_terminate}, {SIGINT, on_terminate}, {SIGHUP, on_reload}};
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		app->signals[i] = evsignal_new(loop_base(app->loop), signals[i].signal, signals[i].call, app);
		if (!app->signals[i] || evsignal_add(app->signals[i], NULL) != 0)
			abort();
	}
}

static void start_store(struct app *app)
{
	struct store_tenant_name *names = mem_new(app->config->tenant_count * sizeof(*names) + 1);
	for (size_t i = 0; i < app->config->tenant_count; i++)
		names[i] = (struct store_tenant_name){
			app->config->tenants[i].domain, app->config->tenants[i].component};
	struct store_events events = {.ctx = app,
		.leading = on_leading,
		.lost = on_lost,
		.changed_outside = on_changed_outside,
		.reloaded = on_reloaded,
		.id_dropped = on_id_dropped,
		.fatal = on_fatal};
	app->store =
		store_new(app->loop, app->config->database_url, names, app->config->tenant_count, &events);
	free(names);
}

struct app *app_new(const char *path, struct config *config, struct error *error)
{
	struct app *app = mem_new(sizeof(*app));
	app->path = mem_string(path);
	app->config = config;
	app->loop = loop_new();
	timers_init(&app->timers);
	app->tenants = mem_new((config->tenant_count + 1) * sizeof(*app->tenants));
	for (size_t i = 0; i < config->tenant_count; i++) {
		app->tenants[i].app = app;
		app->tenants[i].index = i;
	}
	app->retry = loop_timer_new(app->loop, load_again, app);
	dispatch_ports(app, &app->ports);
	app->world = (struct http_world){.ctx = app,
		.ports = &app->ports,
		.engine = world_engine,
		.ready = world_ready,
		.media_type = world_media_type,
		.parse = world_parse};
	app->dialog_versions = dialog_versions_new();
	loop_add_step(app->loop, run_timers, app);
	app->http = http_new(app->loop, config, &app->world, error);
	if (!app->http) {
		app_free(app);
		return NULL;
	}
	start_store(app);
	add_signals(app);
	return app;
}

int app_run(struct app *app)
{
	loop_run(app->loop);
	return app->status;
}

void app_free(struct app *app)
{
	if (!app)
		return;
	for (size_t i = 0; i < app->config->tenant_count; i++)
		tenant_close(&app->tenants[i]);
	http_free(app->http);
	store_free(app->store);
	for (size_t i = 0; i < sizeof(app->signals) / sizeof(*app->signals); i++)
		if (app->signals[i])
			event_free(app->signals[i]);
	loop_timer_free(app->deadline);
	loop_timer_free(app->retry);
	loop_remove_step(app->loop, run_timers, app);
	loop_free(app->loop);
	timers_done(&app->timers);
	dialog_versions_free(app->dialog_versions);
	free(app->tenants);
	config_free(app->config);
	free(app->path);
	free(app);
}
