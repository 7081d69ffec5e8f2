libchat_a_SOURCES += \
	%D%/base64.c %D%/base64.h \
	%D%/bucket.c %D%/bucket.h \
	%D%/buf.c %D%/buf.h \
	%D%/clean.c %D%/clean.h \
	%D%/clock.c %D%/clock.h \
	%D%/counted.c %D%/counted.h \
	%D%/hash.c %D%/hash.h \
	%D%/hex.c %D%/hex.h \
	%D%/limits.c %D%/limits.h \
	%D%/log.c %D%/log.h \
	%D%/mem.c %D%/mem.h \
	%D%/msgid.c %D%/msgid.h \
	%D%/opt.c %D%/opt.h \
	%D%/secret.c %D%/secret.h \
	%D%/siphash.c %D%/siphash.h \
	%D%/slice.c %D%/slice.h \
	%D%/utf8.c %D%/utf8.h
