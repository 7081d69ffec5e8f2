libchat_a_SOURCES += \
	%D%/deflate.c %D%/deflate.h \
	%D%/eio3_text.c %D%/eio3_text.h \
	%D%/eio_packet.c %D%/eio_packet.h \
	%D%/http.c %D%/http.h %D%/http_text.c \
	%D%/http_fields.c %D%/http_fields.h \
	%D%/http_response.c %D%/http_response.h \
	%D%/json.c %D%/json.h %D%/json_put.c \
	%D%/sio_packet.c %D%/sio_packet.h \
	%D%/ws.c %D%/ws.h
