#include "config.h"

#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { PROBLEM_MAX = 256 };

struct tls_config {
	unsigned refs;
	SSL_CTX *ctx;
	BIO_METHOD *wire;
	const char *no_tls; /* what to say of a peer that speaks none */
	char *name;         /* in the certificate, or NULL */
	bool self_signed;
};

struct tls {
	struct tls_config *config;
	SSL *ssl;
	struct slice in; /* borrowed */
	struct buf out;
	char *problem; /* or NULL */
};

/* ---- the wire: a BIO that holds no memory while nothing moves ---- */

static int
wire_read(BIO *b, char *out, size_t size, size_t *n)
{
	struct tls *t = BIO_get_data(b);

	*n = size < t->in.len ? size : t->in.len;
	BIO_clear_retry_flags(b);
	if (*n == 0) {
		BIO_set_retry_read(b);
		return 0;
	}
	memcpy(out, t->in.p, *n);
	t->in = slice_skip(t->in, *n);
	return 1;
}

static int
wire_write(BIO *b, const char *p, size_t len, size_t *n)
{
	struct tls *t = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if (buf_append(&t->out, p, len) < 0)
		return 0;
	*n = len;
	return 1;
}

static long
wire_ctrl(BIO *b, int cmd, long num, void *p)
{
	(void)b;
	(void)num;
	(void)p;
	return cmd == BIO_CTRL_FLUSH;
}

static BIO_METHOD *
wire_new(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wire");

	if (m == NULL || BIO_meth_set_read_ex(m, wire_read) != 1 ||
	    BIO_meth_set_write_ex(m, wire_write) != 1 ||
	    BIO_meth_set_ctrl(m, wire_ctrl) != 1)
		mem_exhausted();
	return m;
}

/* ---- configs ---- */

int
tls_prepare(void)
{
	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
		return -ENOMEM;
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	/* Of which it does not tell that it could not be made. */
	if (OSSL_LIB_CTX_get0_global_default() == NULL)
		return -ENOMEM;
#endif
	return 0;
}

/* What both roles have in common. */
static struct tls_config *
config_new(const SSL_METHOD *role, const char *no_tls, struct buf *err)
{
	struct tls_config *c = xcalloc(1, sizeof(*c));

	c->refs = 1;
	c->no_tls = no_tls;
	if (tls_prepare() == 0) {
		c->wire = wire_new();
		c->ctx = SSL_CTX_new(role);
	}
	if (c->ctx == NULL ||
	    SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION) != 1) {
		buf_puts(err, "TLS can't be used here");
		tls_config_free(c);
		ERR_clear_error();
		return NULL;
	}
	SSL_CTX_set_mode(c->ctx, SSL_MODE_RELEASE_BUFFERS);
	return c;
}

struct tls_config *
tls_config_new(const char *ca, struct buf *err)
{
	struct tls_config *c = config_new(
	    TLS_client_method(), "the server does not speak TLS there", err);

	if (c == NULL)
		return NULL;
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_set_default_verify_paths(c->ctx) != 1)
		buf_puts(err, "TLS can't be used here");
	else if (ca != NULL &&
		 SSL_CTX_load_verify_locations(c->ctx, ca, NULL) != 1)
		buf_printf(err, "%s holds no certificate that can be read", ca);
	else
		return c;
	tls_config_free(c);
	ERR_clear_error();
	return NULL;
}

void
tls_config_free(struct tls_config *c)
{
	if (c == NULL || --c->refs > 0)
		return;
	SSL_CTX_free(c->ctx);
	BIO_meth_free(c->wire);
	free(c->name);
	free(c);
}

const char *
tls_config_name(const struct tls_config *c)
{
	return c->name;
}

bool
tls_config_self_signed(const struct tls_config *c)
{
	return c->self_signed;
}

/* Ours is HTTP/1.1; who insists on something else is refused, RFC 7301. */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *len,
    const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char ours[] = "\010http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, len, ours, sizeof(ours) - 1, in,
		in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Instead of asking for it on the terminal. */
static int
no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* "FILE: why", by the oldest error. Returns -1. */
static int
file_problem(const char *file, const char *otherwise, struct buf *err)
{
	const char *why = ERR_reason_error_string(ERR_peek_error());

	buf_printf(err, "%s: %s", file, why != NULL ? why : otherwise);
	ERR_clear_error();
	return -1;
}

static FILE *
open_file(const char *file, struct buf *err)
{
	FILE *f = fopen(file, "re");

	if (f == NULL)
		buf_printf(err, "%s: %s", file, strerror(errno));
	return f;
}

static int
load_certificate(struct tls_config *c, const char *file, struct buf *err)
{
	FILE *f = open_file(file, err);
	X509 *first;

	if (f == NULL)
		return -1;
	first = PEM_read_X509(f, NULL, no_passphrase, NULL);
	fclose(f);
	X509_free(first);
	ERR_clear_error();
	if (first == NULL) {
		buf_printf(err, "%s: holds no certificate in PEM form", file);
		return -1;
	}
	if (SSL_CTX_use_certificate_chain_file(c->ctx, file) != 1)
		return file_problem(file, "is of no use", err);
	return 0;
}

static int
load_key(struct tls_config *c, const char *file, struct buf *err)
{
	X509 *cert = SSL_CTX_get0_certificate(c->ctx);
	FILE *f = open_file(file, err);
	EVP_PKEY *key;
	int r = -1;

	if (f == NULL)
		return -1;
	key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	fclose(f);
	if (key == NULL &&
	    ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_BAD_PASSWORD_READ)
		buf_printf(err, "%s: is encrypted; use one that is not", file);
	else if (key == NULL)
		buf_printf(err, "%s: holds no private key in PEM form", file);
	else if (X509_check_private_key(cert, key) != 1)
		buf_printf(err, "%s: is not the certificate's key", file);
	else if (SSL_CTX_use_PrivateKey(c->ctx, key) != 1)
		r = file_problem(file, "is of no use", err);
	else
		r = 0;
	EVP_PKEY_free(key);
	ERR_clear_error();
	return r;
}

/* A host's name, as it may stand in a URL? */
static bool
is_host_name(struct slice s)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || strchr(set, s.p[i]) == NULL)
			return false;
	return s.len > 0 && !slice_is_nocase(s, "localhost");
}

static void
learn_name(struct tls_config *c, X509 *cert)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; c->name == NULL && i < sk_GENERAL_NAME_num(names);
	     i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
		struct slice s;

		if (n->type != GEN_DNS)
			continue;
		s.p = (const char *)ASN1_STRING_get0_data(n->d.dNSName);
		s.len = (size_t)ASN1_STRING_length(n->d.dNSName);
		if (is_host_name(s))
			c->name = xstrndup(s.p, s.len);
	}
	GENERAL_NAMES_free(names);
}

/* What is worth knowing of the certificate, which is good or at least told. */
static void
look_at_certificate(struct tls_config *c, const char *file, struct buf *warning)
{
	X509 *cert = SSL_CTX_get0_certificate(c->ctx);

	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		buf_printf(warning, "%s: the certificate has expired", file);
	else if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		buf_printf(
		    warning, "%s: the certificate is not valid yet", file);
	c->self_signed = X509_self_signed(cert, 0) == 1;
	learn_name(c, cert);
	ERR_clear_error();
}

struct tls_config *
tls_config_new_server(
    const char *cert, const char *key, struct buf *warning, struct buf *err)
{
	struct tls_config *c =
	    config_new(TLS_server_method(), "no TLS was spoken", err);

	if (c == NULL)
		return NULL;
	SSL_CTX_set_security_level(c->ctx, 2);
	SSL_CTX_set_options(c->ctx,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_alpn_select_cb(c->ctx, choose_protocol, NULL);
	/* Tickets keep all that there is to a session at the client's. */
	SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_OFF);
	/* Left to itself OpenSSL takes a finite field of 8192 bits, too, if a
	 * client of 1.3 asks for that: two hundred times the work. */
	if (SSL_CTX_set_cipher_list(c->ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") !=
		1 ||
	    SSL_CTX_set1_groups_list(c->ctx, "X25519:P-256:P-384") != 1)
		buf_puts(err, "TLS can't be used here");
	else if (load_certificate(c, cert, err) == 0 &&
		 load_key(c, key, err) == 0) {
		look_at_certificate(c, cert, warning);
		return c;
	}
	tls_config_free(c);
	ERR_clear_error();
	return NULL;
}

/* ---- connections ---- */

static struct tls *
connection_new(struct tls_config *c)
{
	struct tls *t = xcalloc(1, sizeof(*t));
	BIO *wire = BIO_new(c->wire);

	t->config = c;
	c->refs++;
	buf_init(&t->out, SIZE_MAX);
	t->ssl = SSL_new(c->ctx);
	if (t->ssl == NULL || wire == NULL)
		mem_exhausted();
	BIO_set_data(wire, t);
	BIO_set_init(wire, 1);
	SSL_set_bio(t->ssl, wire, wire);
	return t;
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
	struct tls *t = connection_new(c);

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

struct tls *
tls_accept(struct tls_config *c)
{
	struct tls *t = connection_new(c);

	SSL_set_accept_state(t->ssl);
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	buf_deinit(&t->out);
	free(t->problem);
	tls_config_free(t->config);
	free(t);
}

void
tls_feed(struct tls *t, struct slice wire)
{
	t->in = wire;
}

/* What the last call of ssl has failed with, in words. */
static void
explain(struct tls *t)
{
	long verify = SSL_get_verify_result(t->ssl);
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);
	struct buf text;

	buf_init(&text, PROBLEM_MAX);
	if (verify != X509_V_OK)
		buf_printf(&text, "the server's certificate is not trusted: %s",
		    X509_verify_cert_error_string(verify));
	else if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
		 ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER)
		buf_puts(&text, t->config->no_tls);
	else
		buf_printf(&text, "TLS failed: %s",
		    reason != NULL ? reason : "connection closed");
	free(t->problem);
	t->problem = buf_steal(&text);
	ERR_clear_error();
}

/* 0 if ssl, whose call has returned r, only waits for the wire; or -1. */
static int
waits(struct tls *t, int r)
{
	int why = SSL_get_error(t->ssl, r);

	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 0;
	explain(t);
	return -1;
}

int
tls_handshake(struct tls *t)
{
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(t->ssl);
	return r == 1 ? 1 : waits(t, r);
}

ssize_t
tls_read(struct tls *t, char *out, size_t size)
{
	size_t n = 0;
	int r;

	ERR_clear_error();
	r = SSL_read_ex(t->ssl, out, size, &n);
	return r == 1 ? (ssize_t)n : waits(t, r);
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

struct slice
tls_view(const struct tls *t)
{
	return buf_view(&t->out);
}

void
tls_taken(struct tls *t)
{
	buf_deinit(&t->out);
}

const char *
tls_problem(const struct tls *t)
{
	return t->problem != NULL ? t->problem : "";
}
