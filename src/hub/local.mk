libchat_a_SOURCES += \
	%D%/attempts.c %D%/attempts.h \
	%D%/confusable.c %D%/confusable.h %D%/confusable_table.h \
	%D%/hub.c %D%/hub.h \
	%D%/member.h \
	%D%/mention.c %D%/mention.h \
	%D%/name.c %D%/name.h \
	%D%/namespaces.c \
	%D%/nick.c %D%/nick.h \
	%D%/nonces.c %D%/nonces.h \
	%D%/password.c %D%/password.h \
	%D%/person.c \
	%D%/plain.c \
	%D%/post.c \
	%D%/token.c %D%/token.h
