libchat_a_SOURCES += \
	%D%/account.c \
	%D%/act.c %D%/act.h \
	%D%/admin.c \
	%D%/audit.c \
	%D%/call.c %D%/call.h \
	%D%/changing.c \
	%D%/conn.c \
	%D%/core.h \
	%D%/door.c \
	%D%/encode.c %D%/encode.h \
	%D%/attempts.c %D%/attempts.h \
	%D%/confusable.c %D%/confusable.h %D%/confusable_table.h \
	%D%/gate.c %D%/gate.h \
	%D%/expel.c %D%/expel.h \
	%D%/hold.c %D%/hold.h \
	%D%/hub.c %D%/hub.h \
	%D%/invitation.c %D%/invitation.h \
	%D%/joining.c \
	%D%/line.c %D%/line.h \
	%D%/mention.c %D%/mention.h \
	%D%/moderation.c \
	%D%/name.c %D%/name.h \
	%D%/namespaces.c \
	%D%/nick.c %D%/nick.h \
	%D%/operator.c \
	%D%/password.c %D%/password.h \
	%D%/person.c \
	%D%/plain.c %D%/plain.h \
	%D%/post.c \
	%D%/posting.c \
	%D%/presence.c \
	%D%/private.c \
	%D%/rate.c %D%/rate.h \
	%D%/reading.c \
	%D%/refusals.c %D%/refusals.h \
	%D%/restore.c \
	%D%/role.c %D%/role.h \
	%D%/room.c \
	%D%/say.c \
	%D%/secrets.c %D%/secrets.h \
	%D%/slow.c %D%/slow.h \
	%D%/token.c %D%/token.h
