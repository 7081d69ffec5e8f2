#include "config.h"

#include "net/proxies.h"

#include <errno.h>
#include <string.h>

int
proxies_parse(struct slice text, struct proxies *out)
{
	struct proxies p = { .n = 0 };
	int err = 0;

	while (!err) {
		struct slice one = slice_take_until(&text, ',');
		bool loopback = slice_is(one, "loopback");

		if (p.n + loopback >= PROXIES_MAX)
			return -EINVAL;
		if (loopback)
			address_range_parse(SLICE("::1"), &p.v[p.n++]);
		err = address_range_parse(
		    loopback ? SLICE("127.0.0.0/8") : one, &p.v[p.n++]);
		if (text.len == 0)
			break;
	}
	if (!err)
		*out = p;
	return err;
}

bool
proxies_has(const struct proxies *p, const struct address *a)
{
	for (unsigned i = 0; i < p->n; i++)
		if (address_range_has(&p->v[i], a))
			return true;
	return false;
}

/* Takes what is behind the last comma, or all, off the end of *list. */
static struct slice
take_last(struct slice *list)
{
	size_t from = list->len;
	struct slice last;

	while (from > 0 && list->p[from - 1] != ',')
		from--;
	last = slice_skip(*list, from);
	list->len = from > 0 ? from - 1 : 0;
	while (last.len > 0 && (last.p[0] == ' ' || last.p[0] == '\t'))
		last = slice_skip(last, 1);
	while (last.len > 0 &&
	       (last.p[last.len - 1] == ' ' || last.p[last.len - 1] == '\t'))
		last.len--;
	return last;
}

struct address
proxies_client(const struct proxies *p, const struct address *peer,
    struct slice forwarded_for)
{
	struct address client = *peer, next;

	while (forwarded_for.len > 0 && proxies_has(p, &client) &&
	       address_parse(take_last(&forwarded_for), &next) == 0)
		client = next;
	return client;
}

/* ---- version 1, section 2.1 ---- */

static int
take_address(struct slice *line, bool v6, struct address *out)
{
	struct slice text = slice_take_until(line, ' ');
	bool colon = text.len > 0 && memchr(text.p, ':', text.len) != NULL;

	return colon == v6 ? address_parse(text, out) : -EINVAL;
}

/* What is behind "PROXY ". */
static int
parse_line(struct slice line, struct address *client)
{
	struct slice family = slice_take_until(&line, ' ');
	bool v6 = slice_is(family, "TCP6");
	struct address to;

	if (slice_is(family, "UNKNOWN"))
		return 0;
	if ((!v6 && !slice_is(family, "TCP4")) ||
	    take_address(&line, v6, client) < 0 ||
	    take_address(&line, v6, &to) < 0 ||
	    address_parse_port(slice_take_until(&line, ' ')) < 0 ||
	    address_parse_port(line) < 0)
		return -EINVAL;
	return 0;
}

static ssize_t
parse_v1(struct slice in, struct address *client)
{
	enum { LINE_MAX = 107 };
	const char *end;
	struct slice line;

	if (in.len > LINE_MAX)
		in.len = LINE_MAX;
	end = memchr(in.p, '\n', in.len);
	if (end == NULL)
		return in.len < LINE_MAX ? 0 : -EINVAL;
	line = (struct slice){ in.p, (size_t)(end - in.p) };
	if (line.p[line.len - 1] != '\r')
		return -EINVAL;
	line.len--;
	if (parse_line(slice_skip(line, strlen("PROXY ")), client) < 0)
		return -EINVAL;
	return end + 1 - in.p;
}

/* ---- version 2, section 2.2 ---- */

enum { V2_HEAD = 16, V2_LOCAL = 0x20, V2_PROXY = 0x21 };

/* The addresses, and the fields behind them, which say nothing to us. */
static int
parse_addresses(unsigned char family, struct slice in, struct address *client)
{
	static const unsigned char mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0xff, 0xff };
	enum { TCP4 = 0x11, TCP4_LEN = 12, TCP6 = 0x21, TCP6_LEN = 36 };

	if (family == TCP4 && in.len >= TCP4_LEN) {
		memcpy(client->bytes, mapped, sizeof(mapped));
		memcpy(client->bytes + sizeof(mapped), in.p,
		    sizeof(client->bytes) - sizeof(mapped));
		return 0;
	}
	if (family == TCP6 && in.len >= TCP6_LEN) {
		memcpy(client->bytes, in.p, sizeof(client->bytes));
		return 0;
	}
	return family == 0 ? 0 : -EINVAL; /* UNSPEC */
}

static ssize_t
parse_v2(struct slice in, struct address *client)
{
	const unsigned char *p = (const unsigned char *)in.p;
	size_t len;

	if (in.len < V2_HEAD)
		return 0;
	len = (size_t)p[14] << 8 | p[15];
	if ((p[12] != V2_LOCAL && p[12] != V2_PROXY) ||
	    V2_HEAD + len > PROXY_HEADER_MAX)
		return -EINVAL;
	if (in.len < V2_HEAD + len)
		return 0;
	if (p[12] == V2_PROXY &&
	    parse_addresses(
		p[13], (struct slice){ in.p + V2_HEAD, len }, client) < 0)
		return -EINVAL;
	return (ssize_t)(V2_HEAD + len);
}

/* Does it begin so, as far as it goes? */
static bool
begins(struct slice in, struct slice start)
{
	size_t n = in.len < start.len ? in.len : start.len;

	return memcmp(in.p, start.p, n) == 0;
}

ssize_t
proxies_header(struct slice in, struct address *client)
{
	const struct slice v1 = SLICE("PROXY ");
	const struct slice v2 = SLICE("\r\n\r\n\0\r\nQUIT\n");

	memset(client, 0, sizeof(*client));
	if (in.len == 0)
		return 0;
	if (begins(in, v1))
		return in.len > v1.len ? parse_v1(in, client) : 0;
	return begins(in, v2) ? parse_v2(in, client) : -EINVAL;
}
