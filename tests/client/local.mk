unit_tests += \
	%D%/test_conf \
	%D%/test_outbox \
	%D%/test_outbox_crash \
	%D%/test_token \
	%D%/test_url
test_files += %D%/outbox_dir.h
