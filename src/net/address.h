/*
 * IP addresses, as text or from a socket, and ranges of them. IPv4 has one
 * form here, that of an IPv4-mapped IPv6 address, so that a peer is the same
 * one whichever way it comes in.
 */
#ifndef CHAT_NET_ADDRESS_H
#define CHAT_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/slice.h"

enum {
	ADDRESS_BYTES = 16,
	ADDRESS_TEXT_SIZE = 46,                     /* with the end */
	ADDRESS_RANGE_SIZE = ADDRESS_TEXT_SIZE + 4, /* the same */
};

/* All bytes 0: none. */
struct address {
	unsigned char bytes[ADDRESS_BYTES];
};

/* Addresses that begin with the same bits. */
struct address_range {
	struct address base;
	unsigned bits; /* of 128 */
};

/* "192.0.2.1", "2001:db8::1"; an IPv6 zone ("%eth0") is left out of account.
 * 0, or -EINVAL and *out is none. */
int
address_parse(struct slice text, struct address *out);

/* Of an IPv4 or IPv6 socket; of any other: none. */
struct address
address_of(const struct sockaddr *sa);

/* As IPv4 if it is that. */
void
address_text(const struct address *a, char out[ADDRESS_TEXT_SIZE]);

/* 127.0.0.0/8 or ::1. */
bool
address_is_loopback(const struct address *a);

/* What counts as one peer: an IPv4 address, an IPv6 network (64 bits). */
struct address
address_key(const struct address *a);

/*
 * "ADDRESS/BITS", or an address alone. Bits behind the first BITS do not
 * matter. 0 or -EINVAL.
 */
int
address_range_parse(struct slice text, struct address_range *out);

/* IPv4 addresses are in ranges of IPv4 addresses only. */
bool
address_range_has(const struct address_range *r, const struct address *a);

/* The same text for the same range; an address alone if it is one. */
void
address_range_text(const struct address_range *r, char out[ADDRESS_RANGE_SIZE]);

/* A port as text, at most 5 digits: 0 to 65535, or -EINVAL. */
int
address_parse_port(struct slice text);

#endif
