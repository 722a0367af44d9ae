/*
 * Tokens are recognised and failures counted here.
 */
#include "http/auth.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"

/* One address that failed lately; an address has one possible place, and the newer one takes it. */
struct failure {
	uint64_t address;
	usec_t since;
	unsigned count;
};

struct auth {
	struct failure failures[LIMIT_FAILED_LOGIN_ADDRESSES];
};

enum { PBX_SCOPES = SCOPE_EVENTS | SCOPE_ROUTE | SCOPE_WRITE };

struct auth *auth_new(void)
{
	return mem_new(sizeof(struct auth));
}

void auth_free(struct auth *auth)
{
	free(auth);
}

/* The token in "Bearer TOKEN", or NULL. */
static const char *bearer(const char *authorization, size_t *length)
{
	static const char scheme[] = "Bearer";
	if (authorization == NULL || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	const char *token = authorization + sizeof(scheme) - 1;
	size_t blanks = strspn(token, " ");
	*length = strlen(token + blanks);
	if (blanks == 0 || *length == 0 || *length > LIMIT_SECRET_BYTES)
		return NULL;
	return token + blanks;
}

/* The name is copied: a request may outlive the configuration in which it began. */
static void set_identity(struct identity *who, enum identity_kind kind, size_t index, size_t tenant,
	unsigned scopes, const char *name)
{
	*who = (struct identity){.kind = kind, .index = index, .tenant = tenant, .scopes = scopes};
	snprintf(who->name, sizeof(who->name), "%s", name);
}

bool auth_identify(const struct config *config, const char *authorization, struct identity *who)
{
	set_identity(who, IDENTITY_NOBODY, 0, 0, 0, "nobody");
	size_t length;
	const char *token = bearer(authorization, &length);
	if (token == NULL)
		return false;

	unsigned char digest[SHA256_BYTES];
	secret_sha256(token, length, digest);
	for (size_t i = 0; i < config->pbx_count; i++) {
		const struct config_pbx *pbx = &config->pbxes[i];
		if (secret_equal(pbx->token, digest, sizeof(digest)) && pbx->has_token)
			set_identity(who, IDENTITY_PBX, i, pbx->tenant, PBX_SCOPES, pbx->name);
	}
	for (size_t i = 0; i < config->client_count; i++) {
		const struct config_client *client = &config->clients[i];
		if (secret_equal(client->token, digest, sizeof(digest)))
			set_identity(who, IDENTITY_CLIENT, i, client->tenant, client->scopes, client->name);
	}
	return who->kind != IDENTITY_NOBODY;
}

static uint64_t address_key(const char *peer)
{
	struct in6_addr address;
	if (inet_pton(AF_INET6, peer, &address) == 1)
		return hash_random(&address, IN6_IS_ADDR_V4MAPPED(&address) ? 16 : 8);
	return hash_random(peer, strlen(peer));
}

unsigned auth_failed(struct auth *auth, const char *peer, usec_t now)
{
	uint64_t address = address_key(peer);
	struct failure *failure = &auth->failures[address % LIMIT_FAILED_LOGIN_ADDRESSES];
	if (failure->address != address || now - failure->since >= MINUTE)
		*failure = (struct failure){.address = address, .since = now};
	if (failure->count < LIMIT_FAILED_LOGINS) {
		failure->count++;
		return 0;
	}
	return (unsigned)((failure->since + MINUTE - now + SECOND - 1) / SECOND);
}

bool auth_is_loopback(const char *peer)
{
	struct in_addr v4;
	struct in6_addr v6;
	if (inet_pton(AF_INET, peer, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, peer, &v6) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}
