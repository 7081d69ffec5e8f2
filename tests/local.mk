# Every test is one of automake's: programs by cmocka and files by node:test
# write TAP, scripts tell by their exit status. The fragments add to
#
#   unit_tests     programs; the source of tests/x/test_y is tests/x/test_y.c
#   fuzz_tests     programs that run a fuzz target's corpus
#   interop_tests  *.test.js, against ./chat, in the folder's node_modules
#   browser_tests  *.test.js, with a Chromium
#   tui_tests      *.test.js, with a terminal (tmux)
#   lint_tests     scripts that look at the sources
#   test_programs  programs that the tests start
#   bench_programs what "make bench" runs
#   bench_helpers  what those start
#   test_files     everything else that the tests need
#
# Each kind has a target of its own; one test is run by
# "make check TESTS=tests/x/test_y".

unit_tests =
fuzz_tests =
interop_tests =
browser_tests =
tui_tests =
lint_tests =
test_programs =
bench_programs =
bench_helpers =
test_files = %D%/tap.js %D%/coverage.sh %D%/valgrind.supp

include tests/base/local.mk
include tests/proto/local.mk
include tests/net/local.mk
include tests/eio/local.mk
include tests/sio/local.mk
include tests/store/local.mk
include tests/hub/local.mk
include tests/client/local.mk
include tests/tui/local.mk
include tests/server/local.mk
include tests/cli/local.mk
include tests/fuzz/local.mk
include tests/interop/local.mk
include tests/browser/local.mk
include tests/history/local.mk
include tests/attack/local.mk
include tests/bench/local.mk
include tests/lint/local.mk

AM_CPPFLAGS += $(CMOCKA_CFLAGS)
LDADD += $(CMOCKA_LIBS)
node_tests = $(interop_tests) $(browser_tests)
EXTRA_DIST += $(node_tests) $(tui_tests) $(lint_tests) $(test_files)
EXTRA_PROGRAMS = $(bench_programs) $(bench_helpers)

if HAVE_CMOCKA
check_PROGRAMS = $(unit_tests) $(fuzz_tests) $(test_programs)
check_DATA = $(node_ready)
TESTS = $(unit_tests) $(fuzz_tests) $(node_tests) $(tui_tests) $(lint_tests)
else
TESTS = %D%/need-cmocka.sh
endif
EXTRA_DIST += %D%/need-cmocka.sh

TEST_EXTENSIONS = .js .sh
tap_driver = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(tap_driver)
LOG_COMPILER = timeout 300
JS_LOG_DRIVER = $(tap_driver)
js_limit = 600
JS_LOG_COMPILER = timeout $(js_limit) $(NODE) \
	--test-reporter=$(abs_top_srcdir)/%D%/tap.js \
	--test-reporter-destination=stdout
SH_LOG_COMPILER = timeout 600 $(SHELL)

# Tests find the programs that they start in $CHAT_BUILD, and put $CHAT_WRAPPER
# in front of them.
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	UBSAN_OPTIONS=print_stacktrace=1; export UBSAN_OPTIONS; \
	ASAN_OPTIONS=quarantine_size_mb=16; export ASAN_OPTIONS; \
	CHAT_BUILD='$(abs_top_builddir)'; export CHAT_BUILD; \
	CHAT_SOURCE='$(abs_top_srcdir)'; export CHAT_SOURCE; \
	PYTHON='$(PYTHON)'; export PYTHON; \
	CLANG_FORMAT='$(CLANG_FORMAT)'; export CLANG_FORMAT; \
	CLANG_TIDY='$(CLANG_TIDY)'; export CLANG_TIDY; \
	LINT_CPPFLAGS='$(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS)'; \
	export LINT_CPPFLAGS;

.PHONY: check-unit check-fuzz check-interop check-browser check-tui check-lint
.PHONY: check-valgrind bench

run_tests = VERBOSE=1 $(MAKE) $(AM_MAKEFLAGS) check-TESTS check_DATA=

check-unit: all
	$(run_tests) TESTS='$(unit_tests)'

check-fuzz: all
	$(run_tests) TESTS='$(fuzz_tests)'

check-interop: all %D%/interop/node_modules/.stamp
	$(run_tests) TESTS='$(interop_tests)'

check-browser: all %D%/browser/node_modules/.stamp
	$(run_tests) TESTS='$(browser_tests)'

check-tui: all $(test_programs)
	$(run_tests) TESTS='$(tui_tests)'

BENCH = ratios $(notdir $(bench_programs))
bench: all $(bench_programs) $(bench_helpers) %D%/bench/ratios
	@for b in $(BENCH); do \
		parts=; test $$b != ratios || parts='$(PARTS)'; \
		CHAT_SOURCE='$(abs_top_srcdir)' ./%D%/bench/$$b $$parts || \
			exit 1; \
	done

check-lint: all
	$(run_tests) TESTS='$(lint_tests)' check_PROGRAMS=

# Under valgrind: the processes of the unit tests, the server of the others.
check-valgrind: all $(node_ready)
	$(run_tests) TESTS='$(unit_tests) $(fuzz_tests)' \
		LOG_COMPILER='timeout 1200 $(valgrind)'
	CHAT_WRAPPER='$(valgrind)' CHAT_SLOW=10 \
		$(run_tests) TESTS='$(node_tests)'

# What a client that can't wait for a server leaves behind at _exit is found by
# pointers into the middle: not a leak, but "possible".
valgrind = valgrind -q --error-exitcode=99 --leak-check=full \
	--show-leak-kinds=definite,indirect \
	--errors-for-leak-kinds=definite,indirect \
	--suppressions=$(abs_top_srcdir)/%D%/valgrind.supp

# Lines of src/proto that its unit tests run: at least so many percent.
coverage_least = 97
coverage_flags = -std=c11 -g -O0 --coverage
coverage_programs = $(patsubst %,.coverage/%,$(filter %D%/proto/%, \
	$(unit_tests)))
coverage_objects = $(patsubst %.c,.coverage/%.o,$(filter src/base/%.c \
	src/proto/%.c,$(libchat_a_SOURCES)))

.coverage/%.o: %.c
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_CC)$(CC) $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) \
		$(coverage_flags) -w -c -o $@ $<

$(coverage_programs): .coverage/%: .coverage/%.o $(coverage_objects)
	$(AM_V_CCLD)$(CC) $(coverage_flags) -o $@ $^ $(llhttp_lib) \
		$(WSLAY_LIBS) $(CJSON_LIBS) $(ZLIB_LIBS) $(CMOCKA_LIBS)

.PHONY: coverage
coverage: all
	@rm -rf .coverage
	@$(MAKE) $(AM_MAKEFLAGS) $(coverage_programs)
	@for t in $(coverage_programs); do \
		echo $$t && ./$$t > $$t.log 2>&1 || { cat $$t.log; exit 1; } \
	done
	@GCOV='$(GCOV)' $(SHELL) $(srcdir)/%D%/coverage.sh proto \
		$(coverage_least)

# Packages of npm, taken into the build directory. Node looks for them beside
# the file that asks for them, so that a build elsewhere needs the tests' files
# beside them, too.
node_ready = %D%/interop/node_modules/.stamp %D%/browser/node_modules/.stamp
NPM_CI = $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error

.PHONY: node-files
node-files:
	@$(in_tree) || for f in $(node_tests) $(tui_tests) $(test_files); do \
		$(MKDIR_P) `dirname $$f` && cp -f $(srcdir)/$$f $$f || exit 1; \
	done

%D%/interop/node_modules/.stamp: $(srcdir)/%D%/interop/package-lock.json \
		| node-files
	$(AM_V_GEN)cd %D%/interop && $(NPM_CI)
	$(AM_V_at)touch $@

%D%/browser/node_modules/.stamp: $(srcdir)/%D%/browser/package-lock.json \
		| node-files
	$(AM_V_GEN)cd %D%/browser && $(NPM_CI)
	$(AM_V_at)touch $@

distclean-local:
	-rm -rf .fuzz .coverage share/node_modules %D%/interop/node_modules \
		%D%/browser/node_modules
	-$(in_tree) || (cd $(builddir) && \
		rm -f $(node_tests) $(tui_tests) $(test_files) share/package.json \
		share/package-lock.json)
