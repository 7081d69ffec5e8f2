libchat_a_SOURCES += \
	%D%/client.c %D%/client.h %D%/client_session.h \
	%D%/client_polling.c \
	%D%/client_websocket.c \
	%D%/eio.h %D%/session.h \
	%D%/polling.c \
	%D%/server.c \
	%D%/session.c \
	%D%/websocket.c
