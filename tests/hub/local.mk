unit_tests += \
	%D%/test_nick \
	%D%/test_nonces
