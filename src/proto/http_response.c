#include "config.h"

#include "proto/http_response.h"

#include <errno.h>
#include <stdlib.h>

#include <llhttp.h>

#include "base/mem.h"

enum {
	/* What is not body: heads with all that is between their fields, in
	 * bytes, and chunks' in times the body. */
	OVERHEAD_MAX = 2 * HTTP_HEAD_MAX,
	OVERHEAD_TIMES = 8,
};

struct http_response_parser {
	llhttp_t ll;
	struct http_fields fields;
	struct buf body;
	size_t fed;
	int error; /* a callback's */
	bool in_body, done, keep_alive;
};

static int
fail(struct http_response_parser *p, int error)
{
	p->error = error;
	return -1;
}

static int
check_field(struct http_response_parser *p, int err)
{
	if (err == 0)
		return 0;
	return fail(p, err == -ENOBUFS ? -EMSGSIZE : err);
}

static int
on_header_field(llhttp_t *ll, const char *at, size_t len)
{
	struct http_response_parser *p = ll->data;

	return p->in_body
		   ? 0
		   : check_field(p, http_fields_name(&p->fields, at, len));
}

static int
on_header_value(llhttp_t *ll, const char *at, size_t len)
{
	struct http_response_parser *p = ll->data;

	return p->in_body
		   ? 0
		   : check_field(p, http_fields_value(&p->fields, at, len));
}

static int
on_header_value_complete(llhttp_t *ll)
{
	struct http_response_parser *p = ll->data;

	return p->in_body ? 0 : check_field(p, http_fields_end(&p->fields));
}

static bool
is_interim(struct http_response_parser *p)
{
	int status = http_response_status(p);

	return status >= 100 && status < 200 && status != 101;
}

/* What llhttp calls the body: interim answers have none, nor has a switch to
 * another protocol, whatever their fields say. */
enum { AS_TOLD, NO_BODY, NO_BODY_BUT_ANOTHER_PROTOCOL };

static int
on_headers_complete(llhttp_t *ll)
{
	struct http_response_parser *p = ll->data;

	/* llhttp takes a line without a status */
	if (llhttp_get_http_major(ll) != 1 || ll->status_code < 100)
		return fail(p, -EINVAL);
	p->in_body = true;
	if (ll->status_code == 101)
		return NO_BODY_BUT_ANOTHER_PROTOCOL;
	return is_interim(p) ? NO_BODY : AS_TOLD;
}

static int
on_body(llhttp_t *ll, const char *at, size_t len)
{
	struct http_response_parser *p = ll->data;

	return buf_append(&p->body, at, len) == 0 ? 0 : fail(p, -EMSGSIZE);
}

static int
on_message_complete(llhttp_t *ll)
{
	struct http_response_parser *p = ll->data;

	p->done = true;
	p->keep_alive = llhttp_should_keep_alive(ll) != 0;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

struct http_response_parser *
http_response_parser_new(size_t body_max)
{
	struct http_response_parser *p = xcalloc(1, sizeof(*p));

	http_fields_init(&p->fields);
	buf_init(&p->body, body_max);
	http_response_parser_reset(p);
	return p;
}

void
http_response_parser_free(struct http_response_parser *p)
{
	if (p == NULL)
		return;
	http_fields_deinit(&p->fields);
	buf_deinit(&p->body);
	free(p);
}

static void
begin(struct http_response_parser *p)
{
	http_fields_deinit(&p->fields);
	buf_deinit(&p->body);
	llhttp_init(&p->ll, HTTP_RESPONSE, &settings);
	p->ll.data = p;
	p->error = 0;
	p->in_body = p->done = p->keep_alive = false;
}

void
http_response_parser_reset(struct http_response_parser *p)
{
	begin(p);
	p->fed = 0;
}

static bool
is_mostly_body(const struct http_response_parser *p)
{
	return p->fed <= OVERHEAD_MAX + (OVERHEAD_TIMES + 1) * p->body.len;
}

ssize_t
http_response_parser_feed(
    struct http_response_parser *p, const char *data, size_t len)
{
	size_t used = 0;

	while (used < len && !p->done) {
		const char *from = data + used;
		llhttp_errno_t rc = llhttp_execute(&p->ll, from, len - used);

		if (rc == HPE_OK)
			used = len;
		else if (rc == HPE_PAUSED || rc == HPE_PAUSED_UPGRADE)
			used = (size_t)(llhttp_get_error_pos(&p->ll) - data);
		else
			return p->error < 0 ? p->error : -EINVAL;
		p->fed += (size_t)(data + used - from);
		if (!is_mostly_body(p))
			return -EMSGSIZE;
		if (p->done && is_interim(p))
			begin(p);
	}
	return (ssize_t)used;
}

int
http_response_parser_eof(struct http_response_parser *p)
{
	if (!p->done)
		llhttp_finish(&p->ll);
	return p->done ? 0 : -ECONNRESET;
}

bool
http_response_done(const struct http_response_parser *p)
{
	return p->done;
}

int
http_response_status(const struct http_response_parser *p)
{
	return p->ll.status_code;
}

bool
http_response_keep_alive(const struct http_response_parser *p)
{
	return p->keep_alive;
}

const struct http_fields *
http_response_fields(const struct http_response_parser *p)
{
	return &p->fields;
}

struct buf *
http_response_body(struct http_response_parser *p)
{
	return &p->body;
}
