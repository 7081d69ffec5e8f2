#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/tls.h"

static char folder[] = "/tmp/chat-test-tls-XXXXXX";
static char cert[64], key[64], other_key[64], old_cert[64], locked_key[64];

/* ---- what they read ---- */

static FILE *
open_new(const char *file)
{
	FILE *f = fopen(file, "we");

	assert_true(f != NULL);
	return f;
}

static void
add(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_true(e != NULL && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

/* For chat.example and this machine, signed by itself, good for so many
 * seconds from now. */
static void
write_certificate(const char *file, EVP_PKEY *pair, long seconds)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();
	FILE *f = open_new(file);

	assert_true(x != NULL && name != NULL &&
		    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
			(const unsigned char *)"test", -1, -1, 0));
	assert_true(X509_set_version(x, X509_VERSION_3) &&
		    ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
		    X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
		    X509_gmtime_adj(X509_getm_notAfter(x), seconds) != NULL &&
		    X509_set_subject_name(x, name) &&
		    X509_set_issuer_name(x, name) && X509_set_pubkey(x, pair));
	add(x, NID_basic_constraints, "CA:TRUE");
	add(x, NID_subject_alt_name,
	    "DNS:localhost,DNS:*.example,IP:127.0.0.1,DNS:chat.example");
	assert_true(X509_sign(x, pair, EVP_sha256()) > 0);
	assert_true(PEM_write_X509(f, x) && fclose(f) == 0);
	X509_NAME_free(name);
	X509_free(x);
}

/* With a passphrase, or NULL. */
static void
write_key(const char *file, EVP_PKEY *pair, const char *passphrase)
{
	FILE *f = open_new(file);
	int len = passphrase != NULL ? (int)strlen(passphrase) : 0;

	assert_true(PEM_write_PKCS8PrivateKey(f, pair,
			passphrase != NULL ? EVP_aes_128_cbc() : NULL,
			passphrase, len, NULL, NULL) &&
		    fclose(f) == 0);
}

/* Everything that the tests read, signed by itself. */
static int
make_files(void **state)
{
	EVP_PKEY *k, *other;

	(void)state;
	if (tls_prepare() != 0 || mkdtemp(folder) == NULL)
		return -1;
	k = EVP_EC_gen("P-256");
	other = EVP_EC_gen("P-256");
	if (k == NULL || other == NULL)
		return -1;
	snprintf(cert, sizeof(cert), "%s/cert", folder);
	snprintf(key, sizeof(key), "%s/key", folder);
	snprintf(other_key, sizeof(other_key), "%s/other", folder);
	snprintf(old_cert, sizeof(old_cert), "%s/old", folder);
	snprintf(locked_key, sizeof(locked_key), "%s/locked", folder);
	write_certificate(cert, k, 3600);
	write_certificate(old_cert, k, -1);
	write_key(key, k, NULL);
	write_key(other_key, other, NULL);
	write_key(locked_key, k, "secret");
	EVP_PKEY_free(k);
	EVP_PKEY_free(other);
	return 0;
}

static int
remove_files(void **state)
{
	(void)state;
	unlink(cert);
	unlink(key);
	unlink(other_key);
	unlink(old_cert);
	unlink(locked_key);
	return rmdir(folder);
}

static struct tls_config *
server_config(void)
{
	struct buf text;
	struct tls_config *c;

	buf_init(&text, 1024);
	c = tls_config_new_server(cert, key, &text, &text);
	assert_non_null(c);
	assert_int_equal(text.len, 0);
	buf_deinit(&text);
	return c;
}

static struct tls_config *
client_config(const char *ca)
{
	struct buf err;
	struct tls_config *c;

	buf_init(&err, 1024);
	c = tls_config_new(ca, &err);
	assert_non_null(c);
	buf_deinit(&err);
	return c;
}

/* ---- both sides of ours ---- */

/* One end: its own handshake state, and what it has read. */
struct end {
	struct tls *tls;
	int secure; /* as tls_handshake */
	bool ended;
	struct buf got;
};

static void
end_init(struct end *e, struct tls *tls)
{
	*e = (struct end){ .tls = tls };
	buf_init(&e->got, 1 << 20);
}

static void
end_deinit(struct end *e)
{
	tls_free(e->tls);
	buf_deinit(&e->got);
}

static void
take(struct end *e, struct slice wire)
{
	char text[500];
	ssize_t n;

	tls_feed(e->tls, wire);
	if (e->secure == 0)
		e->secure = tls_handshake(e->tls);
	while (e->secure > 0 && !e->ended &&
	       (n = tls_read(e->tls, text, sizeof(text))) != 0) {
		if (n < 0)
			e->ended = true;
		else
			buf_append(&e->got, text, (size_t)n);
	}
	tls_feed(e->tls, SLICE(""));
}

/* What one has for the other, in pieces. False if that is nothing. */
static bool
carry(struct end *from, struct end *to, size_t piece)
{
	struct slice wire = tls_view(from->tls);
	char *copy = xmalloc(wire.len + 1);
	size_t len = wire.len;

	memcpy(copy, wire.len > 0 ? wire.p : "", wire.len);
	tls_taken(from->tls);
	for (size_t at = 0; at < len; at += piece)
		take(to, (struct slice){
			     copy + at, piece < len - at ? piece : len - at });
	free(copy);
	return len > 0;
}

static void
talk(struct end *a, struct end *b, size_t piece)
{
	bool more = true;

	while (more) {
		more = carry(a, b, piece);
		more = carry(b, a, piece) || more;
	}
}

static void
shake(struct end *client, struct end *server, size_t piece)
{
	take(client, SLICE(""));
	talk(client, server, piece);
}

static void
both_sides(void **state)
{
	static const size_t pieces[] = { 1, 7, 1000, 1 << 20 };
	struct tls_config *ours = server_config(),
			  *theirs = client_config(cert);
	char *big = xmalloc(100000);
	struct end s, c;

	(void)state;
	memset(big, 'x', 100000);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		end_init(&s, tls_accept(ours));
		end_init(&c, tls_new(theirs, "chat.example"));
		shake(&c, &s, pieces[i]);
		assert_int_equal(c.secure, 1);
		assert_int_equal(s.secure, 1);
		tls_write(c.tls, SLICE("hello"));
		tls_write(s.tls, (struct slice){ big, 100000 });
		/* Not in the clear. */
		assert_null(
		    memmem(tls_view(c.tls).p, tls_view(c.tls).len, "hello", 5));
		talk(&c, &s, pieces[i]);
		assert_int_equal(s.got.len, 5);
		assert_memory_equal(s.got.p, "hello", 5);
		assert_int_equal(c.got.len, 100000);
		assert_memory_equal(c.got.p, big, 100000);
		assert_false(s.ended);
		tls_shutdown(c.tls);
		talk(&c, &s, pieces[i]);
		assert_true(s.ended);
		end_deinit(&s);
		end_deinit(&c);
	}
	free(big);
	tls_config_free(ours);
	tls_config_free(theirs);
}

static void
trust(void **state)
{
	struct tls_config *ours = server_config();
	struct tls_config *knows = client_config(cert);
	struct tls_config *knows_not = client_config(NULL);
	struct end s, c;

	(void)state;
	for (int i = 0; i < 2; i++) {
		end_init(&s, tls_accept(ours));
		end_init(&c, i == 0 ? tls_new(knows, "else.example")
				    : tls_new(knows_not, "chat.example"));
		shake(&c, &s, 100);
		assert_int_equal(c.secure, -1);
		assert_non_null(strstr(tls_problem(c.tls), "not trusted"));
		/* In TLS 1.3 the server is through before it is told. */
		assert_true(s.secure < 0 || s.ended);
		assert_int_equal(s.got.len, 0);
		assert_string_not_equal(tls_problem(s.tls), "");
		end_deinit(&s);
		end_deinit(&c);
	}
	tls_config_free(ours);
	tls_config_free(knows);
	tls_config_free(knows_not);
}

static void
no_tls(void **state)
{
	struct tls_config *ours = server_config();
	struct end s;

	(void)state;
	end_init(&s, tls_accept(ours));
	take(&s, SLICE("\026this is no record at all"));
	assert_int_equal(s.secure, -1);
	assert_string_equal(tls_problem(s.tls), "no TLS was spoken");
	end_deinit(&s);
	tls_config_free(ours);
}

/* A new certificate is for those who come; who is there stays. */
static void
a_config_goes(void **state)
{
	struct tls_config *ours = server_config(),
			  *theirs = client_config(cert);
	struct end s, c;

	(void)state;
	end_init(&s, tls_accept(ours));
	end_init(&c, tls_new(theirs, "chat.example"));
	shake(&c, &s, 1000);
	tls_config_free(ours);
	tls_config_free(theirs);
	tls_write(c.tls, SLICE("still here"));
	talk(&c, &s, 1000);
	assert_int_equal(s.got.len, 10);
	end_deinit(&s);
	end_deinit(&c);
}

/* ---- files ---- */

static void
files(void **state)
{
	static const struct {
		const char *cert, *key, *problem;
	} cases[] = {
		{ "/nowhere/cert", key,
		    "/nowhere/cert: No such file or "
		    "directory" },
		{ cert, "/nowhere/key",
		    "/nowhere/key: No such file or directory" },
		{ key, key, "/key: holds no certificate in PEM form" },
		{ cert, cert, "/cert: holds no private key in PEM form" },
		{ cert, other_key, "/other: is not the certificate's key" },
		{ cert, locked_key,
		    "/locked: is encrypted; use one that is "
		    "not" },
	};
	struct buf warning, err;

	(void)state;
	buf_init(&warning, 1024);
	buf_init(&err, 1024);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *end;

		buf_clear(&err);
		assert_null(tls_config_new_server(
		    cases[i].cert, cases[i].key, &warning, &err));
		buf_putc(&err, '\0');
		end = strstr(err.p, cases[i].problem);
		if (end == NULL || strcmp(end, cases[i].problem) != 0)
			fail_msg("%s", err.p);
		assert_int_equal(warning.len, 0);
	}
	buf_deinit(&warning);
	buf_deinit(&err);
}

static void
what_the_certificate_says(void **state)
{
	struct tls_config *c = server_config();
	struct buf warning, err;

	(void)state;
	assert_string_equal(tls_config_name(c), "chat.example");
	assert_true(tls_config_self_signed(c));
	tls_config_free(c);

	buf_init(&warning, 1024);
	buf_init(&err, 1024);
	c = tls_config_new_server(old_cert, key, &warning, &err);
	assert_non_null(c);
	assert_int_equal(err.len, 0);
	buf_putc(&warning, '\0');
	assert_non_null(strstr(warning.p, "/old: the certificate has expired"));
	tls_config_free(c);
	buf_deinit(&warning);
	buf_deinit(&err);
}

/* ---- clients of others ---- */

struct raw {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
	struct end server;
	int result; /* of the last call */
};

static void
raw_init(struct raw *r, struct tls_config *ours, int least, int most)
{
	r->ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(r->ctx);
	SSL_CTX_set_security_level(r->ctx, 0);
	SSL_CTX_set_min_proto_version(r->ctx, least);
	SSL_CTX_set_max_proto_version(r->ctx, most);
	r->ssl = SSL_new(r->ctx);
	r->in = BIO_new(BIO_s_mem());
	r->out = BIO_new(BIO_s_mem());
	SSL_set_bio(r->ssl, r->in, r->out);
	SSL_set_connect_state(r->ssl);
	end_init(&r->server, tls_accept(ours));
}

static void
raw_deinit(struct raw *r)
{
	end_deinit(&r->server);
	SSL_free(r->ssl);
	SSL_CTX_free(r->ctx);
}

/* Carries bytes both ways, until neither has any, with the client reading. */
static void
raw_talk(struct raw *r)
{
	char text[4096];
	bool more = true;

	while (more) {
		struct slice wire;
		int n;

		if (SSL_is_init_finished(r->ssl))
			r->result = SSL_read(r->ssl, text, sizeof(text));
		else
			r->result = SSL_do_handshake(r->ssl);
		n = BIO_read(r->out, text, sizeof(text));
		if (n > 0)
			take(&r->server, (struct slice){ text, (size_t)n });
		wire = tls_view(r->server.tls);
		more = n > 0 || wire.len > 0;
		if (wire.len > 0)
			BIO_write(r->in, wire.p, (int)wire.len);
		tls_taken(r->server.tls);
	}
}

static void
versions_and_ciphers(void **state)
{
	static const struct {
		int least, most;
		const char *ciphers;
		bool good;
	} cases[] = {
		{ TLS1_3_VERSION, TLS1_3_VERSION, "ALL", true },
		{ TLS1_2_VERSION, TLS1_2_VERSION, "ALL", true },
		{ TLS1_2_VERSION, TLS1_2_VERSION,
		    "ECDHE-ECDSA-CHACHA20-POLY1305", true },
		{ TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256",
		    false },
		{ TLS1_2_VERSION, TLS1_2_VERSION, "AES128-GCM-SHA256", false },
		{ TLS1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0", false },
	};
	struct tls_config *ours = server_config();
	struct raw r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		raw_init(&r, ours, cases[i].least, cases[i].most);
		SSL_set_cipher_list(r.ssl, cases[i].ciphers);
		raw_talk(&r);
		assert_int_equal(r.server.secure, cases[i].good ? 1 : -1);
		assert_int_equal(
		    SSL_is_init_finished(r.ssl), cases[i].good ? 1 : 0);
		raw_deinit(&r);
	}
	tls_config_free(ours);
}

static void
application_protocol(void **state)
{
	struct tls_config *ours = server_config();
	const unsigned char *chosen;
	unsigned len;
	struct raw r;

	(void)state;
	raw_init(&r, ours, 0, 0);
	SSL_set_alpn_protos(
	    r.ssl, (const unsigned char *)"\002h2\010http/1.1", 12);
	raw_talk(&r);
	assert_int_equal(r.server.secure, 1);
	SSL_get0_alpn_selected(r.ssl, &chosen, &len);
	assert_int_equal(len, 8);
	assert_memory_equal(chosen, "http/1.1", 8);
	raw_deinit(&r);

	raw_init(&r, ours, 0, 0);
	SSL_set_alpn_protos(r.ssl, (const unsigned char *)"\002h2", 3);
	raw_talk(&r);
	assert_int_equal(r.server.secure, -1);
	raw_deinit(&r);
	tls_config_free(ours);
}

/* Whether a session of `first` is taken up by a connection of `second`. */
static bool
resumes(struct tls_config *first, struct tls_config *second, int version)
{
	SSL_SESSION *session;
	struct raw r;
	bool reused;

	raw_init(&r, first, version, version);
	raw_talk(&r);
	assert_int_equal(r.server.secure, 1);
	session = SSL_get1_session(r.ssl);
	assert_true(SSL_SESSION_is_resumable(session));
	SSL_shutdown(r.ssl);
	raw_deinit(&r);

	raw_init(&r, second, version, version);
	SSL_set_session(r.ssl, session);
	raw_talk(&r);
	assert_int_equal(r.server.secure, 1);
	reused = SSL_session_reused(r.ssl);
	SSL_SESSION_free(session);
	raw_deinit(&r);
	return reused;
}

static void
tickets(void **state)
{
	struct tls_config *ours = server_config(), *next = server_config();

	(void)state;
	assert_true(resumes(ours, ours, TLS1_3_VERSION));
	assert_true(resumes(ours, ours, TLS1_2_VERSION));
	/* The key goes with the config; the old ticket does no harm. */
	assert_false(resumes(ours, next, TLS1_3_VERSION));
	assert_false(resumes(ours, next, TLS1_2_VERSION));
	tls_config_free(ours);
	tls_config_free(next);
}

static void
renegotiation(void **state)
{
	struct tls_config *ours = server_config();
	struct raw r;

	(void)state;
	raw_init(&r, ours, TLS1_2_VERSION, TLS1_2_VERSION);
	raw_talk(&r);
	assert_int_equal(r.server.secure, 1);
	assert_int_equal(SSL_renegotiate(r.ssl), 1);
	SSL_do_handshake(r.ssl);
	raw_talk(&r);
	assert_true(r.result <= 0);
	assert_int_equal(SSL_is_init_finished(r.ssl), 0);
	assert_true(r.server.ended); /* the client takes no for an answer */
	raw_deinit(&r);
	tls_config_free(ours);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides),
		cmocka_unit_test(trust),
		cmocka_unit_test(no_tls),
		cmocka_unit_test(a_config_goes),
		cmocka_unit_test(files),
		cmocka_unit_test(what_the_certificate_says),
		cmocka_unit_test(versions_and_ciphers),
		cmocka_unit_test(application_protocol),
		cmocka_unit_test(tickets),
		cmocka_unit_test(renegotiation),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
