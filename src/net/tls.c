#include "config.h"

#include "net/tls.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/mem.h"

struct tls_config {
	SSL_CTX *ctx;
};

struct tls {
	SSL *ssl;
	BIO *in, *out; /* the wire; owned by ssl */
	char problem[256];
};

struct tls_config *
tls_config_new(const char *ca, struct buf *err)
{
	struct tls_config *c = xcalloc(1, sizeof(*c));

	c->ctx = SSL_CTX_new(TLS_client_method());
	if (c->ctx == NULL || SSL_CTX_set_default_verify_paths(c->ctx) != 1 ||
	    SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION) != 1) {
		buf_puts(err, "TLS can't be used here");
		tls_config_free(c);
		return NULL;
	}
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	/* Partly written records are not lost: BIOs of memory take all. */
	if (ca != NULL &&
	    SSL_CTX_load_verify_locations(c->ctx, ca, NULL) != 1) {
		buf_printf(err, "%s holds no certificate that can be read", ca);
		tls_config_free(c);
		return NULL;
	}
	return c;
}

void
tls_config_free(struct tls_config *c)
{
	if (c == NULL)
		return;
	SSL_CTX_free(c->ctx);
	free(c);
}

static bool
is_address(const char *host)
{
	unsigned char raw[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, raw) == 1 ||
	       inet_pton(AF_INET6, host, raw) == 1;
}

struct tls *
tls_new(struct tls_config *c, const char *host)
{
	struct tls *t = xcalloc(1, sizeof(*t));

	t->ssl = SSL_new(c->ctx);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (t->ssl == NULL || t->in == NULL || t->out == NULL)
		abort(); /* out of memory */
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_connect_state(t->ssl);
	if (is_address(host)) {
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl), host);
	} else {
		SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		SSL_set1_host(t->ssl, host);
		SSL_set_tlsext_host_name(t->ssl, host);
	}
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	free(t);
}

void
tls_feed(struct tls *t, const char *data, size_t len)
{
	while (len > 0) {
		int part = len > INT_MAX ? INT_MAX : (int)len;
		int n = BIO_write(t->in, data, part);

		if (n <= 0)
			abort(); /* out of memory */
		data += n;
		len -= (size_t)n;
	}
}

/* What the last call of ssl has failed with, in words. */
static void
explain(struct tls *t)
{
	long verify = SSL_get_verify_result(t->ssl);
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);

	if (verify != X509_V_OK)
		snprintf(t->problem, sizeof(t->problem),
		    "the server's certificate is not trusted: %s",
		    X509_verify_cert_error_string(verify));
	else if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
		 ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER)
		snprintf(t->problem, sizeof(t->problem),
		    "the server does not speak TLS there");
	else
		snprintf(t->problem, sizeof(t->problem), "TLS failed: %s",
		    reason != NULL ? reason : "connection closed");
	ERR_clear_error();
}

int
tls_handshake(struct tls *t)
{
	int r, why;

	ERR_clear_error();
	r = SSL_do_handshake(t->ssl);
	if (r == 1)
		return 1;
	why = SSL_get_error(t->ssl, r);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 0;
	explain(t);
	return -1;
}

ssize_t
tls_read(struct tls *t, char *out, size_t size)
{
	size_t n = 0;
	int r, why;

	ERR_clear_error();
	r = SSL_read_ex(t->ssl, out, size, &n);
	if (r == 1)
		return (ssize_t)n;
	why = SSL_get_error(t->ssl, r);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 0;
	explain(t);
	return -1;
}

void
tls_write(struct tls *t, struct slice data)
{
	size_t n = 0;

	ERR_clear_error();
	if (data.len > 0)
		SSL_write_ex(t->ssl, data.p, data.len, &n);
}

void
tls_shutdown(struct tls *t)
{
	ERR_clear_error();
	if (SSL_is_init_finished(t->ssl))
		SSL_shutdown(t->ssl);
	ERR_clear_error();
}

void
tls_take(struct tls *t, struct buf *out)
{
	size_t n = BIO_ctrl_pending(t->out);
	char *p = n > 0 ? buf_reserve(out, n) : NULL;
	int got;

	if (p == NULL)
		return;
	got = BIO_read(t->out, p, n > INT_MAX ? INT_MAX : (int)n);
	if (got > 0)
		buf_add(out, (size_t)got);
}

const char *
tls_problem(struct tls *t)
{
	return t->problem;
}
