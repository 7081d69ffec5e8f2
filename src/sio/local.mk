libchat_a_SOURCES += \
	%D%/namespace.h %D%/sio.h \
	%D%/adapter_memory.c \
	%D%/assembly.c %D%/assembly.h \
	%D%/knock.c \
	%D%/manager.c %D%/manager.h \
	%D%/csocket.c %D%/csocket.h \
	%D%/message.c %D%/message.h \
	%D%/recovery.c \
	%D%/server.c \
	%D%/socket.c
