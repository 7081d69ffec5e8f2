#include "config.h"

#include "sio/message.h"

#include <errno.h>
#include <stdint.h>

int
message_init(struct message *m, enum sio_type type, const char *nsp, int64_t id,
    struct slice name, const struct sio_args *args, const struct msgid *offset)
{
	char text[MSGID_STR_MAX];
	struct buf json;
	unsigned i;

	if (args->nbin > SIO_ATTACHMENTS_MAX)
		return -E2BIG;
	buf_init(&json, UINT32_MAX / 2);
	buf_putc(&json, '[');
	buf_append_slice(&json, name);
	if (name.len > 0 && args->json.len > 0)
		buf_putc(&json, ',');
	buf_append_slice(&json, args->json);
	if (offset != NULL) {
		msgid_format(text, *offset);
		buf_printf(&json, ",\"%s\"", text);
	}
	buf_putc(&json, ']');
	if (json.failed) {
		buf_deinit(&json);
		return -E2BIG;
	}
	m->packet[0] = sio_packet_encode(
	    type, slice_of(nsp), id, args->nbin, buf_view(&json));
	buf_deinit(&json);
	m->n = 1;
	for (i = 0; i < args->nbin; i++)
		m->packet[m->n++] =
		    eio_packet_copy(EIO_MESSAGE, true, args->bin[i]);
	m->bytes = 0;
	for (i = 0; i < m->n; i++)
		m->bytes += m->packet[i]->len;
	return 0;
}

void
message_deinit(struct message *m)
{
	for (unsigned i = 0; i < m->n; i++)
		eio_packet_unref(m->packet[i]);
	m->n = 0;
}
