# Fuzzing: fuzz_x.c is a target, corpus/x its corpus, x.dict (if it is there)
# its dictionary. "make check" runs the corpora through the targets;
# "make fuzz SECONDS=60 [FUZZ=x]" each of them for so long (seconds of CPU),
# with libFuzzer.

fuzz_targets = http http_response ws inflate eio sio json text url fields names \
	conf proxies keys session client

fuzz_tests += \
	%D%/fuzz_http \
	%D%/fuzz_http_response \
	%D%/fuzz_ws \
	%D%/fuzz_inflate \
	%D%/fuzz_eio \
	%D%/fuzz_sio \
	%D%/fuzz_json \
	%D%/fuzz_text \
	%D%/fuzz_url \
	%D%/fuzz_proxies \
	%D%/fuzz_fields \
	%D%/fuzz_names \
	%D%/fuzz_conf \
	%D%/fuzz_keys \
	%D%/fuzz_session \
	%D%/fuzz_client

fuzz_common = %D%/fuzz.c %D%/fuzz.h
fuzz_main = $(fuzz_common) %D%/replay.c
%C%_fuzz_http_SOURCES = %D%/fuzz_http.c $(fuzz_main)
%C%_fuzz_http_response_SOURCES = %D%/fuzz_http_response.c $(fuzz_main)
%C%_fuzz_ws_SOURCES = %D%/fuzz_ws.c $(fuzz_main)
%C%_fuzz_inflate_SOURCES = %D%/fuzz_inflate.c $(fuzz_main)
%C%_fuzz_eio_SOURCES = %D%/fuzz_eio.c $(fuzz_main)
%C%_fuzz_sio_SOURCES = %D%/fuzz_sio.c $(fuzz_main)
%C%_fuzz_json_SOURCES = %D%/fuzz_json.c $(fuzz_main)
%C%_fuzz_text_SOURCES = %D%/fuzz_text.c $(fuzz_main)
%C%_fuzz_proxies_SOURCES = %D%/fuzz_proxies.c $(fuzz_main)
%C%_fuzz_url_SOURCES = %D%/fuzz_url.c $(fuzz_main)
%C%_fuzz_fields_SOURCES = %D%/fuzz_fields.c $(fuzz_main)
%C%_fuzz_names_SOURCES = %D%/fuzz_names.c $(fuzz_main)
%C%_fuzz_conf_SOURCES = %D%/fuzz_conf.c $(fuzz_main)
%C%_fuzz_keys_SOURCES = %D%/fuzz_keys.c $(fuzz_main)
%C%_fuzz_session_SOURCES = %D%/fuzz_session.c %D%/fake_stream.c \
	%D%/fake_stream.h %D%/fake_system.c %D%/fake_system.h \
	%D%/fake_worker.c %D%/fake_worker.h $(fuzz_main)
%C%_fuzz_client_SOURCES = %D%/fuzz_client.c %D%/fake_stream.c \
	%D%/fake_stream.h %D%/fake_system.c %D%/fake_system.h $(fuzz_main)
EXTRA_DIST += %D%/corpus %D%/client.dict %D%/http.dict %D%/inflate.dict \
	%D%/json.dict %D%/keys.dict %D%/session.dict %D%/sio.dict %D%/text.dict

# Of clang, with its sanitizers, in a place of its own.
fuzz_flags = -std=c11 -g -O1 -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all
fuzz_compile = $(CLANG) $(fuzz_flags) -fsanitize=fuzzer-no-link $(DEFS) \
	$(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(fuzz_strict) -w -MMD -MP
fuzz_objects = $(patsubst %.c,.fuzz/%.o,$(filter %.c,$(libchat_a_SOURCES)) \
	$(nodist_libllhttp_a_SOURCES))
fuzz_programs = $(fuzz_targets:%=.fuzz/fuzz_%)
fuzz_fakes = .fuzz/%D%/fake_stream.o .fuzz/%D%/fake_system.o

.fuzz/.llhttp/%.o: fuzz_strict = -DLLHTTP_STRICT_MODE=1
.fuzz/%.o: %.c
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_CC)$(fuzz_compile) -c -o $@ $<

.fuzz/libchat.a: $(fuzz_objects)
	$(AM_V_at)rm -f $@
	$(AM_V_AR)$(AR) cr $@ $(fuzz_objects)

.fuzz/fuzz_client: $(fuzz_fakes)
.fuzz/fuzz_session: $(fuzz_fakes) .fuzz/%D%/fake_worker.o
.fuzz/fuzz_%: .fuzz/%D%/fuzz_%.o .fuzz/%D%/fuzz.o .fuzz/libchat.a
	$(AM_V_CCLD)$(CLANG) $(fuzz_flags) -fsanitize=fuzzer -o $@ \
		$(filter %.o,$^) .fuzz/libchat.a \
		$(filter-out libllhttp.a,$(CHAT_LIBS))

.PRECIOUS: .fuzz/%.o
SECONDS = 60
FUZZ = $(fuzz_targets)

.PHONY: fuzz
fuzz: all
	@if echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
		$(CLANG) -fsanitize=fuzzer -x c -o /dev/null - 2> /dev/null; \
	then \
		$(MAKE) $(AM_MAKEFLAGS) $(FUZZ:%=.fuzz/fuzz_%) && \
		$(SHELL) $(srcdir)/%D%/fuzz.sh '$(srcdir)/%D%' $(SECONDS) \
			$(FUZZ); \
	else \
		echo 'fuzz: skipped: $(CLANG) has no libFuzzer'; \
	fi

-include $(wildcard .fuzz/*/*.d .fuzz/*/*/*.d)
test_files += %D%/fuzz.sh
