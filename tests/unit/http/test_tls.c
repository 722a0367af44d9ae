/* Connections with TLS, where libevent tells of what came later than it took it in. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "server_world.h"

/* So many callbacks wait in one turn that libevent leaves some of them (from the 33rd on) for the next. */
enum { OTHERS = 80, ROUNDS = 20, DAY_SECONDS = 24 * 60 * 60 };

static const char get[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
static const char get_ready[] = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n";

static struct client {
	int fd;
	SSL *ssl;
	char text[4096];
	size_t length;
} others[OTHERS], victim;

static SSL_CTX *client_tls;
static char folder[64], cert_path[80], key_path[80];

static X509 *sign_certificate(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -DAY_SECONDS);
	X509_gmtime_adj(X509_getm_notAfter(cert), DAY_SECONDS);
	X509_set_pubkey(cert, key);
	ck_assert_int_gt(X509_sign(cert, key, EVP_sha256()), 0);
	return cert;
}

static void make_certificate(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = sign_certificate(key);
	snprintf(folder, sizeof(folder), "/tmp/offhook-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", folder);
	snprintf(key_path, sizeof(key_path), "%s/key.pem", folder);
	FILE *file = fopen(cert_path, "w");
	ck_assert_int_eq(PEM_write_X509(file, cert), 1);
	fclose(file);
	int fd = open(key_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	file = fdopen(fd, "w");
	ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void connect_client(struct client *client)
{
	int done;
	client->fd = dial();
	ck_assert_int_eq(fcntl(client->fd, F_SETFL, O_NONBLOCK), 0);
	client->ssl = SSL_new(client_tls);
	SSL_set_fd(client->ssl, client->fd);
	for (int i = 0; (done = SSL_connect(client->ssl)) != 1 && i < 1000; i++)
		turn(1000);
	ck_assert_int_eq(done, 1);
}

static void disconnect_client(struct client *client)
{
	SSL_free(client->ssl);
	close(client->fd);
}

static void tls_begin(void)
{
	world_begin();
	make_certificate();
	config.http_tls_cert = cert_path;
	config.http_tls_key = key_path;
	struct error error = {0};
	ck_assert_msg(http_reconfigure(http, &config, &error), "%s", error.text);
	client_tls = SSL_CTX_new(TLS_client_method());
	for (size_t i = 0; i < OTHERS; i++)
		connect_client(&others[i]);
	connect_client(&victim);
}

static void tls_end(void)
{
	for (size_t i = 0; i < OTHERS; i++)
		disconnect_client(&others[i]);
	disconnect_client(&victim);
	SSL_CTX_free(client_tls);
	world_end();
	unlink(cert_path);
	unlink(key_path);
	rmdir(folder);
}

static void tell(const struct client *client, const char *text)
{
	ck_assert_int_eq(SSL_write(client->ssl, text, (int)strlen(text)), (int)strlen(text));
}

/* Without waiting. Whether `part` has come by now. */
static bool has_heard(struct client *client, const char *part)
{
	int got;
	while ((got = SSL_read(client->ssl, client->text + client->length,
			(int)(sizeof(client->text) - 1 - client->length))) > 0)
		client->length += (size_t)got;
	client->text[client->length] = '\0';
	return strstr(client->text, part) != NULL;
}

static void wait_to_hear(struct client *client, const char *part)
{
	for (int i = 0; i < 1500 && !has_heard(client, part); i++)
		turn(2000);
	ck_assert_msg(has_heard(client, part), "not in: %s", client->text);
	client->length = 0;
}

static const char *rest; /* of what the victim has to say */

/* While the first of its requests is answered, so that libevent has yet to come back to the second. */
static bool say_rest(void *ctx, struct buf *missing)
{
	(void)ctx;
	(void)missing;
	tell(&victim, rest);
	return true;
}

static void say_in_two_parts(const char *begin, const char *end)
{
	char first[1024];
	for (size_t i = 0; i < OTHERS; i++)
		tell(&others[i], get);
	snprintf(first, sizeof(first), "%s%s", get_ready, begin);
	rest = end;
	tell(&victim, first);
	for (size_t i = 0; i < OTHERS; i++)
		wait_to_hear(&others[i], "\"ok\"}");
	wait_to_hear(&victim, "\"ready\"}");
}

/* evhttp, told of bytes while a request is with us, would end the process. */
START_TEST(what_comes_for_a_request_that_is_held_does_no_harm)
{
	char begin[512];
	snprintf(begin, sizeof(begin),
		"POST " EVENTS " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " PBX_TOKEN
		"\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		strlen(GOOD));
	http->world.ready = say_rest;
	for (int i = 0; i < ROUNDS; i++) {
		say_in_two_parts(begin, GOOD);
		wait_for_promises(1);
		ck_assert_uint_eq(commit(COMMIT_DONE), 1);
		wait_to_hear(&victim, "\"accepted\"");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tls");
	TCase *tests = tcase_create("tls");
	tcase_add_checked_fixture(tests, tls_begin, tls_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, what_comes_for_a_request_that_is_held_does_no_harm);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
