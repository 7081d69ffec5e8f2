lint_tests += \
	%D%/layers.sh \
	%D%/tree.sh \
	%D%/format.sh \
	%D%/cppcheck.sh \
	%D%/tidy.sh \
	%D%/output.sh \
	%D%/secrets.sh \
	%D%/shellcheck.sh \
	%D%/man.sh \
	%D%/hardened.sh \
	%D%/units.sh
