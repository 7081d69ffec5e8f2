unit_tests += \
	%D%/test_cost \
	%D%/test_deflate \
	%D%/test_eio3_text \
	%D%/test_eio_packet \
	%D%/test_http \
	%D%/test_http_fields \
	%D%/test_http_response \
	%D%/test_json \
	%D%/test_sio_packet \
	%D%/test_ws
EXTRA_DIST += %D%/ws_cases.h %D%/ws_utf8.h
