unit_tests += \
	%D%/test_attempts \
	%D%/test_confusable \
	%D%/test_gate \
	%D%/test_mention \
	%D%/test_name \
	%D%/test_nick \
	%D%/test_password \
	%D%/test_rate \
	%D%/test_secrets \
	%D%/test_slow \
	%D%/test_token
