browser_tests += %D%/page.test.js
test_files += \
	%D%/classic.html \
	%D%/harness.js \
	%D%/package.json \
	%D%/package-lock.json
