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
	%D%/tls.test.js \
	%D%/websocket.test.js

interop_tests += $(attack_tests)
test_files += %D%/attack.js %D%/namespace.js

.PHONY: attack
attack: all $(node_ready)
	CHAT_ATTACK=long $(run_tests) TESTS='$(attack_tests)' js_limit=7200
