/*
 * Signatures of requests: HMAC-SHA256 over the body as it came, in a header.
 *
 * The header's value is the signature in hex, base64 or base64url (RFC 4648 sections 4 and 5, with or without
 * padding), with or without "sha256=" before it. With `timestamp` it is "t=SECONDS,v1=SIGNATURE", several v1
 * at most SIGNATURE_TRIES, and what is signed is SECONDS, a dot, and the body; the time may be off by
 * LIMIT_SIGNATURE_SECONDS. Comparison takes constant time.
 */
#ifndef OFFHOOK_BASE_SIGNATURE_H
#define OFFHOOK_BASE_SIGNATURE_H

#include "base/clock.h"
#include "base/secret.h"

enum signature_encoding { SIGNATURE_HEX, SIGNATURE_BASE64, SIGNATURE_BASE64URL };
enum { SIGNATURE_TRIES = 4 };

/* How somebody signs; a secret of NULL: not at all. */
struct signature_scheme {
	char *secret;
	char *header; /* its name; NULL: X-Signature */
	enum signature_encoding encoding;
	bool timestamp;
};

/* A good one, to be recognised when it comes again. */
struct signature {
	char key[SHA256_TEXT];
	usec_t at; /* 0: without a timestamp, so that the same may be said twice */
};

bool signature_encoding_parse(const char *text, enum signature_encoding *encoding) must_check;
const char *signature_header(const struct signature_scheme *scheme);
/* `value` of the header, NULL: missing. */
bool signature_check(const struct signature_scheme *scheme, const char *value, const void *body,
	size_t length, usec_t now, struct signature *signature, struct error *error) must_check;

#endif
