unit_tests += \
	%D%/test_address \
	%D%/test_admission \
	%D%/test_outq \
	%D%/test_proxies \
	%D%/test_stream \
	%D%/test_timeq \
	%D%/test_tls \
	%D%/test_worker
