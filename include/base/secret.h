/*
 * Tokens and digests, through OpenSSL. All comparison of secrets goes through secret_equal.
 */
#ifndef OFFHOOK_BASE_SECRET_H
#define OFFHOOK_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { SHA256_BYTES = 32, SHA256_TEXT = 65, TOKEN_TEXT = 48 };

void secret_sha256(const void *bytes, size_t length, unsigned char digest[SHA256_BYTES]);
char *secret_hex(const unsigned char *bytes, size_t length, char *text); /* 2 * length + 1 bytes */
bool secret_unhex(const char *text, unsigned char *bytes, size_t length) must_check;
/* Base64 with padding, or base64url without (RFC 4648 sections 4 and 5): 4 * (length + 2) / 3 + 1 bytes. */
char *secret_base64(const unsigned char *bytes, size_t length, bool url, char *text);
/* The bytes of base64 with padding, at most `room`; false when it is none, or too long. */
bool secret_unbase64(const char *text, void *bytes, size_t room, size_t *length) must_check;
/* HMAC-SHA256 of `head` and the bytes after it. */
void secret_hmac_sha256(const char *key, const char *head, const void *bytes, size_t length,
	unsigned char digest[SHA256_BYTES]);
/* SHA-1 as 40 hex digits: the handshake of XEP-0114 section 3 and entity capabilities only. */
char *secret_sha1_hex(const void *bytes, size_t length, char text[41]);
bool secret_equal(const void *a, const void *b, size_t length); /* constant time */
/* A new random token: "oh_" and 32 bytes base64url-encoded. Ends the process when there is no randomness. */
void secret_token(char token[TOKEN_TEXT]);
void secret_random(void *bytes, size_t length);
void secret_wipe(void *bytes, size_t length);

#endif
