libchat_a_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/admission.c %D%/admission.h \
	%D%/backlog.c %D%/backlog.h \
	%D%/dialler.c %D%/dialler.h \
	%D%/http_client.c %D%/http_client.h \
	%D%/http_conn.c %D%/http_conn.h %D%/http_conn_internal.h \
	%D%/http_answer.c %D%/http_request.c \
	%D%/intake.c %D%/intake.h \
	%D%/listener.c %D%/listener.h \
	%D%/loop.c %D%/loop.h \
	%D%/outq.c %D%/outq.h \
	%D%/proxies.c %D%/proxies.h \
	%D%/stream.c %D%/stream.h %D%/stream_internal.h \
	%D%/stream_tls.c \
	%D%/timeq.c %D%/timeq.h \
	%D%/tls.c %D%/tls.h \
	%D%/worker.c %D%/worker.h \
	%D%/ws_client.c \
	%D%/ws_conn.c %D%/ws_conn.h
