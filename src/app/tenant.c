/* Taking up a tenant when this process leads it, and letting go of it. */
#include "app/tenant.h"

#include <stdlib.h>

#include "app/inside.h"
#include "base/log.h"
#include "base/memory.h"
#include "pbx/asterisk_link.h"

const char *tenant_domain(const struct tenant *tenant)
{
	return tenant->app->config->tenants[tenant->index].domain;
}

static void on_watcher(void *ctx, const char *contact, const char *watcher, usec_t heard)
{
	struct tenant *tenant = ctx;
	component_load_watcher(tenant->component, contact, watcher, heard);
}

static void on_published(void *ctx, const char *contact, uint64_t digest)
{
	struct tenant *tenant = ctx;
	component_load_published(tenant->component, contact, digest);
}

static void apply_outside(void *ctx, struct fact *fact)
{
	struct tenant *tenant = ctx;
	struct error error = {0};
	if (!tenant->engine)
		return;
	if (!engine_apply(tenant->engine, fact, clock_now(), &error))
		log_warn("tenant", "%s: a change made in the database does not fit: %s: %s",
			tenant_domain(tenant), error.field, error.text);
	dispatch_effects(tenant);
	if (fact->kind == FACT_PERSON) /* perhaps a new name */
		http_presence_changed(tenant->app->http, tenant->engine, fact->person.contact);
}

void tenant_reload(struct tenant *tenant)
{
	tenant->changed_outside = false;
	store_reload(tenant->app->store, tenant->index, tenant->engine, apply_outside, tenant);
}

static void unlink_all(struct tenant *tenant)
{
	for (size_t i = 0; i < tenant->link_count; i++)
		asterisk_link_free(tenant->links[i]);
	free(tenant->links);
	tenant->links = NULL;
	tenant->link_count = 0;
}

void tenant_link(struct tenant *tenant, const struct config *config)
{
	unlink_all(tenant);
	if (tenant->state != TENANT_SERVING || tenant->app->stopping)
		return;
	tenant->links = mem_new((config->pbx_count + 1) * sizeof(*tenant->links));
	tenant->link_count = config->pbx_count;
	for (size_t i = 0; i < config->pbx_count; i++) {
		const struct config_pbx *pbx = &config->pbxes[i];
		if (!pbx->asterisk || pbx->tenant != tenant->index)
			continue;
		struct asterisk_options options = {.pbx = pbx->name,
			.host = pbx->host,
			.port = (uint16_t)pbx->port,
			.username = pbx->username,
			.password = pbx->password,
			.context = pbx->context,
			.lease_seconds = pbx->lease_seconds};
		tenant->links[i] =
			asterisk_link_new(tenant->app->loop, &options, tenant->engine, &tenant->app->ports);
	}
}

void tenant_tell_links(const struct tenant *tenant, const struct person *person)
{
	for (size_t i = 0; i < tenant->link_count; i++)
		if (tenant->links[i])
			asterisk_link_person(tenant->links[i], person);
}

static void on_loaded(void *ctx, bool ok)
{
	struct tenant *tenant = ctx;
	struct app *app = tenant->app;
	if (tenant->state == TENANT_CLOSING || !ok || app->stopping) {
		bool again = tenant->state == TENANT_LOADING;
		tenant_close(tenant);
		if (again && !app->stopping)
			loop_timer_set(app->retry, SECOND / 2);
		return;
	}
	usec_t now = clock_now();
	tenant->state = TENANT_SERVING;
	engine_start(tenant->engine, now);
	dispatch_effects(tenant);
	component_start(tenant->component);
	tenant_link(tenant, app->config);
	log_info("tenant", "%s: leading, %zu people and %zu live legs loaded in %lld ms",
		tenant_domain(tenant), tenant->engine->person_count, tenant->engine->live.count,
		(long long)((clock_monotonic() - tenant->loading_since) / 1000));
	if (tenant->changed_outside)
		tenant_reload(tenant);
}

void tenant_lead(struct tenant *tenant, int64_t row)
{
	struct app *app = tenant->app;
	const struct config_tenant *config = &app->config->tenants[tenant->index];
	static const struct store_load_events template = {
		.watcher = on_watcher, .published = on_published, .done = on_loaded};
	if (tenant->state != TENANT_STANDBY || app->stopping)
		return;
	tenant->row = row;
	tenant->state = TENANT_LOADING;
	tenant->loading_since = clock_monotonic();
	tenant->changed_outside = false;
	tenant->engine = engine_new(config->domain, row, &app->timers);
	for (size_t i = 0; i < config->admin_count; i++)
		engine_add_admin(tenant->engine, config->admins[i], ADMIN_CONFIGURED);
	struct component_options options = {.component = config->component,
		.host = config->host,
		.port = config->port,
		.secret = config->secret,
		.name = config->name};
	tenant->component = component_new(app->loop, &options, tenant->engine, &app->ports);
	struct store_load_events events = template;
	events.ctx = tenant;
	store_load(app->store, tenant->index, tenant->engine, &events);
}

void tenant_close(struct tenant *tenant)
{
	if (!tenant->engine)
		return;
	unlink_all(tenant);
	dispatch_forget_tenant(tenant->app, tenant);
	if (tenant->app->http)
		http_engine_gone(tenant->app->http, tenant->engine);
	component_free(tenant->component);
	tenant->component = NULL;
	engine_free(tenant->engine);
	tenant->engine = NULL;
	tenant->state = TENANT_STANDBY;
}

void tenant_lose(struct tenant *tenant)
{
	log_warn("tenant", "%s: another process took the lead, standing by", tenant_domain(tenant));
	if (tenant->state == TENANT_LOADING) {
		tenant->state = TENANT_CLOSING; /* the store still writes into the engine */
	} else if (tenant->state == TENANT_SERVING) {
		tenant_close(tenant);
		if (tenant->app->stopping)
			app_goodbye_said(tenant->app);
	}
}
