libchat_a_SOURCES += \
	%D%/eio.h %D%/session.h \
	%D%/polling.c \
	%D%/server.c \
	%D%/session.c \
	%D%/websocket.c
