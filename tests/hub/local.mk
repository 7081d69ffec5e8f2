unit_tests += \
	%D%/test_nick \
	%D%/test_nonces

interop_tests += tests/interop/chat.test.js
test_files += tests/interop/chat-server.js
