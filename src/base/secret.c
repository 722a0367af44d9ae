/*
 * Tokens are made and digests computed here.
 */
#include "base/secret.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
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

/* EVP_sha256() is looked up anew by every digest, which takes longer than that of a token. */
void secret_sha256(const void *bytes, size_t length, unsigned char digest[SHA256_BYTES])
{
	static EVP_MD *kind;

	if (kind == NULL)
		kind = EVP_MD_fetch(NULL, "SHA256", NULL);
	digest_of(kind != NULL ? kind : EVP_sha256(), bytes, length, digest);
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

char *secret_base64(const unsigned char *bytes, size_t length, bool url, char *text)
{
	EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
	for (char *c = text; url && *c != '\0'; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
		else if (*c == '=')
			*c = '\0';
	}
	return text;
}

/* EVP_DecodeBlock takes white space and counts padding as bytes, so both are looked at here. */
bool secret_unbase64(const char *text, void *bytes, size_t room, size_t *length)
{
	size_t size = strlen(text), padding = size;
	while (padding > 0 && text[padding - 1] == '=')
		padding--;
	padding = size - padding;
	if (size == 0 || size % 4 != 0 || padding > 2 || size / 4 * 3 > room ||
		strcspn(text, " \t\r\n") != size)
		return false;
	int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)size);
	if (decoded < 0)
		return false;
	*length = (size_t)decoded - padding;
	return true;
}

static bool hmac(EVP_MAC_CTX *context, const char *key, const char *head, const void *bytes, size_t length,
	unsigned char digest[SHA256_BYTES])
{
	char name[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string("digest", name, 0), OSSL_PARAM_construct_end()};
	size_t size;
	return context != NULL &&
	       EVP_MAC_init(context, (const unsigned char *)key, strlen(key), parameters) == 1 &&
	       EVP_MAC_update(context, (const unsigned char *)head, strlen(head)) == 1 &&
	       EVP_MAC_update(context, bytes, length) == 1 &&
	       EVP_MAC_final(context, digest, &size, SHA256_BYTES) == 1 && size == SHA256_BYTES;
}

void secret_hmac_sha256(const char *key, const char *head, const void *bytes, size_t length,
	unsigned char digest[SHA256_BYTES])
{
	EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = kind != NULL ? EVP_MAC_CTX_new(kind) : NULL;
	bool ok = hmac(context, key, head, bytes, length, digest);
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(kind);
	if (ok)
		return;
	log_error("secret", "OpenSSL cannot compute HMAC");
	abort();
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
	secret_base64(random, sizeof(random), true, text);
	secret_wipe(random, sizeof(random));
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
