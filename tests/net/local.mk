unit_tests += \
	%D%/test_outq \
	%D%/test_timeq
