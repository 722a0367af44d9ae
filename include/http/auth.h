/*
 * Who asks: tokens, as bearer (RFC 6750) or as the password of Basic (RFC 7617) whatever the user, and the
 * addresses that guess them.
 *
 * A token is compared, as its SHA-256 and in constant time, with every configured one, so that the time
 * taken tells nothing. An address that had LIMIT_FAILED_LOGINS 401s within a minute gets 429 for further
 * ones until that minute is over. A good token is let in all the same: behind a reverse proxy everybody
 * shares one address, and nobody may lock the PBX out by guessing.
 */
#ifndef OFFHOOK_HTTP_AUTH_H
#define OFFHOOK_HTTP_AUTH_H

#include "base/clock.h"
#include "base/config.h"
#include "base/limits.h"

enum identity_kind { IDENTITY_NOBODY, IDENTITY_PBX, IDENTITY_CLIENT };

struct identity {
	enum identity_kind kind;
	size_t index; /* into config.pbxes or config.clients */
	size_t tenant;
	unsigned scopes;
	char name[LIMIT_SLUG + 1]; /* "nobody" at least */
};

struct auth;
struct auth *auth_new(void);
void auth_free(struct auth *auth);

/* Looks at the value of an Authorization header (NULL: there is none). False: IDENTITY_NOBODY. */
bool auth_identify(const struct config *config, const char *authorization, struct identity *who) must_check;
/* The PBX with that index, whom its signature told. */
void auth_set_signer(const struct config *config, size_t pbx, struct identity *who);
/* Counts a failure of `peer` (an address as text) at the monotonic instant `now`. Returns how many seconds
 * it has to wait: 0 means 401, else 429. An IPv6 address counts with its whole /64. */
unsigned auth_failed(struct auth *auth, const char *peer, usec_t now);
/* Whether the address is this machine's own: 127.0.0.0/8, ::1, or the first mapped into IPv6. */
bool auth_is_loopback(const char *peer);

#endif
