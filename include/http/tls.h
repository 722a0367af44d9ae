/*
 * What TLS connections are made of: certificate, key and rules (TLS 1.2 or later).
 */
#ifndef OFFHOOK_HTTP_TLS_H
#define OFFHOOK_HTTP_TLS_H

#include "base/config.h"
#include "base/error.h"

struct ssl_ctx_st;

/* Reads the two files of the configuration, which has them: PEM, the certificate followed by those of its issuers,
 * the key without a passphrase and not open to others. NULL with an error that names the file and what is wrong. */
struct ssl_ctx_st *tls_new(const struct config *config, struct error *error) must_check;
void tls_free(struct ssl_ctx_st *tls); /* NULL is allowed */

#endif
