/*
 * TLS 1.2 and 1.3 by OpenSSL, without I/O: bytes of the wire go in and come
 * out, a stream moves them. Clients verify the certificate and the host's name
 * always (RFC 9525); of them a server asks for none. The two roles differ in
 * how they are made.
 *
 * A config is shared: each connection keeps the one that it was made with, so
 * that its maker may free it, and make another, at any time.
 */
#ifndef CHAT_NET_TLS_H
#define CHAT_NET_TLS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/slice.h"

enum { TLS_RECORD_MAX = 16384 }; /* bytes before encryption, RFC 8446 5.1 */

struct tls_config;
struct tls;

/* Reads what OpenSSL reads of its own when it is used first: for who will have
 * no right to do so then. 0 or negative: it can't be used in this process. */
int
tls_prepare(void);

/* A client's. Trusts the system's authorities, and those in the PEM file ca
 * (may be NULL). NULL with one line for a person in err. */
struct tls_config *
tls_config_new(const char *ca, struct buf *err);

/*
 * A server's, with ECDHE and AEAD ciphers only, no renegotiation, and tickets
 * under a key that lives as long as this config does. cert, key: PEM files, of
 * the certificate with its chain and of its private key. NULL with one line
 * for a person in err. warning: one line, or nothing.
 */
struct tls_config *
tls_config_new_server(
    const char *cert, const char *key, struct buf *warning, struct buf *err);

void
tls_config_free(struct tls_config *c);

/* The first name in the server's certificate that stands for one host, not
 * this machine's own; NULL if there is none. Good as long as c. */
const char *
tls_config_name(const struct tls_config *c);

/* Is the server's certificate its own authority? */
bool
tls_config_self_signed(const struct tls_config *c);

/* A connection to host, a name or an address. */
struct tls *
tls_new(struct tls_config *c, const char *host);

/* A connection from somebody. */
struct tls *
tls_accept(struct tls_config *c);

void
tls_free(struct tls *t);

/* Bytes from the wire, borrowed until tls_read has returned 0 or less, or
 * others are fed. */
void
tls_feed(struct tls *t, struct slice wire);

/* Goes on with the handshake: 1 it is done, 0 not yet, -1 it failed. */
int
tls_handshake(struct tls *t);

/* Decrypted bytes: their number, 0 none yet, -1 failed or at an end. */
ssize_t
tls_read(struct tls *t, char *out, size_t size);

/* Encrypts, in records of up to TLS_RECORD_MAX; the handshake is done. */
void
tls_write(struct tls *t, struct slice data);

/* Says that nothing follows. */
void
tls_shutdown(struct tls *t);

/* What has to go over the wire; good until the next call. */
struct slice
tls_view(const struct tls *t);

/* All of it has been taken over. */
void
tls_taken(struct tls *t);

/* Why it failed, for a person; "" if it has not. Good until tls_free. */
const char *
tls_problem(const struct tls *t);

#endif
