# What is done to a server on a public address, against `chat serve`. "make
# check" runs every attack for a short time, "make attack" for long.

attack_tests = \
	%D%/addresses.test.js \
	%D%/bombs.test.js \
	%D%/connections.test.js \
	%D%/floods.test.js \
	%D%/h1spec.test.js \
	%D%/http.test.js \
	%D%/packets.test.js \
	%D%/proxies.test.js \
	%D%/slow.test.js \
	%D%/smuggling.test.js \
	%D%/strangers.test.js \
	%D%/timing.test.js \
	%D%/tls.test.js \
	%D%/websocket.test.js

interop_tests += $(attack_tests)
test_files += %D%/attack.js %D%/crowd.js %D%/namespace.js

test_programs += %D%/timing
%C%_timing_SOURCES = %D%/timing.c
%C%_timing_LDADD = $(LDADD) -lm

.PHONY: attack
attack: all $(node_ready) $(test_programs)
	CHAT_ATTACK=long $(run_tests) TESTS='$(attack_tests)' js_limit=7200
