#include "config.h"

#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum {
	MAPPED_BYTES = 12, /* before the IPv4 address */
	MAPPED_BITS = 8 * MAPPED_BYTES,
	NETWORK_BYTES = 8,
	ALL_BITS = 8 * ADDRESS_BYTES,
};

_Static_assert((int)ADDRESS_TEXT_SIZE == (int)INET6_ADDRSTRLEN, "the system's");

static const unsigned char mapped[MAPPED_BYTES] = { [10] = 0xff, [11] = 0xff };

static bool
is_v4(const struct address *a)
{
	return memcmp(a->bytes, mapped, MAPPED_BYTES) == 0;
}

static struct address
from_v4(const struct in_addr *v4)
{
	struct address a = { .bytes = { 0 } };

	memcpy(a.bytes, mapped, MAPPED_BYTES);
	memcpy(a.bytes + MAPPED_BYTES, v4, sizeof(*v4));
	return a;
}

int
address_parse(struct slice text, struct address *out)
{
	struct slice host = slice_take_until(&text, '%');
	char copy[ADDRESS_TEXT_SIZE];
	struct in_addr v4;

	memset(out, 0, sizeof(*out));
	if (host.len == 0 || host.len >= sizeof(copy) ||
	    memchr(host.p, '\0', host.len) != NULL)
		return -EINVAL;
	memcpy(copy, host.p, host.len);
	copy[host.len] = '\0';
	if (inet_pton(AF_INET, copy, &v4) == 1) {
		*out = from_v4(&v4);
		return 0;
	}
	return inet_pton(AF_INET6, copy, out->bytes) == 1 ? 0 : -EINVAL;
}

struct address
address_of(const struct sockaddr *sa)
{
	struct address a = { .bytes = { 0 } };

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		a = from_v4(&in.sin_addr);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		memcpy(a.bytes, &in6.sin6_addr, sizeof(a.bytes));
	}
	return a;
}

void
address_text(const struct address *a, char out[ADDRESS_TEXT_SIZE])
{
	if (is_v4(a))
		inet_ntop(
		    AF_INET, a->bytes + MAPPED_BYTES, out, ADDRESS_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, a->bytes, out, ADDRESS_TEXT_SIZE);
}

bool
address_is_loopback(const struct address *a)
{
	if (is_v4(a))
		return a->bytes[MAPPED_BYTES] == IN_LOOPBACKNET;
	return memcmp(a->bytes, &in6addr_loopback, sizeof(a->bytes)) == 0;
}

struct address
address_key(const struct address *a)
{
	struct address key = *a;

	if (!is_v4(a))
		memset(key.bytes + NETWORK_BYTES, 0,
		    sizeof(key.bytes) - NETWORK_BYTES);
	return key;
}

/* At most max; or -EINVAL. */
static int
parse_bits(struct slice text, unsigned max, unsigned *out)
{
	*out = 0;
	if (text.len == 0 || text.len > 3)
		return -EINVAL;
	for (; text.len > 0; text = slice_skip(text, 1)) {
		if (*text.p < '0' || *text.p > '9')
			return -EINVAL;
		*out = *out * 10 + (unsigned)(*text.p - '0');
	}
	return *out <= max ? 0 : -EINVAL;
}

/* Which bits of byte i are among the first `bits`. */
static unsigned char
mask(unsigned bits, unsigned i)
{
	unsigned n = bits > 8 * i ? bits - 8 * i : 0;

	return n >= 8 ? 0xff : (unsigned char)(0xff00u >> n);
}

int
address_range_parse(struct slice text, struct address_range *out)
{
	bool has_bits = text.len > 0 && memchr(text.p, '/', text.len) != NULL;
	struct slice host = slice_take_until(&text, '/');
	bool v4 = host.len > 0 && memchr(host.p, ':', host.len) == NULL;

	if (address_parse(host, &out->base) < 0)
		return -EINVAL;
	out->bits = ALL_BITS;
	if (has_bits) {
		if (parse_bits(text, v4 ? 32 : ALL_BITS, &out->bits) < 0)
			return -EINVAL;
		out->bits += v4 ? MAPPED_BITS : 0;
	}
	for (unsigned i = 0; i < ADDRESS_BYTES; i++)
		out->base.bytes[i] &= mask(out->bits, i);
	return 0;
}

bool
address_range_has(const struct address_range *r, const struct address *a)
{
	if (is_v4(a) && r->bits < MAPPED_BITS)
		return false;
	for (unsigned i = 0; i < ADDRESS_BYTES; i++)
		if ((a->bytes[i] & mask(r->bits, i)) != r->base.bytes[i])
			return false;
	return true;
}

void
address_range_text(const struct address_range *r, char out[ADDRESS_RANGE_SIZE])
{
	size_t len;

	address_text(&r->base, out);
	len = strlen(out);
	if (r->bits < ALL_BITS)
		snprintf(out + len, ADDRESS_RANGE_SIZE - len, "/%u",
		    r->bits - (is_v4(&r->base) ? MAPPED_BITS : 0));
}

int
address_parse_port(struct slice text)
{
	int port = 0;

	if (text.len == 0 || text.len > 5)
		return -EINVAL;
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return -EINVAL;
		port = port * 10 + (text.p[i] - '0');
	}
	return port <= 65535 ? port : -EINVAL;
}
