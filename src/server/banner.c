#include "config.h"

#include "server/banner.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <uv.h>

#include "server/qr.h"

enum {
	ADDRESSES_MAX = 16,
	HOST_MAX = INET6_ADDRSTRLEN + 2, /* with brackets */
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

static void
add(struct addresses *a, const uv_interface_address_t *i)
{
	char *out;
	char text[INET6_ADDRSTRLEN];

	if (a->n == ADDRESSES_MAX)
		return;
	out = a->v[a->n];
	if (i->address.address4.sin_family == AF_INET) {
		if (uv_ip4_name(&i->address.address4, out, HOST_MAX) == 0)
			a->n++;
		return;
	}
	if (IN6_IS_ADDR_LINKLOCAL(&i->address.address6.sin6_addr) ||
	    uv_ip6_name(&i->address.address6, text, sizeof(text)) < 0)
		return;
	snprintf(out, HOST_MAX, "[%s]", text);
	a->n++;
}

/* Addresses of this machine on the network: IPv4 first. */
static void
find(struct addresses *a, bool ip4, bool ip6)
{
	uv_interface_address_t *all;
	int n;

	a->n = 0;
	if (uv_interface_addresses(&all, &n) < 0)
		return;
	for (int pass = 0; pass < 4; pass++) {
		bool want_ip6 = pass >= 2, want_virtual = pass % 2 == 1;

		if (want_ip6 ? !ip6 : !ip4)
			continue;
		for (int i = 0; i < n; i++) {
			bool is_ip6 =
			    all[i].address.address4.sin_family == AF_INET6;

			if (!all[i].is_internal && is_ip6 == want_ip6 &&
			    is_virtual(all[i].name) == want_virtual)
				add(a, &all[i]);
		}
	}
	uv_free_interface_addresses(all, n);
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
	return strncmp(host, "127.", 4) == 0 || is_one_of(host, "::1", "[::1]");
}

static void
put_url(struct buf *out, const char *label, const char *host, int port)
{
	buf_printf(out, "  %-18shttp://%s:%d/\n", label, host, port);
}

int
banner_put(struct buf *out, const char *host, int port, bool terminal)
{
	bool all = host == NULL || is_one_of(host, "::", "[::]");
	bool all4 = host != NULL && strcmp(host, "0.0.0.0") == 0;
	struct addresses net = { .n = 0 };
	const char *first = "localhost";
	char url[URL_MAX];

	if (all || all4)
		find(&net, true, all);
	else
		set(&net, host);
	buf_puts(out, "\n");
	if (all || all4)
		put_url(out, "On this machine", "localhost", port);
	for (unsigned i = 0; i < net.n; i++)
		put_url(out,
		    i > 0                                ? ""
		    : !all && !all4 && is_loopback(host) ? "On this machine"
							 : "On the network",
		    net.v[i], port);
	if (net.n > 0)
		first = net.v[0];
	buf_printf(
	    out, "  %-18schat connect %s:%d\n", "In a terminal", first, port);
	if (terminal && (all || all4 || !is_loopback(host)) && net.n > 0) {
		snprintf(url, sizeof(url), "http://%s:%d/", first, port);
		buf_puts(out, "\n");
		qr_put(out, url, 2);
	}
	buf_puts(out, "\n");
	return out->failed ? -ENOBUFS : 0;
}
