libchat_a_SOURCES += \
	%D%/chat.c %D%/chat.h \
	%D%/chat_calls.c %D%/chat_hold.c %D%/chat_incoming.c \
	%D%/chat_internal.h %D%/chat_outgoing.c %D%/chat_parse.c \
	%D%/chat_refused.c %D%/chat_rooms.c %D%/chat_token.c \
	%D%/conf.c %D%/conf.h \
	%D%/outbox.c %D%/outbox.h %D%/outbox_file.c %D%/outbox_file.h \
	%D%/token.c %D%/token.h \
	%D%/url.c %D%/url.h
