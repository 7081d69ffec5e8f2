interop_tests += \
	%D%/checker.test.js \
	%D%/history.test.js \
	%D%/mutants.test.js \
	%D%/sweep.test.js

test_files += \
	%D%/checker.js \
	%D%/clients.js \
	%D%/faults.c \
	%D%/faults.js \
	%D%/mutants.js \
	%D%/outbox-client.js \
	%D%/proxy.js \
	%D%/random.js \
	%D%/run.js \
	%D%/sweep.c \
	%D%/sweep.js \
	%D%/unit.c \
	%D%/units.js \
	%D%/world.js

# The program with the object of one source replaced by that of $(MUTANT), which
# has that source's name, in $(MUTANT_DIR).
.PHONY: mutant
mutant:
	$(COMPILE) -w -c -o $(MUTANT_DIR)/mutant.o $(MUTANT)
	$(CCLD) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS) \
		-o $(MUTANT_DIR)/chat $(chat_OBJECTS) $(MUTANT_DIR)/mutant.o \
		$(chat_LDADD) $(LIBS)

# The history checker for long: KILLS of the server, and SECONDS at least.
.PHONY: soak
soak: all tests/interop/node_modules/.stamp
	CHAT_BUILD='$(abs_top_builddir)' SECONDS=$${SECONDS:-0} \
		KILLS=$${KILLS:-1000} $(NODE) %D%/run.js

# A life of a server for each allocation and each call of I/O, which fails; and
# one of a unit test for each way to one.
.PHONY: sweep
sweep: all $(unit_tests) tests/interop/node_modules/.stamp
	CHAT_BUILD='$(abs_top_builddir)' $(NODE) %D%/sweep.js io memory
	CHAT_BUILD='$(abs_top_builddir)' CHAT_SOURCE='$(abs_top_srcdir)' \
		$(NODE) %D%/units.js io memory
