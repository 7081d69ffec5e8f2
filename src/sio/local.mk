libchat_a_SOURCES += \
	%D%/namespace.h %D%/sio.h \
	%D%/adapter_memory.c \
	%D%/message.c \
	%D%/recovery.c \
	%D%/server.c \
	%D%/socket.c
