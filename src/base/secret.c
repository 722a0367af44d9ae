/*
 * Tokens are made and digests computed here.
 */
#include "base/secret.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { TOKEN_RANDOM_BYTES = 32, SHA1_BYTES = 20 };

static void digest_of(const EVP_MD *kind, const void *bytes, size_t length, unsigned char *digest)
{
	if (EVP_Digest(bytes, length, digest, NULL, kind, NULL) == 1)
		return;
	log_error("secret", "OpenSSL cannot compute %s", EVP_MD_get0_name(kind));
	abort();
}

void secret_sha256(const void *bytes, size_t length, unsigned char digest[SHA256_BYTES])
{
	digest_of(EVP_sha256(), bytes, length, digest);
}

char *secret_hex(const unsigned char *bytes, size_t length, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 0x0F];
	}
	text[2 * length] = '\0';
	return text;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool secret_unhex(const char *text, unsigned char *bytes, size_t length)
{
	if (strlen(text) != 2 * length)
		return false;
	for (size_t i = 0; i < length; i++) {
		int high = digit_value(text[2 * i]);
		int low = digit_value(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

char *secret_sha1_hex(const void *bytes, size_t length, char text[41])
{
	unsigned char digest[SHA1_BYTES];
	digest_of(EVP_sha1(), bytes, length, digest);
	return secret_hex(digest, sizeof(digest), text);
}

bool secret_equal(const void *a, const void *b, size_t length)
{
	return CRYPTO_memcmp(a, b, length) == 0;
}

void secret_token(char token[TOKEN_TEXT])
{
	unsigned char random[TOKEN_RANDOM_BYTES];
	char *text = token + 3;

	secret_random(random, sizeof(random));
	snprintf(token, TOKEN_TEXT, "oh_");
	EVP_EncodeBlock((unsigned char *)text, random, sizeof(random));
	secret_wipe(random, sizeof(random));

	/* base64url of RFC 4648 section 5: two other characters, no padding. */
	for (char *c = text; *c != '\0'; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
		else if (*c == '=')
			*c = '\0';
	}
}

void secret_random(void *bytes, size_t length)
{
	if (length <= INT_MAX && RAND_bytes(bytes, (int)length) == 1)
		return;
	log_error("secret", "OpenSSL has no randomness");
	abort();
}

void secret_wipe(void *bytes, size_t length)
{
	OPENSSL_cleanse(bytes, length);
}
