/* Base64, RFC 4648: section 4 (+/ and padding) and section 5 (-_ bare). */
#ifndef CHAT_BASE_BASE64_H
#define CHAT_BASE_BASE64_H

#include <stddef.h>
#include <sys/types.h>

/* Bytes that base64_encode writes for n bytes of input. */
#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

/* Writes BASE64_LEN(len) characters, no NUL; returns their number. */
size_t
base64_encode(char *out, const void *in, size_t len);

/* URL alphabet without padding; returns the characters written. */
size_t
base64url_encode(char *out, const void *in, size_t len);

/*
 * Decodes len characters of section 4 form, padding optional, nothing else
 * tolerated. out may be in (decodes in place). Returns bytes or -EINVAL.
 */
ssize_t
base64_decode(void *out, const char *in, size_t len);

#endif
