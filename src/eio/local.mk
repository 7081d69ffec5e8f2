libchat_a_SOURCES += \
	%D%/client.c %D%/client.h \
	%D%/eio.h %D%/session.h \
	%D%/polling.c \
	%D%/server.c \
	%D%/session.c \
	%D%/websocket.c
