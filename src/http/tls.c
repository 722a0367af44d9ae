/*
 * Certificate and key are read here.
 */
#include "http/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static bool fail(struct error *error, const char *field, const char *path, const char *reason)
{
	return error_set(error, field, "%s %s: %s", field, path, reason);
}

/* OpenSSL says little about files, and would wait for a FIFO. */
static bool check_file(const char *field, const char *path, bool secret, struct error *error)
{
	struct stat state;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file < 0)
		return fail(error, field, path, strerror(errno));
	bool known = fstat(file, &state) == 0;
	close(file);
	if (!known || !S_ISREG(state.st_mode))
		return fail(error, field, path, "is not a regular file");
	if (secret && (state.st_mode & (S_IROTH | S_IWOTH)))
		return fail(error, field, path, "must not be open to others (chmod o-rw)");
	return true;
}

/* The first error is the cause; what follows tells where it was met. */
static bool fail_with_openssl(struct error *error, const char *field, const char *path)
{
	unsigned long code = ERR_peek_error();
	bool is_other = (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE) ||
			ERR_GET_REASON(code) == ERR_R_UNSUPPORTED;
	const char *reason = is_other ? "has none in PEM form" : ERR_reason_error_string(code);
	ERR_clear_error();
	return fail(error, field, path, reason != NULL ? reason : "cannot be read");
}

/* A daemon has nobody to ask. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
	bool *locked = arg;
	(void)text;
	(void)size;
	(void)writing;
	*locked = true;
	return -1;
}

static bool use_key(SSL_CTX *tls, const char *path, struct error *error)
{
	bool locked = false;
	SSL_CTX_set_default_passwd_cb(tls, no_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(tls, &locked);
	bool good = SSL_CTX_use_PrivateKey_file(tls, path, SSL_FILETYPE_PEM) == 1;
	SSL_CTX_set_default_passwd_cb(tls, NULL);
	SSL_CTX_set_default_passwd_cb_userdata(tls, NULL);
	if (locked)
		return fail(error, "tls_key", path, "is locked by a passphrase");
	return good || fail_with_openssl(error, "tls_key", path);
}

static bool read_files(SSL_CTX *tls, const struct config *config, struct error *error)
{
	const char *cert = config->http_tls_cert, *key = config->http_tls_key;
	ERR_clear_error();
	if (!check_file("tls_cert", cert, false, error) || !check_file("tls_key", key, true, error))
		return false;
	if (SSL_CTX_use_certificate_chain_file(tls, cert) != 1)
		return fail_with_openssl(error, "tls_cert", cert);
	if (!use_key(tls, key, error))
		return false;
	if (X509_cmp_current_time(X509_get0_notAfter(SSL_CTX_get0_certificate(tls))) < 0)
		log_warn("http", "the certificate %s has expired", cert);
	return true;
}

struct ssl_ctx_st *tls_new(const struct config *config, struct error *error)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	if (tls == NULL) {
		error_set(error, NULL, "OpenSSL gives no context");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF); /* tickets do, and cost no memory */
	SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
	if (read_files(tls, config, error))
		return tls;
	SSL_CTX_free(tls);
	return NULL;
}

void tls_free(struct ssl_ctx_st *tls)
{
	SSL_CTX_free(tls);
}
