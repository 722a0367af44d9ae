/*
 * The configuration file: TOML, design section 8. Connections and secrets only; policy is in the
 * database.
 *
 * Every string value may be "${NAME}": the environment variable NAME, which must be set. An unknown
 * key, a wrong type, a missing required key or an impossible value is an error of the form
 * `file:line:column: key: reason`, and secrets are never part of it. Paths of secret files are relative
 * to the configuration file; a trailing newline in them is dropped; they must not be readable by others.
 */
#ifndef OFFHOOK_BASE_CONFIG_H
#define OFFHOOK_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/signature.h"

enum scope {
	SCOPE_EVENTS = 1 << 0,
	SCOPE_ROUTE = 1 << 1,
	SCOPE_READ = 1 << 2,
	SCOPE_WRITE = 1 << 3,
	SCOPE_BOARD = 1 << 4,
	SCOPE_METRICS = 1 << 5,
};

struct config_tenant {
	char *domain;    /* prepared */
	char *component; /* prepared */
	char *host;      /* of `server`: an IP literal or a name, resolved at connect */
	uint16_t port;
	char *secret;
	char **admins; /* prepared bare JIDs */
	size_t admin_count;
	char *name; /* shown in service discovery; "Presence" */
};

struct config_pbx {
	char *name;    /* slug, unique in the file */
	size_t tenant; /* index into config.tenants */
	bool asterisk; /* type = "asterisk": the next five are its manager's */
	char *host;
	uint32_t port;
	char *username, *password;
	char *context;                     /* of the hints; NULL: any */
	bool has_token;                    /* always, but for Asterisk and for who signs */
	unsigned char token[SHA256_BYTES]; /* SHA-256 of the token */
	struct signature_scheme signature; /* with a secret, a token alone does not let it write */
	uint32_t lease_seconds;            /* 0: the tenant's policy */
};

struct config_client {
	char *name;
	size_t tenant;
	unsigned char token[SHA256_BYTES];
	unsigned scopes; /* enum scope */
};

struct config {
	enum log_level log_level;
	bool log_json;
	char *database_url;
	char *http_host;
	uint16_t http_port;
	char *http_tls_cert, *http_tls_key; /* both or none */
	bool http_insecure;
	uint32_t http_max_connections;
	struct config_tenant *tenants;
	size_t tenant_count;
	struct config_pbx *pbxes;
	size_t pbx_count;
	struct config_client *clients;
	size_t client_count;
};

/* NULL and a reason, or a configuration that the caller frees. Reads secret files and the environment,
 * touches nothing else. */
struct config *config_load(const char *path, struct error *error) must_check;
void config_free(struct config *config);
/* The same from memory; `path` is for messages and for relative paths. Used by the fuzz target. */
struct config *config_parse(
	const char *bytes, size_t length, const char *path, struct error *error) must_check;

#endif
