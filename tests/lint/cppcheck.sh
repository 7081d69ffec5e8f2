#!/bin/sh
# What cppcheck is sure of. Headers of others are looked into for their macros
# only.
cd "${CHAT_SOURCE:-.}" || exit 1
multiarch=$(${CC:-cc} -print-multiarch 2> /dev/null)
exec cppcheck -q -j 2 --std=c11 --error-exitcode=1 --inline-suppr \
	--enable=warning,performance,portability \
	--suppress=missingIncludeSystem --suppress='*:/usr/include/*' \
	-DHAVE_CONFIG_H -I src -I /usr/include \
	-I "/usr/include/$multiarch" src
