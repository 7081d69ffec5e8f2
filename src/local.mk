# The floors, ground floor first. A file may include headers of its own floor
# and of those named (tests/lint/layers.sh checks it):
#
#   base    bytes, text, log, options, clock    -
#   proto   codecs without I/O or clock         base
#   net     the loop, HTTP and WebSocket        base proto
#   eio     Engine.IO transports and sessions   base proto net
#   sio     Socket.IO namespaces and sockets    base proto net eio
#   store   messages, people, markers           base net
#   hub     what a chat is                      base proto net sio store
#   client  what one who chats is               base proto net sio
#   tui     the terminal client                 base proto net sio client
#   server  chat serve                          all above
#   cli     main                                all

include src/base/local.mk
include src/proto/local.mk
include src/net/local.mk
include src/eio/local.mk
include src/sio/local.mk
include src/store/local.mk
include src/hub/local.mk
include src/client/local.mk
include src/tui/local.mk
include src/server/local.mk
include src/cli/local.mk

if LLHTTP_SOURCES
# Code of others, copied when building and never distributed: no warnings.
noinst_LIBRARIES += libllhttp.a
nodist_libllhttp_a_SOURCES = .llhttp/api.c .llhttp/http.c .llhttp/llhttp.c
libllhttp_a_CPPFLAGS = $(LLHTTP_CFLAGS) -DLLHTTP_STRICT_MODE=1
libllhttp_a_CFLAGS = $(HARDEN_CFLAGS) -w
CLEANFILES += $(nodist_libllhttp_a_SOURCES)

.llhttp/api.c:
	$(AM_V_GEN)$(MKDIR_P) .llhttp && cp $(LLHTTP_DIR)/api.c $@
.llhttp/http.c:
	$(AM_V_GEN)$(MKDIR_P) .llhttp && cp $(LLHTTP_DIR)/http.c $@
.llhttp/llhttp.c:
	$(AM_V_GEN)$(MKDIR_P) .llhttp && cp $(LLHTTP_DIR)/llhttp.c $@
endif
