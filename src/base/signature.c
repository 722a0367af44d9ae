/*
 * Signatures are taken apart and compared here.
 */
#include "base/signature.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

enum { TEXT_ROOM = 2 * SHA256_BYTES + 1, TIME_ROOM = 16 };

bool signature_encoding_parse(const char *text, enum signature_encoding *encoding)
{
	static const char *const names[] = {"hex", "base64", "base64url"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*encoding = (enum signature_encoding)i;
			return true;
		}
	}
	return false;
}

const char *signature_header(const struct signature_scheme *scheme)
{
	return scheme->header != NULL ? scheme->header : "X-Signature";
}

/* The digest as this scheme writes it, without padding. Returns its length. */
static size_t encode(const struct signature_scheme *scheme, const unsigned char *digest, char text[TEXT_ROOM])
{
	if (scheme->encoding == SIGNATURE_HEX)
		secret_hex(digest, SHA256_BYTES, text);
	else
		secret_base64(digest, SHA256_BYTES, scheme->encoding == SIGNATURE_BASE64URL, text);
	return strcspn(text, "=");
}

static bool equals(const struct signature_scheme *scheme, const char *given, size_t length, const char *right,
	size_t right_length)
{
	static const char prefix[] = "sha256=";
	char text[TEXT_ROOM];
	if (length >= sizeof(prefix) - 1 && memcmp(given, prefix, sizeof(prefix) - 1) == 0) {
		given += sizeof(prefix) - 1;
		length -= sizeof(prefix) - 1;
	}
	if (scheme->encoding != SIGNATURE_HEX && length == right_length + 1 && given[length - 1] == '=')
		length--;
	if (length != right_length)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool is_upper = scheme->encoding == SIGNATURE_HEX && given[i] >= 'A' && given[i] <= 'F';
		text[i] = is_upper ? (char)(given[i] | 0x20) : given[i];
	}
	return secret_equal(text, right, length);
}

/* The next "name=value" of a list with commas; false at its end. */
static bool next_part(const char **at, const char **name, const char **value, size_t *length)
{
	*name = *at + strspn(*at, " \t");
	if (**name == '\0')
		return false;
	const char *end = *name + strcspn(*name, ",");
	*value = memchr(*name, '=', (size_t)(end - *name));
	*value = *value != NULL ? *value + 1 : end;
	while (end > *value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*length = (size_t)(end - *value);
	*at = *name + strcspn(*name, ",");
	*at += **at == ',';
	return true;
}

static bool read_time(const char *list, char text[TIME_ROOM], usec_t *at)
{
	const char *name, *value;
	long long seconds;
	size_t length;
	while (next_part(&list, &name, &value, &length)) {
		if (strncmp(name, "t=", 2) != 0)
			continue;
		if (length >= TIME_ROOM)
			return false;
		memcpy(text, value, length);
		text[length] = '\0';
		if (!text_number(text, 1, 99999999999, &seconds))
			return false;
		*at = seconds * SECOND;
		return true;
	}
	return false;
}

static bool any_equals(
	const struct signature_scheme *scheme, const char *list, const char *right, size_t right_length)
{
	const char *name, *value;
	size_t length;
	bool found = false;
	for (int tries = 0; tries < SIGNATURE_TRIES && next_part(&list, &name, &value, &length);) {
		if (strncmp(name, "v1=", 3) != 0)
			continue;
		tries++;
		if (equals(scheme, value, length, right, right_length))
			found = true;
	}
	return found;
}

bool signature_check(const struct signature_scheme *scheme, const char *value, const void *body,
	size_t length, usec_t now, struct signature *signature, struct error *error)
{
	const usec_t window = LIMIT_SIGNATURE_SECONDS * SECOND;
	const char *header = signature_header(scheme);
	char time[TIME_ROOM + 1] = "", right[TEXT_ROOM];
	unsigned char digest[SHA256_BYTES];
	*signature = (struct signature){0};
	if (value == NULL)
		return error_set(error, header, "is missing: this PBX signs what it sends");
	if (scheme->timestamp) {
		if (!read_time(value, time, &signature->at))
			return error_set(error, header, "must be t=SECONDS,v1=SIGNATURE");
		size_t end = strlen(time);
		memcpy(time + end, ".", 2);
	}
	secret_hmac_sha256(scheme->secret, time, body, length, digest);
	size_t right_length = encode(scheme, digest, right);
	bool good = scheme->timestamp ? any_equals(scheme, value, right, right_length)
				      : equals(scheme, value, strlen(value), right, right_length);
	if (!good)
		return error_set(error, header, "is not the signature of this body");
	if (scheme->timestamp && (signature->at < now - window || signature->at > now + window))
		return error_set(error, header, "was made at another time: more than %d s from now",
			LIMIT_SIGNATURE_SECONDS);
	secret_hex(digest, sizeof(digest), signature->key);
	return true;
}
