#include "config.h"

#include "proto/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* llhttp has an enumerator of this name too, for the method. */
#define HTTP_HEAD LLHTTP_METHOD_HEAD
#include <llhttp.h>
#undef HTTP_HEAD

#include "base/mem.h"

enum {
	/* What a head may have on the wire beside target, names and values:
	 * method, version, colons, white space and line ends. */
	HEAD_WIRE_MORE = 1024,
	HEAD_MAX = 1 << 20, /* where there is no other limit */
	FIELDS_MAX = 10000,
	TRAILER_MAX = 1024,
	/* What chunks may cost beside their data, in all and for each. */
	FRAMING_MAX = 1024,
	CHUNK_FRAMING_MAX = 32,
};

struct http_parser {
	llhttp_t ll;
	http_event_cb cb;
	void *arg;
	int error; /* once negative, for good */

	/* The lines of the head, before llhttp sees them: see scan_next. */
	enum {
		SCAN_BAD,
		SCAN_NEW,     /* before a request */
		SCAN_NEW_CR,  /* in an empty line before it */
		SCAN_REQUEST, /* in the request line */
		SCAN_SPACE,   /* the same, behind a space */
		SCAN_START,   /* at the start of a field line */
		SCAN_FIELD,   /* in a field line */
		SCAN_CR,
		SCAN_LAST_CR, /* in the empty line behind the head */
		SCAN_DONE,    /* in the body */
	} scan;
	size_t head_left; /* bytes that it may still have */
	unsigned spaces;  /* in the request line */
	unsigned version; /* bytes of it that were seen */
	bool fresh;       /* nothing of this request was seen yet */
	bool in_body;
	bool complete;    /* so is the request */
	uint64_t framing; /* of a body: bytes that are no data, */
	uint64_t framing_max;

	struct http_head head;
	struct buf target;
	struct http_fields fields;
};

/* Ends parsing with an error; for a callback to return. */
static int
fail(struct http_parser *p, int error)
{
	p->error = error;
	return -1;
}

enum byte_class { OTHER, CR, LF, SP, TAB, TEXT };

static enum byte_class
classify(unsigned char c)
{
	switch (c) {
	case '\r':
		return CR;
	case '\n':
		return LF;
	case ' ':
		return SP;
	case '\t':
		return TAB;
	default:
		return c > ' ' && c != 0x7f ? TEXT : OTHER;
	}
}

/*
 * llhttp, made to take what there is in the wild, lets some of it through
 * that others read otherwise, which is what request smuggling lives on: bare
 * CR and LF, folded lines, control characters. Those end here: what is not
 * in the table is SCAN_BAD.
 */
static const uint8_t scan_next[][TEXT + 1] = {
	/* section 2.2: empty lines before a request are skipped */
	[SCAN_NEW] = { [CR] = SCAN_NEW_CR, [TEXT] = SCAN_REQUEST },
	[SCAN_NEW_CR] = { [LF] = SCAN_NEW },
	[SCAN_REQUEST] = { [SP] = SCAN_SPACE,
	    [CR] = SCAN_CR,
	    [TEXT] = SCAN_REQUEST },
	[SCAN_SPACE] = { [TEXT] = SCAN_REQUEST },
	[SCAN_START] = { [CR] = SCAN_LAST_CR, [TEXT] = SCAN_FIELD },
	[SCAN_FIELD] = { [SP] = SCAN_FIELD,
	    [TAB] = SCAN_FIELD,
	    [CR] = SCAN_CR,
	    [TEXT] = SCAN_FIELD },
	[SCAN_CR] = { [LF] = SCAN_START },
	[SCAN_LAST_CR] = { [LF] = SCAN_DONE },
};

/*
 * The request line has three words, and the last is HTTP's version: llhttp
 * knows more protocols and an age without versions.
 */
static bool
scan_request_line(struct http_parser *p, char c)
{
	static const char http[] = "HTTP/";

	if (c == ' ')
		return ++p->spaces <= 2;
	if (c == '\r')
		return p->spaces == 2;
	if (p->spaces == 2 && p->version < strlen(http))
		return http[p->version++] == c;
	return true;
}

/* Bytes at the front of data that belong to the head and may be parsed. */
static size_t
scan_head(struct http_parser *p, const char *data, size_t len)
{
	size_t i = 0;

	if (len > p->head_left)
		len = p->head_left;
	while (i < len && p->scan != SCAN_DONE) {
		if ((p->scan == SCAN_REQUEST || p->scan == SCAN_SPACE) &&
		    !scan_request_line(p, data[i]))
			p->scan = SCAN_BAD;
		else
			p->scan = scan_next[p->scan]
					   [classify((unsigned char)data[i])];
		if (p->scan == SCAN_BAD)
			break;
		i++;
	}
	p->head_left -= i;
	return i;
}

static int
on_url(llhttp_t *ll, const char *at, size_t len)
{
	struct http_parser *p = ll->data;

	for (size_t i = 0; i < len; i++)
		if (at[i] <= ' ' || at[i] == '#' || at[i] == 0x7f)
			return fail(p, HTTP_BAD_REQUEST);
	if (buf_append(&p->target, at, len) != 0)
		return fail(p, HTTP_URI_TOO_LONG);
	return 0;
}

/* What the fields say to a piece of them, as our error. */
static int
check_field(struct http_parser *p, int err)
{
	if (err == -ENOBUFS ||
	    p->target.len + p->fields.text.len > p->fields.text.max)
		return fail(p, HTTP_HEADERS_TOO_LARGE);
	return err == 0 ? 0 : fail(p, HTTP_BAD_REQUEST);
}

static int
on_header_field(llhttp_t *ll, const char *at, size_t len)
{
	struct http_parser *p = ll->data;

	if (p->in_body)
		return 0; /* a trailer is of no use */
	return check_field(p, http_fields_name(&p->fields, at, len));
}

static int
on_header_value(llhttp_t *ll, const char *at, size_t len)
{
	struct http_parser *p = ll->data;

	if (p->in_body)
		return 0;
	return check_field(p, http_fields_value(&p->fields, at, len));
}

static int
on_header_value_complete(llhttp_t *ll)
{
	struct http_parser *p = ll->data;

	/* Not of a trailer. */
	return p->in_body ? 0 : check_field(p, http_fields_end(&p->fields));
}

/* Sections 3.2 and 7.2 of RFC 9110 and RFC 9112; 0 or -1. */
static int
check_host(const struct http_parser *p)
{
	unsigned n = http_fields_count(&p->fields, "host");
	struct slice host = http_field(p, "host");

	if (n > 1 || (n == 0 && p->head.minor > 0))
		return -1;
	for (size_t i = 0; i < host.len; i++)
		if (host.p[i] <= ' ' || strchr("/\\@?#,", host.p[i]) != NULL)
			return -1;
	return 0;
}

/* How long the body is, section 6.3: in one way that nobody mistakes. */
static int
set_body(struct http_parser *p)
{
	struct http_head *h = &p->head;
	unsigned lengths = http_fields_count(&p->fields, "content-length");
	unsigned codings = http_fields_count(&p->fields, "transfer-encoding");
	struct slice length = http_field(p, "content-length");

	if (lengths + codings > 1)
		return -1;
	if (codings > 0) {
		if (h->minor == 0 ||
		    !slice_is_nocase(
			http_field(p, "transfer-encoding"), "chunked"))
			return -1;
		h->content_length = UINT64_MAX;
	}
	if (lengths > 0) {
		if (length.len == 0)
			return -1;
		for (size_t i = 0; i < length.len; i++)
			if (length.p[i] < '0' || length.p[i] > '9')
				return -1;
		h->content_length = p->ll.content_length;
		if (h->content_length > INT64_MAX) /* and no chunks' mark */
			return -1;
	}
	h->has_body = h->content_length > 0;
	return 0;
}

/* Origin, absolute or asterisk form, section 3.2. */
static int
set_target(struct http_parser *p)
{
	struct http_head *h = &p->head;
	struct slice rest = buf_view(&p->target);
	const char *at;

	h->target = rest;
	if (slice_starts(rest, "http://") || slice_starts(rest, "https://")) {
		rest = slice_skip(rest, slice_starts(rest, "http:") ? 7 : 8);
		while (rest.len > 0 && rest.p[0] != '/' && rest.p[0] != '?')
			rest = slice_skip(rest, 1);
	} else if (!slice_starts(rest, "/") && !slice_is(rest, "*")) {
		return -1;
	}
	at = rest.len > 0 ? memchr(rest.p, '?', rest.len) : NULL;
	h->path = rest;
	h->query = SLICE("");
	if (at != NULL) {
		h->path.len = (size_t)(at - rest.p);
		h->query = slice_skip(rest, h->path.len + 1);
	}
	if (h->path.len == 0)
		h->path = SLICE("/");
	return 0;
}

static int
on_headers_complete(llhttp_t *ll)
{
	struct http_parser *p = ll->data;
	struct http_head *h = &p->head;

	p->in_body = true;
	*h = (struct http_head){ .minor = llhttp_get_http_minor(ll) };
	if (llhttp_get_http_major(ll) != 1 || h->minor > 1 ||
	    check_host(p) != 0 || set_body(p) != 0 || set_target(p) != 0)
		return fail(p, HTTP_BAD_REQUEST);
	h->method = slice_of(llhttp_method_name(llhttp_get_method(ll)));
	h->keep_alive = h->minor > 0
			    ? !http_field_has(p, "connection", "close")
			    : http_field_has(p, "connection", "keep-alive") &&
				  !http_field_has(p, "connection", "close");
	h->upgrade = h->minor > 0 &&
		     http_fields_count(&p->fields, "upgrade") > 0 &&
		     http_field_has(p, "connection", "upgrade");
	h->expect_continue =
	    h->minor > 0 &&
	    slice_is_nocase(http_field(p, "expect"), "100-continue");
	p->cb(p->arg, HTTP_HEAD, SLICE(""));
	return 0;
}

static int
on_body(llhttp_t *ll, const char *at, size_t len)
{
	struct http_parser *p = ll->data;

	p->framing -= len;
	if (len > 0)
		p->cb(p->arg, HTTP_BODY, (struct slice){ at, len });
	return 0;
}

static int
on_chunk_header(llhttp_t *ll)
{
	struct http_parser *p = ll->data;

	p->framing_max += CHUNK_FRAMING_MAX;
	if (ll->content_length > 0)
		return 0;
	/* The last: lines follow as in a head. */
	p->scan = SCAN_START;
	p->head_left = TRAILER_MAX;
	return HPE_PAUSED;
}

static int
on_message_complete(llhttp_t *ll)
{
	struct http_parser *p = ll->data;

	p->complete = true;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_chunk_header = on_chunk_header,
	.on_message_complete = on_message_complete,
};

/* Each request has a parser as good as new: none inherits a state. */
static void
begin(struct http_parser *p)
{
	/* llhttp does not write to its settings. */
	llhttp_init(&p->ll, HTTP_REQUEST, &settings);
	p->ll.data = p;
	p->scan = SCAN_NEW;
	p->head_left = p->fields.text.max + HEAD_WIRE_MORE;
	p->fresh = true;
	p->spaces = 0;
	p->version = 0;
	p->in_body = p->complete = false;
	p->framing = 0;
	p->framing_max = FRAMING_MAX;
}

struct http_parser *
http_parser_new(http_event_cb cb, void *arg)
{
	struct http_parser *p = xcalloc(1, sizeof(*p));

	p->cb = cb;
	p->arg = arg;
	buf_init(&p->target, HTTP_TARGET_MAX);
	http_fields_init(&p->fields);
	begin(p);
	return p;
}

void
http_parser_limit(struct http_parser *p, const struct limits *limits)
{
	buf_init(&p->target, limit_size(limits->url, HEAD_MAX));
	http_fields_limit(&p->fields,
	    (uint32_t)limit_size(limits->header, HEAD_MAX),
	    (unsigned)limit_size(limits->fields, FIELDS_MAX));
	begin(p);
}

void
http_parser_free(struct http_parser *p)
{
	if (p == NULL)
		return;
	buf_deinit(&p->target);
	http_fields_deinit(&p->fields);
	free(p);
}

/*
 * Runs llhttp over data: the bytes used, which are all, or end a request
 * (*end) or its last chunk's line, or a negative error.
 */
static ssize_t
execute(struct http_parser *p, const char *data, size_t len, bool *end)
{
	llhttp_errno_t rc = llhttp_execute(&p->ll, data, len);

	*end = p->complete;
	if (rc == HPE_OK)
		return (ssize_t)len;
	if (rc != HPE_PAUSED)
		return p->error < 0 ? p->error : HTTP_BAD_REQUEST;
	len = (size_t)(llhttp_get_error_pos(&p->ll) - data);
	llhttp_resume(&p->ll);
	return (ssize_t)len;
}

/* Of a body. Extensions of chunks say nothing, so they get little room. */
static ssize_t
execute_body(struct http_parser *p, const char *data, size_t len, bool *end)
{
	ssize_t used;

	p->framing += len;
	used = execute(p, data, len, end);
	if (used < 0)
		return used;
	p->framing -= len - (size_t)used;
	return p->framing <= p->framing_max ? used : HTTP_BAD_REQUEST;
}

/* A part of the head, or of the body, with the same result. */
static ssize_t
feed_part(struct http_parser *p, const char *data, size_t len, bool *end)
{
	size_t n;
	ssize_t used;

	if (p->scan == SCAN_DONE)
		return execute_body(p, data, len, end);
	if (p->fresh) { /* now the last head is gone */
		p->fresh = false;
		buf_deinit(&p->target);
		http_fields_deinit(&p->fields);
	}
	n = scan_head(p, data, len);
	used = execute(p, data, n, end);
	if (used < 0)
		return used;
	if (p->scan == SCAN_BAD)
		return HTTP_BAD_REQUEST;
	if (n < len && p->scan != SCAN_DONE)
		return HTTP_HEADERS_TOO_LARGE;
	/* Both must have seen the same head. */
	if ((size_t)used != n || (*end && p->scan != SCAN_DONE))
		return HTTP_BAD_REQUEST;
	return used;
}

ssize_t
http_parser_feed(struct http_parser *p, const char *data, size_t len)
{
	size_t used = 0;
	ssize_t n;
	bool end, more, upgrade;

	if (p->error < 0)
		return p->error;
	while (used < len) {
		n = feed_part(p, data + used, len - used, &end);
		if (n < 0) {
			p->error = (int)n;
			return n;
		}
		used += (size_t)n;
		if (!end)
			continue;
		begin(p);
		upgrade = p->head.upgrade;
		more = p->cb(p->arg, HTTP_END, SLICE(""));
		if (!more || upgrade)
			break;
	}
	return (ssize_t)used;
}

const struct http_head *
http_parser_head(const struct http_parser *p)
{
	return &p->head;
}

struct slice
http_field(const struct http_parser *p, const char *name)
{
	return http_fields_get(&p->fields, name);
}

int
http_field_join(const struct http_parser *p, const char *name, struct buf *out)
{
	return http_fields_join(&p->fields, name, out);
}

bool
http_field_has(const struct http_parser *p, const char *name, const char *token)
{
	return http_fields_has(&p->fields, name, token);
}
