interop_tests += \
	%D%/engine3.test.js \
	%D%/engine4.test.js \
	%D%/engine4-upgrade.test.js

test_files += \
	%D%/harness.js \
	%D%/package.json \
	%D%/package-lock.json \
	%D%/raw.js \
	%D%/reference.js

test_programs += %D%/conformance
%C%_conformance_SOURCES = %D%/conformance.c
