/*
 * The client's side of TLS 1.2 and 1.3 by OpenSSL, without I/O: bytes of the
 * wire go in and come out, a stream moves them. The certificate and the
 * host's name are always verified (RFC 9525).
 */
#ifndef CHAT_NET_TLS_H
#define CHAT_NET_TLS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/slice.h"

struct tls_config;
struct tls;

/* Trusts the system's authorities, and those in the PEM file ca (may be
 * NULL). NULL with one line for a person in err. */
struct tls_config *
tls_config_new(const char *ca, struct buf *err);

void
tls_config_free(struct tls_config *c);

/* A connection to host, a name or an address. */
struct tls *
tls_new(struct tls_config *c, const char *host);

void
tls_free(struct tls *t);

/* Bytes from the wire. */
void
tls_feed(struct tls *t, const char *data, size_t len);

/* Goes on with the handshake: 1 it is done, 0 not yet, -1 it failed. */
int
tls_handshake(struct tls *t);

/* Decrypted bytes: their number, 0 none yet, -1 failed or at an end. */
ssize_t
tls_read(struct tls *t, char *out, size_t size);

/* Encrypts; the handshake is done. */
void
tls_write(struct tls *t, struct slice data);

/* Says that nothing follows. */
void
tls_shutdown(struct tls *t);

/* Moves what has to go over the wire behind out. */
void
tls_take(struct tls *t, struct buf *out);

/* Why it failed, for a person; static or good until tls_free. */
const char *
tls_problem(struct tls *t);

#endif
