/*
 * The configuration file becomes a struct config here, section by section.
 */
#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/config_keys.h"
#include "base/endpoint.h"
#include "base/limits.h"
#include "base/memory.h"

struct section {
	const char *name;
	const struct reader_key *keys;
	size_t limit; /* of a [[list]]; 0 for a [table] */
	/* A new object to fill; its texts are NULL or set, so that config_free can always follow. */
	void *(*add)(struct config *config);
	/* Checks what concerns more than one key; NULL when there is nothing. */
	bool (*finish)(struct reader *reader, const struct toml_node *table, const void *object);
};

static void *grown(void *list, size_t *count, size_t size)
{
	char *bytes = mem_resize(list, *count + 1, size);

	memset(bytes + *count * size, 0, size);
	++*count;
	return bytes;
}

static void *add_tenant(struct config *config)
{
	struct config_tenant *tenant;

	config->tenants = grown(config->tenants, &config->tenant_count, sizeof(*config->tenants));
	tenant = &config->tenants[config->tenant_count - 1];
	tenant->host = mem_string("127.0.0.1");
	tenant->port = 5347;
	tenant->name = mem_string("Presence");
	return tenant;
}

static void *add_pbx(struct config *config)
{
	config->pbxes = grown(config->pbxes, &config->pbx_count, sizeof(*config->pbxes));
	return &config->pbxes[config->pbx_count - 1];
}

static void *add_client(struct config *config)
{
	config->clients = grown(config->clients, &config->client_count, sizeof(*config->clients));
	return &config->clients[config->client_count - 1];
}

static void *the_config(struct config *config)
{
	return config;
}

/* Blames `key` of the section. */
static bool fail_at(struct reader *reader, const struct toml_node *table, const char *key, const char *reason)
{
	const struct toml_node *member = toml_member(table, key);

	snprintf(reader->key, sizeof(reader->key), "%s", key);
	return reader_fail(reader, member ? member : table, "%s", reason);
}

static bool finish_http(struct reader *reader, const struct toml_node *table, const void *object)
{
	const struct config *config = object;

	if ((config->http_tls_cert == NULL) != (config->http_tls_key == NULL))
		return fail_at(reader, table, config->http_tls_cert == NULL ? "tls_key" : "tls_cert",
			"tls_cert and tls_key are needed together");
	if (endpoint_is_loopback(config->http_host) || config->http_insecure || config->http_tls_cert)
		return true;
	return fail_at(reader, table, "listen",
		"listening elsewhere than on loopback without TLS needs insecure = true");
}

static bool finish_tenant(struct reader *reader, const struct toml_node *table, const void *object)
{
	const struct config_tenant *tenant = object, *other = ((struct config *)reader->target)->tenants;

	if (!reader_one_of(reader, table, "secret", "secret_file", NULL))
		return false;
	if (strcmp(tenant->domain, tenant->component) == 0)
		return fail_at(reader, table, "component", "must be another address than the domain");
	for (; other < tenant; other++) {
		if (strcmp(other->domain, tenant->domain) == 0)
			return fail_at(reader, table, "domain", "another [[tenant]] has the same domain");
		if (strcmp(other->component, tenant->component) == 0)
			return fail_at(
				reader, table, "component", "another [[tenant]] has the same component");
	}
	return true;
}

/* A token says who is asking, so that two must not have the same. */
static bool token_is_taken(const struct config *config, const unsigned char *token)
{
	for (size_t i = 0; i < config->pbx_count; i++) {
		const unsigned char *other = config->pbxes[i].token;

		if (other != token && secret_equal(other, token, SHA256_BYTES))
			return true;
	}
	for (size_t i = 0; i < config->client_count; i++) {
		const unsigned char *other = config->clients[i].token;

		if (other != token && secret_equal(other, token, SHA256_BYTES))
			return true;
	}
	return false;
}

static bool finish_token(struct reader *reader, const struct toml_node *table, const unsigned char *token)
{
	if (!reader_one_of(reader, table, "token", "token_file", "token_sha256"))
		return false;
	if (!token_is_taken(reader->target, token))
		return true;
	return fail_at(reader, table, "token", "another [[pbx]] or [[client]] has the same token");
}

static bool finish_signature(
	struct reader *reader, const struct toml_node *table, const struct config_pbx *pbx)
{
	static const char *const keys[] = {"signature_header", "signature_encoding", "signature_timestamp"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!pbx->signature.secret && toml_member(table, keys[i]))
			return fail_at(reader, table, keys[i], "needs a signature_secret_file");
	}
	return true;
}

static bool finish_asterisk(struct reader *reader, const struct toml_node *table, struct config_pbx *pbx)
{
	if (!pbx->username)
		return fail_at(reader, table, "username", "is missing, as the type is asterisk");
	if (!pbx->password)
		return fail_at(reader, table, "password_file", "is missing, as the type is asterisk");
	if (!pbx->host)
		pbx->host = mem_string("127.0.0.1");
	if (!pbx->port)
		pbx->port = 5038;
	return true;
}

static bool finish_webhook(struct reader *reader, const struct toml_node *table)
{
	static const char *const keys[] = {"host", "port", "username", "password_file", "context"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (toml_member(table, keys[i]))
			return fail_at(reader, table, keys[i], "belongs to the type asterisk");
	return true;
}

/* Asterisk needs none, as it is we who connect, nor does who signs; they may have one. */
static bool needs_token(const struct toml_node *table, const struct config_pbx *pbx)
{
	return !(pbx->asterisk || pbx->signature.secret) || toml_member(table, "token") ||
	       toml_member(table, "token_file") || toml_member(table, "token_sha256");
}

static bool finish_pbx(struct reader *reader, const struct toml_node *table, const void *object)
{
	struct config *config = reader->target;
	struct config_pbx *pbx = &config->pbxes[config->pbx_count - 1];

	(void)object;
	for (const struct config_pbx *other = config->pbxes; other < pbx; other++) {
		if (strcmp(other->name, pbx->name) == 0)
			return fail_at(reader, table, "name", "another [[pbx]] has the same name");
	}
	if (!finish_signature(reader, table, pbx))
		return false;
	if (!(pbx->asterisk ? finish_asterisk(reader, table, pbx) : finish_webhook(reader, table)))
		return false;
	pbx->has_token = needs_token(table, pbx);
	return !pbx->has_token || finish_token(reader, table, pbx->token);
}

static bool finish_client(struct reader *reader, const struct toml_node *table, const void *object)
{
	const struct config_client *client = object, *other = ((struct config *)reader->target)->clients;

	for (; other < client; other++) {
		if (strcmp(other->name, client->name) == 0)
			return fail_at(reader, table, "name", "another [[client]] has the same name");
	}
	return finish_token(reader, table, client->token);
}

/* In this order: a pbx and a client name a tenant. */
static const struct section sections[] = {
	{"log", config_log_keys, 0, the_config, NULL},
	{"database", config_database_keys, 0, the_config, NULL},
	{"http", config_http_keys, 0, the_config, finish_http},
	{"tenant", config_tenant_keys, LIMIT_TENANTS, add_tenant, finish_tenant},
	{"pbx", config_pbx_keys, LIMIT_PBXES, add_pbx, finish_pbx},
	{"client", config_client_keys, LIMIT_CLIENTS, add_client, finish_client},
};

static bool read_table(struct reader *reader, const struct section *section, const struct toml_node *table)
{
	void *object = section->add(reader->target);

	if (!reader_table(reader, table, section->keys, object))
		return false;
	return !section->finish || section->finish(reader, table, object);
}

static bool read_list(struct reader *reader, const struct section *section, const struct toml_node *list)
{
	snprintf(reader->section, sizeof(reader->section), "%s", section->name);
	if (list->kind != TOML_KIND_ARRAY)
		return reader_fail(reader, list, "must be written [[%s]]", section->name);
	if (list->count > section->limit)
		return reader_fail(reader, list, "more than %zu are not supported", section->limit);
	for (size_t i = 0; i < list->count; i++) {
		snprintf(reader->section, sizeof(reader->section), "%s[%zu]", section->name, i);
		reader->key[0] = '\0';
		if (list->items[i].kind != TOML_KIND_TABLE)
			return reader_fail(reader, &list->items[i], "must be written [[%s]]", section->name);
		if (!read_table(reader, section, &list->items[i]))
			return false;
	}
	return true;
}

static bool read_section(struct reader *reader, const struct section *section, const struct toml_node *node)
{
	if (section->limit > 0)
		return read_list(reader, section, node);
	snprintf(reader->section, sizeof(reader->section), "%s", section->name);
	if (node->kind != TOML_KIND_TABLE)
		return reader_fail(reader, node, "must be written [%s]", section->name);
	return read_table(reader, section, node);
}

static bool read_document(struct reader *reader, const struct toml_node *document)
{
	const size_t count = sizeof(sections) / sizeof(*sections);
	const struct config *config = reader->target;

	if (!reader_known(reader, document, sections, count, sizeof(*sections)))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct toml_node *node = toml_member(document, sections[i].name);

		if (node && !read_section(reader, &sections[i], node))
			return false;
		reader->section[0] = reader->key[0] = '\0';
	}
	if (config->tenant_count == 0)
		return fail_at(reader, document, "tenant", "at least one [[tenant]] is needed");
	return true;
}

struct config *config_parse(const char *bytes, size_t length, const char *path, struct error *error)
{
	struct reader reader;
	struct config *config;
	struct toml_node *document;
	bool good;

	reader_init(&reader, path, NULL, error);
	document = toml_read(bytes, length, reader.file, error);
	if (!document)
		return NULL;

	reader.target = config = mem_new(sizeof(*config));
	config->log_level = LOG_LEVEL_INFO;
	config->database_url = mem_string("postgresql:///offhook");
	config->http_host = mem_string("127.0.0.1");
	config->http_port = 8088;
	config->http_max_connections = LIMIT_HTTP_CONNECTIONS;
	good = read_document(&reader, document);
	toml_free(document);
	if (good)
		return config;
	config_free(config);
	return NULL;
}

/* Appends the file; false with errno. */
static bool read_file(const char *path, struct buf *content)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), reason;
	char bytes[16 * 1024];
	ssize_t got;

	if (file < 0)
		return false;
	while ((got = read(file, bytes, sizeof(bytes))) > 0 && !content->overflow)
		buf_add(content, bytes, (size_t)got);
	reason = errno;
	close(file);
	errno = reason;
	return got >= 0;
}

struct config *config_load(const char *path, struct error *error)
{
	struct config *config = NULL;
	struct buf content;

	buf_init(&content, LIMIT_CONFIG_BYTES);
	if (!read_file(path, &content))
		error_set(error, NULL, "%s: %s", path, strerror(errno));
	else if (content.overflow)
		error_set(error, NULL, "%s: the file has more than %d bytes", path, LIMIT_CONFIG_BYTES);
	else
		config = config_parse(buf_text(&content), content.length, path, error);
	if (content.data)
		secret_wipe(content.data, content.length);
	buf_done(&content);
	return config;
}

static void free_tenant(struct config_tenant *tenant)
{
	if (tenant->secret)
		secret_wipe(tenant->secret, strlen(tenant->secret));
	for (size_t i = 0; i < tenant->admin_count; i++)
		free(tenant->admins[i]);
	free(tenant->admins);
	free(tenant->domain);
	free(tenant->component);
	free(tenant->host);
	free(tenant->secret);
	free(tenant->name);
}

static void free_pbx(struct config_pbx *pbx)
{
	if (pbx->signature.secret)
		secret_wipe(pbx->signature.secret, strlen(pbx->signature.secret));
	if (pbx->password)
		secret_wipe(pbx->password, strlen(pbx->password));
	free(pbx->signature.secret);
	free(pbx->signature.header);
	free(pbx->name);
	free(pbx->host);
	free(pbx->username);
	free(pbx->password);
	free(pbx->context);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->tenant_count; i++)
		free_tenant(&config->tenants[i]);
	for (size_t i = 0; i < config->pbx_count; i++)
		free_pbx(&config->pbxes[i]);
	for (size_t i = 0; i < config->client_count; i++)
		free(config->clients[i].name);
	free(config->tenants);
	free(config->pbxes);
	free(config->clients);
	free(config->database_url);
	free(config->http_host);
	free(config->http_tls_cert);
	free(config->http_tls_key);
	free(config);
}
