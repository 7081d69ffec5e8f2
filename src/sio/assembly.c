#include "config.h"

#include "sio/assembly.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct assembly *
assembly_new(int protocol, struct slice text)
{
	struct assembly *a = xcalloc(1, sizeof(*a) + text.len + 1);

	memcpy(a->text, text.p, text.len);
	sio_packet_decode(protocol, (struct slice){ a->text, text.len },
	    &SIO_LIMITS_MOST, &a->pk);
	return a;
}

void
assembly_free(struct assembly *a)
{
	if (a == NULL)
		return;
	for (unsigned i = 0; i < a->n; i++)
		free((char *)(uintptr_t)a->bin[i].p);
	free(a);
}

int
assembly_take(struct assembly *a, struct slice data, size_t max)
{
	a->bytes += data.len;
	if (a->bytes > max)
		return -EMSGSIZE;
	a->bin[a->n++] = (struct slice){ xstrndup(data.p, data.len), data.len };
	return a->n == a->pk.attachments;
}
