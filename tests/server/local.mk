unit_tests += \
	%D%/test_banner \
	%D%/test_negotiate \
	%D%/test_origin \
	%D%/test_qr

interop_tests += tests/interop/serve.test.js

include tests/cli/local.mk
