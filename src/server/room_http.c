#include "config.h"

#include "server/room_http.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

enum {
	NAME_MAX_BYTES = 512, /* of a room or a nick, before it is cleaned */
	LINES_DEFAULT = 50,
	LINES_MAX = STORE_PAGE_MAX,
};

#define METHODS "GET, HEAD, POST, OPTIONS"

static void
answer_bad(struct http_req *req, const char *what)
{
	http_answer_text(req, 400, what);
}

/* The name behind /r/, decoded into b. False: refused. */
static bool
take_room(struct http_req *req, struct buf *b)
{
	struct slice raw =
	    slice_skip(req->head->path, sizeof(ROOM_HTTP_PATH) - 1);

	buf_init(b, NAME_MAX_BYTES);
	if (raw.len == 0 || memchr(raw.p, '/', raw.len) != NULL)
		http_answer_text(req, 404, "A room is at /r/ROOM.\n");
	else if (http_path_decode(raw, b) != 0 || !utf8_valid(b->p, b->len))
		answer_bad(req, "This can't be the name of a room.\n");
	else
		return true;
	buf_deinit(b);
	return false;
}

/* ---- GET ---- */

/* The field lists this media type, with whatever parameters. */
static bool
accepts(const struct http_req *req, const char *type)
{
	struct slice rest = http_field(req->parser, "Accept");
	size_t len = strlen(type);

	for (; rest.len >= len; rest = slice_skip(rest, 1))
		if (strncasecmp(rest.p, type, len) == 0)
			return true;
	return false;
}

/* A query's value: 1, 0 if there is none, or -EINVAL. */
static int
query(const struct http_req *req, const char *key, char *out, size_t size)
{
	ssize_t n = http_query_get(req->head->query, key, out, size);

	return n == -ENOENT ? 0 : n < 0 ? -EINVAL : 1;
}

static bool
parse_lines(const char *text, unsigned *n)
{
	*n = 0;
	for (; *text >= '0' && *text <= '9' && *n <= LINES_MAX; text++)
		*n = *n * 10 + (unsigned)(*text - '0');
	return *text == '\0' && *n <= LINES_MAX;
}

/* NULL, or what is wrong. */
static const char *
parse_query(const struct http_req *req, struct hub_follow *how)
{
	char text[64];
	int r;

	how->n = LINES_DEFAULT;
	how->follow = true;
	how->json = accepts(req, "application/x-ndjson");
	r = query(req, "n", text, sizeof(text));
	if (r < 0 ||
	    (r > 0 && (text[0] == '\0' || !parse_lines(text, &how->n))))
		return "n is a number from 0 to 500.\n";
	r = query(req, "after", text, sizeof(text));
	if (r < 0 || (r > 0 && msgid_parse(slice_of(text), &how->after) < 0))
		return "after is the id of a message.\n";
	how->has_after = r > 0;
	how->after.sub = 0;
	/* For the store nothing at all is "not given". */
	if (r > 0 && how->after.ms == 0 && how->after.n == 0)
		how->after.n = 1;
	r = query(req, "follow", text, sizeof(text));
	if (r < 0 ||
	    (r > 0 && strcmp(text, "0") != 0 && strcmp(text, "1") != 0))
		return "follow is 0 or 1.\n";
	if (r > 0)
		how->follow = text[0] == '1';
	r = query(req, "format", text, sizeof(text));
	if (r < 0 ||
	    (r > 0 && strcmp(text, "json") != 0 && strcmp(text, "text") != 0))
		return "format is json or text.\n";
	if (r > 0)
		how->json = strcmp(text, "json") == 0;
	return NULL;
}

static bool
wants_page(const struct http_req *req)
{
	char text[8];

	return query(req, "format", text, sizeof(text)) == 0 &&
	       accepts(req, "text/html");
}

static void
get_room(void *arg, struct http_req *req)
{
	const struct routes *r = arg;
	struct hub_follow how = { .n = 0 };
	const char *wrong = parse_query(req, &how);
	struct buf name;

	buf_puts(&req->fields, "Vary: Accept\r\n");
	if (wrong != NULL) {
		answer_bad(req, wrong);
		return;
	}
	if (!take_room(req, &name))
		return;
	how.room = buf_view(&name);
	/* A head is asked for to see what there is; it has no end to wait
	 * for. */
	if (slice_is(req->head->method, "HEAD"))
		http_answer(req, 200,
		    how.json ? "Content-Type: application/x-ndjson\r\n"
			     : "Content-Type: text/plain; charset=utf-8\r\n",
		    NULL, SLICE(""));
	else
		hub_follow(r->hub, req, &how);
	buf_deinit(&name);
}

/* ---- POST ---- */

static void
answer_too_long(struct http_req *req)
{
	http_answer_text(req, 413, "The message is too long.\n");
}

/* The body is the text. */
static void
say(void *arg, struct http_req *req)
{
	const struct routes *r = arg;
	struct slice text = buf_view(&req->body);
	char nick[NAME_MAX_BYTES] = "";
	struct buf name;
	int n;

	if (text.len > 0 && text.p[text.len - 1] == '\n')
		text.len--;
	if (text.len > hub_message_max(r->hub)) {
		answer_too_long(req);
		return;
	}
	n = query(req, "nick", nick, sizeof(nick));
	if (n < 0 || !utf8_valid(nick, strlen(nick)))
		answer_bad(req, "This can't be a nick.\n");
	else if (text.len == 0)
		answer_bad(req, "There is nothing to say.\n");
	else if (!utf8_valid(text.p, text.len))
		answer_bad(req, "This is not UTF-8.\n");
	else if (take_room(req, &name)) {
		hub_say(r->hub, req, buf_view(&name), slice_of(nick), text);
		buf_deinit(&name);
	}
}

/* The body is whole. */
static void
post_room(struct http_req *req, int err)
{
	const struct routes *r = req->arg;

	if (err != 0)
		answer_too_long(req);
	else
		hub_let_in(r->hub, req, say, (void *)r);
}

void
room_http_request(const struct routes *r, struct http_req *req)
{
	enum origin_verdict verdict = routes_origin(r, req);
	struct slice method = req->head->method;
	bool get = slice_is(method, "GET") || slice_is(method, "HEAD");

	if (get && wants_page(req)) {
		buf_puts(&req->fields, "Vary: Accept\r\n");
		routes_page(r, req);
		return;
	}
	if (verdict == ORIGIN_REFUSED) {
		routes_answer_forbidden(req);
		return;
	}
	routes_put_cors(r, req, verdict);
	if (slice_is(method, "OPTIONS")) {
		routes_answer_options(req, METHODS, verdict);
	} else if (get) {
		hub_let_in(r->hub, req, get_room, (void *)r);
	} else if (slice_is(method, "POST")) {
		/* One byte for the newline. */
		req->body_max = hub_message_max(r->hub) + 1;
		req->on_end = post_room;
		req->arg = (void *)r;
	} else {
		routes_answer_not_allowed(req, METHODS);
	}
}
