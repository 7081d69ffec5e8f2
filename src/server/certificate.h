/*
 * The certificate and key with which `chat serve` speaks TLS: read at the
 * start, and again at each SIGHUP. Those who are connected stay so; if the new
 * ones are of no use, the old ones go on.
 */
#ifndef CHAT_SERVER_CERTIFICATE_H
#define CHAT_SERVER_CERTIFICATE_H

#include "net/intake.h"

/* Owned by the server. */
struct certificate {
	const char *cert, *key; /* PEM files, borrowed; NULL: no TLS */
	struct intake *intake;  /* what it is for */
	uv_signal_t sighup;
};

/* Without cert and key there is nothing to read again: then SIGHUP is left to
 * who has been started on a terminal, and does nothing to others. 0, or an exit
 * status, and standard error says why; certificate_close in any case. */
int
certificate_open(struct certificate *c, struct intake *in, const char *cert,
    const char *key);

void
certificate_close(struct certificate *c);

#endif
