libchat_a_SOURCES += \
	%D%/act.c \
	%D%/arena.c %D%/arena.h \
	%D%/change.c \
	%D%/db.c %D%/db.h \
	%D%/file.c \
	%D%/folder.c %D%/folder.h \
	%D%/index.c \
	%D%/internal.h \
	%D%/markers.c \
	%D%/path.c %D%/path.h \
	%D%/people.c \
	%D%/post.c \
	%D%/query.c \
	%D%/recent.c \
	%D%/retention.c \
	%D%/rows.c \
	%D%/schema.c \
	%D%/sessions.c \
	%D%/store.c \
	%D%/store.h \
	%D%/tools.c %D%/tools.h \
	%D%/words.c %D%/words.h \
	%D%/writer.c
