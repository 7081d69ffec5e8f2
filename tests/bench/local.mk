# "make bench" runs all of them, or those of BENCH='stalled store'; of the
# benchmark of the whole, ratios, PARTS='fanout echo' runs some parts.

bench_programs += %D%/scrollback %D%/stalled %D%/store
bench_helpers += %D%/bare %D%/counted.so
test_programs += %D%/ratios
interop_tests += %D%/smoke.sh
test_files += %D%/README.md %D%/official.js

%C%_bare_SOURCES = %D%/bare.c
%C%_counted_so_SOURCES = %D%/counted.c
%C%_counted_so_CFLAGS = $(AM_CFLAGS) -fPIC
%C%_counted_so_LDFLAGS = -shared
%C%_counted_so_LDADD = -ldl
%C%_ratios_SOURCES = \
	%D%/gen.c %D%/gen.h \
	%D%/gen_polling.c \
	%D%/gen_server.c \
	%D%/gen_socket.c \
	%D%/gen_talk.c \
	%D%/gen_text.c \
	%D%/gen_ws.c \
	%D%/ratios.c %D%/ratios.h \
	%D%/ratios_parts.c \
	%D%/servers.c %D%/servers.h
%C%_ratios_LDADD = $(LDADD) -lm
