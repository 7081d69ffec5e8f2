chat_SOURCES += %D%/main.c
libchat_a_SOURCES += \
	%D%/completion.c %D%/completion.h \
	%D%/connect.c %D%/connect.h \
	%D%/headless.c %D%/headless.h \
	%D%/history.c %D%/history.h %D%/history_format.c \
	%D%/input.c %D%/input.h \
	%D%/json_mode.c \
	%D%/json_tell.c %D%/json_tell.h \
	%D%/modes.h \
	%D%/password.c %D%/password.h \
	%D%/plain.c \
	%D%/plain_tell.c %D%/plain_tell.h \
	%D%/send.c \
	%D%/store.c %D%/store.h \
	%D%/usage.c %D%/usage.h
