browser_tests += \
	%D%/access.test.js \
	%D%/deflate.test.js \
	%D%/history.test.js \
	%D%/moderation.test.js \
	%D%/page.test.js \
	%D%/rooms.test.js \
	%D%/side.test.js
test_files += \
	%D%/classic.html \
	%D%/harness.js \
	%D%/package.json \
	%D%/package-lock.json
