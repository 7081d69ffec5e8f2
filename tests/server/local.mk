unit_tests += \
	%D%/test_banner \
	%D%/test_negotiate \
	%D%/test_origin \
	%D%/test_qr
