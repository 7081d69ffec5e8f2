interop_tests += \
	%D%/admin.test.js \
	%D%/bad-frames.test.js \
	%D%/bad-http.test.js \
	%D%/bad-packets.test.js \
	%D%/chat.test.js \
	%D%/client.test.js \
	%D%/client-hostile.test.js \
	%D%/client-moderation.test.js \
	%D%/client-outbox.test.js \
	%D%/client-packets.test.js \
	%D%/client-retry.test.js \
	%D%/client-rooms.test.js \
	%D%/client-send.test.js \
	%D%/client-url.test.js \
	%D%/clients.test.js \
	%D%/clients-moderation.test.js \
	%D%/closed.test.js \
	%D%/engine3.test.js \
	%D%/engine4.test.js \
	%D%/engine4-upgrade.test.js \
	%D%/history-cli.test.js \
	%D%/deflate.test.js \
	%D%/deflate-client.test.js \
	%D%/examples.test.js \
	%D%/moderation.test.js \
	%D%/operators.test.js \
	%D%/limits.test.js \
	%D%/people.test.js \
	%D%/private.test.js \
	%D%/protocol.test.js \
	%D%/protocol-wrong.test.js \
	%D%/python.test.js \
	%D%/rates.test.js \
	%D%/recovery.test.js \
	%D%/recovery-restart.test.js \
	%D%/refused.test.js \
	%D%/roles.test.js \
	%D%/rooms-http.test.js \
	%D%/sandbox.test.js \
	%D%/serve.test.js \
	%D%/socketio5.test.js \
	%D%/store.test.js \
	%D%/tls.test.js \
	%D%/supervisor.test.js \
	%D%/websocket.test.js \
	%D%/websocket-client.test.js

test_files += \
	%D%/certificates.js \
	%D%/chat-server.js \
	%D%/classic-server.js \
	%D%/client.js \
	%D%/clients.js \
	%D%/deflate.js \
	%D%/echo-client.js \
	%D%/harness.js \
	%D%/healthy.js \
	%D%/hostile.js \
	%D%/official-suites.js \
	%D%/package.json \
	%D%/package-lock.json \
	%D%/page.js \
	%D%/peer.js \
	%D%/probes.c \
	%D%/python_client.py \
	%D%/python_server.py \
	%D%/raw.js \
	%D%/reference.js \
	%D%/supervisor.py \
	%D%/websocket.js \
	%D%/websocket-cases.js

test_programs += %D%/conformance %D%/ws_echo
%C%_conformance_SOURCES = %D%/conformance.c %D%/split_read.c %D%/split_read.h
%C%_ws_echo_SOURCES = %D%/ws_echo.c %D%/split_read.c %D%/split_read.h
