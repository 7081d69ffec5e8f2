unit_tests += \
	%D%/test_base64 \
	%D%/test_bucket \
	%D%/test_buf \
	%D%/test_clean \
	%D%/test_clock \
	%D%/test_counted \
	%D%/test_hash \
	%D%/test_hex \
	%D%/test_limits \
	%D%/test_log \
	%D%/test_mem \
	%D%/test_msgid \
	%D%/test_opt \
	%D%/test_secret \
	%D%/test_siphash \
	%D%/test_slice \
	%D%/test_table \
	%D%/test_utf8
