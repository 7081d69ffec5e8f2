#include "config.h"

#include "cli/history.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "cli/headless.h"
#include "hub/name.h"
#include "proto/json.h"

enum {
	PAGE = 200,             /* messages asked for at once */
	HELD_MAX = 256 << 20,   /* bytes of messages for --limit */
	ID_N_MAX = 999999,      /* past any of one millisecond */
	ID_MS_MIN = 1000000000, /* smaller ones are no ids, but typed dates */
	MINUTE = 60,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
	WEEK = 7 * DAY,
};

/* ---- options ---- */

static int
check_since(const char *value, void *target)
{
	return history_since(value, clock_wall_ms(), target);
}

int
history_check_format(const char *value, void *target)
{
	static const char *const names[] = {
		[HISTORY_TEXT] = "text",
		[HISTORY_JSON] = "json",
		[HISTORY_MD] = "md",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			*(int *)target = (int)i;
			return 0;
		}
	return -EINVAL;
}

void
history_table(struct history_options *o, struct opt table[CONNECT_OPTIONS_MAX])
{
	const struct opt own[] = {
		{ .name = "since",
		    .type = OPT_CHECK,
		    .target = &o->since,
		    .value = "TIME|ID",
		    .check = check_since,
		    .argv_only = 1,
		    .help = "only what came after it: 2h, 3d, 2026-11-21, "
			    "2026-11-21T10:30, or a message's id" },
		{ .name = "grep",
		    .type = OPT_STR,
		    .target = &o->grep,
		    .value = "TEXT",
		    .argv_only = 1,
		    .help = "only messages with this text in them, in any "
			    "case" },
		{ .name = "limit",
		    .type = OPT_INT,
		    .target = &o->limit,
		    .value = "N",
		    .min = 1,
		    .max = HISTORY_LIMIT_MAX,
		    .argv_only = 1,
		    .help = "only the newest N of them" },
		{ .name = "format",
		    .type = OPT_CHECK,
		    .target = &o->format,
		    .value = "text|json|md",
		    .check = history_check_format,
		    .argv_only = 1,
		    .help = "a line a message (text), [TEXT, META] as the "
			    "server has it (json), or Markdown" },
	};

	*o = (struct history_options){ .room = NULL };
	memcpy(table, own, sizeof(own));
	connect_shared(&o->connect, table + sizeof(own) / sizeof(own[0]));
}

/* ---- --since ---- */

/* Takes at most so many digits off *p; false if there are none. */
static bool
take_number(const char **p, unsigned digits_max, uint64_t *out)
{
	unsigned n = 0;

	for (*out = 0; n < digits_max && **p >= '0' && **p <= '9'; n++, (*p)++)
		*out = *out * 10 + (uint64_t)(**p - '0');
	return n > 0;
}

/* An id, or an offset, which is behind it. */
static bool
parse_id(const char *value, struct msgid *out)
{
	if (msgid_parse(slice_of(value), out) != 0)
		return false;
	out->sub = 0;
	return out->ms >= ID_MS_MIN;
}

static bool
parse_ago(const char *value, uint64_t *seconds)
{
	static const struct {
		char unit;
		unsigned seconds;
	} units[] = { { 's', 1 }, { 'm', MINUTE }, { 'h', HOUR }, { 'd', DAY },
		{ 'w', WEEK } };

	if (!take_number(&value, 9, seconds))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (value[0] == units[i].unit && value[1] == '\0') {
			*seconds *= units[i].seconds;
			return true;
		}
	return false;
}

/* Z, +hh:mm, or nothing (local time); then the end. */
static bool
parse_zone(const char *p, struct tm *tm, time_t *out)
{
	uint64_t hours, minutes = 0;
	int sign = *p == '-' ? -1 : 1;

	tm->tm_isdst = -1;
	if (*p == '\0') {
		*out = mktime(tm);
		return *out != -1;
	}
	*out = timegm(tm);
	if (*p == 'Z')
		return p[1] == '\0';
	if (*p != '+' && *p != '-')
		return false;
	p++;
	if (!take_number(&p, 2, &hours) || (*p == ':' && *++p == '\0') ||
	    (*p != '\0' && !take_number(&p, 2, &minutes)) || *p != '\0' ||
	    hours > 14 || minutes > 59)
		return false;
	*out -= sign * (time_t)(hours * HOUR + minutes * MINUTE);
	return true;
}

static bool
parse_date(const char *value, time_t *out)
{
	struct tm tm = { .tm_year = 0 };
	const char *p = strptime(value, "%Y-%m-%d", &tm);
	const char *seconds;

	if (p == NULL)
		return false;
	if (*p == 'T' || *p == ' ') {
		p = strptime(p + 1, "%H:%M", &tm);
		if (p == NULL)
			return false;
		seconds = strptime(p, ":%S", &tm);
		if (seconds != NULL)
			p = seconds;
	}
	return parse_zone(p, &tm, out);
}

int
history_since(const char *value, uint64_t now, struct msgid *out)
{
	uint64_t ago;
	time_t t;

	if (parse_id(value, out))
		return 0;
	if (parse_ago(value, &ago))
		now = ago * 1000 < now ? now - ago * 1000 : 1;
	else if (parse_date(value, &t) && t > 0)
		now = (uint64_t)t * 1000;
	else
		return -EINVAL;
	/* What came at that time is wanted, too. */
	*out = (struct msgid){ .ms = now - 1, .n = ID_N_MAX };
	return 0;
}

/* ---- asking ---- */

/* Without --limit forwards, page by page, and written at once; with it
 * backwards until there are enough, and written at the end. */
struct history {
	const struct history_options *opt;
	struct history_writer writer;
	struct buf key;      /* --grep, folded */
	struct msgid cursor; /* forwards: the last one had, backwards the
			      * first; {0, 0}: none yet */
	char **held;         /* backwards: messages, newest first */
	unsigned n;
	size_t held_bytes;
	bool asking, told;
};

static void
ask(struct headless *h);

static void
fail(struct headless *h, int status, const char *text)
{
	fprintf(stderr, "chat: %s\n", text);
	headless_end(h, status);
}

static void
write_out(struct headless *h, struct slice message)
{
	struct history *hi = h->arg;
	struct buf out;

	buf_init(&out, SIZE_MAX);
	history_write(&hi->writer, message, &out);
	headless_put(h, buf_view(&out));
	buf_deinit(&out);
}

static void
finish(struct headless *h)
{
	struct history *hi = h->arg;

	for (unsigned i = hi->n; i > 0; i--)
		write_out(h, slice_of(hi->held[i - 1]));
	headless_end(h, h->status);
}

/* False: there are enough. */
static bool
hold(struct headless *h, struct slice message)
{
	struct history *hi = h->arg;

	if ((hi->n & (hi->n - 1)) == 0)
		hi->held = xrealloc(
		    hi->held, 2 * (size_t)(hi->n + 1) * sizeof(hi->held[0]));
	hi->held[hi->n++] = xstrndup(message.p, message.len);
	hi->held_bytes += message.len;
	return hi->n < (unsigned)hi->opt->limit;
}

/* Returns 1 to go on, 0 at the end, negative if the server talks nonsense. */
static int
take_forwards(struct headless *h, const struct slice *messages, unsigned n)
{
	struct history *hi = h->arg;

	for (unsigned i = 0; i < n; i++) {
		struct msgid id;

		if (!history_id(messages[i], &id) ||
		    msgid_cmp(id, hi->cursor) <= 0)
			return -EPROTO;
		hi->cursor = id;
		if (history_matches(messages[i], buf_view(&hi->key)))
			write_out(h, messages[i]);
	}
	return n > 0;
}

static int
take_backwards(struct headless *h, const struct slice *messages, unsigned n)
{
	struct history *hi = h->arg;

	for (unsigned i = n; i > 0; i--) {
		struct slice message = messages[i - 1];
		struct msgid id;

		if (!history_id(message, &id) ||
		    (hi->cursor.ms != 0 && msgid_cmp(id, hi->cursor) >= 0))
			return -EPROTO;
		if (msgid_cmp(id, hi->opt->since) <= 0)
			return 0;
		hi->cursor = id;
		if (history_matches(message, buf_view(&hi->key)) &&
		    !hold(h, message))
			return 0;
	}
	return n > 0;
}

static void
on_impatient(uv_timer_t *t)
{
	struct headless *h = t->data;
	const char *problem = chat_status(h->chat)->problem;

	fail(h, h->was_online ? EX_TEMPFAIL : EX_UNAVAILABLE,
	    problem[0] != '\0' ? problem : "the server does not answer");
}

/* From now on there is --timeout again. */
static void
be_patient(struct headless *h)
{
	uv_timer_start(
	    &h->patience, on_impatient, (uint64_t)h->opt->timeout * 1000, 0);
}

static void
take_page(struct headless *h, struct slice answer)
{
	struct history *hi = h->arg;
	bool backwards = hi->opt->limit > 0;
	struct slice messages[PAGE], list, raw;
	struct json_iter it;
	unsigned n = 0;
	int more;

	be_patient(h);
	if (!json_get(answer, "messages", &list))
		list = SLICE("[]");
	json_iter_init(&it, list);
	while (n < PAGE && json_iter_next(&it, NULL, &messages[n]))
		n++;
	more = backwards ? take_backwards(h, messages, n)
			 : take_forwards(h, messages, n);
	if (h->dead)
		return; /* standard output is gone */
	if (more < 0)
		fail(h, EX_PROTOCOL, "the server's pages are in no order");
	else if (hi->held_bytes > HELD_MAX)
		fail(h, EX_DATAERR,
		    "too much for --limit; --since may do instead");
	else if (more > 0 &&
		 json_get(answer, backwards ? "more" : "newer", &raw) &&
		 slice_is(raw, "true"))
		ask(h);
	else
		finish(h);
}

static void
on_reply(void *arg, const struct chat_reply *r)
{
	struct headless *h = arg;
	struct history *hi = h->arg;
	struct slice answer = SLICE("{}");
	struct json_iter it;
	struct buf line;

	hi->asking = false;
	if (h->dead)
		return;
	if (r->ok) {
		json_iter_args(&it, r->json);
		json_iter_next(&it, NULL, &answer);
		take_page(h, answer);
		return;
	}
	/* Lost, or late: asked again when it is back, for as long as there
	 * is patience. */
	if (slice_is(r->code, "offline") || slice_is(r->code, "timeout"))
		return;
	buf_init(&line, 4096);
	clean_line(&line, r->message.len > 0 ? r->message : r->code, 1024);
	fprintf(stderr, "chat: refused: %.*s\n", SLICE_ARG(buf_view(&line)));
	buf_deinit(&line);
	headless_end(h, slice_is(r->code, "busy") ||
				slice_is(r->code, "not-stored") ||
				slice_is(r->code, "rate")
			    ? EX_TEMPFAIL
			    : EX_NOPERM);
}

static void
ask(struct headless *h)
{
	struct history *hi = h->arg;
	bool backwards = hi->opt->limit > 0;
	char id[MSGID_STR_MAX];
	struct buf json;

	buf_init(&json, 4096);
	buf_puts(&json, "{\"room\":");
	json_put_string(
	    &json, slice_of(hi->opt->room != NULL ? hi->opt->room : "lobby"));
	if (hi->cursor.ms != 0) {
		msgid_format(id, hi->cursor);
		buf_printf(&json, ",\"%s\":\"%s\"",
		    backwards ? "before" : "after", id);
	}
	buf_printf(&json, ",\"limit\":%d}", PAGE);
	hi->asking = true;
	chat_request(h->chat, "history", buf_view(&json), on_reply, h);
	buf_deinit(&json);
}

static void
on_status(void *arg, const struct chat_status *st)
{
	struct headless *h = arg;
	struct history *hi = h->arg;

	headless_check(h);
	if (h->dead)
		return;
	if (st->phase == CHAT_WAITING && st->final) {
		fail(h, EX_UNAVAILABLE, st->problem);
		return;
	}
	if (st->phase == CHAT_WAITING && !hi->told) {
		fprintf(stderr, "chat: %s; trying again\n", st->problem);
		hi->told = true;
	}
	if (st->phase != CHAT_ONLINE || hi->asking)
		return;
	if (st->classic)
		fail(h, EX_UNAVAILABLE, "this server keeps no history");
	else
		ask(h);
}

static void
on_start(struct headless *h)
{
	be_patient(h);
}

int
history_run(const struct history_options *opt)
{
	const struct headless_mode mode = {
		.chat = { .on_status = on_status },
		.on_start = on_start,
	};
	struct history hi = { .opt = opt,
		.writer = { .format = opt->format, .day = -1 } };
	int status;

	buf_init(&hi.key, SIZE_MAX);
	if (opt->grep != NULL && name_fold(slice_of(opt->grep), &hi.key) != 0) {
		fputs("chat: --grep: this is not UTF-8\n", stderr);
		return EX_USAGE;
	}
	if (opt->limit == 0) {
		hi.cursor = opt->since;
		/* Behind an id that is older than any. */
		if (hi.cursor.ms == 0)
			hi.cursor.ms = 1;
	}
	status = headless_run(&opt->connect, &mode, &hi);
	for (unsigned i = 0; i < hi.n; i++)
		free(hi.held[i]);
	free(hi.held);
	buf_deinit(&hi.key);
	return status;
}
