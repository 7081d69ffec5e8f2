#include "config.h"

#include "client/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/hex.h"
#include "base/slice.h"
#include "base/utf8.h"

enum {
	SHOWN_MAX = 60, /* bytes of the input in an error */
	PORT_DIGITS_MAX = 5,
	HTTP_PORT = 80,
	HTTPS_PORT = 443,
};

static const struct scheme {
	const char *name;
	bool tls;
} schemes[] = {
	{ "http", false },
	{ "https", true },
	{ "ws", false },
	{ "wss", true },
};

enum { SCHEMES = sizeof(schemes) / sizeof(schemes[0]) };

/* "\"PART\" is not a host name" and the like; part may hold anything. */
static int
refuse(struct buf *err, struct slice part, const char *why)
{
	buf_putc(err, '"');
	clean_line(err, part, SHOWN_MAX);
	buf_printf(err, "\" %s", why);
	return -EINVAL;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char
to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* ---- scheme ---- */

/* Takes "SCHEME://" off *s, if it is there; 1 then, else 0 or -EINVAL. */
static int
take_scheme(struct slice *s, struct url *out, struct buf *err)
{
	size_t len = 0;

	while (len < s->len && !is_one_of(s->p[len], ":/?#["))
		len++;
	if (!slice_starts(slice_skip(*s, len), "://"))
		return 0;
	for (size_t i = 0; i < SCHEMES; i++)
		if (slice_is_nocase(
			(struct slice){ s->p, len }, schemes[i].name)) {
			out->tls = schemes[i].tls;
			*s = slice_skip(*s, len + 3);
			return 1;
		}
	return refuse(err, (struct slice){ s->p, len },
	    "is not a scheme: http, https, ws or wss");
}

/* ---- host and port ---- */

bool
url_host_is_v6(const char *host)
{
	return strchr(host, ':') != NULL;
}

static int
put_v6(struct slice host, struct url *out, struct buf *err)
{
	struct in6_addr addr;
	char text[INET6_ADDRSTRLEN];

	if (host.len < sizeof(text)) {
		memcpy(text, host.p, host.len);
		text[host.len] = '\0';
		if (strlen(text) == host.len &&
		    inet_pton(AF_INET6, text, &addr) == 1) {
			inet_ntop(
			    AF_INET6, &addr, out->host, sizeof(out->host));
			return 0;
		}
	}
	return refuse(err, host,
	    memchr(host.p, '%', host.len) != NULL
		? "has a zone, which is not supported"
		: "is not an IPv6 address");
}

/* Digits at the end: an IPv4 address or a mistake, never a name. */
static bool
looks_like_v4(struct slice host)
{
	size_t i = host.len;

	while (i > 0 && is_digit(host.p[i - 1]))
		i--;
	return i < host.len && (i == 0 || host.p[i - 1] == '.');
}

/* A name or an IPv4 address. */
static int
put_name(struct slice host, struct url *out, struct buf *err)
{
	struct in_addr addr;
	size_t len = host.len;

	/* The root's dot says nothing that certificates or keys care for. */
	if (len > 1 && host.p[len - 1] == '.')
		len--;
	if (host.len == 0) {
		buf_puts(err, "the host is missing");
		return -EINVAL;
	}
	if (!slice_is_ascii(host))
		return refuse(err, host,
		    "is not in ASCII: international names are written "
		    "xn--...");
	if (len > URL_HOST_MAX)
		return refuse(err, host, "is too long for a host name");
	for (size_t i = 0; i < len; i++) {
		char c = host.p[i];
		bool dot = c == '.';

		if ((!is_alnum(c) && !is_one_of(c, "-_.")) ||
		    (dot && (i == 0 || i == len - 1 || host.p[i - 1] == '.')))
			return refuse(err, host, "is not a host name");
		out->host[i] = to_lower(c);
	}
	out->host[len] = '\0';
	if (looks_like_v4(slice_of(out->host)) &&
	    inet_pton(AF_INET, out->host, &addr) != 1)
		return refuse(err, host, "is not an address");
	return 0;
}

/* port: what is behind the colon. */
static int
put_port(struct slice port, struct url *out, struct buf *err)
{
	int n = 0;

	for (size_t i = 0; i < port.len; i++) {
		if (!is_digit(port.p[i]) || port.len > PORT_DIGITS_MAX)
			return refuse(err, port, "is not a port number");
		n = n * 10 + (port.p[i] - '0');
	}
	if (n < 1 || n > 65535)
		return refuse(err, port, "is not a port number");
	out->port = n;
	return 0;
}

/* Where the host ends and ":port" begins, if it is there; NULL and an error
 * for a bracket without its other. */
static const char *
end_of_host(struct slice s, struct slice *host, struct buf *err)
{
	const char *end;

	if (s.len == 0 || s.p[0] != '[') {
		end = memchr(s.p, ':', s.len);
		if (end == NULL)
			end = s.p + s.len;
		*host = (struct slice){ s.p, (size_t)(end - s.p) };
		return end;
	}
	end = memchr(s.p, ']', s.len);
	if (end == NULL) {
		refuse(err, s, "lacks its ]");
		return NULL;
	}
	*host = (struct slice){ s.p + 1, (size_t)(end - s.p) - 1 };
	return end + 1;
}

static unsigned
count(struct slice s, char c)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == c;
	return n;
}

static int
put_authority(struct slice s, struct url *out, struct buf *err)
{
	struct slice host, port;
	const char *end;
	bool brackets = s.len > 0 && s.p[0] == '[';
	int rc;

	if (count(s, '@') > 0) {
		buf_puts(err, "a URL can't have a user name: see --nick");
		return -EINVAL;
	}
	/* Colons, no brackets: all of it is the address. */
	if (!brackets && count(s, ':') > 1)
		return put_v6(s, out, err);
	end = end_of_host(s, &host, err);
	if (end == NULL)
		return -EINVAL;
	rc = brackets ? put_v6(host, out, err) : put_name(host, out, err);
	if (rc != 0)
		return rc;
	port = slice_skip(s, (size_t)(end - s.p));
	if (port.len == 0)
		return 0;
	if (port.p[0] != ':')
		return refuse(err, s, "is not [address]:port");
	return put_port(slice_skip(port, 1), out, err);
}

/* ---- path ---- */

/* Takes a character, percent-encoded or not, off *s; -EINVAL: "%" and no two
 * digits. */
static int
take_byte(struct slice *s, unsigned char *c)
{
	int high, low;

	*c = (unsigned char)s->p[0];
	if (*c == '%') {
		high = s->len >= 3 ? hex_value(s->p[1]) : -1;
		low = s->len >= 3 ? hex_value(s->p[2]) : -1;
		if (high < 0 || low < 0)
			return -EINVAL;
		*c = (unsigned char)(high << 4 | low);
		*s = slice_skip(*s, 2);
	}
	*s = slice_skip(*s, 1);
	return 0;
}

/* Appends a part of the path in its normal form (RFC 3986, 6.2.2): what need
 * not be encoded isn't. */
static int
put_segment(struct buf *out, struct slice s)
{
	unsigned char c;

	while (s.len > 0) {
		bool encoded = s.p[0] == '%';

		if (take_byte(&s, &c) != 0)
			return -EINVAL;
		if (is_alnum((char)c) || is_one_of((char)c, "-._~") ||
		    (!encoded && is_one_of((char)c, "!$&'()*+,;=:@")))
			buf_putc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
	return 0;
}

/* Drops the last segment and the slash before it, but for the first slash. */
static void
drop_segment(struct buf *out)
{
	if (out->len > 1)
		out->len--;
	while (out->len > 1 && out->p[out->len - 1] != '/')
		out->len--;
}

/* out: "/" or "/a/b/", without "." and ".." (RFC 3986, 5.2.4). */
static int
put_path(struct slice path, struct buf *out)
{
	buf_putc(out, '/');
	while (path.len > 0) {
		size_t start = out->len;
		struct slice last;

		if (put_segment(out, slice_take_until(&path, '/')) != 0)
			return -EINVAL;
		last = slice_skip(buf_view(out), start);
		if (slice_is(last, "") || slice_is(last, ".")) {
			out->len = start;
		} else if (slice_is(last, "..")) {
			out->len = start;
			drop_segment(out);
		} else {
			buf_putc(out, '/');
		}
	}
	return 0;
}

/* The last part of a path, a slash at its end aside. */
static struct slice
last_part(struct slice path, struct slice *before)
{
	size_t end = path.len, i;

	if (end > 0 && path.p[end - 1] == '/')
		end--;
	i = end;
	while (i > 0 && path.p[i - 1] != '/')
		i--;
	*before = (struct slice){ path.p, i };
	return (struct slice){ path.p + i, end - i };
}

static bool
ends_in(struct slice s, const char *end)
{
	size_t len = strlen(end);

	return s.len >= len && slice_is(slice_skip(s, s.len - len), end);
}

/* Takes "/r/ROOM" off the end of *path, if it is there. */
static int
take_room(struct slice *path, struct url *out, struct buf *err)
{
	struct slice before, rest, part = last_part(*path, &before),
				   room = part;
	size_t n = 0;
	unsigned char c;

	if (part.len == 0 || !slice_is(last_part(before, &rest), "r"))
		return 0;
	while (part.len > 0) {
		if (take_byte(&part, &c) != 0)
			return refuse(err, room, "has a % without two digits");
		if (n == URL_ROOM_MAX)
			return refuse(err, room, "is too long for a room");
		if (c < ' ' || c == 0x7f)
			return refuse(err, room, "has a control character");
		out->room[n++] = (char)c;
	}
	out->room[n] = '\0';
	if (!utf8_valid(out->room, n))
		return refuse(err, room, "is not UTF-8");
	*path = rest;
	return 0;
}

/* Takes "/i/CODE" off the end of *path, if it is there. */
static int
take_invite(struct slice *path, struct url *out, struct buf *err)
{
	struct slice before, rest, code = last_part(*path, &before);

	if (code.len == 0 || !slice_is(last_part(before, &rest), "i"))
		return 0;
	for (size_t i = 0; i < code.len; i++)
		if (code.len > URL_INVITE_MAX ||
		    (!is_alnum(code.p[i]) && !is_one_of(code.p[i], "-_")))
			return refuse(err, code, "is not an invitation");
	memcpy(out->invite, code.p, code.len);
	*path = rest;
	return 0;
}

/* Puts the room or invitation, and the rest as out->path; *prefix: its part
 * that is not "socket.io/". */
static int
put_paths(struct slice path, struct url *out, size_t *prefix, struct buf *err)
{
	static const char own[] = "socket.io/";
	struct slice before, whole = path;
	struct buf b;
	int rc;

	if (take_room(&path, out, err) != 0 ||
	    take_invite(&path, out, err) != 0)
		return -EINVAL;
	if (ends_in(last_part(path, &before), ".html") && !ends_in(path, "/"))
		path = before;
	buf_init(&b, URL_PATH_MAX);
	rc = put_path(path, &b);
	if (rc == 0 && !ends_in(buf_view(&b), "/socket.io/"))
		buf_puts(&b, own);
	if (rc != 0)
		refuse(err, whole, "has a % without two digits");
	else if (b.failed)
		rc = refuse(err, whole, "is too long for a path");
	*prefix = b.len >= sizeof(own) ? b.len - (sizeof(own) - 1) : 0;
	memcpy(out->path, buf_view(&b).p, b.len);
	out->path[b.len] = '\0';
	buf_deinit(&b);
	return rc;
}

int
url_parse(const char *s, struct url *out, struct buf *err)
{
	struct slice rest = slice_of(s), authority;
	size_t prefix;
	int scheme;
	bool v6;

	*out = (struct url){ .port = URL_PORT };
	scheme = take_scheme(&rest, out, err);
	if (scheme < 0)
		return -EINVAL;
	if (scheme > 0)
		out->port = out->tls ? HTTPS_PORT : HTTP_PORT;
	rest.len = strcspn(rest.p, "?#");
	authority = slice_take_until(&rest, '/');
	if (put_authority(authority, out, err) != 0 ||
	    put_paths(rest, out, &prefix, err) != 0)
		return -EINVAL;
	v6 = url_host_is_v6(out->host);
	snprintf(out->text, sizeof(out->text), "http%s://%s%s%s:%d%.*s",
	    out->tls ? "s" : "", v6 ? "[" : "", out->host, v6 ? "]" : "",
	    out->port, (int)prefix, out->path);
	return 0;
}
