#!/bin/sh
echo 'The tests need cmocka (Debian: libcmocka-dev): install it and run' \
	'configure again.'
exit 1
