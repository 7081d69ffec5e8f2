/* Headers of the PROXY protocol: one is whole once, and says the same whatever
 * comes behind it; and X-Forwarded-For: nobody is made up. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/proxies.h"

static bool
same(const struct address *a, const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void
check_header(struct slice all)
{
	struct address whole, part;
	ssize_t used = proxies_header(all, &whole), r = 0;
	size_t n = 0;

	CHECK(used == -EINVAL || (used >= 0 && used <= PROXY_HEADER_MAX));
	CHECK(used <= (ssize_t)all.len);
	CHECK(used != 0 || all.len < PROXY_HEADER_MAX);
	while (r == 0 && n < all.len) {
		char *copy = fuzz_copy((struct slice){ all.p, ++n });

		r = proxies_header((struct slice){ copy, n }, &part);
		free(copy);
	}
	CHECK(r == used);
	CHECK(used <= 0 || ((size_t)used == n && same(&whole, &part)));
}

static void
check_list(struct slice list)
{
	struct address peer, client, again;
	char text[ADDRESS_TEXT_SIZE];
	struct proxies p;

	CHECK(proxies_parse(SLICE("loopback,10.0.0.0/8"), &p) == 0);
	CHECK(address_parse(SLICE("192.0.2.1"), &peer) == 0);
	client = proxies_client(&p, &peer, list);
	CHECK(same(&client, &peer));
	CHECK(address_parse(SLICE("10.0.0.1"), &peer) == 0);
	client = proxies_client(&p, &peer, list);
	address_text(&client, text);
	CHECK(address_parse(slice_of(text), &again) == 0);
	CHECK(same(&client, &again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct slice all = fuzz_rest(&in);
	char *copy = fuzz_copy(all);
	struct proxies p;
	int rc;

	all.p = copy;
	check_header(all);
	check_list(all);
	rc = proxies_parse(all, &p);
	CHECK(rc == -EINVAL || (rc == 0 && p.n > 0 && p.n <= PROXIES_MAX));
	free(copy);
	return 0;
}
