/* Administrators: two sources of one right. */
#include "core/admins.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct admin {
	unsigned sources; /* enum admin_source */
	char account[];
};

void engine_add_admin(struct engine *engine, const char *account, enum admin_source source)
{
	struct admin *admin = map_get(&engine->admins, account);
	if (!admin) {
		size_t size = strlen(account) + 1;
		admin = mem_new(sizeof(*admin) + size);
		memcpy(admin->account, account, size);
		map_put(&engine->admins, admin->account, admin);
	}
	admin->sources |= (unsigned)source;
}

static void take_away(struct engine *engine, struct admin *admin, enum admin_source source)
{
	admin->sources &= ~(unsigned)source;
	if (admin->sources)
		return;
	map_remove(&engine->admins, admin->account);
	free(admin);
}

void engine_clear_admins(struct engine *engine, enum admin_source source)
{
	struct admin *admin;
	for (size_t at = 0; (admin = map_next(&engine->admins, &at)) != NULL;)
		take_away(engine, admin, source);
}

bool engine_is_admin(const struct engine *engine, const char *account)
{
	return map_get(&engine->admins, account) != NULL;
}

void admins_remove(struct engine *engine, const char *account, enum admin_source source)
{
	struct admin *admin = map_get(&engine->admins, account);
	if (admin)
		take_away(engine, admin, source);
}

const char *admins_next(const struct engine *engine, enum admin_source source, size_t *at)
{
	const struct admin *admin;
	while ((admin = map_next(&engine->admins, at)) != NULL)
		if (admin->sources & (unsigned)source)
			return admin->account;
	return NULL;
}

bool admins_check_add(const struct engine *engine, const char *account, struct error *error)
{
	const char *domain = strchr(account, '@');
	if (!domain || strcmp(domain + 1, engine->domain) != 0)
		return error_set(error, "jid", "must be an account of %s", engine->domain);
	if (engine_is_admin(engine, account))
		return error_set(error, "jid", "is an administrator already");
	if (engine->admins.count >= LIMIT_ADMINS)
		return error_set(error, "jid", "there are %d administrators already, which is the limit",
			LIMIT_ADMINS);
	return true;
}

bool admins_check_remove(const struct engine *engine, const char *account, struct error *error)
{
	const struct admin *admin = map_get(&engine->admins, account);
	if (!admin)
		return error_set(error, "jid", "is not an administrator");
	if (admin->sources & ADMIN_CONFIGURED)
		return error_set(error, "jid",
			"is an administrator by the configuration file and can be removed only there");
	if (engine->admins.count == 1)
		return error_set(error, "jid", "is the last administrator; add another one first");
	return true;
}
