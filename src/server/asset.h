#ifndef CHAT_SERVER_ASSET_H
#define CHAT_SERVER_ASSET_H

#include <stddef.h>

/*
 * The files that the server serves from its own binary: the page and the
 * official Socket.IO client. share/embed makes the table when building;
 * nobody owns or frees anything in it.
 */
struct asset {
	const char *path;          /* as requested, without the query */
	const char *type;          /* value of Content-Type */
	const char *etag;          /* value of ETag, quotes included */
	const unsigned char *data; /* len bytes, as they are */
	size_t len;
	const unsigned char *gz; /* gzlen bytes, the same in gzip's format */
	size_t gzlen;
};

extern const struct asset assets[]; /* sorted by path, bytewise */
extern const size_t assets_n;

#endif
