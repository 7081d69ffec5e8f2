#include "config.h"

#include "server/banner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "server/qr.h"

enum {
	ADDRESSES_MAX = 16,
	HOST_MAX = 256, /* a name; an address, with brackets */
	URL_MAX = HOST_MAX + 32,
};

struct addresses {
	char v[ADDRESSES_MAX][HOST_MAX];
	unsigned n;
};

/* Of a bridge that virtual machines are behind, not people? */
static bool
is_virtual(const char *interface)
{
	return strncmp(interface, "docker", 6) == 0 ||
	       strncmp(interface, "br-", 3) == 0 ||
	       strncmp(interface, "veth", 4) == 0 ||
	       strncmp(interface, "virbr", 5) == 0;
}

/* An address as it stands in a URL; false if it is of no use there. */
static bool
format(const struct sockaddr *addr, char out[HOST_MAX])
{
	const void *p = addr;
	const struct sockaddr_in *in = p;
	const struct sockaddr_in6 *in6 = p;
	char text[INET6_ADDRSTRLEN];

	if (addr->sa_family == AF_INET)
		return inet_ntop(AF_INET, &in->sin_addr, out, HOST_MAX) != NULL;
	if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) ||
	    inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text)) == NULL)
		return false;
	snprintf(out, HOST_MAX, "[%s]", text);
	return true;
}

/* Addresses of this machine on the network, of one family and kind. */
static void
add_some(struct addresses *a, const struct ifaddrs *all, int family,
    bool want_virtual)
{
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != family ||
		    (i->ifa_flags & IFF_UP) == 0 ||
		    (i->ifa_flags & IFF_LOOPBACK) != 0 ||
		    is_virtual(i->ifa_name) != want_virtual)
			continue;
		if (a->n < ADDRESSES_MAX && format(i->ifa_addr, a->v[a->n]))
			a->n++;
	}
}

/* IPv4 first, and those that people are likely to be behind. */
static void
find(struct addresses *a, bool ip6)
{
	struct ifaddrs *all;

	a->n = 0;
	if (getifaddrs(&all) < 0)
		return;
	add_some(a, all, AF_INET, false);
	add_some(a, all, AF_INET, true);
	if (ip6) {
		add_some(a, all, AF_INET6, false);
		add_some(a, all, AF_INET6, true);
	}
	freeifaddrs(all);
}

/* The one address that it listens on, as it stands in a URL. */
static void
set(struct addresses *a, const char *host)
{
	bool bare_ip6 = strchr(host, ':') != NULL && host[0] != '[';

	snprintf(a->v[0], HOST_MAX, bare_ip6 ? "[%s]" : "%s", host);
	a->n = 1;
}

static bool
is_one_of(const char *host, const char *a, const char *b)
{
	return strcmp(host, a) == 0 || strcmp(host, b) == 0;
}

static bool
is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 ||
	       is_one_of(host, "::1", "[::1]") ||
	       strcmp(host, "localhost") == 0;
}

static void
put_url(struct buf *out, const struct banner *b, const char *label,
    const char *host)
{
	buf_printf(out, "  %-18s%s://%s:%d/\n", label,
	    b->tls ? "https" : "http", host, b->port);
}

/* What to type elsewhere. */
static void
put_command(struct buf *out, const struct banner *b, const char *host)
{
	buf_printf(out, "  %-18schat connect ", "In a terminal");
	if (b->ca != NULL)
		buf_printf(out, "--ca %s ", b->ca);
	buf_printf(out, "%s%s:%d\n", b->tls ? "https://" : "", host, b->port);
}

int
banner_put(struct buf *out, const struct banner *b)
{
	const char *host = b->host;
	bool all = host == NULL || is_one_of(host, "::", "[::]");
	bool any = all || strcmp(host, "0.0.0.0") == 0;
	bool local = !any && is_loopback(host);
	struct addresses net = { .n = 0 };
	const char *here = b->proxied ? "For the proxy" : "On this machine";
	const char *first = "localhost";
	char url[URL_MAX];

	/* At an address the certificate would be another's. */
	if (b->name != NULL && !local)
		set(&net, b->name);
	else if (any)
		find(&net, all);
	else
		set(&net, host);
	if (net.n > 0)
		first = net.v[0];
	buf_puts(out, "\n");
	/* First, so that the lines below it stay in sight. */
	if (b->terminal && !local && net.n > 0) {
		snprintf(url, sizeof(url), "%s://%s:%d/",
		    b->tls ? "https" : "http", first, b->port);
		qr_put(out, url, 2);
		buf_puts(out, "\n");
	}
	if (any && b->name == NULL)
		put_url(out, b, here, "localhost");
	for (unsigned i = 0; i < net.n; i++)
		put_url(out, b,
		    i > 0   ? ""
		    : local ? here
			    : "On the network",
		    net.v[i]);
	if (!b->proxied || (!local && net.n > 0))
		put_command(out, b, first);
	buf_puts(out, "\n");
	return out->failed ? -ENOBUFS : 0;
}
