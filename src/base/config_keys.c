/*
 * The keys of the configuration file: tables say what there is, small functions what is legal.
 */
#include "base/config_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/endpoint.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"

static bool set_text(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	(void)reader;
	(void)node;
	mem_replace(slot, text);
	return true;
}

/* Relative to the configuration file. */
static bool set_path(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	char **path = slot;
	(void)node;
	free(*path);
	*path = reader_path(reader, text);
	return true;
}

static bool set_boolean(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	(void)reader;
	(void)text;
	*(bool *)slot = node->boolean;
	return true;
}

static bool set_number(
	struct reader *reader, const struct toml_node *node, long long min, long long max, uint32_t *slot)
{
	if (node->integer < min || node->integer > max)
		return reader_fail(reader, node, "must be from %lld to %lld", min, max);
	*slot = (uint32_t)node->integer;
	return true;
}

static bool set_log_level(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	return log_level_parse(text, slot) || reader_fail(reader, node, "must be error, warn, info or debug");
}

static bool set_log_format(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	bool *json = slot;

	*json = strcmp(text, "json") == 0;
	return *json || strcmp(text, "text") == 0 || reader_fail(reader, node, "must be text or json");
}

static bool set_endpoint(
	struct reader *reader, const struct toml_node *node, const char *text, char **host, uint16_t *port)
{
	char *name;

	if (!endpoint_parse(text, &name, port))
		return reader_fail(reader, node, "must be host:port or [IPv6 address]:port");
	free(*host);
	*host = name;
	return true;
}

static bool set_host(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	if (!endpoint_is_host(text))
		return reader_fail(
			reader, node, "must be a name or an IP address; the port has a key of its own");
	mem_replace(slot, text);
	return true;
}

static bool set_listen(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	struct config *config = slot;

	return set_endpoint(reader, node, text, &config->http_host, &config->http_port);
}

static bool set_max_connections(
	struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	(void)text;
	return set_number(reader, node, 1, LIMIT_HTTP_CONNECTIONS, slot);
}

static bool read_domain(
	struct reader *reader, const struct toml_node *node, const char *text, struct jid *jid)
{
	struct error error;

	if (!jid_parse(text, jid, &error))
		return reader_fail(reader, node, "%s", error.text);
	if (jid->local[0] || jid->resource[0])
		return reader_fail(reader, node, "must be a domain such as example.org");
	return true;
}

static bool set_domain(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	struct jid jid;

	if (!read_domain(reader, node, text, &jid))
		return false;
	mem_replace(slot, jid.domain);
	return true;
}

static bool set_server(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	struct config_tenant *tenant = slot;

	return set_endpoint(reader, node, text, &tenant->host, &tenant->port);
}

static bool set_secret(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	if (strlen(text) > LIMIT_SECRET_BYTES)
		return reader_fail(reader, node, "has more than %d bytes", LIMIT_SECRET_BYTES);
	mem_replace(slot, text);
	return true;
}

static bool set_secret_file(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	char **secret = slot;

	free(*secret);
	*secret = reader_secret(reader, node, text);
	return *secret != NULL;
}

static bool set_admins(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	struct config_tenant *tenant = slot;
	struct error error;
	char bare[JID_TEXT];

	if (node->count > LIMIT_ADMINS)
		return reader_fail(reader, node, "has more than %d addresses", LIMIT_ADMINS);
	tenant->admins = mem_new(node->count * sizeof(*tenant->admins));
	for (size_t i = 0; i < node->count; i++) {
		text = reader_element(reader, node, "admins", i);
		if (!text)
			return false;
		if (!jid_parse_account(text, bare, &error))
			return reader_fail(reader, &node->items[i], "%s", error.text);
		tenant->admins[tenant->admin_count++] = mem_string(bare);
	}
	return true;
}

static bool set_label(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	struct error error;

	if (!text_check(text, 1, LIMIT_NAME, NULL, &error))
		return reader_fail(reader, node, "%s", error.text);
	mem_replace(slot, text);
	return true;
}

static bool set_slug(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	if (!text_is_slug(text))
		return reader_fail(reader, node, "must be 1 to %d of a-z, 0-9 and -", LIMIT_SLUG);
	mem_replace(slot, text);
	return true;
}

static bool set_tenant(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	const struct config *config = reader->target;
	struct jid jid;
	size_t at = 0;

	if (!read_domain(reader, node, text, &jid))
		return false;
	while (at < config->tenant_count && strcmp(config->tenants[at].domain, jid.domain) != 0)
		at++;
	*(size_t *)slot = at;
	return at < config->tenant_count || reader_fail(reader, node, "no [[tenant]] has this domain");
}

static bool set_pbx_type(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	bool *asterisk = slot;

	*asterisk = strcmp(text, "asterisk") == 0;
	return *asterisk || strcmp(text, "webhook") == 0 ||
	       reader_fail(reader, node, "must be webhook or asterisk");
}

static bool set_lease(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	(void)text;
	return set_number(reader, node, LIMIT_LEASE_SECONDS_LEAST, LIMIT_LEASE_SECONDS, slot);
}

/* Stands in a line of the manager interface. */
static bool set_line(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	if (strlen(text) > LIMIT_ASTERISK_NAME_BYTES)
		return reader_fail(reader, node, "has more than %d bytes", LIMIT_ASTERISK_NAME_BYTES);
	mem_replace(slot, text);
	return true;
}

static bool set_port(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	(void)text;
	return set_number(reader, node, 1, 65535, slot);
}

/* What can stand behind "Bearer " in a header: visible ASCII. */
static bool set_token(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	for (const char *at = text; *at; at++) {
		if (*at <= ' ' || *at > '~')
			return reader_fail(reader, node, "must be ASCII without blanks");
	}
	if (strlen(text) > LIMIT_SECRET_BYTES)
		return reader_fail(reader, node, "has more than %d bytes", LIMIT_SECRET_BYTES);
	secret_sha256(text, strlen(text), slot);
	return true;
}

static bool set_token_file(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	char *token = reader_secret(reader, node, text);
	bool good = token && set_token(reader, node, token, slot);

	free(token);
	return good;
}

static bool set_token_sha256(
	struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	return secret_unhex(text, slot, SHA256_BYTES) || reader_fail(reader, node, "must be 64 hex digits");
}

/* A token of RFC 9110 section 5.6.2. */
static bool set_header(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	static const char legal[] = "!#$%&'*+-.^_`|~0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	if (text[strspn(text, legal)] != '\0' || strlen(text) > LIMIT_SLUG)
		return reader_fail(reader, node, "must be the name of a header, such as X-Signature");
	mem_replace(slot, text);
	return true;
}

static bool set_signature_encoding(
	struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	return signature_encoding_parse(text, slot) ||
	       reader_fail(reader, node, "must be hex, base64 or base64url");
}

static bool set_scopes(struct reader *reader, const struct toml_node *node, const char *text, void *slot)
{
	static const char *const names[] = {"events", "route", "read", "write", "board", "metrics"};
	unsigned *scopes = slot;

	if (node->count == 0)
		return reader_fail(reader, node, "must not be empty");
	for (size_t i = 0; i < node->count; i++) {
		size_t bit = 0;

		text = reader_element(reader, node, "scopes", i);
		if (!text)
			return false;
		while (bit < sizeof(names) / sizeof(*names) && strcmp(names[bit], text) != 0)
			bit++;
		if (bit == sizeof(names) / sizeof(*names))
			return reader_fail(reader, &node->items[i],
				"must be events, route, read, write, board or metrics");
		*scopes |= 1u << bit;
	}
	return true;
}

#define IN(type, member) offsetof(struct type, member)

const struct reader_key config_log_keys[] = {
	{"level", TOML_KIND_STRING, false, set_log_level, IN(config, log_level)},
	{"format", TOML_KIND_STRING, false, set_log_format, IN(config, log_json)},
	{0},
};

const struct reader_key config_database_keys[] = {
	{"url", TOML_KIND_STRING, false, set_text, IN(config, database_url)},
	{0},
};

const struct reader_key config_http_keys[] = {
	{"listen", TOML_KIND_STRING, false, set_listen, 0},
	{"tls_cert", TOML_KIND_STRING, false, set_path, IN(config, http_tls_cert)},
	{"tls_key", TOML_KIND_STRING, false, set_path, IN(config, http_tls_key)},
	{"insecure", TOML_KIND_BOOLEAN, false, set_boolean, IN(config, http_insecure)},
	{"max_connections", TOML_KIND_INTEGER, false, set_max_connections, IN(config, http_max_connections)},
	{0},
};

const struct reader_key config_tenant_keys[] = {
	{"domain", TOML_KIND_STRING, true, set_domain, IN(config_tenant, domain)},
	{"component", TOML_KIND_STRING, true, set_domain, IN(config_tenant, component)},
	{"server", TOML_KIND_STRING, false, set_server, 0},
	{"secret", TOML_KIND_STRING, false, set_secret, IN(config_tenant, secret)},
	{"secret_file", TOML_KIND_STRING, false, set_secret_file, IN(config_tenant, secret)},
	{"admins", TOML_KIND_ARRAY, false, set_admins, 0},
	{"name", TOML_KIND_STRING, false, set_label, IN(config_tenant, name)},
	{0},
};

const struct reader_key config_pbx_keys[] = {
	{"name", TOML_KIND_STRING, true, set_slug, IN(config_pbx, name)},
	{"tenant", TOML_KIND_STRING, true, set_tenant, IN(config_pbx, tenant)},
	{"type", TOML_KIND_STRING, false, set_pbx_type, IN(config_pbx, asterisk)},
	{"lease_seconds", TOML_KIND_INTEGER, false, set_lease, IN(config_pbx, lease_seconds)},
	{"token", TOML_KIND_STRING, false, set_token, IN(config_pbx, token)},
	{"token_file", TOML_KIND_STRING, false, set_token_file, IN(config_pbx, token)},
	{"token_sha256", TOML_KIND_STRING, false, set_token_sha256, IN(config_pbx, token)},
	{"signature_secret_file", TOML_KIND_STRING, false, set_secret_file, IN(config_pbx, signature.secret)},
	{"signature_header", TOML_KIND_STRING, false, set_header, IN(config_pbx, signature.header)},
	{"signature_encoding", TOML_KIND_STRING, false, set_signature_encoding,
		IN(config_pbx, signature.encoding)},
	{"signature_timestamp", TOML_KIND_BOOLEAN, false, set_boolean, IN(config_pbx, signature.timestamp)},
	{"host", TOML_KIND_STRING, false, set_host, IN(config_pbx, host)},
	{"port", TOML_KIND_INTEGER, false, set_port, IN(config_pbx, port)},
	{"username", TOML_KIND_STRING, false, set_line, IN(config_pbx, username)},
	{"password_file", TOML_KIND_STRING, false, set_secret_file, IN(config_pbx, password)},
	{"context", TOML_KIND_STRING, false, set_line, IN(config_pbx, context)},
	{0},
};

const struct reader_key config_client_keys[] = {
	{"name", TOML_KIND_STRING, true, set_slug, IN(config_client, name)},
	{"tenant", TOML_KIND_STRING, true, set_tenant, IN(config_client, tenant)},
	{"token", TOML_KIND_STRING, false, set_token, IN(config_client, token)},
	{"token_file", TOML_KIND_STRING, false, set_token_file, IN(config_client, token)},
	{"token_sha256", TOML_KIND_STRING, false, set_token_sha256, IN(config_client, token)},
	{"scopes", TOML_KIND_ARRAY, true, set_scopes, IN(config_client, scopes)},
	{0},
};
