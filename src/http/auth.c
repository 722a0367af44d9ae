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

enum {
	PBX_SCOPES = SCOPE_EVENTS | SCOPE_ROUTE | SCOPE_WRITE,
	TOKEN_ROOM = 2 * LIMIT_SECRET_BYTES, /* with a user before it */
};

struct auth *auth_new(void)
{
	return mem_new(sizeof(struct auth));
}

void auth_free(struct auth *auth)
{
	free(auth);
}

/* What follows the name of the scheme, or NULL when it is another scheme. */
static const char *credentials(const char *authorization, const char *scheme)
{
	size_t length = strlen(scheme);
	if (strncasecmp(authorization, scheme, length) != 0 || authorization[length] != ' ')
		return NULL;
	return authorization + length + strspn(authorization + length, " ");
}

/* The password of "user:password" in base64. */
static bool basic_token(const char *text, char token[TOKEN_ROOM])
{
	char pair[TOKEN_ROOM];
	size_t length;
	if (!secret_unbase64(text, pair, sizeof(pair) - 1, &length))
		return false;
	pair[length] = '\0';
	const char *colon = strchr(pair, ':');
	bool ok = colon != NULL && strlen(pair) == length;
	if (ok)
		memcpy(token, colon + 1, strlen(colon + 1) + 1);
	secret_wipe(pair, sizeof(pair));
	return ok;
}

static bool find_token(const char *authorization, char token[TOKEN_ROOM])
{
	token[0] = '\0';
	if (authorization == NULL)
		return false;
	const char *text = credentials(authorization, "Bearer");
	if (text != NULL && strlen(text) < TOKEN_ROOM)
		memcpy(token, text, strlen(text) + 1);
	text = credentials(authorization, "Basic");
	if (text != NULL && !basic_token(text, token))
		return false;
	return token[0] != '\0' && strlen(token) <= LIMIT_SECRET_BYTES;
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
	char token[TOKEN_ROOM];
	if (!find_token(authorization, token))
		return false;

	unsigned char digest[SHA256_BYTES];
	secret_sha256(token, strlen(token), digest);
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

void auth_set_signer(const struct config *config, size_t pbx, struct identity *who)
{
	const struct config_pbx *signer = &config->pbxes[pbx];
	set_identity(who, IDENTITY_PBX, pbx, signer->tenant, PBX_SCOPES, signer->name);
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
