#include "config.h"

#include "base/base64.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t
encode(char *out, const uint8_t *in, size_t len, const char *alphabet, bool pad)
{
	char *o = out;
	uint32_t v;

	for (; len >= 3; in += 3, len -= 3) {
		v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
		*o++ = alphabet[v >> 18];
		*o++ = alphabet[v >> 12 & 63];
		*o++ = alphabet[v >> 6 & 63];
		*o++ = alphabet[v & 63];
	}
	if (len > 0) {
		v = (uint32_t)in[0] << 16;
		if (len == 2)
			v |= (uint32_t)in[1] << 8;
		*o++ = alphabet[v >> 18];
		*o++ = alphabet[v >> 12 & 63];
		if (len == 2)
			*o++ = alphabet[v >> 6 & 63];
		for (size_t i = len; pad && i < 3; i++)
			*o++ = '=';
	}
	return (size_t)(o - out);
}

size_t
base64_encode(char *out, const void *in, size_t len)
{
	return encode(out, in, len, std_alphabet, true);
}

size_t
base64url_encode(char *out, const void *in, size_t len)
{
	return encode(out, in, len, url_alphabet, false);
}

/* 0 to 63, or a value with higher bits for what is not in the alphabet. */
static uint32_t
digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0' + 52);
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return UINT32_MAX;
}

ssize_t
base64_decode(void *out, const char *in, size_t len)
{
	uint8_t *o = out;
	uint32_t a, b, c, d;

	if (len % 4 == 0 && len > 0 && in[len - 1] == '=')
		len -= in[len - 2] == '=' ? 2 : 1;
	/* Each round reads four characters before it writes their three. */
	for (; len >= 4; in += 4, len -= 4) {
		a = digit(in[0]);
		b = digit(in[1]);
		c = digit(in[2]);
		d = digit(in[3]);
		if ((a | b | c | d) > 63)
			return -EINVAL;
		*o++ = (uint8_t)(a << 2 | b >> 4);
		*o++ = (uint8_t)(b << 4 | c >> 2);
		*o++ = (uint8_t)(c << 6 | d);
	}
	if (len == 0)
		return o - (uint8_t *)out;
	if (len == 1)
		return -EINVAL;
	a = digit(in[0]);
	b = digit(in[1]);
	c = len == 3 ? digit(in[2]) : 0;
	/* The bits that fill up the last character are zero, section 3.5. */
	if ((a | b | c) > 63 || (len == 2 ? b & 15 : c & 3) != 0)
		return -EINVAL;
	*o++ = (uint8_t)(a << 2 | b >> 4);
	if (len == 3)
		*o++ = (uint8_t)(b << 4 | c >> 2);
	return o - (uint8_t *)out;
}
