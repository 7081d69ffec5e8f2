chat_SOURCES += %D%/main.c
libchat_a_SOURCES += \
	%D%/completion.c %D%/completion.h \
	%D%/connect.c %D%/connect.h \
	%D%/headless.c %D%/headless.h \
	%D%/history.c %D%/history.h %D%/history_format.c \
	%D%/input.c %D%/input.h \
	%D%/json_mode.c \
	%D%/modes.h \
	%D%/plain.c \
	%D%/send.c \
	%D%/store.c %D%/store.h
