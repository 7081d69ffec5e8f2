#include "config.h"

#include "proto/sio_packet.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/json.h"

/* Past 2^53 JavaScript can't tell integers apart. */
#define ID_MAX ((UINT64_C(1) << 53) - 1)

/* They mean something to the official libraries, reference section 2. */
static const char *const reserved[] = {
	"connect",
	"connect_error",
	"disconnect",
	"disconnecting",
	"newListener",
	"removeListener",
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_binary(enum sio_type type)
{
	return type == SIO_BINARY_EVENT || type == SIO_BINARY_ACK;
}

static bool
is_event(enum sio_type type)
{
	return type == SIO_EVENT || type == SIO_BINARY_EVENT;
}

static bool
is_ack(enum sio_type type)
{
	return type == SIO_ACK || type == SIO_BINARY_ACK;
}

/*
 * Takes a decimal number up to max off the front. 1, 0 if there is none,
 * -EINVAL if it is larger or has a leading zero.
 */
static int
take_number(struct slice *s, uint64_t max, uint64_t *n)
{
	size_t i;

	*n = 0;
	for (i = 0; i < s->len && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
		*n = *n * 10 + (uint64_t)(s->p[i] - '0');
		if (*n > max || (i > 0 && s->p[0] == '0'))
			return -EINVAL;
	}
	*s = slice_skip(*s, i);
	return i > 0;
}

static int
take_attachments(struct slice *s, unsigned max, struct sio_packet *pk)
{
	uint64_t n;

	if (take_number(s, max, &n) != 1 || n == 0 || !slice_starts(*s, "-"))
		return -EINVAL;
	*s = slice_skip(*s, 1);
	pk->attachments = (unsigned)n;
	return 0;
}

/* "/nsp" up to a comma, which may be missing at the end. */
static int
take_nsp(int protocol, struct slice *s, struct sio_packet *pk)
{
	struct slice nsp = *s;
	const char *at;

	pk->nsp = SLICE("/");
	if (!slice_starts(*s, "/"))
		return 0;
	at = memchr(s->p, ',', s->len);
	if (at != NULL)
		nsp.len = (size_t)(at - s->p);
	*s = slice_skip(*s, nsp.len + 1);
	at = memchr(nsp.p, '?', nsp.len);
	if (protocol == 4 && pk->type == SIO_CONNECT && at != NULL) {
		pk->query = slice_skip(nsp, (size_t)(at - nsp.p) + 1);
		nsp.len = (size_t)(at - nsp.p);
	}
	pk->nsp = nsp;
	return nsp.len <= SIO_NSP_MAX ? 0 : -EINVAL;
}

static int
take_id(struct slice *s, struct sio_packet *pk)
{
	int rc = take_number(s, ID_MAX, &pk->id);

	if (rc < 0)
		return -EINVAL;
	pk->has_id = rc > 0;
	if (pk->has_id && !is_event(pk->type) && !is_ack(pk->type))
		return -EINVAL;
	return pk->has_id || !is_ack(pk->type) ? 0 : -EINVAL;
}

/* The rest is JSON and nothing else, or nothing at all. */
static int
take_data(
    struct slice s, const struct json_limits *limits, struct sio_packet *pk)
{
	pk->data = SLICE("");
	if (s.len == 0)
		return 0;
	if (is_space(s.p[0]) || json_check_within(s, limits) != 0)
		return -EINVAL;
	while (is_space(s.p[s.len - 1]))
		s.len--;
	pk->data = s;
	return 0;
}

static bool
event_name_valid(struct slice data)
{
	struct json_iter it;
	struct slice name;

	json_iter_init(&it, data);
	if (!json_iter_next(&it, NULL, &name))
		return false;
	if (json_type(name) == JSON_NUMBER)
		return true;
	if (json_type(name) != JSON_STRING)
		return false;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (json_string_is(name, reserved[i]))
			return false;
	return true;
}

static bool
data_valid(int protocol, const struct sio_packet *pk)
{
	bool none = pk->data.len == 0;
	enum json_type type = none ? JSON_NULL : json_type(pk->data);

	switch (pk->type) {
	case SIO_CONNECT:
		return none || type == JSON_OBJECT;
	case SIO_DISCONNECT:
		return none;
	case SIO_CONNECT_ERROR:
		return protocol == 4 || type == JSON_OBJECT ||
		       type == JSON_STRING;
	case SIO_EVENT:
	case SIO_BINARY_EVENT:
		return type == JSON_ARRAY && event_name_valid(pk->data);
	case SIO_ACK:
	case SIO_BINARY_ACK:
		return type == JSON_ARRAY;
	}
	return false;
}

int
sio_packet_decode(int protocol, struct slice text,
    const struct sio_limits *limits, struct sio_packet *out)
{
	struct sio_packet pk = { .query = SLICE("") };

	if (text.len == 0 || text.p[0] < '0' ||
	    text.p[0] > '0' + SIO_BINARY_ACK)
		return -EINVAL;
	pk.type = (enum sio_type)(text.p[0] - '0');
	text = slice_skip(text, 1);
	if (is_binary(pk.type) &&
	    take_attachments(&text, limits->attachments, &pk) != 0)
		return -EINVAL;
	if (take_nsp(protocol, &text, &pk) != 0 || take_id(&text, &pk) != 0 ||
	    take_data(text, &limits->json, &pk) != 0 ||
	    !data_valid(protocol, &pk))
		return -EINVAL;
	/* Elsewhere a "_placeholder" is data like any other. */
	if (is_binary(pk.type) &&
	    json_placeholders(pk.data, pk.attachments) != (int)pk.attachments)
		return -EINVAL;
	*out = pk;
	return 0;
}

/* What is left of an array: without a comma at its front, the "]", and the
 * space that may be around it. */
static struct slice
up_to_bracket(struct slice rest)
{
	while (rest.len > 0 && (is_space(rest.p[0]) || rest.p[0] == ','))
		rest = slice_skip(rest, 1);
	while (rest.len > 0 && is_space(rest.p[rest.len - 1]))
		rest.len--;
	rest.len--;
	while (rest.len > 0 && is_space(rest.p[rest.len - 1]))
		rest.len--;
	return rest;
}

struct slice
sio_event_name(const struct sio_packet *pk, struct slice *rest)
{
	struct json_iter it;
	struct slice name = SLICE("");

	assert(is_event(pk->type));
	json_iter_init(&it, pk->data);
	json_iter_next(&it, NULL, &name);
	*rest = up_to_bracket(it.rest);
	return name;
}

struct slice
sio_ack_args(const struct sio_packet *pk)
{
	struct json_iter it;

	json_iter_init(&it, pk->data);
	return up_to_bracket(it.rest);
}

static char *
put(char *to, const char *p, size_t len)
{
	if (len > 0)
		memcpy(to, p, len);
	return to + len;
}

struct eio_packet *
sio_packet_encode(enum sio_type type, struct slice nsp, int64_t id,
    unsigned attachments, struct slice data)
{
	bool has_nsp = nsp.len > 0 && !slice_is(nsp, "/");
	char count[16] = "", number[24] = "";
	size_t count_len = 0, number_len = 0;
	struct eio_packet *p;
	char *to;

	if (attachments > 0) {
		assert(is_event(type) || is_ack(type));
		type = is_event(type) ? SIO_BINARY_EVENT : SIO_BINARY_ACK;
		count_len =
		    (size_t)snprintf(count, sizeof(count), "%u-", attachments);
	}
	assert(attachments > 0 || !is_binary(type));
	if (id != SIO_NO_ID)
		number_len =
		    (size_t)snprintf(number, sizeof(number), "%" PRId64, id);
	p = eio_packet_new(EIO_MESSAGE, false,
	    1 + count_len + (has_nsp ? nsp.len + 1 : 0) + number_len +
		data.len);
	to = eio_packet_data(p);
	*to++ = (char)('0' + type);
	to = put(to, count, count_len);
	if (has_nsp) {
		to = put(to, nsp.p, nsp.len);
		*to++ = ',';
	}
	to = put(to, number, number_len);
	put(to, data.p, data.len);
	p->json = !has_nsp || slice_is_ascii(nsp);
	return p;
}
