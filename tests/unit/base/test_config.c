/*
 * The configuration file: what it says, and how it says what is wrong.
 */
#include "base/config.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

#define TENANT                                                                                               \
	"[[tenant]]\ndomain = 'example.org'\ncomponent = 'presence.example.org'\nsecret = 'hunter2secret'\n"
#define PBX "[[pbx]]\nname = 'hq'\ntenant = 'example.org'\n"
#define CLIENT "[[client]]\nname = 'board'\ntenant = 'example.org'\nscopes = ['read']\n"

static struct config *parse(const char *text, struct error *error)
{
	return config_parse(text, strlen(text), "c.toml", error);
}

static struct config *good(const char *text)
{
	struct error error = {"", ""};
	struct config *config = parse(text, &error);

	ck_assert_msg(config != NULL, "%s", error.text);
	return config;
}

static void bad(const char *text, const char *reason)
{
	struct error error = {"", ""};

	ck_assert_msg(!parse(text, &error), "%s", text);
	ck_assert_str_eq(error.text, reason);
	ck_assert_ptr_null(strstr(error.text, "hunter2"));
	ck_assert(!parse(text, NULL));
}

START_TEST(a_short_file_has_defaults)
{
	struct config *config = good(TENANT);

	ck_assert_int_eq(config->log_level, LOG_LEVEL_INFO);
	ck_assert(!config->log_json);
	ck_assert_str_eq(config->database_url, "postgresql:///offhook");
	ck_assert_str_eq(config->http_host, "127.0.0.1");
	ck_assert_uint_eq(config->http_port, 8088);
	ck_assert(!config->http_insecure);
	ck_assert_uint_eq(config->http_max_connections, LIMIT_HTTP_CONNECTIONS);
	ck_assert_uint_eq(config->tenant_count, 1);
	ck_assert_str_eq(config->tenants[0].host, "127.0.0.1");
	ck_assert_uint_eq(config->tenants[0].port, 5347);
	ck_assert_str_eq(config->tenants[0].name, "Presence");
	ck_assert_uint_eq(config->tenants[0].admin_count, 0);
	ck_assert_uint_eq(config->pbx_count, 0);
	ck_assert_uint_eq(config->client_count, 0);
	config_free(config);
	config_free(NULL);
}
END_TEST

START_TEST(every_key_arrives)
{
	unsigned char digest[SHA256_BYTES];
	struct config *config = good(
		"[log]\nlevel = 'debug'\nformat = 'json'\n"
		"[database]\nurl = 'host=db'\n"
		"[http]\nlisten = '[::]:80'\ninsecure = true\nmax_connections = 7\n"
		"[[tenant]]\ndomain = 'Example.ORG'\ncomponent = 'Presence.example.org'\nserver = "
		"'xmpp.lan:5275'\n"
		"secret = 'a b'\nadmins = ['Admin@Example.org', 'boss@example.org']\nname = 'Wer ist da'\n"
		"[[tenant]]\ndomain = 'b.example'\ncomponent = 'p.b.example'\nserver = '[fe80::1]:1'\nsecret "
		"= 'x'\n"
		"[[pbx]]\nname = 'hq'\ntenant = 'B.example'\ntype = 'webhook'\ntoken = 'abc'\nlease_seconds "
		"= 60\n"
		"[[client]]\nname = 'board'\ntenant = 'example.org'\nscopes = ['read', 'board', 'metrics']\n"
		"token_sha256 = '2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B'\n");

	ck_assert_int_eq(config->log_level, LOG_LEVEL_DEBUG);
	ck_assert(config->log_json);
	ck_assert_str_eq(config->database_url, "host=db");
	ck_assert_str_eq(config->http_host, "::");
	ck_assert_uint_eq(config->http_port, 80);
	ck_assert(config->http_insecure);
	ck_assert_uint_eq(config->http_max_connections, 7);
	ck_assert_uint_eq(config->tenant_count, 2);
	ck_assert_str_eq(config->tenants[0].domain, "example.org");
	ck_assert_str_eq(config->tenants[0].component, "presence.example.org");
	ck_assert_str_eq(config->tenants[0].host, "xmpp.lan");
	ck_assert_uint_eq(config->tenants[0].port, 5275);
	ck_assert_str_eq(config->tenants[0].secret, "a b");
	ck_assert_str_eq(config->tenants[0].name, "Wer ist da");
	ck_assert_uint_eq(config->tenants[0].admin_count, 2);
	ck_assert_str_eq(config->tenants[0].admins[0], "admin@example.org");
	ck_assert_str_eq(config->tenants[0].admins[1], "boss@example.org");
	ck_assert_str_eq(config->tenants[1].host, "fe80::1");
	ck_assert_uint_eq(config->tenants[1].port, 1);
	ck_assert_uint_eq(config->pbx_count, 1);
	ck_assert_str_eq(config->pbxes[0].name, "hq");
	ck_assert_uint_eq(config->pbxes[0].tenant, 1);
	ck_assert(!config->pbxes[0].asterisk);
	ck_assert(config->pbxes[0].has_token);
	secret_sha256("abc", 3, digest);
	ck_assert_mem_eq(config->pbxes[0].token, digest, SHA256_BYTES);
	ck_assert_uint_eq(config->pbxes[0].lease_seconds, 60);
	ck_assert_uint_eq(config->client_count, 1);
	ck_assert_uint_eq(config->clients[0].tenant, 0);
	secret_sha256("secret", 6, digest);
	ck_assert_mem_eq(config->clients[0].token, digest, 2);
	ck_assert_uint_eq(config->clients[0].scopes, SCOPE_READ | SCOPE_BOARD | SCOPE_METRICS);
	config_free(config);
}
END_TEST

START_TEST(unknown_keys_are_refused_with_the_nearest)
{
	bad("[log]\nlevle = 'info'\n" TENANT, "c.toml:2:1: log.levle: unknown key; did you mean level?");
	bad("[log]\nzzzzzz = 'info'\n" TENANT, "c.toml:2:1: log.zzzzzz: unknown key");
	bad("[htpp]\n" TENANT, "c.toml:1:1: htpp: unknown key; did you mean http?");
	bad("x = 1\n" TENANT, "c.toml:1:1: x: unknown key");
	bad(TENANT "  Name = 'x'\n", "c.toml:5:3: tenant[0].Name: unknown key; did you mean name?");
	bad("\"a\\nb\" = 1\n" TENANT, "c.toml:1:1: a b: unknown key");
	bad("[http.listen]\n" TENANT, "c.toml:1:1: http.listen: must be a string");
}
END_TEST

START_TEST(wrong_types_are_refused)
{
	bad("[log]\nlevel = 1\n" TENANT, "c.toml:2:1: log.level: must be a string");
	bad("[http]\ninsecure = 'yes'\n" TENANT, "c.toml:2:1: http.insecure: must be true or false");
	bad("[http]\nmax_connections = 1.5\n" TENANT,
		"c.toml:2:1: http.max_connections: must be a whole number");
	bad(TENANT "admins = 'admin@example.org'\n", "c.toml:5:1: tenant[0].admins: must be a list");
	bad(TENANT "admins = ['a@b', 5]\n", "c.toml:5:18: tenant[0].admins[1]: must be a string");
	bad("[tenant]\ndomain = 'x'\n", "c.toml:1:1: tenant: must be written [[tenant]]");
	bad("tenant = [1]\n", "c.toml:1:11: tenant[0]: must be written [[tenant]]");
	bad("log = 'info'\n" TENANT, "c.toml:1:1: log: must be written [log]");
	bad("[[log]]\n" TENANT, "c.toml:1:3: log: must be written [log]");
	bad(TENANT PBX "token = 'x'\nport = 'x'\n", "c.toml:9:1: pbx[0].port: must be a whole number");
}
END_TEST

START_TEST(impossible_values_are_refused)
{
	bad("[log]\nlevel = 'loud'\n" TENANT, "c.toml:2:1: log.level: must be error, warn, info or debug");
	bad("[log]\nformat = 'xml'\n" TENANT, "c.toml:2:1: log.format: must be text or json");
	bad("[database]\nurl = ''\n" TENANT, "c.toml:2:1: database.url: must not be empty");
	bad("[database]\nurl = \"a\\nb\"\n" TENANT,
		"c.toml:2:1: database.url: is not valid UTF-8 or has control characters");
	bad("[http]\nmax_connections = 0\n" TENANT,
		"c.toml:2:1: http.max_connections: must be from 1 to 1000");
	bad("[http]\nmax_connections = 1001\n" TENANT,
		"c.toml:2:1: http.max_connections: must be from 1 to 1000");
	bad(TENANT "name = ' x'\n", "c.toml:5:1: tenant[0].name: must not begin or end with white space");
	bad(TENANT "admins = ['example.org']\n",
		"c.toml:5:11: tenant[0].admins[0]: is not an account: expected name@domain");
	bad("[[tenant]]\ndomain = 'a b'\n",
		"c.toml:2:1: tenant[0].domain: is not an XMPP address: the domain is "
		"not allowed");
	bad("[[tenant]]\ndomain = 'a@b'\n",
		"c.toml:2:1: tenant[0].domain: must be a domain such as example.org");
	bad(TENANT "[[pbx]]\nname = 'Head Office'\n",
		"c.toml:6:1: pbx[0].name: must be 1 to 64 of a-z, 0-9 and -");
	bad(TENANT PBX "type = 'fax'\n", "c.toml:8:1: pbx[0].type: must be webhook or asterisk");
	bad(TENANT PBX "lease_seconds = 9\n", "c.toml:8:1: pbx[0].lease_seconds: must be from 10 to 604800");
	bad(TENANT PBX "token = 'hunter2 x'\n", "c.toml:8:1: pbx[0].token: must be ASCII without blanks");
	bad(TENANT PBX "token_sha256 = 'hunter2'\n",
		"c.toml:8:1: pbx[0].token_sha256: must be 64 hex digits");
	bad(TENANT "[[client]]\nname = 'b'\ntenant = 'example.org'\ntoken = 't'\nscopes = []\n",
		"c.toml:9:1: client[0].scopes: must not be empty");
	bad(TENANT "[[client]]\nname = 'b'\ntenant = 'example.org'\ntoken = 't'\nscopes = ['read', 'root']\n",
		"c.toml:9:19: client[0].scopes[1]: must be events, route, read, write, board or metrics");
}
END_TEST

START_TEST(endpoints_are_host_and_port)
{
	static const char *const wrong[] = {"", ":1", "host", "host:", "host:0", "host:65536", "host:x",
		"::1:80", "[::1]", "[::1]:", "[::1:80", "[]:80", "[host]:80", "[:80", "]:80", "ho st:80",
		"host:8o", "host:+1", "a:b:1", "http://x:80"};
	static const char *const right[] = {"localhost:1", "127.255.0.1:65535", "[::1]:80", "LOCALHOST:5"};
	char text[256];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(text, sizeof(text), "[http]\nlisten = '%s'\n" TENANT, wrong[i]);
		bad(text, wrong[i][0] ? "c.toml:2:1: http.listen: must be host:port or [IPv6 address]:port"
				      : "c.toml:2:1: http.listen: must not be empty");
	}
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
		snprintf(text, sizeof(text), "[http]\nlisten = '%s'\n" TENANT, right[i]);
		config_free(good(text));
	}
	bad(TENANT "server = 'x'\n",
		"c.toml:5:1: tenant[0].server: must be host:port or [IPv6 address]:port");
}
END_TEST

START_TEST(listening_to_the_world_must_be_meant)
{
	static const char *const open[] = {"0.0.0.0:80", "[::]:80", "192.0.2.1:80", "pbx.example.org:80"};
	char text[256];

	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++) {
		snprintf(text, sizeof(text), "[http]\nlisten = '%s'\n" TENANT, open[i]);
		bad(text, "c.toml:2:1: http.listen: listening elsewhere than on loopback without TLS needs "
			  "insecure = "
			  "true");
		snprintf(text, sizeof(text), "[http]\nlisten = '%s'\ninsecure = true\n" TENANT, open[i]);
		config_free(good(text));
	}
}
END_TEST

START_TEST(tls_lets_listen_anywhere_and_its_paths_are_relative_to_the_file)
{
	struct error error = {0};
	const char *text =
		"[http]\nlisten = '0.0.0.0:443'\ntls_cert = 'cert.pem'\ntls_key = '/k.pem'\n" TENANT;
	struct config *config = config_parse(text, strlen(text), "/etc/offhook/c.toml", &error);
	ck_assert_msg(config != NULL, "%s", error.text);
	ck_assert_str_eq(config->http_tls_cert, "/etc/offhook/cert.pem");
	ck_assert_str_eq(config->http_tls_key, "/k.pem");
	config_free(config);
	bad("[http]\ntls_cert = 'x'\n" TENANT,
		"c.toml:2:1: http.tls_cert: tls_cert and tls_key are needed together");
	bad("[http]\ntls_key = 'x'\n" TENANT,
		"c.toml:2:1: http.tls_key: tls_cert and tls_key are needed together");
}
END_TEST

START_TEST(asterisk_has_a_manager)
{
	char name[] = "/tmp/offhook-config-XXXXXX", text[512];
	int file = mkstemp(name);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, "hunter2secret\n", 14), 14);
	close(file);
	snprintf(text, sizeof(text), "%stype = 'asterisk'\nusername = 'offhook'\npassword_file = '%s'\n",
		TENANT PBX, name);
	struct config *config = good(text);
	const struct config_pbx *pbx = &config->pbxes[0];
	ck_assert(pbx->asterisk && !pbx->has_token);
	ck_assert_str_eq(pbx->host, "127.0.0.1");
	ck_assert_uint_eq(pbx->port, 5038);
	ck_assert_str_eq(pbx->username, "offhook");
	ck_assert_str_eq(pbx->password, "hunter2secret");
	ck_assert_ptr_null(pbx->context);
	config_free(config);
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
		"host = 'pbx.example.org'\nport = 5039\ncontext = 'ext-local'\ntoken = 't'\n");
	config = good(text);
	pbx = &config->pbxes[0];
	ck_assert_str_eq(pbx->host, "pbx.example.org");
	ck_assert_uint_eq(pbx->port, 5039);
	ck_assert_str_eq(pbx->context, "ext-local");
	ck_assert(pbx->has_token);
	config_free(config);
	unlink(name);

	bad(TENANT PBX "type = 'asterisk'\n",
		"c.toml:5:1: pbx[0].username: is missing, as the type is asterisk");
	bad(TENANT PBX "type = 'asterisk'\nusername = 'offhook'\n",
		"c.toml:5:1: pbx[0].password_file: is missing, as the type is asterisk");
	bad(TENANT PBX "token = 't'\nhost = 'x'\n", "c.toml:9:1: pbx[0].host: belongs to the type asterisk");
	bad(TENANT PBX "type = 'asterisk'\npassword = 'x'\n",
		"c.toml:9:1: pbx[0].password: unknown key; did you mean password_file?");
	bad(TENANT PBX "type = 'asterisk'\nuser = 'x'\n",
		"c.toml:9:1: pbx[0].user: unknown key; did you mean username?");
	bad(TENANT PBX "type = 'asterisk'\nuse = 'x'\n", "c.toml:9:1: pbx[0].use: unknown key");
}
END_TEST

START_TEST(an_asterisk_has_a_host_without_port)
{
	static const char *const wrong[] = {
		"127.0.0.1:5038", "pbx.example.org:5038", "[::1]", "http://pbx", "a b"};
	char text[512];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(text, sizeof(text), TENANT PBX "type = 'asterisk'\nhost = '%s'\n", wrong[i]);
		bad(text, "c.toml:9:1: pbx[0].host: must be a name or an IP address; the port has a key of "
			  "its own");
	}
	bad(TENANT PBX "type = 'asterisk'\nhost = '::1'\n",
		"c.toml:5:1: pbx[0].username: is missing, as the type is asterisk");
}
END_TEST

START_TEST(a_pbx_may_sign_instead_of_having_a_token)
{
	struct config *config;
	char path[] = "/tmp/offhook-test-XXXXXX", text[1024];
	int file = mkstemp(path);

	ck_assert(file >= 0 && write(file, "hunter2\n", 8) == 8);
	close(file);
	snprintf(text, sizeof(text), TENANT PBX "signature_secret_file = '%s'\n", path);
	config = good(text);
	ck_assert_str_eq(config->pbxes[0].signature.secret, "hunter2");
	ck_assert_str_eq(signature_header(&config->pbxes[0].signature), "X-Signature");
	ck_assert_int_eq(config->pbxes[0].signature.encoding, SIGNATURE_HEX);
	ck_assert(!config->pbxes[0].signature.timestamp && !config->pbxes[0].has_token);
	config_free(config);
	snprintf(text, sizeof(text),
		TENANT PBX "token = 't'\nsignature_secret_file = '%s'\n"
			   "signature_header = 'X-PS-Signature'\nsignature_encoding = 'base64url'\n"
			   "signature_timestamp = true\n",
		path);
	config = good(text);
	ck_assert_str_eq(signature_header(&config->pbxes[0].signature), "X-PS-Signature");
	ck_assert_int_eq(config->pbxes[0].signature.encoding, SIGNATURE_BASE64URL);
	ck_assert(config->pbxes[0].signature.timestamp && config->pbxes[0].has_token);
	config_free(config);
	unlink(path);
	bad(TENANT PBX "token = 't'\nsignature_header = 'X Y'\n",
		"c.toml:9:1: pbx[0].signature_header: must be the name of a header, such as X-Signature");
	bad(TENANT PBX "token = 't'\nsignature_encoding = 'rot13'\n",
		"c.toml:9:1: pbx[0].signature_encoding: must be hex, base64 or base64url");
	bad(TENANT PBX "token = 't'\nsignature_timestamp = true\n",
		"c.toml:9:1: pbx[0].signature_timestamp: needs a signature_secret_file");
	bad(TENANT PBX "token = 't'\nsignature_secret_file = '/nonexistent/hunter'\n",
		"c.toml:9:1: pbx[0].signature_secret_file: the file cannot be read: No such file or "
		"directory");
}
END_TEST

START_TEST(what_is_missing_is_named)
{
	bad("", "c.toml:1:1: tenant: at least one [[tenant]] is needed");
	bad("tenant = []\n", "c.toml:1:1: tenant: at least one [[tenant]] is needed");
	bad("\n[[tenant]]\nsecret = 'x'\n", "c.toml:2:1: tenant[0].domain: is missing");
	bad("[[tenant]]\ndomain = 'a'\n", "c.toml:1:1: tenant[0].component: is missing");
	bad(TENANT "[[pbx]]\nname = 'hq'\n", "c.toml:5:1: pbx[0].tenant: is missing");
	bad(TENANT "[[client]]\nname = 'x'\ntenant = 'example.org'\ntoken = 't'\n",
		"c.toml:5:1: client[0].scopes: is missing");
}
END_TEST

START_TEST(a_secret_is_given_exactly_once)
{
	bad("[[tenant]]\ndomain = 'a'\ncomponent = 'b'\n",
		"c.toml:1:1: tenant[0].secret: exactly one of secret and secret_file is needed, there are 0");
	bad(TENANT PBX, "c.toml:5:1: pbx[0].token: exactly one of token, token_file and token_sha256 is "
			"needed, there "
			"are 0");
	bad(TENANT CLIENT
		"token = 'x'\n"
		"token_sha256 = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b'\n",
		"c.toml:5:1: client[0].token: exactly one of token, token_file and token_sha256 is needed, "
		"there "
		"are 2");
}
END_TEST

START_TEST(names_and_references_hold_together)
{
	bad(TENANT "[[pbx]]\nname = 'hq'\ntenant = 'other.org'\n",
		"c.toml:7:1: pbx[0].tenant: no [[tenant]] has this domain");
	bad(TENANT PBX "token = 'x'\n" PBX "token = 'y'\n",
		"c.toml:10:1: pbx[1].name: another [[pbx]] has the same name");
	bad(TENANT CLIENT "token = 'x'\n" CLIENT "token = 'y'\n",
		"c.toml:11:1: client[1].name: another [[client]] has the same name");
	bad(TENANT PBX "token = 'hunter2'\n" CLIENT "token = 'hunter2'\n",
		"c.toml:13:1: client[0].token: another [[pbx]] or [[client]] has the same token");
	bad(TENANT TENANT, "c.toml:6:1: tenant[1].domain: another [[tenant]] has the same domain");
	bad(TENANT "[[tenant]]\ndomain = 'b.org'\ncomponent = 'PRESENCE.example.org'\nsecret = 'x'\n",
		"c.toml:7:1: tenant[1].component: another [[tenant]] has the same component");
	bad("[[tenant]]\ndomain = 'b.org'\ncomponent = 'B.org'\nsecret = 'x'\n",
		"c.toml:3:1: tenant[0].component: must be another address than the domain");
	/* A tenant may stand after those that name it. */
	config_free(good(PBX "token = 'x'\n" TENANT));
}
END_TEST

START_TEST(bad_toml_is_placed_and_quotes_nothing)
{
	struct error error;

	bad(TENANT "domain = 'x'\n",
		"c.toml:5:10: not valid TOML: key-value pair: cannot redefine existing string "
		"'domain'");
	ck_assert(!parse("[[tenant]]\nsecret = hunter2\n", &error));
	ck_assert_ptr_nonnull(strstr(error.text, "c.toml:2:"));
	ck_assert_ptr_null(strstr(error.text, "unter"));
	ck_assert(!parse("[[tenant]]\nsecret = trhunter\n", &error));
	ck_assert_ptr_null(strstr(error.text, "hunter"));
	ck_assert(!parse("[[tenant]]\nsecret = 99999999999999999999\n", &error));
	ck_assert_ptr_null(strstr(error.text, "999"));
	ck_assert(!parse("[[tenant]]\nsecret = 'hunter2\n", &error));
	ck_assert_ptr_null(strstr(error.text, "hunter"));
	ck_assert(!parse("[[tenant]]\nsecret = \"\\u0000\"\n", &error));
	ck_assert_ptr_nonnull(strstr(error.text, "c.toml:2:1"));
	ck_assert(!parse("a = '\xFF'\n", &error));
	ck_assert(!parse("[)\n", &error));
	ck_assert(!parse("[log]\nlevel = B\u00fcro\n", &error));
	ck_assert_ptr_nonnull(strstr(error.text, "c.toml:2:"));
	ck_assert(!parse("[log]\n\u0263 = 'info'\n", &error));
	ck_assert_ptr_nonnull(strstr(error.text, "c.toml:2:1: not valid TOML"));
	bad("\xEF\xBB\xBF[log]\n\"\u00fc\" = 1 # \u00fc\n" TENANT, "c.toml:2:1: log.\u00fc: unknown key");
	ck_assert(!config_parse("a\0b", 3, "c.toml", &error));
}
END_TEST

START_TEST(deep_nesting_does_not_exhaust_the_stack)
{
	enum { DEEP = 500000 };
	char *text = malloc(2 * DEEP + 16);
	struct error error;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < DEEP; i++)
		memcpy(text + 2 * i, "a.", 2);
	strcpy(text + 2 * DEEP, "a = 1\n");
	ck_assert(!parse(text, &error));
	ck_assert_str_eq(error.text, "c.toml:1:66: not valid TOML: too many dots");
	memset(text, '[', DEEP);
	memcpy(text, "a = ", 4);
	text[DEEP] = '\0';
	ck_assert(!parse(text, &error));
	free(text);
	/* Dots in strings and comments are no keys. */
	bad("# ......................................................\n"
	    "a = '''\n......................................................''' # ......................\n",
		"c.toml:2:1: a: unknown key");
	bad("a = \"\"\"\\\"\"\"\"\"\"\n\nb......................................................\n",
		"c.toml:3:34: not valid TOML: too many dots");
}
END_TEST

START_TEST(strings_come_from_the_environment)
{
	struct config *config;

	setenv("OFFHOOK_TEST_SECRET", "from outside", 1);
	setenv("OFFHOOK_TEST_EMPTY", "", 1);
	setenv("OFFHOOK_TEST_BAD", "a\xFF", 1);
	setenv("OFFHOOK_TEST_ADMIN", "boss@example.org", 1);
	unsetenv("OFFHOOK_TEST_UNSET");
	config = good("[[tenant]]\ndomain = 'a'\ncomponent = 'b'\nsecret = '${OFFHOOK_TEST_SECRET}'\n"
		      "name = '$OFFHOOK_TEST_SECRET ${}'\nadmins = ['${OFFHOOK_TEST_ADMIN}']\n");
	ck_assert_str_eq(config->tenants[0].secret, "from outside");
	ck_assert_str_eq(config->tenants[0].name, "$OFFHOOK_TEST_SECRET ${}");
	ck_assert_str_eq(config->tenants[0].admins[0], "boss@example.org");
	config_free(config);
	bad("[database]\nurl = '${OFFHOOK_TEST_UNSET}'\n" TENANT,
		"c.toml:2:1: database.url: the environment variable OFFHOOK_TEST_UNSET is not set");
	bad("[database]\nurl = '${OFFHOOK_TEST_EMPTY}'\n" TENANT,
		"c.toml:2:1: database.url: must not be empty");
	bad("[database]\nurl = '${OFFHOOK_TEST_BAD}'\n" TENANT,
		"c.toml:2:1: database.url: is not valid UTF-8 or has control characters");
}
END_TEST

static char folder[] = "/tmp/offhook-config-XXXXXX";

static void write_file(const char *name, const char *bytes, size_t length, mode_t mode)
{
	char path[256];
	int file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, bytes, length), (ssize_t)length);
	ck_assert_int_eq(fchmod(file, mode), 0);
	close(file);
}

static void remove_file(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ck_assert_int_eq(unlink(path), 0);
}

/* Loads a file whose tenant has its secret in `secret`. */
static struct config *load_with(const char *secret, struct error *error)
{
	char path[256], text[512];

	snprintf(text, sizeof(text), "[[tenant]]\ndomain = 'a'\ncomponent = 'b'\nsecret_file = '%s'\n",
		secret);
	write_file("offhook.toml", text, strlen(text), 0600);
	snprintf(path, sizeof(path), "%s/offhook.toml", folder);
	return config_load(path, error);
}

static void secret_is(const char *bytes, size_t length, const char *secret, const char *reason)
{
	struct error error = {"", ""};
	struct config *config;

	write_file("secret", bytes, length, 0640);
	config = load_with("secret", &error);
	if (secret) {
		ck_assert_msg(config != NULL, "%s", error.text);
		ck_assert_str_eq(config->tenants[0].secret, secret);
	} else {
		ck_assert_ptr_null(config);
		ck_assert_str_eq(strchr(error.text, ' ') + 1, reason);
	}
	config_free(config);
}

START_TEST(secrets_come_from_files)
{
	char longest[LIMIT_SECRET_BYTES + 2];
	struct error error;
	struct config *config;
	char absolute[256];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	memset(longest, 'x', sizeof(longest));
	longest[LIMIT_SECRET_BYTES] = '\n';
	secret_is("hunter2", 7, "hunter2", NULL);
	secret_is("hunter2\n", 8, "hunter2", NULL);
	secret_is("hunter2\r\n", 9, "hunter2", NULL);
	secret_is("hunter2\n\n", 9, NULL, "tenant[0].secret_file: the file must be one line of text");
	secret_is("a\0b", 3, NULL, "tenant[0].secret_file: the file must be one line of text");
	secret_is("", 0, NULL, "tenant[0].secret_file: the file is empty");
	secret_is("\n", 1, NULL, "tenant[0].secret_file: the file is empty");
	secret_is(longest, LIMIT_SECRET_BYTES + 2, NULL,
		"tenant[0].secret_file: the file has more than 512 bytes");
	longest[LIMIT_SECRET_BYTES + 1] = '\0';
	write_file("secret", longest, LIMIT_SECRET_BYTES + 1, 0600);
	config = load_with("secret", &error);
	ck_assert_ptr_nonnull(config);
	ck_assert_uint_eq(strlen(config->tenants[0].secret), LIMIT_SECRET_BYTES);
	config_free(config);

	snprintf(absolute, sizeof(absolute), "%s/secret", folder);
	config = load_with(absolute, &error);
	ck_assert_ptr_nonnull(config);
	config_free(config);

	write_file("secret", "x", 1, 0604);
	ck_assert_ptr_null(load_with("secret", &error));
	ck_assert_ptr_nonnull(
		strstr(error.text, ":4:1: tenant[0].secret_file: the file must not be open to others"));
	ck_assert_str_eq(error.field, "tenant[0].secret_file");
	ck_assert_ptr_null(load_with("missing", &error));
	ck_assert_ptr_nonnull(strstr(error.text, "the file cannot be read: No such file or directory"));
	ck_assert_ptr_null(load_with(".", &error));
	ck_assert_ptr_nonnull(strstr(error.text, "is not a regular file"));
	ck_assert_ptr_null(load_with("/dev/zero", &error));
	ck_assert_ptr_nonnull(strstr(error.text, "is not a regular file"));
	remove_file("secret");
	remove_file("offhook.toml");
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named)
{
	struct error error;

	ck_assert_ptr_null(config_load("/no/such/offhook.toml", &error));
	ck_assert_str_eq(error.text, "/no/such/offhook.toml: No such file or directory");
	ck_assert_ptr_null(config_load("/", &error));
	ck_assert_str_eq(error.text, "/: Is a directory");
	ck_assert_ptr_null(config_load("/dev/zero", &error));
	ck_assert_str_eq(error.text, "/dev/zero: the file has more than 1048576 bytes");
}
END_TEST

START_TEST(lists_have_a_limit)
{
	char *text = malloc(200 * (LIMIT_TENANTS + 1)), *at = text;
	struct error error;

	ck_assert_ptr_nonnull(text);
	for (int i = 0; i <= LIMIT_TENANTS; i++)
		at += sprintf(at, "[[tenant]]\ndomain = 'd%d'\ncomponent = 'p%d'\nsecret = 'x'\n", i, i);
	ck_assert_ptr_null(parse(text, &error));
	ck_assert_str_eq(error.text, "c.toml:1:3: tenant: more than 64 are not supported");
	free(text);
}
END_TEST

START_TEST(the_example_is_good_and_shows_the_defaults)
{
	char path[1024];
	struct error error = {"", ""};
	struct config *example, *plain = good(TENANT);

	snprintf(path, sizeof(path), "%.*s/../../../config.example.toml",
		(int)(strrchr(__FILE__, '/') - __FILE__), __FILE__);
	example = config_load(path, &error);
	ck_assert_msg(example != NULL, "%s", error.text);
	ck_assert_int_eq(example->log_level, plain->log_level);
	ck_assert_int_eq(example->log_json, plain->log_json);
	ck_assert_str_eq(example->database_url, plain->database_url);
	ck_assert_str_eq(example->http_host, plain->http_host);
	ck_assert_uint_eq(example->http_port, plain->http_port);
	ck_assert_int_eq(example->http_insecure, plain->http_insecure);
	ck_assert_uint_eq(example->http_max_connections, plain->http_max_connections);
	ck_assert_str_eq(example->tenants[0].host, plain->tenants[0].host);
	ck_assert_uint_eq(example->tenants[0].port, plain->tenants[0].port);
	ck_assert_str_eq(example->tenants[0].name, plain->tenants[0].name);
	ck_assert_uint_eq(example->pbx_count, 1);
	ck_assert_uint_eq(example->client_count, 1);
	config_free(example);
	config_free(plain);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *tcase = tcase_create("config");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, a_short_file_has_defaults);
	tcase_add_test(tcase, every_key_arrives);
	tcase_add_test(tcase, unknown_keys_are_refused_with_the_nearest);
	tcase_add_test(tcase, wrong_types_are_refused);
	tcase_add_test(tcase, impossible_values_are_refused);
	tcase_add_test(tcase, endpoints_are_host_and_port);
	tcase_add_test(tcase, listening_to_the_world_must_be_meant);
	tcase_add_test(tcase, tls_lets_listen_anywhere_and_its_paths_are_relative_to_the_file);
	tcase_add_test(tcase, a_pbx_may_sign_instead_of_having_a_token);
	tcase_add_test(tcase, asterisk_has_a_manager);
	tcase_add_test(tcase, an_asterisk_has_a_host_without_port);
	tcase_add_test(tcase, what_is_missing_is_named);
	tcase_add_test(tcase, a_secret_is_given_exactly_once);
	tcase_add_test(tcase, names_and_references_hold_together);
	tcase_add_test(tcase, bad_toml_is_placed_and_quotes_nothing);
	tcase_add_test(tcase, deep_nesting_does_not_exhaust_the_stack);
	tcase_add_test(tcase, strings_come_from_the_environment);
	tcase_add_test(tcase, secrets_come_from_files);
	tcase_add_test(tcase, a_file_that_cannot_be_read_is_named);
	tcase_add_test(tcase, lists_have_a_limit);
	tcase_add_test(tcase, the_example_is_good_and_shows_the_defaults);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
